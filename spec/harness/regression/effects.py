"""Which effects shrank, or grew, from one run to another.

An effect shrinks towards what its comparison may not be: an `exceeds` towards its margin and past it; a `within`
towards the nearer end of its interval; and where a claim is registered as refuted, both the other way. A comparison of
a claim registered as undecided has no such side.
"""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from ..claims.decision import Region
from ..errors import Outcome
from ..evidence.results import EvidenceRecord
from .pairing import Finding, FindingKind, Pair, comparisons, name
from .shrinkage import adjusted_p_values

LEVEL = 0.01
"""Family-wise error rate: the largest probability of reporting any effect as shrunk where nothing changed."""

ROUNDING = 1e-4
"""The smallest change that counts, as a share of the largest value or bound: two machines round differently."""


Measurement = tuple[tuple[float, ...], ...]


class Effect(msgspec.Struct, frozen=True):
    """One comparison over replicates that both runs made, in the first replicates, as many as both have."""

    pair: Pair
    records: tuple[EvidenceRecord, EvidenceRecord]

    @property
    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """The values of each run as they were recorded."""
        replicates = min(len(record.values or []) for record in self.records)
        before, after = (np.array(record.values)[:replicates] for record in self.records)
        return before, after

    @property
    def oriented(self) -> tuple[np.ndarray, np.ndarray]:
        """The values of each run as what shrinks downwards: how far they lie in the later run's region."""
        sign = -1.0 if self.refutes else 1.0
        before, after = (sign * self.region.room(values) for values in self.values)
        return before, after

    @property
    def region(self) -> Region:
        """Where its values have to lie by the later run's registry."""
        return self.records[1].region

    @property
    def refutes(self) -> bool:
        """Whether it is registered to come out against the claim."""
        return self.pair.expected[1] is Outcome.REFUTED

    @property
    def identical(self) -> bool:
        """Whether all values are the same, bit for bit."""
        return np.array_equal(*self.values)

    @property
    def measurement(self) -> Measurement:
        """The values of both runs, whatever they are held against and with whichever sign."""
        both = np.array(self.values)
        return max(tuple(map(tuple, sign * both)) for sign in (1, -1))

    @property
    def rounding(self) -> float:
        """The difference up to which two means are the same number."""
        return ROUNDING * float(np.abs(np.concatenate([*self.values, np.ravel(self.region.margin)])).max())


def effects(pairs: Iterable[Pair]) -> Iterator[Effect]:
    """The comparisons that both runs made in the same way, of all but undecided claims."""
    for pair in pairs:
        if not pair.both_decided or pair.expected[1] is Outcome.INCONCLUSIVE:
            continue
        before, after = map(comparisons, pair.tests)
        for comparison, record in before.items():
            if comparison in after and after[comparison].verb == record.verb:
                effect = Effect(pair, (record, after[comparison]))
                if len(effect.values[0]) >= 2:
                    yield effect


def moved(compared: list[Effect], paired: bool) -> Iterator[Finding]:
    """The effects that shrank beyond noise, which are regressions, and those that grew.

    One measurement is one finding, however many comparisons hold it against something, or its negation.
    """
    befores, afters = [effect.oriented[0] for effect in compared], [effect.oriented[1] for effect in compared]
    shrank, grew = adjusted_p_values(befores, afters, paired)
    found: dict[tuple[FindingKind, Measurement], Finding] = {}
    for effect, before, after, p_shrank, p_grew in zip(compared, befores, afters, shrank, grew, strict=True):
        loss = float(before.mean() - after.mean())
        if loss > effect.rounding and p_shrank <= LEVEL:
            finding = _finding("regression", "effect shrank", effect, p_shrank, paired)
        elif -loss > effect.rounding and p_grew <= LEVEL:
            finding = _finding("better", "effect grew", effect, p_grew, paired)
        else:
            continue
        key = finding.kind, effect.measurement
        if first := found.get(key):
            also = tuple(f"the same measurement decides {finding.claim}: {detail}" for detail in finding.details)
            finding = msgspec.structs.replace(first, details=first.details + also)
        found[key] = finding
    yield from found.values()


def _finding(kind: FindingKind, says: str, effect: Effect, p: float, paired: bool) -> Finding:
    replicates, region = len(effect.values[0]), effect.region
    means = "{} → {}".format(*(region.number(values.mean()) for values in effect.values))
    noise = f"{replicates} pairs" if paired else f"{replicates} replicates each"
    room = "{:.3g} → {:.3g}".format(*(values.mean() for values in effect.oriented))
    due = region.wrong_side if effect.refutes else region.short
    return Finding(
        kind,
        effect.pair.claims[1].id,
        f"{says}: mean {means} (registered: {due}; {noise}, adjusted p = {p:.4f}; distance to the margin {room})",
        (f"{name(effect.pair.tests[1])}: {effect.records[1].what}",),
    )
