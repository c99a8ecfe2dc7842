"""Runs that nobody ran: one with everything that can become of a claim, and one as large as a whole run."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from spec.harness.claims.decision import needed
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Comparison, Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import figures
from spec.harness.evidence.evidence import bootstrap_interval
from spec.harness.evidence.results import (
    SCHEMA,
    ClaimRecord,
    EvidenceRecord,
    FigureRecord,
    Results,
    Selection,
    TestRecord,
)
from spec.selfcheck.examples import a_comparison, an_interval

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
CONDITION, REASON, AMENDED = "it is looked at from here", "it goes the other way", "the other way is true"


def compared(name: str, registered: Comparison, mean: float, spread: float = 0.02) -> EvidenceRecord:
    """A comparison whose values lie around a mean, as `evidence` would have recorded it."""
    values = np.random.default_rng(len(name)).normal(mean, spread, registered.replicates)
    low, high = bootstrap_interval(values, resamples=20)
    if registered.margin is not None:
        right, wrong = values > registered.margin, values < 0
    else:
        right = (registered.low <= values) & (values <= registered.high)  # type: ignore[operator]
        wrong = ~right
    enough = needed(registered.replicates, registered.alpha) or 0
    outcome = Outcome.HOLDS if right.sum() >= enough else Outcome.INCONCLUSIVE
    return EvidenceRecord(
        verb="exceeds" if registered.margin is not None else "within",
        what=registered.says,
        outcome=Outcome.REFUTED if wrong.sum() >= enough else outcome,
        comparison=name,
        varies=registered.varies,
        values=values.tolist(),
        exceed=int(right.sum()),
        needed=enough,
        median=float(np.median(values)),
        mean=float(values.mean()),
        low=low,
        high=high,
        margin=registered.margin if registered.margin is not None else [registered.low or 0.0, registered.high or 0.0],
        alpha=registered.alpha,
        replicates=registered.replicates,
    )


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


def a_test(claim: str, role: str, outcome: Outcome, **fields: Any) -> TestRecord:
    """A test of a claim; its message is hostile where it does not hold."""
    name = f"spec/q1/test_{claim.partition('.')[2].replace('-', '_')}.py::test_{role}"
    message = "" if outcome is Outcome.HOLDS else f"this is why: {HOSTILE}"
    return TestRecord(**{"nodeid": name, "claim": claim, "role": role, "outcome": outcome, "message": message} | fields)


def a_claim(claim_id: str, outcome: Outcome, tests: list[TestRecord], **fields: Any) -> ClaimRecord:
    """A claim with these tests; registered as what it came out as, unless the fields say otherwise."""
    given: dict[str, Any] = {
        "question": "q1_toys",
        "fa": QUOTES["whole"],
        "en": f"the claim {claim_id}",
        "kind": "experiment",
        "subject": "implementation",
        "criterion": f"By looking at {claim_id}.",
        "registered_verdict": "holds",
        "as_registered": outcome is Outcome.HOLDS,
        "selected": True,
        "seconds": 1.5,
        "message": next((test.message for test in tests if test.message), ""),
    }
    return ClaimRecord(**given | {"id": claim_id, "outcome": outcome, "tests": tests} | fields)


def results_of(claims: list[ClaimRecord], kept: list[FigureRecord], **fields: Any) -> Results:
    """A run with these claims and figures."""
    counted = [claim for claim in claims if claim.selected]
    given: dict[str, Any] = {
        "schema": SCHEMA,
        "implementation": "impl",
        "environment": {"python": "3.11.7", "torch": "2.13.0", "device": "cpu", "sandbox": "in-process"},
        "registry": "0" * 64,
        "seed": 7,
        "selection": Selection(only=[], marks="claims", keywords="", arguments=[]),
        "seconds": 75.0,
        "cpu_seconds": 140.0,
        "reference_seconds": 0.03,
        "as_registered": sum(claim.as_registered for claim in counted) / len(counted),
        "pass_rate": 0.5,
        "questions": {"q1_toys": "Q1 · Toys", "q2_numbers": "Q2 · Numbers", "q3_empty": "Q3 · Nothing"},
    }
    return Results(**given | {"figures": kept, "claims": claims} | fields)


def everything(folder: Path) -> Results:
    """Every outcome, verdict and role, every kind of figure, and text that would break a careless page."""
    drawn = {
        f"toy.holds.{kind}": keep_figure(folder, f"toy.holds.{kind}", kind, arrays)
        for kind, arrays in one_figure_of_each_kind().items()
    }
    effect, level = a_comparison(says="effect of the toy"), an_interval(-0.1, 0.1, says="level of the toy")
    holds = a_claim(
        "toy.holds",
        Outcome.HOLDS,
        [
            a_test(
                "toy.holds",
                "claim",
                Outcome.HOLDS,
                says="The toy has an effect.",
                evidence=[compared("effect", effect, 0.3), compared("level", level, 0.0), exactly("one, and one")],
                figures=[f"{name}.npz" for name in drawn],
            ),
            a_test("toy.holds", "control", Outcome.HOLDS, evidence=[compared("level", level, 0.0)]),
        ],
    )
    conditional = a_claim(
        "toy.conditional",
        Outcome.HOLDS,
        [
            a_test("toy.conditional", "claim", Outcome.HOLDS, evidence=[exactly("two, and two")]),
            a_test("toy.conditional", "boundary", Outcome.HOLDS, evidence=[compared("level", level, 0.0)]),
        ],
        fa=QUOTES["begins-foreign"],
        registered_verdict="conditional",
        condition=CONDITION,
        question="q2_numbers",
    )
    refuted = a_claim(
        "toy.refuted",
        Outcome.REFUTED,
        [
            a_test("toy.refuted", "claim", Outcome.REFUTED, evidence=[compared("effect", effect, -0.3)]),
            a_test("toy.refuted", "amended", Outcome.HOLDS, evidence=[compared("effect", effect, 0.3)]),
        ],
        fa=QUOTES["formula"],
        registered_verdict="refuted",
        as_registered=True,
        reason=REASON,
        amended=AMENDED,
        question="q2_numbers",
    )
    undecided = a_claim(
        "toy.undecided",
        Outcome.INCONCLUSIVE,
        [a_test("toy.undecided", "claim", Outcome.INCONCLUSIVE, evidence=[compared("effect", effect, 0.1, 0.2)])],
        registered_verdict="undecided",
        as_registered=True,
        reason="nothing was found",
        question="q2_numbers",
    )
    others = [
        a_claim(f"toy.other-{outcome}", outcome, [a_test(f"toy.other-{outcome}", "claim", outcome)])
        for outcome in Outcome
        if outcome is not Outcome.HOLDS
    ]
    beyond = a_claim(
        "toy.boundary-elsewhere",
        Outcome.HOLDS,
        [
            a_test("toy.boundary-elsewhere", "claim", Outcome.HOLDS, evidence=[exactly("three, and three")]),
            a_test("toy.boundary-elsewhere", "boundary", Outcome.REFUTED, evidence=[exactly("x" * 300)]),
        ],
        registered_verdict="conditional",
        condition=CONDITION,
        as_registered=False,
    )
    partly = a_claim(
        "toy.in-part",
        Outcome.NOT_RUN,
        [a_test("toy.in-part", "claim", Outcome.NOT_RUN, selected=False, message="not selected")],
        selected=False,
        as_registered=False,
    )
    claims = [holds, *others, beyond, partly, conditional, refuted, undecided]
    return results_of(claims, list(drawn.values()), implementation=HOSTILE)


def as_large_as_a_whole_run(folder: Path) -> Results:
    """Every registered claim with all of its comparisons and tests, and five figures of each kind."""
    registry = Registry()
    inventory = Inventory(registry)
    kept = [
        keep_figure(folder, f"figure-{kind}-{seed}", kind, arrays)
        for seed in range(5)
        for kind, arrays in one_figure_of_each_kind(seed).items()
    ]
    shown = iter(kept)
    claims = []
    for claim in registry.claims.values():
        tests = []
        for specified in inventory.by_claim[claim.id]:
            nodeid = f"spec/{specified.file.parent.name}/{specified.file.name}::{specified.name}"
            tests.append(
                TestRecord(
                    nodeid=nodeid,
                    claim=claim.id,
                    role=specified.role,
                    outcome=Outcome.HOLDS,
                    says=specified.summary,
                    evidence=[exactly(f"statement {i} of {specified.name}") for i in range(2)],
                )
            )
        tests[0].evidence += [compared(name, own, own.margin or 0.0) for name, own in claim.comparison.items()]
        claims.append(
            ClaimRecord(
                id=claim.id,
                question=registry.question_of[claim.id],
                fa=claim.fa,
                en=claim.en,
                kind=claim.kind,
                subject=claim.subject,
                criterion=claim.criterion,
                registered_verdict=claim.verdict,
                condition=claim.condition,
                reason=claim.reason,
                amended=claim.amended,
                outcome=claim.registered_outcome,
                as_registered=True,
                selected=True,
                seconds=1.0,
                message="",
                tests=tests,
                figures=[f"{figure.name}.npz" for figure, _ in zip(shown, range(1), strict=False)],
            )
        )
    return results_of(claims, kept, questions={name: each.title for name, each in registry.questions.items()})
