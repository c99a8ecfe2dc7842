"""Numbers of every type that the contract admits, and of some that it does not: none is the grader's error."""

from typing import NamedTuple

import numpy as np
import pytest

from spec.contract import Float, Integer
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.types import NotPlain, _has_dtype, checked, widened
from spec.harness.sandbox.inside.wire import DTYPES
from spec.selfcheck import toy

ONE_HOT = """
import numpy as np
def one_hot(tokens, vocabulary):
    return np.array([[token == other for other in vocabulary] for token in tokens]).astype(np.{dtype})
"""
IN_OTHER_TYPES = """
from spec.selfcheck.implementation.dtypes import In
__getattr__ = In({floats!r}, {integers!r}).offer
"""


@pytest.mark.parametrize("dtype", sorted(DTYPES))
def test_numbers_are_widened_and_stay_the_same(dtype):
    """Half precision and small integers cross as what NumPy computes with; no number changes, nor does the shape."""
    for array in (np.array([[0, 1], [1, 0]], dtype), np.zeros((0, 3), dtype), np.array(1, dtype)):
        wide = widened({"a": [array], "b": array})["b"]
        assert wide.dtype == {"f": {"float16": "float64"}.get(dtype, dtype), "b": "bool"}.get(array.dtype.kind, "int64")
        assert (wide == array).all()
        assert wide.shape == array.shape


def test_what_int64_cannot_hold_stays():
    """Numbers beyond it would wrap around."""
    assert widened(np.array([2**63], np.uint64)).tolist() == [2**63]


@pytest.mark.parametrize("dtype", ["float16", ">f8", ">f4", "float32"])
def test_equal_bits_stay_equal(dtype):
    """Two answers are the same after widening if they were before, and only then."""
    numbers = np.arange(2000, dtype=np.uint16)
    answers = numbers.view(np.float16).astype(dtype)
    assert len({widened(answers)[i].tobytes() for i in range(2000)}) == 2000


@pytest.mark.parametrize(
    "value",
    [
        np.ones((1, 1), np.longdouble),
        np.ones((1, 1), bool),
        np.ones((1, 1), object),
        np.array([["x"]]),
        np.ones((1, 1), complex),
        np.ones((1, 1), [("a", float)]),
        np.ma.ones((1, 1)),
        [[1.0]],
        [[1.0], [1.0, 2.0]],
        np.array([[np.nan]]),
        np.array([[np.inf]], np.float16),
        np.ones((1, 0)),
        {},
        None,
    ],
    ids=repr,
)
def test_what_is_not_admitted_is_refused_in_words(value):
    """Other types, ragged lists, no numbers, nothing: each is named."""
    with pytest.raises(NotPlain, match=r"^answer is .*; expected "):
        checked(value, Float[np.ndarray, "n 1"], {"n": 1}, "answer")


class Brain(NamedTuple):
    """The dtype of a library: jaxtyping's `Float` has it, and no sandbox lets it through."""

    name: str = "bfloat16"


def test_what_cannot_cross_from_a_sandbox_is_admitted_nowhere():
    """What passes in one process passes in two."""
    assert "bfloat16" in Float[np.ndarray, "n"].dtypes
    assert not _has_dtype(Brain(), Float[np.ndarray, "n"])


def test_a_dict_without_arrays_is_refused():
    """Where the contract asks for every trained number, none is no answer; a dict of anything may be empty."""
    with pytest.raises(
        NotPlain, match=r"^answer is a dict with the keys \(none\); expected a dict with at least one array"
    ):
        checked({}, dict[str, Integer[np.ndarray, "..."]], {}, "answer")
    assert checked({}, dict[str, float], {}, "answer") == {}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_linear_algebra_takes_an_answer(dtype, tmp_path):
    """Of a one-hot in half precision too, which NumPy's own refuses."""
    (tmp_path / "half.py").write_text(ONE_HOT.format(dtype=dtype))
    vectors = Implementation(str(tmp_path / "half.py")).one_hot.one_hot(["a", "b"], ["b", "a"])
    assert np.linalg.matrix_rank(vectors) == 2


@pytest.mark.process
@pytest.mark.parametrize(
    ("floats", "integers", "right"),
    [("float32", "int32", True), ("float16", "int8", False), ("longdouble", "uint8", False)],
)
def test_no_type_is_the_graders_error(floats, integers, right, tmp_path):
    """Every exact claim decides about right answers in any type; single precision holds wherever it is admitted."""
    (tmp_path / "other.py").write_text(IN_OTHER_TYPES.format(floats=floats, integers=integers))
    options = ("-n", "0", "-q", "--tb=no", "-p", "spec.selfcheck.questions.deciding", "--sandbox", "none")
    results = toy.results_of_project("-m", "claims and not trained", *options, "--impl", str(tmp_path / "other.py"))
    claims = [claim for claim in results["claims"] if claim["selected"]]
    assert len(claims) > 30
    assert [claim["message"] for claim in claims if claim["outcome"] == "grader-error"] == []
    if right:
        assert [claim["message"] for claim in claims if not claim["as_registered"]] == []
