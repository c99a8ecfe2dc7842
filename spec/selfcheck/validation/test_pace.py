"""How long a command will take, said before it begins and after each run."""

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.validation import pace
from spec.harness.validation.pace import Costs, Pace, in_words


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def test_it_is_said_before_and_after_each(clock, capsys):
    """How many, how long for so many workers; then what is done, and the time that the rest takes at that pace."""
    progress = Pace(3, "runs", cpu_seconds=1200, workers=2)
    assert capsys.readouterr().err == "runs to run: 3, 2 at a time, about 10 min\n"
    clock[0] = 60
    progress.done("seed 1")
    assert capsys.readouterr().err == "1 of 3  seed 1; about 2 min left\n"
    clock[0] = 240
    progress.done("seed 2")
    progress.done("seed 3")
    assert capsys.readouterr().err == "2 of 3  seed 2; about 2 min left\n3 of 3  seed 3\n"


def test_what_is_not_known_is_not_said(capsys):
    """Without a baseline, and where nothing is left to run."""
    Pace(2, "mutants", None, 1)
    Pace(0, "runs", 0.0, 1)
    assert capsys.readouterr().err == "mutants to run: 2\nruns to run: 0\n"


def test_costs_are_those_of_the_baseline(tmp_path):
    """Of the claims' own tests, and of all arms of the experiments that they read; none without a baseline."""
    registry = Registry()
    costs = Costs(registry)
    exact, trained = costs.seconds(["metrics.f1-is-the-harmonic-mean"]), costs.seconds(["gan.lower-loss-is-not-better"])
    assert 0 < exact < 5 < trained < 500
    assert costs.seconds(["gan.lower-loss-is-not-better"], trained=False) < trained / 2
    registry.root = tmp_path
    assert Costs(registry).seconds(["metrics.f1-is-the-harmonic-mean"]) is None


def test_a_variation_that_trains_longer_costs_more(tmp_path):
    """Four times the steps, four times the arms; another rate, none; both a start of the process."""
    registry = Registry()
    longer, other_rate = (
        registry.variation(f"NoisyDisplacedDigits.{name}") for name in ("four_times_the_steps", "rate_doubled")
    )
    seconds = [Costs(registry).seconds_of_variation(variation) for variation in (longer, other_rate)]
    assert seconds[0] - pace.START_SECONDS == pytest.approx(4 * (seconds[1] - pace.START_SECONDS))
    assert seconds[1] > pace.START_SECONDS
    registry.root = tmp_path
    assert Costs(registry).seconds_of_variation(longer) is None


@pytest.mark.parametrize(("seconds", "words"), [(0.1, "1 s"), (89, "89 s"), (120, "2 min"), (7200, "2.0 h")])
def test_a_length_of_time_is_in_its_unit(seconds, words):
    """Seconds, minutes or hours."""
    assert in_words(seconds) == words
