"""`--claims-cache`, end to end: what is not run again, what is, and what leaves nothing."""

import re
import signal
import subprocess
import time

import pytest

from spec.harness.evidence.results import DURATIONS
from spec.selfcheck import toy

FAULTY_FIGURE = """
@figures_of("toy.no-effect")
def not_a_figure(toy: ToyWorld):
    yield figure("shapeless", "dots", "A figure without its label.", toy=toy.nothing())
"""

EXACT = """
@claim("toy.effect", role="control")
def test_exact(evidence):
    evidence.true(True, "so")
"""


def built(root):
    """The toy specification, whose figures can all be drawn, and whose slow experiment counts how often it is run."""
    toy.build(root)
    toy.edit(root / "spec/q1_toy/figures.py", FAULTY_FIGURE, "")
    with (root / toy.TEST_FILE).open("a", encoding="utf-8") as file:
        file.write(EXACT)
    toy.edit(root / toy.EXPERIMENTS_FILE, "time.sleep(", 'open("runs", "a").write("."); time.sleep(')
    return root


def run(root, *arguments):
    """A run that keeps and reuses: what it printed, what it found, and its exit status."""
    completed = toy.run(root, "-m", "claims", "--claims-cache=kept", "--claims-json=c.json", *arguments)
    assert (root / "c.json").exists(), completed.stdout + completed.stderr
    return completed.stdout, toy.json.loads((root / "c.json").read_text()), completed.returncode


def without_marks(results):
    """Results without durations, and without whether they were reused."""
    if isinstance(results, dict):
        return {key: without_marks(value) for key, value in results.items() if key not in (*DURATIONS, "reused")}
    return [without_marks(item) for item in results] if isinstance(results, list) else results


def reused(results):
    """The names of the tests that were not run again."""
    return {
        test["nodeid"].rpartition("::")[2] for claim in results["claims"] for test in claim["tests"] if test["reused"]
    }


def header(root, *arguments):
    """What a run would say before it runs anything."""
    printed = toy.run(root, "-m", "claims", "--claims-cache=kept", "--collect-only", *arguments).stdout
    return re.search(r"(\d) of (\d) experiments are unchanged", printed).groups()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification."""
    return built(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def first(root):
    """A first run, by two workers."""
    return run(root, "-n", "2")


READ_BY = {
    *("test_effect", "test_effect_control", "test_second_look", "test_no_effect", "test_refuted", "test_amended"),
    *("test_undecided", "test_slow"),
}
"""The tests of the toy that read an experiment."""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_is_unchanged_is_not_run_again(root, first, workers):
    """The same is found, figures included, and every place that shows it says that it was not run."""
    printed, before, status = first
    assert "0 of 3 experiments are unchanged" in printed
    assert (reused(before), status) == (set(), 1)
    again, after, status = run(root, "-n", workers)
    assert "3 of 3 experiments are unchanged and not run again (kept)" in again
    assert "2 of 2 tests not run again" in again
    assert (reused(after), status) == (READ_BY, 1)
    assert [figure["name"] for figure in after["figures"]] == ["toy.effect.effect"]
    assert (root / "c-figures/toy.effect.effect.npz").is_file()
    assert without_marks(after) == without_marks(before)
    assert (root / "runs").read_text() == "."


@pytest.mark.usefixtures("first")
def test_a_selection_reuses_what_all_found(root):
    """Nothing is said of other experiments, and there is no figure of what was not selected."""
    printed, found, _ = run(root, "-n", "0", "--claims-only", "toy.undecided")
    assert "1 of 1 experiments are unchanged" in printed
    assert (reused(found), found["figures"]) == ({"test_undecided"}, [])
    _, found, _ = run(root, "-n", "0", "-m", "claims and not trained")
    assert "toy.effect" in {claim["id"] for claim in found["claims"]}
    assert (reused(found), found["figures"]) == (set(), [])


@pytest.mark.usefixtures("first")
def test_what_changed_is_run_again(root):
    """A line of the implementation, of a test or of an experiment; other settings; and back again, nothing is run."""
    assert header(root) == ("3", "3")
    assert header(root, "--claims-seed", "1") == ("0", "3")
    assert header(root, "--claims-entries", "0") == ("0", "3")
    edits = {
        "impl/metrics.py": ("return [1.0]", "return 1.0"),
        toy.TEST_FILE: ("-toy.effect()", "-1 * toy.effect()"),
        toy.EXPERIMENTS_FILE: ("normal(0, 0.1)", "normal(0, 0.2)"),
    }
    for file, (old, new) in edits.items():
        toy.edit(root / file, old, new)
        assert header(root) == ("0", "3"), file
        toy.edit(root / file, new, old)
    assert header(root) == ("3", "3")


@pytest.mark.usefixtures("first")
def test_a_file_that_was_changed_is_not_believed(root):
    """One line says so, the experiment is run, and its file is as it was."""
    file = next(file for file in (root / "kept").iterdir() if b"test_slow" in file.read_bytes())
    written = file.read_bytes()
    changed = written.replace(b'"outcome":"holds"', b'"outcome":"error"')
    assert changed != written
    file.write_bytes(changed)
    (root / "runs").unlink()
    printed, found, _ = run(root, "-n", "0")
    assert f"claims: kept/{file.name}: changed since it was written, so it is not used\n" in printed
    assert "2 of 3 experiments are unchanged" in printed
    assert reused(found) == READ_BY - {"test_slow"}
    assert (root / "runs").read_text() == "."
    assert header(root) == ("3", "3")


def test_what_is_not_whole_is_not_kept(tmp_path):
    """A part of an experiment's tests, named by claims, paths or words; or a figure that cannot be drawn."""
    root = toy.build(tmp_path)
    run(root, "-n", "0", "--claims-only", "toy.effect", "--claims-only", "toy.slow")
    assert header(root) == ("1", "3")
    run(root, "-n", "0", "-k", "not undecided and not second")
    run(root, "-n", "0", toy.TEST_FILE)
    assert header(root) == ("1", "3")
    run(root, "-n", "0")
    assert header(root) == ("2", "3")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_interrupted_run_leaves_nothing(tmp_path, workers):
    """Although the tests of two experiments have all been run by then; of two workers, one has ended well."""
    root = built(tmp_path)
    command = toy.command("-m", "claims", "-n", workers, "--claims-cache=kept", "--claims-json=c.json")
    environment = toy.clean_environment(TOY_SLEEP="60")
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "ToySlow.sleep, 12 replicates" in line:
                time.sleep(3)
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()
    claims = toy.json.loads((root / "c.json").read_text())["claims"]
    ran = {
        test["nodeid"].rpartition("::")[2]
        for claim in claims
        for test in claim["tests"]
        if test["outcome"] != "not-run"
    }
    assert ran & READ_BY == READ_BY - {"test_slow"}
    assert not (root / "kept").exists()
