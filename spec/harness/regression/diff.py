"""What became of every claim from one run to another: a pure function of two `claims.json`.

Only what both runs selected is compared. Regressions are: an outcome that no longer is the registered one; an effect
that shrank beyond noise (see `effects`); work that became much slower (see `durations`); a claim, test or comparison
that vanished; and a test that was selected but not run. What a changed entry of the registry explains is marked as
such.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from ..evidence.results import ClaimRecord, Results, Selection
from . import durations, effects
from .pairing import DECIDED, Finding, FindingKind, Pair, comparisons, counterparts, name, pairs, ran, selects, vanished

TEXT = ("question", "fa", "en", "kind", "subject", "criterion", "amended", "registered_verdict")
"""The registered fields of a claim that results hold."""

TERMS = ("verb", "margin", "worst", "chance", "alpha", "replicates")
"""The registered fields of a comparison that decide it."""

WORDS = ("what", "varies")
"""The other registered fields of a comparison."""


class Difference(msgspec.Struct):
    """Everything that differs between two runs."""

    header: list[str]
    """What the two runs are, how they differ as a whole, and how much of them was compared."""
    compared: int
    """How many tests both runs have."""
    findings: list[Finding]

    def of_kind(self, kind: FindingKind) -> list[Finding]:
        """The findings of one kind, in the order of the claims."""
        return [finding for finding in self.findings if finding.kind == kind]


def compare(before: Results, after: Results) -> Difference:
    """What differs from the run `before` to the run `after`."""
    paired = before.seed == after.seed
    both = list(pairs(before, after))
    compared = list(effects.effects(both))
    timed, slower = durations.slower(before, after)
    findings = [
        *_vanished(before, after),
        *_outcomes(before, after, both),
        *effects.moved(compared, paired),
        *slower,
        *_entries(before, after, both),
        *_appeared(before, after),
    ]
    order = list(dict.fromkeys(claim.id for claim in [*before.claims, *after.claims]))
    identical = sum(effect.identical for effect in compared)
    header = [
        f"before: {_described(before)}",
        f"after:  {_described(after)}",
        *_unlike(before, after),
        f"compared: claims {len({pair.claims[0].id for pair in both})}, tests {len(both)}, effects {len(compared)} "
        f"({identical} identical; level {effects.LEVEL:g}), durations {timed}",
    ]
    return Difference(header, len(both), sorted(findings, key=lambda finding: order.index(finding.claim)))


def _described(run: Results) -> str:
    claims = run.counted()
    short = sum(not claim.as_registered for claim in claims)
    whole = f"claims {len(claims)}{f', of which {short} not as registered' if short else ''}"
    return f"implementation {run.implementation}, seed {run.seed}, {_selected(run.selection)}: {whole}"


def _selected(selection: Selection) -> str:
    parts = [
        *(f"--claims-only {prefix}" for prefix in selection.only),
        f'-m "{selection.marks}"' if selection.marks else "",
        f'-k "{selection.keywords}"' if selection.keywords else "",
        *selection.arguments,
    ]
    return " ".join(filter(None, parts)) or "everything"


def _unlike(before: Results, after: Results) -> Iterator[str]:
    """How two runs differ as a whole, and what follows for their comparison."""
    changes = list(_changes(before, after, ("implementation", "seed")))
    for key in dict.fromkeys([*before.environment, *after.environment]):
        was, now = before.environment.get(key), after.environment.get(key)
        changes += [f"{key} {was} → {now}"] if was != now else []
    if before.registry != after.registry:
        changes.append("the registry")
    if before.selection != after.selection:
        changes.append("the selection: only what both have is compared")
    if changes:
        yield f"differing in: {'; '.join(changes)}"
    if before.seed != after.seed:
        yield (
            "effects are compared as two samples, as the seeds differ; variation common to all replicates of a run is "
            "not counted as noise"
        )
    if not durations.comparable(before, after):
        yield "durations are not compared: their device, sandbox or reference workload differs"


def _vanished(before: Results, after: Results) -> Iterator[Finding]:
    """Claims, tests and comparisons that the later run would have, had they not been removed or renamed."""
    later = {claim.id: claim for claim in after.claims}
    for claim in before.claims:
        if claim.id not in later:
            due = selects(after.selection, claim.id) or after.selection == before.selection
            if due and any(map(ran, claim.tests)):
                yield Finding("regression", claim.id, "the claim vanished")
            continue
        for test in claim.tests:
            if vanished(test, later[claim.id]):
                yield Finding("regression", claim.id, f"the test {name(test)} vanished")
            matches = counterparts(test, later[claim.id])
            if matches and all(record.outcome in DECIDED for record in (test, *matches)):
                others = [other for other in later[claim.id].tests if other.role == test.role]
                remaining = set[str]().union(*(comparisons(other) for other in others))
                for comparison in sorted(comparisons(test).keys() - remaining):
                    yield Finding("regression", claim.id, f"the comparison {comparison} of {name(test)} vanished")


def _appeared(before: Results, after: Results) -> Iterator[Finding]:
    for finding in _vanished(after, before):
        yield Finding("other", finding.claim, f"{finding.says.removesuffix('vanished')}appeared")


def _outcomes(before: Results, after: Results, both: list[Pair]) -> Iterator[Finding]:
    later = {claim.id: claim for claim in after.claims}
    for claim in before.claims:
        if claim.id in later:
            yield from _outcome(claim, later[claim.id], [pair for pair in both if pair.claims[0] is claim])


def _outcome(claim: ClaimRecord, now: ClaimRecord, both: list[Pair]) -> Iterator[Finding]:
    """What became of one claim's outcome, with the tests behind it."""
    counted = claim.selected and now.selected
    changed = f"{claim.outcome} → {now.outcome}" if counted and claim.outcome is not now.outcome else ""
    broken = [pair for pair in both if pair.broke]
    by_its_entry = [pair for pair in broken if pair.both_decided and _decided_otherwise(pair)]
    mended = [pair for pair in both if pair.as_expected == (False, True)]
    lost = counted and claim.as_registered and not now.as_registered
    if len(broken) > len(by_its_entry) or (lost and not broken):
        says = changed or ("no longer as registered" if lost else "one of its tests broke")
        yield Finding("regression", claim.id, says, tuple(map(_became, broken)) or _messages(now))
    elif broken:
        says = f"{changed or 'no longer as registered'}: its registered terms changed"
        yield Finding("registry", claim.id, says, tuple(map(_became, broken)))
    elif mended or (counted and now.as_registered and not claim.as_registered):
        yield Finding("better", claim.id, changed or "more of its tests are as registered", tuple(map(_became, mended)))
    elif changed:
        yield Finding("other", claim.id, changed, _messages(now))


def _became(pair: Pair) -> str:
    before, after = pair.tests
    message = f": {after.message.splitlines()[0]}" if after.message else ""
    return f"{name(after)}: {before.outcome} → {after.outcome}{message}"


def _messages(claim: ClaimRecord) -> tuple[str, ...]:
    return tuple(claim.message.splitlines()[:1])


def _entries(before: Results, after: Results, both: list[Pair]) -> Iterator[Finding]:
    """The claims of which something else is registered than was."""
    later = {claim.id: claim for claim in after.claims}
    for claim in before.claims:
        if claim.id in later:
            changes = list(_changes(claim, later[claim.id], TEXT))
            for pair in both:
                changes += _changed_comparisons(pair, TERMS + WORDS) if pair.claims[0] is claim else []
            if changes:
                yield Finding("registry", claim.id, "its entry changed", tuple(dict.fromkeys(changes)))


def _decided_otherwise(pair: Pair) -> bool:
    """Whether what decides a test is not what it was: its claim's verdict, or the terms of a comparison."""
    return any(_changes(*pair.claims, ("registered_verdict",))) or bool(_changed_comparisons(pair, TERMS))


def _changed_comparisons(pair: Pair, fields: tuple[str, ...]) -> list[str]:
    changes = []
    before, after = map(comparisons, pair.tests)
    for comparison, was in before.items():
        if comparison in after:
            now = after[comparison]
            # The second of two looks has more replicates than the first by its entry, not by a change of it.
            looked_again = {was.look, now.look} == {1, 2}
            registered = [field for field in fields if not (looked_again and field == "replicates")]
            changes += [f"{comparison}: {change}" for change in _changes(was, now, registered)]
    return changes


def _changes(before: Any, after: Any, fields: Any) -> Iterator[str]:
    """What differs in these fields, from what to what."""
    for field in fields:
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"{field} {_brief(was)} → {_brief(now)}"


def _brief(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 100 else f"{text[:97]}…"
