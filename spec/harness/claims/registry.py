"""The registry: every claim of the homework, read from the `claims.toml` of each question and checked.

It is the only place where a margin or a number of replicates stands.
"""

import hashlib
import math
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from ..errors import Outcome, SpecificationError
from ..paths import SPEC
from .decision import needed, power, power_of_two_looks

RegisteredVerdict = Literal["holds", "conditional", "refuted", "undecided"]
ClaimKind = Literal["identity", "property", "mechanism", "experiment", "definition"]
Subject = Literal["implementation", "mathematics", "protocol"]


def outcome_registered_by(verdict: str) -> Outcome:
    """What a run is expected to find of a claim with this verdict."""
    return {"refuted": Outcome.REFUTED, "undecided": Outcome.INCONCLUSIVE}.get(verdict, Outcome.HOLDS)


class Calibration(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """On how many replicates, with seeds that no registered run uses, the value was on the right side of the margin."""

    exceed: int
    of: int
    seeds: str


class Comparison(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One comparison decided over replicates: `exceeds` a margin, or lies `within` [low, high]."""

    says: str
    replicates: int
    varies: str
    calibrated: Calibration
    margin: float | None = None
    low: float | None = None
    high: float | None = None
    alpha: float = 0.001
    experiment: str | None = None
    extended: int | None = None
    """To how many replicates in all a run goes, once, where the first look is inconclusive; none where it does not."""

    def at_look(self, look: int) -> tuple[int, float]:
        """The number of replicates and the alpha of the first look, or of the second."""
        if self.extended is None:
            return self.replicates, self.alpha
        return (self.replicates if look == 1 else self.extended), self.alpha / 2

    @property
    def power(self) -> float:
        """How probably this comparison holds if replicates behave as they did in calibration."""
        return self.probability_to_hold(self.calibrated.exceed / self.calibrated.of)

    def probability_to_hold(self, share: float) -> float:
        """How probably it holds, both looks together, if a replicate is on the right side with probability `share`."""
        if self.extended is None:
            return power(self.replicates, self.alpha, share)
        return power_of_two_looks(self.replicates, self.extended, self.alpha, share)


class Claim(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One statement of the homework, and how it is decided."""

    id: str
    fa: str
    en: str
    kind: ClaimKind
    subject: Subject
    verdict: RegisteredVerdict
    criterion: str
    sources: list[str]
    condition: str | None = None
    reason: str | None = None
    amended: str | None = None
    """What is true in place of a refuted claim."""
    comparison: dict[str, Comparison] = {}

    @property
    def graded(self) -> bool:
        """Whether the claim counts in a grade: only if wrong code would fail it, and right code can pass it."""
        return self.subject == "implementation" and self.verdict in ("holds", "conditional")

    @property
    def registered_outcome(self) -> Outcome:
        """What a run is expected to find."""
        return outcome_registered_by(self.verdict)


class Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One question of the homework."""

    title: str
    claim: list[Claim]


class Registry:
    """The claims of all questions, in the homework's order."""

    def __init__(self, root: Path = SPEC, second_look: int | None = None) -> None:
        """Read and check every `q*/claims.toml` under `root`; the first flaw found raises `SpecificationError`.

        `second_look` is to how many replicates in all the comparisons of graded claims go, once, where they are
        inconclusive and declare no second look themselves; None leaves them at one look.
        """
        self.root = root
        self.files = sorted(root.glob("q*/claims.toml"))
        if not self.files:
            raise SpecificationError(f"{root}: no q*/claims.toml found; expected one per question")
        self.text = (root / "homework.md").read_text(encoding="utf-8")
        self.questions = {file.parent.name: _read(file) for file in self.files}
        self.claims: dict[str, Claim] = {}
        self.question_of: dict[str, str] = {}
        for file in self.files:
            for claim in self.questions[file.parent.name].claim:
                self._check(file, claim)
                self.claims[claim.id] = _looking_twice(claim, second_look) if second_look else claim
                self.question_of[claim.id] = file.parent.name

    def _check(self, file: Path, claim: Claim) -> None:
        def refuse(reason: str) -> None:
            raise SpecificationError(f"{file}: claim {claim.id!r}: {reason}")

        if claim.id in self.claims:
            refuse("the id is registered twice; ids are unique")
        if not claim.fa or claim.fa not in self.text:
            refuse(
                f"the quote fa = {claim.fa!r} is not in {self.root / 'homework.md'}; it has to be there word for word"
            )
        if (claim.condition is not None) != (claim.verdict == "conditional"):
            refuse(f"verdict = {claim.verdict!r}: exactly the conditional claims state a `condition`")
        if (claim.reason is not None) != (claim.verdict in ("refuted", "undecided")):
            refuse(f"verdict = {claim.verdict!r}: exactly the refuted and the undecided claims state a `reason`")
        if (claim.amended is not None) != (claim.verdict == "refuted"):
            refuse(f"verdict = {claim.verdict!r}: exactly the refuted claims state what is true instead, as `amended`")
        for name, comparison in claim.comparison.items():
            if flaw := _flaw(comparison):
                refuse(f"comparison {name!r}: {flaw}")

    def __getitem__(self, claim_id: str) -> Claim:
        if claim_id not in self.claims:
            raise SpecificationError(
                f"unknown claim {claim_id!r}; `claims list` shows the registered ids{_near(claim_id, self.claims)}"
            )
        return self.claims[claim_id]

    def matching(self, prefixes: list[str]) -> list[str]:
        """The ids that begin with any of the prefixes (all of them where there are none), in the homework's order."""
        for prefix in prefixes:
            if not any(claim_id.startswith(prefix) for claim_id in self.claims):
                raise SpecificationError(f"no claim id begins with {prefix!r}{_near(prefix, self.claims)}")
        return [claim_id for claim_id in self.claims if not prefixes or claim_id.startswith(tuple(prefixes))]

    def replicates_of(self, experiment: str, look: int = 1) -> int:
        """How many replicates an experiment needs: the most that any comparison which reads it registers."""
        counts = [
            comparison.at_look(look)[0]
            for claim in self.claims.values()
            for comparison in claim.comparison.values()
            if comparison.experiment == experiment
        ]
        if not counts:
            raise SpecificationError(f"no comparison in any claims.toml names experiment = {experiment!r}")
        return max(counts)

    @cached_property
    def hash(self) -> str:
        """A hash of everything registered, over all questions."""
        digest = hashlib.sha256(self.text.encode())
        for file in self.files:
            digest.update(file.read_bytes())
        return digest.hexdigest()


def _looking_twice(claim: Claim, second_look: int) -> Claim:
    """The claim, if it is graded, with a second look for every comparison that has none and fewer replicates.

    A comparison with so few replicates that its first look could not hold at half of alpha keeps its one look.
    """

    def extended(comparison: Comparison) -> Comparison:
        replicates, alpha = comparison.replicates, comparison.alpha / 2
        if comparison.extended or replicates >= second_look or needed(replicates, alpha) is None:
            return comparison
        return msgspec.structs.replace(comparison, extended=second_look)

    if not claim.graded:
        return claim
    comparisons = {name: extended(comparison) for name, comparison in claim.comparison.items()}
    return msgspec.structs.replace(claim, comparison=comparisons)


def _read(file: Path) -> Question:
    """Parse one `claims.toml`; a missing or unknown field is refused with the file and the claim it stands in."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"{file}: not valid TOML: {error}") from error
    claims = table.get("claim", [])
    if not isinstance(claims, list):
        raise SpecificationError(f"{file}: `claim` is not a list; each claim begins with [[claim]]")
    for entry in claims:
        try:
            msgspec.convert(entry, Claim)
        except msgspec.ValidationError as error:
            raise SpecificationError(f"{file}: claim {entry.get('id', '(without an id)')!r}: {error}") from error
    try:
        return msgspec.convert(table, Question)
    except msgspec.ValidationError as error:
        raise SpecificationError(f"{file}: {error}") from error


def _flaw(comparison: Comparison) -> str | None:
    """What is wrong with a comparison, if anything."""
    interval = (comparison.low, comparison.high)
    if (comparison.margin is None) == (None in interval) or (interval.count(None) == 1):
        return "states either `margin` (for evidence.exceeds) or both `low` and `high` (for evidence.within)"
    for name, bound in (("margin", comparison.margin), ("low", comparison.low), ("high", comparison.high)):
        if bound is not None and not math.isfinite(bound):
            return f"{name} = {bound} is not a finite number"
    if comparison.margin is not None and comparison.margin < 0:
        return f"margin = {comparison.margin} is negative; orient the difference so that the claim makes it positive"
    if comparison.low is not None and comparison.high is not None and comparison.low >= comparison.high:
        return f"low = {comparison.low} is not below high = {comparison.high}"
    if not 0 < comparison.alpha < 0.5:
        return f"alpha = {comparison.alpha} is not between 0 and 0.5"
    replicates, alpha = comparison.at_look(1)
    if replicates < 1 or needed(replicates, alpha) is None:
        return f"{replicates} replicates can never be significant at alpha = {alpha}"
    if comparison.extended is not None and comparison.extended <= replicates:
        return f"extended = {comparison.extended}; expected more than the {replicates} replicates of the first look"
    if not 0 <= comparison.calibrated.exceed <= comparison.calibrated.of or comparison.calibrated.of < 1:
        return f"calibrated = {comparison.calibrated.exceed} of {comparison.calibrated.of} is not a share"
    return None


def _near(word: str, words: dict[str, Claim]) -> str:
    """A hint at the registered id that somebody who wrote `word` may have meant."""
    from difflib import get_close_matches

    close = get_close_matches(word, words, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
