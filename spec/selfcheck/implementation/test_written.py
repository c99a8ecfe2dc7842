"""Calls as they are kept and written: what is shown can be pasted, and is what was asked."""

import math
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from spec.contract import TOPICS
from spec.harness.errors import ImplementationFault
from spec.harness.implementation.journal import calls_of, journal
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.types import widened
from spec.harness.implementation.written import as_python, shown, written

LABELS = np.array([1, 1, 0])


@pytest.fixture
def impl():
    """The project's own implementation, with nothing asked yet."""
    journal.begin()
    return Implementation()


@pytest.fixture
def entries(monkeypatch):
    """Set up to how many entries are kept."""
    return lambda number: monkeypatch.setattr(journal, "entries", number)


def lines():
    """The calls so far, as they are written."""
    return [call.line for call in written(list(journal.calls))]


def pasted(calls):
    """What the variables hold once the calls are pasted where the implementation's modules are imported."""
    topics = {topic: __import__(f"impl.{topic}", fromlist=["_"]) for topic in TOPICS}
    namespace = {"np": np, "answers": [], **topics}
    for call in calls:
        exec(call.line if " = " in call.call.partition("(")[0] else f"answers.append({call.call})", namespace)
    return namespace["answers"]


def test_a_call_reads_as_it_is_typed(impl):
    """With the contract's names, and the answer as a comment."""
    impl.metrics.precision(LABELS, np.array([1, 0, 0]))
    assert lines() == ["metrics.precision(y_true=np.array([1, 1, 0]), y_pred=np.array([1, 0, 0]))  # → 1.0"]


VALUES = [
    pytest.param(np.array([[0.1, -2.0]]), "np.array([[0.1, -2.0]])", id="floats"),
    pytest.param(np.array([0.1, 1 / 3], np.float32), "np.array([0.1, 0.33333334], dtype=np.float32)", id="float32"),
    pytest.param(np.array([0.1], np.float16), "np.array([0.1], dtype=np.float16)", id="float16"),
    pytest.param(np.array([1, 2], np.int8), "np.array([1, 2], dtype=np.int8)", id="small ints"),
    pytest.param(np.array([True, False]), "np.array([True, False])", id="bools"),
    pytest.param(np.array([np.inf, -np.inf]), "np.array([np.inf, -np.inf])", id="infinities"),
    pytest.param(np.zeros((0, 3)), "np.zeros((0, 3))", id="empty"),
    pytest.param(np.zeros((2, 0), np.int64), "np.zeros((2, 0), dtype=np.int64)", id="empty of ints"),
    pytest.param(np.zeros((0,), bool), "np.zeros((0,), dtype=np.bool_)", id="empty of bools"),
    pytest.param(np.array(0.5), "np.array(0.5)", id="no axis"),
    pytest.param(np.full((100, 200), 0.25, np.float32), "np.full((100, 200), 0.25, dtype=np.float32)", id="constant"),
    pytest.param(np.float32(0.1), "np.float32(0.1)", id="NumPy's scalar"),
    pytest.param([1, [None, "سلام'\n"]], '[1, [None, "سلام\'\\n"]]', id="list"),
    pytest.param({"a": np.array([1]), "b": True}, "{'a': np.array([1]), 'b': True}", id="dict"),
    pytest.param(math.inf, "np.inf", id="infinity"),
    pytest.param(-0.0, "-0.0", id="minus zero"),
    pytest.param(10**30, "1" + "0" * 30, id="a huge int"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_value_is_written_in_full(value, text):
    """What is written evaluates to the value, in its type and to the last bit."""
    abbreviated = []
    assert as_python(journal.kept(value), abbreviated.append) == text
    assert abbreviated == []
    again = eval(text, {"np": np})
    assert type(again) is type(value)
    if isinstance(value, np.ndarray):
        assert (again.dtype, again.shape, again.tobytes()) == (value.dtype, value.shape, value.tobytes())
    else:
        assert repr(again) == repr(value)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int32, np.uint8])
def test_a_large_array_is_written_by_its_beginning(dtype):
    """What is written has the shape, the type, and the first entries; how many there are and their range is said."""
    value = (np.arange(120) % 50).astype(dtype).reshape(2, 60)
    abbreviated = []
    again = eval(as_python(journal.kept(value), abbreviated.append), {"np": np})
    assert (again.dtype, again.shape) == (value.dtype, value.shape)
    assert (again[0, :8] == value[0, :8]).all()
    (says,) = abbreviated
    assert says.startswith("the first 8 of 120 entries, repeated; all entries lie in 0")
    assert says.removesuffix(".0").endswith(" … 49")


def test_whatever_is_large_is_whole_where_that_is_asked_for(entries):
    """By --claims-entries=0, or as many as there are."""
    array, words = np.random.default_rng(0).random(101), [f"word {i}" for i in range(101)]
    for number, whole in ((100, False), (101, True), (0, True)):
        entries(number)
        abbreviated = []
        texts = [as_python(journal.kept(value), abbreviated.append) for value in (array, words)]
        assert len(abbreviated) == (0 if whole else 2)
        if whole:
            assert (eval(texts[0], {"np": np}) == array).all()
            assert eval(texts[1]) == words


ASKED = {
    "metrics": lambda impl: impl.metrics.confusion(LABELS, np.array([0, 1, 1], np.int8)),
    "text": lambda impl: impl.one_hot.one_hot(["سلام", "it's"], ["it's", "سلام", '"\n']),
    "float64": lambda impl: impl.attention.attention(*np.random.default_rng(0).normal(size=(3, 2, 3))),
    "nothing where it may be": lambda impl: impl.gan.value(np.array([0.5]), np.array([0.25])),
    "some where it may be nothing": lambda impl: impl.gan.value(
        np.array([0.5]), np.array([0.2]), np.ones(1), np.ones(1)
    ),
    "integers": lambda impl: impl.skip_gram.pairs(np.array([3, 1, 2], np.int32), np.array([0, 0, 0]), 1),
    "a space": lambda impl: impl.search.choices({"width": [1, 2.5], "activation": ["relu"]}),
    "a handle": lambda impl: impl.search.reinforce(
        np.array([2, 3]), learning_rate=0.1, seeds=[1, 2], device="cpu"
    ).log_probabilities(np.array([[[0, 1]]] * 2)),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_what_is_pasted_is_what_was_asked(impl, asked):
    """It gives the same answer, to the last bit."""
    answer = asked(impl)
    *_, again = pasted(written(list(journal.calls)))
    assert repr(journal.kept(widened(again))) == repr(journal.kept(answer))


def test_a_handle_has_a_name_and_its_changes_come_first(impl):
    """What an object was made by and what changed it stand before what it was asked, and nothing else does."""
    choices, actions = np.array([2]), np.zeros((1, 1, 1), np.int64)
    other = impl.search.reinforce(choices, learning_rate=0.1, seeds=[5], device="cpu")
    controller = impl.search.reinforce(choices, learning_rate=0.1, seeds=[1], device="cpu")
    for reward in range(5):
        controller.update(actions, np.full((1, 1), reward / 8))
    controller.log_probabilities(actions)
    controller.update(actions, np.full((1, 1), 1.0))
    other.log_probabilities(actions)
    asked, later = (call for call in journal.calls if call.where.endswith("log_probabilities"))
    made, *changes, last = [call.call for call in written([asked])]
    assert (
        made
        == "policy_controller = search.reinforce(choices=np.array([2]), learning_rate=0.1, seeds=[1], device='cpu')"
    )
    assert [change.rpartition("rewards=")[2] for change in changes] == [
        f"np.array([[{reward / 8}]]))" for reward in (2, 3, 4)
    ]
    assert last == "policy_controller.log_probabilities(actions=np.array([[[0]]]))"
    both = [call.call for call in written([asked, later])]
    assert both[0].startswith("policy_controller = ")
    assert both[1].startswith("policy_controller_2 = ")


def test_changes_that_are_left_out_are_counted(impl):
    """An object that was changed often is no longer the one that the lines make: they say so."""
    controller = impl.search.reinforce(np.array([2]), learning_rate=0.1, seeds=[1], device="cpu")
    for _ in range(5):
        controller.update(np.zeros((1, 1, 1), np.int64), np.ones((1, 1)))
    controller.parameters()
    made, *_ = written(list(journal.calls)[-1:])
    assert made.line.endswith("  # omitted here: 2 calls that changed policy_controller")


def test_arguments_are_kept_as_they_were(tmp_path):
    """An implementation that changes what it is handed changes nothing of what is shown."""
    (tmp_path / "changes.py").write_text("def precision(y_true, y_pred):\n    y_true[:] = 0\n    return 0.5\n")
    journal.begin()
    Implementation(str(tmp_path / "changes.py")).metrics.precision(LABELS, LABELS)
    assert "y_true=np.array([1, 1, 0])" in lines()[0]


def test_answers_are_kept_as_they_were(impl):
    """A test that changes an answer changes nothing of what is shown."""
    vectors = impl.one_hot.one_hot(["a"], ["a"])
    vectors[:] = 7
    assert lines()[0].endswith("→ np.array([[1.0]])")


def test_an_answer_is_known_again(impl):
    """The answer itself, an item of it, and a view; equal numbers and small words are not taken for it."""
    result = impl.attention.attention(*np.random.default_rng(0).normal(size=(3, 1, 1)))
    other = impl.attention.attention(*np.random.default_rng(1).normal(size=(3, 1, 1)))
    score = impl.metrics.f1(LABELS, LABELS)
    first, second, third = journal.calls
    assert journal.that_gave(result["output"]) == [first]
    assert journal.that_gave(other["weights"][0]) == [second]
    assert journal.that_gave(score) == [third]
    for unknown in (result["output"].copy(), float(repr(score)), 1, True, None, "", object()):
        assert journal.that_gave(unknown) == []


def test_large_answers_are_not_held_on_to(impl):
    """What a test is done with is freed: only its beginning is kept."""
    vectors = impl.one_hot.one_hot(["a"] * 200, ["a", "b"])
    alive = weakref.ref(vectors)
    del vectors
    assert alive() is None
    assert lines()[0].endswith("→ float64 array of shape (200, 2), entries in 0 … 1; tokens: the first 8 of 200 items")


def test_an_error_has_the_call_that_raised_it(impl):
    """Not those around it."""
    impl.metrics.f1(LABELS, LABELS)
    with pytest.raises(ImplementationFault) as raised:
        impl.metrics.f1(LABELS, LABELS + 6)
    impl.metrics.f1(LABELS, LABELS)
    (call,) = written(calls_of(raised.value))
    assert call.call == "metrics.f1(y_true=np.array([1, 1, 0]), y_pred=np.array([7, 7, 6]))"
    assert call.fault.startswith("raised ValueError: ")


def test_what_is_no_plain_data_is_described(tmp_path):
    """Objects that an implementation made are never asked what they are."""
    (tmp_path / "odd.py").write_text(
        "class Odd(list):\n    def __repr__(self): raise SystemExit\n    __len__ = __iter__ = __repr__\n"
        "def accuracy(y_true, y_pred): return Odd()\n"
    )
    journal.begin()
    with pytest.raises(ImplementationFault):
        Implementation(str(tmp_path / "odd.py")).metrics.accuracy(LABELS, LABELS)
    assert lines() == ["metrics.accuracy(y_true=np.array([1, 1, 0]), y_pred=np.array([1, 1, 0]))"]
    assert shown(journal.kept(SimpleNamespace())) == "a types.SimpleNamespace"


def test_only_the_last_calls_are_written(impl):
    """Of many on which a failure may depend."""
    for n in range(1, 20):
        impl.metrics.f1(np.ones(n, int), np.ones(n, int))
    assert len(lines()) == 6
