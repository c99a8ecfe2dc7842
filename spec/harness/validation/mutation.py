"""`claims mutants`: mutation testing, that is, which claims detect faults injected on purpose.

A mutant is a plausible mistake: a few edits to a copy of `impl` (a wrong implementation) or of a question's folder (a
wrong procedure), with the claims that have to detect it and why somebody would make it. They are data in
`spec/selfcheck/mutants/*.toml`.
"""

import shutil
import tomllib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec

from ..claims.inventory import Inventory
from ..claims.registry import Claim, Registry
from ..errors import FAULTS, Outcome, SpecificationError
from ..evidence import results
from ..evidence.results import ClaimRecord
from ..paths import MUTANTS, PROJECT, SPEC
from .warm_pytest import WarmPytest

NEEDED = ("conftest.py", "pyproject.toml", "impl", "spec")
"""What of the project a run of the claims needs; of the questions' folders, only those that are run or edited."""


class Edit(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One passage of a file, and what stands there instead."""

    file: str
    old: str
    new: str


class Mutant(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One mistake: the edits that make it, the claims that must fail on it, and why somebody would make it."""

    id: str
    because: str
    fails: list[str]
    edit: list[Edit]
    raises: bool = False
    """Whether the mistake is an exception: only then does an exception count as detection."""

    @property
    def protocol(self) -> bool:
        """Whether the procedure is wrong rather than the implementation."""
        return any(not edit.file.startswith("impl/") for edit in self.edit)


class Attempt(msgspec.Struct, frozen=True):
    """The result of one mutant and one of the claims that must fail on it."""

    mutant: Mutant
    claim: str
    status: Literal["caught", "missed", "needs training"]
    observation: str
    """The claim's outcome and the first line of its message."""

    @property
    def caught(self) -> bool:
        """Whether the claim detected the mutant."""
        return self.status == "caught"

    @property
    def missed(self) -> bool:
        """Whether the claim was decided without detecting the mutant."""
        return self.status == "missed"


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    mutant: list[Mutant]


def read(registry: Registry, folder: Path = MUTANTS) -> list[Mutant]:
    """All mutants; one that names no claim, or whose edits do not fit the project, raises `SpecificationError`."""
    by_id: dict[str, Mutant] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            mutants = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).mutant
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise SpecificationError(f"{file}: {error}") from error
        for mutant in mutants:
            if flaw := "the id occurs twice" if mutant.id in by_id else _flaw(mutant, registry):
                raise SpecificationError(f"{file}: mutant {mutant.id!r}: {flaw}")
            by_id[mutant.id] = mutant
    return list(by_id.values())


def _flaw(mutant: Mutant, registry: Registry) -> str | None:
    """What is wrong with a mutant's description, if anything."""
    if not mutant.fails or not mutant.edit:
        return "expected at least one claim that fails and one edit"
    if unknown := [claim for claim in mutant.fails if claim not in registry.claims]:
        return f"fails = {unknown}; expected registered claims"
    for edit in mutant.edit:
        path = PROJECT / edit.file
        if not edit.file.startswith(("impl/", "spec/q")) or not path.is_file():
            return f"file = {edit.file!r}; expected a file of impl/ or of a question's folder"
        if (times := path.read_text(encoding="utf-8").count(edit.old)) != 1:
            return f"old = {edit.old!r} occurs {times} times in {edit.file}; expected once"
    return None


def measure(
    mutants: Sequence[Mutant],
    *,
    exact: bool,
    seed: int,
    workers: int,
    limit_seconds: float,
    report: Callable[[list[Attempt]], None],
) -> list[Attempt]:
    """Run the claims that must fail on each mutant, `workers` mutants at a time; `report` gets each one's results.

    Claims are decided without training first, and trained for only where that is not enough and `exact` is false. A
    run that takes longer than the limit is stopped: a claim that it did not decide has missed the mutant.
    """
    idle: SimpleQueue[WarmPytest] = SimpleQueue()
    inventory = Inventory(Registry())

    def measure_one(mutant: Mutant) -> list[Attempt]:
        tests = chain.from_iterable(inventory.by_claim[claim] for claim in mutant.fails)
        files = sorted({str(test.file.relative_to(PROJECT)) for test in tests})
        pytest = idle.get()
        try:
            attempts = _attempts(mutant, files, pytest, exact, seed, limit_seconds)
        finally:
            idle.put(pytest)
        report(attempts)
        return attempts

    with ExitStack() as processes, ThreadPoolExecutor(workers) as pool:
        for _ in mutants[:workers]:
            idle.put(processes.enter_context(closing(WarmPytest())))
        return list(chain.from_iterable(pool.map(measure_one, mutants)))


def _attempts(
    mutant: Mutant, files: list[str], pytest: WarmPytest, exact: bool, seed: int, limit_seconds: float
) -> list[Attempt]:
    attempts = [Attempt(mutant, claim, "missed", "not run") for claim in mutant.fails]
    with TemporaryDirectory() as directory:
        root = mutated(mutant, files, Path(directory))
        for trained in (False,) if exact else (False, True):
            try:
                attempts = _run(mutant, files, root, pytest, seed, limit_seconds, trained)
            except TimeoutError as error:
                return [attempt if attempt.caught else _timed_out(attempt, error) for attempt in attempts]
            if all(attempt.caught for attempt in attempts):
                break
    return attempts


def mutated(mutant: Mutant, files: Iterable[str], directory: Path) -> Path:
    """A copy of the project with the mutant's edits, which has of the questions only those of these test files."""
    questions = {Path(file).parts[1] for file in [*files, *(edit.file for edit in mutant.edit)]}
    others = {folder.name for folder in SPEC.glob("q*")} - questions
    for name in NEEDED:
        if (PROJECT / name).is_file():
            shutil.copy(PROJECT / name, directory / name)
        else:
            # With what Python has compiled, so that only what is edited is compiled anew.
            shutil.copytree(PROJECT / name, directory / name, ignore=shutil.ignore_patterns("selfcheck", *others))
    for edit in mutant.edit:
        file = directory / edit.file
        file.write_text(file.read_text(encoding="utf-8").replace(edit.old, edit.new), encoding="utf-8")
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
            compiled.unlink()
    return directory


def _run(
    mutant: Mutant, files: list[str], root: Path, pytest: WarmPytest, seed: int, limit_seconds: float, trained: bool
) -> list[Attempt]:
    """Run the claims that must fail, whose tests stand in these files, in a process of their own."""
    marks = "claims" if trained else "claims and not trained"
    only = [argument for claim in mutant.fails for argument in ("--claims-only", claim)]
    options = ["-m", marks, "-n", "0", "-q", "-p", "no:cacheprovider", "--claims-seed", str(seed)]
    arguments = [*files, *options, *only, "--claims-json", "claims.json"]

    def run(*more: str) -> list[Attempt]:
        output = pytest.run(root, [*arguments, *more], limit_seconds)
        file = root / "claims.json"
        if not file.exists():
            raise SpecificationError(f"mutant {mutant.id!r} could not be run:\n{output}")
        records = {claim.id: claim for claim in results.read(file).claims}
        file.unlink()
        return [_judged(mutant, claim, records.get(claim), trained) for claim in mutant.fails]

    if len(mutant.fails) > 1:
        return run()
    # The first test that fails decides, unless it is for no reason in numbers: then another may have one.
    attempts = run("--exitfirst")
    return run() if attempts[0].missed else attempts


def _judged(mutant: Mutant, claim_id: str, record: ClaimRecord | None, trained: bool) -> Attempt:
    """Whether a claim detected a mutant: it did not come out as registered, for a reason in numbers."""
    if record is None or record.outcome in (Outcome.NOT_RUN, Outcome.PARTLY_RUN):
        message = record.message if record else "not run"
        return Attempt(mutant, claim_id, "missed" if trained else "needs training", message)
    permitted = (Outcome.ERROR, Outcome.OUT_OF_MEMORY) if mutant.raises else ()
    faulty = record.outcome in FAULTS and record.outcome not in permitted
    broken = next((test.message for test in record.tests if test.message and test.outcome is not Outcome.NOT_RUN), "")
    observation = f"{record.outcome}: {record.message or broken}".partition("\n")[0]
    return Attempt(mutant, claim_id, "missed" if record.as_registered or faulty else "caught", observation)


def _timed_out(attempt: Attempt, error: TimeoutError) -> Attempt:
    """A claim that was not decided in time has missed the mutant: taking for ever is no reason in numbers."""
    return msgspec.structs.replace(attempt, status="missed", observation=f"{Outcome.TIMEOUT}: {error}")


def catching_none(attempts: Iterable[Attempt], claims: Iterable[Claim]) -> list[str]:
    """The graded claims that no mutant makes fail."""
    catching = {attempt.claim for attempt in attempts if attempt.caught}
    return [claim.id for claim in claims if claim.graded and claim.id not in catching]
