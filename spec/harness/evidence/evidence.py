"""`evidence`: what a test saw, recorded before it decides.

Every verb adds to a record that ends up in `claims.json`, then raises `Refuted` or `Inconclusive` unless the statement
holds. A test under Hypothesis calls its verbs once per example; the record keeps the worst error over all of them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..claims.decision import Within, sign_test
from ..claims.registry import Claim, Comparison
from ..errors import ContractViolation, Failed, Inconclusive, Outcome, Refuted, SpecificationError
from ..implementation.journal import attach, calls_of, journal
from ..implementation.proxy import to_be_refused
from .differences import brief, compared
from .results import EvidenceRecord

HUGE = 1e100
"""Above this, sums of an implementation's numbers might overflow: then means are taken of scaled ones."""


class Evidence:
    """The `evidence` fixture: one per test, bound to the claim that the test serves."""

    def __init__(self, claim: Claim, comparison: str | None = None) -> None:
        """`comparison` is the one that `exceeds` and `within` decide where they name none: the parametrisation's id."""
        self.claim = claim
        self.records: dict[tuple[str, str], EvidenceRecord] = {}
        self.look = 1
        self._decided: set[tuple[int, str]] = set()
        self.comparison_of_test = comparison

    def equal(self, actual: Any, expected: Any, what: str, tolerance: float = 1e-12) -> None:
        """`actual` is `expected`: to `tolerance` for floats, exactly for all else.

        The error of a float is |actual − expected| / max(1, |expected|). Lists and dicts are compared item by item;
        shapes, lengths and keys have to agree.
        """
        found = compared(actual, expected, tolerance)
        record = self._record("equal", what)
        record.tolerance = tolerance
        if found.error is not None:
            record.worst_error = max(record.worst_error or 0.0, found.error)
        record.difference = found.first
        if found.first is not None:
            record.outcome = Outcome.REFUTED
            refuted = Refuted(f"{what}: {found.says(tolerance)}")
            if calls := journal.that_gave(actual) or journal.that_gave(found.item):
                attach(refuted, calls)
            raise refuted

    def true(self, condition: Any, what: str, **numbers: Any) -> None:
        """`condition` (a bool, or an array of bools that all have to be true) is so; `numbers` explain a failure."""
        record = self._record("true", what)
        truths = np.atleast_1d(np.asarray(condition))
        if truths.dtype != bool or truths.size == 0:
            raise SpecificationError(
                f"evidence.true: condition = {condition!r}; expected a bool or a non-empty array of them"
            )
        if not truths.all():
            record.outcome = Outcome.REFUTED
            first = ", ".join(map(str, np.argwhere(~truths)[0]))
            share = f" in {np.sum(~truths)} of {truths.size} cases, first in [{first}]" if truths.size > 1 else ""
            details = "".join(f"; {name} = {brief(value)}" for name, value in numbers.items())
            raise Refuted(f"{what}: false{share}{details}")

    def refused(self, call: Callable[[], Any], what: str, *names: str) -> None:
        """The implementation refuses what `call` hands it: a ValueError or TypeError whose message holds a name.

        One of `names` is enough: where two arguments do not suit each other, either may be blamed. What `call` hands
        over need not be what the contract says, as long as it is plain data.
        """
        record = self._record("refused", what)
        record.outcome = Outcome.REFUTED
        named = " or ".join(map(repr, names))
        try:
            with to_be_refused():
                answer = call()
        except Failed as error:
            if error.raised not in ("ValueError", "TypeError"):
                why = f"it raised {error.type}, which is neither a ValueError nor a TypeError; expected one that names"
                refuted = Refuted(f"{what}: {why} {named}: {error.says}")
            elif not any(name in error.says for name in names):
                refuted = Refuted(f"{what}: it raised {error.type}, which does not name {named}: {error.says}")
            else:
                record.outcome = Outcome.HOLDS
                return
            attach(refuted, calls_of(error))
            raise refuted from error
        except ContractViolation as error:
            refuted = Refuted(
                f"{what}: the input was accepted, and {error}; expected a ValueError or TypeError that names {named}"
            )
            attach(refuted, calls_of(error))
            raise refuted from error
        # An object has no text of its own, and no answer is no news.
        plain = isinstance(answer, bool | int | float | str | list | dict | np.ndarray)
        refuted = Refuted(
            f"{what}: the input was accepted{f', and the result is {brief(answer)}' if plain else ''}; "
            f"expected a ValueError or TypeError that names {named}"
        )
        attach(refuted, list(journal.calls)[-1:])
        raise refuted

    def exceeds(self, values: Sequence[float] | np.ndarray, comparison: str | None = None) -> None:
        """The replicates' `values` exceed the registered margin, by the sign test (see `decision`).

        `comparison` may be left out where the id of the test's parametrisation is its name. `values` are (replicates,),
        those of the present look. What is undecided at a first look is decided when the test is called once more.
        """
        self._decide("exceeds", values, comparison)

    def within(self, values: Sequence[float] | np.ndarray, comparison: str | None = None) -> None:
        """The replicates' `values` lie within the registered interval, by the sign test, and none far outside.

        Else as `exceeds`.
        """
        self._decide("within", values, comparison)

    @property
    def is_undecided(self) -> bool:
        """Whether a comparison is inconclusive at its first look, and has a second one."""
        return self.look == 1 and any(
            record.comparison and record.outcome is Outcome.INCONCLUSIVE for record in self.records.values()
        )

    def _record(self, verb: str, what: str) -> EvidenceRecord:
        record = self.records.setdefault(
            (verb, what), EvidenceRecord(verb=verb, what=what, outcome=Outcome.HOLDS, examples=0)
        )
        record.examples = (record.examples or 0) + 1
        record.outcome = Outcome.HOLDS
        return record

    def _decide(self, verb: str, values: Sequence[float] | np.ndarray, name: str | None) -> None:
        name, comparison = self._registered(verb, name)
        if (self.look, name) in self._decided:
            raise SpecificationError(f"{self.claim.id}: comparison {name!r} is decided twice in one test")
        self._decided.add((self.look, name))
        if self.look == 2 and ("comparison", name) not in self.records:
            raise SpecificationError(f"{self.claim.id}: comparison {name!r} was not decided at the first look")
        first = self.records["comparison", name] if self.look == 2 else None
        if first and first.outcome is not Outcome.INCONCLUSIVE:
            return
        array = self._values(values, name, comparison)
        if first:
            array = np.concatenate([first.values or [], array])
        record = self.records["comparison", name] = compare(name, comparison, array, self.look)
        undecided = record.outcome is Outcome.INCONCLUSIVE and self.look < len(comparison.looks)
        if record.outcome is Outcome.HOLDS or undecided:
            return
        region = comparison.region
        message = (
            f"{comparison.says}: {record.exceed} of {len(array)} replicates {region.target} (needs {record.needed}); "
            f"median {region.number(record.median or 0.0)}, mean {region.number(record.mean or 0.0)} "
            f"[{record.low:.3g}, {record.high:.3g}]"
        )
        if record.outcome is Outcome.REFUTED:
            raise Refuted(f"{message}; {region.wrong(array).sum()} lie {region.wrong_side}")
        if isinstance(region, Within) and (far := region.far(array).sum()):
            message += f"; {far} lie more than {region.farthest:.3g} outside"
        raise Inconclusive(message)

    def _registered(self, verb: str, name: str | None) -> tuple[str, Comparison]:
        name = name or self.comparison_of_test
        if name not in self.claim.comparison:
            known = ", ".join(self.claim.comparison) or "none"
            raise SpecificationError(f"{self.claim.id}: no comparison {name!r} is registered (registered: {known})")
        comparison = self.claim.comparison[name]
        if comparison.region.verb != verb:
            raise SpecificationError(
                f"{self.claim.id}: comparison {name!r} is registered as {comparison.region.short}: "
                f"use evidence.{comparison.region.verb}"
            )
        return name, comparison

    def _values(self, values: Sequence[float] | np.ndarray, name: str, comparison: Comparison) -> np.ndarray:
        """The values of this look's replicates, as float64: a second look brings those that the first lacks."""
        array = np.asarray(values, dtype=np.float64)
        expected = comparison.looks[0] if self.look == 1 else comparison.looks[1] - comparison.looks[0]
        if array.shape != (expected,):
            raise SpecificationError(
                f"{self.claim.id}: comparison {name!r}: values of shape {array.shape}; expected one per replicate, "
                f"{expected} at look {self.look}"
            )
        if not np.isfinite(array).all():
            raise SpecificationError(
                f"{self.claim.id}: comparison {name!r}: values {array.tolist()}; expected finite numbers"
            )
        return array


def compare(name: str, comparison: Comparison, values: np.ndarray, look: int = 1) -> EvidenceRecord:
    """Decide a comparison at a look by its values, (replicates,), and record what was decided and by what."""
    region, (replicates, alpha) = comparison.region, comparison.at_look(look)
    decision = sign_test(region, values, replicates, alpha)
    largest = float(np.abs(values).max())
    scale = largest if largest > HUGE else 1.0
    scaled = values / scale
    low, high = (bound * scale for bound in bootstrap_interval(scaled))
    return EvidenceRecord(
        verb=region.verb,
        what=comparison.says,
        outcome=decision.outcome,
        comparison=name,
        varies=comparison.varies,
        values=values.tolist(),
        exceed=decision.right,
        needed=decision.needed,
        median=float(np.median(scaled)) * scale,
        mean=float(scaled.mean()) * scale,
        low=low,
        high=high,
        margin=region.margin,
        worst=comparison.worst,
        chance=comparison.chance or None,
        alpha=alpha,
        replicates=replicates,
        look=look if len(comparison.looks) > 1 else None,
    )


def bootstrap_interval(values: np.ndarray, resamples: int = 2000) -> tuple[float, float]:
    """A 95 % percentile interval of the mean over replicates; always the same for the same values."""
    draws = np.random.default_rng(0).integers(0, len(values), (resamples, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
