"""Whose fault an unforeseen exception of a test is."""

import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from spec.harness import Implementation
from spec.harness.errors import Outcome, outcome_of
from spec.harness.evidence.results import read
from spec.harness.implementation.journal import calls_of, journal
from spec.harness.running.blame import blamed
from spec.harness.running.run import RUN
from spec.selfcheck import toy
from spec.selfcheck.examples import evidence_for

ONE = np.array([1])


@pytest.fixture
def empty(tmp_path):
    """An implementation that finds no pairs in any text."""
    path = tmp_path / "empty.py"
    path.write_text("import numpy as np\ndef pairs(tokens, sentences, window): return np.zeros((0, 2), int)\n")
    return Implementation(str(path))


def raised(function, impl, *, checks_its_own=False):
    """What is raised in the end by a test that asks an implementation; known to be right is the project's own."""
    run = SimpleNamespace(checks_its_own=checks_its_own, known_right=Implementation())
    arguments = {"impl": impl, "evidence": evidence_for()}
    test = SimpleNamespace(config=SimpleNamespace(stash={RUN: run}), obj=function, funcargs=arguments)
    try:
        with journal.example():
            function(**arguments)
    except Exception as error:
        return blamed(test, error) or error
    raise AssertionError("it raised nothing")


def largest(impl, evidence):
    """A test that foresees no empty answer."""
    pairs = impl.skip_gram.pairs(np.array([0, 1]), np.array([0, 0]), 1)
    evidence.true(pairs.max() == 1, "the largest word")


def mistaken(impl, evidence):
    """A test that fails whatever it is answered."""
    impl.skip_gram.pairs(ONE, ONE, 1)
    evidence.true({}["nothing"], "so")


def asks_nothing(impl, evidence):
    """A test that fails before it asks."""
    raise KeyError(impl.name, evidence.look)


def test_an_answer_with_which_a_test_cannot_go_on_is_at_fault(empty):
    """Where the test goes on with the project's own; the call is shown."""
    error = raised(largest, empty)
    assert outcome_of(error) is Outcome.ERROR
    assert str(error).startswith("the test failed on these results, as it does not on those of the project's")
    assert "ValueError: zero-size array" in str(error)
    assert [call.where for call in calls_of(error)] == ["skip_gram.pairs"]


def test_a_test_that_fails_on_the_projects_own_too_is_the_graders(empty):
    """So is one that asked nothing, and any of the project's own implementation."""
    assert outcome_of(raised(mistaken, empty)) is Outcome.GRADER_ERROR
    assert outcome_of(raised(asks_nothing, empty)) is Outcome.GRADER_ERROR
    assert outcome_of(raised(largest, empty, checks_its_own=True)) is Outcome.GRADER_ERROR


def test_what_was_foreseen_stays_what_it_is(empty):
    """A refutation is none of the grader's errors."""

    def refuted(impl, evidence):
        evidence.equal(len(impl.skip_gram.pairs(ONE, ONE, 1)), 1, "pairs of a lone word")

    assert outcome_of(raised(refuted, empty)) is Outcome.REFUTED


def test_what_took_all_memory_is_released_before_the_test_is_run_again(empty):
    """What a test had made of answers would else leave the project's own too little."""
    made, left = [], []

    def hoards(impl, evidence):
        pairs = impl.skip_gram.pairs(np.array([0, 1]), np.array([0, 0]), 1)
        if not len(pairs):
            hoard = np.zeros(1000)
            made.append(weakref.ref(hoard))
            raise MemoryError("no more")
        left.extend(each() for each in made)
        evidence.true(pairs >= 0, "words")

    assert outcome_of(raised(hoards, empty)) is Outcome.ERROR
    assert [each is None for each in left] == [True]


@pytest.mark.process
def test_a_run_blames_the_answer(tmp_path):
    """An experiment is done again as well, on the same replicates of the project's own implementation."""
    root = toy.build(tmp_path / "toy")
    toy.edit(
        root / toy.EXPERIMENTS_FILE,
        "size = self",
        "labels = np.ones(1, int); self.impl.metrics.f1(labels, labels) and 1 / 0; size = self",
    )
    toy.edit(root / "impl/metrics.py", "def f1(", "def f1(*_): return 0.0\n\n\ndef never(")
    (root / "theirs").mkdir()
    (root / "theirs/metrics.py").write_text("def f1(y_true, y_pred): return 1.0\n")
    for options, outcome in (([], Outcome.HOLDS), (["--impl=theirs"], Outcome.ERROR)):
        toy.run(root, "-m", "claims", "--claims-only", "toy.effect", "--claims-json", "claims.json", *options)
        (claim,) = read(root / "claims.json").claims
        assert claim.outcome is outcome, claim.message
