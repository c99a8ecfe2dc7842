"""What the contract says of all its functions, one law each; a question's tests apply it to a claim's functions.

Bad input is refused; a replicate's numbers are a function of its own seed; a handle answers each sample by itself, and
from nothing but its parameters; training reads as much as it was allowed.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from spec.harness import Evidence

Answer = Any
"""An array whose first axis are the replicates, or a dict or list of answers."""

SEEDS = [5, 5 + 2**24, 5 + 2**31, 6, 0, 2**32 - 1, 2**32 - 2, 2**32 - 5, 5 + 10**6, 7, 1]
"""Neighbours, also where float32 has none; as far apart as the widths at which seeds get cut off; and a few more."""

MANY = 1100
"""More samples than are usually answered at once."""

ROUNDING = 1e-4
"""By how much float32 sums of another order may differ."""

LEARNED = 1e-2
"""By how much scores and features, of about 1 to 10, may differ for it after a few steps of training: Adam hands on the
sign of a gradient of about 0, so that a weight here and there goes another way. Other batches move them by about 1."""


def argument(bad: Mapping[str, Any]) -> str:
    """The id of a test of one bad argument: its name and value on one line, so that the id can be pasted."""
    ((name, value),) = bad.items()
    return f"{name}={' '.join(repr(value).split())}"


def refuses(
    evidence: Evidence, function: Callable[..., Any], good: Mapping[str, Any], *partners: str, **bad: Any
) -> None:
    """`function` takes the arguments `good`, and refuses them once one of them, which it names, is `bad`.

    Where the bad one is only unlike its `partners` (too short for them, say), one of these may be named in its place.
    """
    ((argument, value),) = bad.items()
    call = partial(function, **{**good, argument: value})
    evidence.refused(call, f"{argument} = {value!r:.60} is refused", argument, *partners)


def follows_each_seed(evidence: Evidence, draw: Callable[[list[int]], Answer], *, tolerance: float = ROUNDING) -> None:
    """`draw(seeds)`, replicates first, gives each replicate what its own seed gives, whichever others are beside it.

    No two seeds may give the same. `draw` has to hand every replicate the same data.
    """
    drawn = draw(SEEDS)
    evidence.equal(draw(SEEDS), drawn, "the same seeds give the same numbers, bit for bit", tolerance=0)
    evidence.equal(
        _replicates(draw(SEEDS[::-1]), slice(None, None, -1)),
        drawn,
        "in another order, each seed gives the same numbers",
        tolerance,
    )
    for i in (0, 1, 2, len(SEEDS) - 1):
        alone = _replicates(draw([SEEDS[i]]), 0)
        evidence.equal(alone, _replicates(drawn, i), "alone, a seed gives what it gives beside others", tolerance)
    twins = _replicates(draw([SEEDS[0], SEEDS[0]]), slice(None))
    evidence.equal(_replicates(twins, 0), _replicates(twins, 1), "a seed given twice gives the same twice", tolerance)
    rows = [_flat(_replicates(drawn, i)) for i in range(len(SEEDS))]
    pairs = [(i, j) for i in range(len(SEEDS)) for j in range(i)]
    differ = [not np.allclose(rows[i], rows[j], rtol=0, atol=tolerance) for i, j in pairs]
    alike = [(SEEDS[i], SEEDS[j]) for (i, j), apart in zip(pairs, differ, strict=True) if not apart]
    evidence.true(differ, "different seeds give different numbers", seeds_that_give_the_same=alike)


def answers_each_by_itself(
    evidence: Evidence, ask: Callable[[np.ndarray], Answer], samples: np.ndarray, *, tolerance: float = ROUNDING
) -> None:
    """`ask`, given samples (replicates, n, …), answers (replicates, n, …): the same twice, alone, or among others."""
    answers = ask(samples)
    evidence.equal(ask(samples), answers, "asked twice, the answers are the same, bit for bit", tolerance=0)
    turned = ask(samples[:, ::-1].copy())
    evidence.equal(_samples(turned, slice(None, None, -1)), answers, "the order of samples changes nothing", tolerance)
    for i in (0, samples.shape[1] - 1):
        alone = ask(samples[:, i : i + 1].copy())
        evidence.equal(alone, _samples(answers, slice(i, i + 1 or None)), "a sample alone is answered alike", tolerance)
    times = MANY // samples.shape[1] + 1
    many = np.concatenate([samples] * times, axis=1)
    answered = ask(many)
    expected = _map(lambda array: np.concatenate([np.asarray(array)] * times, axis=1), answers)
    evidence.equal(answered, expected, f"each of {many.shape[1]} samples is answered alike", tolerance)
    evidence.equal(ask(samples), answers, "asked again after others, the answers are the same", tolerance=0)


def learns_at_the_rate(
    evidence: Evidence, start: Answer, train: Callable[[float], Answer], rate: float, *, share: float = 0.1
) -> None:
    """From the numbers `start`, `train(rate)` goes a way; at a hundredth of the rate, at most a `share` of it.

    What training moves whatever the rate, such as statistics of the batch, is little: the median is looked at.
    """
    begin = _flat(start)
    far, near = (np.abs(_flat(train(r)) - begin) for r in (rate, rate / 100))
    moved = far > 0
    evidence.true(bool(moved.any()), "training changes numbers")
    ratio = float(np.median(near[moved]) / np.median(far[moved]))
    evidence.true(ratio <= share, "at a hundredth of the rate numbers move less", share_of_the_way=ratio)


class HasParameters(Protocol):
    """A handle whose trained numbers can be read and replaced."""

    def parameters(self) -> dict[str, Any]:
        """Every trained number, by name."""

    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Replace them."""


def parameters_decide(
    evidence: Evidence,
    network: HasParameters,
    other: HasParameters,
    ask: Callable[[Any], Answer],
    *,
    tolerance: float = ROUNDING,
) -> None:
    """What `ask(network)` answers follows from `parameters` alone: an `other` network's parameters give its answers.

    `ask` returns (replicates, n, …). `network` is left with all parameters 0, where every sample is answered alike.
    """
    own, before, others = network.parameters(), ask(network), ask(other)
    network.set_parameters(_turned(own))
    evidence.equal(ask(network), before, "its own parameters, set again in another order, change no answer", tolerance)
    network.set_parameters(other.parameters())
    evidence.equal(network.parameters(), other.parameters(), "parameters that were set are read again", tolerance)
    evidence.equal(ask(network), others, "another network's parameters give that network's answers", tolerance)
    network.set_parameters(_map(np.zeros_like, own))
    constant = [np.ptp(leaf, axis=1).max() for leaf in _leaves(ask(network))]
    evidence.equal(constant, [0.0] * len(constant), "with all parameters 0, every sample is answered alike", tolerance)
    network.set_parameters(own)
    evidence.equal(ask(network), before, "its own parameters, set once more, give its own answers", tolerance)


def samples_read(train: Callable[[np.ndarray], Answer], samples: np.ndarray, changed: np.ndarray) -> int:
    """How many of one replicate's samples (n, …) have an effect on what `train` makes of them; see `which_are_read`."""
    return int(which_are_read(train, samples, changed).sum())


def which_are_read(train: Callable[[np.ndarray], Answer], samples: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Which of one replicate's samples (n, …) have an effect on what `train` makes of them, (n,).

    `train` takes (replicates, n, …) and returns what was trained, replicates first, giving all replicates one seed:
    replicate i learns from the same samples with sample i `changed` for another, the last one from them as they are.
    """
    n = len(samples)
    copies = np.repeat(samples[None], n + 1, axis=0)
    copies[np.arange(n), np.arange(n)] = changed
    trained = train(copies)
    *rows, unchanged = [_flat(_replicates(trained, i)) for i in range(n + 1)]
    away = np.array([np.abs(row - unchanged).max() for row in rows])
    # Replicates that learn from the same differ by rounding, as they are computed side by side: by up to 1e-6, or by up
    # to 1e-4 where Adam hands on the sign of a gradient of about 0, beside .4 for what was read.
    return away > max(1e-5, 1e-3 * away.max())


def _map(function: Callable[[Any], Any], answer: Answer) -> Answer:
    """`function` of every array of an answer."""
    if isinstance(answer, Mapping):
        return {name: _map(function, part) for name, part in answer.items()}
    if isinstance(answer, list):
        return [_map(function, part) for part in answer]
    return function(answer)


def _turned(answer: Answer) -> Answer:
    """The same, with the entries of every dict in the opposite order."""
    if isinstance(answer, Mapping):
        return {name: _turned(part) for name, part in reversed(list(answer.items()))}
    return answer


def _leaves(answer: Answer) -> list[np.ndarray]:
    """Every array of an answer."""
    if isinstance(answer, Mapping):
        return [leaf for part in answer.values() for leaf in _leaves(part)]
    return [leaf for part in answer for leaf in _leaves(part)] if isinstance(answer, list) else [np.asarray(answer)]


def _replicates(answer: Answer, index: int | slice) -> Answer:
    return _map(lambda array: np.asarray(array)[index], answer)


def _samples(answer: Answer, index: slice) -> Answer:
    return _map(lambda array: np.asarray(array)[:, index], answer)


def _flat(answer: Answer) -> np.ndarray:
    """All numbers of an answer in one row."""
    leaves: Sequence[np.ndarray] = _leaves(answer)
    return np.concatenate([np.ravel(leaf).astype(np.float64) for leaf in leaves])
