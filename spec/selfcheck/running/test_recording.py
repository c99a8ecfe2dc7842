"""What a test's record says when it fails: the calls of the smallest example, whatever Hypothesis says of it."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spec.harness.errors import Outcome, failures_of, outcome_of
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.written import written
from spec.harness.running.recording import EVIDENCE, _calls, _examples_kept, _message
from spec.selfcheck.examples import a_comparison, evidence_for

WRONG = """
import itertools
COUNT = itertools.count()
def precision(y_true, y_pred):
    return 0.75 if y_pred.sum() else 0.0
def recall(y_true, y_pred):
    raise IndexError("too few")
def accuracy(y_true, y_pred):
    return float(next(COUNT))
def f1(y_true, y_pred):
    return 0.5 if len(y_true) < 3 else 1 / 0
"""
LABELS = st.lists(st.integers(0, 1), min_size=1, max_size=20).map(np.array)


@pytest.fixture
def impl(tmp_path):
    """An implementation that is wrong in several ways."""
    (tmp_path / "wrong.py").write_text(WRONG)
    return Implementation(str(tmp_path / "wrong.py"))


def raised_by(test, evidence=None):
    """What a test raises, run as the plugin runs it, with what it has recorded as evidence."""
    item = SimpleNamespace(obj=test, stash={EVIDENCE: evidence})
    with pytest.raises((Exception, ExceptionGroup)) as raised, _examples_kept(item):
        test()
    return raised.value


def without_notes(error):
    """The same exception without what Hypothesis or the plugin added to it in words."""
    for failure in failures_of(error):
        failure.__notes__ = []
    return error


def message_of(test):
    """The message of a failing test; that Hypothesis words it in some way is of no use to it."""
    error = raised_by(test)
    message = _message(error, "test.py::test")
    assert message == _message(without_notes(error), "test.py::test")
    return message


def refuted(impl):
    """A test that refutes the precision of some labels."""

    @given(LABELS)
    def test(labels):
        evidence_for().equal(impl.metrics.precision(labels, labels), float(labels.any()), "precision, and 1")

    return test


def test_the_smallest_input_is_in_the_message(impl):
    """As a call that can be pasted, with what it gave."""
    assert message_of(refuted(impl)) == (
        "precision, and 1: got 0.75, expected 1.0 (error 0.25, tolerance 1e-12)\n"
        "metrics.precision(y_true=np.array([1]), y_pred=np.array([1]))  # → 0.75"
    )


def test_pytest_shows_the_calls_as_well(impl):
    """Below the failure, once, where Hypothesis says what it found."""
    error = raised_by(refuted(impl))
    assert error.__notes__.count("metrics.precision(y_true=np.array([1]), y_pred=np.array([1]))  # → 0.75") == 1


def test_a_test_without_examples_has_its_calls(impl):
    """Those on which what was compared does not depend stay out."""

    def test():
        impl.metrics.precision(np.array([0, 1]), np.array([0, 1]))
        evidence_for().equal(impl.metrics.f1(np.array([1]), np.array([1])), 1.0, "F1, and 1")

    assert message_of(test).splitlines()[1:] == ["metrics.f1(y_true=np.array([1]), y_pred=np.array([1]))  # → 0.5"]


def test_where_it_is_not_known_what_decides_all_calls_are_shown(impl):
    """What was computed from several answers is shown with all of them."""

    def test():
        one, other = (impl.metrics.precision(np.array([y]), np.array([y])) for y in (0, 1))
        evidence_for().true(one > other, "the first is larger", one=one, other=other)

    assert message_of(test).splitlines() == [
        "the first is larger: false; one = 0.0; other = 0.75",
        "metrics.precision(y_true=np.array([0]), y_pred=np.array([0]))  # → 0.0",
        "metrics.precision(y_true=np.array([1]), y_pred=np.array([1]))  # → 0.75",
    ]


@pytest.mark.parametrize(
    ("function", "outcome", "says"),
    [("recall", Outcome.ERROR, "recall raised IndexError: too few"), ("cost", Outcome.MISSING, "cost is missing")],
)
def test_a_fault_names_its_call(impl, function, outcome, says):
    """An implementation that gives no answer is shown the question: the smallest one."""

    @given(LABELS)
    def test(labels):
        getattr(impl.metrics, function)(labels, labels, *([1.0, 2.0] if function == "cost" else []))

    error = raised_by(test)
    first, call = _message(error, "test.py::test").splitlines()
    assert outcome_of(error) is outcome
    assert says in first
    assert call.startswith(f"metrics.{function}(y_true=np.array([0]), y_pred=np.array([0])")


def test_what_should_have_been_refused_is_shown(impl):
    """The call that was taken, or refused in another way."""

    def taken():
        impl.metrics.precision(np.array([0]), np.array([0]))
        evidence_for().refused(lambda: impl.metrics.precision(np.array([7]), np.array([7])), "a 7", "y_true")

    def otherwise():
        impl.metrics.precision(np.array([0]), np.array([0]))
        evidence_for().refused(lambda: impl.metrics.recall(np.array([7]), np.array([7])), "a 7", "y_true")

    assert message_of(taken).splitlines() == [
        "a 7: the input was accepted, and the result is 0.75; expected a ValueError or TypeError that names 'y_true'",
        "metrics.precision(y_true=np.array([7]), y_pred=np.array([7]))  # → 0.75",
    ]
    assert message_of(otherwise).splitlines() == [
        "a 7: it raised IndexError, which is neither a ValueError nor a TypeError; expected one that names 'y_true': "
        "too few",
        "metrics.recall(y_true=np.array([7]), y_pred=np.array([7]))",
    ]


def test_several_failures_of_one_test_are_all_shown(impl):
    """Hypothesis raises them as a group: what hides the others comes first, each with its own smallest example."""

    @settings(report_multiple_bugs=True)
    @given(LABELS)
    def test(labels):
        evidence_for().equal(impl.metrics.f1(labels, labels), 1.0, "F1, and 1")

    error = raised_by(test)
    assert isinstance(error, ExceptionGroup)
    assert outcome_of(error) is Outcome.ERROR
    assert _message(error, "test.py::test").splitlines() == [
        "metrics.f1 raised ZeroDivisionError: division by zero",
        "metrics.f1(y_true=np.array([0, 0, 0]), y_pred=np.array([0, 0, 0]))",
        "F1, and 1: got 0.5, expected 1.0 (error 0.5, tolerance 1e-12)",
        "metrics.f1(y_true=np.array([0]), y_pred=np.array([0]))  # → 0.5",
    ]
    assert len(written(_calls(error))) == 2


def test_an_answer_that_changes_is_said_in_our_words(impl):
    """Hypothesis finds that the same example does not fail again: that is the implementation's fault, and is shown."""

    @given(LABELS)
    def test(labels):
        evidence_for().true(impl.metrics.accuracy(labels, labels) != 0.0, "not 0")

    error = raised_by(test)
    assert outcome_of(error) is Outcome.ERROR
    first, *calls = _message(error, "test.py::test").splitlines()
    assert first.startswith("called again with the same arguments, it returned another result")
    assert calls
    assert all(call.startswith("metrics.accuracy(y_true=np.array(") for call in calls)


def test_an_explicit_example_is_shown(impl):
    """As one that was found."""

    @example(np.array([0, 1, 0]))
    @settings(max_examples=1)
    @given(LABELS)
    def test(labels):
        evidence_for().equal(impl.metrics.precision(labels, labels), float(labels.any()), "precision, and 1")

    assert "y_true=np.array([0, 1, 0])" in message_of(test)


def test_the_calls_of_other_examples_are_forgotten(impl):
    """And the test itself is as it was."""
    test = refuted(impl)
    inner = test.hypothesis.inner_test
    error = raised_by(test)
    assert len(_calls(error)) == 1
    assert test.hypothesis.inner_test is inner


def test_a_comparison_shows_no_calls(impl):
    """It is about replicates; its message says how many of them, in the terminal as well as in the record."""
    evidence = evidence_for(gain=a_comparison(above=0.9))

    def test():
        evidence.exceeds(np.array([impl.metrics.precision(np.ones(2, int), np.ones(2, int))] * 12), "gain")

    error = raised_by(test, evidence)
    assert not getattr(error, "__notes__", [])
    assert _message(error, "test.py::test", evidence.records.values()).count("\n") == 0
    assert _calls(error)


def test_a_call_that_is_not_whole_says_how_it_would_be(impl):
    """A line names the test and the option."""

    def test():
        evidence_for().equal(impl.metrics.precision(np.arange(500), np.arange(500)), 1.0, "precision, and 1")

    *_, call, last = message_of(test).splitlines()
    assert "np.resize(np.array([0, 1, 2, 3, 4, 5, 6, 7]), (500,))" in call
    assert re.search(r"y_true: the first 8 of 500 entries, repeated; all entries lie in 0 … 499", call)
    assert last == "# whole: pytest 'test.py::test' --claims-entries=0, with the other options of this run"
