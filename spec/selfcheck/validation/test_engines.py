"""Long commands on several machines: shards, files that are shared or read together, and a dask scheduler."""

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
from spec.selfcheck import toy


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


@pytest.mark.process
def test_shards_do_the_whole_in_files_of_their_own(tmp_path):
    """Each runs its part; read together, nothing is left to run, and all of it is registered."""
    root = toy.build(tmp_path / "toy")

    def claims(*options):
        command = f"from spec.harness.cli import main; raise SystemExit(main({['multiverse', 'toy.effect', *options]}))"
        return subprocess.run(
            [sys.executable, "-c", command], cwd=root, env=toy.clean_environment(), capture_output=True, text=True
        )

    for which in (1, 2):
        assert claims("--file", f"runs-{which}", "--shard", f"{which}/2").stderr.startswith("variations to run: 2")
    both = claims("--file", "runs-1", "--file", "runs-2", "--register")
    assert both.stderr.startswith("variations to run: 0")
    rows = (root / "spec" / multiverse.ROWS).read_text()
    assert all(f'"variation":"{name}"' in rows for name in ("reference", "twice_as_large", "nothing_left", "down"))
    assert [len(runs.read([root / f"runs-{which}"], VariationRun, "multiverse")) for which in (1, 2)] == [2, 2]
