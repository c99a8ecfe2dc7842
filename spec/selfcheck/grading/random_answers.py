"""An implementation that answers with anything that is of the contract's types: empty, huge, extreme, odd.

No test may be at a loss about it in a way that counts as the grader's fault.
"""

import inspect
import random
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from spec.contract import TOPICS

LENGTHS = (0, 1, 2, 3, 4, 10)
FLOATS = (0.0, -0.0, 1.0, 0.5, -1.0, 1e-300, 1e300, -1e300, 1.7e308)
INTEGERS = (0, 1, 2, -1, 255, 2**31, 2**62, -(2**63))
TEXTS = ("", "a", "é", "\ud800", "\x00", "::error::", "1 2\nx 0.5 nan\n", "9" * 400, "‏", "x" * 10_000)


def write(folder: Path, seed: int) -> Path:
    """A folder with one module per topic, whose answers follow from the seed."""
    folder.mkdir()
    for topic in TOPICS:
        (folder / f"{topic}.py").write_text(
            "from spec.selfcheck.grading.random_answers import functions\n"
            f"globals().update(functions({topic!r}, {seed}))\n"
        )
    return folder


def functions(topic: str, seed: int) -> dict[str, Callable[..., Any]]:
    """The functions of a topic, by name."""
    return _methods(TOPICS[topic], random.Random(f"{topic} {seed}"), {})


class Handle:
    """What learners return: its methods answer as the contract's do."""

    def __init__(self, protocol: type, rng: random.Random, lengths: dict[str, int]) -> None:
        """Lengths that are known of the learner hold for the handle as well."""
        self.__dict__.update(_methods(protocol, rng, lengths))


def _methods(protocol: type, rng: random.Random, lengths: dict[str, int]) -> dict[str, Callable[..., Any]]:
    return {
        name: _method(function, rng, lengths)
        for name, function in vars(protocol).items()
        if not name.startswith("_") and inspect.isfunction(function)
    }


def _method(function: Callable[..., Any], rng: random.Random, lengths: dict[str, int]) -> Callable[..., Any]:
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


def _any_of(hint: Any, rng: random.Random, lengths: dict[str, int]) -> Any:
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


def _length(name: str, rng: random.Random, lengths: dict[str, int]) -> int:
    return int(name) if name.isdecimal() else lengths.setdefault(name, rng.choice(LENGTHS))


def _array(hint: Any, rng: random.Random, lengths: dict[str, int]) -> np.ndarray:
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
