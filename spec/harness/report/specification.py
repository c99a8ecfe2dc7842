"""What `claims list` and `claims show` print: pure functions of the registry and the inventory."""

import os
from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from ..claims.binding import ROLES
from ..claims.budgets import in_words
from ..claims.decision import needed
from ..claims.inventory import Inventory, SpecifiedTest
from ..claims.registry import Claim, Comparison, ExperimentEntry, Registry
from ..counts import counted
from ..errors import Outcome
from ..evidence.results import VariationRecord
from ..validation.calibration import Summary, pooled
from .console import new_console, text_of
from .terminal import in_variations

UNWRAPPED = 10_000
"""Columns: more than a claim has."""


def listing(registry: Registry, inventory: Inventory, claims: Sequence[str]) -> str:
    """What `claims list` prints: these claims, in the homework's order, and how many they are.

    In a terminal lines are wrapped; elsewhere there is one for each claim, to be searched.
    """
    console = new_console()
    if not os.isatty(1):
        console.width = UNWRAPPED
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "claim", "verdict", "subject", "tests", "what the homework says"):
        table.add_column(heading, overflow="fold")
    for claim_id in claims:
        claim = registry[claim_id]
        question = registry.question_of[claim_id].partition("_")[0].upper()
        subject = claim.subject + (" ●" if claim.graded else "")
        cells = (claim_id, claim.verdict, subject, _roles(inventory.by_claim[claim_id]), claim.en)
        table.add_row(question, *map(escape, cells))
    console.print(table)
    part = "" if len(claims) == len(registry.claims) else f"{len(claims)} of "
    graded = sum(registry[claim].graded for claim in claims)
    console.print(f"\n{part}{counted(len(registry.claims), 'claim')}, {graded} of them graded (●)")
    return text_of(console)


def details(
    claim: Claim,
    tests: list[SpecifiedTest],
    registry: Registry,
    calibrations: Mapping[tuple[str, str], list[Summary]],
    multiverse: Sequence[VariationRecord] = (),
) -> str:
    """What `claims show` prints of one claim.

    With what calibration says of each comparison, by claim and name, and what became of the claim in its multiverse.
    """
    console = new_console()
    console.print(f"[bold]{claim.id}[/]  ({registry.questions[registry.question_of[claim.id]].title})\n")
    graded = "graded" if claim.graded else "not graded"
    rows = {
        "the homework": claim.fa,
        "in English": claim.en,
        "verdict": claim.verdict,
        "condition": claim.condition,
        "reason": claim.reason,
        "true instead": claim.amended,
        "kind": claim.kind,
        "subject": f"{claim.subject} ({graded})",
        "criterion": claim.criterion,
        "sources": "; ".join(claim.sources),
    }
    grid = Table(box=None, show_header=False, pad_edge=False)
    for name, text in rows.items():
        if text:
            grid.add_row(f"[dim]{name}[/]", escape(text))
    console.print(grid)
    for name, comparison in claim.comparison.items():
        console.print(f"\n[bold]comparison {name}[/] ({comparison.experiment}): {escape(comparison.says)}")
        for line in _terms(comparison, calibrations.get((claim.id, name), [])):
            console.print(Padding(escape(line), (0, 0, 0, 2)))
    for experiment in dict.fromkeys(comparison.experiment for comparison in claim.comparison.values()):
        console.print(f"\n[bold]experiment {experiment}[/]")
        for line in _design(registry.experiments[experiment]):
            console.print(Padding(escape(line), (0, 0, 0, 2)))
    if multiverse:
        console.print(f"\n[bold]multiverse[/]: {in_variations(multiverse)}")
        for line in _variations(multiverse):
            console.print(Padding(escape(line), (0, 0, 0, 2)))
    console.print("\n[bold]tests[/]")
    for test in tests:
        place = f"{os.path.relpath(test.file)}:{test.line}"
        console.print(f"  {test.role:<9}{place} {test.name}\n           [dim]{escape(test.summary)}[/]")
    return text_of(console)


def _terms(comparison: Comparison, summaries: Sequence[Summary]) -> Iterator[str]:
    """How a comparison is decided, in words and numbers."""
    region = comparison.region
    looks = [comparison.at_look(look) for look in range(1, len(comparison.looks) + 1)]
    first, *second = (f"{needed(replicates, alpha)} of {replicates}" for replicates, alpha in looks)
    yield f"holds if {first} replicates {region.target}" + "".join(f", or {more} at the second look" for more in second)
    yield f"sign test at alpha {comparison.alpha:g}; type I error rate {comparison.power(0.5):.2g}"
    if comparison.because:
        yield f"because {comparison.because}"
    if not summaries:
        yield "not calibrated"
    for summary in summaries if len(summaries) < 2 else [*summaries, pooled(summaries)]:
        did, holds = (f"lay {region.wrong_side}", "is refuted") if summary.refutes else ("did", "holds")
        yield (
            f"calibrated with {summary.implementation} on seeds {summary.seeds}: {summary.right} of {summary.of} "
            f"replicates {did}, a share of at least {summary.lower_bound:.4f} (95 % bound); at that bound it {holds} "
            f"with probability {comparison.power(summary.lower_bound):.5f}"
        )


def _design(entry: ExperimentEntry) -> Iterator[str]:
    """What an experiment's replicates are, and its budget."""
    first, *second = entry.looks
    yield f"looks: {first} replicates" + "".join(f", then {more}" for more in second)
    yield f"varies: {entry.varies}"
    if entry.samples:
        yield f"samples: {entry.samples}"
    if entry.budget:
        yield f"budget: {in_words(entry.budget)}"
    if entry.choices:
        yield f"choices: {in_words(entry.choices)}"


def _variations(rows: Sequence[VariationRecord]) -> Iterator[str]:
    """What became of a claim in every variation."""
    for row in rows:
        changes = in_words(row.changes) or "as registered"
        effects = "; ".join(
            f"{name} {effect.right}/{effect.of}, {effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}]"
            + ("" if effect.outcome is Outcome.HOLDS else f" {effect.outcome}")
            for name, effect in row.effects.items()
            # Of controls and what is amended, those that failed, for they decide as well.
            if effect.role == "claim" or (effect.outcome is not Outcome.HOLDS and effect.role != "boundary")
        )
        mark = "✓" if row.as_registered else "✗"
        yield f"{mark} {row.experiment}.{row.variation} ({changes}): {row.outcome}: {effects}"


def _roles(tests: list[SpecifiedTest]) -> str:
    counts = {role: sum(test.role == role for test in tests) for role in ROLES}
    return ", ".join(f"{count} {role}" for role, count in counts.items() if count)
