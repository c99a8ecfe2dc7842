"""Experiments: units of work whose result several tests read.

An experiment is a class, marked with `@experiment`. A test takes one by annotating a parameter with the class
(`faces: RelationalFaces`), and is handed the one instance of the run. Its arms are methods: each is computed when a
test first calls it, and kept by its arguments, so that an implementation which lacks one arm fails only the tests that
need it. Replicates are the leading axis of everything an arm returns, and replicate i has the same seed in every
experiment: that is what pairs them.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    NamedTuple,
    NoReturn,
    ParamSpec,
    TypeVar,
    overload,
)

import numpy as np

from ..claims.registry import registered
from ..errors import SpecificationError
from ..implementation.journal import Asked, journal
from . import clock, progress

if TYPE_CHECKING:
    from ..implementation.proxy import Implementation

S = TypeVar("S", bound="Experiment")
P = ParamSpec("P")
T = TypeVar("T")

EXPERIMENTS: dict[str, type["Experiment"]] = {}
"""Every experiment, by the name of its class."""

computed: dict[str, float] = {}
"""Processor seconds of the arms that this process has computed, by "Experiment.arm(arguments)[replicates]"; not of
failed ones."""


class NotComputed(Exception):
    """An arm was read that no test has computed, of an experiment that is only looked at."""


class Experiment:
    """What an experiment is handed: the implementation, a seed per replicate, and the device."""

    is_experiment: ClassVar[bool] = False
    """Set by `@experiment`: what `@claim` knows an experiment's annotation by."""
    cpu_seconds: ClassVar[float]
    """Roughly what it takes; the longest begins first."""
    budget: ClassVar[dict[str, Any]]
    """What `[experiment.NAME]` in `claims.toml` says that the learner is given."""
    choices: ClassVar[dict[str, Any]]
    """What it says that could have been chosen otherwise."""

    def __init__(
        self, impl: "Implementation", seeds: list[int], device: str, changes: Mapping[str, Any] | None = None
    ) -> None:
        """Of a variation, `changes` are the values that stand in place of the registered ones."""
        for name, value in (changes or {}).items():
            values = "budget" if name in self.budget else "choices"
            setattr(self, values, getattr(self, values) | {name: value})
        self.impl = impl
        self.seeds = seeds
        self.device = device
        self.shared_seed = seeds[0]
        """Of what all replicates share; the same at either look."""
        self.complete = False
        """Whether nothing more is computed: reading another arm raises `NotComputed`."""
        self._arms: dict[tuple[str, tuple[Any, ...]], _Kept] = {}


class _Kept(NamedTuple):
    """What became of an arm."""

    value: Any
    error: Exception | None
    calls: list[Asked]
    """What the implementation was asked: the last calls."""


class RegisteredValues(dict[str, Any]):
    """A table of an experiment's entry; asking for what is not in it says where it would have to be."""

    def __init__(self, table: str, values: Mapping[str, Any]) -> None:
        """`table` is its name in `claims.toml`, such as "experiment.RealFaces.budget"."""
        super().__init__(values)
        self.table = table

    def __or__(self, changes: Mapping[str, Any]) -> "RegisteredValues":  # type: ignore[override]
        """With other values for some."""
        return RegisteredValues(self.table, {**self, **changes})

    def __missing__(self, name: str) -> NoReturn:
        raise SpecificationError(
            f"claims.toml: [{self.table}] has no {name!r}, which its code reads "
            f"(registered: {', '.join(self) or 'none'})"
        )


def experiment(*, cpu_seconds: float) -> Callable[[type[S]], type[S]]:
    """Register an experiment under the name of its class, with the budget and the choices that `claims.toml` says."""

    def register(cls: type[S]) -> type[S]:
        if cls.__name__ in EXPERIMENTS:
            raise SpecificationError(
                f"{cls.__module__}: experiment {cls.__name__!r} is defined already, in "
                f"{EXPERIMENTS[cls.__name__].__module__}; names of experiments are unique"
            )
        cls.is_experiment = True
        cls.cpu_seconds = cpu_seconds
        entry = registered().experiment(cls.__name__)
        cls.budget = RegisteredValues(f"experiment.{cls.__name__}.budget", entry.budget)
        cls.choices = RegisteredValues(f"experiment.{cls.__name__}.choices", entry.choices)
        EXPERIMENTS[cls.__name__] = cls
        return cls

    return register


class arm(Generic[S, P, T]):  # noqa: N801 - used as a decorator
    """One training or evaluation of an experiment: computed when first called, then kept by its arguments.

    An exception is kept as well. Arguments are hashable, such as words and numbers.
    """

    def __init__(self, compute: Callable[Concatenate[S, P], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__
        self._signature = inspect.signature(compute)

    @overload
    def __get__(self, instance: None, owner: type) -> "arm[S, P, T]": ...
    @overload
    def __get__(self, instance: S, owner: type) -> Callable[P, T]: ...
    def __get__(self, instance: S | None, owner: type) -> "arm[S, P, T] | Callable[P, T]":
        return self if instance is None else partial(self._kept, instance)

    def _kept(self, instance: S, *args: P.args, **kwargs: P.kwargs) -> T:
        bound = self._signature.bind(instance, *args, **kwargs)
        bound.apply_defaults()
        arguments = tuple(bound.arguments.items())[1:]
        # 1, 1.0 and True are equal, and not the same argument.
        key = (self.compute.__qualname__, tuple((name, type(value), value) for name, value in arguments))
        if key not in instance._arms:
            label, replicates = f"{type(instance).__name__}.{self._label(arguments)}", len(instance.seeds)
            if instance.complete:
                raise NotComputed(label)
            with progress.doing(label, replicates), clock.charged() as charge:
                instance._arms[key] = self._attempt(instance, *args, **kwargs)
            if instance._arms[key].error is None:
                computed[f"{label}[{replicates}]"] = charge.seconds
        else:
            journal.again(instance._arms[key].calls)
        value, error, _ = instance._arms[key]
        if error is not None:
            raise error.with_traceback(None)
        return value

    def _label(self, arguments: tuple[tuple[str, Any], ...]) -> str:
        """The arm and its arguments but for defaults, such as "trained(attention, positions=True)"."""
        parameters = self._signature.parameters
        shown = [
            f"{value}" if parameters[name].default is inspect.Parameter.empty else f"{name}={value}"
            for name, value in arguments
            if value != parameters[name].default
        ]
        return f"{self.compute.__name__}({', '.join(shown)})" if shown else self.compute.__name__

    def _attempt(self, instance: S, *args: P.args, **kwargs: P.kwargs) -> _Kept:
        before = journal.noted
        try:
            return _Kept(self.compute(instance, *args, **kwargs), None, journal.since(before))
        except Exception as error:
            return _Kept(None, error, journal.since(before))


def replicate_seeds(claims_seed: int, replicates: int) -> list[int]:
    """One seed per replicate, a function of `--claims-seed`; fewer replicates have the first of the same seeds."""
    return [int(np.random.SeedSequence([claims_seed, i]).generate_state(1)[0]) for i in range(replicates)]


def stream(seed: int, *labels: str | int) -> np.random.Generator:
    """A random generator of its own for each purpose that the labels name."""
    words = [label if isinstance(label, int) else int.from_bytes(label.encode(), "big") for label in labels]
    return np.random.default_rng([seed, *words])
