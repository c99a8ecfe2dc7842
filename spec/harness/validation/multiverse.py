"""`claims multiverse`: what becomes of every claim when an experiment is done in another reasonable way.

`[experiment.NAME.multiverse]` in `claims.toml` declares the variations (Steegen et al., Increasing Transparency Through
a Multiverse Analysis, 2016). Each is one run of the tests that read the experiment, but for boundaries, beside one as
registered, the reference. What is registered of it stands in `multiverse.json`, a row for each claim and variation,
which tables, pages and `claims show` read.
"""

from collections.abc import Iterable, Sequence

import msgspec

from .. import files
from ..claims.inventory import Inventory
from ..claims.registry import REFERENCE, Choice, Claim, Registry, Variation
from ..errors import Outcome, SpecificationError
from ..evidence.results import ClaimRecord, EffectRecord, EvidenceRecord, VariationRecord
from ..evidence.verdicts import outcome_of
from . import runs

ROWS = "multiverse.json"
"""The file beside the homework's text."""


class VariationRun(msgspec.Struct, forbid_unknown_fields=True):
    """One run: its seed, what was varied, and what became of the claims."""

    seed: int
    experiment: str
    variation: str
    changes: dict[str, Choice]
    rows: list[VariationRecord]
    seconds: float
    implementation: str = runs.OWN

    def is_of(self, variation: Variation, seed: int, implementation: str) -> bool:
        """Whether it is a run of that variation, as it is declared now."""
        varied = (self.experiment, self.variation, self.changes) == msgspec.structs.astuple(variation)
        return varied and (self.seed, self.implementation) == (seed, implementation)


def _experiments(inventory: Inventory, claim: str) -> set[str]:
    """The experiments that decide a claim; those that only its amended wording speaks of do not."""
    deciding = [test for test in inventory.by_claim[claim] if test.role == "claim"]
    return {name for test in deciding for name in test.experiments}


def to_run(inventory: Inventory, claims: Iterable[str]) -> list[Variation]:
    """The variations, with a reference for each experiment, that concern any of the claims."""
    concerned = {name for claim in claims for name in _experiments(inventory, claim)}
    return [variation for variation in inventory.registry.variations if variation.experiment in concerned]


def run(variation: Variation, *, seed: int, device: str, where: str | None = None) -> VariationRun:
    """Run one variation in a process of its own; on `impl` where `where` is None."""
    full_name = f"{variation.experiment}.{variation.name}"
    found = runs.run(seed, ["-n", "0", "--device", device, "--claims-variation", full_name], where)
    name = runs.name_of(where) if where else runs.OWN
    inventory = Inventory(Registry())
    concerned = [record for record in found.claims if variation.experiment in _experiments(inventory, record.id)]
    made = (_row(inventory.registry[record.id], record, variation, seed, name) for record in concerned)
    rows = [row for row in made if row is not None]
    return VariationRun(
        seed, variation.experiment, variation.name, variation.changes, rows, found.seconds, implementation=name
    )


def _row(
    claim: Claim, record: ClaimRecord, variation: Variation, seed: int, implementation: str
) -> VariationRecord | None:
    """What a run says of one claim; nothing where none of the tests that decide it reads the experiment."""
    tests = [test for test in record.tests if test.selected]
    if not any(test.role == "claim" for test in tests):
        return None
    outcome, message = outcome_of(tests)
    if outcome is Outcome.GRADER_ERROR:
        raise SpecificationError(f"{variation}: {claim.id} could not be decided: {message}")
    amended_hold = all(test.outcome is Outcome.HOLDS for test in tests if test.role == "amended")
    return VariationRecord(
        claim=claim.id,
        experiment=variation.experiment,
        variation=variation.name,
        changes=variation.changes,
        implementation=implementation,
        seed=seed,
        outcome=outcome,
        as_registered=outcome is claim.registered_outcome and amended_hold,
        effects={
            evidence.comparison: _effect(test.role, evidence)
            for test in tests
            for evidence in test.evidence
            if evidence.comparison is not None
        },
    )


def _effect(role: str, evidence: EvidenceRecord) -> EffectRecord:
    numbers = evidence.margin, evidence.exceed, evidence.replicates, evidence.mean, evidence.low, evidence.high
    margin, right, of, mean, low, high = numbers
    assert margin is not None and right is not None and of is not None  # noqa: PT018 - a comparison has all of these
    assert mean is not None and low is not None and high is not None  # noqa: PT018
    return EffectRecord(
        role=role,
        margin=margin,
        right=right,
        of=of,
        outcome=evidence.outcome,
        mean=round(mean, 4),
        low=round(low, 4),
        high=round(high, 4),
    )


def registered(registry: Registry) -> dict[str, list[VariationRecord]]:
    """What is registered of the claims' multiverses, in the registry's order.

    Rows of variations that are no longer declared so, or of comparisons with another margin by now, are left out.
    """
    rows = _read(registry)
    found: dict[str, list[VariationRecord]] = {}
    for claim in registry.claims.values():
        kept = [
            rows[key]
            for experiment, entry in registry.experiments.items()
            for name, changes in (registry.multiverse(experiment)).items()
            if (key := (claim.id, experiment, name)) in rows
            and rows[key].changes == changes
            and all(
                comparison in claim.comparison and claim.comparison[comparison].region.margin == effect.margin
                for comparison, effect in rows[key].effects.items()
            )
        ]
        if kept:
            found[claim.id] = kept
    return found


def _read(registry: Registry) -> dict[tuple[str, str, str], VariationRecord]:
    file = registry.root / ROWS
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[VariationRecord]) if file.exists() else []
    except msgspec.DecodeError as error:
        raise SpecificationError(f"{file}: {error}; expected what `claims multiverse --register` wrote") from error
    return {(row.claim, row.experiment, row.variation): row for row in rows}


def register(registry: Registry, fresh: Iterable[VariationRun]) -> None:
    """Put the rows of these runs in place of those of the same claims and variations, and write the file anew."""
    before = [row for rows in registered(registry).values() for row in rows]
    rows = [*before, *(row for each in fresh for row in each.rows)]
    by_key = {(row.claim, row.experiment, row.variation): row for row in rows}
    in_order = [
        by_key[key]
        for claim in registry.claims
        for experiment, entry in registry.experiments.items()
        for name in (REFERENCE, *entry.multiverse)
        if (key := (claim, experiment, name)) in by_key
    ]
    lines = ",\n".join(msgspec.json.encode(row).decode() for row in in_order)
    files.write(registry.root / ROWS, f"[\n{lines}\n]\n")


def share(rows: Sequence[VariationRecord]) -> tuple[int, int]:
    """In how many of how many variations a claim came out as registered.

    The reference does not count, nor does a variation that changes nothing for it: of what its tests do not read.
    """
    references = {row.experiment: row.effects for row in rows if row.variation == REFERENCE}
    varied = [
        row
        for row in rows
        if row.variation != REFERENCE and row.effects != references.get(row.experiment, {None: None})
    ]
    return sum(row.as_registered for row in varied), len(varied)


def missing(inventory: Inventory) -> list[str]:
    """A line for each experiment that decides a claim but varies nothing, and each variation not run as declared."""
    registry, found = inventory.registry, registered(inventory.registry)
    lines = []
    for claim in registry.claims:
        lines += [
            f"{claim}: {name}: nothing is varied; expected [experiment.{name}.multiverse]"
            for name in sorted(_experiments(inventory, claim))
            if not registry.experiments[name].multiverse
        ]
        run = {(row.experiment, row.variation) for row in found.get(claim, ())}
        lines += [
            f"{claim}: {experiment}.{name}: not run; claims multiverse {claim} --file runs --register"
            for experiment, name in ((each.experiment, each.name) for each in to_run(inventory, [claim]))
            if (experiment, name) not in run
        ]
    return lines
