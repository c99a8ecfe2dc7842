"""The table that ends a run."""

import re

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome
from spec.harness.regression.baseline import Gate, write
from spec.harness.report.terminal import complaint, mark_of, render, verdict, what_failed
from spec.selfcheck.records import a_claim_record, a_run, a_test_record
from spec.selfcheck.regression.runs import EFFECT, of_effect

Q1 = "q1_attention_vs_convolution"

HOLDS, REFUTED = a_test_record("test_one"), a_test_record("test_one", "refuted")
LEFT_OUT = a_test_record("test_two", "not-run", selected=False)


def boundary(outcome):
    """A test beside those that decide."""
    return a_test_record("test_boundary", outcome, role="boundary", message="on the wrong side")


@pytest.mark.parametrize(
    ("tests", "verdict", "mark"),
    [
        ([HOLDS], "holds", "✓"),
        ([HOLDS, LEFT_OUT], "holds", "◐"),
        ([HOLDS, LEFT_OUT, boundary("holds")], "holds", "◐"),
        ([HOLDS, LEFT_OUT, boundary("refuted")], "holds", "✗"),
        ([LEFT_OUT], "holds", "·"),
        ([LEFT_OUT, boundary("refuted")], "holds", "✗"),
        ([REFUTED, LEFT_OUT], "holds", "✗"),
        ([REFUTED, LEFT_OUT], "refuted", "✓"),
    ],
)
def test_a_failure_has_its_mark_whatever_was_left_out(tests, verdict, mark):
    """What was not run, or in part, is told from what failed."""
    assert mark_of(a_claim_record(*tests, verdict=verdict))[0] == mark


@pytest.mark.parametrize(
    ("subject", "says"),
    [("implementation", "refuted (registered: holds)"), ("protocol", "refuted (registered: holds; not graded)")],
)
def test_a_failure_that_is_not_graded_says_so(subject, says):
    """It is no failure of whoever wrote the implementation."""
    assert verdict(a_claim_record(REFUTED, subject=subject)) == says


@pytest.mark.parametrize(
    ("outcome", "says"), [("refuted", "its boundary is not where"), ("error", "its boundary cannot be decided")]
)
def test_a_boundary_without_an_answer_is_not_elsewhere(outcome, says):
    """Nothing is known of it."""
    assert complaint(a_claim_record(HOLDS, boundary(outcome))).startswith(says)


def test_the_last_line_says_how_many_failed_of_those_that_count_nowhere():
    """They are in no share; what failed of them is shown."""
    claims = [a_claim_record(HOLDS, LEFT_OUT, *more, question=Q1) for more in ([], [boundary("refuted")])]
    printed = " ".join(render(a_run(*claims), Registry(), colour=False).split())
    assert " · 2 partly run, not counted, 1 of them failed · " in printed
    assert "✗ toy.effect partly-run" in printed
    assert "its boundary is not where it is registered: on the wrong side" in printed
    assert "replicates" in printed


def test_no_character_is_obeyed_by_a_terminal():
    """Whatever a message holds: colours, what is hidden, and what reverses the text after it."""
    failing = a_test_record(outcome="error", message="\x1b[2Jhere\u202eti \u061cs")
    printed = render(a_run(a_claim_record(failing, question=Q1)), Registry(), colour=False)
    assert "here" in printed
    assert not re.search("[\x1b\u202e\u061c]", printed)


def test_the_last_line_of_all_says_what_failed(tmp_path):
    """Claims, regressions, and what else fails a run; nothing where all is well."""
    fine, worse = of_effect(), of_effect(EFFECT - 0.1)
    failing = of_effect(outcome="refuted")
    other = a_run(a_claim_record(a_test_record("test_other", claim="toy.other")))
    write(fine, tmp_path / "b.json")

    def said(run, target=None):
        return what_failed(run, Gate(tmp_path / "b.json", target).judge(run))

    assert what_failed(fine, None) == said(fine) == ""
    assert what_failed(failing, None) == "claims failed: 1 not as registered: toy.effect"
    assert said(worse) == "claims failed: one regression: toy.effect"
    assert "1 not as registered: toy.effect; one regression: toy.effect" in said(failing)
    assert "the claim vanished" not in said(other)
    assert said(other).startswith("claims failed: one regression: toy.effect")
    unfit = of_effect()
    unfit.claims[0].tests[0].outcome = Outcome.GRADER_ERROR
    assert "this run was not saved: 1 test with a grader-error" in what_failed(
        unfit, Gate(None, tmp_path / "new.json").judge(unfit)
    )
