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
def whole_run(root):
    """The results of a run in one process."""
    return toy.results(root, "-n", "0")


@pytest.fixture(scope="module")
def printed(root):
    """What a run prints, with its exit status."""
    return toy.run(root, "-m", "claims", "-n", "0")


def claim_of(results, claim_id):
    """One claim's record."""
    (claim,) = (claim for claim in results["claims"] if claim["id"] == claim_id)
    return claim


def outcomes(results):
    """Each claim's outcome."""
    return {claim["id"]: claim["outcome"] for claim in results["claims"]}


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
        ("toy.control-fails", "inconclusive", False, "its control failed: one and two: got 1, expected 2"),
        ("toy.boundary-fails", "holds", False, ""),
        (
            "toy.missing",
            "missing",
            False,
            r"metrics.recall is missing.*\nmetrics.recall\(y_true=np.array\(\[0, 1, 1\]\), y_pred=",
        ),
        (
            "toy.error",
            "error",
            False,
            r"metrics.precision raised ZeroDivisionError: division by zero\nmetrics.precision\(y_true=",
        ),
        (
            "toy.contract",
            "error",
            False,
            r"the result is a list of length 1; expected a float\nmetrics.accuracy\(y_true=",
        ),
        ("toy.grader-error", "grader-error", False, "KeyError: 'nothing'"),
        ("toy.no-evidence", "grader-error", False, "recorded no evidence"),
        ("toy.unimportable", "grader-error", False, "test_unimportable.py cannot be imported"),
    ],
)
def test_every_outcome_is_told_apart(whole_run, claim_id, outcome, as_registered, message):
    """Each way in which a claim can end has an outcome and a message of its own."""
    claim = claim_of(whole_run, claim_id)
    assert (claim["outcome"], claim["as_registered"]) == (outcome, as_registered)
    assert re.search(message, claim["message"])


def test_shares_count_the_registry_not_the_collection(whole_run):
    """Claims whose file cannot be imported stand in both shares."""
    claims = whole_run["claims"]
    graded = [claim for claim in claims if claim["registered_verdict"] in ("holds", "conditional")]
    assert (len(claims), len(graded)) == (17, 15)
    assert whole_run["as_registered"] == sum(claim["as_registered"] for claim in claims) / 17
    assert whole_run["pass_rate"] == sum(claim["outcome"] == "holds" for claim in graded) / 15


def test_evidence_is_written_with_every_value(whole_run):
    """A comparison's record holds each replicate's value, the count, what it needed, and the interval."""
    (record,) = claim_of(whole_run, "toy.effect")["tests"][0]["evidence"]
    assert (record["exceed"], record["needed"], record["replicates"], len(record["values"])) == (12, 12, 12, 12)
    assert record["low"] <= record["mean"] <= record["high"]
    assert record["mean"] == pytest.approx(np.mean(record["values"]))


def test_the_budgets_that_decided_are_written(whole_run):
    """In words, for each experiment that a claim's comparisons read."""
    assert claim_of(whole_run, "toy.effect")["budgets"] == {"ToyWorld": "size: 0.5"}
    assert claim_of(whole_run, "toy.holds")["budgets"] == {}


def test_a_second_look_is_taken_once_at_half_of_alpha(whole_run):
    """An inconclusive comparison that declares it goes to more replicates, each look with half of alpha."""
    (record,) = claim_of(whole_run, "toy.second-look")["tests"][0]["evidence"]
    assert (record["look"], record["replicates"], record["alpha"]) == (2, 24, 0.0005)
    assert (record["exceed"], record["needed"], len(record["values"])) == (23, 21, 24)


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
    assert "warnings summary" not in printed.stdout
    assert printed.returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [("-n", "2"), ("-n", "0", "-p", "randomly", "-p", "randomly", "--randomly-seed", "7")],
    ids=["two workers", "shuffled"],
)
def test_neither_workers_nor_order_matter(root, whole_run, arguments):
    """All but durations is the same with two workers, and in whatever order the tests run."""
    assert toy.without_durations(toy.results(root, *arguments)) == toy.without_durations(whole_run)


@pytest.mark.parametrize(
    ("claim_id", "arguments"),
    [
        ("toy.deterministic", ("--claims-only", "toy.deterministic")),
        ("toy.effect", ("--claims-only", "toy.effect")),
        # Hypothesis tries constants of modules that were imported, and here there are no others.
        ("toy.deterministic", ("spec/q1_toy/test_draws.py",)),
    ],
)
def test_a_claim_alone_finds_the_same(root, whole_run, claim_id, arguments):
    """A claim's record is the same when it runs alone, whatever else was imported before."""
    (alone,) = toy.without_durations(toy.results(root, "-n", "0", *arguments))["claims"]
    assert alone == toy.without_durations(claim_of(whole_run, claim_id))


def test_hypothesis_draws_many_inputs(whole_run):
    """What the runs above find to be the same is more than a hundred inputs."""
    assert len(claim_of(whole_run, "toy.deterministic")["tests"][0]["evidence"]) > 100


def test_another_seed_draws_afresh(root, whole_run):
    """Another `--claims-seed` changes the replicates' values, and what an exact test draws by itself."""
    only = ("--claims-only", "toy.effect", "--claims-only", "toy.deterministic")
    other = toy.results(root, "-n", "0", "--claims-seed", "1", *only)
    first, second = (
        claim_of(results, "toy.effect")["tests"][0]["evidence"][0]["values"] for results in (whole_run, other)
    )
    assert not set(first) & set(second)
    drawn, drawn_afresh = (
        claim_of(results, "toy.deterministic")["tests"][1]["evidence"][0]["what"] for results in (whole_run, other)
    )
    assert re.fullmatch(r"drew \d+", drawn)
    assert drawn != drawn_afresh


def test_a_dying_worker_costs_one_claim(root, whole_run):
    """When the process that runs a test dies, that claim crashed and all the others are decided."""
    crashed = outcomes(toy.results(root, "-n", "2", TOY_CRASH="1"))
    assert crashed == {**outcomes(whole_run), "toy.crash": "crash"}


def test_deselected_tests_are_not_counted_as_failures(root):
    """A claim of which marks leave out a deciding test is partly run, and stands in no share."""
    results = toy.results(root, "-n", "0", "-m", "claims and not control", "--claims-only", "toy.effect")
    (claim,) = results["claims"]
    assert (claim["outcome"], claim["selected"], results["as_registered"]) == ("partly-run", False, None)


def test_trained_marks_what_trains(root):
    """`not trained` leaves out just the tests that read an experiment."""
    results = toy.results(root, "-n", "0", "-m", "claims and not trained")
    assert {claim["id"] for claim in results["claims"]}.isdisjoint({"toy.effect", "toy.refuted", "toy.slow"})


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
    stopped = outcomes(toy.json.loads((root / f"stopped-{workers}-{sent}.json").read_text()))
    assert (stopped["toy.slow"], stopped["toy.effect"]) == ("not-run", "holds")
    assert any("as registered" in line for line in lines)


def test_a_debugger_gets_the_terminal_to_itself(root):
    """`--pdb` runs in one process and stops at the failure."""
    arguments = ("-m", "claims", "--claims-only", "toy.no-effect", "--pdb", toy.TEST_FILE)
    completed = toy.run(root, *arguments, typed="print(6 * 7)\nq\n")
    assert "created:" not in completed.stdout
    assert "(Pdb) 42" in completed.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--impl", "nowhere/at/all"], "--impl nowhere/at/all: there is no such file or folder"),
        (["--impl", "no_such_module"], "--impl no_such_module: there is no file, folder or importable module"),
        (["--claims-only", "toyz"], "no claim id starts with 'toyz'"),
        (["--claims-seed", "-1"], "--claims-seed -1: expected a number from 0 up"),
        (["--claims-json", "no/such/folder/x.json"], "there is no folder"),
        (["--claims-json", "spec"], "--claims-json spec: this is a folder; expected a file"),
        (["--claims-report", "no/such/folder/x.html"], "--claims-report no/such/folder/x.html: there is no folder"),
        (["--claims-save", "no/such/folder/b.json"], "--claims-save no/such/folder/b.json: there is no folder"),
        (["--claims-json", "a", "--claims-save", "./a"], "--claims-save a: --claims-json writes this file"),
        (["--claims-baseline", "pyproject.toml"], "--claims-baseline pyproject.toml: not a claims.json of schema 5"),
        (["--claims-cache", "pyproject.toml"], "--claims-cache pyproject.toml: this is a file; expected a folder"),
        (["--claims-cache", "no/such/cache"], "--claims-cache no/such/cache: there is no folder"),
        (["--claims-cache", "c", "--claims-save", "b"], "--claims-cache c: cannot be combined with --claims-save"),
        (
            ["--claims-cache", "c", "--claims-baseline", "b"],
            "--claims-cache c: cannot be combined with --claims-baseline",
        ),
        (
            ["--claims-cache", "c", "--claims-variation", "ToyWorld.down"],
            "--claims-cache c: cannot be combined with --claims-variation",
        ),
        (["--device", "tpu"], "--device"),
        (["--device", "cuda"], "--device cuda: torch finds no CUDA device"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
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
    toy.edit(copy / toy.TEST_FILE, '"toy.holds"', '"toy.hold"')
    completed = toy.run(copy, "-m", "claims")
    unknown = r"test_toy\.py:\d+: test_holds: unknown claim 'toy.hold'.*did you mean 'toy.holds'"
    assert re.search(unknown, completed.stderr)


SLOW = """
import time
def f1(y_true, y_pred):
    until = time.process_time() + 6
    while time.process_time() < until:
        pass
    return 1.0
"""


def test_the_time_of_an_implementation_behind_a_sandbox_is_shown(root):
    """While a long call lasts, how much of its limit is gone; in the end, what it took: in the table and everywhere."""
    theirs = root.parent / "slow.py"
    theirs.write_text(SLOW)
    arguments = ("-n", "2", f"--impl={theirs}", "--limit-seconds", "50", "--claims-only", "toy.holds")
    completed = toy.run(root, "-m", "claims", *arguments, "--claims-json", "slow.json", "--claims-report", "slow.html")
    results = toy.json.loads((root / "slow.json").read_text())
    (test,) = claim_of(results, "toy.holds")["tests"]
    assert re.search(r"\[ *\d+ s\] metrics\.f1: [1-6] of 50 CPU-s ", completed.stdout)
    assert test["cpu_seconds"] > 6
    assert results["cpu_seconds"] > results["implementation_cpu_seconds"] > 6
    in_all, theirs = (f"{results[key]:.0f}" for key in ("cpu_seconds", "implementation_cpu_seconds"))
    assert f"{in_all} CPU-seconds, {theirs} of them the implementation's" in " ".join(completed.stdout.split())
    assert "of processor time, of which" in (root / "slow.html").read_text()


def test_in_one_process_nothing_is_said_of_the_implementations_time(whole_run, printed):
    """It cannot be told apart there."""
    assert whole_run["implementation_cpu_seconds"] is None
    assert "the implementation's" not in printed.stdout


GPU = """
import os, torch, pytest
torch.cuda.is_available = lambda: True
os.sched_getaffinity = lambda _: range(16)

def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.write_line(f"{config.option.numprocesses} workers")

@pytest.fixture(autouse=True)
def settings():
    from spec.harness import device_of_run
    assert device_of_run() == "cuda"
    assert torch.get_deterministic_debug_mode() == 1
    assert torch.get_float32_matmul_precision() == "highest"
    assert torch.backends.cudnn.deterministic and not torch.backends.cudnn.allow_tf32
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"]
"""


def test_on_a_gpu_few_workers_compute_the_same_every_time(tmp_path):
    """Whatever the environment allows, in every worker; on the CPU there is a worker for each core."""
    copy = toy.build(tmp_path / "copy")
    with (copy / "conftest.py").open("a") as file:
        file.write(GPU)
    completed = toy.run(
        *(copy, "-m", "claims", "--claims-only", "toy.holds", "--device", "cuda"), TORCH_ALLOW_TF32_CUBLAS_OVERRIDE="1"
    )
    assert "✓ toy.holds" in completed.stdout, completed.stdout + completed.stderr
    assert "\n2 workers" in completed.stdout
    assert "device cuda" in completed.stdout
