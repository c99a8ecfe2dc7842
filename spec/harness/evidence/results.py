"""`claims.json`, schema version 5: what a run found, test by test and claim by claim.

Version 2 added to version 1 what shows a failure: `calls` of a test, and `difference` of its evidence. Version 3 adds
`variation` of a run, and `multiverse` of a claim; version 4 the outcome "partly-run", which was "not-run" before, and
`budgets` of a claim; version 5 `reused` of a test. Files of all of them are read.

Everything that comes after a run (tables, reports, grades, comparisons of two runs) is a pure function of this file and
the figure data beside it. All but the fields that `DURATIONS` names is bit-identical for the same seed on the same
machine.
"""

from pathlib import Path
from typing import Literal

import msgspec

from .. import files
from ..claims.decision import Region, region_of
from ..claims.registry import Choice
from ..errors import Outcome, SpecificationError
from ..implementation.written import CallRecord

SCHEMA = 5
READABLE = (1, 2, 3, 4, 5)
"""Versions that are read as well."""
DURATIONS = ("seconds", "cpu_seconds", "implementation_cpu_seconds", "arm_seconds", "reference_seconds")


DifferenceKind = Literal["number", "value", "shape", "length", "keys", "type"]


class DifferenceRecord(msgspec.Struct, kw_only=True, frozen=True):
    """Where what came back is first not what was expected."""

    kind: DifferenceKind
    """"number" where one is beyond the tolerance; of every other kind there is no error that could be measured."""
    got: str
    expected: str
    at: str = ""
    """The place in the answer, such as "[0, 3]" or "['tp']"; empty where it is no collection."""


class EvidenceRecord(msgspec.Struct, kw_only=True):
    """What one verb of `evidence` saw in one test, and how it decided."""

    verb: str
    what: str
    outcome: Outcome
    comparison: str | None = None
    varies: str | None = None
    values: list[float] | None = None
    """Every replicate's value, in the order of the seeds."""
    exceed: int | None = None
    """How many replicates lie on the right side: beyond the margin, or in the interval."""
    needed: int | None = None
    """How many have to, for the sign test to be significant."""
    median: float | None = None
    mean: float | None = None
    low: float | None = None
    """A 95 % bootstrap interval of the mean, from `low` to `high`; a description that decides nothing."""
    high: float | None = None
    margin: float | list[float] | None = None
    """A number for `exceeds`, [low, high] for `within`."""
    worst: float | None = None
    """How far outside [low, high] a single replicate may lie, where that is not half of its width."""
    chance: float | None = None
    """Below which the values of an `exceeds` count as refuting, where that is not 0."""
    alpha: float | None = None
    replicates: int | None = None
    look: int | None = None
    """Which look decided, of a comparison that has two; each has half of its alpha."""
    worst_error: float | None = None
    """Of all numbers that could be compared."""
    difference: DifferenceRecord | None = None
    """Of an `equal` that is refuted: in the smallest example, under Hypothesis."""
    tolerance: float | None = None
    examples: int | None = None
    """How many times an exact statement was checked."""

    @property
    def region(self) -> Region:
        """Where the values of a comparison have to lie."""
        return region_of(self.margin if self.margin is not None else 0.0, self.chance or 0.0, self.worst)


class TestRecord(msgspec.Struct, kw_only=True):
    """One test: its claim, its role and its outcome."""

    nodeid: str
    claim: str
    role: str
    outcome: Outcome
    seconds: float = 0.0
    cpu_seconds: float | None = None
    """Processor time of the test itself, without the arms of experiments that it was the first to read.

    It includes what the workers of a sandbox took for it, where `implementation_cpu_seconds` of the run is not None.
    """
    arm_seconds: dict[str, float] = {}
    """Processor time of those arms, by "Experiment.arm[replicates]"; it includes the same."""
    message: str = ""
    calls: list[CallRecord] = []
    """What the implementation was asked in the example that failed: the smallest one, under Hypothesis."""
    says: str = ""
    """What the test's docstring says is measured."""
    selected: bool = True
    """False where marks, words or paths on the command line left it out."""
    evidence: list[EvidenceRecord] = []
    reused: bool = False
    """True where it was not run: all of this is what an earlier run found, which `--claims-cache` kept."""


class EffectRecord(msgspec.Struct, kw_only=True, frozen=True):
    """One comparison in one variation: how many replicates were on the right side, and the mean with its interval."""

    role: str
    margin: float | list[float]
    right: int
    of: int
    outcome: Outcome
    mean: float
    low: float
    high: float


class VariationRecord(msgspec.Struct, kw_only=True, frozen=True):
    """What became of one claim in one variation of an experiment: a row of `multiverse.json`."""

    claim: str
    experiment: str
    variation: str
    """Its name in the registry, or "reference", where nothing is changed."""
    changes: dict[str, Choice]
    implementation: str
    seed: int
    outcome: Outcome
    as_registered: bool
    effects: dict[str, EffectRecord]
    """By comparison."""


class ClaimRecord(msgspec.Struct, kw_only=True):
    """One claim: what is registered of it, and what the run found."""

    id: str
    question: str
    fa: str
    en: str
    kind: str
    subject: str
    criterion: str
    registered_verdict: str
    condition: str | None = None
    """Under which it holds, of a conditional claim."""
    reason: str | None = None
    """Why it is registered as refuted or undecided."""
    amended: str | None = None
    """What is true in its place, of a claim registered as refuted."""
    outcome: Outcome
    as_registered: bool
    selected: bool
    """Whether all the tests that decide it were selected; only then does it count in any share."""
    seconds: float
    message: str
    tests: list[TestRecord]
    figures: list[str] = []
    """The files of its figures, below the folder of figures."""
    multiverse: list[VariationRecord] = []
    """What `multiverse.json` says of it: no part of this run."""
    budgets: dict[str, str] = {}
    """The registered budgets of the experiments that its comparisons read, in words."""

    @property
    def failed(self) -> bool:
        """Whether something of it that was run did not come out as registered."""
        if self.outcome in (Outcome.NOT_RUN, Outcome.PARTLY_RUN):
            return any(test.outcome not in (Outcome.HOLDS, Outcome.NOT_RUN) for test in self.tests)
        return not self.as_registered


class FigureRecord(msgspec.Struct, kw_only=True):
    """The data of one figure: a NumPy `.npz` file, named relative to `claims.json`."""

    name: str
    file: str
    sha256: str


class Selection(msgspec.Struct, kw_only=True):
    """What the user asked to run."""

    only: list[str]
    marks: str
    keywords: str
    arguments: list[str]


class Results(msgspec.Struct, kw_only=True):
    """A whole run."""

    schema: int
    implementation: str
    environment: dict[str, str]
    registry: str
    seed: int
    selection: Selection
    seconds: float
    cpu_seconds: float
    """Processor time (user and system) of all processes of the run: pytest's, and those of the sandbox."""
    reference_seconds: float
    as_registered: float | None
    """The share of the selected claims whose outcome is as registered."""
    pass_rate: float | None
    """The share of the selected graded claims that hold."""
    figures: list[FigureRecord]
    claims: list[ClaimRecord]
    undrawn: list[str] = []
    """Which functions of figures failed, and why; no claim depends on them."""
    questions: dict[str, str] = {}
    """The title of each question, by the folder name that `claims` go by."""
    variation: str = ""
    """Which variation of an experiment was run, as "EXPERIMENT.NAME"; nothing where all is as registered."""
    implementation_cpu_seconds: float | None = None
    """How much of `cpu_seconds` the sandbox and the implementation behind it took.

    None where the implementation was not behind a sandbox, and in files of versions that did not count it, neither here
    nor anywhere else.
    """

    def graded(self) -> list[ClaimRecord]:
        """The claims that `pass_rate` counts."""
        graded_verdicts = ("holds", "conditional")
        return [
            claim
            for claim in self.counted()
            if claim.subject == "implementation" and claim.registered_verdict in graded_verdicts
        ]

    def measurements(self) -> tuple[int, int]:
        """How many comparisons over replicates there are, and of how many distinct measurements.

        The same values held against two margins, or with the other sign, are one measurement.
        """
        values = [
            tuple(record.values)
            for claim in self.claims
            for test in claim.tests
            for record in test.evidence
            if record.values is not None
        ]
        return len(values), len({max(each, tuple(-value for value in each)) for each in values})

    def partly_run(self) -> tuple[int, int]:
        """How many claims were selected in part, which count nowhere, and of how many of these something failed."""
        partly = [claim for claim in self.claims if not claim.selected]
        return len(partly), sum(claim.failed for claim in partly)

    def counted(self) -> list[ClaimRecord]:
        """The claims that were selected with all the tests that decide them: those that `as_registered` counts."""
        return [claim for claim in self.claims if claim.selected]


def write(results: Results, file: Path) -> None:
    """Write `claims.json` beside its final place first, so that a reader never sees half of it."""
    files.write(file, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read(file: Path) -> Results:
    """Read and validate a `claims.json`; anything else is refused with the file and the field."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SpecificationError(f"{file}: cannot be read: {error.strerror}; expected a claims.json") from error
    try:
        schema = msgspec.json.decode(raw, type=dict[str, object]).get("schema")
        if schema not in READABLE:
            raise SpecificationError(f"{file}: schema = {schema!r}; this version reads schemas 1 to {SCHEMA}")
        return msgspec.json.decode(raw, type=Results)
    except msgspec.DecodeError as error:
        raise SpecificationError(f"{file}: not a claims.json of schema {SCHEMA}: {error}") from error
