"""Long commands on several machines: shards, files that are shared or read together, and a dask scheduler."""

import shlex
import subprocess
import sys
import time
from itertools import chain

import pytest

from spec.harness import cluster
from spec.harness.cli import main
from spec.harness.errors import SpecificationError
from spec.harness.validation import engines, multiverse, runs
from spec.harness.validation.multiverse import VariationRun
from spec.selfcheck import clusters, toy


def test_every_item_is_in_one_shard():
    """However many there are."""
    items = list(range(7))
    for of in range(1, 10):
        shards = [cluster.of_shard(items, (which, of)) for which in range(1, of + 1)]
        assert sorted(chain(*shards)) == items
        assert max(map(len, shards)) - min(map(len, shards)) <= 1


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "1/0", "a/b", "-1/2"])
@pytest.mark.parametrize("command", [["multiverse"], ["calibrate", "--seeds", "1000-1001"]], ids=lambda words: words[0])
def test_a_shard_that_is_none_is_refused(command, shard, tmp_path, capsys):
    """In one line that names the option, and nothing is written."""
    with pytest.raises(SystemExit) as ended:
        main([*command, "--file", str(tmp_path / "runs"), f"--shard={shard}"])
    assert ended.value.code == 2
    assert f"argument --shard: {shard!r}; expected I/N with 1 ≤ I ≤ N" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_further_files_have_to_be_there(tmp_path, capsys):
    """Only the first, which runs are added to, may be new."""
    new, other = tmp_path / "new", tmp_path / "other"
    assert main(["multiverse", "metrics", "--file", str(new), "--file", str(other)]) == 2
    assert capsys.readouterr().err == (
        f"claims: --file {other}: no such file; expected one that `claims multiverse` wrote\n"
    )
    assert not list(tmp_path.iterdir())


def test_the_first_that_fails_ends_the_others():
    """And what failed is raised; what was not begun is not begun."""
    begun = []

    def run(item):
        begun.append(item)
        if item == 1:
            raise SpecificationError("1 cannot be run")
        time.sleep(0.02)  # as long as it takes to stop
        return item

    found = engines.results(run, range(100), workers=1, scheduler=None)
    assert next(found) == 0
    with pytest.raises(SpecificationError, match="1 cannot be run"):
        list(found)
    assert len(begun) < 100


WRITER = """
import sys
from pathlib import Path
from spec.harness.validation import multiverse, runs
for variation in range(50):
    row = multiverse.VariationRun(1000, sys.argv[1], str(variation), {}, [], 1.0)
    runs.append(Path(sys.argv[2]), row)
"""


@pytest.mark.process
def test_writers_of_one_file_lose_nothing(tmp_path):
    """Four processes that add to a file at the same time."""
    file = tmp_path / "runs"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name, str(file)], cwd=toy.PROJECT) for name in "abcd"]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0, 0]
    kept = runs.read([file], multiverse.VariationRun, "multiverse")
    assert {(run.experiment, run.variation) for run in kept} == {(name, str(i)) for name in "abcd" for i in range(50)}


def claims(root, *arguments):
    """`claims …` there."""
    command = f"from spec.harness.cli import main; raise SystemExit(main({list(arguments)}))"
    return subprocess.run(
        [sys.executable, "-c", command], cwd=root, env=toy.clean_environment(), capture_output=True, text=True
    )


@pytest.fixture
def root(tmp_path):
    """The toy specification, one of whose experiments has three variations."""
    return toy.build(tmp_path / "toy")


def varied(root, *files):
    """Which variations these files hold."""
    return sorted(run.variation for run in runs.read([root / file for file in files], VariationRun, "multiverse"))


ALL = ["down", "nothing_left", "reference", "twice_as_large"]


@pytest.mark.process
def test_shards_do_the_whole_in_files_of_their_own(root):
    """Each runs its part; read together, nothing is left to run, and all of it is registered."""
    for which in (1, 2):
        run = claims(root, "multiverse", "toy.effect", "--file", f"runs-{which}", "--shard", f"{which}/2")
        assert run.stderr.startswith("variations to run: 2")
    both = claims(root, "multiverse", "toy.effect", "--file", "runs-1", "--file", "runs-2", "--register")
    assert both.stderr.startswith("variations to run: 0")
    assert varied(root, "runs-1", "runs-2") == ALL
    rows = (root / "spec" / multiverse.ROWS).read_text()
    assert all(f'"variation":"{name}"' in rows for name in ALL)


def test_a_slurm_job_array_shares_one_file(root, slurm, tmp_path):
    """`sbatch --array` with a shard for each task runs all variations."""
    command = "from spec.harness.cli import main; raise SystemExit(main())"
    words = shlex.join([sys.executable, "-c", command, "multiverse", "toy.effect", "--file", "runs", "--workers", "1"])
    script = tmp_path / "job.sh"
    script.write_text(f'#!/bin/bash\n{words} --shard "$SLURM_ARRAY_TASK_ID/2"\n')
    job = ["sbatch", "--wait", "--array=1-2", f"--output={tmp_path}/task-%a.log", str(script)]
    completed = subprocess.run(job, cwd=root, env=toy.clean_environment(**slurm), capture_output=True, timeout=300)
    logs = "".join(file.read_text() for file in sorted(tmp_path.glob("task-*.log")))
    assert completed.returncode == 0, logs
    assert logs.count("variations to run: 2") == 2
    assert varied(root, "runs") == ALL


@pytest.mark.parametrize("command", ["multiverse", "calibrate"])
def test_dask_workers_run_what_is_left(root, scheduler, command):
    """As here; a scheduler that does not answer is one line, and nothing is run."""
    options = ["toy.effect", "--file", "runs", *(["--seeds", "1000-1001"] if command == "calibrate" else [])]
    gone = claims(root, command, *options, "--scheduler", "nonsense")
    assert (gone.returncode, gone.stderr.splitlines()[-1].partition(": no dask")[0]) == (
        2,
        "claims: --scheduler nonsense",
    )
    there = claims(root, command, *options, "--scheduler", scheduler)
    assert there.returncode == 0, there.stderr
    here = claims(root, command, *options)
    assert here.stderr.splitlines()[0].startswith(("variations to run: 0", "runs to run: 0"))
    assert here.stdout == there.stdout


@pytest.fixture
def scheduler(root, tmp_path):
    """The address of a dask scheduler."""
    with clusters.dask(root, tmp_path) as address:
        yield address


@pytest.fixture
def slurm():
    """A Slurm cluster of this one machine; the variables that its commands need."""
    with clusters.slurm() as environment:
        yield environment
