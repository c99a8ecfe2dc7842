"""The multiverse: variations are run, kept, registered and shown."""

import subprocess
import sys

import msgspec
import pytest

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.cli import main
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence import results
from spec.harness.evidence.results import EffectRecord, VariationRecord
from spec.harness.report import drawings, terminal
from spec.harness.validation import multiverse, runs
from spec.harness.validation.multiverse import VariationRun
from spec.selfcheck import toy
from spec.selfcheck.records import a_claim_record, a_test_record


def a_row(variation="reference", outcome="holds", mean=0.5, claim="toy.effect", margin=0.1, **changes):
    """What became of a claim in a variation of the toy's world."""
    right = 12 if outcome == "holds" else 0
    effect = EffectRecord(
        role="claim",
        margin=margin,
        right=right,
        of=12,
        outcome=Outcome(outcome),
        mean=mean,
        low=mean - 0.1,
        high=mean + 0.1,
    )
    return VariationRecord(
        claim=claim,
        experiment="ToyWorld",
        variation=variation,
        changes=changes,
        implementation="impl",
        seed=1000,
        outcome=Outcome(outcome),
        as_registered=outcome == "holds",
        effects={"effect": effect},
    )


ROWS = [a_row(), a_row("twice_as_large", mean=1.0, size=1.0), a_row("nothing_left", "inconclusive", 0.0, size=0.0)]


def a_run(row):
    """A run of a variation that decided one claim."""
    return VariationRun(row.seed, row.experiment, row.variation, row.changes, [row], 1.0)


@pytest.fixture
def root(tmp_path):
    """A specification of which two variations and the reference are registered."""
    root = toy.build(tmp_path / "toy")
    multiverse.register(Registry(root / "spec"), map(a_run, ROWS))
    return root


def test_what_is_registered_is_read_and_the_reference_does_not_count(root):
    """A claim's rows stand in the registry's order; its share is of variations."""
    registry = Registry(root / "spec")
    rows = multiverse.registered(registry)["toy.effect"]
    assert rows == ROWS
    assert multiverse.share(rows) == (1, 2)
    same = a_row("twice_as_large", size=1.0)
    assert multiverse.share([rows[0], same, rows[2]]) == (0, 1), "one that is no other for this claim"
    multiverse.register(registry, [a_run(a_row("down", "refuted", -0.5, direction="down"))])
    assert multiverse.share(multiverse.registered(registry)["toy.effect"]) == (1, 3)


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("size = 1.0", "size = 1.5", ["reference", "nothing_left"]),
        ("twice_as_large", "larger", ["reference", "nothing_left"]),
        ("above = 0.1", "above = 0.2", []),
        ("[claim.comparison.effect]", "[claim.comparison.other]", []),
    ],
    ids=["another value", "another name", "another margin", "another comparison"],
)
def test_what_is_declared_otherwise_by_now_says_nothing(root, old, new, left):
    """And is missing until it is run again."""
    toml = root / "spec/q1_toy/claims.toml"
    toml.write_text(toml.read_text().replace(old, new))
    rows = multiverse.registered(Registry(root / "spec"))
    assert [row.variation for row in rows.get("toy.effect", [])] == left


def test_a_variation_that_was_not_run_is_missing(root):
    """Of every claim that its experiment decides."""
    missing = multiverse.missing(Inventory(Registry(root / "spec")))
    assert [line for line in missing if line.startswith("toy.effect:")] == [
        "toy.effect: ToyWorld.down: not run; claims multiverse toy.effect --file runs --register"
    ]
    assert any(line.startswith("toy.refuted: ToyWorld.reference: ") for line in missing)


def test_an_experiment_of_which_nothing_is_varied_is_missing(root):
    """Of every claim that it decides."""
    toml = root / "spec/q1_toy/claims.toml"
    before, after = toml.read_text().split("[experiment.ToyWorld.multiverse]")
    toml.write_text(before + after[after.index("[") :])
    missing = multiverse.missing(Inventory(Registry(root / "spec")))
    assert "toy.effect: ToyWorld: nothing is varied; expected [experiment.ToyWorld.multiverse]" in missing


def test_every_experiment_that_decides_a_claim_is_varied():
    """And each variation has been run as it is declared now, with the margins that are registered now."""
    assert multiverse.missing(Inventory(Registry())) == []


def test_a_claim_that_holds_does_so_in_every_variation():
    """Where it does not, it is conditional, and its condition says on what."""
    registry = Registry()
    shares = {claim: multiverse.share(rows) for claim, rows in multiverse.registered(registry).items()}
    assert [claim for claim, (same, of) in shares.items() if same < of and registry[claim].verdict == "holds"] == []


def test_a_malformed_file_is_refused(root, tmp_path, capsys):
    """Rows and runs alike: the error names the file, and nothing is run."""
    (root / "spec" / multiverse.ROWS).write_text("{")
    with pytest.raises(SpecificationError, match=r"multiverse\.json: "):
        multiverse.registered(Registry(root / "spec"))
    file = tmp_path / "runs"
    file.write_text('{"seed": 1000, "comparisons": {}}\n')
    assert main(["multiverse", "metrics", "--file", str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"claims: {file}:1: ")


@pytest.mark.parametrize("command", [["mutants"], ["multiverse", "--file", "runs"]], ids=lambda words: words[0])
@pytest.mark.parametrize(("option", "value"), [("--workers", "0"), ("--workers", "-1"), ("--claims-seed", "x")])
def test_numbers_that_are_none_are_refused(command, option, value, capsys):
    """Before anything is read or run, in one line that names the option."""
    with pytest.raises(SystemExit) as ended:
        main([*command, option, value])
    assert ended.value.code == 2
    assert f"argument {option}: {value!r}; expected a whole number from" in capsys.readouterr().err


@pytest.mark.process
def test_variations_are_run_once_kept_and_registered(tmp_path):
    """Each is decided as it is declared; a second call runs only what the file does not hold yet."""
    root = toy.build(tmp_path / "toy")

    def claims(*arguments):
        command = f"from spec.harness.cli import main; raise SystemExit(main({list(arguments)}))"
        return subprocess.run(
            [sys.executable, "-c", command], cwd=root, env=toy.clean_environment(), capture_output=True, text=True
        )

    first = claims("multiverse", "toy.effect", "--file", "runs", "--register")
    assert [line.split("  ")[0] for line in first.stderr.splitlines()[1:]] == [f"{i} of 4" for i in (1, 2, 3, 4)]
    lines = (root / "runs").read_bytes().splitlines(keepends=True)
    (root / "runs").write_bytes(b"".join(lines[1:]) + lines[0][:-1])
    again = claims("multiverse", "toy.effect", "--file", "runs")
    assert again.stderr.splitlines()[1].startswith("1 of 1  ")
    rows = multiverse.registered(Registry(root / "spec"))
    outcomes = {row.variation: str(row.outcome) for row in rows["toy.effect"]}
    assert outcomes == {
        "reference": "holds", "twice_as_large": "holds", "nothing_left": "inconclusive", "down": "refuted",
    }  # fmt: skip
    assert {row.variation: row.as_registered for row in rows["toy.refuted"]} == {
        "reference": True, "twice_as_large": True, "nothing_left": False, "down": False,
    }  # fmt: skip
    assert rows["toy.effect"][1].effects["effect"].mean == pytest.approx(1.05, abs=0.03)
    shown = claims("show", "toy.effect").stdout
    assert "multiverse: as registered in 1 of 3 variations" in shown
    assert "✗ ToyWorld.down (direction: down): refuted: effect 0/12" in " ".join(shown.split())


@pytest.mark.process
def test_a_run_of_a_variation_says_so_and_is_no_baseline(tmp_path):
    """It runs the tests of that experiment alone, says which variation it is, and can be neither kept nor compared."""
    root = toy.build(tmp_path / "toy")
    run = toy.run(root, "-m", "claims", "--claims-variation", "ToyWorld.down", "--claims-json", "claims.json")
    found = results.read(root / "claims.json")
    assert "claims: variation ToyWorld.down: direction = 'down'" in run.stdout
    assert found.variation == "ToyWorld.down"
    ran = {test.claim for claim in found.claims for test in claim.tests if test.selected}
    assert ran - {"toy.unimportable"} == {"toy.effect", "toy.no-effect", "toy.refuted", "toy.undecided"}
    for option, message in (
        (["--claims-variation", "ToyWorld.up"], "no multiverse declares a variation 'ToyWorld.up'"),
        (
            ["--claims-variation", "ToyWorld.down", "--claims-save", "kept"],
            "cannot be combined with --claims-variation: baselines keep",
        ),
    ):
        assert message in toy.run(root, *option).stderr


def test_the_table_and_the_page_show_in_how_many_variations():
    """With a curve for every comparison that decides the claim, and what flips it."""
    record = a_claim_record(a_test_record(evidence=[]))
    record.multiverse = ROWS
    (drawing,) = drawings.specification_curves(record)
    assert (
        drawing.numbers
        == "The claim is as registered in 1 of 2 variations; not in: ToyWorld.nothing_left (inconclusive)."
    )
    ((title, svg),) = drawing.panels
    assert title == "effect"
    assert "size 0.0" in svg
    assert "size 1.0" in svg
    assert drawings.specification_curves(msgspec.structs.replace(record, multiverse=[])) == []
    assert terminal.multiverse(ROWS, ["toy.effect"]).startswith("toy.effect  as registered in 1 of 2 variations\n")
    assert terminal.not_in(ROWS) == ", not in ToyWorld: nothing_left"
    assert terminal.not_in(ROWS[:2]) == ""


def test_runs_go_on_after_a_cut(tmp_path):
    """What a stopped run left of its line is replaced."""
    file = tmp_path / "runs"
    runs.append(file, a_run(ROWS[0]))
    with file.open("ab") as lines:
        lines.write(b'{"seed":10')
    runs.append(file, a_run(ROWS[1]))
    assert [run.variation for run in runs.read([file], VariationRun, "multiverse")] == ["reference", "twice_as_large"]
