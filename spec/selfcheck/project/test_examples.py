"""The workflows and the assignment that somebody else is to copy."""

import re
import tomllib

import pytest

from spec.harness import cli
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.grading import commands
from spec.harness.paths import PROJECT

EXAMPLES = PROJECT / ".github" / "examples"
WORKFLOWS = sorted([*EXAMPLES.glob("*.yml"), *(PROJECT / ".github" / "workflows").glob("*.yml")])


def test_the_sample_assignment_is_one():
    """It selects claims that there are, and its hints and weights are of these."""
    claims = commands.assigned(EXAMPLES / "hw5.toml", Inventory(Registry()))
    assert claims
    hints = tomllib.loads((EXAMPLES / "hw5.toml").read_text("utf-8"))["hints"]
    assert hints.keys() <= set(claims)


@pytest.mark.parametrize(("page", "name"), [("regression", "project.yml"), ("grading", "course.yml")])
def test_the_guide_links_to_the_example(page, name):
    """Where somebody who grades, or keeps a baseline, looks for it."""
    assert f"(../../.github/examples/{name})" in (PROJECT / f"spec/guide/{page}.md").read_text("utf-8")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_uses_options_that_there_are(file, capsys, pytestconfig):
    """Every option of `pytest` and of `claims` in it is known; tabs, which YAML refuses, are nowhere."""
    text = file.read_text("utf-8")
    assert "\t" not in text
    assert re.search(r"^name: \w+", text, re.MULTILINE)
    known = {name for option in pytestconfig._parser.optparser._actions for name in option.option_strings}
    for line in re.findall(r"pytest (.*(?:\\\n.*)*)", text):
        assert set(re.findall(r"(--[a-z-]+)", line)) <= known
    for command, line in re.findall(r"\bclaims (grade|export) (.*)", text):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        assert set(re.findall(r"(--[a-z-]+)", line)) <= set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out))
