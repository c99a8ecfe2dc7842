"""`claims calibrate`: how every comparison fares on fresh seeds, and how probably it holds.

Each list of seeds is one run of the trained claims, with its values appended to a file, one line per list: a run that
was stopped goes on where it was. All that is reported is computed from the values in the file and the margins in the
registry, so a changed margin is judged by the runs that are there.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from .. import process_env
from ..claims.decision import needed
from ..claims.registry import Claim, Comparison, Registry
from ..errors import SpecificationError
from ..evidence import results
from ..files import write
from ..paths import PROJECT, SPEC

TABLE = SPEC / "calibration.md"
HEADING = """\
# How every comparison fared on fresh seeds

Each list of seeds is one run of the trained claims, of as many replicates as are registered; no registered run uses
these seeds. *Held*: in how many of the lists the comparison came out as registered at its first look. *Smallest count*:
the fewest replicates of any list that were on the right side of the margin, and how many are needed. *Pooled*: how many
replicates of all lists were. *Probability to hold*: what follows for a run, with its second look where one is declared,
if each replicate is on the right side as often as here, by the exact binomial.

Written by `claims calibrate --seeds A-B --file runs --register`; `claims show` says which seeds a comparison had.

"""


class Observation(msgspec.Struct, forbid_unknown_fields=True):
    """One comparison of one run: the role of its test, and a value per replicate."""

    role: str
    values: list[float]


class SeedList(msgspec.Struct, forbid_unknown_fields=True):
    """One run: its seed, and every comparison, by claim and name."""

    seed: int
    comparisons: dict[str, dict[str, Observation]]


class Summary(msgspec.Struct, frozen=True):
    """What all runs together say of one comparison."""

    claim: str
    comparison: str
    refutes: bool
    """Whether it is registered to come out against the claim: then the right side of the margin is the wrong one."""
    seeds: list[int]
    """The seeds of the runs, one list of replicates each."""
    held: int
    """In how many of them the comparison came out as registered, by its first look."""
    exceed: int
    of: int
    """How many replicates, all runs pooled, were on the right side, and of how many."""
    mean: float
    low: float
    high: float
    """The effect over pooled replicates: its mean, and between which values nine out of ten lie."""
    smallest_count: int
    needed: int
    power: float
    """How probably it holds, both looks together, if a replicate is right as often as here."""


def read(file: Path) -> list[SeedList]:
    """The runs in a file, none if it is not there yet; a line that was cut off when a run was stopped is left out."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            continue
        try:
            found.append(msgspec.json.decode(line, type=SeedList))
        except msgspec.DecodeError as error:
            raise SpecificationError(
                f"{file}:{number}: {error}; expected a line that `claims calibrate` wrote"
            ) from error
    return found


def run(seed: int, only: list[str], device: str) -> SeedList:
    """Run the trained claims on one list of fresh seeds, in a process of its own."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "claims.json"
        chosen = [argument for prefix in only for argument in ("--claims-only", prefix)]
        options = ["-m", "claims and trained", "-q", "-p", "no:cacheprovider", "--device", device]
        completed = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *chosen, "--claims-seed", str(seed), "--claims-json", str(file)],
            cwd=PROJECT,
            env=process_env.for_children(),
            capture_output=True,
            text=True,
            check=False,
        )
        if not file.exists():
            raise SpecificationError(f"seed {seed} could not be run:\n{completed.stdout}{completed.stderr}")
        return SeedList(seed, _comparisons(results.read(file)))


def _comparisons(found: results.Results) -> dict[str, dict[str, Observation]]:
    comparisons: dict[str, dict[str, Observation]] = {}
    for claim in found.claims:
        for test in claim.tests:
            for seen in test.evidence:
                if seen.comparison is not None and seen.values is not None:
                    comparisons.setdefault(claim.id, {})[seen.comparison] = Observation(test.role, seen.values)
    return comparisons


def append(file: Path, seed_list: SeedList) -> None:
    """Add a run to the file, after dropping what a stopped run may have left of its last line."""
    kept = b"".join(msgspec.json.encode(each) + b"\n" for each in read(file))
    if file.exists() and len(kept) != file.stat().st_size:
        file.write_bytes(kept)
    with file.open("ab") as lines:
        lines.write(msgspec.json.encode(seed_list) + b"\n")


def summaries(registry: Registry, runs: Iterable[SeedList], claims: Iterable[str]) -> list[Summary]:
    """What the runs say of every comparison of these claims that any of them decided."""
    # A seed that was run again, for other claims or after a change, counts once: as it came out last.
    by_seed: dict[int, dict[str, dict[str, Observation]]] = {}
    for each in runs:
        by_seed.setdefault(each.seed, {}).update(each.comparisons)
    found = []
    for claim_id in claims:
        for name in registry[claim_id].comparison:
            own = {seed: claims[claim_id][name] for seed, claims in by_seed.items() if name in claims.get(claim_id, {})}
            if own:
                found.append(_summary(registry[claim_id], name, sorted(own), list(own.values())))
    return found


def _summary(claim: Claim, name: str, seeds: list[int], seen: list[Observation]) -> Summary:
    comparison = claim.comparison[name]
    replicates, alpha = comparison.at_look(1)
    enough = needed(replicates, alpha)
    assert enough is not None, "the registry admits no comparison that can never hold"
    refutes = claim.verdict == "refuted" and seen[0].role == "claim"
    sides = [_on_the_right_side(np.array(each.values), comparison, refutes) for each in seen]
    counts = [int(side[:replicates].sum()) for side in sides]
    pooled = np.concatenate([each.values for each in seen])
    exceed = sum(int(side.sum()) for side in sides)
    low, high = np.quantile(pooled, [0.05, 0.95])
    return Summary(
        claim=claim.id,
        comparison=name,
        refutes=refutes,
        seeds=seeds,
        held=sum(count >= enough for count in counts),
        exceed=exceed,
        of=len(pooled),
        mean=float(pooled.mean()),
        low=float(low),
        high=float(high),
        smallest_count=min(counts),
        needed=enough,
        power=comparison.probability_to_hold(exceed / len(pooled)),
    )


def _on_the_right_side(values: np.ndarray, comparison: Comparison, refutes: bool) -> np.ndarray:
    """Which values lie where the registered outcome needs them: beyond the margin, or in the interval; or neither."""
    if comparison.margin is not None:
        return values < 0 if refutes else values > comparison.margin
    inside = (values >= comparison.low) & (values <= comparison.high)
    return ~inside if refutes else inside


def register(registry: Registry, found: Iterable[Summary]) -> None:
    """Write what the runs say into the registry: how many replicates were on the right side, of how many, and where."""
    texts = {file: file.read_text(encoding="utf-8") for file in registry.files}
    for each in found:
        file = registry.root / registry.question_of[each.claim] / "claims.toml"
        within = (
            rf'^id\s*=\s*"{re.escape(each.claim)}"$(?:(?!^\[\[claim\]\]).)*?'
            rf"^\[claim\.comparison\.{re.escape(each.comparison)}\]$(?:(?!^\[).)*?^calibrated\s*=\s*"
        )
        calibrated = f'{{ exceed = {each.exceed}, of = {each.of}, seeds = "{_ranges(each.seeds)}" }}'
        pattern = re.compile(rf"({within})\{{[^}}]*\}}", re.MULTILINE | re.DOTALL)
        texts[file], times = pattern.subn(rf"\g<1>{calibrated}", texts[file], count=1)
        if times != 1:
            raise SpecificationError(
                f"{file}: {each.claim}: {each.comparison}: no `calibrated = {{ … }}` found to replace"
            )
    for file, text in texts.items():
        write(file, text)


def with_kept_rows(registry: Registry, fresh: str, kept: str) -> str:
    """A table in the registry's order: the fresh rows, and of an earlier table those that none of them replaces."""
    rows = {}
    for line in [*kept.splitlines(), *fresh.splitlines()]:
        claim, comparison, *_ = [cell.strip() for cell in line.split("|")[1:]] + ["", ""]
        rows[claim, comparison.removesuffix(" (refutes)")] = line
    registered = [(claim.id, name) for claim in registry.claims.values() for name in claim.comparison]
    return "\n".join(fresh.splitlines()[:2] + [rows[each] for each in registered if each in rows]) + "\n"


def _ranges(seeds: list[int]) -> str:
    """Seeds as "3000-3011, 3014"."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)
