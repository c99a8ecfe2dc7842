"""What trained comparisons let pass where there is nothing to find, and that every one of them has a control."""

import msgspec
import numpy as np
import pytest
from scipy.stats import binom

from spec.harness import Implementation
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Inconclusive, Outcome, Refuted
from spec.harness.evidence import evidence as evidence_module
from spec.harness.evidence.experiments import EXPERIMENTS, replicate_seeds
from spec.selfcheck.examples import evidence_for

from .nulls import NULLS, SEED

REPEATS = 200
ALPHAS = [None, 0.05]
"""The registered one; and a larger one, at which less than a false pass shows."""
UNTRAINED = {"ThiefScores", "TrainedScores", "NoisyRewards"}
"""Experiments that train no model: one tunes a threshold, the other updates a table of values by formula."""
CHANCE = 1e-6
"""How probably a count that is as it should be is taken for too high."""


@pytest.fixture(scope="module")
def registry():
    """The homework's own registry."""
    return Registry()


@pytest.fixture(scope="module")
def impl():
    """The project's own implementation."""
    return Implementation()


@pytest.fixture(autouse=True)
def without_intervals(monkeypatch):
    """The bootstrap interval only describes; without it thousands of decisions take a second."""
    monkeypatch.setattr(evidence_module, "bootstrap_interval", lambda _: (0.0, 0.0))


def at_the_null(registry, null, alpha=None):
    """The registered comparison with a margin of zero, at which its null is hardest; and with this alpha, if any."""
    registered = registry[null.claim].comparison[null.comparison]
    return msgspec.structs.replace(registered, above=0.0, chance=0.0, within=None, alpha=alpha or registered.alpha)


def decided(comparison, values) -> Outcome:
    """What the comparison makes of one repeat's values, after a second look where it has one."""
    evidence = evidence_for(c=comparison)
    first = comparison.looks[0]
    try:
        evidence.exceeds(values[:first], "c")
        if evidence.is_undecided:
            evidence.look = 2
            evidence.exceeds(values[first:], "c")
    except Refuted:
        return Outcome.REFUTED
    except Inconclusive:
        return Outcome.INCONCLUSIVE
    return Outcome.HOLDS


def most(comparison, repeats: int) -> int:
    """How many of so many repeats may hold by chance, where a replicate is as likely on one side as on the other."""
    return int(binom.ppf(1 - CHANCE, repeats, comparison.power(0.5)))


def too_many(comparison, values) -> list[str]:
    """What comes out more often than by chance: in how many of the repeats (repeats, replicates), and of how many."""
    outcomes, limit = [decided(comparison, repeat) for repeat in values], most(comparison, len(values))
    counts = {outcome: outcomes.count(outcome) for outcome in (Outcome.HOLDS, Outcome.REFUTED)}
    return [
        f"{outcome} in {count} of {len(values)} repeats at alpha {comparison.alpha} (at most {limit})"
        for outcome, count in counts.items()
        if count > limit
    ]


@pytest.mark.parametrize("name", NULLS)
def test_nothing_is_found_where_there_is_nothing(registry, impl, name):
    """Under its null a comparison holds, and is refuted, no more often than alpha has it, in 200 repeats.

    Five of 200 may at the registered alpha of .001. So a procedure that passes falsely in 5 % of its repeats is caught
    with probability .93, one in 10 % always (see below). The same values are decided at an alpha of .05 too, which
    catches weaker dependence: there a replicate that is right in two cases of three is caught with probability .99.
    """
    null = NULLS[name]
    values = null.values(impl, at_the_null(registry, null).looks[-1], REPEATS)
    assert len(np.unique(values)) > 2, "replicates that hardly differ show nothing"
    comparisons = [at_the_null(registry, null, alpha) for alpha in ALPHAS]
    assert [excess for comparison in comparisons for excess in too_many(comparison, values)] == []


@pytest.mark.parametrize("name", NULLS)
def test_what_would_be_caught(registry, name):
    """The probabilities that `test_nothing_is_found_where_there_is_nothing` states are right."""
    registered, larger = (at_the_null(registry, NULLS[name], alpha) for alpha in ALPHAS)
    assert binom.sf(most(registered, REPEATS), REPEATS, 0.05) >= 0.93
    assert binom.sf(most(registered, REPEATS), REPEATS, 0.1) >= 0.9999
    assert binom.sf(most(larger, REPEATS), REPEATS, larger.power(2 / 3)) >= 0.99


@pytest.mark.parametrize("name", [name for name, null in NULLS.items() if null.longer is not None])
def test_what_there_is_to_find_is_found(registry, impl, name):
    """The same measures exceed zero, by the same decision, once the same networks have something to learn."""
    comparison = at_the_null(registry, NULLS[name])
    assert decided(comparison, NULLS[name].effect(impl, comparison.looks[-1])) is Outcome.HOLDS


def one_seed_for_all(null, impl, n, repeats):
    """All replicates of a repeat are one and the same."""
    experiments = [null.experiment(impl, [seed] * n, "cpu") for seed in replicate_seeds(SEED, repeats)]
    return np.concatenate([experiment.lead(null=True) for experiment in experiments])


def judged_on_others(null, impl, n, repeats):
    """The arms are judged on different digits, the same ones for all replicates, once training has a say."""
    longer = null.with_constants(budget=null.experiment.budget | {"steps": 60})
    return longer.values(impl, n, repeats, lambda experiment: experiment.judged_on_others())


def labels_read(null, impl, n, repeats):
    """Labels that were to be dealt out at random are read as they are."""
    return null.values(impl, n, repeats, lambda experiment: experiment.lead(null=False))


def text_not_shuffled(null, impl, n, repeats):
    """Text that was to be shuffled is read as it is, once it is long enough to learn from."""
    longer = null.with_constants(**null.longer)
    return longer.values(impl, n, repeats, lambda experiment: experiment.lead(null=False))


@pytest.mark.parametrize(
    ("name", "procedure", "repeats"),
    [
        ("two arms of perceptrons", one_seed_for_all, 20),
        ("two arms of perceptrons", judged_on_others, 20),
        ("two arms of perceptrons", labels_read, 10),
        ("shuffled text", text_not_shuffled, 10),
    ],
)
def test_a_procedure_that_is_wrong_is_caught(registry, impl, name, procedure, repeats):
    """Replicates that depend on each other, arms with an offset, and nulls that are none hold too often."""
    comparison = at_the_null(registry, NULLS[name])
    n = comparison.looks[-1]
    values = procedure(NULLS[name], impl, n, repeats).reshape(repeats, n)
    assert any(excess.startswith(Outcome.HOLDS) for excess in too_many(comparison, values))


def trained_experiments(claim) -> list[str]:
    """The experiments that train something and are read by the comparisons of a claim."""
    return sorted({comparison.experiment for comparison in claim.comparison.values()} - UNTRAINED)


def test_every_family_of_trained_comparisons_has_a_null(registry):
    """Of each module with experiments that train and are compared, one is tried where there is nothing to find."""
    compared = {name for claim in registry.claims.values() for name in trained_experiments(claim)}
    tried = {base.__module__ for null in NULLS.values() for base in null.experiment.__mro__}
    assert {EXPERIMENTS[name].__module__ for name in compared} - tried == set()


def test_every_claim_decided_by_training_has_a_control(registry):
    """A claim with a comparison whose experiment trains has a test in the role of a control."""
    by_claim = Inventory(registry).by_claim
    missing = {
        claim.id: experiments
        for claim in registry.claims.values()
        if (experiments := trained_experiments(claim)) and "control" not in {test.role for test in by_claim[claim.id]}
    }
    assert not missing, f"claims decided by training, without a test @claim(…, role='control'): {missing}"
