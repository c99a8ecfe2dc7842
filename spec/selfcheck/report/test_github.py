"""What GitHub Actions shows of a run, whatever an implementation says."""

import re

import pytest

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.regression.baseline import Gate, write
from spec.harness.report import github
from spec.selfcheck import toy
from spec.selfcheck.records import a_claim_record, a_run, a_test_record
from spec.selfcheck.regression.runs import EFFECT, of_effect

EVIL = "\n::error::pwned\n##[error]no\n\x1b[31m\u061c\u202e| [x](http://evil) ![y](z) <script> `c` @all %0A::warning::x"


@pytest.fixture(scope="module")
def inventory(tmp_path_factory):
    """The toy's tests."""
    return Inventory(Registry(toy.build(tmp_path_factory.mktemp("toy") / "toy") / "spec"))


def test_every_failure_is_annotated_at_its_test(inventory):
    """The first test that failed; of a claim that came out as registered there is nothing."""
    failing = a_test_record("test_control", "refuted", claim="toy.control-fails", message="oh no")
    run = a_run(a_claim_record(a_test_record(claim="toy.holds")), a_claim_record(failing))
    (line,) = github.annotations(run, None, inventory)
    (test,) = (test for test in inventory.tests if test.name == "test_control")
    assert line.startswith("::error file=")
    assert f"/spec/q1_toy/test_toy.py,line={test.line},title=toy.control-fails::refuted" in line
    assert line.endswith("%0Aoh no")


def test_a_regression_is_annotated_too(inventory, tmp_path):
    """With what became smaller."""
    write(of_effect(), tmp_path / "b.json")
    run = of_effect(EFFECT - 0.1)
    verdict = Gate(tmp_path / "b.json", None).judge(run)
    (line,) = github.annotations(run, verdict, inventory)
    assert "title=regression of toy.effect::effect shrank: mean +0.5 → +0.4" in line
    page = github.summary(run, verdict)
    assert "**one regression**" in page
    assert "- ✗ toy.effect: effect shrank" in page


def test_nothing_that_an_implementation_says_is_a_command(inventory):
    """No line begins with its words, and no character of it is left that a terminal or a workflow obeys."""
    run = a_run(a_claim_record(a_test_record(outcome="error", message=EVIL)))
    (line,) = github.annotations(run, None, inventory)
    assert not re.search("[\x00-\x1f\u061c\u202e]", line)
    assert "%250A" in line


def test_nothing_that_an_implementation_says_is_markdown():
    """It is text in one cell of one row."""
    page = github.summary(a_run(a_claim_record(a_test_record(outcome="error", message=EVIL))), None)
    (row,) = (line for line in page.splitlines() if "toy.effect" in line)
    assert row.count("|") == 5
    assert not re.search(r"[\[\]<>`@!*_~\x1b\u061c\u202e]", row)
    assert "::" not in row


EVIL_PRECISION = """\
def precision(y_true, y_pred):
    print("::error::pwned")
    raise ValueError("x\\n::error::pwned")

def _precision("""


@pytest.mark.process
def test_a_run_in_github_actions(tmp_path):
    """GitHub is told not to listen until all have printed; then what failed, which the last line says as well."""
    root, page = toy.build(tmp_path / "toy"), tmp_path / "summary.md"
    toy.edit(root / "impl/metrics.py", "def precision(", EVIL_PRECISION)
    page.write_text("# before\n")
    github_sets = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page), "CI": "true"}
    only = ("--claims-only", "toy.error", "--claims-only", "toy.holds", "--ignore=spec/q1_toy/test_unimportable.py")
    completed = toy.run(
        root,
        "-m",
        "claims",
        "-n",
        "0",
        "--ignore=spec/q1_toy/test_unimportable.py",
        *only,
        "--junitxml=junit.xml",
        **github_sets,
    )
    lines = completed.stdout.splitlines()
    word = lines[0].removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", word)
    again = lines.index(f"::{word}::")
    assert any(line.startswith("::error::pwned") for line in lines[:again])
    (annotation, last) = lines[again + 1 :]
    assert annotation.startswith("::error file=spec/q1_toy/test_toy.py,line=")
    assert last == "claims failed: 1 not as registered: toy.error"
    assert page.read_text().startswith("# before\n### Claims: as registered 1 of 2 claims")
    (case,) = re.findall('<testcase[^>]*name="test_error".*?</testcase>', (root / "junit.xml").read_text(), re.DOTALL)
    for name, value in (("claim", "toy.error"), ("role", "claim"), ("outcome", "error")):
        assert f'<property name="{name}" value="{value}"' in case
    assert "claim_record" not in case


@pytest.mark.process
def test_elsewhere_nothing_is_said_to_github(tmp_path):
    """And a run in which all is well ends with pytest's own line."""
    root = toy.build(tmp_path / "toy")
    completed = toy.run(root, "spec/q1_toy/test_draws.py", "-n", "0", GITHUB_ACTIONS="", CI="")
    assert not re.search("^::", completed.stdout, re.MULTILINE)
    assert re.fullmatch(r"=+ \d+ passed in .* =+", completed.stdout.splitlines()[-1]), completed.stdout
