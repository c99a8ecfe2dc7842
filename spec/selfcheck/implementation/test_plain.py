"""Plain data: what may cross between specification and implementation, and what is said of anything else."""

import re
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
import pytest
import torch
from jaxtyping import Bool, Float, Float64, Integer

from spec.harness.implementation.types import NotPlain, checked

Vector = Float64[np.ndarray, " n"]
Matrix = Float[np.ndarray, "n d"]
Batch = Float64[np.ndarray, "*batch n d"]
Anything = Float[np.ndarray, "replicates ..."]
NAN, INF = float("nan"), float("inf")


class Pair(TypedDict):
    """Two numbers by name."""

    left: int
    right: float


Text, Table, Array = (type(f"My{base.__name__}", (base,), {}) for base in (str, dict, np.ndarray))

LEGAL = [
    pytest.param(True, bool, id="bool"),
    pytest.param(3, int, id="int"),
    pytest.param(0.5, float, id="float"),
    pytest.param("ادعا", str, id="str"),
    pytest.param(None, Vector | None, id="None where it is optional"),
    pytest.param("attention", Literal["convolution", "attention"], id="literal"),
    pytest.param(["a", "b"], list[str], id="list"),
    pytest.param([], list[str], id="empty list"),
    pytest.param(["a", "b"], Annotated[list[str], "n"], id="list with a named length"),
    pytest.param({"left": 1, "right": 0.5}, Pair, id="typed dict"),
    pytest.param(np.array([True, False]), Bool[np.ndarray, " n"], id="array of bool"),
    pytest.param(np.arange(3, dtype=np.int32), Integer[np.ndarray, " n"], id="array of int"),
    pytest.param(np.arange(3, dtype=np.uint8), Integer[np.ndarray, " n"], id="array of unsigned int"),
    pytest.param(np.ones((2, 3), dtype=np.float32), Matrix, id="array of float32"),
    pytest.param(np.ones(4), Vector | None, id="array where it is optional"),
    pytest.param(np.ones((0, 3)), Matrix, id="empty array"),
    pytest.param(np.ones((2, 3)), Batch, id="no batch axes"),
    pytest.param(np.ones((4, 5, 2, 3)), Batch, id="two batch axes"),
    pytest.param(np.ones(4), Anything, id="no further axes"),
    pytest.param(np.ones((4, 5, 6)), Anything, id="further axes"),
    pytest.param(np.ones((2, 4)), Float[np.ndarray, "n 4"], id="fixed length"),
    pytest.param({"a": [1, "b", None, np.ones(2)]}, dict[str, Any], id="any plain data"),
    pytest.param({"w": np.ones((2, 3)), "b": np.ones(2)}, dict[str, Anything], id="dict of arrays"),
]

CONVERTED = [
    pytest.param(3, float, 3.0, id="int for float"),
    pytest.param(10**30, float, 1e30, id="large int for float"),
    pytest.param(np.float64(0.5), float, 0.5, id="NumPy's float"),
    pytest.param(np.float32(0.5), float, 0.5, id="NumPy's float32"),
    pytest.param(np.int64(3), int, 3, id="NumPy's int"),
    pytest.param(np.bool_(True), bool, True, id="NumPy's bool"),
    pytest.param(np.str_("a"), str, "a", id="NumPy's str"),
]

# fmt: off
ILLEGAL = [
    pytest.param(True, int, "x is True; expected a int", id="bool for int"),
    pytest.param(1, bool, "x is 1; expected a bool", id="int for bool"),
    pytest.param(1.0, int, "x is 1.0; expected a int", id="float for int"),
    pytest.param(True, float, "x is True; expected a float", id="bool for float"),
    pytest.param(None, float, "x is None; expected a float", id="None"),
    pytest.param(NAN, float, "x is nan; expected a finite float", id="NaN"),
    pytest.param(10**400, float, "an int of more than 80 digits; expected a finite float", id="int beyond floats"),
    pytest.param(10**5000, bool, "an int of more than 80 digits; expected a bool", id="int too long to print"),
    pytest.param(np.array(0.5), float, "an array of float64 with shape (); expected a float", id="array for a float"),
    pytest.param(Text("a"), str, f"x is a {__name__}.Mystr; expected a str", id="subclass of str"),
    pytest.param("sideways", Literal["up", "down"], "x is 'sideways'; expected 'up' or 'down'", id="other literal"),
    pytest.param(("a",), list[str], "x is a tuple of length 1; expected a list", id="tuple for list"),
    pytest.param("ab", list[str], "x is 'ab'; expected a list", id="str for list"),
    pytest.param((a for a in "ab"), list[str], "x is a builtins.generator; expected a list", id="generator"),
    pytest.param(np.array(["a"]), list[str], "an array of <U1 with shape (1,); expected a list", id="array of str"),
    pytest.param(["a", 1], list[str], "x[1] is 1; expected a str", id="item of another type"),
    pytest.param({"left": 1}, Pair, "the keys 'left'; expected a dict with the keys left, right", id="key missing"),
    pytest.param({"left": 1, "right": 1.0, "up": 1}, Pair, "'left', 'right', 'up'; expected a dict", id="key too many"),
    pytest.param(Table(left=1, right=1.0), Pair, ".Mydict; expected a dict", id="subclass of dict"),
    pytest.param({"left": 1, "right": NAN}, Pair, "x['right'] is nan; expected a finite float", id="bad value"),
    pytest.param({1: np.ones(2)}, dict[str, Anything], "expected a dict whose keys are strings", id="key, no text"),
    pytest.param({"w": [1.0]}, dict[str, Anything], "x['w'] is a list of length 1; expected a", id="list in a dict"),
    pytest.param([1.0, 2.0], Vector, 'x is a list of length 2; expected a NumPy array Float64["n"]', id="list"),
    pytest.param(torch.ones(2), Vector, 'x is a torch.Tensor; expected a NumPy array Float64["n"]', id="tensor"),
    pytest.param(np.float64(1.0), Vector, "x is np.float64(1.0); expected a NumPy array", id="scalar"),
    pytest.param(np.array([0.5, None]), Vector, "an array of object with shape (2,); expected", id="array of objects"),
    pytest.param(np.array([1.0]).view(Array), Vector, ".Myndarray; expected a NumPy array", id="subclass of array"),
    pytest.param(np.ones(2, dtype=np.float32), Vector, "an array of float32 with shape", id="single precision"),
    pytest.param(np.ones(2, dtype=int), Vector, "an array of int64 with shape (2,); expected", id="ints for floats"),
    pytest.param(np.ones(2, dtype=bool), Integer[np.ndarray, " n"], "an array of bool with shape", id="bools for ints"),
    pytest.param(np.ones((2, 1)), Vector, "an array of float64 with shape (2, 1); expected", id="one too many"),
    pytest.param(np.ones(2), Matrix, 'shape (2,); expected a NumPy array Float["n d"]', id="one too few"),
    pytest.param(np.ones(2), Batch, 'shape (2,); expected a NumPy array Float64["*batch n d"]', id="too few axes"),
    pytest.param(np.array(1.0), Anything, 'expected a NumPy array Float["replicates ..."]', id="no first axis"),
    pytest.param(np.array([[0, 1], [NAN, 0]]), Matrix, "x is nan at (1, 0); expected finite numbers", id="NaN inside"),
    pytest.param(np.ones((2, 3)), Float[np.ndarray, "n 4"], "expected a NumPy array Float", id="length"),
    pytest.param({"a": (1,)}, dict[str, Any], "is a tuple of length 1; expected plain data", id="tuple anywhere"),
    pytest.param({"a": [NAN]}, dict[str, Any], "x['a'][0] is nan; expected a finite float", id="NaN anywhere"),
    pytest.param({"a": {1: 2}}, dict[str, Any], "expected a dict whose keys are strings", id="key anywhere"),
    pytest.param({"a": np.array(["b"])}, dict[str, Any], "an array of <U1 with shape (1,); expected", id="text array"),
    pytest.param(np.array([0, -INF]), Vector, "x is -inf at (1,); expected finite numbers", id="infinity inside"),
]
# fmt: on


@pytest.mark.parametrize(("value", "expected"), LEGAL)
def test_plain_data_cross(value, expected):
    """What the contract allows arrives with its value, type and dtype."""
    crossed = checked(value, expected, {}, "x")
    np.testing.assert_equal(crossed, value)
    assert type(crossed) is type(value)
    assert getattr(crossed, "dtype", None) == getattr(value, "dtype", None)


@pytest.mark.parametrize(("value", "expected", "converted"), CONVERTED)
def test_numpy_scalars_become_pythons(value, expected, converted):
    """A NumPy scalar, or an int for a float, arrives as the type that the contract names."""
    crossed = checked(value, expected, {}, "x")
    assert (crossed, type(crossed)) == (converted, expected)


@pytest.mark.parametrize(("value", "expected", "says"), ILLEGAL)
def test_nothing_else_crosses(value, expected, says):
    """The error names the place, what came and what was expected."""
    with pytest.raises(NotPlain, match=re.escape(says)) as error:
        checked(value, expected, {}, "x")
    assert str(error.value).startswith("x")


def test_what_crosses_is_a_copy():
    """What arrives shares no memory with what was sent, and keeps nothing alive that this is a view of."""
    sent = {"w": np.zeros((100, 3))[:2], "texts": ["a"]}
    crossed = checked(sent, dict[str, Any], {}, "x")
    assert crossed is not sent
    assert crossed["texts"] is not sent["texts"]
    assert crossed["w"].base is checked(sent["w"], Matrix, {}, "x").base is None


# Names of lengths


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param((np.ones(3), Vector), (np.ones(4), Vector), id="arrays"),
        pytest.param((np.ones((2, 3)), Matrix), (np.ones((2, 4)), Matrix), id="second axis"),
        pytest.param((np.ones(3), Vector), (["a"] * 4, Annotated[list[str], "n"]), id="array and list"),
        pytest.param((["a"] * 4, Annotated[list[str], "n"]), (np.ones(3), Vector), id="list and array"),
        pytest.param((np.ones((5, 2, 3)), Batch), (np.ones((6, 2, 3)), Batch), id="batch lengths"),
        pytest.param((np.ones((5, 2, 3)), Batch), (np.ones((2, 3)), Batch), id="number of batch axes"),
        pytest.param((np.ones((5, 5, 2, 3)), Batch), (np.ones((5, 6, 2, 3)), Batch), id="second batch axis"),
    ],
)
def test_a_name_means_one_length(first, second):
    """Two arguments whose types share a name have to agree on its length."""
    dimensions = {}
    checked(*first, dimensions, "x")
    with pytest.raises(NotPlain, match=r"^y is an? .*; expected "):
        checked(*second, dimensions, "y")


def test_a_name_may_occur_twice_in_one_type():
    """An array whose type repeats a name is square there."""
    square = Bool[np.ndarray, "patches patches"]
    assert checked(np.eye(2, dtype=bool), square, {}, "x").all(axis=1).sum() == 0
    with pytest.raises(NotPlain, match=re.escape('shape (2, 3); expected a NumPy array Bool["patches patches"]')):
        checked(np.ones((2, 3), dtype=bool), square, {}, "x")


def test_the_message_says_which_lengths_are_known():
    """The expectation names the lengths that earlier arguments have fixed."""
    with pytest.raises(NotPlain, match=re.escape('expected a NumPy array Float["n d"] with n = 3, d = 5')):
        checked(np.ones((2, 5)), Matrix, {"n": 3, "d": 5, "m": 7}, "x")


def test_further_axes_bind_nothing():
    """Axes written as three dots may differ from one array to the next."""
    dimensions = {}
    for shape in ((2,), (2, 3), (2, 4, 5)):
        checked(np.ones(shape), Anything, dimensions, "x")
    assert dimensions == {"replicates": 2}
