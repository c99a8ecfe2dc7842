"""`.ci/run`, with programs that only write down how they were called; and the workflow's stages are those it has."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spec.selfcheck import toy

STAGES = ["lint", "claims", "selfcheck", "benchmarks"]
NAMED = ["bounds", "pages"]
"""Those that run only where they are named."""
PROGRAMS = (
    "python3", "pip", "pytest", "ruff", "mypy", "lint-imports", "npm", "apt-get", "fc-list", "chromium", "bwrap",
    "slurmctld", "uv", "claims",
)  # fmt: skip
PROGRAM = """\
#!/bin/bash
name=$(basename "$0")
echo "$name${*:+ $*}" >> calls
[[ $name != pytest ]] || echo "PYTEST_ADDOPTS: ${PYTEST_ADDOPTS-}" >> calls
if [[ $name == python3 ]]; then
    for made; do :; done
    mkdir -p "$made/bin" && touch "$made/bin/activate"
    for program in pip uv pytest; do ln -sf "$(dirname "$(realpath "$0")")/$program" "$made/bin/"; done
fi
[[ $name != "${FAILING-}" ]]
"""
EXPORTS = """
mkdir -p build/class/exports/html build/class/exports/summary
touch build/class/exports/html/one.html build/class/exports/summary/all.html
"""
INSTALL = ["python3 -m venv .venv", "pip install -c constraints.txt -e .[test]"]


@pytest.fixture
def clone(tmp_path):
    """A folder with `.ci/run`, the README, and the result of a run in which every claim holds."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(toy.PROJECT / ".ci/run", tmp_path / ".ci/run")
    shutil.copy(toy.PROJECT / "README.md", tmp_path)
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        (tmp_path / "bin" / name).write_text(PROGRAM)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    write_results(tmp_path, pass_rate=1.0)
    return tmp_path


def write_results(clone: Path, pass_rate: float) -> None:
    """What the claims would have written."""
    (clone / "build/ci").mkdir(parents=True, exist_ok=True)
    (clone / "build/ci/claims.json").write_text(json.dumps({"pass_rate": pass_rate, "as_registered": 1.0}))


def run(clone, *arguments, **environment):
    """Run `.ci/run` there: how it ended, and every program that it called."""
    path = os.pathsep.join([str(clone / "bin"), "/usr/bin", "/bin"])
    completed = subprocess.run(
        [clone / ".ci/run", *arguments],
        env=toy.clean_environment(PATH=path, **environment),
        capture_output=True,
        text=True,
        check=False,
    )
    calls = clone / "calls"
    return completed, calls.read_text().splitlines() if calls.exists() else []


def stages_of(completed):
    """The stages that came to their end, as they were printed with their seconds."""
    return re.findall(r"^stage (\w+): \d+ s$", completed.stdout, re.MULTILINE)


def test_all_stages_run_the_readmes_two_commands(clone):
    """In order; the first is compared with the baseline, and the second leaves out what the first has decided."""
    completed, calls = run(clone)
    assert completed.returncode == 0, completed.stderr
    assert stages_of(completed) == STAGES
    first, second = calls.index("pytest -m claims"), calls.index("pytest")
    assert calls[first + 1].endswith(" --claims-baseline=spec/baseline.json")
    assert calls[second + 1] == "PYTEST_ADDOPTS: --ignore-glob=spec/q*"
    # Installed by the first stage, and by the README's first command, which is run as it stands.
    assert [calls.count(call) for call in INSTALL] == [2, 2]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_alone_installs_what_it_needs(clone, stage):
    """Nothing has to be run before it."""
    completed, calls = run(clone, stage)
    assert completed.returncode == 0, completed.stderr
    assert calls[: len(INSTALL)] == INSTALL
    assert stages_of(completed) == [stage]


@pytest.mark.parametrize("arguments", [["nonsense"], ["lint", "claims"]], ids=" ".join)
def test_an_unknown_stage_is_one_line(clone, arguments):
    """It names those that there are, and nothing runs."""
    completed, calls = run(clone, *arguments)
    assert (completed.returncode, calls) == (2, [])
    (line,) = completed.stderr.splitlines()
    assert ", ".join(STAGES + NAMED) in line


def test_bounds_are_the_oldest_and_the_newest(clone):
    """Each in an environment of its own, with exact claims and unit tests."""
    completed, calls = run(clone, "bounds")
    assert completed.returncode == 0, completed.stderr
    installed = [call for call in calls if call.startswith("uv pip install")]
    assert [call.split()[4] for call in installed] == ["lowest-direct", "highest"]
    assert all("--torch-backend cpu" in call for call in installed)
    for tests in ("pytest -m claims and not trained -q", "pytest -m unit --ignore-glob=spec/q* -q"):
        assert calls.count(tests) == 2
    assert run(clone, "bounds", FAILING="uv")[0].returncode == 1


def test_pages_are_a_report_and_a_class(clone):
    """What the workflow publishes lies in build/pages."""
    (clone / ".github").mkdir()
    shutil.copy(toy.PROJECT / ".github/example_site.py", clone / ".github")
    (clone / "bin/claims").write_text(PROGRAM + EXPORTS)
    completed, calls = run(clone, "pages")
    assert completed.returncode == 0, completed.stderr
    assert "pytest -m claims --claims-report=build/pages/report.html" in calls
    assert [call for call in calls if "export" in call] == [
        "claims export html build/class",
        "claims export summary build/class",
    ]
    site = clone / "build/pages"
    linked = re.findall('href="(.*?)"', (site / "index.html").read_text())
    assert linked == ["report.html", "class/summary/all.html"]
    assert (site / linked[1]).exists()
    assert (site / "class/html/one.html").exists()


@pytest.mark.parametrize(("failing", "done"), [("pip", []), ("mypy", []), ("npm", ["lint", "claims"])])
def test_what_fails_ends_the_run(clone, failing, done):
    """No later command runs, whatever stage it belongs to."""
    completed, calls = run(clone, FAILING=failing)
    assert completed.returncode == 1
    assert stages_of(completed) == done
    assert calls[-1].startswith(failing)


def test_a_graded_claim_that_does_not_hold_fails_the_claims(clone):
    """The project's implementation is known to be right."""
    write_results(clone, pass_rate=0.98)
    completed, _ = run(clone, "claims")
    assert completed.returncode == 1
    assert "pass rate 0.98" in completed.stdout


def test_the_workflow_runs_every_stage():
    """And none that there is not."""
    workflow = (toy.PROJECT / ".github/workflows/ci.yml").read_text()
    assert set(re.findall(r"\bstage: (\w+)", workflow)) == {*STAGES, "bounds"}
    assert "- run: .ci/run pages\n" in (toy.PROJECT / ".github/workflows/pages.yml").read_text()
