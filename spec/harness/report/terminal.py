"""The tables of the terminal: verdicts at the end of a run, differences between runs, mutants.

Each is a pure function of the results.
"""

from collections.abc import Sequence

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from ..claims.registry import Claim, Registry, outcome_registered_by
from ..counts import counted
from ..errors import FAULTS, Outcome
from ..evidence.results import ClaimRecord, EvidenceRecord, Results, VariationRecord
from ..regression.baseline import Verdict, listed
from ..regression.diff import Difference
from ..regression.pairing import FindingKind
from ..sandbox import UNSANDBOXED, is_unsandboxed
from ..sandbox.inside.sanitise import clean
from ..validation.multiverse import share
from ..validation.mutation import Attempt, catching_none
from .console import new_console, text_of

MESSAGE_LINES = 6
HEADINGS = ("count\n(needed)", "effect\n[95 % interval]", "margin or\ntolerance", "replicates\nor inputs", "seconds")
MARKS = {"✓": "green", "◐": "yellow", "·": "dim", "✗": "red"}
"""As registered; partly run, and all that ran is as registered; not run; something failed."""
LINE_LENGTH = 400
"""Of a line of a message, such as a call with large arrays; it is whole in `claims.json` and on the page."""


def render(results: Results, registry: Registry, colour: bool) -> str:
    """The table of verdicts, question by question, and the run's totals on the last line."""
    console = new_console(colour)
    for folder, question in registry.questions.items():
        claims = [claim for claim in results.claims if claim.question == folder]
        if claims:
            console.print(f"\n[bold]{escape(question.title)}[/]")
            console.print(_verdicts(claims))
    console.print(f"\n{escape(totals(results))}")
    for line in results.undrawn:
        console.print(f"[yellow]figure not drawn: {escape(line)}[/]")
    if is_unsandboxed(results.environment.get("sandbox", "")):
        console.print(f"[bold red]{UNSANDBOXED}[/]")
    return text_of(console)


def mutants(attempts: list[Attempt], claims: list[Claim]) -> str:
    """What `claims mutants` prints in the end: which mutants each claim caught, and what nothing caught."""
    console = new_console()
    console.print()
    for claim in claims:
        tried = [attempt for attempt in attempts if attempt.claim == claim.id]
        if tried or claim.graded:
            console.print(f"[bold]{claim.id}[/]{' ●' if claim.graded else ''}")
        for attempt in tried:
            mark, style = {"caught": ("✓", "green"), "missed": ("✗", "red")}.get(attempt.status, ("·", "dim"))
            kind = " (procedure)" if attempt.mutant.protocol else ""
            console.print(f"  [{style}]{mark}[/] {attempt.mutant.id}{kind}: {escape(attempt.mutant.because)}")
            console.print(f"    [dim]{escape(attempt.observation)}[/]")
    idle = catching_none(attempts, claims)
    by_id = {attempt.mutant.id: attempt.mutant for attempt in attempts}
    wrong_procedures = sum(mutant.protocol for mutant in by_id.values())
    missed = sorted({attempt.mutant.id for attempt in attempts if attempt.missed})
    console.print(
        f"\n{counted(len(by_id), 'mutant')}, {wrong_procedures} of them wrong procedures; "
        f"missed by a claim named for them: {', '.join(missed) or 'none'}"
    )
    console.print(f"graded claims (●) that catch none: {', '.join(idle) or 'none'}")
    return text_of(console)


def multiverse(rows: list[VariationRecord], claims: list[str]) -> str:
    """What `claims multiverse` prints: in how many variations each claim came out as registered, and in which not."""
    console = new_console()
    for claim in claims:
        of_claim = [row for row in rows if row.claim == claim]
        if of_claim:
            console.print(f"[bold]{claim}[/]  {in_variations(of_claim)}")
        for row in of_claim:
            mark, style = ("✓", "green") if row.as_registered else ("✗", "red")
            changes = ", ".join(f"{name} = {value}" for name, value in row.changes.items())
            console.print(
                f"  [{style}]{mark}[/] {row.experiment}.{row.variation}: {row.outcome}"
                f"[dim]{escape(f'  ({changes})' if changes else '')}[/]"
            )
            for name, effect in row.effects.items():
                if effect.role == "claim":
                    numbers = f"{effect.right}/{effect.of}  {effect.mean:+.3f} [{effect.low:+.3f}, {effect.high:+.3f}]"
                    console.print(f"      [dim]{escape(f'{name}: {numbers}')}[/]")
    return text_of(console)


def in_variations(rows: Sequence[VariationRecord]) -> str:
    """In how many variations a claim came out as registered, in words; nothing where there are none."""
    registered, of = share(rows)
    return f"as registered in {registered} of {counted(of, 'variation')}" if of else ""


def not_in(rows: Sequence[VariationRecord]) -> str:
    """The variations in which a claim did not come out as registered; nothing where it did in all."""
    names: dict[str, list[str]] = {}
    for row in rows:
        if not row.as_registered:
            names.setdefault(row.experiment, []).append(row.variation)
    named = "; ".join(f"{experiment}: {', '.join(of_experiment)}" for experiment, of_experiment in names.items())
    return f", not in {named}" if named else ""


def difference(result: Difference, colour: bool | None = None) -> str:
    """What `claims diff` prints: regressions first, then what the registry explains, what is better and what is new."""
    console = new_console(colour)
    for line in result.header:
        console.print(f"[dim]{escape(line)}[/]")
    sections: tuple[tuple[FindingKind, str, str, str], ...] = (
        ("regression", "Regressions", "✗", "red"),
        ("registry", "Changed in the registry", "≠", "yellow"),
        ("better", "Better", "✓", "green"),
        ("other", "Also different", "·", "dim"),
    )
    for kind, title, mark, style in sections:
        if findings := result.of_kind(kind):
            console.print(f"\n[bold]{title}[/]")
        for finding in findings:
            console.print(f"[{style}]{mark}[/] [bold]{finding.claim}[/]  {escape(finding.says)}")
            more = len(finding.details) - MESSAGE_LINES
            for detail in [*finding.details[:MESSAGE_LINES], *([f"… and {more} more"] if more > 0 else [])]:
                console.print(Padding(f"[dim]{escape(detail)}[/]", (0, 0, 0, 4)))
    console.print(f"\n{regressions(result)}")
    return text_of(console)


def regressions(result: Difference) -> str:
    """How many there are, in words."""
    count = len(result.of_kind("regression"))
    nothing = "no regression" if result.compared else "nothing to compare: the runs have no test in common"
    return f"{count} regressions" if count > 1 else "one regression" if count else nothing


def what_failed(results: Results, verdict: Verdict | None) -> str:
    """The last line of a run that failed: which claims are not as registered, and what became worse; else nothing."""
    failed = [claim.id for claim in results.claims if claim.failed]
    parts = [f"{len(failed)} not as registered: {listed(failed)}"] if failed else []
    if verdict and verdict.failed:
        worse = verdict.difference.of_kind("regression") if verdict.difference else []
        if worse and verdict.difference:
            parts.append(f"{regressions(verdict.difference)}: {listed([finding.claim for finding in worse])}")
        elif verdict.difference and not verdict.difference.compared:
            parts.append(regressions(verdict.difference))
        else:
            parts += verdict.remarks
    return f"claims failed: {'; '.join(parts)}" if parts else ""


def baseline(verdict: Verdict, colour: bool) -> str:
    """The end of a run that was compared with a baseline, or kept as one."""
    compared = f"\nBaseline\n{difference(verdict.difference, colour)}" if verdict.difference else "\n"
    return compared + "".join(f"{remark}\n" for remark in verdict.remarks)


def _verdicts(claims: list[ClaimRecord]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1))
    table.add_column("  claim", ratio=1, overflow="fold", vertical="bottom")
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for claim in claims:
        mark, style = mark_of(claim)
        head = f"[{style}]{mark}[/] [bold]{claim.id}[/]  [{style}]{verdict(claim)}[/]{reused(claim)}"
        table.add_row(head, *_exact_summary(claim), f"{claim.seconds:.1f}")
        table.add_row(f"  {escape(claim.en)}")
        if varied := in_variations(claim.multiverse) + not_in(claim.multiverse):
            table.add_row(Padding(f"[dim]{varied}[/]", (0, 0, 0, 2)))
        if claim.amended and claim.outcome is Outcome.REFUTED:
            table.add_row(Padding(f"true instead: {escape(claim.amended)}", (0, 0, 0, 2)))
        for role, record in _comparisons(claim):
            what = record.what if role == "claim" else f"{role}: {record.what}"
            table.add_row(Padding(f"[dim]{escape(what)}[/]", (0, 0, 0, 4)), *_numbers(record))
        if not claim.as_registered:
            for line in complaint(claim).splitlines()[:MESSAGE_LINES]:
                table.add_row(Padding(f"[{style}]{escape(clean(line, LINE_LENGTH))}[/]", (0, 0, 0, 4)))
    return table


def mark_of(claim: ClaimRecord) -> tuple[str, str]:
    """One of `MARKS`, with its colour."""
    undecided = {Outcome.PARTLY_RUN: "◐", Outcome.NOT_RUN: "·"}
    mark = "✗" if claim.failed else undecided.get(claim.outcome, "✓")
    return mark, MARKS[mark]


def verdict(claim: ClaimRecord) -> str:
    """A claim's outcome in words, with the registered verdict where it is another."""
    if claim.as_registered:
        return f"{claim.outcome}, conditional" if claim.registered_verdict == "conditional" else str(claim.outcome)
    if claim.outcome in (Outcome.NOT_RUN, Outcome.PARTLY_RUN):
        return str(claim.outcome)
    aside = [] if claim.registered_verdict == claim.outcome else [f"registered: {claim.registered_verdict}"]
    aside += [] if claim.subject == "implementation" else ["not graded"]
    return f"{claim.outcome} ({'; '.join(aside)})" if aside else str(claim.outcome)


def reused(claim: ClaimRecord) -> str:
    """How many of a claim's tests were not run again, in words; nothing where all were."""
    ran = [test.reused for test in claim.tests if test.outcome is not Outcome.NOT_RUN]
    return f"  [dim]{sum(ran)} of {counted(len(ran), 'test')} not run again[/]" if any(ran) else ""


def complaint(claim: ClaimRecord) -> str:
    """Why a claim's outcome is not the registered one: its own message, or what stands beside it and does not hold."""
    beside = {"boundary": "its boundary is not where it is registered", "amended": "the amended claim does not hold"}
    undecided = {"boundary": "its boundary cannot be decided", "amended": "the amended claim cannot be decided"}
    broken = [
        test for test in claim.tests if test.role in beside and test.outcome not in (Outcome.HOLDS, Outcome.NOT_RUN)
    ]
    lines = [f"{(undecided if test.outcome in FAULTS else beside)[test.role]}: {test.message}" for test in broken]
    decided = claim.outcome is outcome_registered_by(claim.registered_verdict)
    return "\n".join(lines if decided else [claim.message, *(lines if claim.outcome is Outcome.PARTLY_RUN else [])])


def _comparisons(claim: ClaimRecord) -> list[tuple[str, EvidenceRecord]]:
    return [(test.role, record) for test in claim.tests for record in test.evidence if record.comparison is not None]


def _exact_summary(claim: ClaimRecord) -> tuple[str, str, str, str]:
    """Count, effect, margin and n of a claim's exact statements together."""
    exact = [record for test in claim.tests for record in test.evidence if record.comparison is None]
    errors = [record for record in exact if record.worst_error is not None]
    if not exact:
        return "", "", "", ""
    unmeasured = next(
        (
            record.difference.kind
            for record in exact
            if record.difference and record.outcome is not Outcome.HOLDS and record.difference.kind != "number"
        ),
        None,
    )
    holding = sum(record.outcome is Outcome.HOLDS for record in exact)
    worst = max((record.worst_error or 0.0 for record in errors), default=None)
    tolerance = max((record.tolerance or 0.0 for record in errors), default=None)
    return (
        f"{holding}/{len(exact)} exact",
        f"different {unmeasured}" if unmeasured else "" if worst is None else f"worst error {worst:.1e}",
        "" if tolerance is None else f"≤ {tolerance:.0e}",
        f"{max(record.examples or 0 for record in exact):,}",
    )


def _numbers(record: EvidenceRecord) -> tuple[str, str, str, str]:
    style = {Outcome.HOLDS: "green", Outcome.REFUTED: "red"}.get(record.outcome, "yellow")
    count = f"[{style}]{record.exceed}/{record.replicates}[/] (≥ {record.needed})"
    effect = f"{record.mean:+.3f} [{record.low:+.3f}, {record.high:+.3f}]"
    return count, effect, record.region.short, str(record.replicates)


def totals(results: Results) -> str:
    """The shares, and what they count; the seed, and how long it took."""
    counted, graded = results.counted(), results.graded()
    partly, failed = results.partly_run()
    of_these = f", {failed} of them failed" if failed else ""
    parts = [
        _share("as registered", [claim.as_registered for claim in counted], "claims"),
        _share("pass rate", [claim.outcome is Outcome.HOLDS for claim in graded], "graded claims"),
        *([f"{partly} partly run, not counted{of_these}"] if partly else []),
        f"seed {results.seed}",
        f"{results.seconds:.0f} s, {results.cpu_seconds:.0f} CPU-seconds",
    ]
    if results.implementation_cpu_seconds is not None:
        parts[-1] += f", {results.implementation_cpu_seconds:.0f} of them the implementation's"
    return " · ".join(parts)


def _share(name: str, truths: list[bool], of_what: str) -> str:
    if not truths:
        return f"{name} — (no {of_what} selected)"
    return f"{name} {sum(truths)} of {len(truths)} {of_what} ({sum(truths) / len(truths):.1%})"
