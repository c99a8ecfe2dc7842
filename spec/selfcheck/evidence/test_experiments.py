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

        @arm
        def twice(self):
            """No call of its own."""
            return 2 * self.score()

    experiment = Asking()
    experiment.impl = Implementation()
    for read in (experiment.score, experiment.score, experiment.twice, experiment.twice):
        with journal.example():
            read()
            assert [asked.where for asked in journal.calls] == ["metrics.f1"]


def test_an_answer_is_not_forgotten_for_many_calls_without_one():
    """It may be at fault for what a later test makes of the arm."""

    class Training(Counting):
        @arm
        def trained(self):
            """One answer, and then many calls that return nothing."""
            ones = np.ones((1, 4, 2), dtype=np.float32)
            gans = self.impl.gan.gans(
                ones, latent_dimensions=1, saturating=True, hidden=2, learning_rate=1e-3, batch_size=1, seeds=[1],
                device="cpu",
            )  # fmt: skip
            answer = gans.discriminate(ones)
            for _ in range(40):
                gans.train(0, "both")
            return answer

    experiment = Training()
    experiment.impl = Implementation()
    for _ in range(2):
        with journal.example():
            experiment.trained()
            assert "gan.gans().discriminate" in [asked.where for asked in journal.calls if asked.answered]


def test_of_a_complete_experiment_nothing_more_is_computed():
    """What was computed can be read, by figures; another arm is refused by its label."""
    experiment = Counting()
    experiment.echo(1)
    experiment.complete = True
    assert experiment.echo(1) == [1]
    with pytest.raises(NotComputed, match=r"^Counting\.echo\(2, twice=True\)$"):
        experiment.echo(2, twice=True)
