"""A class, graded on the toy specification: whatever happens, finished grades stay, and nobody pays for another."""

import csv
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spec.harness.grading import engines, records, seals
from spec.harness.grading.progress import ProgressObserver
from spec.harness.grading.seeds import read_secret
from spec.harness.grading.submission_run import Job
from spec.harness.grading.submissions import Submission
from spec.harness.sandbox.limits import Limits
from spec.selfcheck import clusters, toy

COMMAND = [sys.executable, "-c", "from spec.harness.cli import main; raise SystemExit(main())", "grade"]
CLAIMS = ["toy.holds", "toy.missing", "toy.error"]
"""Three claims, of which the toy's own implementation gets one right."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification."""
    return toy.build(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def submissions(root, tmp_path_factory):
    """A small class: right, half right, wrong, unreadable, and one with a name that is trouble."""
    folder = tmp_path_factory.mktemp("class")
    shutil.copytree(root / "impl", folder / "half")
    perfect = folder / "perfect"
    perfect.mkdir()
    (perfect / "metrics.py").write_text(
        "def f1(y_true, y_pred):\n    return float((y_true == y_pred).all())\n\n"
        "recall = precision = f1\nprint('x' * 10_000)\n"
    )
    (folder / "broken.zip").write_text("this is no archive")
    (folder / "=odd name.py").write_text("raise RuntimeError('\\x1b[31m\\ud800')\n")
    return folder


def command(paths, out, *more, claims=CLAIMS, sandbox="none"):
    """`claims grade` of some claims; without a sandbox, which starts sooner, unless it says otherwise."""
    only = [option for claim in claims for option in ("--only", claim)]
    options = ["--out", out, "--sandbox", sandbox, "--allow-unsandboxed", *only, *more]
    return [*COMMAND, *map(str, paths), *map(str, options)]


def start(root, words, environment=None, **options):
    """Start a command there."""
    return subprocess.Popen(words, cwd=root, env=toy.clean_environment(**environment or {}), text=True, **options)


def run(root, words, environment=None, **options):
    """Run a command there to its end."""
    env = toy.clean_environment(**environment or {})
    return subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, **options)


def grade(root, paths, out, *more, claims=CLAIMS, sandbox="none", **environment):
    """Run `claims grade` there, in a process of its own."""
    return run(root, command(paths, out, *more, claims=claims, sandbox=sandbox), environment)


def table(out):
    """`grades.csv`: each submission's row."""
    with (out / "grades.csv").open(newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def statuses(out):
    """Each submission's status in `grades.csv`."""
    return {name: row["status"] for name, row in table(out).items()}


def points(out, of="100.00"):
    """Each submission's points in `grades.csv`."""
    return {name: row[f"points (of {of})"] for name, row in table(out).items()}


def result_files(out):
    """Every result file with its bytes."""
    return {file.stem: file.read_bytes() for file in (out / "results").glob("*.json")}


@pytest.fixture(scope="module")
def graded(root, submissions, tmp_path_factory):
    """The class, graded behind the strongest sandbox that there is; and what was printed."""
    out = tmp_path_factory.mktemp("out")
    completed = grade(root, sorted(submissions.iterdir()), out, sandbox="auto")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return out, completed.stdout


def test_a_class_is_graded(graded):
    """Right, half right and wrong get what they are worth; an archive that cannot be read has its reason, and 0."""
    out, printed = graded
    assert points(out) == {"perfect": "100.00", "half": "33.34", "broken": "0.00", "'=odd name": "0.00"}
    assert set(statuses(out).values()) == {"graded"}
    assert "it is not a valid .zip file" in table(out)["broken"]["note"]
    assert re.search(r"^seed \d{10}, sandbox (?!none)\w+, 3 claims, 100.00 points$", printed, re.MULTILINE)
    assert "4 graded" in printed
    assert "lowest 0.00, median 16.67, highest 100.00" in printed
    assert not [letter for letter in printed if ord(letter) < 32 and letter != "\n"]


def test_a_grade_says_why(graded):
    """The result file has points, reason and hint of every claim, and the whole evidence of the run."""
    out, _ = graded
    record = records.read(out / "results" / "half.json", seals.key_of(read_secret(None, out)))
    claims = {claim.id: claim for claim in record.grade.claims}
    assert (claims["toy.holds"].points, claims["toy.missing"].points) == (33_34, 0)
    assert claims["toy.missing"].reason.startswith("metrics.recall is missing")
    assert "ZeroDivisionError" in claims["toy.error"].reason
    assert claims["toy.error"].hint
    assert "F1 of a perfect prediction: holds" in claims["toy.holds"].evidence[0]
    assert record.run.seed == record.seed >= 2**31
    assert {claim.id for claim in record.run.claims} >= set(CLAIMS)


def test_nothing_is_run_twice_but_what_changed(root, submissions, graded, tmp_path):
    """The same command runs nothing; new points need no run; a changed submission, and no other, is run again."""
    out, folder = shutil.copytree(graded[0], tmp_path / "out"), shutil.copytree(submissions, tmp_path / "class")
    paths = sorted(folder.iterdir())
    before = result_files(out)
    assert "submissions: 4; already graded: 4" in grade(root, paths, out).stdout
    assert result_files(out) == before
    (tmp_path / "assignment.toml").write_text('title = "Toys"\npoints = 10\n[weights]\n"toy.holds" = 3\n')
    again = grade(root, paths, out, "--assignment", tmp_path / "assignment.toml")
    assert "already graded: 4" in again.stdout
    assert points(out, of="10.00")["half"] == "6.00"
    shutil.copy(folder / "perfect" / "metrics.py", folder / "half" / "metrics.py")
    assert "already graded: 3" in grade(root, paths, out).stdout
    assert points(out, of="10.00")["half"] == "10.00"
    (tmp_path / "assignment.toml").write_text("")
    assert "already graded: 4" in grade(root, paths, out, "--assignment", tmp_path / "assignment.toml").stdout
    after = result_files(out)
    assert {name for name in after if after[name] != before[name]} == {"half"}


def test_a_killed_run_goes_on_where_it_was(root, submissions, tmp_path):
    """SIGKILL at random moments: `grades.csv` is whole at every moment, and what is finished stays as it is."""
    out, names = tmp_path / "out", {f"s{i}" for i in range(4)}
    # All the same, so that one run could clear away what belongs to another.
    paths = [shutil.copytree(submissions / "half", tmp_path / "class" / name) for name in sorted(names)]
    moments = random.Random(0)
    finished: dict[str, bytes] = {}
    for kill in range(3):
        process = start(root, command(paths, out, "--workers", 2), stdout=subprocess.DEVNULL)
        # A moment after the class was listed, and once more after a run finished.
        wanted = len(finished) + kill % 2
        while process.poll() is None and not ((out / "grades.csv").exists() and len(result_files(out)) >= wanted):
            time.sleep(0.02)
        for _ in range(moments.randrange(20)):
            time.sleep(0.02)
            assert (out / "grades.csv").exists() is False or set(table(out)) == names
        process.kill()
        process.wait()
        after = result_files(out)
        assert {name: after[name] for name in finished} == finished
        finished = after
        assert all(json.loads(contents)["status"] == "graded" for contents in finished.values())
        assert_no_orphans(process.pid)
        assert {name for name, status in statuses(out).items() if status == "graded"} <= finished.keys()
    completed = grade(root, paths, out)
    assert completed.returncode == 0
    assert f"already graded: {len(finished)}\n" in completed.stdout
    assert {name: result_files(out)[name] for name in finished} == finished
    assert points(out) == dict.fromkeys(names, "33.34")


@pytest.mark.parametrize(
    "made", ["claims-grade-*/claims-sandbox-*", "claims-grade-*/tmp/claims-sandbox-*"], ids=["probing", "running"]
)
def test_a_killed_grader_leaves_nothing_for_long(root, submissions, tmp_path, made):
    """The folders of the probe, of the run and of its sandbox are gone after the next start."""
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    words = command([submissions / "half"], out, claims=["toy.holds", "toy.slow"], sandbox="auto")
    process = start(root, words, {"TOY_SLEEP": "300", "TMPDIR": str(temporary)}, stdout=subprocess.DEVNULL)
    while not any(temporary.glob(made)):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert_no_orphans(process.pid)
    assert any(temporary.glob(made))
    assert grade(root, [submissions / "broken.zip"], out, "--start-over", TMPDIR=str(temporary)).returncode == 0
    assert not list(temporary.iterdir())


def assert_no_orphans(grader):
    """Soon after a grader was killed no run of it is left."""
    mine = f"claims-grade-{grader}-"
    for _ in range(100):
        left = [file for file in Path("/proc").glob("[0-9]*/cmdline") if mine in _read(file)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"{len(left)} runs of the killed grader are still there")


def _read(file):
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def test_a_graders_error_is_not_charged_and_is_run_again(root, submissions, tmp_path):
    """What the grader fails on is listed with its reason, costs no points, and is run again by the same command.

    A run may end without results, or a claim's own test may fail.
    """
    out, paths = tmp_path / "out", [submissions / "half", submissions / "broken.zip"]
    first = grade(root, paths, out, claims=["toy.holds", "toy.crash"], TOY_CRASH="1")
    assert first.returncode == 1
    assert "grader error, no points lost: half: pytest ended with status 3 and no results" in first.stdout
    assert statuses(out) == {"half": "grader-error", "broken": "graded"}
    assert points(out)["half"] == ""
    second = grade(root, paths, out, claims=["toy.holds", "toy.crash"])
    assert second.returncode == 0
    assert "submissions: 2; already graded: 1" in second.stdout
    assert points(out)["half"] == "100.00"
    third = grade(root, paths[:1], out, "--start-over", claims=["toy.holds", "toy.grader-error"])
    assert third.returncode == 1
    assert "toy.grader-error: KeyError: 'nothing'" in third.stdout
    assert statuses(out) == {"half": "grader-error"}


def test_a_run_that_hangs_is_stopped_and_an_interruption_ends_with_the_summary(root, submissions, tmp_path):
    """Ctrl-C stops what is running at once, says what is done, and leaves the rest pending."""
    out = tmp_path / "out"
    words = command([submissions / "broken.zip", submissions / "half"], out, claims=["toy.slow"])
    process = start(root, words, {"TOY_SLEEP": "120"}, stdout=subprocess.PIPE)
    while not (out / "grades.csv").exists() or statuses(out) != {"broken": "graded", "half": "running"}:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted; run the same command again to resume" in printed
    assert statuses(out) == {"broken": "graded", "half": "pending"}
    assert_no_orphans(process.pid)


def test_shards_share_a_folder(root, submissions, tmp_path):
    """Each shard runs its part, lists the whole class, and both together have graded all of it."""
    out, paths = tmp_path / "out", [submissions / "half", submissions / "broken.zip"]
    for shard, half in ((1, "pending"), (2, "graded")):
        assert "submissions: 1; already graded: 0" in grade(root, paths, out, "--shard", f"{shard}/2").stdout
        assert statuses(out) == {"broken": "graded", "half": half}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--shard", "3/2"], "'3/2'; expected I/N with 1 ≤ I ≤ N"),
        (["--workers", "0"], "'0'; expected a whole number from 1 up"),
        (["--engine", "dask"], "--engine dask --scheduler None: expected --engine dask with the address"),
        (["--exclude", "toy"], "no graded claim is left after the selection"),
        (["--seed-secret", "nowhere"], "--seed-secret nowhere: cannot be read"),
        (["--device", "cuda"], "--device cuda: torch finds no CUDA device; expected cpu, or a machine with one"),
        (["--assignment", "nowhere.toml"], "--assignment nowhere.toml: cannot be read"),
        ([], "--sandbox none: the strongest sandbox available here is 'none'; expected"),
    ],
)
def test_a_wrong_option_is_one_line(root, submissions, tmp_path, more, message):
    """A wrong option is named with its value and what was expected, before anything runs; so is a missing sandbox."""
    words = command([submissions / "half"], tmp_path / "out", *more)
    completed = run(root, [word for word in words if more or word != "--allow-unsandboxed"])
    assert completed.returncode == 2
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr
    assert not (tmp_path / "out" / "results").exists()


@pytest.mark.parametrize("ends", [">&-", ">&- 2>&- <&-", ">/dev/full", "| true"])
def test_grading_goes_on_where_nobody_can_read_what_it_prints(root, submissions, tmp_path, ends):
    """Standard output may be closed, full, or a pipe whose reader has gone."""
    words = command([submissions / "broken.zip"], tmp_path / "out")
    completed = run(root, ["bash", "-c", f'"$@" {ends}; exit ${{PIPESTATUS[0]}}', "bash", *words])
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")
    assert statuses(tmp_path / "out") == {"broken": "graded"}


def test_grading_goes_on_where_output_takes_no_such_letters(root, submissions, tmp_path):
    """In another locale what cannot be written is replaced."""
    name = submissions.parent / "Zo\xeb.zip"
    shutil.copy(submissions / "broken.zip", name)
    completed = grade(root, [name], tmp_path / "out", PYTHONIOENCODING="ascii")
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "Zo?: 0.00 of 100.00" in completed.stdout


def test_a_terminal_gets_a_live_display(root, submissions, tmp_path):
    """On a terminal a bar says how many are done, running and failed, and how much time is left."""
    import pty  # which Windows has not, where nothing is graded

    here, there = pty.openpty()
    words = command([submissions / "broken.zip"], tmp_path / "out")
    process = start(root, words, {"TERM": "xterm", "COLUMNS": "160"}, stdout=there)
    os.close(there)
    printed = b""
    while True:
        try:
            printed += os.read(here, 4096)
        except OSError:
            break
    os.close(here)
    assert process.wait() == 0
    assert "1 of 1 done, 0 running, 0 failed, 0:00:00 left" in printed.decode(errors="replace")
    assert b"\x1b[?25l" in printed


def test_time_left_is_what_the_pace_so_far_makes_it():
    """Two in a hundred seconds, six left: three hundred seconds; those of earlier runs tell nothing of the pace."""
    observer = ProgressObserver()
    observer.plan(total=18, previous=10)
    assert observer.time_left(observer.planned_at + 5) is None
    observer.graded, observer.failed = 1, 1
    assert observer.time_left(observer.planned_at + 100) == pytest.approx(300)


KILLER = """\
import os, pathlib, signal

def f1(y_true, y_pred):
    left = pathlib.Path({left!r})
    if kills := int(left.read_text()):
        left.write_text(str(kills - 1))
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()
    return float((y_true == y_pred).all())
"""


@pytest.fixture
def scheduler(root, tmp_path):
    """The address of a dask scheduler with two workers for two runs at a time, which are replaced where they die."""
    with clusters.dask(root, tmp_path) as address:
        yield address


@pytest.fixture
def same_seed(graded, tmp_path):
    """A folder for grades with the seed of the class that was graded."""
    (tmp_path / "out").mkdir()
    shutil.copy(graded[0] / "seed-secret", tmp_path / "out")
    return tmp_path / "out"


def test_dask_workers_grade_a_class(root, submissions, graded, scheduler, same_seed):
    """On a dask cluster the same grades come out; a scheduler that does not answer is one line."""
    names = ("half", "broken.zip", "perfect")
    command = [root, [submissions / name for name in names], same_seed, "--engine", "dask", "--scheduler"]
    completed = grade(*command, scheduler)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert table(same_seed) == {name: table(graded[0])[name] for name in ("broken", "half", "perfect")}
    gone = grade(*command, "nonsense")
    assert gone.returncode == 2
    assert "--scheduler nonsense: no dask scheduler answers there" in gone.stderr


@pytest.mark.parametrize("kills", [1, 4], ids=["once", "as often as dask tries"])
def test_a_dask_worker_that_is_killed_loses_no_grade(root, submissions, graded, scheduler, same_seed, tmp_path, kills):
    """What ran on it is run again; what no worker survives is the grader's error, and graded by the same command."""
    left, killer = tmp_path / "left", tmp_path / "killer"
    left.write_text(str(kills))
    killer.mkdir()
    (killer / "metrics.py").write_text(KILLER.format(left=str(left)))
    others = [shutil.copytree(submissions / "half", tmp_path / f"half{i}") for i in range(4)]
    command = [root, [*others[:2], killer, *others[2:]], same_seed, "--engine", "dask", "--scheduler", scheduler]
    completed = grade(*command)
    assert left.read_text() == "0", completed.stdout + completed.stderr
    assert statuses(same_seed)["killer"] == ("graded" if kills == 1 else "grader-error")
    assert "5 of 5 done, 0 running" in completed.stdout
    if kills > 1:
        assert completed.returncode == 1
        assert "grader error, no points lost: killer: the worker failed: KilledWorker" in completed.stdout
        completed = grade(*command)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    names = ["half0", "half1", "half2", "half3", "killer"]
    assert table(same_seed) == {
        name: {**table(graded[0])["half"], "student": name, "submission": name} for name in names
    }


def test_a_record_that_is_lost_with_its_worker_is_made_again(scheduler, monkeypatch):
    """Where a worker dies after it was done, before its record was fetched, the record still comes."""
    from distributed import Client

    def remote(job, _):  # dask sends a function that no module has
        from spec.harness.grading.submission_run import record_of

        return record_of(job, "grader-error", "made")

    monkeypatch.setattr(engines, "_run_remotely", remote)
    monkeypatch.setattr(engines, "FETCH_TIMEOUT", 0.5)
    jobs = [Job(Submission(name, Path(name)), "", "", [], [], False, 0, "cpu", "none", Limits()) for name in "ab"]
    results = engines.dask(scheduler)(jobs, lambda _: None)
    first, _ = next(results)
    with Client(scheduler) as client:
        while len(holding := [worker for worker, keys in client.has_what().items() for _ in keys]) != 1:
            time.sleep(0.05)
        (worker,) = client.run(os.getpid, workers=holding).values()
    os.kill(worker, signal.SIGKILL)
    ((second, record),) = results
    assert {first.submission.name, second.submission.name} == {"a", "b"}
    assert record.problem == "made"


@pytest.fixture
def slurm():
    """A Slurm cluster of this one machine; the variables that its commands need."""
    with clusters.slurm() as environment:
        yield environment


def test_a_slurm_job_array_grades_a_class(root, submissions, slurm, tmp_path):
    """`sbatch --array` with a shard for each task grades the whole class."""
    out = tmp_path / "out"
    words = command([submissions / "half", submissions / "broken.zip"], out, "--workers", 1)
    script = tmp_path / "job.sh"
    script.write_text(f'#!/bin/bash\n{shlex.join(words)} --shard "$SLURM_ARRAY_TASK_ID/2"\n')
    words = ["sbatch", "--wait", "--array=1-2", f"--output={tmp_path}/task-%a.log", str(script)]
    completed = run(root, words, slurm, timeout=300)
    logs = "".join(file.read_text() for file in sorted(tmp_path.glob("task-*.log")))
    assert completed.returncode == 0, completed.stdout + completed.stderr + logs
    assert logs.count("submissions: 1; already graded: 0") == 2
    assert set(statuses(out).values()) == {"graded"}
