"""The figures of question 5: losses and quality over training, samples at the same loss, and scores across ages."""

from collections.abc import Iterator
from math import isqrt

import numpy as np

from spec.harness import Figure, figure, figures_of

from .experiments import Adversarial, DigitGans, RingGans
from .measures import at_checkpoints

SAME_LOSS = "Samples of an early and of a late generator at the same loss, and real data."


@figures_of("gan.better-samples-at-the-same-loss")
def ring_at_the_same_loss(gans: RingGans) -> Iterator[Figure]:
    """Loss and quality on the ring, and points of the first replicate."""
    yield from over_training("ring", "matched share of the ring", gans)
    yield figure("ring-samples", "scatter", SAME_LOSS, **{name: rows[:300] for name, rows in at_equal_loss(gans)})


@figures_of("gan.better-samples-at-the-same-loss")
def digits_at_the_same_loss(gans: DigitGans) -> Iterator[Figure]:
    """Loss and quality on digits, and digits of the first replicate."""
    yield from over_training("digits", "closeness to real digits", gans)
    pictures = {
        name: np.clip((rows[:16].reshape(-1, *2 * [isqrt(rows.shape[1])]) + 1) / 2, 0, 1)
        for name, rows in at_equal_loss(gans)
    }
    yield figure("digits-samples", "pictures", SAME_LOSS, **pictures)


@figures_of("gan.criterion-moves")
def cross_play(gans: RingGans) -> Iterator[Figure]:
    """Scores of frozen samples of each age by discriminators of each age."""
    yield figure(
        "cross-play",
        "matrix",
        "What discriminators of each age think of the frozen samples of generators of each age, and of real data, from "
        "0 (fake) to 1 (real): no column keeps one score, so no score is a fixed measure.",
        values=gans.cross_play(),
        row=[str(age) for age in gans.PLAYED],
        column=[*map(str, gans.PLAYED), "real"],
        row_label="discriminator of round",
        column_label="samples of round",
    )


@figures_of("gan.better-images-not-lower-loss")
def ring_correlations(gans: RingGans) -> Iterator[Figure]:
    """Whether less loss comes with better points."""
    yield correlations("ring", gans)


@figures_of("gan.better-images-not-lower-loss")
def digit_correlations(gans: DigitGans) -> Iterator[Figure]:
    """Whether less loss comes with better digits."""
    yield correlations("digits", gans)


def over_training(name: str, quality: str, gans: Adversarial) -> Iterator[Figure]:
    """Loss and quality over training, and against each other with the pair of equal loss marked."""
    values, losses, _ = gans.losses()
    yield figure(
        f"{name}-loss-against-quality",
        "paths",
        "Loss against quality along each training, with the early and the late checkpoint of the same loss marked.",
        x=values,
        x_label="V",
        y=gans.quality(),
        y_label=quality,
        **gans.equal_loss()._asdict(),
    )
    epochs = {"x": gans.epochs, "x_label": "epochs of training"}
    says = f"The losses over training ({name}): where they lie says little about how far training has come."
    curves = {"V, which D maximises": values, "L_G, which G minimises": losses}
    yield figure(f"{name}-losses", "curves", says, **epochs, y_label="loss", **curves)
    says = f"Quality of the samples over training ({name}), to a judge that knows no GAN."
    yield figure(f"{name}-quality", "curves", says, **epochs, y_label=quality, quality=gans.quality())


def at_equal_loss(gans: Adversarial) -> list[tuple[str, np.ndarray]]:
    """Samples of the first replicate's early and late generator of equal loss, and real data, (m, d) each."""
    early, late = (at_checkpoints(gans.samples(), places)[0] for places in gans.equal_loss())
    return [("early generator", early), ("late generator", late), ("real data", gans.data.held_out[0])]


def correlations(name: str, gans: Adversarial) -> Figure:
    """Rank correlations of both losses with quality, one per replicate."""
    says = (
        f"Rank correlation of loss and quality over all of training ({name}): −1 would mean that less loss is better."
    )
    values, losses, _ = gans.losses()
    rows = {"V": gans.quality_correlation(values), "L_G": gans.quality_correlation(losses)}
    return figure(f"{name}-rank-correlations", "dots", says, x_label="rank correlation with quality", **rows)
