"""Which effects shrank beyond noise from one run to another, over all their comparisons together.

The null hypothesis is that it makes no difference which of the two runs a value comes from. Under it, where the seeds
are the same, a replicate's two values may change places; where they differ, the replicates of both runs may be dealt
anew. Every comparison is summed up by Student's t, and its t is held against the largest t of *all* comparisons in each
of 10,000 such relabellings, which move a replicate in all comparisons at once. In which share of them the largest is
larger is the adjusted p-value: that even one effect is said to have shrunk although none did is no more probable than
the level, whatever the values' distribution and however comparisons depend on each other (Westfall & Young,
Resampling-Based Multiple Testing, 1993; Nichols & Holmes, Nonparametric permutation tests for functional neuroimaging,
2002).

Exact tests corrected by Holm's method would be simpler, and blind: no exact test of 14 pairs has a p-value below
2^-14 = 6e-5, while one of 200 comparisons needs 0.01 / 200 = 5e-5, and a run has fewer pairs (11) and more comparisons.
Here 14 replicates show, nine times in ten at level .01, that one effect among 200 fell by 2.5 standard deviations: of
the pairs' differences, or of the replicates where seeds differ.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

RELABELLINGS = 10_000
"""The observed labels among them."""


def adjusted_p_values(
    before: Sequence[np.ndarray], after: Sequence[np.ndarray], paired: bool
) -> tuple[np.ndarray, np.ndarray]:
    """For every comparison the adjusted p-values of "it shrank" and of "it grew", each a family of its own.

    Args:
        before: the values of each comparison in the earlier run, one per replicate; they shrink downwards
        after: those of the later run, as many of each comparison, of the same replicates where `paired`
        paired: whether value i of both runs comes from the same seed

    Identical values have p = 1. The same arguments give the same p-values.
    """
    counts = np.array([len(values) for values in before])
    if counts.tolist() != [len(values) for values in after] or not (counts >= 2).all():
        raise ValueError(
            f"before has {counts.tolist()} values, after {[len(values) for values in after]}; expected as many of each "
            "comparison, and at least two"
        )
    t = (_t_of_pairs if paired else _t_of_two_samples)(before, after, counts)
    return _share_as_large(t), _share_as_large(-t)


def _t_of_pairs(before: Sequence[np.ndarray], after: Sequence[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """(relabellings, comparisons): t of the differences between pairs; the observed labels come first."""
    differences = _columns([b - a for b, a in zip(before, after, strict=True)], counts)
    signs = _signs_of_pairs(len(differences), np.random.default_rng(0))
    return _t(differences, signs, n=counts, degrees_of_freedom=counts - 1)


def _t_of_two_samples(before: Sequence[np.ndarray], after: Sequence[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """(relabellings, comparisons): t of two samples of equal variance; the observed labels come first."""
    means = [np.concatenate(both).mean() for both in zip(before, after, strict=True)]
    centred = [_columns([x - mean for x, mean in zip(run, means, strict=True)], counts) for run in (before, after)]
    labels = _labels(counts, np.random.default_rng(0))
    return _t(np.concatenate(centred), labels, n=2 * counts, degrees_of_freedom=2 * counts - 2)


def _columns(comparisons: Sequence[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """(replicates, comparisons): one column per comparison, filled up with zeros, which move no sum."""
    columns = np.zeros((max(counts, default=0), len(counts)))
    for k, values in enumerate(comparisons):
        columns[: len(values), k] = values
    return columns


def _signs_of_pairs(replicates: int, rng: np.random.Generator) -> np.ndarray:
    """(relabellings, replicates): −1 where a replicate's two values change places; the observed labels come first."""
    signs = rng.choice([-1.0, 1.0], (RELABELLINGS, replicates))
    signs[0] = 1
    return signs


def _labels(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(relabellings, 2 · replicates): +1 for the earlier run, −1 for the later; the observed labels come first.

    A replicate is exchanged only with those that are present in the same comparisons: the blocks between one number of
    replicates and the next.
    """
    replicates = max(counts, default=0)
    signs = np.ones((RELABELLINGS, 2, replicates))
    signs[:, 1] = -1
    edges = [0, *np.unique(counts).tolist()]
    for begin, end in pairwise(edges):
        block = signs[1:, :, begin:end]
        block[:] = rng.permuted(block.reshape(len(block), -1), axis=1).reshape(block.shape)
    return signs.reshape(RELABELLINGS, -1)


def _t(rows: np.ndarray, signs: np.ndarray, n: np.ndarray, degrees_of_freedom: np.ndarray) -> np.ndarray:
    """(relabellings, comparisons): Student's t of the signed rows, from their correlation with the signs."""
    norm = np.sqrt(n * (rows**2).sum(axis=0))
    correlation = np.divide(signs @ rows, norm, out=np.zeros((len(signs), len(n))), where=norm > 0)
    # Two orders of summation must not make one relabelling seem larger than the same one.
    correlation = np.clip(correlation.round(9), -1, 1)
    with np.errstate(divide="ignore"):
        return correlation * np.sqrt(degrees_of_freedom / (1 - correlation**2))


def _share_as_large(t: np.ndarray) -> np.ndarray:
    """(comparisons,): in which share of the relabellings the largest t of all is at least the observed one."""
    return (t.max(axis=1, initial=-np.inf)[:, None] >= t[0]).mean(axis=0)
