"""How comparisons fare on fresh seeds: runs that are kept, go on where they stopped, and are summed up."""

import re
import subprocess
import sys

import numpy as np
import pytest

from spec.harness.claims.registry import Registry
from spec.harness.errors import SpecificationError
from spec.harness.validation import calibration
from spec.harness.validation.calibration import Observation, SeedList
from spec.selfcheck import toy
from spec.selfcheck.examples import a_claim, a_comparison, an_interval

CLAIM = a_claim(comparison={"difference": a_comparison(), "level": an_interval(-0.5, 0.5)})


class OneClaim(Registry):
    """A registry of one claim, without a file."""

    def __init__(self, claim):
        """Hold the claim."""
        self.claims = {claim.id: claim}


def run_of(seed, role="claim", **values):
    """A run that decided comparisons of the claim."""
    return SeedList(seed, {CLAIM.id: {name: Observation(role, list(own)) for name, own in values.items()}})


def summary(*runs, claim=CLAIM):
    """What the runs say of the only comparison that they decided."""
    (found,) = calibration.summaries(OneClaim(claim), runs, [claim.id])
    return found


def test_runs_are_pooled():
    """Counts are of the replicates beyond the margin, by run and over all of them."""
    found = summary(run_of(1000, difference=[0.2] * 12), run_of(1001, difference=[0.2] * 11 + [0.05]))
    assert (found.seeds, found.held, found.exceed, found.of) == ([1000, 1001], 1, 23, 24)
    assert (found.smallest_count, found.needed) == (11, 12)
    assert found.power == pytest.approx((23 / 24) ** 12)
    assert found.mean == pytest.approx((23 * 0.2 + 0.05) / 24)


def test_an_interval_counts_what_lies_inside():
    """Both ends of the interval count."""
    assert summary(run_of(1000, level=[-0.5, 0.5, 0.51] * 4)).exceed == 8


def test_a_refuted_claim_is_right_on_the_wrong_side():
    """Where the claim is refuted its own test counts what lies below zero; the amended one counts as ever."""
    refuted = a_claim(verdict="refuted", comparison=CLAIM.comparison)
    values = np.repeat([-0.2, 0.05, 0.2], [9, 2, 1])
    assert summary(run_of(1000, difference=values), claim=refuted).exceed == 9
    assert summary(run_of(1000, role="amended", difference=values), claim=refuted).exceed == 1


def test_a_seed_counts_once():
    """A seed that was run again counts as it came out last."""
    assert summary(run_of(1000, difference=[0.2] * 12), run_of(1000, difference=[0.0] * 12)).exceed == 0


def test_the_file_goes_on_after_a_cut(tmp_path):
    """A line that was not finished is dropped; what is there stays."""
    file = tmp_path / "runs"
    first, second = run_of(1000, difference=[0.2] * 12), run_of(1001, difference=[0.3] * 12)
    calibration.append(file, first)
    with file.open("ab") as lines:
        lines.write(b'{"seed": 10')
    assert calibration.read(file) == [first]
    calibration.append(file, second)
    assert calibration.read(file) == [first, second]


def test_a_file_of_something_else_is_refused(tmp_path):
    """The error names the file and the line."""
    file = tmp_path / "runs"
    file.write_text("seed,values\n")
    with pytest.raises(SpecificationError, match=re.escape(f"{file}:1: ")):
        calibration.read(file)


@pytest.mark.process
def test_only_missing_seeds_are_run(tmp_path):
    """The command runs each seed once, and prints a row per comparison."""
    root = toy.build(tmp_path / "toy")
    arguments = ["calibrate", "toy.effect", "toy.refuted", "--seeds", "1000-1001", "--file", "runs"]
    command = f"from spec.harness.cli import main; raise SystemExit(main({arguments}))"
    first, second = (
        subprocess.run(
            [sys.executable, "-c", command], cwd=root, env=toy.clean_environment(), capture_output=True, text=True
        )
        for _ in range(2)
    )
    assert (first.stderr, second.stderr) == ("seed 1000 …\nseed 1001 …\n", "")
    assert re.search(r"\| toy.effect \| effect \| 2/2 \| 12 \(≥ 12\) \| 24/24 \| \+0\.5", first.stdout)
    assert "| toy.refuted | effect" in first.stdout
    assert second.stdout == first.stdout


@pytest.mark.parametrize("seeds", ["0-10", "1005-1000", "1000", "a-b"])
def test_seeds_of_registered_runs_are_refused(seeds, capsys):
    """Calibration uses no seed below 1000."""
    from spec.harness.cli import main

    with pytest.raises(SystemExit):
        main(["calibrate", "--seeds", seeds, "--file", "runs"])
    assert "expected A-B with 1000 ≤ A ≤ B" in capsys.readouterr().err


def test_what_runs_say_is_registered(tmp_path):
    """`register` changes the `calibrated` of the comparisons that were run, and nothing else."""
    root = toy.build(tmp_path / "toy") / "spec"
    registry = Registry(root)
    before = {file: file.read_text() for file in registry.files}
    values = np.repeat([0.5, -0.5], [11, 1])
    runs = [
        SeedList(seed, {"toy.effect": {"effect": Observation("claim", list(values))}}) for seed in (1000, 1001, 1004)
    ]
    calibration.register(registry, calibration.summaries(registry, runs, ["toy.effect"]))
    calibrated = Registry(root)["toy.effect"].comparison["effect"].calibrated
    assert (calibrated.exceed, calibrated.of, calibrated.seeds) == (33, 36, "1000-1001, 1004")
    changed = [
        (old, new)
        for file, text in before.items()
        for old, new in zip(text.splitlines(), file.read_text().splitlines(), strict=True)
        if old != new
    ]
    assert [old.partition("=")[0].strip() for old, _ in changed] == ["calibrated"]


def test_the_table_is_that_of_the_registry():
    """Every comparison that is trained for has its row in the table, with the counts that the registry states."""
    rows = [line.split(" | ") for line in calibration.TABLE.read_text(encoding="utf-8").splitlines() if "/" in line]
    pooled = {(row[0].removeprefix("| "), row[1].removesuffix(" (refutes)")): row[4] for row in rows if len(row) == 7}
    registered = {
        (claim.id, name): f"{comparison.calibrated.exceed}/{comparison.calibrated.of}"
        for claim in Registry().claims.values()
        for name, comparison in claim.comparison.items()
    }
    assert pooled == registered


def test_rows_of_other_comparisons_are_kept():
    """A table of some comparisons replaces their rows, keeps the others', and drops what is registered no more."""
    rows = "| claim | comparison |\n| --- | --- |\n"
    earlier = rows + f"| {CLAIM.id} | level | old |\n| {CLAIM.id} | gone | old |\n| {CLAIM.id} | difference | old |\n"
    fresh = rows + f"| {CLAIM.id} | difference (refutes) | new |\n"
    merged = calibration.with_kept_rows(OneClaim(CLAIM), fresh, earlier)
    assert merged == rows + f"| {CLAIM.id} | difference (refutes) | new |\n| {CLAIM.id} | level | old |\n"


def test_every_comparison_is_powerful_and_widely_calibrated():
    """On 200 replicates or more, each comparison is found to hold with probability .999 at least."""
    weak = [
        f"{claim.id}: {name}: {comparison.calibrated}: {comparison.power:.5f}"
        for claim in Registry().claims.values()
        for name, comparison in claim.comparison.items()
        if comparison.calibrated.of < 200 or (comparison.power < 0.999 and claim.verdict != "undecided")
    ]
    assert weak == []
