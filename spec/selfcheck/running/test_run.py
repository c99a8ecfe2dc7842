"""A whole run, end to end, on a small specification of its own: outcomes, table, options, workers, interruption."""

import re
import signal
import subprocess
import time

import numpy as np
import pytest

from spec.selfcheck import toy


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification."""
    return toy.build(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def found(root):
    """What a run in one process finds."""
    return toy.results(root, "-n", "0")


@pytest.fixture(scope="module")
def printed(root):
    """What a run prints, with its exit status."""
    return toy.run(root, "-m", "claims", "-n", "0")


def outcomes(found):
    """Each claim's outcome."""
    return {claim["id"]: claim["outcome"] for claim in found["claims"]}


@pytest.mark.parametrize(
    ("claim_id", "outcome", "as_registered", "message"),
    [
        ("toy.holds", "holds", True, ""),
        ("toy.deterministic", "holds", True, ""),
        ("toy.effect", "holds", True, ""),
        ("toy.second-look", "holds", True, ""),
        ("toy.no-effect", "inconclusive", False, r"effect of the toy: \d+ of 12 replicates exceed \+0.1 \(needs 12\)"),
        ("toy.refuted", "refuted", True, "12 lie below zero"),
        ("toy.undecided", "inconclusive", True, r"effect of the toy: \d+ of 12 replicates exceed"),
        ("toy.control-fails", "inconclusive", False, "its control failed: one and two: is 1, not 2"),
        ("toy.boundary-fails", "holds", False, ""),
        ("toy.missing", "missing", False, "metrics.recall is missing"),
        ("toy.error", "error", False, "metrics.precision raised ZeroDivisionError: division by zero"),
        ("toy.contract", "error", False, "metrics.accuracy: the result is a list of length 1; expected a float"),
        ("toy.grader-error", "grader-error", False, "KeyError: 'nothing'"),
        ("toy.no-evidence", "grader-error", False, "recorded no evidence"),
        ("toy.unimportable", "grader-error", False, "test_unimportable.py cannot be imported"),
    ],
)
def test_every_outcome_is_told_apart(found, claim_id, outcome, as_registered, message):
    """Each way in which a claim can end has an outcome and a message of its own."""
    claim = next(claim for claim in found["claims"] if claim["id"] == claim_id)
    assert (claim["outcome"], claim["as_registered"]) == (outcome, as_registered)
    assert re.search(message, claim["message"])


def test_shares_count_the_registry_not_the_collection(found):
    """Claims whose file cannot be imported stand in both shares."""
    claims = found["claims"]
    graded = [claim for claim in claims if claim["registered_verdict"] in ("holds", "conditional")]
    assert (len(claims), len(graded)) == (17, 15)
    assert found["as_registered"] == sum(claim["as_registered"] for claim in claims) / 17
    assert found["pass_rate"] == sum(claim["outcome"] == "holds" for claim in graded) / 15


def test_evidence_is_written_with_every_value(found):
    """A comparison's record holds each replicate's value, the count, what it needed, and the interval."""
    claim = next(claim for claim in found["claims"] if claim["id"] == "toy.effect")
    (seen,) = claim["tests"][0]["evidence"]
    assert (seen["exceed"], seen["needed"], seen["replicates"], len(seen["values"])) == (12, 12, 12, 12)
    assert seen["low"] <= seen["mean"] <= seen["high"]
    assert seen["mean"] == pytest.approx(np.mean(seen["values"]))


def test_a_second_look_is_taken_once_at_half_of_alpha(found):
    """An inconclusive comparison that declares it goes to more replicates, each look with half of alpha."""
    (claim,) = (claim for claim in found["claims"] if claim["id"] == "toy.second-look")
    (seen,) = claim["tests"][0]["evidence"]
    assert (seen["look"], seen["replicates"], seen["alpha"]) == (2, 24, 0.0005)
    assert (seen["exceed"], seen["needed"], len(seen["values"])) == (23, 21, 24)


def test_figures_lie_beside_the_results(root, tmp_path):
    """The data of a figure lie in a file beside `claims.json`, which names it and its hash."""
    file = tmp_path / "out.json"
    toy.run(root, "-m", "claims", "-n", "0", "--claims-only", "toy.effect", "--claims-json", str(file))
    (figure,) = toy.json.loads(file.read_text())["figures"]
    with np.load(tmp_path / figure["file"]) as data:
        assert data["toy"].shape == (12,)
    assert figure["file"] == "out-figures/toy.effect.effect.npz"


def test_the_table_ends_the_run(printed):
    """The terminal shows every claim with its verdict and numbers, and the shares on the table's last line."""
    assert "✓ toy.effect  holds" in printed.stdout
    assert re.search(r"effect of the toy +12/12 \(≥ 12\) +\+0\.5\d+ \[", printed.stdout)
    assert re.search(r"✓ toy.refuted  refuted.*\n.*\n +true instead: the other way", printed.stdout)
    assert "✗ toy.missing  missing (registered: holds)" in printed.stdout
    assert re.search(r"as registered \d+ of 17 claims .* · pass rate \d+ of 15 graded claims", printed.stdout)
    assert printed.returncode == 1


def test_two_workers_find_the_same(root, found):
    """All but durations is the same in one process and with two workers."""
    assert toy.without_durations(toy.results(root, "-n", "2")) == toy.without_durations(found)


def test_a_shuffled_order_finds_the_same(root, found):
    """All but durations is the same in whatever order the tests run."""
    shuffled = toy.results(root, "-n", "0", "-p", "randomly", "-p", "randomly", "--randomly-seed", "7")
    assert toy.without_durations(shuffled) == toy.without_durations(found)


def test_a_subset_finds_the_same(root, found):
    """A claim's record is the same when it runs alone."""
    for claim_id in ("toy.deterministic", "toy.effect"):
        (alone,) = toy.without_durations(toy.results(root, "-n", "0", "--claims-only", claim_id))["claims"]
        assert alone in toy.without_durations(found)["claims"]


def test_what_else_is_imported_changes_no_input(root, found):
    """Hypothesis draws the same inputs whether or not other modules, with constants in them, were imported before."""
    (alone,) = toy.without_durations(toy.results(root, "-n", "0", "spec/q1_toy/test_draws.py"))["claims"]
    (among_others,) = (claim for claim in found["claims"] if claim["id"] == "toy.deterministic")
    assert alone == toy.without_durations(among_others)
    assert len(alone["tests"][0]["evidence"]) > 100


def test_another_seed_draws_afresh(root, found):
    """Another `--claims-seed` changes the replicates' values."""
    other = toy.results(root, "-n", "0", "--claims-seed", "1", "--claims-only", "toy.effect")
    mine = next(claim for claim in found["claims"] if claim["id"] == "toy.effect")
    values = [claim["tests"][0]["evidence"][0]["values"] for claim in (mine, other["claims"][0])]
    assert not set(values[0]) & set(values[1])


def test_a_dying_worker_costs_one_claim(root, found):
    """When the process that runs a test dies, that claim crashed and all the others are decided."""
    crashed = outcomes(toy.results(root, "-n", "2", TOY_CRASH="1"))
    assert crashed == {**outcomes(found), "toy.crash": "crash"}


def test_deselected_tests_are_not_counted_as_failures(root):
    """A claim of which marks leave out a deciding test is shown as not run, and stands in no share."""
    found = toy.results(root, "-n", "0", "-m", "claims and not control", "--claims-only", "toy.effect")
    (claim,) = found["claims"]
    assert (claim["outcome"], claim["selected"], found["as_registered"]) == ("not-run", False, None)


def test_trained_marks_what_trains(root):
    """`not trained` leaves out just the tests that read an experiment."""
    chosen = toy.results(root, "-n", "0", "-m", "claims and not trained")
    assert {claim["id"] for claim in chosen["claims"]}.isdisjoint({"toy.effect", "toy.refuted", "toy.slow"})


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupted_run_ends_with_the_table(root, workers, sent):
    """Progress names the experiment under way; who interrupts it gets the table of what was decided."""
    process = subprocess.Popen(
        toy.command("-m", "claims", "-n", workers, "--claims-json", f"stopped-{workers}-{sent}.json"),
        cwd=root,
        env=toy.clean_environment(TOY_SLEEP="120"),
        stdout=subprocess.PIPE,
        text=True,
        # Whoever runs these tests in the background may have told all below it to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if "ToySlow.sleep, 12 replicates" in line:
            time.sleep(1)
            process.send_signal(sent)
            break
    lines += process.stdout.readlines()
    process.wait(30)
    found = outcomes(toy.json.loads((root / f"stopped-{workers}-{sent}.json").read_text()))
    assert found["toy.slow"] == "not-run"
    assert found["toy.effect"] == "holds"
    assert any("as registered" in line for line in lines)


def test_a_debugger_gets_the_terminal_to_itself(root):
    """`--pdb` runs in one process and stops at the failure."""
    completed = subprocess.run(
        toy.command("-m", "claims", "--claims-only", "toy.no-effect", "--pdb", "spec/q1_toy/test_toy.py"),
        cwd=root,
        env=toy.clean_environment(),
        input="print(6 * 7)\nq\n",
        capture_output=True,
        text=True,
    )
    assert "created:" not in completed.stdout
    assert "(Pdb) 42" in completed.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--impl", "nowhere/at/all"], "--impl nowhere/at/all: there is no such file or folder"),
        (["--impl", "no_such_module"], "--impl no_such_module: there is no file, folder or importable module"),
        (["--claims-only", "toyz"], "no claim id begins with 'toyz'"),
        (["--claims-seed", "-1"], "--claims-seed -1: expected a number from 0 up"),
        (["--claims-json", "no/such/folder/x.json"], "there is no folder"),
        (["--claims-json", "spec"], "--claims-json spec: this is a folder; expected a file"),
        (["--claims-report", "no/such/folder/x.html"], "--claims-report no/such/folder/x.html: there is no folder"),
        (["--device", "tpu"], "--device"),
        (["--device", "cuda"], "--device cuda: torch finds no CUDA device"),
    ],
    ids=["path", "module", "prefix", "seed", "json", "folder", "report", "device", "no GPU"],
)
def test_a_wrong_option_is_one_line(root, arguments, message):
    """A wrong option ends the run at once, with one line that names it, its value and what was expected."""
    completed = toy.run(root, "-m", "claims", *arguments, CUDA_VISIBLE_DEVICES="")
    assert completed.returncode == 4
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr + completed.stdout


def test_an_unknown_id_is_refused(tmp_path):
    """A test of a claim that is not registered is refused with file, line and the nearest id."""
    copy = toy.build(tmp_path / "copy")
    tests = copy / "spec/q1_toy/test_toy.py"
    tests.write_text(tests.read_text().replace('"toy.holds"', '"toy.hold"'))
    completed = toy.run(copy, "-m", "claims")
    assert re.search(
        r"test_toy\.py:\d+: test_holds: unknown claim 'toy.hold'.*did you mean 'toy.holds'", completed.stderr
    )
