"""Runs that nobody ran: one with everything that can become of a claim, and one as large as a whole run."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Comparison, Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import figures
from spec.harness.evidence.evidence import compare
from spec.harness.evidence.results import EvidenceRecord, FigureRecord, Results, TestRecord
from spec.harness.evidence.verdicts import decide
from spec.selfcheck.examples import a_comparison, an_interval
from spec.selfcheck.records import a_claim_record, a_run, a_test_record

HOSTILE = (
    "</pre></style></script><script>document.title = 'taken over'</script><img src=x onerror=\"alert(1)\">"
    "{{ 7 * 7 }} &lt; \u202egnp.exe $x$"
)
"""What an implementation might call itself, or say, to those who read about it."""

QUOTES = {
    "whole": "فاصله بین تمام توکنها یکی است",
    "begins-foreign": "trade off مناسبی بین این دو",
    "formula": r"\min_{\theta_g} \max_{\theta_d}",
}
QUESTIONS = {"q1_toy": "Q1 · Toys", "q2_numbers": "Q2 · Numbers", "q3_empty": "Q3 · Nothing"}
CONDITION, REASON, AMENDED = "it is looked at from here", "it goes the other way", "the other way is true"


def compared(name: str, comparison: Comparison, mean: float, spread: float = 0.02) -> EvidenceRecord:
    """A comparison whose values lie around a mean, as `evidence` would have recorded it at its first look."""
    return compare(name, comparison, np.random.default_rng(len(name)).normal(mean, spread, comparison.looks[0]))


def exactly(what: str, worst_error: float = 2e-16) -> EvidenceRecord:
    """An exact statement that was checked on some examples."""
    return EvidenceRecord(
        verb="equal", what=what, outcome=Outcome.HOLDS, worst_error=worst_error, tolerance=1e-12, examples=1200
    )


def one_figure_of_each_kind(seed: int = 0) -> dict[str, dict[str, Any]]:
    """Data for every kind of figure, about as many as experiments keep."""
    rng = np.random.default_rng(seed)
    rising = np.cumsum(rng.random((14, 60)), axis=1)
    labels = {"x_label": "steps", "y_label": "accuracy"}
    return {
        "curves": {
            "x": np.arange(60),
            **labels,
            "marks": [7],
            "this $x$": rising,
            "that": rising / 2,
            "one": rising[0],
        },
        "paths": {"x": rising, "y": rising[::-1], "early": np.full(14, 3), "late": np.full(14, 40), **labels},
        "scatter": {
            "group": np.repeat(["a", "b", "c"], 60),
            "first": rng.random((180, 2)),
            "second": rng.random((180, 2)),
            "third": rng.random((180, 2)),
        },
        "dots": {"x_label": "correlation", "V": rng.random(14), "L": -rng.random(14)},
        "matrix": {
            "values": rng.random((14, 8, 9)),
            "row": [str(age) for age in range(8)],
            "column": [f"round {age * 100}" for age in range(9)],
            "row_label": "discriminator",
            "column_label": "generator",
        },
        "pictures": {"faces": rng.random((8, 24, 24)), "in colour": rng.random((8, 18, 18, 3))},
        "overlay": {"picture": rng.random((8, 24, 24)), "weights": rng.random((8, 4, 4))},
    }


def keep_figure(folder: Path, name: str, kind: str, arrays: dict[str, Any]) -> FigureRecord:
    """Write a figure's data below `folder`, as a run does."""
    file = folder / "figures" / f"{name}.npz"
    file.parent.mkdir(exist_ok=True)
    figures.write(file, figures.figure(name, kind, f"A figure of kind {kind}.", **arrays))
    return FigureRecord(name=name, file=f"figures/{file.name}", sha256=hashlib.sha256(file.read_bytes()).hexdigest())


NO_TESTS = (Outcome.HOLDS, Outcome.PARTLY_RUN)
"""The outcomes that have claims of their own here, or are no test's."""


def a_test(claim_id: str, outcome: str = "holds", role: str = "claim", *evidence: Any, **fields: Any) -> TestRecord:
    """A test of a claim; its message is hostile where it does not hold."""
    message = "" if outcome == "holds" else f"this is why: {HOSTILE}"
    fields = {"claim": claim_id, "role": role, "message": message, "evidence": list(evidence)} | fields
    return a_test_record(f"test_{claim_id}_{role}", outcome, **fields)


def everything(folder: Path) -> Results:
    """Every outcome, verdict and role, every kind of figure, and text that would break a careless page."""
    drawn = [
        keep_figure(folder, f"toy.holds.{kind}", kind, arrays) for kind, arrays in one_figure_of_each_kind().items()
    ]
    effect = a_comparison(says="effect of the toy")
    level = compared("level", an_interval(-0.1, 0.1, says="level of the toy"), 0.0)
    rises, falls, neither = (compared("effect", effect, *drawn_from) for drawn_from in ((0.3,), (-0.3,), (0.1, 0.2)))
    conditional = {"verdict": "conditional", "condition": CONDITION}
    claims = [
        a_claim_record(
            a_test("toy.holds", "holds", "claim", rises, level, exactly("one, and one"), says="The toy has an effect."),
            a_test("toy.holds", "holds", "control", level),
            fa=QUOTES["whole"],
        ),
        *(a_claim_record(a_test(f"toy.other-{outcome}", outcome)) for outcome in Outcome if outcome not in NO_TESTS),
        a_claim_record(
            a_test("toy.boundary-elsewhere", "holds", "claim", exactly("three, and three")),
            a_test("toy.boundary-elsewhere", "refuted", "boundary", exactly("x" * 300)),
            **conditional,
        ),
        a_claim_record(
            a_test("toy.in-part"),
            a_test(
                "toy.in-part", "not-run", selected=False, message="not selected", nodeid="test_toy.py::test_left_out"
            ),
        ),
        a_claim_record(
            a_test("toy.conditional", "holds", "claim", exactly("two, and two")),
            a_test("toy.conditional", "holds", "boundary", level),
            question="q2_numbers",
            fa=QUOTES["begins-foreign"],
            **conditional,
        ),
        a_claim_record(
            a_test("toy.refuted", "refuted", "claim", falls),
            a_test("toy.refuted", "holds", "amended", rises),
            question="q2_numbers",
            fa=QUOTES["formula"],
            verdict="refuted",
            reason=REASON,
            amended=AMENDED,
        ),
        a_claim_record(
            a_test("toy.undecided", "inconclusive", "claim", neither),
            question="q2_numbers",
            verdict="undecided",
            reason="nothing was found",
        ),
    ]
    claims[0].figures = [Path(figure.file).name for figure in drawn]
    return a_run(*claims, figures=drawn, implementation=HOSTILE, seed=7, questions=QUESTIONS)


def as_large_as_a_whole_run(folder: Path) -> Results:
    """Every registered claim with all of its comparisons and tests, and five figures of each kind."""
    registry = Registry()
    inventory = Inventory(registry)
    drawn = [
        keep_figure(folder, f"figure-{kind}-{seed}", kind, arrays)
        for seed in range(5)
        for kind, arrays in one_figure_of_each_kind(seed).items()
    ]
    claims = []
    for claim in registry.claims.values():
        specified = inventory.by_claim[claim.id]
        tests = [
            a_test(
                claim.id,
                claim.registered_outcome if test.role == "claim" else "holds",
                test.role,
                *(exactly(f"statement {i} of {test.name}") for i in range(2)),
                nodeid=f"spec/{test.file.parent.name}/{test.file.name}::{test.name}",
                says=test.summary,
                message="",
            )
            for test in specified
        ]
        tests[0].evidence += [
            compared(name, comparison, comparison.above or 0.0) for name, comparison in claim.comparison.items()
        ]
        claims.append(decide(claim, registry.question_of[claim.id], tests, specified))
    for record, figure in zip(claims, drawn, strict=False):
        record.figures = [Path(figure.file).name]
    questions = {name: question.title for name, question in registry.questions.items()}
    return a_run(*claims, figures=drawn, questions=questions)
