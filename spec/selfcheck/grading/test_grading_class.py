"""A class, graded on the toy specification: whatever happens, finished grades stay, and nobody pays for another."""

import csv
import getpass
import json
import os
import pty
import random
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from spec.harness.grading import engines, records
from spec.harness.grading.display import Count
from spec.harness.grading.running import Job
from spec.harness.grading.submissions import Submission
from spec.selfcheck import toy

COMMAND = [sys.executable, "-c", "from spec.harness.cli import main; raise SystemExit(main())", "grade"]
CLAIMS = ["toy.holds", "toy.missing", "toy.error"]
"""Three claims, of which the toy's own implementation gets one right."""
MISSING_PARTS = {"distributed": "pip install -e '.[cluster]'", "sbatch": "apt-get install slurm-wlm munge"}


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


def options(out, *more, claims=CLAIMS, sandbox="none"):
    """The options of a run on some claims; in this process, which starts sooner, unless it says otherwise."""
    only = [option for claim in claims for option in ("--only", claim)]
    return ["--out", str(out), "--sandbox", sandbox, "--allow-unsandboxed", *only, *map(str, more)]


def grade(root, paths, out, *more, claims=CLAIMS, sandbox="none", **environment):
    """Run `claims grade` there, in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, paths), *options(out, *more, claims=claims, sandbox=sandbox)],
        cwd=root,
        env=toy.clean_environment(**environment),
        capture_output=True,
        text=True,
    )


def table(out):
    """`grades.csv`: each submission's row."""
    with (out / "grades.csv").open(newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def statuses(out):
    """Each submission's status in `grades.csv`."""
    return {name: row["status"] for name, row in table(out).items()}


def result_files(out):
    """Every result file with its bytes."""
    return {file.name: file.read_bytes() for file in (out / "results").glob("*.json")}


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
    found = table(out)
    points = {name: row["points (of 100.00)"] for name, row in found.items()}
    assert points == {"perfect": "100.00", "half": "33.34", "broken": "0.00", "'=odd name": "0.00"}
    assert set(statuses(out).values()) == {"graded"}
    assert "it is not a sound .zip" in found["broken"]["note"]
    assert re.search(r"^seed \d{10}, sandbox (?!none)\w+, 3 claims, 100.00 points$", printed, re.MULTILINE)
    assert "4 graded" in printed
    assert "lowest 0.00, median 33.34, highest 100.00" in printed
    assert not [letter for letter in printed if ord(letter) < 32 and letter != "\n"]


def test_a_grade_says_why(graded):
    """The result file has points, reason and hint of every claim, and the whole evidence of the run."""
    out, _ = graded
    record = records.read(out / "results" / "half.json")
    (question,) = record.grade.questions
    claims = {claim.id: claim for claim in question.claims}
    assert (claims["toy.holds"].points, claims["toy.missing"].points) == (33_34, 0)
    assert claims["toy.missing"].reason.startswith("metrics.recall is missing")
    assert "ZeroDivisionError" in claims["toy.error"].reason
    assert claims["toy.error"].hint
    assert "F1 of a perfect prediction: holds" in claims["toy.holds"].evidence[0]
    assert record.run.seed == record.seed >= 2**31
    assert {claim.id for claim in record.run.claims} >= set(CLAIMS)


def test_the_secret_is_the_owners(graded):
    """Nobody but the owner may read what the seed is drawn from."""
    out, _ = graded
    assert stat.S_IMODE((out / "seed-secret").stat().st_mode) == 0o600


def test_nothing_is_run_twice_but_what_changed(root, submissions, graded, tmp_path):
    """The same command runs nothing; new points need no run; a changed submission, and no other, is run again."""
    out, folder = tmp_path / "out", tmp_path / "class"
    shutil.copytree(graded[0], out)
    shutil.copytree(submissions, folder)
    before = result_files(out)
    assert "submissions: 4; graded before: 4" in grade(root, sorted(folder.iterdir()), out).stdout
    assert result_files(out) == before
    (tmp_path / "assignment.toml").write_text('title = "Toys"\npoints = 10\n[weights]\n"toy.holds" = 3\n')
    again = grade(root, sorted(folder.iterdir()), out, "--assignment", tmp_path / "assignment.toml")
    assert "graded before: 4" in again.stdout
    assert table(out)["half"]["points (of 10.00)"] == "6.00"
    shutil.copy(folder / "perfect" / "metrics.py", folder / "half" / "metrics.py")
    assert "graded before: 3" in grade(root, sorted(folder.iterdir()), out).stdout
    assert table(out)["half"]["points (of 100.00)"] == "100.00"
    assert {name: contents for name, contents in result_files(out).items() if name != "half.json"} == {
        name: contents for name, contents in before.items() if name != "half.json"
    }


def test_a_killed_run_goes_on_where_it_was(root, submissions, tmp_path):
    """SIGKILL at random moments: `grades.csv` is whole at every moment, and what is finished stays as it is."""
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    names = {f"s{i}" for i in range(4)}
    for name in names:
        # All the same, so that one run could clear away what belongs to another.
        shutil.copytree(submissions / "half", folder / name)
    moments = random.Random(0)
    finished: dict[str, bytes] = {}
    for kill in range(3):
        process = subprocess.Popen(
            [*COMMAND, *map(str, sorted(folder.iterdir())), *options(out, "--workers", 2)],
            cwd=root,
            env=toy.clean_environment(),
            stdout=subprocess.DEVNULL,
        )
        # A moment after the class was listed, and once more after a run finished.
        wanted = len(finished) + kill % 2
        while process.poll() is None and not ((out / "grades.csv").exists() and len(result_files(out)) >= wanted):
            time.sleep(0.02)
        for _ in range(moments.randrange(20)):
            time.sleep(0.02)
            assert (out / "grades.csv").exists() is False or set(table(out)) == names
        process.kill()
        process.wait()
        assert {name: result_files(out)[name] for name in finished} == finished
        finished = result_files(out)
        assert all(json.loads(contents)["status"] == "graded" for contents in finished.values())
        assert_no_orphans(process.pid)
        assert {name for name, status in statuses(out).items() if status == "graded"} <= {
            name.removesuffix(".json") for name in finished
        }
    completed = grade(root, sorted(folder.iterdir()), out)
    assert completed.returncode == 0
    assert f"graded before: {len(finished)}\n" in completed.stdout
    assert {name: result_files(out)[name] for name in finished} == finished
    assert set(statuses(out)) == names
    assert {row["points (of 100.00)"] for row in table(out).values()} == {"33.34"}


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
    """A run that ends without results is said and listed, charges nothing, and the next start repeats it, no other."""
    out = tmp_path / "out"
    paths = [submissions / "half", submissions / "broken.zip"]
    first = grade(root, paths, out, claims=["toy.holds", "toy.crash"], TOY_CRASH="1")
    assert first.returncode == 1
    assert "not graded, and not charged: half: pytest ended with status 3 and no results" in first.stdout
    row = table(out)["half"]
    assert (row["status"], row["points (of 100.00)"]) == ("grader-error", "")
    assert statuses(out)["broken"] == "graded"
    second = grade(root, paths, out, claims=["toy.holds", "toy.crash"])
    assert second.returncode == 0
    assert "submissions: 2; graded before: 1" in second.stdout
    assert table(out)["half"]["points (of 100.00)"] == "100.00"


def test_claims_that_the_specification_breaks_are_not_charged(root, submissions, tmp_path):
    """A claim whose own test fails makes the submission a grader's error, with the claim and the reason."""
    completed = grade(root, [submissions / "half"], tmp_path / "out", claims=["toy.holds", "toy.grader-error"])
    assert completed.returncode == 1
    assert "toy.grader-error: KeyError: 'nothing'" in completed.stdout
    assert statuses(tmp_path / "out") == {"half": "grader-error"}


def test_what_is_inconclusive_is_looked_at_once_more(root, submissions, tmp_path):
    """The assignment's larger n is used once, both looks with half of alpha, and what it finds counts."""
    (tmp_path / "assignment.toml").write_text('claims = ["toy.no-effect"]\n[regrade]\ninconclusive = 24\n')
    out = tmp_path / "out"
    completed = grade(root, [submissions / "half"], out, "--assignment", tmp_path / "assignment.toml", claims=[])
    assert completed.returncode == 0
    record = records.read(out / "results" / "half.json")
    (seen,) = next(claim for claim in record.run.claims if claim.id == "toy.no-effect").tests[0].evidence
    assert (seen.look, seen.replicates, seen.alpha, len(seen.values)) == (2, 24, 0.0005, 24)
    assert record.run.selection.second_look == 24
    ((claim,),) = (question.claims for question in record.grade.questions)
    assert (claim.outcome, claim.points) == ("inconclusive", 0)
    assert "of 24 replicates" in claim.hint


def test_a_run_that_hangs_is_stopped_and_an_interruption_ends_with_the_summary(root, submissions, tmp_path):
    """Ctrl-C stops what is running at once, says what is done, and leaves the rest pending."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, str(submissions / "broken.zip"), str(submissions / "half"), *options(out, claims=["toy.slow"])],
        cwd=root,
        env=toy.clean_environment(TOY_SLEEP="120"),
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (out / "grades.csv").exists() or statuses(out) != {"broken": "graded", "half": "running"}:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted; the same command goes on from here" in printed
    assert statuses(out) == {"broken": "graded", "half": "pending"}
    assert_no_orphans(process.pid)


def test_shards_share_a_folder(root, submissions, tmp_path):
    """Each shard runs its part, lists the whole class, and both together have graded all of it."""
    out = tmp_path / "out"
    paths = [submissions / "half", submissions / "broken.zip"]
    first = grade(root, paths, out, "--shard", "1/2")
    assert "submissions: 1; graded before: 0" in first.stdout
    assert statuses(out) == {"broken": "graded", "half": "pending"}
    assert "submissions: 1; graded before: 0" in grade(root, paths, out, "--shard", "2/2").stdout
    assert statuses(out) == {"broken": "graded", "half": "graded"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--shard", "3/2"], "'3/2'; expected I/N with 1 ≤ I ≤ N"),
        (["--workers", "0"], "'0'; expected a number from 1 up"),
        (["--engine", "dask"], "--engine dask --scheduler None: expected --engine dask with the address"),
        (["--exclude", "toy"], "no graded claim is left to count"),
        (["--seed-secret", "nowhere"], "--seed-secret nowhere: cannot be read"),
        (["--assignment", "nowhere.toml"], "--assignment nowhere.toml: cannot be read"),
    ],
)
def test_a_wrong_option_is_one_line(root, submissions, tmp_path, more, message):
    """A wrong option is named with its value and what was expected, before anything runs."""
    completed = grade(root, [submissions / "half"], tmp_path / "out", *more)
    assert completed.returncode == 2
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr
    assert not (tmp_path / "out" / "results").exists()


def test_a_class_is_not_graded_without_a_sandbox(root, submissions, tmp_path):
    """Where nothing shuts submissions in, nothing runs, unless the grader says that it may."""
    completed = subprocess.run(
        [*COMMAND, str(submissions / "half"), "--out", str(tmp_path / "out"), "--sandbox", "none"],
        cwd=root,
        env=toy.clean_environment(),
        capture_output=True,
        text=True,
    )
    assert completed.returncode == 2
    assert "--sandbox none: the strongest isolation to be had here is 'none'; expected" in completed.stderr
    assert not (tmp_path / "out").exists()


def test_a_terminal_gets_a_live_display(root, submissions, tmp_path):
    """On a terminal a bar says how many are done, running and failed, and how much time is left."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, str(submissions / "broken.zip"), *options(tmp_path / "out")],
        cwd=root,
        env=toy.clean_environment(TERM="xterm", COLUMNS="160"),
        stdout=there,
    )
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
    count = Count()
    count.plan(total=18, done=10)
    assert count.time_left(count.began_at + 5) is None
    count.graded, count.failed = 1, 1
    assert count.time_left(count.began_at + 100) == pytest.approx(300)


def needs(part, there):
    """Skip a test of what is not installed here; in continuous integration that is a failure."""
    if not there:
        reason = f"{part} is not installed ({MISSING_PARTS[part]})"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; continuous integration has to have it")
        pytest.skip(reason)


CLUSTER = """\
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
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
    try:
        import distributed
    except ImportError:
        needs("distributed", False)
    assert distributed
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    cluster = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=root,
        env=toy.clean_environment(PYTHONPATH=str(root)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield cluster.stdout.readline().strip()
    cluster.communicate("", timeout=60)


def test_dask_workers_grade_a_class(root, submissions, graded, scheduler, tmp_path):
    """On a dask cluster the same grades come out; a scheduler that does not answer is one line."""
    out = tmp_path / "out"
    out.mkdir()
    shutil.copy(graded[0] / "seed-secret", out)
    paths = [submissions / "half", submissions / "broken.zip", submissions / "perfect"]
    completed = grade(root, paths, out, "--engine", "dask", "--scheduler", scheduler)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    here = table(graded[0])
    assert table(out) == {name: here[name] for name in ("broken", "half", "perfect")}
    gone = grade(root, paths, out, "--engine", "dask", "--scheduler", "nonsense")
    assert gone.returncode == 2
    assert "--scheduler nonsense: no dask scheduler answers there" in gone.stderr


@pytest.mark.parametrize("kills", [1, 4], ids=["once", "as often as dask tries"])
def test_a_dask_worker_that_is_killed_loses_no_grade(root, submissions, graded, scheduler, tmp_path, kills):
    """What ran on it is run again; what no worker survives is the grader's error, and graded by the same command."""
    left, killer, out = tmp_path / "left", tmp_path / "killer", tmp_path / "out"
    left.write_text(str(kills))
    killer.mkdir()
    (killer / "metrics.py").write_text(KILLER.format(left=str(left)))
    out.mkdir()
    shutil.copy(graded[0] / "seed-secret", out)
    others = [shutil.copytree(submissions / "half", tmp_path / f"half{i}") for i in range(4)]
    command = [root, [*others[:2], killer, *others[2:]], out, "--engine", "dask", "--scheduler", scheduler]
    completed = grade(*command)
    assert left.read_text() == "0", completed.stdout + completed.stderr
    assert statuses(out)["killer"] == ("graded" if kills == 1 else "grader-error")
    assert "5 of 5 done, 0 running" in completed.stdout
    if kills > 1:
        assert completed.returncode == 1
        assert "not graded, and not charged: killer: the worker failed: KilledWorker" in completed.stdout
        completed = grade(*command)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    half = {**table(graded[0])["half"]}
    names = ["half0", "half1", "half2", "half3", "killer"]
    assert table(out) == {name: {**half, "submission": name} for name in names}


def test_a_record_that_is_lost_with_its_worker_is_made_again(scheduler, monkeypatch):
    """Where a worker dies after it was done, before its record was fetched, the record still comes."""
    from distributed import Client

    def remote(job, _):  # dask sends a function that no module has
        from spec.harness.grading.engines import failed

        return failed(job, "made")

    monkeypatch.setattr(engines, "_remote", remote)
    monkeypatch.setattr(engines, "FETCH", 0.5)
    jobs = [Job(Submission(name, Path(name)), "", "", [], False, 0, "cpu", [], 1.0) for name in ("one", "other")]
    found = engines.dask(scheduler)(jobs, lambda _: None)
    first, _ = next(found)
    with Client(scheduler) as client:
        while len(holding := [worker for worker, keys in client.has_what().items() for _ in keys]) != 1:
            time.sleep(0.05)
        (worker,) = client.run(os.getpid, workers=holding).values()
    os.kill(worker, signal.SIGKILL)
    ((second, record),) = found
    assert {first.submission.name, second.submission.name} == {"one", "other"}
    assert record.problem == "made"


SLURM = """\
ClusterName=claims
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={port}
SlurmdPort={next_port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@pytest.fixture
def slurm():
    """A Slurm cluster of this one machine, with daemons of its own; the variables that its commands need."""
    needs("sbatch", all(shutil.which(program) for program in ("sbatch", "slurmctld", "slurmd", "munged")))
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    port, next_port = free_ports()
    configuration = SLURM.format(
        host=socket.gethostname().partition(".")[0],
        folder=folder,
        user=getpass.getuser(),
        port=port,
        next_port=next_port,
        cores=os.cpu_count(),
    )
    (folder / "slurm.conf").write_text(configuration)
    munge = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
    munge["seed-file"] = "munge.seed"
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    try:
        started = ["munged", "--force", *(f"--{option}={folder / file}" for option, file in munge.items())]
        for command in (started, ["slurmctld"], ["slurmd"]):
            subprocess.run(command, env=toy.clean_environment(**environment), check=True, capture_output=True)
        yield environment
    finally:
        for name in ("slurmd.pid", "slurmctld.pid", "munged.pid"):
            if (folder / name).exists():
                os.kill(int((folder / name).read_text()), signal.SIGTERM)
        time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)


def free_ports():
    """Two ports that nobody listens on."""
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def test_a_slurm_job_array_grades_a_class(root, submissions, slurm, tmp_path):
    """`sbatch --array` with a shard for each task grades the whole class."""
    out = tmp_path / "out"
    paths = [submissions / "half", submissions / "broken.zip"]
    words = [*COMMAND, *map(str, paths), *options(out, "--workers", 1)]
    script = tmp_path / "job.sh"
    script.write_text(f'#!/bin/bash\n{shlex.join(words)} --shard "$SLURM_ARRAY_TASK_ID/2"\n')
    completed = subprocess.run(
        ["sbatch", "--wait", "--array=1-2", f"--output={tmp_path}/task-%a.log", str(script)],
        cwd=root,
        env=toy.clean_environment(**slurm),
        capture_output=True,
        text=True,
        timeout=300,
    )
    logs = "".join(file.read_text() for file in sorted(tmp_path.glob("task-*.log")))
    assert completed.returncode == 0, completed.stdout + completed.stderr + logs
    assert logs.count("submissions: 1; graded before: 0") == 2
    assert set(statuses(out).values()) == {"graded"}
