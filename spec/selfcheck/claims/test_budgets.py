"""Budgets in plain words."""

import pytest

from spec.contract import TOPICS
from spec.harness.claims.budgets import in_words
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("parameters", 10_000, "at most 10,000 parameters"),
        ("batch", 16, "batches of 16"),
        ("batch_size", 16, "batches of 16"),
        ("steps", 450, "450 steps"),
        ("steps", 1, "1 step"),
        ("steps", [10, 1000], "10, 1,000 steps"),
        ("colour_steps", 100, "100 steps (colour)"),
        ("window_steps", 200, "200 steps (window)"),
        ("batch_on_all_labels", 16, "batches of 16 (on all labels)"),
        ("hurried_learning_rate", 0.06, "a learning rate of 0.06 (hurried)"),
        ("latent_dimensions", 4, "4 latent dimensions"),
        ("exploring", 288, "ε falls over 288 trials"),
        ("saturating", False, "the non-saturating loss"),
        ("cropped", True, "cropped: yes"),
        ("frozen_at", 100, "frozen at: 100"),
    ],
)
def test_a_number_is_said_in_words(name, value, says):
    """With what it counts; the rest of its name stands behind."""
    assert in_words({name: value}) == says


def test_whatever_learns_is_said_to_learn_from_something():
    """Of every experiment that asks for a learner, the registry says how many samples it has, of which size."""
    inventory = Inventory(Registry())
    learners = [
        f"{topic}.{name}"
        for topic, protocol in TOPICS.items()
        for name, function in vars(protocol).items()
        if "seeds" in getattr(function, "__annotations__", {})
    ]
    assert len(learners) == 8
    asked = {name for learner in learners for name in inventory.experiments_with(learner)}
    silent = [name for name in sorted(asked) if not inventory.registry.experiment(name).samples]
    assert silent == []


def test_every_number_of_the_project_is_said():
    """Whatever a budget holds stands in its line."""
    for entry in Registry().experiments.values():
        parts = in_words(entry.budget).split("; ") if entry.budget else []
        assert len(parts) == len(entry.budget)
        for value, part in zip(entry.budget.values(), parts, strict=True):
            assert isinstance(value, bool) or f"{value:,}" in part
