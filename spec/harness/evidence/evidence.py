"""`evidence`: what a test saw, recorded before it decides.

Every verb adds to a record that ends up in `claims.json`, then raises `Refuted` or `Inconclusive` unless the statement
holds. A test under Hypothesis calls its verbs once per example; the record keeps the worst error over all of them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..claims.decision import needed
from ..claims.registry import Claim, Comparison
from ..errors import Failed, Inconclusive, Outcome, Refuted, SecondLookDue, SpecificationError
from .results import EvidenceRecord


class Evidence:
    """The `evidence` fixture: one per test, bound to the claim that the test serves."""

    def __init__(self, claim: Claim, comparison: str | None = None) -> None:
        """`comparison` is the one that `exceeds` and `within` decide where they name none: the parametrisation's id."""
        self.claim = claim
        self.records: dict[tuple[str, str], EvidenceRecord] = {}
        self.look = 1
        self._comparison_of_test = comparison

    def equal(self, actual: Any, expected: Any, what: str, tolerance: float = 1e-12) -> None:
        """`actual` is `expected`: to `tolerance` for floats, exactly for all else.

        The error of a float is |actual − expected| / max(1, |expected|). Lists and dicts are compared item by item;
        shapes, lengths and keys have to agree.
        """
        error, difference = _worst_difference(actual, expected)
        record = self._record("equal", what)
        record.tolerance = tolerance
        record.worst_error = max(record.worst_error or 0.0, error)
        if not error <= tolerance:
            record.outcome = Outcome.REFUTED
            raise Refuted(f"{what}: {difference} (error {error:.3g}, needs at most {tolerance:.3g})")

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
            share = f" in {np.sum(~truths)} of {truths.size} cases" if truths.size > 1 else ""
            seen = "".join(f"; {name} = {_brief(value)}" for name, value in numbers.items())
            raise Refuted(f"{what}: not so{share}{seen}")

    def refused(self, call: Callable[[], Any], what: str, names: str) -> None:
        """The implementation refuses what `call` hands it: a ValueError or TypeError whose message holds `names`."""
        record = self._record("refused", what)
        record.outcome = Outcome.REFUTED
        expected = f"expected a ValueError or TypeError that names {names!r}"
        try:
            answer = call()
        except Failed as error:
            if error.raised not in ("ValueError", "TypeError") or names not in error.says:
                raise Refuted(f"{what}: {error}; {expected}") from error
        else:
            raise Refuted(f"{what}: it was taken, and answered with {_brief(answer)}; {expected}")
        record.outcome = Outcome.HOLDS

    def exceeds(self, values: Sequence[float] | np.ndarray, comparison: str | None = None) -> None:
        """The replicates' `values` exceed the registered margin, decided by the exact count (see `decision`)."""
        comparison, registered = self._registered(comparison)
        if registered.margin is None:
            raise SpecificationError(
                f"{self.claim.id}: comparison {comparison!r} states low and high: use evidence.within"
            )
        array = self._values(values, comparison, registered)
        right, wrong = array > registered.margin, array < 0
        self._decide(array, right, wrong, comparison, registered, f"exceed {registered.margin:+.3g}")

    def within(self, values: Sequence[float] | np.ndarray, comparison: str | None = None) -> None:
        """The replicates' `values` lie in the registered [low, high], decided by the same count."""
        comparison, registered = self._registered(comparison)
        if registered.low is None or registered.high is None:
            raise SpecificationError(
                f"{self.claim.id}: comparison {comparison!r} states a margin: use evidence.exceeds"
            )
        array = self._values(values, comparison, registered)
        right = (registered.low <= array) & (array <= registered.high)
        self._decide(
            array, right, ~right, comparison, registered, f"lie in [{registered.low:.3g}, {registered.high:.3g}]"
        )

    def look_again(self) -> None:
        """The test is called once more, with the replicates that the first look lacks."""
        self.look = 2

    def _record(self, verb: str, what: str) -> EvidenceRecord:
        record = self.records.setdefault(
            (verb, what), EvidenceRecord(verb=verb, what=what, outcome=Outcome.HOLDS, examples=0)
        )
        record.examples = (record.examples or 0) + 1
        record.outcome = Outcome.HOLDS
        return record

    def figure(self, name: str, kind: str, says: str, /, **arrays: Any) -> None:
        """TRANSITIONAL: figures are functions of their own."""

    def _registered(self, name: str | None) -> tuple[str, Comparison]:
        name = name or self._comparison_of_test
        if name is None:
            raise SpecificationError(
                f"{self.claim.id}: which comparison is decided? expected its name, or a parametrised test whose ids "
                "are the names"
            )
        if name not in self.claim.comparison:
            known = ", ".join(self.claim.comparison) or "none"
            raise SpecificationError(f"{self.claim.id}: no comparison {name!r} is registered (registered: {known})")
        return name, self.claim.comparison[name]

    def _values(self, values: Sequence[float] | np.ndarray, name: str, registered: Comparison) -> np.ndarray:
        """The first `replicates` values, as float64; an experiment may train more for another comparison."""
        array = np.asarray(values, dtype=np.float64)
        replicates, _ = registered.at_look(self.look)
        if array.ndim != 1 or len(array) < replicates:
            raise SpecificationError(
                f"{self.claim.id}: comparison {name!r}: values of shape {array.shape}; expected one per replicate, "
                f"{replicates} registered"
            )
        array = array[:replicates]
        if not np.isfinite(array).all():
            raise SpecificationError(
                f"{self.claim.id}: comparison {name!r}: values {array.tolist()}; expected finite numbers"
            )
        return array

    def _decide(
        self, values: np.ndarray, right: np.ndarray, wrong: np.ndarray, name: str, registered: Comparison, does: str
    ) -> None:
        n, alpha = registered.at_look(self.look)
        enough = needed(n, alpha)
        assert enough is not None, "the registry admits no comparison that can never hold"
        low, high = bootstrap_interval(values)
        outcome = Outcome.INCONCLUSIVE
        if right.sum() >= enough:
            outcome = Outcome.HOLDS
        elif wrong.sum() >= enough:
            outcome = Outcome.REFUTED
        self.records["comparison", name] = EvidenceRecord(
            verb="exceeds" if registered.margin is not None else "within",
            what=registered.says,
            outcome=outcome,
            comparison=name,
            varies=registered.varies,
            values=values.tolist(),
            exceed=int(right.sum()),
            needed=enough,
            median=float(np.median(values)),
            mean=float(values.mean()),
            low=low,
            high=high,
            margin=registered.margin
            if registered.margin is not None
            else [registered.low or 0.0, registered.high or 0.0],
            alpha=alpha,
            replicates=n,
            look=self.look if registered.extended else None,
        )
        if outcome is not Outcome.HOLDS:
            signed = "+.3g" if registered.margin is not None else ".3g"
            message = (
                f"{registered.says}: {right.sum()} of {n} replicates {does} (needs {enough}); "
                f"median {np.median(values):{signed}}, mean {values.mean():{signed}} [{low:.3g}, {high:.3g}]"
            )
            if outcome is Outcome.REFUTED:
                side = "below zero" if registered.margin is not None else "outside"
                raise Refuted(f"{message}; {wrong.sum()} lie {side}")
            if registered.extended and self.look == 1:
                raise SecondLookDue(message)
            raise Inconclusive(message)


def bootstrap_interval(values: np.ndarray, resamples: int = 2000) -> tuple[float, float]:
    """A 95 % percentile interval of the mean over replicates; always the same for the same values."""
    draws = np.random.default_rng(0).integers(0, len(values), (resamples, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _worst_difference(actual: Any, expected: Any, where: str = "") -> tuple[float, str]:
    """The largest error between two pieces of plain data, and a sentence that says where it is."""
    at = f" at {where}" if where else ""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping) or set(actual) != set(expected):
            keys = sorted(actual) if isinstance(actual, Mapping) else _brief(actual)
            return math.inf, f"has the keys {keys}{at}, not {sorted(expected)}"
        return max(
            (_worst_difference(actual[key], expected[key], f"{where}[{key!r}]") for key in expected), default=(0.0, "")
        )
    if isinstance(expected, list | tuple) and not _numeric(expected):
        if not isinstance(actual, list | tuple) or len(actual) != len(expected):
            return math.inf, f"is {_brief(actual)}{at}, not {_brief(expected)}"
        pairs = enumerate(zip(actual, expected, strict=True))
        return max((_worst_difference(a, e, f"{where}[{i}]") for i, (a, e) in pairs), default=(0.0, ""))
    words = str | int | None
    if isinstance(expected, words) and isinstance(actual, words) and actual == expected:
        return 0.0, ""
    a, e = _numbers(actual), _numbers(expected)
    if e is None and not isinstance(expected, words):
        raise SpecificationError(f"evidence.equal: expected = {_brief(expected)}{at} is not plain data")
    if a is None or e is None:
        return math.inf, f"is {_brief(actual)}{at}, not {_brief(expected)}"
    if a.shape != e.shape:
        return math.inf, f"has the shape {a.shape}{at}, not {e.shape}"
    if e.size == 0:
        return 0.0, ""
    exact = a.dtype.kind in "biu" and e.dtype.kind in "biu"
    same = a == e
    with np.errstate(invalid="ignore"):
        distance = np.abs(a.astype(np.float64) - e.astype(np.float64))
        errors = np.where(same, 0.0, distance / np.maximum(1.0, np.abs(e.astype(np.float64))))
    errors = np.where(np.isnan(errors) | (exact & ~same), math.inf, errors)
    worst = np.unravel_index(np.argmax(errors), errors.shape)
    place = f"{where}[{', '.join(map(str, worst))}]" if worst else where
    at = f" at {place}" if place else ""
    return float(errors[worst]), f"is {a[worst].item()}{at}, not {e[worst].item()}"


def _numbers(value: Any) -> np.ndarray | None:
    """`value` as an array, if it is nothing but bools, integers and floats."""
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        return None
    return array if array.dtype.kind in "biuf" else None


def _numeric(items: Sequence[Any]) -> bool:
    return bool(items) and all(isinstance(item, bool | int | float | np.generic) for item in items)


def _brief(value: Any) -> str:
    text = np.array2string(value, threshold=8, precision=6) if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 200 else text[:197] + "…"
