"""Independent right implementations: what is exact holds for each of them, or a claim is too narrow."""

import importlib
import inspect
from typing import get_type_hints

import msgspec
import numpy as np
import pytest

from spec.contract import TOPICS
from spec.harness import Implementation
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry, outcome_registered_by
from spec.harness.errors import Outcome
from spec.harness.evidence.results import Results
from spec.selfcheck import toy

PEERS = toy.PROJECT / "benchmarks" / "peers"
EXACT = ("gensim", "scikit_learn", "torch_multihead", "torch_nn", "torchmetrics")
"""The peers of which there is something exact to say; monai's classifiers are all trained."""
SAMPLE = (
    "test_covering_an_ear_costs_most",
    "test_by_how_much_a_face_was_turned_is_told",
    "test_contexts_within_a_window_teach_classes",
    "test_training_changes_what_the_network_predicts",
    "test_digits_get_better_with_training",
)
"""A cheap trained claim of each topic that has any; `pytest -m claims --impl=benchmarks/peers/plain_torch` runs all."""


def offered(peer: str) -> set[str]:
    """What a peer defines of the contract, as "topic.function", with the methods of the handles it returns."""
    offers = set()
    for file in (PEERS / peer).glob("*.py"):
        if file.stem not in TOPICS:
            continue
        module = importlib.import_module(f"benchmarks.peers.{peer}.{file.stem}")
        for name in vars(TOPICS[file.stem]):
            function = getattr(module, name, None)
            if not inspect.isfunction(function):
                continue
            returned = get_type_hints(function)["return"]
            handle = vars(returned) if getattr(returned, "__module__", "").startswith(module.__package__) else {}
            offers |= {f"{file.stem}.{function}" for function in (name, *handle) if not function.startswith("_")}
    return offers


def unexpected(peer: str, marks: str, names: str, **environment: str) -> list[tuple[str, Outcome, str]]:
    """Run the tests that ask for what a peer offers and for nothing else: which came out wrong."""
    registry, offers = Registry(), offered(peer)
    tests = [test for test in Inventory(registry).tests if test.asks and test.asks <= offers]
    places = [f"{test.file}::{test.name}" for test in tests]
    options = ["-n", "0", "-q", "--tb=no", "-m", marks, "-k", names, "--impl", str(PEERS / peer)]
    written = toy.results_of_project(*options, *places, **environment)
    records = [test for claim in msgspec.convert(written, Results).claims for test in claim.tests if test.selected]
    assert records, f"nothing asks for what {peer} offers: {offers}"
    expected = {
        test.nodeid: outcome_registered_by(registry[test.claim].verdict) if test.role == "claim" else Outcome.HOLDS
        for test in records
    }
    return [(test.nodeid, test.outcome, test.message) for test in records if test.outcome is not expected[test.nodeid]]


@pytest.mark.process
@pytest.mark.parametrize("peer", EXACT)
def test_a_right_implementation_passes_what_is_exact(peer):
    """Every exact test that asks only for what a library offers holds for that library, but for its refusals."""
    # A library refuses bad input in words of its own, if at all. scikit-learn against itself would say nothing, and
    # two are no right implementations at the edges: gensim's table of noise overflows for counts of 10¹⁵, and torch's
    # cross-entropy with logits subtracts what log(1 − p) of a tiny p is lost beside.
    beside = {
        "scikit_learn": " and not of_scikit_learn",
        "gensim": " and not noise_is_the_counts_to_a_power",
        "torch_nn": " and not small_probabilities_keep_their_digits",
    }
    names = "not refused" + beside.get(peer, "")
    assert unexpected(peer, "claims and not trained", names) == []


@pytest.mark.process
def test_the_contract_is_enough_to_hold_what_is_exact():
    """All exact tests hold for the whole contract as most people would write it."""
    offers = offered("plain_torch")
    assert [test.name for test in Inventory(Registry()).tests if not test.asks <= offers] == []
    assert unexpected("plain_torch", "claims and not trained", "") == []


@pytest.mark.trains
def test_the_contract_is_enough_to_hold_what_is_trained():
    """A sample of trained claims holds for it: with a loop over seeds, Adam, and what torch begins with."""
    assert unexpected("plain_torch", "claims and trained", " or ".join(SAMPLE)) == []


@pytest.mark.trains
def test_the_contract_asks_for_no_framework(tmp_path):
    """In NumPy alone, where torch cannot be imported, all claims about the topics offered hold, also trained ones."""
    # What people judge takes half a minute more: `pytest -m claims --impl=benchmarks/peers/numpy_only -k people_judge`.
    (tmp_path / "torch.py").write_text('raise ImportError("torch is not to be had here")\n')
    assert (
        unexpected("numpy_only", "claims", "not judge and not real_text and not refused", PYTHONPATH=str(tmp_path))
        == []
    )


@pytest.mark.trains
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
def test_classifiers_of_a_library_fit_the_contract(architecture):
    """MONAI's networks keep to the budget, to their seeds and to the shapes; training changes what they say."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((2, 40, 1, 24, 24), dtype=np.float32), rng.integers(0, 2, (2, 40))
    choices = {"architecture": architecture, "patch_size": 6, "positions": True, "classes": 2, "device": "cpu"}
    choices |= {"parameter_budget": 18_500, "batch_size": 16, "learning_rate": 3e-3, "seeds": [1, 2]}
    monai = Implementation(str(PEERS / "monai")).classifiers
    first, again, untrained = (monai.train_classifiers(images, labels, steps=steps, **choices) for steps in (3, 3, 0))
    size = sum(value[0].size for value in first.parameters().values())
    assert 0.95 * 18_500 <= size <= 18_500
    np.testing.assert_array_equal(again.logits(images), first.logits(images))
    assert (untrained.logits(images) != first.logits(images)).any(axis=(1, 2)).all()
    assert first.features(images).shape[:2] == (2, 40)
    untrained.set_parameters(first.parameters())
    np.testing.assert_array_equal(untrained.logits(images), first.logits(images))
