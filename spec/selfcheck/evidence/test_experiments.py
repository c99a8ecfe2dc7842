"""Arms: computed once for each of their arguments, whoever asks."""

import numpy as np
import pytest

from spec.harness.evidence.experiments import Experiment, NotComputed, arm
from spec.harness.implementation.journal import journal
from spec.harness.implementation.proxy import Implementation


class Counting(Experiment):
    """An experiment that counts how often its arms are computed."""

    def __init__(self):
        super().__init__(None, [1, 2], "cpu")
        self.computed = []

    @arm
    def echo(self, value, *, twice=False):
        """What it was asked for."""
        self.computed.append(value)
        return [value] * (2 if twice else 1)


class Derived(Counting):
    """One whose arm asks that of its base."""

    @arm
    def echo(self, value, *, twice=False):
        """More than the base has."""
        return [*super().echo(value, twice=twice), "more"]


def test_an_arm_is_computed_once_for_its_arguments():
    """However they are written; 1, 1.0 and True are equal, and not the same argument."""
    experiment = Counting()
    assert experiment.echo(1) is experiment.echo(value=1, twice=False)
    assert [experiment.echo(value) for value in (1, 1.0, True)] == [[1], [1.0], [True]]
    assert [type(value) for value in experiment.computed] == [int, float, bool]


def test_an_arm_of_a_base_class_is_another_arm():
    """Whichever is asked first."""
    experiment = Derived()
    assert Counting.echo.__get__(experiment, Derived)(1) == [1]
    assert experiment.echo(1) == [1, "more"]


def test_whoever_reads_an_arm_has_its_calls():
    """Also a test that finds it computed: a failure of that test is about what the implementation was asked there."""

    class Asking(Counting):
        @arm
        def score(self):
            """One call."""
            return self.impl.metrics.f1(np.array([1]), np.array([1]))

    experiment = Asking()
    experiment.impl = Implementation()
    for _ in range(2):
        with journal.example():
            experiment.score()
            assert [asked.where for asked in journal.calls] == ["metrics.f1"]


def test_of_a_complete_experiment_nothing_more_is_computed():
    """What was computed can be read, by figures; another arm is refused by its label."""
    experiment = Counting()
    experiment.echo(1)
    experiment.complete = True
    assert experiment.echo(1) == [1]
    with pytest.raises(NotComputed, match=r"^Counting\.echo\(2, twice=True\)$"):
        experiment.echo(2, twice=True)
