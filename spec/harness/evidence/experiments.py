"""Experiments: units of work whose result several tests read.

An experiment is a class; `@experiment` makes it a session-scoped fixture under its name in snake case. Its arms are
computed when a test first reads them, so that an implementation which lacks one arm fails only the tests that need it.
Replicates are the leading axis of everything an arm returns, and replicate i has the same seed in every experiment:
that is what pairs them.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from . import clock, progress

if TYPE_CHECKING:
    from ..implementation.proxy import Implementation

T = TypeVar("T")

REGISTERED: dict[str, type["Experiment"]] = {}

computed: dict[str, float] = {}
"""Processor seconds of the arms that this process has computed, by "Experiment.arm[replicates]"; not of failed ones."""


class Experiment:
    """What an experiment is handed: the implementation, a seed per replicate, and the device to train on."""

    cpu_seconds: float
    """Roughly what it takes; the longest begins first."""

    def __init__(self, impl: "Implementation", seeds: list[int], device: str) -> None:
        self.impl = impl
        self.seeds = seeds
        self.device = device
        self._arms: dict[str, Any] = {}


def experiment(*, cpu_seconds: float) -> Callable[[type[Experiment]], type[Experiment]]:
    """Register an experiment; its fixture is the class's name in snake case (`RealFaces` becomes `real_faces`)."""

    def register(cls: type[Experiment]) -> type[Experiment]:
        cls.cpu_seconds = cpu_seconds
        REGISTERED[fixture_name(cls.__name__)] = cls
        return cls

    return register


def fixture_name(class_name: str) -> str:
    """The class's name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


class arm(Generic[T]):  # noqa: N801 - used as a decorator
    """One training (or evaluation) of an experiment: computed when first read, then kept — an error as well."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> T:
        if self.name not in instance._arms:
            name, replicates = f"{owner.__name__}.{self.name}", len(instance.seeds)
            with progress.doing(name, replicates), clock.charged() as charge:
                instance._arms[self.name] = self._attempt(instance)
            if instance._arms[self.name][1] is None:
                computed[f"{name}[{replicates}]"] = charge.seconds
        value, error = instance._arms[self.name]
        if error is not None:
            raise error.with_traceback(None)
        return value

    def _attempt(self, instance: Any) -> tuple[T | None, Exception | None]:
        try:
            return self.compute(instance), None
        except Exception as error:
            return None, error


def replicate_seeds(claims_seed: int, replicates: int) -> list[int]:
    """One seed per replicate, a function of `--claims-seed`; fewer replicates have the first of the same seeds."""
    return [int(np.random.SeedSequence([claims_seed, i]).generate_state(1)[0]) for i in range(replicates)]


def stream(seed: int, *labels: str | int) -> np.random.Generator:
    """A random generator of its own for each purpose that the labels name."""
    words = [label if isinstance(label, int) else int.from_bytes(label.encode(), "big") for label in labels]
    return np.random.default_rng([seed, *words])
