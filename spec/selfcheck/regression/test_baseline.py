"""Baselines: what counts as a regression from one run to another, on made-up runs and on the toy specification."""

import shutil
from itertools import count

import msgspec
import numpy as np
import pytest
from scipy import stats

from spec.harness import cli
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence import clock, results
from spec.harness.evidence.experiments import Experiment, arm, computed
from spec.harness.evidence.results import ClaimRecord, EvidenceRecord, Results, Selection
from spec.harness.regression import baseline, diff, durations, effects, shrinkage
from spec.harness.report import terminal
from spec.selfcheck import toy

# Made-up runs.

FILE = "spec/q1_toy/test_toy.py"
EFFECT = tuple(0.5 + 0.01 * np.random.default_rng(5).standard_normal(14))


def seen(values=EFFECT, **changes):
    """The evidence of one comparison."""
    known = {"verb": "exceeds", "what": "effect of the toy", "outcome": Outcome.HOLDS, "comparison": "effect"}
    terms = {"varies": "everything", "margin": 0.1, "alpha": 0.001, "replicates": len(values)}
    return EvidenceRecord(**{**known, **terms, "values": list(map(float, values)), **changes})


def tried(name="test_effect", outcome="holds", evidence=None, **changes):
    """The record of one test; it compares the effect if nothing else is said."""
    evidence = [seen(outcome=Outcome(outcome))] if evidence is None else evidence
    given = {"nodeid": f"{FILE}::{name}", "claim": "toy.effect", "role": "claim", "outcome": Outcome(outcome)}
    return results.TestRecord(**{**given, "evidence": evidence, **changes})


def claimed(*tests, **changes):
    """The record of one claim, with the outcome of its first test if nothing else is said."""
    tests = tests or (tried(),)
    verdict = changes.get("registered_verdict", "holds")
    texts = {"question": "q1_toy", "fa": "اثر", "en": "toys have an effect", "kind": "identity", "criterion": "looking"}
    outcome = changes.pop("outcome", tests[0].outcome)
    as_registered = outcome == {"refuted": "refuted", "undecided": "inconclusive"}.get(verdict, "holds")
    as_registered &= all(test.outcome == "holds" for test in tests if test.role in ("boundary", "amended"))
    found = {"outcome": outcome, "as_registered": as_registered, "selected": all(test.selected for test in tests)}
    known = {"id": "toy.effect", "subject": "implementation", "registered_verdict": verdict, "seconds": 0.0}
    return ClaimRecord(**{**texts, **known, **found, "message": tests[0].message, "tests": list(tests), **changes})


def ran(*claims, **changes):
    """A whole run, of one claim if nothing else is said."""
    chosen = {"only": [], "marks": "claims", "keywords": "", "arguments": []}
    selection = Selection(**{**chosen, **changes.pop("selection", {})})
    known = {"schema": results.SCHEMA, "implementation": "impl", "registry": "hash", "seed": 0, "selection": selection}
    environment = {"torch": "2", "device": "cpu", "sandbox": "in-process", **changes.pop("environment", {})}
    numbers = {"seconds": 1.0, "cpu_seconds": 1.0, "reference_seconds": 0.1, "as_registered": 1.0, "pass_rate": 1.0}
    claims = list(claims) or [claimed()]
    return Results(**{**known, **numbers, "environment": environment, "figures": [], "claims": claims, **changes})


def of_effect(values, role="claim", outcome="holds", verdict="holds", **changes):
    """A run of one claim with one comparison of these values."""
    evidence = [seen(values, outcome=Outcome(outcome), **changes)]
    return ran(claimed(tried(outcome=outcome, role=role, evidence=evidence), registered_verdict=verdict))


def found(before, after):
    """The kinds of what differs, with what it says."""
    return [(finding.kind, finding.says) for finding in diff.compare(before, after).findings]


def kinds(before, after):
    """The kinds of what differs."""
    return [kind for kind, _ in found(before, after)]


# Effects that shrink.


def drawn(rng, counts, spread=1.0):
    """Values of many comparisons that depend on each other: a replicate's share in all of them, and its own noise."""
    shared = rng.standard_normal(max(counts))
    noise = (rng.standard_normal(n) if k % 3 else rng.standard_t(2, n).round(1) for k, n in enumerate(counts))
    return [spread * (0.7 * shared[:n] + own) for n, own in zip(counts, noise, strict=True)]


def p_shrank(before, after, paired):
    """The adjusted p-values of having shrunk."""
    return shrinkage.adjusted_p_values(before, after, paired)[0]


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "two samples"])
def test_false_alarms_stay_within_the_level(monkeypatch, paired):
    """Between runs of the same thing, any of many dependent effects is named no more often than the level admits."""
    monkeypatch.setattr(shrinkage, "RELABELLINGS", 500)
    rng = np.random.default_rng(11)
    counts, runs, level = [10] * 5 + [14] * 20 + [18] * 15, 400, 0.1
    alarms = 0
    for _ in range(runs):
        # What a seed fixes is the same in both runs where they are paired: it cancels, and only the rest is noise.
        fixed = drawn(rng, counts, spread=5) if paired else [0.0] * len(counts)
        before, after = ([f + own for f, own in zip(fixed, drawn(rng, counts), strict=True)] for _ in range(2))
        alarms += (p_shrank(before, after, paired) <= level).any()
    assert alarms <= stats.binom.ppf(0.9999, runs, level)
    assert alarms >= stats.binom.ppf(0.0001, runs, level / 4), "so conservative that it must be blind"


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "two samples"])
def test_one_shrunk_effect_among_200_is_found(monkeypatch, paired):
    """14 replicates find a shift by 2.5 standard deviations nine times in ten, and blame no other comparison for it."""
    monkeypatch.setattr(shrinkage, "RELABELLINGS", 1000)
    rng = np.random.default_rng(12)
    counts, runs = [14] * 120 + [18] * 80, 100
    hits = others = 0
    for _ in range(runs):
        before, after = ([rng.standard_normal(n) for n in counts] for _ in range(2))
        # The standard deviation of a difference between pairs is √2 here.
        after[7] = after[7] - 2.5 * (2**0.5 if paired else 1)
        named = np.flatnonzero(p_shrank(before, after, paired) <= effects.LEVEL)
        hits += 7 in named
        others += bool(set(named) - {7})
    assert hits >= 0.9 * runs
    assert others <= stats.binom.ppf(0.9999, runs, effects.LEVEL)


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "two samples"])
def test_one_comparison_alone_is_the_permutation_test(paired):
    """With nothing to adjust for, the p-value is that of SciPy's exact permutation test of the mean."""
    rng = np.random.default_rng(13)
    before, after = rng.standard_normal(8) + 0.7, rng.standard_normal(8)
    exact = stats.permutation_test(
        (before, after),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        permutation_type="samples" if paired else "independent",
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    assert 0.01 < exact < 0.5
    assert p_shrank([before], [after], paired)[0] == pytest.approx(exact, abs=4 * (exact / 10_000) ** 0.5)


def test_t_is_students():
    """What comparisons of different numbers of replicates are held against each other by is Student's t."""
    rng = np.random.default_rng(16)
    counts = np.array([10, 14, 18])
    before, after = ([rng.standard_normal(n) for n in counts] for _ in range(2))
    for ours, theirs in ((shrinkage._t_of_pairs, stats.ttest_rel), (shrinkage._t_of_two_samples, stats.ttest_ind)):
        expected = [theirs(b, a).statistic for b, a in zip(before, after, strict=True)]
        np.testing.assert_allclose(ours(before, after, counts)[0], expected, rtol=1e-6)


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "two samples"])
def test_constant_and_equal_values(paired):
    """A constant that falls is found beside one that does not; equal values have p = 1, and so has no comparison."""
    ones = [np.ones(10), np.ones(14), np.linspace(0, 1, 18)]
    p = p_shrank(ones, [np.ones(10), np.full(14, 0.9), np.linspace(0, 1, 18)], paired)
    assert p[0] == p[2] == 1
    assert p[1] < 0.001
    assert p_shrank([], [], paired).size == 0


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "two samples"])
def test_permuted_replicates_have_not_shrunk(paired):
    """The same values in another order are no smaller; and it does not matter in which order both runs have theirs."""
    rng = np.random.default_rng(14)
    before, after = rng.standard_normal(18) + 1, rng.standard_normal(18)
    order = rng.permutation(18)
    assert p_shrank([before], [before[order]], paired)[0] > 0.1
    there, here = p_shrank([before], [after], paired)[0], p_shrank([before[order]], [after[order]], paired)[0]
    assert there == pytest.approx(here, abs=0.005)


def test_replicates_change_places_with_those_in_the_same_comparisons():
    """Relabelled runs have as many replicates of every comparison as before, and the observed labels come first."""
    signs = shrinkage._labels(np.array([3, 5, 5]), np.random.default_rng(0)).reshape(-1, 2, 5)
    assert (signs[0] == [[1] * 5, [-1] * 5]).all()
    assert (signs[:, :, :3].sum(axis=(1, 2)) == 0).all()
    assert (signs[:, :, 3:].sum(axis=(1, 2)) == 0).all()
    assert len(np.unique(signs[:, 0, :3].sum(axis=1))) == 4


def test_t_does_not_depend_on_the_order_of_summation():
    """The same differences in another order have the same t, to the last bit, however large it is."""
    rng = np.random.default_rng(15)
    for spread in (1e-7, 1e-4, 0.1):
        rows = np.stack([rng.permutation(1 + spread * np.arange(13)) for _ in range(50)], axis=1)
        t = shrinkage._t(rows, np.ones((1, 13)), np.full(50, 13), np.full(50, 12))
        assert len(np.unique(t)) == 1


def test_as_many_values_of_each_are_needed():
    """Values that do not match are refused, with their numbers."""
    with pytest.raises(ValueError, match=r"before has \[3\] values, after \[2\]; expected as many"):
        shrinkage.adjusted_p_values([np.ones(3)], [np.ones(2)], paired=True)


def test_the_same_run_twice_has_no_findings():
    """Nothing differs from a run to itself."""
    same = diff.compare(ran(), ran())
    assert same.findings == []
    assert "compared: claims 1, tests 1, effects 1 (1 identical; level 0.01), durations 0" in same.header


@pytest.mark.parametrize(
    ("values", "shift", "terms", "kind"),
    [
        pytest.param(EFFECT, -0.1, {}, "regression", id="towards the margin"),
        pytest.param(EFFECT, +0.1, {}, "better", id="away from it"),
        pytest.param(
            np.negative(EFFECT), +0.1, {"verdict": "refuted", "outcome": "refuted"}, "regression", id="refuted"
        ),
        pytest.param(
            np.negative(EFFECT), -0.1, {"verdict": "refuted", "outcome": "refuted"}, "better", id="refuted more"
        ),
        pytest.param(EFFECT, -0.1, {"verdict": "refuted", "role": "amended"}, "regression", id="amended"),
        pytest.param(EFFECT, +0.1, {"verb": "within", "margin": [0.0, 1.0]}, "regression", id="to the upper end"),
        pytest.param(EFFECT, -0.1, {"verb": "within", "margin": [0.0, 1.0]}, "regression", id="to the lower end"),
        pytest.param(EFFECT, +0.1, {"verb": "within", "margin": [0.2, 5.0]}, "better", id="from the lower end"),
        pytest.param(
            EFFECT,
            +0.1,
            {"verb": "within", "margin": [0.9, 1.0], "verdict": "refuted", "outcome": "refuted"},
            "regression",
            id="refuted, towards the interval",
        ),
        pytest.param(
            EFFECT, -0.1, {"verdict": "undecided", "outcome": "inconclusive"}, None, id="undecided: there is no side"
        ),
        pytest.param(EFFECT, -2e-5, {}, None, id="rounding"),
    ],
)
@pytest.mark.parametrize("seed", [0, 1], ids=["same seed", "another"])
def test_an_effect_shrinks_towards_what_its_comparison_may_not_be(values, shift, terms, kind, seed):
    """Whatever the verdict and the verb, it is a regression if what decides goes the wrong way, and only then."""
    # Another seed has other replicates: the same numbers in another order.
    later = of_effect(np.roll(values, seed) + shift, **terms)
    later.seed = seed
    said = found(of_effect(values, **terms), later)
    assert [which for which, _ in said] == ([kind] if kind else [])
    if kind:
        assert said[0][1].startswith("effect shrank: mean" if kind == "regression" else "effect grew: mean")
        assert ("14 pairs" if seed == 0 else "14 replicates each") in said[0][1]


def test_noise_as_large_as_the_shift_is_no_regression():
    """Pairs that go down as well as up have not shrunk, though their mean is lower."""
    jitter = 0.1 * np.random.default_rng(3).standard_normal(14)
    assert np.mean(jitter) < -0.01
    assert kinds(of_effect(EFFECT), of_effect(EFFECT + jitter)) == []


def test_different_numbers_of_replicates_compare_what_both_have():
    """A run of more replicates is compared in the first ones, which have the same seeds."""
    fewer = EFFECT[:12]
    more = (*fewer, *[-9.0] * 10)
    assert kinds(of_effect(fewer, look=1), of_effect(more, look=2)) == []
    assert kinds(of_effect(more, look=2), of_effect(np.array(fewer) - 0.1, look=1)) == ["regression"]


# Outcomes.


@pytest.mark.parametrize(
    ("before", "after", "verdict", "kind"),
    [
        ("holds", "inconclusive", "holds", "regression"),
        ("holds", "missing", "conditional", "regression"),
        ("holds", "grader-error", "holds", "regression"),
        ("holds", "not-run", "holds", "regression"),
        ("refuted", "holds", "refuted", "regression"),
        ("inconclusive", "refuted", "undecided", "regression"),
        ("inconclusive", "error", "holds", "regression"),
        ("missing", "holds", "holds", "better"),
        ("holds", "refuted", "refuted", "better"),
        ("missing", "inconclusive", "holds", "other"),
        ("refuted", "inconclusive", "holds", "other"),
        ("error", "error", "holds", None),
    ],
)
def test_an_outcome_is_held_against_the_registered_one(before, after, verdict, kind):
    """Leaving what is registered, or giving no numbers any more, is a regression; whatever else changes is not."""
    runs = [
        ran(claimed(tried(outcome=outcome, evidence=[], message=f"said {outcome}"), registered_verdict=verdict))
        for outcome in (before, after)
    ]
    said = diff.compare(*runs).findings
    assert [finding.kind for finding in said] == ([kind] if kind else [])
    if kind:
        assert said[0].says == f"{before} → {after}"
        assert f"said {after}" in " ".join(said[0].details)


def test_a_test_that_breaks_behind_the_same_outcome_is_told():
    """A boundary, or a second test of a claim that fails already, is a regression of its own."""
    boundary = tried("test_boundary", "refuted", [], role="boundary", message="it stops elsewhere")
    before = ran(claimed(tried(evidence=[]), tried("test_boundary", evidence=[], role="boundary")))
    assert found(before, ran(claimed(tried(evidence=[]), boundary))) == [("regression", "no longer as registered")]
    failing = tried("test_one", "refuted", [])
    runs = [ran(claimed(failing, tried("test_two", outcome, []))) for outcome in ("holds", "refuted")]
    assert found(*runs) == [("regression", "a test of it broke")]


def test_a_new_test_that_fails_costs_the_claim_its_outcome():
    """It appeared, no other test broke, and still the claim is no longer what it was."""
    new = claimed(tried(evidence=[]), tried("test_new", "refuted", []), outcome="refuted", as_registered=False)
    assert found(ran(claimed(tried(evidence=[]))), ran(new)) == [
        ("regression", "holds → refuted"),
        ("other", "the test test_new appeared"),
    ]


def test_a_file_that_cannot_be_imported_breaks_what_stood_in_it():
    """The one record of such a test stands for all its parameters: they broke, and none of them vanished."""
    before = ran(claimed(tried("test_effect[a]"), tried("test_effect[b]")))
    after = ran(claimed(tried("test_effect", "grader-error", [], message="cannot be imported")))
    assert found(before, after) == [("regression", "holds → grader-error")]
    assert kinds(after, before) == ["better"] or kinds(after, before) == ["other"]


# What vanished, what appeared, and what was left out.

OTHER = claimed(tried("test_other", evidence=[], claim="toy.other"), id="toy.other")


def test_what_vanished_is_a_regression_and_what_appeared_is_none():
    """A claim, a test or a comparison that is there no longer is called by its name, and so is one that is new."""
    whole = ran(claimed(tried(evidence=[seen(), seen(comparison="second")]), tried("test_more[x]", evidence=[])), OTHER)
    without = ran(claimed(tried()))
    vanished = ["the comparison second of test_effect", "the test test_more[x]", "the claim"]
    assert found(whole, without) == [("regression", f"{what} vanished") for what in vanished]
    assert found(without, whole) == [("other", f"{what} appeared") for what in vanished]


@pytest.mark.parametrize(
    ("selection", "gone"),
    [
        ({}, True),
        ({"marks": ""}, True),
        ({"only": ["toy."]}, True),
        ({"only": ["toy.effect"]}, False),
        ({"marks": "claims and not trained"}, False),
        ({"keywords": "effect"}, False),
        ({"arguments": [FILE]}, False),
    ],
)
def test_what_was_not_selected_has_not_vanished(selection, gone):
    """Only a run that would show a claim can miss it."""
    narrow = ran(selection=selection)
    assert kinds(ran(claimed(), OTHER), narrow) == (["regression"] if gone else [])
    assert kinds(ran(claimed(), OTHER, selection=selection), narrow) == ["regression"], "the same selection showed it"


def test_a_narrower_run_compares_what_both_have():
    """Tests that were left out are not compared, in either direction, and what is left still is."""
    left_out = tried("test_more", "not-run", [], selected=False, message="not selected")
    uncollected = tried("test_some", "not-run", [], selected=False, message="not selected")
    whole = ran(claimed(tried(), tried("test_more", evidence=[]), tried("test_some[a]", evidence=[])))
    narrow = ran(claimed(tried(), left_out, uncollected), selection={"marks": "claims and not trained"})
    assert found(whole, narrow) == found(narrow, whole) == []
    assert any("the selection: only what both have" in line for line in diff.compare(whole, narrow).header)
    weaker = tried(evidence=[seen(np.array(EFFECT) - 0.1)])
    assert kinds(whole, ran(claimed(weaker, left_out, uncollected), selection={"keywords": "x"})) == ["regression"]


def test_nothing_in_common_does_not_pass():
    """A gate that compared nothing has not let anything through."""
    nothing = diff.compare(ran(selection={"only": ["toy.effect"]}), ran(OTHER, selection={"only": ["toy.other"]}))
    assert nothing.findings == []
    assert baseline.failed(nothing)
    assert "nothing to compare" in terminal.difference(nothing)


# The registry.


def test_a_changed_margin_is_called_out_and_explains_the_outcome():
    """Failing a margin that was raised is the registry's doing; failing by lower values is a regression beside it."""
    before = of_effect(EFFECT)
    assert found(before, of_effect(EFFECT, margin=0.2)) == [("registry", "its entry changed")]
    raised = of_effect(EFFECT, margin=0.7, outcome="inconclusive")
    outcome = ("registry", "holds → inconclusive: its registered terms changed")
    assert found(before, raised) == [outcome, ("registry", "its entry changed")]
    assert diff.compare(before, raised).findings[1].details == ("effect: margin 0.1 → 0.7",)
    worse = of_effect(np.array(EFFECT) - 0.1, margin=0.7, outcome="inconclusive")
    assert kinds(before, worse) == ["registry", "regression", "registry"]


@pytest.mark.parametrize(
    "changes", [{"replicates": 13}, {"alpha": 0.01}, {"look": 1}, {"what": "an effect"}, {"varies": "nothing"}]
)
def test_a_changed_comparison_is_called_out(changes):
    """Replicates, alpha, a second look that was not there, and words: each is a change of the registry."""
    assert kinds(of_effect(EFFECT), of_effect(EFFECT, **changes)) == (["registry"] if "look" not in changes else [])


@pytest.mark.parametrize(
    ("field", "value"), [("fa", "اثرها"), ("en", "toys had"), ("criterion", "listening"), ("subject", "protocol")]
)
def test_a_changed_text_is_called_out_and_excuses_nothing(field, value):
    """What is registered in words is called out; an outcome that changed with it is a regression all the same."""
    assert found(ran(), ran(claimed(**{field: value}))) == [("registry", "its entry changed")]
    broken = claimed(tried(outcome="inconclusive", evidence=[]), **{field: value})
    assert kinds(ran(claimed(tried(evidence=[]))), ran(broken)) == ["regression", "registry"]


def test_a_changed_verdict_explains_the_outcome():
    """A claim that is registered as refuted from now on, and is, has not regressed."""
    refuted = claimed(tried(outcome="refuted", evidence=[]), registered_verdict="refuted")
    assert set(kinds(ran(claimed(tried(evidence=[]))), ran(refuted))) <= {"registry", "other"}
    kept = claimed(tried(evidence=[]), registered_verdict="refuted")
    assert set(kinds(ran(claimed(tried(evidence=[]))), ran(kept))) == {"registry"}


def test_the_second_look_is_no_change_of_the_registry():
    """What a comparison went to by its entry is not a changed entry."""
    assert kinds(of_effect(EFFECT, look=1), of_effect((*EFFECT, *EFFECT), look=2, replicates=28)) == []


# Durations.


def timed(arm_seconds=0.0, cpu_seconds=0.1, outcome="holds", **changes):
    """A run of one test that took so long."""
    test = tried(outcome=outcome, evidence=[], cpu_seconds=cpu_seconds, arm_seconds={"Toy.world[14]": arm_seconds})
    return ran(claimed(test), **changes)


@pytest.mark.parametrize(
    ("before", "after", "regressed"),
    [
        pytest.param(timed(5), timed(20), True, id="four times"),
        pytest.param(timed(5), timed(14), False, id="less than three times"),
        pytest.param(timed(0.1), timed(1.9), False, id="many times, and next to nothing"),
        pytest.param(timed(0.0), timed(3.0), True, id="from nothing"),
        pytest.param(timed(5), timed(20, reference_seconds=0.4), False, id="on a machine that is as much slower"),
        pytest.param(timed(5), timed(14, reference_seconds=0.05), True, id="on a machine twice as fast"),
        pytest.param(timed(5), timed(20, environment={"device": "cuda"}), False, id="on another device"),
        pytest.param(timed(5), timed(20, environment={"sandbox": "some"}), False, id="behind a sandbox"),
        pytest.param(timed(1, cpu_seconds=1), timed(1, cpu_seconds=9), True, id="the test itself"),
        pytest.param(timed(1, 0.0, "missing"), timed(1, 9.0), False, id="what was not there before"),
        pytest.param(timed(1, None), timed(1, 9.0), False, id="what was not measured"),
    ],
)
def test_much_slower_is_three_times_and_two_seconds(before, after, regressed):
    """Work counts as slower in proportion to the reference workload, beyond what load and processors explain."""
    assert any(says.startswith("slower: ") for _, says in found(before, after)) == regressed


def test_an_arm_of_other_replicates_is_other_work():
    """Twice as many replicates take longer; that is not the arm getting slower."""
    more = timed()
    more.claims[0].tests[0].arm_seconds = {"Toy.world[28]": 99.0}
    assert kinds(timed(1), more) == []


def test_tests_of_one_name_in_two_files_are_two():
    """A slow test is not mistaken for a fast one of the same name."""
    runs = []
    for slow in (0.1, 9.0):
        tests = [tried(evidence=[], cpu_seconds=slow), tried(evidence=[], nodeid="spec/q1_toy/test_b.py::test_effect")]
        tests[1].cpu_seconds = 0.1
        runs.append(ran(claimed(*tests)))
    timed_works, (slower,) = durations.slower(*runs)
    assert timed_works == 2
    assert slower.says.startswith("slower: test_effect takes 90.0 times as long")


def test_an_arm_computed_by_several_workers_counts_as_its_fastest_time():
    """Workers that compute the same arm each measure it."""
    runs = []
    for measured in ([0.9], [9.0, 1.0, 9.0]):
        arms = [{"Toy.world[14]": seconds} for seconds in measured]
        runs.append(ran(claimed(*(tried(f"test_{i}", evidence=[], arm_seconds=own) for i, own in enumerate(arms)))))
    assert durations.slower(*runs) == (1, [])


def test_an_arm_is_charged_to_itself(monkeypatch):
    """Processor time goes to the arm that spent it, not to whatever read it first; one that failed has none."""
    ticks = count()
    monkeypatch.setattr(clock.time, "process_time", lambda: float(next(ticks)))

    class World(Experiment):
        @arm
        def inner(self):
            return 1

        @arm
        def outer(self):
            return self.inner + self.inner

        @arm
        def failing(self):
            raise ValueError("it fails")

    computed.clear()
    with clock.charged() as test:
        world = World(None, [1, 2], "cpu")
        assert world.outer == 2
        with pytest.raises(ValueError, match="it fails"):
            _ = world.failing
    # The clock advances by one whenever it is read: at the beginning and the end of each block.
    assert computed == {"World.inner[2]": 1.0, "World.outer[2]": 2.0}
    assert test.seconds == 7 - (3 + 1)
    computed.clear()


# The header, and the whole picture.


def test_the_header_says_how_the_runs_differ():
    """Implementation, seed, versions, device, registry and selection are named where they differ, and only then."""
    other = ran(
        implementation="mine",
        seed=7,
        registry="#",
        environment={"torch": "3", "device": "cuda"},
        selection={"only": ["toy"]},
    )
    text = "\n".join(diff.compare(ran(), other).header)
    for part in (
        "implementation impl → mine",
        "seed 0 → 7",
        "torch 2 → 3",
        "device cpu → cuda",
        "the registry",
        "the selection",
    ):
        assert part in text
    assert "durations are not compared" in text
    assert "as two samples" in text
    assert "differing" not in "\n".join(diff.compare(ran(), ran()).header)


def test_regressions_come_first_and_are_counted():
    """The table names every finding with its claim, regressions first, and ends with their number."""
    before = ran(claimed(tried(evidence=[])), OTHER)
    after = ran(claimed(tried(outcome="error", evidence=[], message="oh\nno"), en="toys err"))
    compared = diff.compare(before, after)
    assert compared.header[1].endswith("claims 1, of which 1 not as registered")
    lines = terminal.difference(compared, colour=False).splitlines()
    wanted = ["Regressions", "✗ toy.effect  holds → error", "✗ toy.other  the claim vanished"]
    wanted += ["Changed in the registry", "≠ toy.effect  its entry changed", "2 regressions"]
    assert [line for line in lines if line in wanted] == wanted
    assert "    test_effect: holds → error: oh" in lines


# Keeping a run.


def test_a_baseline_is_what_a_comparison_reads(tmp_path):
    """Values and outcomes are kept, figures and exact evidence are not; the file is the same for the same run."""
    exact = EvidenceRecord(verb="equal", what="one and one", outcome=Outcome.HOLDS)
    figures = [results.FigureRecord(name="f", file="f.npz", sha256="0")]
    run = ran(claimed(tried(evidence=[seen(), exact], figures=["f.npz"])), figures=figures)
    baseline.write(run, tmp_path / "b.json")
    kept = results.read(tmp_path / "b.json")
    assert (kept.figures, kept.claims[0].tests[0].figures) == ([], [])
    assert kept.claims[0].tests[0].evidence == [seen()]
    assert run.figures == figures
    assert diff.compare(run, kept).findings == []
    baseline.write(kept, tmp_path / "c.json")
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "c.json").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["b.json", "c.json"]


@pytest.mark.parametrize(
    ("run", "flaw"),
    [
        pytest.param(
            ran(claimed(tried(outcome="not-run"))), "1 of its tests were selected but not run", id="cut short"
        ),
        pytest.param(
            ran(claimed(tried(outcome="grader-error"))), "1 of its tests are grader-errors", id="grader-error"
        ),
        pytest.param(
            ran(selection={"only": ["toy.effect"]}),
            "it left out 1 claims that the baseline there has: toy.other",
            id="narrower",
        ),
        pytest.param(
            ran(claimed(selected=False)), "it selected no claim with all the tests that decide it", id="nothing"
        ),
        pytest.param(
            ran(claimed(tried(outcome="error")), selection={"marks": ""}),
            None,
            id="a claim less in the registry, an error",
        ),
    ],
)
def test_what_is_no_whole_run_is_not_kept(tmp_path, run, flaw):
    """A run that was cut short, or covers less than the baseline in its place, leaves that as it is and fails."""
    file = tmp_path / "b.json"
    baseline.write(ran(claimed(), OTHER), file)
    before = file.read_bytes()
    verdict = baseline.Gate(None, file).judge(run)
    assert verdict.failed == (flaw is not None)
    assert (file.read_bytes() == before) == (flaw is not None)
    (remark,) = verdict.remarks
    assert flaw in remark if flaw else "in which 1 are not as registered: toy.effect (error)" in remark


def test_a_worse_run_does_not_replace_the_baseline_it_is_held_against(tmp_path):
    """With both options naming one file it is compared first, and replaced only if nothing regressed."""
    file, other = tmp_path / "b.json", tmp_path / "other.json"
    baseline.write(of_effect(EFFECT), file)
    worse, better = of_effect(np.array(EFFECT) - 0.1), of_effect(np.array(EFFECT) + 0.1)
    refused = baseline.Gate(file, file).judge(worse)
    assert refused.failed
    assert "this run was not kept: it is worse than the baseline there" in refused.remarks[0]
    assert results.read(file) == of_effect(EFFECT)
    elsewhere = baseline.Gate(file, other).judge(worse)
    assert elsewhere.failed
    assert results.read(other) == worse
    assert not baseline.Gate(file, file).judge(better).failed
    assert results.read(file) == better


def test_a_file_that_is_no_baseline_is_refused_before_anything_runs(tmp_path):
    """It is neither compared with nor written over."""
    notes = tmp_path / "notes.txt"
    notes.write_text("remember the milk")
    for arguments, option in (((notes, None), "--claims-baseline"), ((None, notes), "--claims-save")):
        with pytest.raises(SpecificationError, match=f"{option} .*notes.txt: not a claims.json of schema 1"):
            baseline.Gate(*arguments)


def test_the_project_keeps_a_baseline_of_its_own():
    """It is a whole run with every claim as registered, kept by --claims-save."""
    kept = results.read(toy.PROJECT / "spec/baseline.json")
    assert baseline.unfit(kept, None) is None
    assert kept.selection == Selection(only=[], marks="claims", keywords="", arguments=[])
    assert kept.implementation == "impl"
    assert all(claim.as_registered and claim.selected for claim in kept.claims)
    assert kept.figures == []
    assert "--claims-baseline=spec/baseline.json" in (toy.PROJECT / ".ci/run").read_text()


# The command.


@pytest.fixture
def written(tmp_path):
    """A run, and one whose effect is smaller, as files."""
    files = tmp_path / "a.json", tmp_path / "b.json"
    for file, run in zip(files, (of_effect(EFFECT), of_effect(np.array(EFFECT) - 0.1)), strict=True):
        results.write(run, file)
    return files


def test_diff_exits_1_on_a_regression(written, capsys):
    """Twice the same is status 0, a smaller effect status 1, and the way back from it an improvement."""
    a, b = map(str, written)
    assert cli.main(["diff", a, a]) == 0
    assert capsys.readouterr().out.endswith("\nno regression\n")
    assert cli.main(["diff", a, b]) == 1
    printed = capsys.readouterr().out
    assert "✗ toy.effect  effect shrank: mean +0.5 → +0.4 (registered: > +0.1; 14 pairs" in printed
    assert printed.endswith("\none regression\n")
    assert cli.main(["diff", b, a]) == 0
    assert "✓ toy.effect  effect grew" in capsys.readouterr().out


def test_diff_exits_2_on_bad_input(written, tmp_path, capsys):
    """A file that is not there, is none of ours, or has another schema is one line."""
    (tmp_path / "text").write_text("{")
    newer = msgspec.json.decode(written[0].read_bytes()) | {"schema": 2}
    (tmp_path / "newer.json").write_bytes(msgspec.json.encode(newer))
    for name, message in (("gone", "cannot be read"), ("text", "not a claims.json"), ("newer.json", "schema = 2")):
        assert cli.main(["diff", str(written[0]), str(tmp_path / name)]) == 2
        assert message in (error := capsys.readouterr().err)
        assert error.count("\n") == 1


# A whole run.


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification, of which the claims below pass."""
    return toy.build(tmp_path_factory.mktemp("toy"))


def toy_run(root, *arguments):
    """Run what passes there."""
    only = ("--claims-only", "toy.effect", "--claims-only", "toy.refuted")
    return toy.run(root, "-m", "claims", f"{FILE}", *only, *arguments)


@pytest.mark.process
def test_a_run_is_kept_and_compared_with(root, tmp_path):
    """The first run passes and is kept; the same again passes; a smaller effect fails, though every test passes."""
    file = tmp_path / "baseline.json"
    both = ("--claims-baseline", str(file), "--claims-save", str(file))
    first = toy_run(root, "-n", "0", *both)
    assert first.returncode == 0, first.stdout
    assert "no baseline yet, so nothing was compared" in first.stdout
    assert f"{file}: kept this run of 2 claims\n" in first.stdout
    arms = {name for claim in results.read(file).claims for test in claim.tests for name in test.arm_seconds}
    assert arms == {"ToyWorld.effect[12]", "ToyWorld.nothing[12]"}

    again = toy_run(root, "-n", "0", "--claims-baseline", str(file))
    assert again.returncode == 0, again.stdout
    assert "compared: claims 2, tests 4, effects 3 (3 identical; level 0.01), durations 6" in again.stdout
    assert "\nno regression\n" in again.stdout

    weaker = shutil.copytree(root, tmp_path / "weaker")
    module = weaker / "spec/q1_toy/experiment.py"
    module.write_text(module.read_text().replace("0.5 + 0.1 *", "0.4 + 0.1 *"))
    before = file.read_bytes()
    worse = toy_run(weaker, "-n", "2", *both)
    assert worse.returncode == 1
    assert "3 passed, 1 xfailed" in worse.stdout
    assert "✗ toy.effect  effect shrank: mean +0.551 → +0.451 (registered: > +0.1; 12 pairs" in worse.stdout
    assert "✗ toy.refuted  effect shrank: mean -0.551 → -0.451 (registered: below zero; 12 pairs" in worse.stdout
    assert "this run was not kept" in worse.stdout
    assert file.read_bytes() == before


@pytest.mark.process
def test_a_run_that_was_cut_short_is_not_kept(root, tmp_path):
    """Stopping at the first failure leaves no baseline, and says which tests did not run."""
    stopped = toy.run(root, "-m", "claims", "-n", "0", "-x", FILE, "--claims-save", str(tmp_path / "b.json"))
    assert stopped.returncode == 1
    assert "this run was not kept" in stopped.stdout
    assert "were selected but not run" in stopped.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--claims-baseline", "pyproject.toml"], "--claims-baseline pyproject.toml: not a claims.json of schema 1"),
        (["--claims-save", "no/such/folder/b.json"], "--claims-save no/such/folder/b.json: there is no folder"),
        (["--claims-json", "a", "--claims-save", "./a"], "--claims-save a: --claims-json writes this file"),
    ],
    ids=["no baseline", "no folder", "one file for two"],
)
def test_a_wrong_option_is_one_line(root, arguments, message):
    """A file that cannot serve ends the run at once."""
    completed = toy.run(root, "-m", "claims", *arguments)
    assert completed.returncode == 4
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr + completed.stdout
