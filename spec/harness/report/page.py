"""The web page of a run: `page.html` is its template, `page.css` its style, `page.js` its filters.

Whatever came from an implementation (its name, its messages) is escaped, and the page runs no other scripts.
"""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unicodedata import category

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from .. import files
from ..claims.binding import ROLES
from ..claims.registry import registered
from ..counts import counted
from ..errors import Outcome, SpecificationError
from ..evidence import figures
from ..evidence.experiments import replicate_seeds
from ..evidence.results import ClaimRecord, EvidenceRecord, FigureRecord, Results, TestRecord
from ..paths import AT_SCALE
from . import drawings, replicates, terminal

HERE = Path(__file__).parent
VERDICTS = ("holds", "conditional", "refuted", "undecided")
ROLE_TITLES = {
    "claim": "Decides the claim",
    "amended": "Shows what is true instead",
    "boundary": "Shows where it stops holding",
    "control": "Shows that the procedure rejects what it should",
}
ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")


@dataclass(frozen=True)
class QuestionSection:
    """One question of the homework, with those of its claims that the run shows."""

    folder: str
    title: str
    claims: list[ClaimRecord]

    @property
    def short(self) -> str:
        """Such as Q1."""
        return self.folder.partition("_")[0].upper()

    def states(self) -> dict[str, int]:
        """How many of its claims are in each state."""
        counts = Counter(state(claim) for claim in self.claims)
        return {name: counts[name] for name in STATES if counts[name]}


@dataclass(frozen=True)
class Function:
    """One test function, with its tests: one for each of its parameters."""

    place: str
    tests: list[TestRecord]

    @property
    def says(self) -> str:
        """What its docstring says is measured."""
        return self.tests[0].says or self.place

    @property
    def outcome(self) -> Outcome:
        """The outcome of its first test that does not hold, if any."""
        return next((test.outcome for test in self.tests if test.outcome is not Outcome.HOLDS), Outcome.HOLDS)

    @property
    def seconds(self) -> float:
        """How long its tests took together."""
        return sum(test.seconds for test in self.tests)

    def parameter(self, test: TestRecord) -> str:
        """What the parameters of one of its tests are called."""
        return test.nodeid.removeprefix(self.place).strip("[]")


STATES = {
    "holds": "holds",
    "conditional": "holds under a condition",
    "refuted": "refuted",
    "inconclusive": "inconclusive",
    "fault": "no result that could be checked",
    "partly-run": "partly run",
    "not-run": "not run",
}
"""The states of a claim, in words and in the order of the summary's bars."""


def state(claim: ClaimRecord) -> str:
    """One of `STATES`: a claim's outcome, with those that share a colour together."""
    if claim.outcome is Outcome.HOLDS and claim.registered_verdict == "conditional":
        return "conditional"
    return _state_of(claim.outcome)


def _state_of(outcome: Outcome) -> str:
    return outcome.value if outcome.value in STATES else "fault"


def render(results: Results, folder: Path) -> str:
    """The page, from a run's results and the figure data that lie where `claims.json` lies."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "compares": lambda test: any(record.comparison is not None for record in test.evidence),
        "counted": counted,
        "direction": direction,
        "duration": duration,
        "number": replicates.number,
        "visible": visible,
        "with_minus_signs": replicates.with_minus_signs,
    }
    environment.globals |= {
        "complaint": terminal.complaint,
        "exact": exact,
        "grouped": grouped,
        "in_role": in_role,
        "mark_of": terminal.mark_of,
        "picture": replicates.picture,
        "state": state,
        "state_of": _state_of,
        "verdict": terminal.verdict,
    }
    whole, graded = results.counted(), results.graded()
    drawn = {record.name: drawings.draw(_data(record, folder)) for record in results.figures}
    return environment.get_template("page.html").render(
        results=results,
        questions=_questions(results),
        claims={claim.id: claim for claim in results.claims},
        unexpected=[claim for claim in results.claims if claim.failed or (claim.selected and not claim.as_registered)],
        shares={
            "as registered": (sum(claim.as_registered for claim in whole), len(whole)),
            "graded": (sum(claim.outcome is Outcome.HOLDS for claim in graded), len(graded)),
        },
        figures_of_claim=lambda claim: [
            *(drawn[name] for name in (Path(file).stem for file in claim.figures) if name in drawn),
            *drawings.specification_curves(claim),
        ],
        appendix=_appendix() if results.registry == registered().hash else "",
        seeds=replicate_seeds(results.seed, _most_replicates(results)),
        graded={claim.id for claim in graded},
        roles=ROLES,
        role_titles=ROLE_TITLES,
        verdicts=VERDICTS,
        states=STATES,
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _appendix() -> Markup:
    """The page on what would decide the claims at full scale, as HTML whose headings stand below the report's own."""
    text = AT_SCALE.read_text(encoding="utf-8") if AT_SCALE.exists() else ""
    lower = re.sub("^#", "##", text, flags=re.MULTILINE)
    page = MarkdownIt("commonmark").enable("table").render(lower)
    number = count(1)
    region = '<div class="scroll" tabindex="0" role="region" aria-label="at full scale, question {}"><table>'
    page = re.sub("<table>", lambda _: region.format(next(number)), page)
    return Markup(page.replace("</table>", "</table></div>"))


def visible(text: str) -> str:
    """Text with its control characters escaped: some reverse or hide the text after them."""
    return "".join(
        f"\\u{ord(character):04x}"
        if category(character) in ("Cc", "Cf", "Cs") and character not in "\n\t\u200c"
        else character
        for character in text
    )


def direction(text: str) -> str:
    """The writing direction of a quote, "rtl" or "ltr": formulas in the Persian text run from left to right."""
    return "rtl" if ARABIC.search(text) else "ltr"


def duration(seconds: float) -> str:
    """Seconds as text, with minutes from 60 s on."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:.0f} s"


def in_role(claim: ClaimRecord, role: str) -> list[TestRecord]:
    """The tests of a claim in this role."""
    return [test for test in claim.tests if test.role == role]


def grouped(tests: list[TestRecord]) -> list[Function]:
    """Group tests by their test function."""
    places = dict.fromkeys(test.nodeid.partition("[")[0] for test in tests)
    return [Function(place, [test for test in tests if test.nodeid.partition("[")[0] == place]) for place in places]


def exact(test: TestRecord) -> list[EvidenceRecord]:
    """The evidence of a test that is no comparison over replicates."""
    return [record for record in test.evidence if record.comparison is None]


def _questions(results: Results) -> list[QuestionSection]:
    folders = dict.fromkeys([*results.questions, *(claim.question for claim in results.claims)])
    questions = [
        QuestionSection(
            folder,
            results.questions.get(folder, folder),
            [claim for claim in results.claims if claim.question == folder],
        )
        for folder in folders
    ]
    return [question for question in questions if question.claims]


def _most_replicates(results: Results) -> int:
    records = (record for claim in results.claims for test in claim.tests for record in test.evidence)
    return max((record.replicates or 0 for record in records), default=0)


def _data(record: FigureRecord, folder: Path) -> figures.Figure:
    """A figure's data; raises `SpecificationError` if they are not those that the run wrote."""
    file = folder / record.file
    if not file.resolve().is_relative_to(folder.resolve()):
        raise SpecificationError(f"figure {record.name}: file = {record.file!r}; expected one beside claims.json")
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise SpecificationError(
            f"{file}: cannot be read: {error.strerror}; expected the data of figure {record.name}, which the run "
            "wrote beside claims.json"
        ) from error
    if digest != record.sha256:
        raise SpecificationError(f"{file}: sha256 = {digest}; claims.json says {record.sha256}: it is another file")
    return figures.read(file, record.name)


def write(results: Results, folder: Path, file: Path) -> None:
    """Write the report of a run; `folder` is where `claims.json` lies, or would."""
    files.write(file, render(results, folder))
