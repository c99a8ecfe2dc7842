"""What counts as a regression from one run to another, on runs that nobody ran."""

from itertools import count

import msgspec
import numpy as np
import pytest

from spec.harness import cli
from spec.harness.evidence import clock, results
from spec.harness.evidence.experiments import Experiment, arm, computed
from spec.harness.regression import baseline, diff, durations
from spec.harness.report import terminal
from spec.selfcheck.records import a_claim_record, a_run, a_test_record
from spec.selfcheck.regression.runs import EFFECT, OTHER, an_effect, of_effect, of_tests


def findings(before, after):
    """The kinds of what differs, with what it says."""
    return [(finding.kind, finding.says) for finding in diff.compare(before, after).findings]


def kinds(before, after):
    """The kinds of what differs."""
    return [kind for kind, _ in findings(before, after)]


def test_the_same_run_twice_has_no_findings():
    """Nothing differs from a run to itself."""
    same = diff.compare(of_effect(), of_effect())
    assert same.findings == []
    assert "compared: claims 1, tests 1, effects 1 (1 identical; level 0.01), durations 0" in same.header


# Effects that shrink.

REFUTED, INTERVAL = {"verdict": "refuted", "outcome": "refuted"}, {"verb": "within", "margin": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("values", "shift", "terms", "kind"),
    [
        pytest.param(EFFECT, -0.1, {}, "regression", id="towards the margin"),
        pytest.param(EFFECT, +0.1, {}, "better", id="away from it"),
        pytest.param(-EFFECT, +0.1, REFUTED, "regression", id="refuted"),
        pytest.param(-EFFECT, -0.1, REFUTED, "better", id="refuted more"),
        pytest.param(EFFECT, -0.1, {"verdict": "refuted", "role": "amended"}, "regression", id="amended"),
        pytest.param(EFFECT, +0.1, INTERVAL, "regression", id="to the upper end"),
        pytest.param(EFFECT, -0.1, INTERVAL, "regression", id="to the lower end"),
        pytest.param(EFFECT, +0.1, INTERVAL | {"margin": [0.2, 5.0]}, "better", id="from the lower end"),
        pytest.param(EFFECT, +0.1, REFUTED | INTERVAL | {"margin": [0.9, 1.0]}, "regression", id="refuted, to it"),
        pytest.param(EFFECT, -0.1, {"verdict": "undecided", "outcome": "inconclusive"}, None, id="undecided: no side"),
        pytest.param(EFFECT, -2e-5, {}, None, id="rounding"),
    ],
)
@pytest.mark.parametrize("seed", [0, 1], ids=["same seed", "another"])
def test_an_effect_shrinks_towards_what_its_comparison_may_not_be(values, shift, terms, kind, seed):
    """Whatever the verdict and the verb, it is a regression if what decides goes the wrong way, and only then."""
    # Another seed has other replicates: the same numbers in another order.
    later = of_effect(np.roll(values, seed) + shift, **terms)
    later.seed = seed
    differences = findings(of_effect(values, **terms), later)
    assert [which for which, _ in differences] == ([kind] if kind else [])
    if kind:
        ((_, says),) = differences
        assert says.startswith("effect shrank: mean" if kind == "regression" else "effect grew: mean")
        assert ("14 pairs" if seed == 0 else "14 replicates each") in says


def test_one_measurement_is_one_regression():
    """Several comparisons may hold the same values against something, or their negation: one thing shrank."""

    def run(shift):
        refutes = {"claim": "toy.other", "outcome": "refuted", "evidence": [an_effect(-EFFECT - shift)]}
        one = a_claim_record(a_test_record(evidence=[an_effect(EFFECT + shift)]))
        return a_run(one, a_claim_record(a_test_record("test_negated", **refutes), verdict="refuted"))

    (regression,) = diff.compare(run(0.0), run(-0.1)).of_kind("regression")
    assert (regression.claim, regression.details) == (
        "toy.effect",
        (
            "test_effect: effect of the toy",
            "the same measurement decides toy.other: test_negated: effect of the toy",
        ),
    )
    assert [f.claim for f in diff.compare(run(-0.1), run(0.0)).of_kind("better")] == ["toy.effect"]


def test_noise_as_large_as_the_shift_is_no_regression():
    """Pairs that go down as well as up have not shrunk, though their mean is lower."""
    jitter = 0.1 * np.random.default_rng(3).standard_normal(14)
    assert np.mean(jitter) < -0.01
    assert kinds(of_effect(), of_effect(EFFECT + jitter)) == []


def test_different_numbers_of_replicates_compare_what_both_have():
    """A run of more replicates is compared in the first ones, which have the same seeds."""
    fewer = EFFECT[:12]
    more = np.append(fewer, [-9.0] * 10)
    assert kinds(of_effect(fewer, look=1), of_effect(more, look=2)) == []
    assert kinds(of_effect(more, look=2), of_effect(fewer - 0.1, look=1)) == ["regression"]


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
        of_tests(a_test_record(outcome=outcome, message=f"said {outcome}"), verdict=verdict)
        for outcome in (before, after)
    ]
    differences = diff.compare(*runs).findings
    assert [finding.kind for finding in differences] == ([kind] if kind else [])
    if kind:
        assert differences[0].says == f"{before} → {after}"
        assert f"said {after}" in " ".join(differences[0].details)


FAILING, TWO = a_test_record("test_one", "refuted"), ("test_effect[a]", "test_effect[b]")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            of_tests(a_test_record(), a_test_record("test_boundary", role="boundary")),
            of_tests(a_test_record(), a_test_record("test_boundary", "refuted", role="boundary")),
            [("regression", "no longer as registered")],
            id="a boundary",
        ),
        pytest.param(
            of_tests(FAILING, a_test_record("test_two")),
            of_tests(FAILING, a_test_record("test_two", "refuted")),
            [("regression", "one of its tests broke")],
            id="a second test of a claim that fails already",
        ),
        pytest.param(
            of_tests(),
            of_tests(a_test_record(), a_test_record("test_new", "refuted")),
            [("regression", "holds → refuted"), ("other", "the test test_new appeared")],
            id="a new test that fails costs the claim its outcome",
        ),
        pytest.param(
            of_tests(*map(a_test_record, TWO)),
            of_tests(a_test_record("test_effect", "grader-error", message="cannot be imported")),
            [("regression", "holds → grader-error")],
            id="one record of a file that cannot be imported stands for all parameters",
        ),
        pytest.param(
            of_tests(a_test_record("test_effect", "grader-error", message="cannot be imported")),
            of_tests(*map(a_test_record, TWO)),
            [("better", "grader-error → holds")],
            id="a file that can be imported again",
        ),
    ],
)
def test_what_breaks_is_told(before, after, expected):
    """A test that breaks is a regression, also behind the same outcome; what could not be read did not vanish."""
    assert findings(before, after) == expected


# What vanished, what appeared, and what was left out.


def test_what_vanished_is_a_regression_and_what_appeared_is_none():
    """A claim, a test or a comparison that is there no longer is called by its name, and so is one that is new."""
    twice = a_test_record(evidence=[an_effect(), an_effect(comparison="second")])
    whole = a_run(a_claim_record(twice, a_test_record("test_more[x]")), OTHER)
    vanished = ["the comparison second of test_effect", "the test test_more[x]", "the claim"]
    assert findings(whole, of_effect()) == [("regression", f"{what} vanished") for what in vanished]
    assert findings(of_effect(), whole) == [("other", f"{what} appeared") for what in vanished]


@pytest.mark.parametrize(
    ("selection", "gone"),
    [
        ({}, True),
        ({"marks": ""}, True),
        ({"only": ["toy."]}, True),
        ({"only": ["toy.effect"]}, False),
        ({"marks": "claims and not trained"}, False),
        ({"keywords": "effect"}, False),
        ({"arguments": ["spec/q1_toy/test_toy.py"]}, False),
    ],
)
def test_what_was_not_selected_has_not_vanished(selection, gone):
    """Only a run that would show a claim can miss it."""
    claim = a_claim_record(a_test_record())
    narrow = a_run(claim, selection=selection)
    assert kinds(a_run(claim, OTHER), narrow) == (["regression"] if gone else [])
    assert kinds(a_run(claim, OTHER, selection=selection), narrow) == ["regression"], "the same selection showed it"


def test_a_narrower_run_compares_what_both_have():
    """Tests that were left out are not compared, in either direction, and what is left still is."""
    left_out = [a_test_record(name, "not-run", selected=False) for name in ("test_more", "test_some")]
    compared = a_test_record(evidence=[an_effect()])
    whole = of_tests(compared, a_test_record("test_more"), a_test_record("test_some[a]"))
    narrow = a_run(a_claim_record(compared, *left_out), selection={"marks": "claims and not trained"})
    assert findings(whole, narrow) == findings(narrow, whole) == []
    assert any("the selection: only what both have" in line for line in diff.compare(whole, narrow).header)
    weaker = a_claim_record(a_test_record(evidence=[an_effect(EFFECT - 0.1)]), *left_out)
    assert kinds(whole, a_run(weaker, selection={"keywords": "x"})) == ["regression"]


def test_nothing_in_common_does_not_pass():
    """A gate that compared nothing has not let anything through."""
    mine = a_run(a_claim_record(a_test_record()), selection={"only": ["toy.effect"]})
    nothing = diff.compare(mine, a_run(OTHER, selection={"only": ["toy.other"]}))
    assert nothing.findings == []
    assert baseline.failed(nothing)
    assert "nothing to compare" in terminal.difference(nothing)


# The registry.

ENTRY = ("registry", "its entry changed")
EXPLAINED = ("registry", "holds → inconclusive: its registered terms changed")
BROKEN = ("regression", "holds → inconclusive")
TEXTS = {"fa": "اثرها", "en": "toys had", "criterion": "listening", "subject": "protocol"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(of_effect(), of_effect(margin=0.2), [ENTRY], id="margin"),
        pytest.param(of_effect(), of_effect(margin=0.7, outcome="inconclusive"), [EXPLAINED, ENTRY], id="too high"),
        *(
            pytest.param(of_effect(), of_effect(**change), [ENTRY], id=str(change))
            for change in ({"replicates": 13}, {"alpha": 0.01}, {"what": "an effect"}, {"varies": "nothing"})
        ),
        pytest.param(of_effect(), of_effect(look=1), [], id="a second look that there may be"),
        pytest.param(
            of_effect(look=1), of_effect(np.tile(EFFECT, 2), look=2, replicates=28), [], id="the second look itself"
        ),
        *(pytest.param(of_tests(), of_tests(**{field: TEXTS[field]}), [ENTRY], id=field) for field in TEXTS),
        *(
            pytest.param(
                of_tests(),
                of_tests(a_test_record(outcome="inconclusive"), **{field: TEXTS[field]}),
                [BROKEN, ENTRY],
                id=f"{field} excuses nothing",
            )
            for field in TEXTS
        ),
    ],
)
def test_a_changed_entry_is_called_out(before, after, expected):
    """Whatever is registered of a claim or a comparison; only changed terms explain another outcome."""
    assert findings(before, after) == expected


def test_a_changed_margin_excuses_no_lower_values():
    """Failing a margin that was raised is the registry's doing; failing by lower values is a regression beside it."""
    raised = of_effect(margin=0.7, outcome="inconclusive")
    assert diff.compare(of_effect(), raised).findings[1].details == ("effect: margin 0.1 → 0.7",)
    worse = of_effect(EFFECT - 0.1, margin=0.7, outcome="inconclusive")
    assert kinds(of_effect(), worse) == ["registry", "regression", "registry"]


def test_a_changed_verdict_explains_the_outcome():
    """A claim that is registered as refuted from now on, and is, has not regressed."""
    refuted = of_tests(a_test_record(outcome="refuted"), verdict="refuted")
    assert set(kinds(of_tests(), refuted)) <= {"registry", "other"}
    assert set(kinds(of_tests(), of_tests(verdict="refuted"))) == {"registry"}


# Durations.


def timed(arm_seconds=0.0, cpu_seconds=0.1, outcome="holds", arm="Toy.world[14]", reused=False, **fields):
    """A run of one test that took so long."""
    test = a_test_record(outcome=outcome, cpu_seconds=cpu_seconds, arm_seconds={arm: arm_seconds}, reused=reused)
    return a_run(a_claim_record(test), **fields)


COUNTED = {"implementation_cpu_seconds": 100.0}


@pytest.mark.parametrize(
    ("before", "after", "regressed"),
    [
        pytest.param(timed(5), timed(20), True, id="four times"),
        pytest.param(timed(5), timed(14), False, id="less than three times"),
        pytest.param(timed(0.1), timed(1.9), False, id="many times, and next to nothing"),
        pytest.param(timed(0.0), timed(3.0), True, id="from nothing"),
        pytest.param(timed(5), timed(20, reference_seconds=0.16), False, id="on a machine that is as much slower"),
        pytest.param(timed(5), timed(14, reference_seconds=0.02), True, id="on a machine twice as fast"),
        pytest.param(timed(0.1), timed(4, reference_seconds=0.24), False, id="a library that a slow machine imports"),
        pytest.param(
            timed(0.15, reference_seconds=0.28), timed(2.85, reference_seconds=0.28), False, id="on two slow machines"
        ),
        pytest.param(timed(5), timed(20, environment={"device": "cuda"}), False, id="on another device"),
        pytest.param(timed(5), timed(20, environment={"sandbox": "some"}), False, id="behind a sandbox"),
        pytest.param(timed(5, **COUNTED), timed(20, **COUNTED), True, id="its processes counted in both"),
        pytest.param(timed(5), timed(20, **COUNTED), False, id="its processes counted since"),
        pytest.param(timed(1, cpu_seconds=1), timed(1, cpu_seconds=9), True, id="the test itself"),
        pytest.param(timed(5), timed(20, reused=True), False, id="reused, and timed on whatever machine it was"),
        pytest.param(timed(1, 0.0, "missing"), timed(1, 9.0), False, id="what was not there before"),
        pytest.param(timed(1, None), timed(1, 9.0), False, id="what was not measured"),
        pytest.param(timed(1), timed(99, arm="Toy.world[28]"), False, id="an arm of other replicates is other work"),
    ],
)
def test_much_slower_is_three_times_and_fifty_workloads_more(before, after, regressed):
    """Work counts as slower in proportion to the reference workload, beyond what load and processors explain."""
    assert any(says.startswith("slower: ") for _, says in findings(before, after)) == regressed


@pytest.mark.parametrize(
    ("processors", "slower"),
    [(("A, AVX2", "B, AVX-512"), {"Toy.arm_1[11]"}), (("A", "A"), {"Toy.arm_0[11]", "Toy.arm_1[11]"})],
)
def test_works_on_another_kind_of_processor_are_held_against_each_other(processors, slower):
    """Where the reference workload gains six times by a processor and others three, none of these is slower for it."""
    before = {"Toy.arm_0[11]": 9.0, "Toy.arm_1[11]": 9.0, **{f"Toy.arm_{i}[11]": 9.0 for i in range(2, 9)}}
    after = before | {"Toy.arm_0[11]": 5.0, "Toy.arm_1[11]": 19.0} | {f"Toy.arm_{i}[11]": 3.0 for i in range(2, 9)}
    runs = [
        a_run(
            a_claim_record(a_test_record(arm_seconds=seconds)),
            reference_seconds=workload,
            environment={"processor": processor},
        )
        for seconds, workload, processor in zip((before, after), (0.24, 0.04), processors, strict=True)
    ]
    found = {finding.says.split()[1] for finding in durations.slower(*runs)[1]}
    assert found == slower


def test_tests_of_one_name_in_two_files_are_two():
    """A slow test is not mistaken for a fast one of the same name."""
    elsewhere = a_test_record(nodeid="spec/q1_toy/test_b.py::test_effect", cpu_seconds=0.1)
    runs = [of_tests(a_test_record(cpu_seconds=seconds), elsewhere) for seconds in (0.1, 9.0)]
    timed_works, (slower,) = durations.slower(*runs)
    assert timed_works == 2
    assert slower.says.startswith("slower: test_effect takes 90.0 times as long")


def test_an_arm_computed_by_several_workers_counts_as_its_fastest_time():
    """Workers that compute the same arm each measure it."""
    runs = [
        of_tests(*(a_test_record(f"test_{s}", arm_seconds={"Toy.world[14]": s}) for s in measured))
        for measured in ([0.9], [9.0, 1.0, 8.0])
    ]
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
            return self.inner() + self.inner()

        @arm
        def failing(self):
            raise ValueError("it fails")

    computed.clear()
    with clock.charged() as test:
        world = World(None, [1, 2], "cpu")
        assert world.outer() == 2
        with pytest.raises(ValueError, match="it fails"):
            world.failing()
    # The clock advances by one whenever it is read: at the beginning and the end of each block.
    assert computed == {"World.inner[2]": 1.0, "World.outer[2]": 2.0}
    assert test.seconds == 7 - (3 + 1)
    computed.clear()


def test_the_time_of_an_implementation_in_processes_of_its_own_is_charged_too(monkeypatch):
    """A block is charged what both clocks gained in it."""
    here, elsewhere = count(step=2), count(start=50, step=10)
    monkeypatch.setattr(clock.time, "process_time", lambda: float(next(here)))
    monkeypatch.setattr(clock, "_elsewhere", clock._elsewhere)
    clock.also_count(lambda: float(next(elsewhere)))
    with clock.charged() as charge:
        pass
    assert charge.seconds == 2 + 10


# The header, the table and the command.


def test_the_header_says_how_the_runs_differ():
    """Implementation, seed, versions, device, registry and selection are named where they differ, and only then."""
    other = of_effect()
    other.implementation, other.seed, other.registry = "mine", 7, "#"
    other.environment |= {"torch": "3", "device": "cuda"}
    other.selection.only = ["toy"]
    text = "\n".join(diff.compare(of_effect(), other).header)
    for part in (
        *("implementation impl → mine", "seed 0 → 7", "torch 2 → 3", "device cpu → cuda", "the registry"),
        *("the selection", "durations are not compared", "as two samples"),
    ):
        assert part in text
    assert "differing" not in "\n".join(diff.compare(of_effect(), of_effect()).header)


def test_regressions_come_first_and_are_counted():
    """The table names every finding with its claim, regressions first, and ends with their number."""
    before = a_run(a_claim_record(a_test_record()), OTHER)
    compared = diff.compare(before, of_tests(a_test_record(outcome="error", message="oh\nno"), en="toys err"))
    assert compared.header[1].endswith("claims 1, of which 1 not as registered")
    lines = terminal.difference(compared, colour=False).splitlines()
    wanted = ["Regressions", "✗ toy.effect  holds → error", "✗ toy.other  the claim vanished"]
    wanted += ["Changed in the registry", "≠ toy.effect  its entry changed", "2 regressions"]
    assert [line for line in lines if line in wanted] == wanted
    assert "    test_effect: holds → error: oh" in lines


@pytest.fixture
def written(tmp_path):
    """A run, and one whose effect is smaller, as files."""
    files = tmp_path / "a.json", tmp_path / "b.json"
    for file, run in zip(files, (of_effect(), of_effect(EFFECT - 0.1)), strict=True):
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
    newer = msgspec.json.decode(written[0].read_bytes()) | {"schema": 99}
    (tmp_path / "newer.json").write_bytes(msgspec.json.encode(newer))
    for name, message in (("gone", "cannot be read"), ("text", "not a claims.json"), ("newer.json", "schema = 99")):
        assert cli.main(["diff", str(written[0]), str(tmp_path / name)]) == 2
        assert message in (error := capsys.readouterr().err)
        assert error.count("\n") == 1
