"""What works on macOS and Windows, where this project's code finds missing what those systems lack."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spec.harness.paths import PROJECT
from spec.harness.sandbox import backends
from spec.selfcheck import toy

pytestmark = pytest.mark.process

MAIN = "import sys; from spec.harness.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Runs Python there: what `elsewhere.py` takes away is missing."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(Path(__file__).with_name("elsewhere.py"), folder / "sitecustomize.py")
    environment = toy.clean_environment(PYTHONPATH=str(folder), CLAIMS_PROJECT=str(PROJECT))

    def python(*arguments):
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)

    return python


def test_claims_are_decided_there(elsewhere):
    """With workers, and one experiment that trains."""
    completed = elsewhere("-m", "pytest", "-m", "claims", "--claims-only", "one-hot", "-n", "2")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "as registered 7 of 7 claims" in completed.stdout


@pytest.mark.parametrize("command", [["list"], ["show", "one-hot.equidistant"], ["calibrate", "--help"]], ids=" ".join)
def test_commands_work_there(elsewhere, command):
    """Those that need no sandbox."""
    completed = elsewhere("-c", MAIN, *command)
    assert (completed.returncode, completed.stderr) == (0, "")


def test_another_implementation_runs_in_this_process_and_says_so(elsewhere, tmp_path):
    """`claims new`, then `--impl=PATH`: there is no sandbox, and nobody is told that there is one."""
    assert elsewhere("-c", MAIN, "new", tmp_path / "mine").returncode == 0
    run = (
        "-m",
        "pytest",
        "-m",
        "claims",
        "--claims-only",
        "one-hot.equidistant",
        f"--impl={tmp_path / 'mine'}",
        "-n",
        "0",
    )
    completed = elsewhere(*run)
    assert "implementation " in completed.stdout
    assert "in-process (unsandboxed)" in completed.stdout
    assert "UNSANDBOXED" in completed.stdout
    assert "✗ one-hot.equidistant  missing" in completed.stdout
    refused = elsewhere(*run, "--sandbox", "landlock")
    assert refused.returncode == 4
    assert "--sandbox landlock: does not work here (landlock: sandboxes need Linux" in refused.stderr


@pytest.mark.parametrize(
    "command", [["mutants", "one-hot", "--exact"], ["grade", "impl", "--out", "OUT"]], ids=" ".join
)
def test_what_does_not_work_there_is_one_line(elsewhere, tmp_path, command):
    """And nothing is written."""
    completed = elsewhere("-c", MAIN, *(str(tmp_path / "grades") if word == "OUT" else word for word in command))
    assert completed.returncode == 2
    assert completed.stderr.count("\n") == 1
    assert "expected" in completed.stderr
    assert not (tmp_path / "grades").exists()


def test_packets_between_processes_are_tried(monkeypatch):
    """MacOS has the name, and refuses such a pair of sockets."""
    assert backends.supported()

    def refuse(*_):
        raise OSError(43, "Protocol not supported")

    monkeypatch.setattr(backends.socket, "socketpair", refuse)
    assert not backends.supported()
