"""The trainings behind question 5: generative adversarial networks on a ring with a known truth, and on real digits.

The order of things is that of the code. Training leaves `checkpoints`; these are reduced to `losses` on one large fixed
sample; from the losses alone pairs of checkpoints are chosen (`equal_loss`, `risen_loss`); only then are `samples`
drawn and judged (`quality`).
"""

from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from spec.common.ranks import spearman
from spec.common.replicates import per_seed
from spec.contract import Gans, Players
from spec.harness import Experiment, arm, experiment, stream

from . import judges, measures, stimuli
from .measures import Losses, Pair

Player = Literal["generator", "discriminator"]


class Data(NamedTuple):
    """Real samples of each replicate."""

    learned: np.ndarray
    """(replicates, n, d): what the networks learn from"""
    held_out: np.ndarray
    """(replicates, m, d): what losses and scores are evaluated on"""


class Untrained(NamedTuple):
    """What is measured on players before their first step, (replicates,) each."""

    auc: np.ndarray
    """How often a discriminator scores a real sample above a generated one."""
    value: np.ndarray
    """V"""


class Adversarial(Experiment):
    """Both players trained from the start, with checkpoints at certain ages, counted in rounds."""

    DATA: ClassVar[str]
    """What the samples are: the label of the random stream that they are drawn from."""
    LEARNED: ClassVar[int]
    """How many real samples the networks learn from."""
    EVALUATED: ClassVar[int]
    """How many samples, real and generated, losses and quality are evaluated on."""
    INTERVALS: ClassVar[list[tuple[int, int]]]
    """From which age on checkpoints lie how many rounds apart: close together where one is early or late."""
    EARLY: ClassVar[int]
    """Until which age a checkpoint is early; the first one, before training, is not chosen."""
    LATE: ClassVar[int]
    """From which age on it is late: the last quarter."""
    DOUBLING: ClassVar[tuple[int, ...]]
    """Ages of checkpoints each about twice as old as the one before: quality rises fast at first, and ever slower."""
    SPACING: ClassVar[int]
    """How many rounds lie between the checkpoints of which a rank correlation is taken."""

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        """Real samples of one replicate, (n + m, d)."""
        raise NotImplementedError

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """The quality of samples, (…, m, d) → (…)."""
        raise NotImplementedError

    def judged_otherwise(self, samples: np.ndarray) -> np.ndarray:
        """A second judge's opinion, (…, m, d) → (…)."""
        raise NotImplementedError

    @cached_property
    def ages(self) -> np.ndarray:
        """The ages of the checkpoints, (checkpoints,)."""
        ends = [*(start for start, _ in self.INTERVALS[1:]), self.budget["rounds"] + 1]
        return np.concatenate([range(a, b, step) for (a, step), b in zip(self.INTERVALS, ends, strict=True)])

    @cached_property
    def epochs(self) -> np.ndarray:
        """The same in epochs, as often as each real sample was learned from on average: (checkpoints,)."""
        return self.ages * self.budget["batch_size"] / self.LEARNED

    @cached_property
    def data(self) -> Data:
        """What each replicate learns from, and is evaluated on."""
        samples = per_seed(self.drawn, self.seeds, self.DATA)
        return Data(samples[:, : self.LEARNED], samples[:, self.LEARNED :])

    @cached_property
    def latent(self) -> np.ndarray:
        """The fixed latent vectors that all generators are evaluated on, (replicates, m, latent dimensions)."""
        shape = (self.EVALUATED, self.budget["latent_dimensions"])
        return per_seed(lambda rng: rng.standard_normal(shape), self.seeds, "latent").astype(np.float32)

    def untrained(self, data: np.ndarray | None = None, **changes: Any) -> Gans:
        """The implementation's networks before their first step."""
        names = ("latent_dimensions", "saturating", "hidden", "learning_rate", "batch_size")
        choices = {name: self.budget[name] for name in names} | {"seeds": self.seeds, "device": self.device} | changes
        return self.impl.gan.gans(self.data.learned if data is None else data, **choices)

    @arm
    def checkpoints(self) -> list[Players]:
        """Both players at each age."""
        gans, checkpoints = self.untrained(), []
        for rounds in np.diff(self.ages, prepend=0):
            gans.train(int(rounds), "both")
            checkpoints.append(gans.parameters())
        return checkpoints

    @arm
    def losses(self) -> Losses:
        """The value and the generator's loss at each age: nothing here knows of quality."""
        logits = [self.logits(players) for players in self.checkpoints()]
        values = np.stack([measures.value(real, fake) for real, fake in logits], 1)
        losses = np.stack([measures.generator_loss(fake, self.budget["saturating"]) for _, fake in logits], 1)
        return Losses(values, losses, self.ages)

    def equal_loss(self) -> Pair:
        """An early and a late checkpoint of equal loss; quality plays no part in it."""
        return measures.closest_pair(self.losses(), self.EARLY, self.LATE)

    def risen_loss(self) -> Pair:
        """An early and a late checkpoint between which both losses rise; quality plays no part in it."""
        return measures.risen_pair(self.losses(), self.EARLY, self.LATE)

    @arm
    def samples(self) -> np.ndarray:
        """What the generator makes of the fixed latent vectors at each age, (replicates, ages, m, d)."""
        return np.stack([self.generated(players) for players in self.checkpoints()], 1)

    @arm
    def quality(self) -> np.ndarray:
        """The judge's opinion of these samples, (replicates, ages)."""
        return self.judged(self.samples())

    def quality_correlation(self, measured: np.ndarray, since: int = 0) -> np.ndarray:
        """Rank correlation of quality with what is measured at each age (replicates or 1, ages), (replicates,).

        Over checkpoints at even intervals, so that those that lie close together do not count for more.
        """
        places = np.flatnonzero((self.ages % self.SPACING == 0) & (self.ages >= since))
        return spearman(measured[:, places], self.quality()[:, places])

    def trend(self) -> np.ndarray:
        """Rank correlation of age and quality while training time doubles and doubles, (replicates,)."""
        return spearman(np.array(self.DOUBLING)[None], self.quality()[:, [self.place(age) for age in self.DOUBLING]])

    def late_quality(self) -> np.ndarray:
        """The quality of the last quarter's checkpoints on average: a single one may be a swing of the game."""
        return self.quality()[:, self.ages >= self.LATE].mean(1)

    def place(self, age: int) -> int:
        """Which checkpoint has this age."""
        return int(np.flatnonzero(age == self.ages)[0])

    def checkpoint(self, age: int) -> Players:
        """Both players at this age."""
        return self.checkpoints()[self.place(age)]

    def generated(self, players: Players) -> np.ndarray:
        """Samples of generators, (replicates, m, d)."""
        return self._with(players).generate(self.latent)

    def logits(self, players: Players) -> tuple[np.ndarray, np.ndarray]:
        """What discriminators make of real samples and of their opponents', (replicates, m) each."""
        gans = self._with(players)
        return gans.discriminate(self.data.held_out), gans.discriminate(gans.generate(self.latent))

    def scores(self, players: Players, samples: np.ndarray) -> np.ndarray:
        """D(x), the probability of being real that discriminators assign: (replicates, m, d) → (replicates, m)."""
        return measures.probability(self._with(players).discriminate(samples))

    def _with(self, players: Players) -> Gans:
        self._evaluated.set_parameters(players)
        return self._evaluated

    @cached_property
    def _evaluated(self) -> Gans:
        """Networks that are never trained, to evaluate checkpoints with."""
        return self.untrained()

    @arm
    def untrained_games(self) -> Untrained:
        """What untrained players make of each other, averaged over 64 of them."""
        initialisations, means = 64, []
        for seed, *samples in zip(self.seeds, self.data.held_out, self.latent, strict=True):
            seeds = [int(s) for s in stream(seed, "untrained").integers(2**31, size=initialisations)]
            real, latent = (np.tile(part[:128], (initialisations, 1, 1)) for part in samples)
            gans = self.untrained(real, seeds=seeds)
            of_real, of_fake = gans.discriminate(real), gans.discriminate(gans.generate(latent))
            auc = np.mean((np.sign(of_real[:, :, None] - of_fake[:, None, :]) + 1) / 2)
            means.append((auc, measures.value(of_real, of_fake).mean()))
        return Untrained(*np.array(means).T)


@experiment(cpu_seconds=18)
class RingGans(Adversarial):
    """Eight modes on a circle, whose truth is known; the loss of the homework's formula, which saturates."""

    DATA, LEARNED, EVALUATED = "points", 4000, 1000
    INTERVALS: ClassVar = [(0, 20), (500, 100), (1500, 20)]
    EARLY, LATE, SPACING = 500, 1500, 100
    DOUBLING = (0, 20, 40, 80, 160, 320, 600, 1200, 2000)
    PLAYED = (100, 300, 500, 800, 1100, 1400, 1700, 2000)
    """The ages whose discriminators meet the samples of each other's generators."""

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        """Points of the ring."""
        return stimuli.ring(self.LEARNED + self.EVALUATED, rng)

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """How much of the ring the samples match, 0 … 1."""
        return self.judged_otherwise(samples) if self.choices["judge"] == "modes" else judges.matched_share(samples)

    def judged_otherwise(self, samples: np.ndarray) -> np.ndarray:
        """Which share of the modes they cover, wherever their other points lie."""
        return judges.modes_covered(samples) / stimuli.MODES

    @arm
    def alone(self, player: Player) -> Players:
        """One player trains alone: a generator from an early checkpoint on, a discriminator from the start."""
        since = self.budget["frozen_at"] if player == "generator" else 0
        return trained_on(self.untrained(), self.checkpoint(since), self.budget["alone_until"] - since, player)

    @arm
    def hurried(self) -> Players:
        """Both go on from the end of `checkpoints`, with ten times larger steps."""
        gans = self.untrained(learning_rate=self.budget["hurried_learning_rate"])
        return trained_on(gans, self.checkpoints()[-1], self.budget["hurried_rounds"], "both")

    @arm
    def refitted_value(self) -> np.ndarray:
        """V at the ages `PLAYED` once the last discriminator is fitted to that age's samples alone, (replicates, k)."""
        gans, last, values = self.untrained(), self.checkpoints()[-1], []
        for age in self.PLAYED:
            start: Players = {**last, "generator": self.checkpoint(age)["generator"]}
            fitted = trained_on(gans, start, self.budget["refitting_rounds"], "discriminator")
            values.append(measures.value(*self.logits(fitted)))
        return np.stack(values, 1)

    @arm
    def cross_play(self) -> np.ndarray:
        """D_j(G_k): what discriminators of the ages `PLAYED` think of frozen samples, (replicates, j, k + 1).

        The last column is what they think of real data.
        """
        frozen = [*(self.samples()[:, self.place(age)] for age in self.PLAYED), self.data.held_out]
        rows = [[self.scores(self.checkpoint(age), samples).mean(-1) for samples in frozen] for age in self.PLAYED]
        return np.moveaxis(np.array(rows), -1, 0)

    @arm
    def score_change(self, of: Literal["early fakes", "real data"]) -> np.ndarray:
        """By how much late discriminators score frozen samples higher than early ones of equal loss, (replicates,)."""
        pair = self.equal_loss()
        frozen = self.data.held_out if of == "real data" else measures.at_checkpoints(self.samples(), pair.early)
        early, late = (self.scores(self._assembled(places), frozen).mean(-1) for places in pair)
        return late - early

    def _assembled(self, places: np.ndarray) -> Players:
        """Players put together from the checkpoints that replicates have at these places, (replicates,)."""

        def parameters(player: Player) -> dict[str, np.ndarray]:
            chosen = [self.checkpoints()[k][player] for k in places]
            return {name: np.stack([arrays[name][i] for i, arrays in enumerate(chosen)]) for name in chosen[0]}

        return {"generator": parameters("generator"), "discriminator": parameters("discriminator")}

    def panel(self) -> np.ndarray:
        """Later fakes: what the other replicates' generators make at the end of training, (replicates, m, d).

        The panel is the replicates trained together: of all that is measured here, only what is measured on it depends
        on other replicates.
        """
        last = self.samples()[:, -1]
        return np.stack([np.delete(last, i, axis=0)[:, :100].reshape(-1, last.shape[-1]) for i in range(len(last))])


def trained_on(gans: Gans, start: Players, rounds: int, training: Literal["both"] | Player) -> Players:
    """Go on from a checkpoint, and return the players at the end."""
    gans.set_parameters(start)
    gans.train(rounds, training)
    return gans.parameters()


class Wasserstein(NamedTuple):
    """What is measured on checkpoints of Wasserstein GANs, (replicates, checkpoints) each."""

    gaps: np.ndarray
    """E[f(x)] − E[f(G(z))] of held-out and generated samples, by their critic f."""
    quality: np.ndarray
    """Of the generated samples, to the judge."""


@experiment(cpu_seconds=22)
class DigitGans(Adversarial):
    """Real digits; the loss that does not saturate, as it is used in practice."""

    DATA, LEARNED, EVALUATED = "digits", 497, 400
    INTERVALS: ClassVar = [(0, 5), (150, 15), (300, 75), (900, 15)]
    EARLY, LATE, SPACING = 225, 900, 75
    DOUBLING = (0, 5, 10, 20, 40, 75, 150, 300, 600, 1200)
    WASSERSTEIN_RATES = (6e-4, 3e-4)
    """Of Wasserstein GANs each replicate has two; their generators' learning rates."""
    WASSERSTEIN_AGES = np.arange(0, 81, 5)

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        """Digits that the judge does not know, dealt out anew."""
        some = rng.permutation(stimuli.digits_for("gans", self.choices["digits"])[0])
        return some[: self.LEARNED + self.EVALUATED]

    def judged(self, samples: np.ndarray) -> np.ndarray:
        """Minus the logarithm of the Fréchet distance: a difference is the logarithm of how many times closer."""
        if self.choices["judge"] == "energy":
            return self.judged_otherwise(samples)
        return -np.log(judges.digit_judge(self.choices["digits"]).frechet_distance(samples))

    def judged_otherwise(self, samples: np.ndarray) -> np.ndarray:
        """Minus the logarithm of the energy distance between pixels, which no classifier has to be trained for."""
        return -np.log(judges.energy_distance(samples, stimuli.digits_for("reference", self.choices["digits"])[0]))

    @arm
    def wasserstein(self) -> tuple[Wasserstein, Wasserstein]:
        """WGAN-GP on the same digits, with faster and with slower generators."""
        from .networks import WassersteinGans  # torch takes a second to import, and collection has no use for it

        learned, real, latent = (np.tile(part, (2, 1, 1)) for part in (*self.data, self.latent))
        rates = np.repeat(self.WASSERSTEIN_RATES, len(self.seeds))
        gans = WassersteinGans(learned, self.budget["latent_dimensions"], rates, self.seeds * 2, self.device)
        gaps, quality = [], []
        for rounds in np.diff(self.WASSERSTEIN_AGES, prepend=0):
            gans.train(int(rounds))
            samples = gans.generate(latent)
            gaps.append(gans.gap(real, samples))
            quality.append(self.judged(samples))
        faster, slower = np.split(np.stack([gaps, quality]).swapaxes(1, 2), 2, axis=1)  # (2, replicates, checkpoints)
        return Wasserstein(*faster), Wasserstein(*slower)
