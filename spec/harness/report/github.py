"""Annotations at the tests that failed, and a Markdown summary, for GitHub Actions.

All text goes through `clean` first, and is then escaped for where it stands: nothing that an implementation says is a
command of the workflow, a link or a picture.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import re
from collections.abc import Iterator

from ..claims.inventory import Inventory, SpecifiedTest
from ..errors import Outcome
from ..evidence.results import ClaimRecord, Results
from ..paths import PROJECT
from ..regression.baseline import Verdict
from ..sandbox.inside.sanitise import clean
from . import terminal

LONGEST = 500
"""Characters of a message."""


def annotations(results: Results, verdict: Verdict | None, inventory: Inventory) -> Iterator[str]:
    """A workflow command for every claim that failed, and for every regression."""
    for claim in failed(results):
        says = f"{terminal.verdict(claim)}\n{terminal.complaint(claim)}"
        yield _command("error", claim.id, says, _place(claim, inventory))
    for finding in verdict.difference.of_kind("regression") if verdict and verdict.difference else ():
        tests = inventory.by_claim.get(finding.claim, [])
        says = "\n".join([finding.says, *finding.details])
        yield _command("error", f"regression of {finding.claim}", says, tests[0] if tests else None)


def failed(results: Results) -> list[ClaimRecord]:
    """The claims with a test that ran and did not have its registered outcome."""
    return [claim for claim in results.claims if claim.failed]


def summary(results: Results, verdict: Verdict | None) -> str:
    """A page in Markdown: the totals, the regressions, and the table of claims, with what failed first."""
    lines = [f"### Claims: {_text(terminal.totals(results))}", ""]
    if verdict and verdict.difference:
        regressions = verdict.difference.of_kind("regression")
        lines += [f"**{_text(terminal.regressions(verdict.difference))}**", ""]
        lines += [f"- ✗ {_text(finding.claim)}: {_text(finding.says)}" for finding in regressions]
    lines += [_text(remark) for remark in verdict.remarks] if verdict else []
    lines += ["", "| | claim | outcome | |", "|---|---|---|---|"]
    for claim in sorted(results.claims, key=lambda claim: not claim.failed):
        says = terminal.complaint(claim) if claim.failed else claim.en
        cells = (claim.id, terminal.verdict(claim), says)
        lines.append(f"| {terminal.mark_of(claim)[0]} | {' | '.join(map(_text, cells))} |")
    return "\n".join(lines) + "\n"


def _place(claim: ClaimRecord, inventory: Inventory) -> SpecifiedTest | None:
    """The test of a claim that failed first."""
    bad = [test for test in claim.tests if test.outcome not in (Outcome.HOLDS, Outcome.NOT_RUN)]
    names = [test.nodeid.rpartition("::")[2].partition("[")[0] for test in bad]
    tests = inventory.by_claim.get(claim.id, [])
    return next((test for name in names for test in tests if test.name == name), tests[0] if tests else None)


def _command(kind: str, title: str, message: str, place: SpecifiedTest | None) -> str:
    properties = {"title": title}
    if place:
        file = place.file.relative_to(PROJECT) if place.file.is_relative_to(PROJECT) else place.file
        properties = {"file": file.as_posix(), "line": str(place.line), **properties}
    written = ",".join(f"{name}={_escaped(value, '%', ':', ',')}" for name, value in properties.items())
    return f"::{kind} {written}::{_escaped(message, '%')}"


def _escaped(text: str, *characters: str) -> str:
    text = clean(text, LONGEST)
    for character in (*characters, "\n"):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _text(text: str) -> str:
    """Text on one line of Markdown, with every character that has a meaning there as an HTML entity."""
    line = " ".join(clean(text, LONGEST).split())
    return re.sub(r"[^\w\s.;≥≤±✓✗◐·—-]", lambda found: f"&#{ord(found[0])};", line)
