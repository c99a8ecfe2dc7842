"""`claims calibrate`: how every comparison fares on fresh seeds, and the probability that it holds.

Each list of seeds is one run of the trained claims, with its values appended to a file, one line per list, so that a
stopped calibration resumes. All that is reported is computed from the values in that file and the margins in the
registry. What is registered of it stands in `calibration.json`, a row per comparison; `calibration.md` shows the same.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from .. import files, process_env
from ..claims.decision import lower_bound
from ..claims.registry import Claim, Registry
from ..errors import SpecificationError
from ..evidence import results
from ..paths import PROJECT

ROWS, TABLE = "calibration.json", "calibration.md"
"""The files beside the homework's text."""
HEADING = """\
# How every comparison fared on fresh seeds

No registered run uses these seeds. *Right*: how many replicates, of all runs together, were on the side of the margin
where the comparison needs them; of one that refutes its claim, on the other side. *At least*: the share of such
replicates behind that count, at the 95 % one-sided (Clopper-Pearson) lower bound. *Probability to hold*: how probably
the sign test of a run, all looks together, comes out as registered where the share is just that.

Written by `claims calibrate --seeds A-B --file runs --register` from `calibration.json`, which says which seeds a
comparison had.

"""
BEGINNING = b'{"seed":'
"""Of every line in a file of runs."""
COLUMNS = ("claim", "comparison", "right", "at least", "effect: mean [5 %, 95 %]", "probability to hold")


class Observation(msgspec.Struct, forbid_unknown_fields=True):
    """One comparison of one run: the role of its test, and a value per replicate."""

    role: str
    values: list[float]


class SeedList(msgspec.Struct, forbid_unknown_fields=True):
    """One run: its seed, and every comparison, by claim and name."""

    seed: int
    comparisons: dict[str, dict[str, Observation]]


class Summary(msgspec.Struct, frozen=True):
    """What all runs together say of one comparison: a row of `calibration.json`."""

    claim: str
    comparison: str
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


def read(file: Path) -> list[SeedList]:
    """The runs in a file, none if it is not there yet, without a last line that a stopped run left unfinished."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    runs = []
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n") and BEGINNING.startswith(line[: len(BEGINNING)]):
            continue
        try:
            runs.append(msgspec.json.decode(line, type=SeedList))
        except msgspec.DecodeError as error:
            raise SpecificationError(
                f"{file}:{number}: {error}; expected a line that `claims calibrate` wrote"
            ) from error
    return runs


def run(seed: int, only: list[str], device: str) -> SeedList:
    """Run the trained claims on one list of fresh seeds, in a process of its own."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "claims.json"
        selection = [argument for prefix in only for argument in ("--claims-only", prefix)]
        options = ["-m", "claims and trained", "-q", "-p", "no:cacheprovider", "--device", device, *selection]
        completed = subprocess.run(
            [sys.executable, "-m", "pytest", *options, "--claims-seed", str(seed), "--claims-json", str(file)],
            cwd=PROJECT,
            env=process_env.for_children(),
            capture_output=True,
            text=True,
            check=False,
        )
        if not file.exists():
            raise SpecificationError(f"seed {seed} could not be run:\n{completed.stdout}{completed.stderr}")
        return SeedList(seed, _comparisons(results.read(file)))


def _comparisons(run: results.Results) -> dict[str, dict[str, Observation]]:
    comparisons: dict[str, dict[str, Observation]] = {}
    for claim in run.claims:
        for test in claim.tests:
            for record in test.evidence:
                if record.comparison is not None and record.values is not None:
                    comparisons.setdefault(claim.id, {})[record.comparison] = Observation(test.role, record.values)
    return comparisons


def append(file: Path, seed_list: SeedList) -> None:
    """Add a run to the file, in place of what a stopped run may have left of its last line."""
    files.write(file, b"".join(msgspec.json.encode(run) + b"\n" for run in [*read(file), seed_list]))


def summaries(registry: Registry, runs: Iterable[SeedList], claims: Iterable[str]) -> list[Summary]:
    """What the runs say of every comparison of these claims that any of them decided."""
    # A seed that was run again, for other claims or after a change, counts once: as it came out last.
    by_seed: dict[int, dict[str, dict[str, Observation]]] = {}
    for seed_list in runs:
        by_seed.setdefault(seed_list.seed, {}).update(seed_list.comparisons)
    observations = {
        (claim, name): {
            seed: comparisons[claim][name]
            for seed, comparisons in sorted(by_seed.items())
            if name in comparisons.get(claim, {})
        }
        for claim in claims
        for name in registry[claim].comparison
    }
    return [_summary(registry[claim], name, of) for (claim, name), of in observations.items() if of]


def _summary(claim: Claim, name: str, observations: dict[int, Observation]) -> Summary:
    """Of one comparison, from what was observed with each seed."""
    region = claim.comparison[name].region
    values = np.concatenate([observation.values for observation in observations.values()])
    role = next(iter(observations.values())).role
    refutes = claim.verdict == "refuted" and role == "claim"
    right = region.wrong(values) if refutes else region.right(values)
    low, high = np.quantile(values, [0.05, 0.95])
    return Summary(
        claim=claim.id,
        comparison=name,
        margin=region.margin,
        refutes=refutes,
        seeds=_ranges(list(observations)),
        right=int(right.sum()),
        of=len(values),
        mean=round(float(values.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )


def registered(registry: Registry) -> dict[tuple[str, str], Summary]:
    """What is registered of calibrations, by claim and comparison, in the registry's order.

    Rows of comparisons that are no longer there, or have another margin by now, are left out.
    """
    file = registry.root / ROWS
    try:
        rows = msgspec.json.decode(file.read_bytes(), type=list[Summary]) if file.exists() else []
    except msgspec.DecodeError as error:
        raise SpecificationError(f"{file}: {error}; expected what `claims calibrate --register` wrote") from error
    by_name = {(row.claim, row.comparison): row for row in rows}
    return {
        (claim.id, name): by_name[claim.id, name]
        for claim in registry.claims.values()
        for name, comparison in claim.comparison.items()
        if (claim.id, name) in by_name and by_name[claim.id, name].margin == comparison.region.margin
    }


def register(registry: Registry, fresh: Iterable[Summary]) -> None:
    """Put these rows in place of those that are registered of the same comparisons, and write both files anew."""
    rows = registered(registry) | {(row.claim, row.comparison): row for row in fresh}
    order = [(claim.id, name) for claim in registry.claims.values() for name in claim.comparison]
    lines = ",\n".join(msgspec.json.encode(rows[key]).decode() for key in order if key in rows)
    files.write(registry.root / ROWS, f"[\n{lines}\n]\n")
    files.write(registry.root / TABLE, HEADING + table(registry, registered(registry).values()))


def table(registry: Registry, rows: Iterable[Summary]) -> str:
    """The rows as a Markdown table."""
    cells = [
        (
            row.claim,
            row.comparison + (" (refutes)" if row.refutes else ""),
            f"{row.right}/{row.of}",
            f"{row.lower_bound:.4f}",
            f"{row.mean:+.3f} [{row.low:+.3f}, {row.high:+.3f}]",
            f"{registry[row.claim].comparison[row.comparison].power(row.lower_bound):.5f}",
        )
        for row in rows
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in (COLUMNS, ["---"] * len(COLUMNS), *cells))


def _ranges(seeds: list[int]) -> str:
    """Rising seeds as "3000-3011, 3014"."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)
