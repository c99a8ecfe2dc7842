"""Architecture search: child networks trained per second, and trials of the controller that proposes them."""

from functools import cache, partial
from itertools import cycle, islice

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from benchmarks.measuring import BATCHES_AND_LOOPS, DEVICES
from impl import search
from spec.harness import stream
from spec.q4_architecture_search import spaces
from spec.q4_architecture_search.measures import accuracies
from spec.q4_architecture_search.stimuli import draw_split

STEPS, BATCH, LEARNING_RATE, TRIALS, PER_UPDATE = 60, 16, 2e-2, 160, 8
"""As in the specification's experiment that trains what it proposes."""
CHILDREN, _ = spaces.distinct()
AS_ACCURATE = 100
"""After how many steps ours is as accurate as scikit-learn's after `STEPS`: its learning rate falls, theirs stays."""
TOLERANCE = 0.02
"""By how much less accurate ours may be, on average over all architectures."""


DIGITS = draw_split(stream(0, "split"))
"""600 digits to train on, 500 to evaluate on, as in the specification's experiment."""


def ours(children, device="cpu", first_seed=0, steps=STEPS):
    """All as one batch."""
    return search.train_architectures(
        DIGITS.training.pixels,
        DIGITS.training.labels,
        architectures=children,
        classes=10,
        steps=steps,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        seeds=list(range(first_seed, first_seed + len(children))),
        device=device,
    )


def looped(children, device="cpu"):
    """One after another."""
    return [ours([child], device, seed) for seed, child in enumerate(children)]


def scikit_learn(children):
    """`MLPClassifier`, as many steps of Adam on as many digits each, one network after another."""
    trained = []
    for seed, child in enumerate(children):
        network = MLPClassifier(
            child["widths"],
            activation=child["activation"].replace("sigmoid", "logistic"),
            alpha=0,
            batch_size=BATCH,
            learning_rate_init=LEARNING_RATE,
            random_state=seed,
        )
        rows = np.random.default_rng(seed).choice(len(DIGITS.training.labels), size=(STEPS * BATCH))
        network.partial_fit(DIGITS.training.pixels[rows], DIGITS.training.labels[rows], classes=np.arange(10))
        trained.append(network)
    return trained


def measured(measure, work, by, n, device, **facts):
    """Time it as child networks."""
    piece = f"child networks, {STEPS} steps each"
    measure(work, piece=piece, by=by, n=n, of="children", items=n, unit="children", device=device, **facts)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("n", [1, 4, 16, 36, 117, 256, 1024])
def test_children(measure, n, device):
    """Architectures of the space of digits, which has 36, over and over."""
    work = partial(ours, list(islice(cycle(CHILDREN), n)), device)
    target = {"target_rate": 300} if n == len(CHILDREN) and device == "cpu" else {}
    measured(measure, work, "ours", n, device, **target)


@pytest.mark.parametrize("device", DEVICES)
def test_children_in_a_loop(measure, device):
    """One after another: the same scores but for rounding."""
    some, pixels = CHILDREN[::4], DIGITS.evaluation.pixels
    looped_logits = np.concatenate([network.logits(pixels) for network in looped(some, device)])
    np.testing.assert_allclose(looped_logits, ours(some, device).logits(pixels), atol=5e-2)
    measured(measure, partial(looped, CHILDREN, device), "a loop", len(CHILDREN), device)


@pytest.mark.parametrize("by", ["ours", "scikit-learn's MLPClassifier"])
def test_children_as_accurate(measure, by):
    """The same architectures, on average not less accurate."""
    work = {
        "ours": partial(ours, CHILDREN, steps=AS_ACCURATE),
        "scikit-learn's MLPClassifier": partial(scikit_learn, CHILDREN),
    }
    mean_accuracy = accuracies(work["ours"](), DIGITS.evaluation).mean()
    theirs = reached_by_scikit_learn()
    assert mean_accuracy >= theirs - TOLERANCE
    measure(
        work[by],
        piece="all child networks, as accurate",
        by=by,
        items=len(CHILDREN),
        unit="children",
        quality=f"mean accuracy {mean_accuracy if by == 'ours' else theirs:.3f}",
    )


@cache
def reached_by_scikit_learn():
    """The mean accuracy of its networks."""
    networks = scikit_learn(CHILDREN)
    return np.mean([network.score(DIGITS.evaluation.pixels, DIGITS.evaluation.labels) for network in networks])


def searched(controllers, best):
    """What controllers have proposed that learn from what they propose, (r, trials, tokens); `best` is (r, tokens)."""
    actions = []
    for _ in range(0, TRIALS, PER_UPDATE):
        actions.append(controllers.sample(PER_UPDATE))
        controllers.update(actions[-1], spaces.planted_rewards(actions[-1], 3, best))
    return np.concatenate(actions, axis=1)


CONTROLLERS = {
    "REINFORCE": (partial(search.reinforce, learning_rate=2.0), 8),
    "Q-learning": (partial(search.meta_qnn, trials=TRIALS, learning_rate=0.5), 4),
}
"""Each with how many tokens of the planted space it proposes: Q is a table of all lists of them, 51 MB of all eight."""


@pytest.mark.parametrize(("n", "by"), BATCHES_AND_LOOPS)
@pytest.mark.parametrize("name", CONTROLLERS)
def test_controllers(measure, name, n, by):
    """Sampling and learning, with a reward that costs next to nothing; in NumPy, whatever the device."""
    make, tokens = CONTROLLERS[name]

    def batch(seeds):
        controllers = make(spaces.choices(spaces.PLANTED)[:tokens], seeds=seeds, device="cpu")
        return searched(controllers, np.zeros((len(seeds), tokens), dtype=np.int64))

    def loop():
        return np.concatenate([batch([seed]) for seed in range(n)])

    if by != "ours":
        assert np.array_equal(loop(), batch(list(range(n))))
    measure(
        partial(batch, list(range(n))) if by == "ours" else loop,
        piece=f"{name}, {TRIALS} trials",
        by=by,
        n=n,
        of="replicates",
        items=n * TRIALS,
        unit="trials",
    )
