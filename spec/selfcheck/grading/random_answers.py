"""Implementations that answer with anything that is of the contract's types: empty, huge, extreme, odd.

No test may be at a loss about it in a way that counts as the grader's fault. One kind answers at random throughout,
which few tests follow far; the other answers as the project's own implementation does, after next to no training, but
for some answers, which are odd in one way or another: those lead deep into tests and experiments.

This file is copied into the folder that is graded, with the contract and `impl` beside it: a sandbox shows no other.
"""

import hashlib
import importlib
import inspect
import shutil
import types
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from spec.contract import TOPICS

LENGTHS = (0, 1, 2, 3, 4, 10)
FLOATS = (0.0, -0.0, 1.0, 0.5, -1.0, 1e-300, 1e300, -1e300, 1.7e308)
FLOATS_32 = (0.0, 1.0, -1.0, 1e-45, 3.4e38, -3.4e38)
INTEGERS = (0, 1, 2, -1, 255, 2**31, 2**62, -(2**63))
TEXTS = ("", "a", "é", "\ud800", "\x00", "::error::", "1 2\nx 0.5 nan\n", "9" * 400, "‏", "x" * 10_000)
MOST_ENTRIES = 300_000
"""Of an array that is made larger than it should be."""
RATES = (0.0, 0.0, 0.1, 0.3, 0.6, 1.0)
"""How often a function's answers are odd: which of these it is, is drawn for each function."""
TRAINING = {"steps": 2, "rounds": 2, "epochs": 0}
"""Arguments that say how long to train, and the most of it that is done."""
RIGHT = "_right"
"""The package that the project's own implementation is copied to."""


def write(folder: Path, seed: int, kind: Literal["at_random", "nearly_right"] = "at_random") -> Path:
    """A folder with one module per topic, whose answers follow from the seed."""
    folder.mkdir()
    import impl
    from spec import contract

    shutil.copytree(Path(impl.__file__).parent, folder / RIGHT, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(contract.__file__, folder / "_contract.py")
    own = Path(__file__).read_text(encoding="utf-8").replace("from spec.contract import", "from _contract import")
    (folder / "_answers.py").write_text(own, encoding="utf-8")
    for topic in TOPICS:
        (folder / f"{topic}.py").write_text(
            f"from _answers import {kind}\nglobals().update({kind}({topic!r}, {seed}))\n", encoding="utf-8"
        )
    return folder


def at_random(topic: str, seed: int) -> dict[str, Callable[..., Any]]:
    """The functions of a topic, by name, which answer anything."""
    return _methods(TOPICS[topic], Random(f"{topic} {seed}"), {})


class Handle:
    """What learners return: its methods answer as the contract's do."""

    def __init__(self, protocol: type, rng: Random, lengths: dict[str, int]) -> None:
        """Lengths that are known of the learner hold for the handle as well."""
        self.__dict__.update(_methods(protocol, rng, lengths))


def _methods(protocol: type, rng: Random, lengths: dict[str, int]) -> dict[str, Callable[..., Any]]:
    return {
        name: _method(function, rng, lengths)
        for name, function in vars(protocol).items()
        if not name.startswith("_") and inspect.isfunction(function)
    }


def _method(function: Callable[..., Any], rng: Random, lengths: dict[str, int]) -> Callable[..., Any]:
    hints, signature = get_type_hints(function, include_extras=True), inspect.signature(function)

    def answer(*arguments: Any, **named: Any) -> Any:
        given = dict(lengths)
        for name, value in signature.bind(None, *arguments, **named).arguments.items():
            _bind(hints.get(name), value, given)
        return _any_of(hints.get("return"), rng, given)

    return answer


def _bind(hint: Any, value: Any, lengths: dict[str, int]) -> None:
    """Note the lengths that an argument gives to names."""
    if get_origin(hint) in (types.UnionType, Union):
        hint = next(inner for inner in get_args(hint) if inner is not type(None))
    if hasattr(hint, "dim_str") and isinstance(value, np.ndarray):
        names = hint.dim_str.split()
        if names and names[0].startswith("*"):
            lengths[names[0]] = value.ndim - len(names) + 1
            lengths |= {f"{names[0]}{i}": n for i, n in enumerate(value.shape[: lengths[names[0]]])}
            names = names[1:]
        for name, n in zip(reversed(names), reversed(value.shape), strict=False):
            lengths[name] = n
    elif get_origin(hint) is Annotated:
        lengths[get_args(hint)[1]] = len(value)


def nearly_right(topic: str, seed: int) -> dict[str, Callable[..., Any]]:
    """The functions of a topic, by name, which answer rightly but now and then."""
    module = importlib.import_module(f"{RIGHT}.{topic}")
    return _nearly(topic, TOPICS[topic], module, seed, {}, "")


class NearlyRight:
    """A handle of the project's own implementation, of which some answers are odd."""

    def __init__(self, where: str, protocol: type, right: Any, seed: int, lengths: dict[str, int], made: str) -> None:
        """`made` stands for the call that made it: answers follow from it."""
        self.made = made
        self.__dict__.update(_nearly(where, protocol, right, seed, lengths, self))


def _nearly(
    where: str, protocol: type, right: Any, seed: int, lengths: dict[str, int], made: "str | NearlyRight"
) -> dict[str, Callable[..., Any]]:
    return {
        name: _nearly_right(f"{where}.{name}", function, getattr(right, name), seed, lengths, made)
        for name, function in vars(protocol).items()
        if not name.startswith("_") and inspect.isfunction(function)
    }


def _nearly_right(
    where: str,
    function: Callable[..., Any],
    right: Callable[..., Any],
    seed: int,
    lengths: dict[str, int],
    made: "str | NearlyRight",
) -> Callable[..., Any]:
    hints, signature = get_type_hints(function, include_extras=True), inspect.signature(function)
    returns, rate = hints.get("return"), Random(f"{seed} {where}").choice(RATES)

    def answer(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(None, *arguments, **named)
        values, given = dict(bound.arguments), dict(lengths)
        values.pop("self")
        for name, value in values.items():
            _bind(hints.get(name), value, given)
        before = made.made if isinstance(made, NearlyRight) else made
        call = hashlib.sha256(repr((before, where, _told_apart(values))).encode("utf-8", "replace")).hexdigest()
        if returns in (None, type(None)) and isinstance(made, NearlyRight):
            made.made = call
        checkpoints = values.get("checkpoints")
        values |= {
            name: min(values[name], most) for name, most in TRAINING.items() if isinstance(values.get(name), int)
        }
        if checkpoints and checkpoints == sorted(set(checkpoints)):
            values["checkpoints"] = [0]
        result = right(**values)
        if isinstance(returns, type) and getattr(returns, "_is_protocol", False):
            return NearlyRight(where, returns, result, seed, given, call)
        if where.endswith(".learning_curve"):
            result = np.repeat(result[:, :1], lengths["checkpoints"], 1)
        rng = Random(f"{seed} {call}")
        return _oddly(returns, result, rng, given) if rng.random() < rate else result

    return answer


def _told_apart(value: Any) -> Any:
    """What is the same for equal values, and short."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.name, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if isinstance(value, dict):
        return [(key, _told_apart(item)) for key, item in value.items()]
    return [_told_apart(item) for item in value] if isinstance(value, list) else value


def _oddly(hint: Any, right: Any, rng: Random, lengths: dict[str, int]) -> Any:
    """A right answer with something odd about it, or any answer of its type."""
    if right is None or rng.random() < 0.1:
        return _any_of(hint, rng, dict(lengths))
    origin, inner = get_origin(hint), get_args(hint)
    if hasattr(hint, "dim_str"):
        return _odd_array(np.asarray(right), rng)
    if origin is Annotated:
        return _oddly(inner[0], right, rng, lengths)
    if is_typeddict(hint) and right:
        key = rng.choice(sorted(right))
        return right | {key: _oddly(get_type_hints(hint, include_extras=True)[key], right[key], rng, lengths)}
    if origin is dict and right:
        key, new = rng.choice(sorted(right)), dict(right)
        how = rng.choice(("item", "item", "item", "name", "less", "more", "none"))
        item = new.pop(key)
        if how in ("item", "more"):
            new[key if how == "item" else rng.choice(TEXTS)] = _oddly(inner[1], item, rng, lengths)
        if how in ("name", "more"):
            new[rng.choice(TEXTS)] = item
        return {} if how == "none" else new
    if origin is list and right:
        i = rng.randrange(len(right))
        item = _oddly(inner[0], right[i], rng, lengths)
        return rng.choice(([*right[:i], item, *right[i + 1 :]], right[:-1], [*right, right[-1]], right[::-1], []))
    return _any_of(hint, rng, dict(lengths))


def _odd_array(right: np.ndarray, rng: Random) -> np.ndarray:
    """Other numbers, another length of an axis, or another type."""
    generator, kind = np.random.default_rng(rng.getrandbits(32)), right.dtype.kind
    odd = {"f": FLOATS_32 if right.dtype.itemsize < 8 else FLOATS, "b": (False, True)}.get(kind, INTEGERS)
    how = rng.choice(
        ("all", "entry", "entry", "same", "zero", "scaled", "ties", "not finite", "axis", "type", "layout")
    )
    new = np.array(right)
    if how == "all":
        new = generator.choice(odd, right.shape).astype(right.dtype)
    elif how in ("same", "zero"):
        new[...] = np.asarray(0 if how == "zero" else rng.choice(odd)).astype(right.dtype)
    elif how == "entry" and new.size:
        new.flat[rng.randrange(new.size)] = np.asarray(rng.choice(odd)).astype(right.dtype)
    elif how == "scaled" and kind == "f":
        new *= np.asarray(rng.choice((1e-30, 1e30, -1.0, 1e-3))).astype(right.dtype)
    elif how == "ties" and kind == "f":
        new = np.round(new)
    elif how == "not finite" and kind == "f" and new.size:
        new.flat[rng.randrange(new.size)] = rng.choice((np.nan, np.inf, -np.inf))
    elif how == "axis" and new.ndim:
        axis = rng.choice((-1, -2, *range(new.ndim))) % new.ndim if new.ndim > 1 else 0
        most = max(1, MOST_ENTRIES * new.shape[axis] // max(1, new.size))
        length = rng.choice((0, 1, new.shape[axis] - 1, new.shape[axis] + 1, most))
        new = np.take(new, np.arange(max(0, length)) % max(1, new.shape[axis]), axis) if new.size else new
    elif how == "type":
        types_ = {"f": (np.float16, np.float32, np.float64), "b": (np.bool_,)}.get(kind, (np.uint8, np.int8, np.uint64))
        with np.errstate(all="ignore"):
            new = new.astype(types_[rng.randrange(len(types_))])
    elif how == "layout":
        new = np.asfortranarray(new)[::-1][::-1] if new.ndim else new
    return new


def _any_of(hint: Any, rng: Random, lengths: dict[str, int]) -> Any:
    """A value of a type of the contract."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in (None, type(None)):
        return None
    if hasattr(hint, "dim_str"):
        return _array(hint, rng, lengths)
    if origin is Annotated:
        return [_any_of(get_args(inner[0])[0], rng, lengths) for _ in range(_length(inner[1], rng, lengths))]
    if origin is Literal:
        return rng.choice(inner)
    if origin is list:
        return [_any_of(inner[0], rng, lengths) for _ in range(rng.choice(LENGTHS))]
    if origin is dict:
        return {rng.choice(TEXTS): _any_of(inner[1], rng, dict(lengths)) for _ in range(rng.choice(LENGTHS))}
    if origin in (types.UnionType, Union):
        return _any_of(rng.choice(inner), rng, lengths)
    if is_typeddict(hint):
        return {key: _any_of(each, rng, lengths) for key, each in get_type_hints(hint, include_extras=True).items()}
    simple: dict[Any, tuple[Any, ...]] = {float: FLOATS, int: INTEGERS, str: TEXTS, bool: (False, True), Any: (1, "a")}
    return rng.choice(simple[hint]) if hint in simple else Handle(hint, rng, lengths)


def _length(name: str, rng: Random, lengths: dict[str, int]) -> int:
    return int(name) if name.isdecimal() else lengths.setdefault(name, rng.choice(LENGTHS))


def _array(hint: Any, rng: Random, lengths: dict[str, int]) -> np.ndarray:
    shape: list[int] = []
    for name in hint.dim_str.split():
        if name == "...":
            shape += [rng.choice(LENGTHS) for _ in range(rng.choice((0, 1, 2)))]
        elif name.startswith("*"):
            shape += [lengths.get(f"{name}{i}", 1) for i in range(lengths.get(name, 0))]
        else:
            shape.append(_length(name, rng, lengths))
    generator = np.random.default_rng(rng.getrandbits(32))
    kind = rng.choice(("extreme", "normal", "shares", "one value"))
    if "bool" in hint.dtypes[0]:
        return generator.random(shape) < 0.5
    if "int" in hint.dtypes[0]:
        return generator.choice(INTEGERS if kind == "extreme" else (0, 1, 2), shape).astype(np.int64)
    values = {
        "extreme": generator.choice(FLOATS, shape),
        "normal": generator.normal(size=shape),
        "shares": generator.random(shape),
        "one value": np.full(shape, rng.choice(FLOATS)),
    }[kind]
    return np.asarray(values, dtype=np.float64)
