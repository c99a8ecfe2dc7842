"""The registry: every claim and every experiment, read from the `claims.toml` of each question and checked.

It is the only place where a margin or a number of replicates stands.
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from ..errors import Outcome, SpecificationError
from ..paths import SPEC
from .budgets import in_words
from .decision import Above, Region, Within, needed, power

T = TypeVar("T")

LOOKS = (11, 28)
"""Replicates unless an experiment says otherwise: of 11 all decide at once; of 28, with the same 11, 23 do."""
ALPHA = 0.001
"""Unless a comparison says otherwise; each of two looks has half of it."""
MOST_REPLICATES = 1000
REFERENCE = "reference"
"""What a multiverse calls the experiment as registered."""
CLAIM_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")

RegisteredVerdict = Literal["holds", "conditional", "refuted", "undecided"]
ClaimKind = Literal["identity", "property", "mechanism", "experiment", "definition"]
Subject = Literal["implementation", "mathematics", "protocol"]
Choice = bool | int | float | str | list[int | float]
"""A value that an experiment's code reads."""


def outcome_registered_by(verdict: str) -> Outcome:
    """What a run is expected to find of a claim with this verdict."""
    return {"refuted": Outcome.REFUTED, "undecided": Outcome.INCONCLUSIVE}.get(verdict, Outcome.HOLDS)


class ExperimentEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[experiment.NAME]`: how many replicates an experiment has, and what differs between them."""

    varies: str
    looks: tuple[int, ...] = LOOKS
    """Replicates at the first look and, if there is a second, at both looks together."""
    samples: str = ""
    """What a learner learns from: how many samples, and of which size."""
    budget: dict[str, bool | int | float | list[int | float]] = {}
    """What else a learner is given, such as the steps of a training, by the names that the experiment's code reads."""
    choices: dict[str, Choice] = {}
    """What else could have been chosen otherwise, such as the noise in a picture, or a network, by such names."""
    multiverse: dict[str, dict[str, Choice]] = {}
    """`[experiment.NAME.multiverse]`: variations, by name; each gives other values to some of the budget and choices.

    They were declared before any of them was run.
    """

    @property
    def given(self) -> str:
        """The samples and the budget in words; empty where no learner is asked for."""
        return "; ".join(filter(None, (self.samples, in_words(self.budget))))


class Variation(msgspec.Struct, frozen=True):
    """One other way of doing an experiment, as its multiverse declares it."""

    experiment: str
    name: str
    changes: dict[str, Choice]
    """The values that stand in place of the registered ones."""

    def __str__(self) -> str:
        changes = ", ".join(f"{name} = {value!r}" for name, value in self.changes.items())
        return f"{self.experiment}.{self.name}: {changes}"


class ComparisonEntry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[claim.comparison.NAME]`: what is compared, and where the values of replicates have to lie."""

    says: str
    experiment: str
    above: float | None = None
    """The margin that values have to exceed; either this or `within` is stated."""
    within: tuple[float, float] | None = None
    chance: float = 0.0
    """Below which values count as refuting, of a comparison that states `above`."""
    worst: float | None = None
    """How far outside `within` a single replicate may lie; half the width of the interval where that is None."""
    controls: list[str] = []
    """Of a control's interval: the comparisons that would come out in it by chance alone, as NAME or CLAIM.NAME."""
    because: str = ""
    """Why this is the smallest effect, or the largest difference, that matters."""
    alpha: float = ALPHA


class Comparison(ComparisonEntry, kw_only=True, frozen=True):
    """A comparison with what it takes from the entry of its experiment."""

    looks: tuple[int, ...]
    varies: str

    @property
    def region(self) -> Region:
        """Where values have to lie."""
        return Within(*self.within, self.worst) if self.within else Above(self.above or 0.0, self.chance)

    def at_look(self, look: int) -> tuple[int, float]:
        """The number of replicates and the alpha of look 1 or 2."""
        return self.looks[look - 1], self.alpha / len(self.looks)

    def power(self, share: float) -> float:
        """How probably it holds, all looks together, if a replicate is on the right side with probability `share`."""
        return power(self.looks, self.alpha, share)


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
    """One question of the homework, and its experiments by the names of their classes."""

    title: str
    claim: list[Claim]
    experiment: dict[str, ExperimentEntry] = {}


class Registry:
    """The claims of all questions, in the homework's order."""

    def __init__(self, root: Path = SPEC) -> None:
        """Read and check every `q*/claims.toml` under `root`; the first flaw raises `SpecificationError`."""
        self.root = root
        self.files = sorted(root.glob("q*/claims.toml"))
        if not self.files:
            raise SpecificationError(f"{root}: no q*/claims.toml found; expected one per question")
        self.text = (root / "homework.md").read_text(encoding="utf-8")
        self.questions = {file.parent.name: _read(file) for file in self.files}
        self.claims: dict[str, Claim] = {}
        self.question_of: dict[str, str] = {}
        self.experiments: dict[str, ExperimentEntry] = {}
        self.question_of_experiment: dict[str, str] = {}
        for file in self.files:
            question = self.questions[file.parent.name]
            for claim in question.claim:
                self._check(file, claim)
                self.claims[claim.id] = claim
                self.question_of[claim.id] = file.parent.name
            for name, entry in question.experiment.items():
                if name in self.experiments:
                    raise SpecificationError(f"{file}: experiment {name!r}: registered twice; names are unique")
                self.experiments[name] = entry
                self.question_of_experiment[name] = file.parent.name
        self._check_controls()

    def _check_controls(self) -> None:
        """What a control says of the comparisons that it controls, which may be other claims'."""
        for claim in self.claims.values():
            for name, control in claim.comparison.items():
                for controlled in control.controls:
                    whose, _, which = controlled.rpartition(".")
                    comparisons = self.claims[whose].comparison if whose in self.claims else claim.comparison
                    if flaw := _control_flaw(control, which if whose in self.claims else controlled, comparisons):
                        file = self.root / self.question_of[claim.id] / "claims.toml"
                        raise SpecificationError(f"{file}: claim {claim.id!r}: comparison {name!r}: {flaw}")

    def _check(self, file: Path, claim: Claim) -> None:
        def refuse(reason: str) -> None:
            raise SpecificationError(f"{file}: claim {claim.id!r}: {reason}")

        if not CLAIM_ID.fullmatch(claim.id):
            refuse("expected an id such as face.normal-both-good: lower case, a topic and what is claimed")
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

    def __getitem__(self, claim_id: str) -> Claim:
        if claim_id not in self.claims:
            raise SpecificationError(
                f"unknown claim {claim_id!r}; `claims list` shows the registered ids{_near(claim_id, self.claims)}"
            )
        return self.claims[claim_id]

    def matching(self, prefixes: list[str]) -> list[str]:
        """The ids that start with any of the prefixes (all of them where there are none), in the homework's order."""
        for prefix in prefixes:
            if not any(claim_id.startswith(prefix) for claim_id in self.claims):
                raise SpecificationError(f"no claim id starts with {prefix!r}{_near(prefix, self.claims)}")
        return [claim_id for claim_id in self.claims if not prefixes or claim_id.startswith(tuple(prefixes))]

    def experiment(self, name: str) -> ExperimentEntry:
        """The entry of an experiment, by its class's name."""
        if name not in self.experiments:
            known = ", ".join(self.experiments) or "none"
            raise SpecificationError(f"no claims.toml has an entry [experiment.{name}] (registered: {known})")
        return self.experiments[name]

    def multiverse(self, experiment: str) -> dict[str, dict[str, Choice]]:
        """What each variation of an experiment changes, by name, the reference first; empty where none is declared."""
        declared = self.experiments[experiment].multiverse
        return {REFERENCE: {}, **declared} if declared else {}

    @property
    def variations(self) -> list[Variation]:
        """What the multiverses declare, and of each experiment that has one the reference, where nothing is changed."""
        return [
            Variation(experiment, name, changes)
            for experiment in self.experiments
            for name, changes in self.multiverse(experiment).items()
        ]

    def variation(self, full_name: str) -> Variation:
        """A declared variation by its name, such as "RealFaces.more_steps"."""
        by_name = {f"{variation.experiment}.{variation.name}": variation for variation in self.variations}
        if full_name not in by_name:
            raise SpecificationError(
                f"no multiverse declares a variation {full_name!r}{_near(full_name, by_name)}; `claims show` lists "
                "those of a claim"
            )
        return by_name[full_name]

    @cached_property
    def hash(self) -> str:
        """A hash of everything registered, over all questions."""
        digest = hashlib.sha256(self.text.encode())
        for file in self.files:
            digest.update(file.read_bytes())
        return digest.hexdigest()


@cache
def registered() -> Registry:
    """This project's registry, read once."""
    return Registry()


def _read(file: Path) -> Question:
    """Parse one `claims.toml`; what is missing, unknown or contradictory is refused with the file and the entry."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecificationError(f"{file}: not valid TOML: {error}") from error
    claims = table.get("claim", [])
    if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
        raise SpecificationError(f"{file}: `claim` is not a list; each claim begins with [[claim]]")
    experiments = {
        name: _experiment(name, entry, f"{file}: experiment {name!r}")
        for name, entry in _tables(table, "experiment", str(file)).items()
    }
    for claim in claims:
        where = f"{file}: claim {claim.get('id', '(without an id)')!r}"
        claim["comparison"] = {
            name: _comparison(name, entry, experiments, f"{where}: comparison {name!r}")
            for name, entry in _tables(claim, "comparison", where).items()
        }
        _converted(claim, Claim, where)
    compared = {comparison.experiment for claim in claims for comparison in claim["comparison"].values()}
    for name in experiments:
        if name not in compared:
            raise SpecificationError(f"{file}: experiment {name!r}: no comparison in this file names it")
    return _converted({**table, "experiment": experiments}, Question, str(file))


def _tables(parent: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """The tables [parent.key.NAME], by name."""
    tables = parent.get(key, {})
    if not isinstance(tables, dict):
        raise SpecificationError(f"{where}: `{key}` is not a table; expected one [… {key}.NAME] for each")
    return tables


def _converted(table: object, to: type[T], where: str) -> T:
    try:
        return msgspec.convert(table, to)
    except msgspec.ValidationError as error:
        raise SpecificationError(f"{where}: {error}") from error


def _experiment(name: str, table: object, where: str) -> ExperimentEntry:
    entry = _converted(table, ExperimentEntry, where)
    if not CLASS_NAME.fullmatch(name):
        raise SpecificationError(f"{where}: expected the name of the experiment's class, such as RealFaces")
    if not 1 <= len(entry.looks) <= 2 or list(entry.looks) != sorted(set(entry.looks)):
        raise SpecificationError(f"{where}: looks = {list(entry.looks)}; expected one or two increasing numbers")
    if not entry.varies:
        raise SpecificationError(f"{where}: varies is empty; expected what differs between replicates")
    if entry.looks[-1] > MOST_REPLICATES:
        raise SpecificationError(f"{where}: looks = {list(entry.looks)}; expected at most {MOST_REPLICATES}")
    for of_what, names in (("budget", entry.budget), ("choices", entry.choices), ("multiverse", entry.multiverse)):
        if misnamed := [name for name in names if not SNAKE_CASE.fullmatch(name)]:
            raise SpecificationError(f"{where}: {of_what}: {misnamed[0]!r}; expected a name in snake_case")
    if twice := sorted(entry.budget.keys() & entry.choices.keys()):
        raise SpecificationError(f"{where}: {twice[0]!r} is both in the budget and in the choices; expected it once")
    if REFERENCE in entry.multiverse:
        raise SpecificationError(
            f"{where}: multiverse: {REFERENCE!r} is the name of the registered experiment; expected another name"
        )
    for variation, changes in entry.multiverse.items():
        if flaw := _variation_flaw(entry, changes):
            raise SpecificationError(f"{where}: variation {variation!r}: {flaw}")
    return entry


def _variation_flaw(entry: ExperimentEntry, changes: Mapping[str, Choice]) -> str | None:
    """What is wrong with a variation, if anything: it changes what is there, to another value of the same type."""
    registered: dict[str, Choice] = {**entry.budget, **entry.choices}
    if not changes:
        return "expected what it changes, such as { steps = 900 }"
    for name, value in changes.items():
        if name not in registered:
            return f"{name!r} is neither in the budget nor in the choices{_near(name, registered)}"
        if type(value) is not type(registered[name]) and not {type(value), type(registered[name])} <= {int, float}:
            return f"{name} = {value!r}, but it is registered as {registered[name]!r}; expected a value of that type"
        if value == registered[name]:
            return f"{name} = {value!r} is the registered value; expected another one"
    for other, its_changes in entry.multiverse.items():
        if its_changes is not changes and its_changes == changes:
            return f"changes the same as {other}"
    return None


def _comparison(name: str, table: object, experiments: dict[str, ExperimentEntry], where: str) -> Comparison:
    entry = _converted(table, ComparisonEntry, where)
    if entry.experiment not in experiments:
        raise SpecificationError(
            f"{where}: experiment = {entry.experiment!r}, but there is no [experiment.{entry.experiment}] in this file"
            f"{_near(entry.experiment, experiments)}"
        )
    design = experiments[entry.experiment]
    comparison = Comparison(**msgspec.structs.asdict(entry), looks=design.looks, varies=design.varies)
    if flaw := "expected a name in snake_case" if not SNAKE_CASE.fullmatch(name) else _flaw(comparison):
        raise SpecificationError(f"{where}: {flaw}")
    return comparison


def _flaw(comparison: Comparison) -> str | None:
    """What is wrong with a comparison's numbers, if anything."""
    above, within, chance = comparison.above, comparison.within, comparison.chance
    if (above is None) == (within is None):
        return "expected either `above` (for evidence.exceeds) or `within` (for evidence.within)"
    for key, number in (("above", above), ("chance", chance), *(("within", end) for end in within or ())):
        if number is not None and not math.isfinite(number):
            return f"{key}: {number} is not a finite number"
    if above is not None and above < 0:
        return f"above = {above} is negative; orient the difference so that the claim makes it positive"
    if above is not None and chance and chance >= above:
        return f"chance = {chance} is not below above = {above}"
    if within and chance:
        return f"chance = {chance} is allowed with `above` only; with `within`, every value outside counts as refuting"
    if comparison.worst is not None and (not within or not 0 <= comparison.worst < math.inf):
        return f"worst = {comparison.worst}: expected a number from 0 up, and `within`"
    if within and within[0] >= within[1]:
        return f"within = {list(within)}: the first end is not below the second"
    if not 0 < comparison.alpha < 0.5:
        return f"alpha = {comparison.alpha} is not between 0 and 0.5"
    for replicates, alpha in map(comparison.at_look, range(1, len(comparison.looks) + 1)):
        if replicates < 1 or needed(replicates, alpha) is None:
            return f"{replicates} replicates can never be significant at alpha = {alpha}"
    return None


def _control_flaw(control: Comparison, name: str, comparisons: Mapping[str, Comparison]) -> str | None:
    """What is wrong with what a comparison says that it controls, if anything."""
    if name not in comparisons:
        return f"controls = {control.controls}: there is no comparison {name!r}{_near(name, comparisons)}"
    if control.within is None:
        return f"controls = {control.controls} is allowed with `within` only: an interval around no effect"
    (low, high), controlled = control.within, comparisons[name]
    if controlled.above is not None and low <= controlled.above <= high:
        return (
            f"within = [{low:g}, {high:g}] contains the margin {controlled.above:g} of {name!r}, which it controls: "
            "a value could pass both"
        )
    if controlled.within is not None:
        lowest, highest = controlled.within
        if max(low, lowest) < min(high, highest) and high - low > highest - lowest:
            return (
                f"within = [{low:g}, {high:g}] overlaps [{lowest:g}, {highest:g}] of {name!r}, which it controls, and "
                "is wider"
            )
    return None


def _near(word: str, words: Iterable[str]) -> str:
    """A hint at the registered name that somebody who wrote `word` may have meant."""
    from difflib import get_close_matches

    close = get_close_matches(word, words, n=1) or [name for name in words if word in name][:3]
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
