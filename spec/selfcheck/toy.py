"""A small specification in a folder of its own, with one claim for everything that can become of a claim."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spec.harness.evidence.results import DURATIONS
from spec.harness.paths import PROJECT
from spec.harness.process_env import for_children

TEST_FILE, EXPERIMENTS_FILE = "spec/q1_toy/test_toy.py", "spec/q1_toy/experiments.py"

ENTRIES = """
[experiment.ToyWorld]
looks = [12]
varies = "everything"
budget = { size = 0.5 }
choices = { direction = "up" }

[experiment.ToyWorld.multiverse]
twice_as_large = { size = 1.0 }
nothing_left = { size = 0.0 }
down = { direction = "down" }

[experiment.ToyTwoLooks]
looks = [12, 24]
varies = "everything"

[experiment.ToySlow]
looks = [12]
varies = "everything"

"""

COMPARISON = """
[claim.comparison.effect]
says = "effect of the toy"
experiment = "ToyWorld"
above = 0.1
"""

REGISTERED = {
    "toy.effect": 'verdict = "holds"' + COMPARISON,
    "toy.second-look": 'verdict = "holds"' + COMPARISON.replace("ToyWorld", "ToyTwoLooks"),
    "toy.no-effect": 'verdict = "holds"' + COMPARISON,
    "toy.refuted": 'verdict = "refuted"\nreason = "it goes the other way"\namended = "the other way"'
    + COMPARISON
    + COMPARISON.replace(".effect]", ".other_way]"),
    "toy.undecided": 'verdict = "undecided"\nreason = "nothing was found"' + COMPARISON,
    "toy.boundary-fails": 'verdict = "conditional"\ncondition = "some"',
    "toy.slow": 'verdict = "holds"' + COMPARISON.replace("ToyWorld", "ToySlow"),
}
"""What is registered of those claims of which there is more to say than that they hold."""

TESTS = '''"""Toy tests."""
import os
import numpy as np
from spec.harness import claim
from .experiments import ToySlow, ToyTwoLooks, ToyWorld
from .labels import LABELS

@claim("toy.holds")
def test_holds(impl, evidence):
    evidence.equal(impl.metrics.f1(LABELS, LABELS), 1.0, "F1 of a perfect prediction")

@claim("toy.effect")
def test_effect(toy: ToyWorld, evidence):
    evidence.exceeds(toy.effect(), "effect")

@claim("toy.effect", role="control")
def test_effect_control(toy: ToyWorld, evidence):
    evidence.true(np.abs(toy.nothing()) < 1, "nothing has no effect")

@claim("toy.second-look")
def test_second_look(two_looks: ToyTwoLooks, evidence):
    evidence.exceeds(two_looks.effect_but_for_one(), "effect")

@claim("toy.no-effect")
def test_no_effect(toy: ToyWorld, evidence):
    evidence.exceeds(toy.nothing(), "effect")

@claim("toy.refuted")
def test_refuted(toy: ToyWorld, evidence):
    evidence.exceeds(-toy.effect(), "effect")

@claim("toy.refuted", role="amended")
def test_amended(toy: ToyWorld, evidence):
    evidence.exceeds(toy.effect(), "other_way")

@claim("toy.undecided")
def test_undecided(toy: ToyWorld, evidence):
    evidence.exceeds(toy.nothing(), "effect")

@claim("toy.control-fails")
def test_passes(evidence):
    evidence.true(True, "so")

@claim("toy.control-fails", role="control")
def test_control(evidence):
    evidence.equal(1, 2, "one and two")

@claim("toy.boundary-fails")
def test_claim_of_boundary(evidence):
    evidence.true(True, "so")

@claim("toy.boundary-fails", role="boundary")
def test_boundary(evidence):
    evidence.true(False, "it stops here")

@claim("toy.missing")
def test_missing(impl, evidence):
    evidence.equal(impl.metrics.recall(LABELS, LABELS), 1.0, "recall")

@claim("toy.error")
def test_error(impl, evidence):
    evidence.equal(impl.metrics.precision(LABELS, LABELS), 1.0, "precision")

@claim("toy.contract")
def test_contract(impl, evidence):
    evidence.equal(impl.metrics.accuracy(LABELS, LABELS), 1.0, "accuracy")

@claim("toy.grader-error")
def test_grader_error(evidence):
    evidence.equal({}["nothing"], 1, "what is not there")

@claim("toy.no-evidence")
def test_no_evidence(evidence):
    pass

@claim("toy.crash")
def test_crash(evidence):
    if "TOY_CRASH" in os.environ:
        os._exit(3)
    evidence.true(True, "lives")

@claim("toy.slow")
def test_slow(slow: ToySlow, evidence):
    evidence.exceeds(slow.sleep(), "effect")
'''

LABELS = '''"""Labels, and constants that Hypothesis would like to try."""
import numpy as np

LABELS = np.array([0, 1, 1])
CONSTANTS = (0.1234567, -7.654321, 98765.4321, 31415.9265, -2718.28, 1.41421, 17.320508, -22360.68)
'''

DRAWS = '''"""Tests that record every input that they are given, or draw."""
from hypothesis import given, strategies as st
from spec.harness import claim, seed_of_test

@claim("toy.deterministic")
@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_deterministic(evidence, xs):
    evidence.true(True, f"was given {xs}")

@claim("toy.deterministic")
def test_of_a_single_draw(evidence):
    evidence.true(True, f"drew {seed_of_test()}")
'''

EXPERIMENTS = '''"""Toy experiments."""
import os, time
import numpy as np
from spec.harness import Experiment, arm, experiment, stream

@experiment(cpu_seconds=2)
class ToyWorld(Experiment):
    """An effect, and nothing."""

    @arm
    def effect(self):
        """As large as the budget says, in the direction that was chosen, with noise."""
        size = self.budget["size"] * (1 if self.choices["direction"] == "up" else -1)
        return np.array([size + 0.1 * stream(seed, "effect").random() for seed in self.seeds])

    @arm
    def nothing(self):
        """Noise."""
        return np.array([stream(seed, "nothing").normal(0, 0.1) for seed in self.seeds])

@experiment(cpu_seconds=1)
class ToyTwoLooks(Experiment):
    """An effect that one replicate lacks."""

    @arm
    def effect_but_for_one(self):
        """One half, but for the first replicate."""
        first = np.random.SeedSequence([0, 0]).generate_state(1)[0]
        return np.where(np.array(self.seeds) == first, -0.5, 0.5)

@experiment(cpu_seconds=1)
class ToySlow(Experiment):
    """Something that takes long."""

    @arm
    def sleep(self):
        """Sleeps if told to."""
        time.sleep(float(os.environ.get("TOY_SLEEP", 0)))
        return np.ones(len(self.seeds))
'''

FIGURES = '''"""Toy figures."""
from spec.harness import figure, figures_of
from .experiments import ToyWorld

@figures_of("toy.effect")
def effect(toy: ToyWorld):
    yield figure("effect", "dots", "The effect.", x_label="effect", toy=toy.effect())

@figures_of("toy.no-effect")
def not_a_figure(toy: ToyWorld):
    yield figure("shapeless", "dots", "A figure without its label.", toy=toy.nothing())
'''

IMPLEMENTATION = '''"""Toy metrics."""

def f1(y_true, y_pred):
    return float((y_true == y_pred).all())

def precision(y_true, y_pred):
    raise ZeroDivisionError("division by zero")

def accuracy(y_true, y_pred):
    return [1.0]
'''


UNIMPORTABLE = '''"""A test that cannot be imported."""
import no_such_module
from spec.harness import claim

@claim("toy.unimportable")
def test_never(evidence):
    pass
'''


def build(root: Path) -> Path:
    """Write the toy specification below `root`, with this project's harness and contract."""
    (root / "spec").mkdir(parents=True)
    for name in ("conftest.py", "pyproject.toml", "spec/__init__.py", "spec/contract.py"):
        shutil.copy(PROJECT / name, root / name)
    # With what is compiled of it, so that no process has to compile it anew.
    shutil.copytree(PROJECT / "spec/harness", root / "spec/harness")
    ids = dict.fromkeys(re.findall(r'^@claim\("(.*?)"', DRAWS + TESTS + UNIMPORTABLE, re.MULTILINE))
    files = {
        "spec/homework.md": "toys are true",
        "spec/q1_toy/__init__.py": "",
        "spec/q1_toy/claims.toml": 'title = "Q1 · Toys"\n' + ENTRIES + "".join(map(_claim, ids)),
        TEST_FILE: TESTS,
        "spec/q1_toy/test_draws.py": DRAWS,
        "spec/q1_toy/test_unimportable.py": UNIMPORTABLE,
        "spec/q1_toy/labels.py": LABELS,
        EXPERIMENTS_FILE: EXPERIMENTS,
        "spec/q1_toy/figures.py": FIGURES,
        "impl/metrics.py": IMPLEMENTATION,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def _claim(claim_id: str) -> str:
    return (
        f'[[claim]]\nid = "{claim_id}"\nfa = "toys are true"\nen = "toys are true"\nkind = "identity"\n'
        f'subject = "implementation"\ncriterion = "by looking"\nsources = []\n'
        + REGISTERED.get(claim_id, 'verdict = "holds"')
        + "\n\n"
    )


def edit(file: Path, old: str, new: str) -> None:
    """Replace a passage of a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def run(root: Path, *arguments: str, typed: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, in a process of its own."""
    return subprocess.run(
        command(*arguments),
        cwd=root,
        env=clean_environment(**environment),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def command(*arguments: str) -> list[str]:
    """The command line of a run."""
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment, without what pytest and its workers add to it, on a terminal of known width."""
    return {**for_children(), "COLUMNS": "150", **more}


def results(root: Path, *arguments: str, file: str | Path = "claims.json", **environment: str) -> dict[str, Any]:
    """Run pytest there, and read the `claims.json` that it wrote."""
    completed = run(root, "-m", "claims", "--claims-json", str(file), *arguments, **environment)
    assert (root / file).exists(), completed.stdout + completed.stderr
    written: dict[str, Any] = json.loads((root / file).read_text())
    (root / file).unlink()
    return written


def results_of_project(*arguments: str, **environment: str) -> dict[str, Any]:
    """The same of this project's own claims, without a trace in it."""
    with TemporaryDirectory() as folder:
        return results(PROJECT, *arguments, file=Path(folder) / "claims.json", **environment)


def without_durations(results: Any) -> Any:
    """Results without what two equal runs may differ in."""
    if isinstance(results, dict):
        return {key: without_durations(value) for key, value in results.items() if key not in DURATIONS}
    return [without_durations(item) for item in results] if isinstance(results, list) else results
