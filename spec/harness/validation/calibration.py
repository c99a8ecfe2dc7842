"""`claims calibrate`: how every comparison fares on fresh seeds, and the probability that it holds.

Each list of seeds is one run of the trained claims with one implementation that is right, kept as a line of a file
(`runs`). All that is reported is computed from the values in that file and the margins in the registry. What is
registered of it stands in `calibration.json`, a row for each comparison and implementation; `calibration.md` shows the
same, and all implementations together.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from .. import files
from ..claims.decision import lower_bound
from ..claims.inventory import Inventory
from ..claims.registry import Claim, Registry
from ..errors import SpecificationError
from ..evidence import results
from . import runs
from .runs import OWN

ROWS, TABLE = "calibration.json", "calibration.md"
"""The files beside the homework's text."""
HEADING = """\
# How every comparison fared on fresh seeds

No registered run uses these seeds. *Right*: how many replicates, of all runs together, were on the side of the margin
where the comparison needs them (on the other side, if it refutes its claim). *At least*: the one-sided 95 %
Clopper-Pearson lower bound of that share. *Probability to hold*: the power at that bound, the probability that the sign
test of a run, all looks together, comes out as registered. *With*: the correct implementation that was run; a
comparison of a graded claim needs enough power with each, and with all together.

Written by `claims calibrate --seeds A-B --file runs --register` from `calibration.json`, which says which seeds a
comparison had.

"""
TOGETHER = "all together"
"""What stands in the place of an implementation's name where their replicates are counted together."""
ENOUGH, POWER = 200, 0.999
"""How many replicates a comparison is calibrated on at least, and how probably it has to hold."""
YARDSTICKS = (OWN, "plain_torch")
"""Right implementations with each of which every comparison that decides a grade has to hold so probably."""
COLUMNS = ("claim", "comparison", "with", "right", "at least", "effect: mean [5 %, 95 %]", "probability to hold")


class Observation(msgspec.Struct, forbid_unknown_fields=True):
    """One comparison of one run: the role of its test, and a value per replicate."""

    role: str
    values: list[float]


class SeedList(msgspec.Struct, forbid_unknown_fields=True):
    """One run: its seed, every comparison, by claim and name, and which implementation was run."""

    seed: int
    comparisons: dict[str, dict[str, Observation]]
    implementation: str = OWN


class Summary(msgspec.Struct, frozen=True):
    """What all runs of one implementation say of one comparison: a row of `calibration.json`."""

    claim: str
    comparison: str
    implementation: str
    margin: float | list[float]
    """The margin, or [low, high], that the values were held against."""
    refutes: bool
    """Whether it is registered to come out against the claim: then right is what lies on the wrong side."""
    seeds: str
    """The seeds of the runs, one list of replicates each, as "3000-3011, 3014"."""
    right: int
    of: int
    """How many replicates, of all runs together, were on the right side, and out of how many."""
    mean: float
    low: float
    high: float
    """The effect over all replicates: its mean, and between which values nine out of ten lie."""

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.of or self.of < 1:
            raise ValueError(f"right = {self.right} of {self.of} is not a share")

    @property
    def lower_bound(self) -> float:
        """The 95 % lower bound of the share of replicates on the right side."""
        return lower_bound(self.right, self.of)


def read(places: Sequence[Path]) -> list[SeedList]:
    """The runs in these files, of which the first need not be there yet."""
    return runs.read(places, SeedList, "calibrate")


def run(implementation_and_seed: tuple[str | None, int], only: list[str], device: str) -> SeedList:
    """Run the trained claims on one list of fresh seeds, in a process of its own; on `impl` where there is None."""
    where, seed = implementation_and_seed
    selection = [argument for prefix in only for argument in ("--claims-only", prefix)]
    found = runs.run(seed, ["--device", device, *selection], where)
    return SeedList(seed, _comparisons(found), runs.name_of(where) if where else OWN)


def _comparisons(run: results.Results) -> dict[str, dict[str, Observation]]:
    comparisons: dict[str, dict[str, Observation]] = {}
    for claim in run.claims:
        for test in claim.tests:
            for record in test.evidence:
                if record.comparison is not None and record.values is not None:
                    comparisons.setdefault(claim.id, {})[record.comparison] = Observation(test.role, record.values)
    return comparisons


def summaries(registry: Registry, seed_lists: Iterable[SeedList], claims: Iterable[str]) -> list[Summary]:
    """What the runs say of every comparison of these claims that any of them decided, for each implementation."""
    # A seed that was run again, for other claims or after a change, counts once: as it came out last.
    by_run: dict[tuple[str, int], dict[str, dict[str, Observation]]] = {}
    for seed_list in seed_lists:
        by_run.setdefault((seed_list.implementation, seed_list.seed), {}).update(seed_list.comparisons)
    names = _own_first(implementation for implementation, _ in by_run)
    observations = {
        (claim, name, implementation): {
            seed: comparisons[claim][name]
            for (whose, seed), comparisons in sorted(by_run.items())
            if whose == implementation and name in comparisons.get(claim, {})
        }
        for claim in claims
        for name in registry[claim].comparison
        for implementation in names
    }
    return [_summary(registry[claim], name, whose, of) for (claim, name, whose), of in observations.items() if of]


def _own_first(implementations: Iterable[str]) -> list[str]:
    """The names, each once: the project's own first."""
    return sorted(set(implementations), key=lambda name: (name != OWN, name))


def _summary(claim: Claim, name: str, implementation: str, observations: dict[int, Observation]) -> Summary:
    """Of one comparison with one implementation, from what was observed with each seed."""
    region = claim.comparison[name].region
    values = np.concatenate([observation.values for observation in observations.values()])
    role = next(iter(observations.values())).role
    refutes = claim.verdict == "refuted" and role == "claim"
    right = region.wrong(values) if refutes else region.right(values)
    low, high = np.quantile(values, [0.05, 0.95])
    return Summary(
        claim=claim.id,
        comparison=name,
        implementation=implementation,
        margin=region.margin,
        refutes=refutes,
        seeds=_ranges(list(observations)),
        right=int(right.sum()),
        of=len(values),
        mean=round(float(values.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )


def pooled(rows: Sequence[Summary]) -> Summary:
    """The replicates of all implementations together, of one comparison.

    Of the effects, their mean over all replicates, and the lowest and the highest of their bounds.
    """
    of = sum(row.of for row in rows)
    return msgspec.structs.replace(
        rows[0],
        implementation=TOGETHER,
        seeds="; ".join(dict.fromkeys(row.seeds for row in rows)),
        right=sum(row.right for row in rows),
        of=of,
        mean=round(sum(row.mean * row.of for row in rows) / of, 4),
        low=min(row.low for row in rows),
        high=max(row.high for row in rows),
    )


def registered(registry: Registry) -> dict[tuple[str, str], list[Summary]]:
    """What is registered of calibrations, by claim and comparison in the registry's order: a row per implementation.

    Rows of comparisons that are no longer there, or have another margin by now, are left out.
    """
    file = registry.root / ROWS
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[Summary]) if file.exists() else []
    except msgspec.DecodeError as error:
        raise SpecificationError(f"{file}: {error}; expected what `claims calibrate --register` wrote") from error
    by_key = {(row.claim, row.comparison, row.implementation): row for row in rows}
    names = _own_first(row.implementation for row in rows)
    found = {
        (claim.id, name): [
            by_key[claim.id, name, implementation]
            for implementation in names
            if (claim.id, name, implementation) in by_key
            and by_key[claim.id, name, implementation].margin == comparison.region.margin
        ]
        for claim in registry.claims.values()
        for name, comparison in claim.comparison.items()
    }
    return {key: rows for key, rows in found.items() if rows}


def register(registry: Registry, fresh: Iterable[Summary]) -> None:
    """Put these rows in place of those of the same comparisons and implementations, and write both files anew."""
    before = [row for rows in registered(registry).values() for row in rows]
    by_key = {(row.claim, row.comparison, row.implementation): row for row in [*before, *fresh]}
    rows = [
        by_key[claim.id, name, implementation]
        for claim in registry.claims.values()
        for name in claim.comparison
        for implementation in _own_first(implementation for _, _, implementation in by_key)
        if (claim.id, name, implementation) in by_key
    ]
    lines = ",\n".join(msgspec.json.encode(row).decode() for row in rows)
    files.write(registry.root / ROWS, f"[\n{lines}\n]\n")
    files.write(registry.root / TABLE, HEADING + table(registry, rows))


def table(registry: Registry, rows: Iterable[Summary]) -> str:
    """The rows as a Markdown table; where a comparison has several, a further one of all together."""
    by_comparison: dict[tuple[str, str], list[Summary]] = {}
    for row in rows:
        by_comparison.setdefault((row.claim, row.comparison), []).append(row)
    cells = [
        (
            row.claim,
            row.comparison + (" (refutes)" if row.refutes else ""),
            row.implementation,
            f"{row.right}/{row.of}",
            f"{row.lower_bound:.4f}",
            f"{row.mean:+.3f} [{row.low:+.3f}, {row.high:+.3f}]",
            f"{registry[row.claim].comparison[row.comparison].power(row.lower_bound):.5f}",
        )
        for several in by_comparison.values()
        for row in (several if len(several) == 1 else [*several, pooled(several)])
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in (COLUMNS, ["---"] * len(COLUMNS), *cells))


def shortfalls(inventory: Inventory, implementations: Iterable[str]) -> list[str]:
    """A line for every comparison that is not calibrated as it has to be.

    With the project's own implementation all are; with each of these others, and with all together, those that decide a
    graded claim.
    """
    registry, others = inventory.registry, [name for name in implementations if name != OWN]
    rows = registered(registry)
    lines = []
    for test in inventory.tests:
        graded = registry[test.claim].graded and test.role in ("claim", "control")
        for name in sorted(test.comparisons):
            found = {row.implementation: row for row in rows.get((test.claim, name), [])}
            if found:
                found[TOGETHER] = pooled(list(found.values()))
            for implementation in (OWN, *others, TOGETHER) if graded else (OWN,):
                row = found.get(implementation)
                if row is None:
                    lines.append(f"{test.claim}: {name}: not calibrated with {implementation}")
                    continue
                power = registry[test.claim].comparison[name].power(row.lower_bound)
                if row.of < ENOUGH or power < POWER:
                    lines.append(
                        f"{test.claim}: {name}: with {implementation} {row.right} of {row.of}, so that it holds with "
                        f"probability {power:.5f}; expected {POWER} on {ENOUGH} replicates or more"
                    )
    return lines


def _ranges(seeds: list[int]) -> str:
    """Rising seeds as "3000-3011, 3014"."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)
