"""The trainings behind question 5: generative adversarial networks on a ring with a known truth, and on real digits.

The order of things is that of the code. Training leaves checkpoints (`checkpoints`); these are reduced to losses on one
large fixed sample (`losses`); from the losses alone pairs of checkpoints are chosen (`pairs.py`); only then are samples
drawn and judged (`quality`).
"""

from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from spec.contract import Gans, Players
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import judges
from .pairs import Losses, generator_loss, value


class Evaluation(NamedTuple):
    """What losses and samples are evaluated on: fixed, and never trained on."""

    real: np.ndarray
    """(replicates, m, d)"""
    latent: np.ndarray
    """(replicates, m, latent dimensions)"""


class Adversarial(Experiment):
    """Both players trained from the start, with checkpoints at certain ages, counted in rounds."""

    SATURATING: ClassVar[bool]
    LATENT: ClassVar[int]
    HIDDEN: ClassVar[int]
    LEARNING_RATE: ClassVar[float]
    BATCH: ClassVar[int]
    EVALUATED: ClassVar[int]
    EARLY: ClassVar[int]
    """Until which age a checkpoint is early; the first one, before training, is not chosen."""
    LATE: ClassVar[int]
    """From which age on it is late: the last quarter."""
    AGES: ClassVar[np.ndarray]

    def drawn(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """One replicate's data to learn from (n, d), and to evaluate losses on (m, d)."""
        raise NotImplementedError

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """The quality of samples, (…, m, d) → (…)."""
        raise NotImplementedError

    @cached_property
    def data(self) -> np.ndarray:
        """What each replicate learns from, (replicates, n, d)."""
        return np.stack([self.drawn(seed)[0] for seed in self.seeds])

    @cached_property
    def evaluation(self) -> Evaluation:
        """What each replicate is evaluated on."""
        latent = [stream(seed, "latent").standard_normal((self.EVALUATED, self.LATENT)) for seed in self.seeds]
        real = np.stack([self.drawn(seed)[1] for seed in self.seeds])
        return Evaluation(real, np.stack(latent).astype(np.float32))

    def untrained(self, **changes: Any) -> Gans:
        """The implementation's networks before their first step."""
        choices = {
            "latent_dimensions": self.LATENT,
            "saturating": self.SATURATING,
            "hidden": self.HIDDEN,
            "learning_rate": self.LEARNING_RATE,
            "batch_size": self.BATCH,
            "seeds": self.seeds,
            "device": self.device,
            **changes,
        }
        return self.impl.gan.gans(self.data, **choices)

    @legacy_arm
    def checkpoints(self) -> list[Players]:
        """Both players at each age."""
        return self.trained(self.untrained(), self.AGES)

    @legacy_arm
    def losses(self) -> Losses:
        """The value and the generator's loss at each age: nothing here knows of quality."""
        return self.losses_of(self.checkpoints, self.AGES)

    @cached_property
    def samples(self) -> np.ndarray:
        """What the generator makes of the fixed latent vectors at each age, (replicates, ages, m, d)."""
        return self.samples_of(self.checkpoints)

    @cached_property
    def quality(self) -> np.ndarray:
        """The judge's opinion of these samples, (replicates, ages)."""
        return self.judged(self.samples)

    @cached_property
    def watched(self) -> Gans:
        """Networks that are never trained, to look at checkpoints with."""
        return self.untrained()

    def trained(self, gans: Gans, ages: np.ndarray) -> list[Players]:
        """Train to the last of the ages, counted from now, and keep the players at each."""
        checkpoints = []
        for rounds in np.diff(ages, prepend=0):
            gans.train(int(rounds), "both")
            checkpoints.append(gans.parameters())
        return checkpoints

    def losses_of(self, checkpoints: list[Players], ages: np.ndarray) -> Losses:
        """The losses of given checkpoints on the evaluation sample."""
        values, losses = [], []
        for players in checkpoints:
            self.watched.set_parameters(players)
            real = self.watched.discriminate(self.evaluation.real)
            fake = self.watched.discriminate(self.watched.generate(self.evaluation.latent))
            values.append(value(real, fake))
            losses.append(generator_loss(fake, self.SATURATING))
        return Losses(np.stack(values, 1), np.stack(losses, 1), ages)

    def samples_of(self, checkpoints: list[Players]) -> np.ndarray:
        """Samples of given generators, (replicates, checkpoints, m, d)."""
        samples = []
        for players in checkpoints:
            self.watched.set_parameters(players)
            samples.append(self.watched.generate(self.evaluation.latent))
        return np.stack(samples, 1)

    def scores(self, players: Players, samples: np.ndarray) -> np.ndarray:
        """D(x), the probability of being real that discriminators assign: (replicates, m, d) → (replicates, m)."""
        self.watched.set_parameters(players)
        return 1 / (1 + np.exp(-self.watched.discriminate(samples).astype(np.float64)))

    def of_replicates(self, checkpoints: np.ndarray) -> Players:
        """Players put together from each replicate's own checkpoint, given by its place, (replicates,)."""

        def own(player: Literal["generator", "discriminator"]) -> dict[str, np.ndarray]:
            chosen = [self.checkpoints[k][player] for k in checkpoints]
            return {name: np.stack([each[name][i] for i, each in enumerate(chosen)]) for name in chosen[0]}

        return {"generator": own("generator"), "discriminator": own("discriminator")}

    def at(self, age: int) -> int:
        """Which checkpoint has this age."""
        return int(np.flatnonzero(age == self.AGES)[0])

    def untrained_auc(self, initialisations: int = 64) -> np.ndarray:
        """How often untrained discriminators score real above generated samples, averaged over many, (replicates,)."""
        means = []
        for i, seed in enumerate(self.seeds):
            seeds = [int(s) for s in stream(seed, "untrained").integers(2**31, size=initialisations)]
            real, latent = (np.repeat(part[i : i + 1, :128], initialisations, 0) for part in self.evaluation)
            gans = self.impl.gan.gans(
                real,
                latent_dimensions=self.LATENT,
                saturating=self.SATURATING,
                hidden=self.HIDDEN,
                learning_rate=self.LEARNING_RATE,
                batch_size=self.BATCH,
                seeds=seeds,
                device=self.device,
            )
            difference = gans.discriminate(real)[:, :, None] - gans.discriminate(gans.generate(latent))[:, None, :]
            means.append(np.mean((np.sign(difference) + 1) / 2))
        return np.array(means)


@experiment(cpu_seconds=18)
class RingGans(Adversarial):
    """Eight modes on a circle, whose truth is known; the loss of the homework's formula, which saturates."""

    SATURATING = True
    LATENT, HIDDEN, BATCH = 4, 32, 64
    LEARNING_RATE = 6e-3
    LEARNED, EVALUATED = 4000, 1000
    EARLY, LATE = 500, 1500
    AGES = np.array([*range(0, 500, 20), *range(500, 1500, 100), *range(1500, 2001, 20)])
    PLAYED = (100, 300, 500, 800, 1100, 1400, 1700, 2000)
    """The ages whose discriminators meet the samples of each other's generators."""
    FROZEN_AGE, UNTIL = 100, 1000
    """From which age on a discriminator is frozen, and until when the players without a learning opponent train."""
    REFITTING = 150
    """For how many rounds a discriminator is fitted to a frozen generator."""
    HURRIED = 0.06
    """A learning rate ten times as large, with which training collapses."""

    def drawn(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Points of the ring."""
        points = judges.ring(self.LEARNED + self.EVALUATED, stream(seed, "points"))
        return points[: self.LEARNED], points[self.LEARNED :]

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """How much of the ring the samples match, 0 … 1."""
        return judges.matched(samples)

    @cached_property
    def played(self) -> np.ndarray:
        """D_j(G_k): what discriminators of the ages `PLAYED` think of frozen samples, (replicates, j, k)."""
        ages = [self.at(age) for age in self.PLAYED]
        return np.stack(
            [np.stack([self.scores(self.checkpoints[j], self.samples[:, k]).mean(-1) for k in ages], 1) for j in ages],
            1,
        )

    @cached_property
    def played_real(self) -> np.ndarray:
        """D_j(x): what they think of real data, (replicates, j)."""
        ages = [self.at(age) for age in self.PLAYED]
        return np.stack([self.scores(self.checkpoints[j], self.evaluation.real).mean(-1) for j in ages], 1)

    @legacy_arm
    def against_a_frozen_discriminator(self) -> Players:
        """The generator goes on alone until then, its opponent frozen at an early age."""
        gans = self.untrained()
        gans.set_parameters(self.checkpoints[self.at(self.FROZEN_AGE)])
        gans.train(self.UNTIL - self.FROZEN_AGE, "generator")
        return gans.parameters()

    @legacy_arm
    def against_a_frozen_generator(self) -> Players:
        """The discriminator is trained as long as in `checkpoints` until then, against the untrained generator."""
        gans = self.untrained()
        gans.train(self.UNTIL, "discriminator")
        return gans.parameters()

    @legacy_arm
    def hurried(self) -> Players:
        """Both go on from the end of `checkpoints`, with ten times larger steps."""
        gans = self.untrained(learning_rate=self.HURRIED)
        gans.set_parameters(self.checkpoints[-1])
        gans.train(100, "both")
        return gans.parameters()

    @cached_property
    def panel(self) -> np.ndarray:
        """Later fakes: what the other replicates' generators make at the end of training, (replicates, m, d)."""
        last = self.samples[:, -1]
        return np.stack([np.delete(last, i, axis=0)[:, :100].reshape(-1, last.shape[-1]) for i in range(len(last))])

    @legacy_arm
    def refitted(self) -> Losses:
        """The losses at the ages `PLAYED` once the last discriminator has been fitted to that age's samples alone."""
        gans, fitted = self.untrained(), []
        for age in self.PLAYED:
            generator = self.checkpoints[self.at(age)]["generator"]
            gans.set_parameters({"generator": generator, "discriminator": self.checkpoints[-1]["discriminator"]})
            gans.train(self.REFITTING, "discriminator")
            fitted.append(gans.parameters())
        return self.losses_of(fitted, np.array(self.PLAYED))


class Wasserstein(NamedTuple):
    """Checkpoints of Wasserstein GANs, of the faster and of the slower generators."""

    gaps: np.ndarray
    """(2, replicates, checkpoints): the critic's gap on the evaluation sample"""
    samples: np.ndarray
    """(2, replicates, checkpoints, m, 64)"""


@experiment(cpu_seconds=22)
class DigitGans(Adversarial):
    """Real digits; the loss that does not saturate, as it is used in practice."""

    SATURATING = False
    LATENT, HIDDEN, BATCH = 16, 96, 32
    LEARNING_RATE = 5e-4
    LEARNED, EVALUATED = 497, 400
    EARLY, LATE = 225, 900
    AGES = np.array([*range(0, 150, 5), *range(150, 300, 15), *range(300, 900, 75), *range(900, 1201, 15)])
    WASSERSTEIN_RATES = (6e-4, 3e-4)
    WASSERSTEIN_AGES = np.arange(0, 81, 5)

    def drawn(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Digits that the judge does not know, dealt out anew."""
        images = stream(seed, "digits").permutation(judges.digits().others)
        return images[: self.LEARNED], images[self.LEARNED :]

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """Minus the logarithm of the Fréchet distance: a difference is the logarithm of how many times closer."""
        return -np.log(judges.judge().frechet_distance(samples))

    @legacy_arm
    def wasserstein(self) -> Wasserstein:
        """WGAN-GP on the same digits, each replicate twice: its generator twice as fast the first time."""
        from .arms import WassersteinGans

        r = len(self.seeds)
        gans = WassersteinGans(
            np.tile(self.data, (2, 1, 1)),
            latent_dimensions=self.LATENT,
            learning_rates=np.repeat(self.WASSERSTEIN_RATES, r),
            seeds=self.seeds * 2,
            device=self.device,
        )
        real, latent = (np.tile(part, (2, 1, 1)) for part in self.evaluation)
        gaps, samples = [], []
        for rounds in np.diff(self.WASSERSTEIN_AGES, prepend=0):
            gans.train(int(rounds))
            samples.append(gans.generate(latent))
            gaps.append(gans.gap(real, samples[-1]))
        return Wasserstein(
            np.stack(gaps, 1).reshape(2, r, -1), np.stack(samples, 1).reshape(2, r, len(gaps), *samples[0].shape[1:])
        )
