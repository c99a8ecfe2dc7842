"""`claims mutants`: what each claim catches, found by breaking the project on purpose.

A mutant is a plausible mistake: a few edits to a copy of `impl` (a wrong implementation) or of a question's folder (a
wrong procedure), with the claims that have to notice and why somebody would make it. They stand as data in
`spec/selfcheck/mutants/*.toml`.
"""

import shutil
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec

from ..claims.registry import Claim, Registry
from ..errors import Outcome, SpecificationError
from ..evidence import results
from ..evidence.results import ClaimRecord
from ..evidence.verdicts import FAULTS
from ..paths import MUTANTS, PROJECT
from .forkserver import WarmPytest

NEEDED = ("conftest.py", "pyproject.toml", "impl", "spec")
"""What of the project a run of the claims needs."""


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
    """Whether the mistake is an exception: only then does one count as having noticed."""

    @property
    def protocol(self) -> bool:
        """Whether the procedure is wrong rather than the implementation."""
        return any(not edit.file.startswith("impl/") for edit in self.edit)


class Attempt(msgspec.Struct, frozen=True):
    """What one of the claims that must fail made of a mutant."""

    mutant: Mutant
    claim: str
    fate: Literal["caught", "missed", "needs training"]
    seen: str

    @property
    def caught(self) -> bool:
        """Whether the claim noticed."""
        return self.fate == "caught"

    @property
    def missed(self) -> bool:
        """Whether the claim was decided, and did not notice."""
        return self.fate == "missed"


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    mutant: list[Mutant]


def read(registry: Registry, folder: Path = MUTANTS) -> list[Mutant]:
    """All mutants; one that names no claim, or whose edits do not fit the project, raises `SpecificationError`."""
    found: dict[str, Mutant] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            mutants = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).mutant
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise SpecificationError(f"{file}: {error}") from error
        for mutant in mutants:
            if flaw := "the id stands twice" if mutant.id in found else _flaw(mutant, registry):
                raise SpecificationError(f"{file}: mutant {mutant.id!r}: {flaw}")
            found[mutant.id] = mutant
    return list(found.values())


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
            return f"old = {edit.old!r} stands {times} times in {edit.file}; expected once"
    return None


def measure(
    mutants: Iterable[Mutant],
    *,
    exact: bool,
    seed: int,
    workers: int,
    limit_seconds: float,
    tell: Callable[[Attempt], None],
) -> list[Attempt]:
    """Run the claims that must fail on each mutant, some mutants at a time; `tell` hears of each as it is done.

    Claims are decided without training first, and trained for only where that is not enough and `exact` is false. A
    run that takes longer than the limit is given up: a claim that it did not decide has missed the mutant.
    """

    def attempt(mutant: Mutant) -> list[Attempt]:
        pytest = idle.get()
        try:
            with TemporaryDirectory() as directory:
                root = mutated(mutant, Path(directory))
                attempts = [Attempt(mutant, claim, "missed", "not run") for claim in mutant.fails]
                for training in (False,) if exact else (False, True):
                    if all(each.caught for each in attempts):
                        break
                    try:
                        attempts = _attempts(mutant, root, pytest, seed, limit_seconds, exact=not training)
                    except TimeoutError as late:
                        attempts = [each if each.caught else _given_up(each, late) for each in attempts]
                        break
        finally:
            idle.put(pytest)
        for each in attempts:
            tell(each)
        return attempts

    every = list(mutants)
    idle: SimpleQueue[WarmPytest] = SimpleQueue()
    with ExitStack() as open_ones, ThreadPoolExecutor(workers) as pool:
        for _ in every[:workers]:
            idle.put(open_ones.enter_context(closing(WarmPytest())))
        return [each for attempts in pool.map(attempt, every) for each in attempts]


def mutated(mutant: Mutant, directory: Path) -> Path:
    """A copy of the project with the mutant's edits."""
    for name in NEEDED:
        copy = shutil.copy if (PROJECT / name).is_file() else _copy_tree
        copy(PROJECT / name, directory / name)
    for edit in mutant.edit:
        file = directory / edit.file
        file.write_text(file.read_text(encoding="utf-8").replace(edit.old, edit.new), encoding="utf-8")
    return directory


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "selfcheck"))


def _attempts(
    mutant: Mutant, root: Path, pytest: WarmPytest, seed: int, limit_seconds: float, exact: bool
) -> list[Attempt]:
    """Run the claims that must fail, in a process of their own."""
    marks = "claims and not trained" if exact else "claims"
    only = [argument for claim in mutant.fails for argument in ("--claims-only", claim)]
    options = ["-m", marks, "-n", "0", "-q", "-p", "no:cacheprovider", "--claims-seed", str(seed)]
    output = pytest.run(root, [*options, *only, "--claims-json", "claims.json"], limit_seconds)
    file = root / "claims.json"
    if not file.exists():
        raise SpecificationError(f"mutant {mutant.id!r} could not be run:\n{output}")
    found = {claim.id: claim for claim in results.read(file).claims}
    file.unlink()
    return [_judged(mutant, claim, found.get(claim), exact) for claim in mutant.fails]


def _judged(mutant: Mutant, claim_id: str, claim: ClaimRecord | None, exact: bool) -> Attempt:
    """Whether a claim noticed: it did not come out as registered, for a reason in numbers."""
    if claim is None or claim.outcome is Outcome.NOT_RUN:
        return Attempt(mutant, claim_id, "needs training" if exact else "missed", claim.message if claim else "not run")
    permitted = (Outcome.ERROR, Outcome.OUT_OF_MEMORY) if mutant.raises else ()
    faulty = claim.outcome in FAULTS and claim.outcome not in permitted
    broken = next((test.message for test in claim.tests if test.message and test.outcome is not Outcome.NOT_RUN), "")
    seen = f"{claim.outcome}: {claim.message or broken}".partition("\n")[0]
    return Attempt(mutant, claim_id, "missed" if claim.as_registered or faulty else "caught", seen)


def _given_up(attempt: Attempt, late: TimeoutError) -> Attempt:
    """A claim that was not decided in time: that something takes for ever is no reason in numbers."""
    return msgspec.structs.replace(attempt, fate="missed", seen=f"{Outcome.TIMEOUT}: {late}")


def catching_none(attempts: Iterable[Attempt], claims: Iterable[Claim]) -> list[str]:
    """The graded claims that no mutant makes fail."""
    catching = {attempt.claim for attempt in attempts if attempt.caught}
    return [claim.id for claim in claims if claim.graded and claim.id not in catching]
