"""What trains: every topic of the contract that takes a device, and every network of the specification, all tiny."""

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from torch import nn

from impl import classifiers, gan, rotation, search, skip_gram
from spec.common.ensembles import Ensemble
from spec.q1_attention_vs_convolution import cat_networks, face_networks
from spec.q1_attention_vs_convolution.measures import Sample
from spec.q1_attention_vs_convolution.networks import FixedMixing, WindowNetworks
from spec.q3_representations.networks import PairNetworks
from spec.q5_adversarial_training.networks import WassersteinGans

Answers = Callable[[str], Any]
"""Trains on the device of this name, and returns what is then asked."""

SEEDS = [3, 1]
RATE: dict[str, Any] = {"learning_rate": 1e-2, "seeds": SEEDS}


def images(side: int = 8, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two replicates of eight standardised images, and their labels."""
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((2, 8, channels, side, side)).astype(np.float32)
    return drawn, rng.integers(0, 2, (2, 8))


def trained_classifiers(architecture: Literal["convolution", "attention"]) -> Answers:
    """What asks a classifier everything."""

    def answers(device: str) -> Any:
        pixels, labels = images()
        budget: dict[str, Any] = {"parameter_budget": 3000, "steps": 3, "batch_size": 4, "patch_size": 4}
        networks = classifiers.train_classifiers(
            pixels, labels, architecture=architecture, positions=True, classes=2, device=device, **budget, **RATE
        )
        asked = [networks.logits(pixels), networks.features(pixels), networks.parameters()]
        if architecture == "convolution":
            asked.append(networks.filters())
        else:
            attend = ~np.eye(4, k=1, dtype=bool)
            asked += [networks.attention_layers(pixels, attend), networks.logits(pixels, attend)]
        networks.set_parameters({name: array / 2 for name, array in networks.parameters().items()})
        return [*asked, networks.logits(pixels)]

    return answers


def fine_tuned(device: str) -> Any:
    """Pre-training, then fine-tuning from its weights."""
    pixels, labels = images()
    choices: dict[str, Any] = {"parameter_budget": 3000, "steps": 3, "batch_size": 4, "device": device, **RATE}
    before = rotation.pretrain(pixels, shuffled=True, **choices)
    after = rotation.fine_tune(
        pixels, labels, encoder=before.encoder(), classes=2, test_images=pixels, checkpoints=[0, 2, 3], **choices
    )
    return [before.logits(pixels), before.features(pixels), after.learning_curve(), after.encoder()]


def word_vectors(device: str) -> Any:
    """Both matrices of skip-gram."""
    tokens = np.random.default_rng(0).integers(0, 9, (2, 60))
    sizes: dict[str, Any] = {
        "vocabulary_size": 9,
        "dimensions": 4,
        "window": 2,
        "negatives": 2,
        "noise_power": 0.75,
        "epochs": 2,
    }
    return skip_gram.train_skip_gram(tokens, np.tile(np.arange(60) // 10, (2, 1)), device=device, **sizes, **RATE)


def architectures(device: str) -> Any:
    """Perceptrons of two shapes and activations."""
    inputs, labels = np.random.default_rng(0).standard_normal((9, 5)).astype(np.float32), np.arange(9) % 3
    two: list[dict[str, Any]] = [{"widths": [4, 3], "activation": "tanh"}, {"widths": [5], "activation": "relu"}]
    sizes: dict[str, Any] = {"classes": 3, "steps": 3, "batch_size": 4}
    networks = search.train_architectures(inputs, labels, architectures=two, device=device, **sizes, **RATE)
    return [networks.logits(inputs), networks.layers(0), networks.layers(1)]


def controllers(device: str) -> Any:
    """Both controllers, which compute in NumPy whatever the device."""
    policy = search.reinforce(np.array([2, 3]), device=device, **RATE)
    learner = search.meta_qnn(np.array([2, 3]), trials=8, device=device, **RATE)
    for controller in (policy, learner):
        controller.update(controller.sample(4), np.linspace(0, 1, 8).reshape(2, 4))
    return [policy.sample(3), learner.q_values()]


def gans(device: str) -> Any:
    """Both players: trained, asked, replaced and trained on."""
    rng = np.random.default_rng(0)
    data, latent = rng.standard_normal((2, 9, 2)).astype(np.float32), np.ones((2, 4, 3), dtype=np.float32)
    sizes: dict[str, Any] = {"latent_dimensions": 3, "saturating": False, "hidden": 5, "batch_size": 4}
    game = gan.gans(data, device=device, **sizes, **RATE)
    game.train(20, "both")
    asked = [game.generate(latent), game.discriminate(data), game.gradients(data[:, :4], latent)]
    game.set_parameters(game.parameters())
    game.train(2, "generator")
    return [*asked, game.parameters()]


LEARNERS = {
    "classifiers, convolution": trained_classifiers("convolution"),
    "classifiers, attention": trained_classifiers("attention"),
    "rotation": fine_tuned,
    "skip_gram": word_vectors,
    "search, architectures": architectures,
    "search, controllers": controllers,
    "gan": gans,
}
"""What trains, by its topic: all of the contract that takes a device."""


def sample() -> Sample:
    """Images as the specification's own networks are given them."""
    return Sample(*images())


def fixed_mixing(mixing: Literal["identity", "local"], set_layer: int) -> Answers:
    """Encoders with fixed mixing weights."""

    def answers(device: str) -> Any:
        sizes: dict[str, Any] = {"patch_size": 4, "parameter_budget": 9000, "steps": 3, "batch_size": 4}
        networks = FixedMixing(sample(), mixing=mixing, set_layer=set_layer, seeds=SEEDS, device=device, **sizes)
        return networks.logits(sample().images)

    return answers


def windows(device: str) -> Any:
    """Convolutional networks of two receptive fields."""
    sizes: dict[str, Any] = {"widths": [2, 4], "channels": 3, "steps": 3, "batch_size": 4}
    networks = WindowNetworks(sample(), seeds=SEEDS, device=device, **sizes)
    return [networks.logits(sample().images), np.array([networks.parameter_count(2)])]


def ensemble(build: Callable[[], nn.Module]) -> Answers:
    """Ordinary modules."""

    def answers(device: str) -> Any:
        pixels, labels = images()
        networks = Ensemble(build, pixels, labels, steps=3, batch_size=4, device=device, **RATE)
        return networks.logits(pixels)

    return answers


def pairs(device: str) -> Any:
    """Siamese networks, with features of single images."""
    two, turns = images(channels=2)
    networks = PairNetworks(two, turns, width=4, steps=3, batch_size=4, device=device, **RATE)
    return [networks.logits(two), networks.features(two[:, :, :1])]


def wasserstein(device: str) -> Any:
    """Generators and critics."""
    data = np.random.default_rng(0).standard_normal((2, 9, 2)).astype(np.float32)
    game = WassersteinGans(data, 3, np.array([1e-3, 1e-4]), SEEDS, device)
    game.train(2)
    fake = game.generate(np.ones((2, 4, 3), dtype=np.float32))
    return [fake, game.gap(data, fake)]


CAT: dict[str, Any] = {"patch": 4, "positions": True, "parameter_budget": 9000}
CAT_NETWORKS = get_args(cat_networks.Network)
OWN = {
    "fixed mixing, identity": fixed_mixing("identity", 4),
    "fixed mixing, local": fixed_mixing("local", 0),
    "windows": windows,
    **{
        f"cat networks, {network}": ensemble(cat_networks.builder(network, (1, 8, 8), 2, **CAT))
        for network in CAT_NETWORKS
    },
    **{
        f"face networks, {name}": ensemble(face_networks.widest(name, (1, 8, 8), 20_000, patch=4, positions=True))
        for name in face_networks.BUILDS
    },
    "face networks, patches apart": ensemble(
        face_networks.widest("two_layers", (1, 8, 8), 20_000, patch=4, positions=True, apart=(0, 3))
    ),
    "pairs": pairs,
    "wasserstein": wasserstein,
}
"""The specification's own networks."""
