"""Claims and comparisons that are in no registry, for tests of the machinery."""

from typing import Any

import msgspec

from spec.harness.claims.registry import Calibration, Claim, Comparison
from spec.harness.evidence.evidence import Evidence


def a_comparison(**changes: Any) -> Comparison:
    """A comparison of 12 replicates with a margin of +0.1, but for the changes."""
    comparison = Comparison(
        says="this minus that",
        replicates=12,
        varies="seed",
        calibrated=Calibration(exceed=100, of=100, seeds="1000-1099"),
        margin=0.1,
    )
    return msgspec.structs.replace(comparison, **changes)


def an_interval(low: float, high: float, **changes: Any) -> Comparison:
    """A comparison of 12 replicates with the interval [low, high], but for the changes."""
    return a_comparison(margin=None, low=low, high=high, **changes)


def a_claim(**changes: Any) -> Claim:
    """A claim that holds and has no comparison, but for the changes."""
    claim = Claim(
        id="example.claim",
        fa="ادعا",
        en="an example",
        kind="identity",
        subject="implementation",
        verdict="holds",
        criterion="It is so.",
        sources=["nobody"],
    )
    return msgspec.structs.replace(claim, **changes)


def evidence_for(**comparisons: Comparison) -> Evidence:
    """The evidence of a test whose claim has these comparisons."""
    return Evidence(a_claim(comparison=comparisons))
