"""`claims check`: what a student is told before handing in, by the run that grades."""

import shutil

import pytest

from spec.harness import cli
from spec.harness.errors import Outcome
from spec.harness.grading import check_command, submission_run
from spec.harness.grading.submission_run import record_of
from spec.harness.paths import IMPL
from spec.selfcheck import toy
from spec.selfcheck.grading import grading_examples as examples
from spec.selfcheck.grading import test_grading_class as classes


@pytest.fixture
def assignment(tmp_path):
    """An assignment that hides one question."""
    known = [claim for claim in examples.assigned().points if claim.startswith("one-hot")]
    names = ", ".join(f'"{claim}"' for claim in ["metrics.precision", "metrics.recall", known[0]])
    (tmp_path / "hw.toml").write_text(f'claims = [{names}]\n[visibility]\n"one-hot" = "hidden"\n')
    return tmp_path / "hw.toml"


@pytest.fixture
def jobs(monkeypatch):
    """The jobs that would have been run; the first claim of each fails with a reason."""
    made = []

    def run_nothing(job):
        made.append(job)
        outcomes = dict.fromkeys(job.claims, Outcome.HOLDS) | {job.claims[0]: Outcome.ERROR}
        reasons = {job.claims[0]: "it is so"}
        found = [examples.claim(claim, outcome, reasons.get(claim, "")) for claim, outcome in outcomes.items()]
        return record_of(job, "graded", remarks=["the modules were found in hw/"], run=examples.run(found))

    monkeypatch.setattr(check_command, "run_submission", run_nothing)
    monkeypatch.setattr(check_command.probe, "chosen", lambda name: name)
    return made


def check(*words):
    """Run the command; its exit status."""
    return cli.main(["check", *map(str, words)])


def test_what_is_wrong_is_said_with_points_and_advice(tmp_path, assignment, jobs, capsys):
    """What was found, what does not hold and why, what holds, the points; what is hidden is not even run."""
    (tmp_path / "mine.py").write_text("")
    assert check(tmp_path / "mine.py", "--assignment", assignment) == 1
    printed = capsys.readouterr().out
    assert "the modules were found in hw/" in printed
    assert "✗ metrics.precision: error, 0.00 of 25.00: precision says" in printed
    assert "    it is so\n    Return a value of the documented type and shape" in printed
    assert "holds: metrics.recall" in printed
    assert "25.00 of 50.00 points (seed 0, sandbox auto; grading uses another, secret seed)" in printed
    assert "50.00 more points depend on 1 claim that is not shown now" in printed
    (job,) = jobs
    assert job.claims == ["metrics.precision", "metrics.recall"]
    assert job.seed == 0
    assert "one-hot" not in printed


def test_an_assignment_without_a_visible_claim_is_refused(tmp_path, assignment, jobs, capsys):
    """One line, and nothing is run."""
    (tmp_path / "mine.py").write_text("")
    assert check(tmp_path / "mine.py", "--assignment", assignment, "--only", "one-hot") == 2
    assert capsys.readouterr().err == (
        "claims: claims check: the assignment shows students no claim yet; expected at least one visible claim\n"
    )
    assert jobs == []


def test_it_takes_the_path_of_grading():
    """The run of a student is the function that grades a class."""
    assert check_command.run_submission is submission_run.run_submission


@pytest.mark.process
def test_new_advises_what_works_where_it_says_so(tmp_path):
    """From another folder: `claims new` prints a command, and that command checks the stubs; our own code holds all."""
    (tmp_path / "hw 5.toml").write_text('claims = ["metrics"]\nexact = true\n')
    command = 'claims() { python -c "from spec.harness.cli import main; raise SystemExit(main())" "$@"; }\n'
    environment = {"PYTHONPATH": str(toy.PROJECT)}

    def shell(words):
        return classes.run(tmp_path, ["bash", "-c", command + words], environment)

    made = shell("claims new --assignment 'hw 5.toml' 'my work'")
    advised = made.stdout.splitlines()[-1].removeprefix("check them with: ")
    assert advised == "claims check 'my work' --assignment 'hw 5.toml'"
    first = shell(advised)
    assert first.returncode == 1, first.stderr
    assert "metrics.precision is not implemented" in first.stdout
    assert "0.00 of 100.00 points" in first.stdout
    shutil.copytree(IMPL, tmp_path / "right", ignore=shutil.ignore_patterns("__pycache__"))
    second = shell("claims check right --assignment 'hw 5.toml'")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "100.00 of 100.00 points" in second.stdout
