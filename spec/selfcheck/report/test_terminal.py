"""The table that ends a run."""

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.report.terminal import mark_of, render
from spec.selfcheck.records import a_claim_record, a_run, a_test_record

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


def test_the_last_line_says_how_many_failed_of_those_that_count_nowhere():
    """They are in no share; what failed of them is shown."""
    claims = [
        a_claim_record(HOLDS, LEFT_OUT, *more, question="q1_attention_vs_convolution")
        for more in ([], [boundary("refuted")])
    ]
    printed = " ".join(render(a_run(*claims), Registry(), colour=False).split())
    assert " · 2 partly run, not counted · " in printed
    assert "of the claims that were partly run 1 failed" in printed
    assert "✗ toy.effect partly-run" in printed
    assert "its boundary is not where it is registered: on the wrong side" in printed
    assert "replicates" in printed
