"""Baselines: which runs are kept, and what a run is held against."""

import shutil

import pytest

from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence import results
from spec.harness.evidence.results import EvidenceRecord, FigureRecord, Selection
from spec.harness.regression import baseline, diff
from spec.selfcheck import toy
from spec.selfcheck.records import a_claim_record, a_run, a_test_record
from spec.selfcheck.regression.runs import EFFECT, OTHER, an_effect, of_effect, of_tests

CLAIM = a_claim_record(a_test_record())


def test_a_baseline_is_what_a_comparison_reads(tmp_path):
    """Values and outcomes are kept, figures and exact evidence are not; the file is the same for the same run."""
    exact = EvidenceRecord(verb="equal", what="one and one", outcome=Outcome.HOLDS)
    run = of_tests(a_test_record(evidence=[an_effect(), exact]))
    run.claims[0].figures = ["f.npz"]
    run.figures = figures = [FigureRecord(name="f", file="f.npz", sha256="0")]
    baseline.write(run, tmp_path / "b.json")
    written = results.read(tmp_path / "b.json")
    assert (written.figures, written.claims[0].figures) == ([], [])
    assert written.claims[0].tests[0].evidence == [an_effect()]
    assert run.figures == figures
    assert diff.compare(run, written).findings == []
    baseline.write(written, tmp_path / "c.json")
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "c.json").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["b.json", "c.json"]


@pytest.mark.parametrize(
    ("run", "flaw"),
    [
        pytest.param(of_tests(a_test_record(outcome="not-run")), "1 test selected but not run", id="cut"),
        pytest.param(of_tests(a_test_record(outcome="grader-error")), "1 test with a grader-error", id="ours"),
        pytest.param(
            a_run(CLAIM, selection={"only": ["toy.effect"]}),
            "it lacks claims of the baseline there (1): toy.other",
            id="narrower",
        ),
        pytest.param(
            of_tests(a_test_record(selected=False)),
            "it selected no claim",
            id="nothing",
        ),
        pytest.param(
            a_run(a_claim_record(a_test_record(outcome="error")), selection={"marks": ""}),
            None,
            id="a claim less in the registry, an error",
        ),
    ],
)
def test_what_is_no_whole_run_is_not_kept(tmp_path, run, flaw):
    """A run that was cut short, or covers less than the baseline in its place, leaves that as it is and fails."""
    file = tmp_path / "b.json"
    baseline.write(a_run(CLAIM, OTHER), file)
    before = file.read_bytes()
    verdict = baseline.Gate(None, file).judge(run)
    assert verdict.failed == (flaw is not None)
    assert (file.read_bytes() == before) == (flaw is not None)
    (remark,) = verdict.remarks
    assert flaw in remark if flaw else "in which 1 is not as registered: toy.effect (error)" in remark


def test_a_worse_run_does_not_replace_the_baseline_it_is_held_against(tmp_path):
    """With both options naming one file it is compared first, and replaced only if nothing regressed."""
    file, other = tmp_path / "b.json", tmp_path / "other.json"
    baseline.write(of_effect(), file)
    worse, better = of_effect(EFFECT - 0.1), of_effect(EFFECT + 0.1)
    refused = baseline.Gate(file, file).judge(worse)
    assert refused.failed
    assert "this run was not saved: it is a regression from the baseline there" in refused.remarks[0]
    assert results.read(file) == of_effect()
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
        with pytest.raises(SpecificationError, match=f"{option} .*notes.txt: not a claims.json of schema 5"):
            baseline.Gate(*arguments)


def test_a_run_that_reused_results_is_no_baseline(tmp_path):
    """What it holds was not run, at least not then."""
    results.write(a_run(a_claim_record(a_test_record(reused=True))), file := tmp_path / "run.json")
    with pytest.raises(SpecificationError, match=r"--claims-baseline .*run.json: --claims-cache reused some of it"):
        baseline.Gate(file, None)


def test_in_ci_a_baseline_that_is_not_there_is_refused(tmp_path):
    """A mistyped name would pass for ever; unless this very run makes it."""
    gone, other = tmp_path / "gone.json", tmp_path / "other.json"
    for target in (None, other):
        with pytest.raises(
            SpecificationError, match=f"--claims-baseline {gone}: there is no such file, and CI is true"
        ):
            baseline.Gate(gone, target, required=True)
    assert baseline.Gate(gone, gone, required=True).judge(a_run(CLAIM)).remarks[0].endswith(f"{gone} makes one")
    assert gone.exists()
    baseline.Gate(None, None, required=True)
    baseline.Gate(gone, None, required=True)


def test_the_project_keeps_a_baseline_of_its_own():
    """It is a whole run with every claim as registered, kept by --claims-save."""
    run = results.read(toy.PROJECT / "spec/baseline.json")
    assert baseline.unfit(run, None) is None
    assert run.selection == Selection(only=[], marks="claims", keywords="", arguments=[])
    assert run.implementation == "impl"
    assert all(claim.as_registered and claim.selected for claim in run.claims)
    assert run.figures == []
    assert "--claims-baseline=spec/baseline.json" in (toy.PROJECT / ".ci/run").read_text()


# A whole run.


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification."""
    return toy.build(tmp_path_factory.mktemp("toy"))


def run_what_passes(root, *arguments):
    """Run two claims there of which every test passes."""
    only = ("--claims-only", "toy.effect", "--claims-only", "toy.refuted")
    return toy.run(root, "-m", "claims", toy.TEST_FILE, *only, *arguments)


@pytest.mark.process
def test_a_run_is_kept_and_compared_with(root, tmp_path):
    """The first run passes and is kept; the same again passes; a smaller effect fails, though every test passes."""
    file = tmp_path / "baseline.json"
    both = ("--claims-baseline", str(file), "--claims-save", str(file))
    first = run_what_passes(root, "-n", "0", *both)
    assert first.returncode == 0, first.stdout
    assert "no baseline yet, so nothing was compared" in first.stdout
    assert f"{file}: saved this run of 2 claims\n" in first.stdout
    arms = {name for claim in results.read(file).claims for test in claim.tests for name in test.arm_seconds}
    assert arms == {"ToyWorld.effect[12]", "ToyWorld.nothing[12]"}

    again = run_what_passes(root, "-n", "0", "--claims-baseline", str(file))
    assert again.returncode == 0, again.stdout
    assert "compared: claims 2, tests 4, effects 3 (3 identical; level 0.01), durations 6" in again.stdout
    assert "\nno regression\n" in again.stdout

    weaker = shutil.copytree(root, tmp_path / "weaker")
    toy.edit(weaker / toy.EXPERIMENTS_FILE, "size + 0.1 *", "size - 0.1 + 0.1 *")
    before = file.read_bytes()
    worse = run_what_passes(weaker, "-n", "2", *both)
    assert worse.returncode == 1
    assert "3 passed, 1 xfailed" in worse.stdout
    assert "✗ toy.effect  effect shrank: mean +0.551 → +0.451 (registered: > +0.1; 12 pairs" in worse.stdout
    assert "the same measurement decides toy.refuted: test_refuted: effect of the toy" in worse.stdout
    assert worse.stdout.endswith("\nclaims failed: one regression: toy.effect\n")
    assert "this run was not saved" in worse.stdout
    assert file.read_bytes() == before


@pytest.mark.process
def test_a_run_that_was_cut_short_is_not_kept(root, tmp_path):
    """Stopping at the first failure leaves no baseline, and says which tests did not run."""
    stopped = toy.run(root, "-m", "claims", "-n", "0", "-x", toy.TEST_FILE, "--claims-save", str(tmp_path / "b.json"))
    assert stopped.returncode == 1
    assert "this run was not saved" in stopped.stdout
    assert "selected but not run" in stopped.stdout
    assert list(tmp_path.iterdir()) == []
