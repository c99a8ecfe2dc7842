"""How comparisons fare on fresh seeds: runs that are kept, resume where they stopped, and are summed up."""

import re
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest

from spec.harness import process_env
from spec.harness.claims.decision import lower_bound, needed, power
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import ALPHA, Registry
from spec.harness.cli import main
from spec.harness.errors import SpecificationError
from spec.harness.paths import PROJECT
from spec.harness.validation import calibration, runs
from spec.harness.validation.calibration import Observation, SeedList, Summary
from spec.selfcheck import toy
from spec.selfcheck.examples import a_claim, a_comparison, an_interval

CLAIM = a_claim(comparison={"difference": a_comparison(), "level": an_interval(-0.5, 0.5)})


class OneClaim(Registry):
    """A registry of one claim, without a file."""

    def __init__(self, claim):
        """Hold the claim."""
        self.claims = {claim.id: claim}


def run_of(seed, role="claim", implementation="impl", **values):
    """A run that decided comparisons of the claim."""
    comparisons = {CLAIM.id: {name: Observation(role, list(some)) for name, some in values.items()}}
    return SeedList(seed, comparisons, implementation)


def summary(*runs, claim=CLAIM):
    """What the runs say of the only comparison that they decided."""
    (row,) = calibration.summaries(OneClaim(claim), runs, [claim.id])
    return row


def test_runs_are_pooled():
    """Replicates on the right side are counted over all runs, whatever order these are in."""
    row = summary(run_of(1001, difference=[0.2] * 11 + [0.05]), run_of(1000, difference=[0.2] * 12))
    assert (row.seeds, row.right, row.of, row.margin, row.refutes) == ("1000-1001", 23, 24, 0.1, False)
    assert row.mean == pytest.approx((23 * 0.2 + 0.05) / 24, abs=1e-4)
    assert row.lower_bound == lower_bound(23, 24)


def test_implementations_are_counted_apart_and_together():
    """Each has a row, the project's own first; the table has a further one of all replicates."""
    runs = [
        run_of(1000, implementation="theirs", difference=[0.05] + [0.3] * 11),
        run_of(1000, difference=[0.2] * 12),
        run_of(1001, difference=[0.2] * 12),
    ]
    registry = OneClaim(CLAIM)
    ours, theirs = calibration.summaries(registry, runs, [CLAIM.id])
    assert (ours.implementation, ours.right, ours.of) == ("impl", 24, 24)
    assert (theirs.implementation, theirs.right, theirs.of, theirs.seeds) == ("theirs", 11, 12, "1000")
    both = calibration.pooled([ours, theirs])
    assert (both.right, both.of, both.lower_bound) == (35, 36, lower_bound(35, 36))
    assert both.mean == pytest.approx((24 * 0.2 + 0.05 + 11 * 0.3) / 36, abs=1e-4)
    rows = calibration.table(registry, [ours, theirs]).splitlines()[2:]
    assert [row.split(" | ")[2:4] for row in rows] == [
        ["impl", "24/24"], ["theirs", "11/12"], ["all together", "35/36"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "name"), [("benchmarks.peers.plain", "plain"), ("some/where/mine", "mine"), ("mine.py", "mine")]
)
def test_an_implementation_is_called_by_its_last_name(where, name):
    """Whether it is named as a module or by its path."""
    assert runs.name_of(where) == name


REFUTED = a_claim(verdict="refuted", comparison=CLAIM.comparison)
VALUES = np.repeat([-0.2, 0.05, 0.2], [9, 2, 1])


@pytest.mark.parametrize(
    ("claim", "runs", "right"),
    [
        pytest.param(CLAIM, [run_of(1000, level=[-0.5, 0.5, 0.51] * 4)], 8, id="both ends of an interval count"),
        pytest.param(REFUTED, [run_of(1000, difference=VALUES)], 9, id="what is refuted is right on the wrong side"),
        pytest.param(REFUTED, [run_of(1000, role="amended", difference=VALUES)], 1, id="not what is true instead"),
        pytest.param(CLAIM, [run_of(1000, difference=VALUES), run_of(1000, difference=[0.2] * 12)], 12, id="the last"),
    ],
)
def test_what_counts_as_right(claim, runs, right):
    """What the registered outcome needs: the region, or of a refuted claim its wrong side; of a seed the last run."""
    assert summary(*runs, claim=claim).right == right


def test_the_file_goes_on_after_a_cut(tmp_path):
    """A line that was not finished is dropped; what is there stays."""
    file = tmp_path / "runs"
    first, second = run_of(1000, difference=[0.2] * 12), run_of(1001, difference=[0.3] * 12)
    runs.append(file, first)
    with file.open("ab") as lines:
        lines.write(b'{"seed": 10')
    assert calibration.read([file]) == [first]
    runs.append(file, second)
    assert calibration.read([file]) == [first, second]


@pytest.mark.parametrize("content", [b"seed,values\n", b"PK\x03\x04 no line feed"])
def test_a_file_of_something_else_is_refused(tmp_path, content, capsys):
    """The error names the file and the line, nothing is run, and the file stays as it was."""
    file = tmp_path / "runs"
    file.write_bytes(content)
    assert main(["calibrate", "metrics.f1-suits", "--seeds", "1000-1000", "--file", str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"claims: {file}:1: ")
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_written_is_refused(tmp_path, capsys):
    """Before anything is trained."""
    assert main(["calibrate", "metrics.f1-suits", "--seeds", "1000-1000", "--file", str(tmp_path / "no" / "runs")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["nowhere_mod", "no/such/folder", "no_such.py"])
@pytest.mark.parametrize(
    "command", [["calibrate", "--seeds", "1000-1000"], ["multiverse"]], ids=["calibrate", "multiverse"]
)
def test_an_implementation_that_is_not_there_is_refused(tmp_path, capsys, command, where):
    """In a line, before anything is run or written."""
    assert main([*command, "metrics.f1-suits", "--file", str(tmp_path / "runs"), "--impl", where]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"claims: --impl {where}: there is no ")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_runs_find_a_path_from_any_folder(tmp_path, monkeypatch):
    """They are in another folder than the command."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert runs.place_of("mine") == str(tmp_path / "mine")
    assert runs.place_of("impl") == "impl"


def test_runs_leave_nothing_in_the_folder_of_the_command():
    """What Hypothesis keeps lies in the project, as that of any run of its tests does."""
    assert process_env.for_children()["HYPOTHESIS_STORAGE_DIRECTORY"] == str(PROJECT / ".hypothesis")


def done(said):
    """Which runs were made, after the line that says how many there are."""
    return [line.partition("  ")[2].partition(";")[0] for line in said.splitlines()[1:]]


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
    assert done(first.stderr) == ["impl, seed 1000", "impl, seed 1001"]
    assert second.stderr == "runs to run: 0\n"
    assert re.search(r"\| toy.effect \| effect \| impl \| 24/24 \| 0\.8827 \| \+0\.5", first.stdout)
    assert "| toy.refuted | effect (refutes) | impl | 24/24" in first.stdout
    assert "| toy.refuted | other_way | impl | 24/24" in first.stdout
    assert second.stdout == first.stdout


@pytest.mark.process
def test_several_implementations_add_to_one_file(tmp_path):
    """Each runs the seeds that it lacks, whatever calls ran the others; all are registered."""
    root = toy.build(tmp_path / "toy")
    (root / "weaker").mkdir()
    (root / "weaker/metrics.py").write_text(toy.IMPLEMENTATION)

    def calibrate(*options):
        arguments = ["calibrate", "toy.effect", "--file", "runs", "--register", *options]
        command = f"from spec.harness.cli import main; raise SystemExit(main({arguments}))"
        return subprocess.run(
            [sys.executable, "-c", command], cwd=root, env=toy.clean_environment(), capture_output=True, text=True
        )

    first = calibrate("--seeds", "1000-1000", "--impl", "weaker")
    second = calibrate("--seeds", "1000-1001", "--impl", "impl", "--impl", "weaker")
    assert done(first.stderr) == ["weaker, seed 1000"]
    assert done(second.stderr) == ["impl, seed 1000", "impl, seed 1001", "weaker, seed 1001"]
    rows = calibration.registered(Registry(root / "spec"))["toy.effect", "effect"]
    assert [(row.implementation, row.right, row.of, row.seeds) for row in rows] == [
        ("impl", 24, 24, "1000-1001"), ("weaker", 24, 24, "1000-1001"),
    ]  # fmt: skip
    assert (
        "two have the same name" in calibrate("--seeds", "1000-1000", "--impl", "weaker", "--impl", "./weaker").stderr
    )


@pytest.mark.parametrize("seeds", ["0-10", "1005-1000", "1000", "a-b"])
def test_seeds_of_registered_runs_are_refused(seeds, capsys):
    """Calibration uses no seed below 1000."""
    with pytest.raises(SystemExit):
        main(["calibrate", "--seeds", seeds, "--file", "runs"])
    assert "expected A-B with 1000 ≤ A ≤ B" in capsys.readouterr().err


@pytest.fixture
def root(tmp_path):
    """A specification in which two comparisons are calibrated."""
    root = toy.build(tmp_path / "toy") / "spec"
    runs = [SeedList(1000, {name: {"effect": Observation("claim", [0.5] * 12)} for name in ("toy.effect", "toy.slow")})]
    calibration.register(Registry(root), calibration.summaries(Registry(root), runs, ["toy.effect", "toy.slow"]))
    return root


def test_what_runs_say_is_registered_beside_what_others_said(root):
    """Fresh rows replace those of the same comparisons, the others stay, and both files have the registry's order."""
    registry, values = Registry(root), [0.5] * 11 + [-0.5]
    runs = [
        SeedList(
            seed, {name: {"effect": Observation("claim", list(values))} for name in ("toy.effect", "toy.no-effect")}
        )
        for seed in (1000, 1001, 1004)
    ]
    before = [file.read_bytes() for file in registry.files]
    calibration.register(registry, calibration.summaries(registry, runs, ["toy.no-effect", "toy.effect"]))
    rows = calibration.registered(registry)
    assert [key for key, _ in rows] == ["toy.effect", "toy.no-effect", "toy.slow"]
    (effect,) = rows["toy.effect", "effect"]
    assert (effect.right, effect.of, effect.seeds) == (33, 36, "1000-1001, 1004")
    assert rows["toy.slow", "effect"][0].right == 12
    assert (root / "calibration.md").read_text().endswith(calibration.table(registry, chain(*rows.values())))
    assert [file.read_bytes() for file in registry.files] == before


@pytest.mark.parametrize("old", ["above = 0.1", "[claim.comparison.effect]"], ids=["margin", "name"])
def test_what_is_registered_otherwise_is_not_calibrated(root, old):
    """A row says nothing of a comparison that has another margin by now, or another name."""
    toml = root / "q1_toy" / "claims.toml"
    toml.write_text(toml.read_text().replace(old, old.replace("0.1", "0.2").replace("effect", "other")))
    assert calibration.registered(Registry(root)) == {}


@pytest.mark.parametrize(("old", "new"), [('"of":12', '"of":11'), ('"right":12', '"right":"all"'), ("[", "{")])
def test_a_malformed_file_of_rows_is_refused(root, old, new):
    """The error names the file."""
    file = root / calibration.ROWS
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(SpecificationError, match=re.escape(f"{file}: ")):
        calibration.registered(Registry(root))


def test_the_table_shows_the_rows():
    """`calibration.md` is what `calibration.json` and the registry say."""
    registry = Registry()
    shown = calibration.HEADING + calibration.table(registry, chain(*calibration.registered(registry).values()))
    assert (registry.root / calibration.TABLE).read_text(encoding="utf-8") == shown


def test_every_comparison_is_powerful_and_widely_calibrated():
    """On 200 replicates or more, each comes out as registered with probability .999: with each right implementation."""
    assert calibration.shortfalls(Inventory(Registry()), calibration.YARDSTICKS) == []


def test_an_experiment_that_no_grade_depends_on_has_the_cheapest_looks():
    """Of two looks, the first of 11 replicates: no smaller second one holds each comparison with probability .999."""
    registry = Registry()
    shares: dict[str, list[tuple[float, float]]] = {}
    graded = {c.experiment for claim in registry.claims.values() if claim.graded for c in claim.comparison.values()}
    for rows in calibration.registered(registry).values():
        for row in rows:
            comparison = registry[row.claim].comparison[row.comparison]
            shares.setdefault(comparison.experiment, []).append((comparison.alpha, row.lower_bound))
    for name in shares.keys() - graded:
        first, second = registry.experiment(name).looks
        enough = [
            looks
            for looks in ((first, replicates) for replicates in range(first + 1, second + 1))
            if needed(looks[1], ALPHA / 2) and all(power(looks, *each) >= calibration.POWER for each in shares[name])
        ]
        assert enough == [(11, second)], f"{name}: {enough}"


MANY, FEWER = 40_000, 39_000
SHORT = [
    pytest.param({}, ["not calibrated with impl", "not calibrated with theirs", "not calibrated with all"], id="none"),
    pytest.param({"impl": (MANY, MANY)}, ["not calibrated with theirs"], id="only ours"),
    pytest.param({"impl": (MANY, MANY), "theirs": (MANY, MANY)}, [], id="both"),
    pytest.param({"impl": (MANY, MANY), "theirs": (199, 199)}, ["with theirs 199 of 199"], id="too few"),
    pytest.param({"impl": (MANY, MANY), "theirs": (FEWER, MANY)}, ["with theirs 39000", "with all"], id="too weak"),
    pytest.param({"impl": (FEWER, MANY), "theirs": (MANY, MANY)}, ["with impl 39000", "with all"], id="ours too weak"),
]


@pytest.mark.parametrize(("rows", "says"), SHORT)
def test_what_decides_a_grade_is_calibrated_with_each_implementation(tmp_path, rows, says):
    """And with all together; what is not graded, with the project's own alone."""
    root = toy.build(tmp_path / "toy") / "spec"
    inventory = Inventory(Registry(root))
    values = {"margin": 0.1, "refutes": False, "seeds": "1000", "mean": 0.5, "low": 0.4, "high": 0.6}
    calibration.register(
        inventory.registry,
        [
            Summary(claim=claim, comparison="effect", implementation=name, right=right, of=of, **values)
            for name, (right, of) in rows.items()
            for claim in ("toy.effect", "toy.undecided")
        ],
    )
    lines = calibration.shortfalls(inventory, ["impl", "theirs"])
    graded = [line for line in lines if line.startswith("toy.effect: effect: ")]
    assert len(graded) == len(says)
    assert all(
        line.removeprefix("toy.effect: effect: ").startswith(words) for line, words in zip(graded, says, strict=True)
    )
    others = [line for line in lines if line.startswith("toy.undecided: ")]
    assert len(others) == sum("impl" in words for words in says)


def test_boundaries_are_calibrated_with_our_own_alone():
    """Another implementation is held to what decides a graded claim or controls it, and to nothing beside it."""
    inventory = Inventory(Registry())
    roles = {f"{test.claim}: {name}": test.role for test in inventory.tests for name in test.comparisons}
    asked = {line.rpartition(": ")[0] for line in calibration.shortfalls(inventory, ["nobody's"]) if "nobody's" in line}
    assert {roles[comparison] for comparison in asked} == {"claim", "control"}
    assert "boundary" in roles.values()
    graded = {comparison for comparison in roles if inventory.registry[comparison.partition(":")[0]].graded}
    assert asked == {comparison for comparison in graded if roles[comparison] in ("claim", "control")}
