"""The same seed gives the same evidence, bit for bit, on the real specification."""

import shutil

import numpy as np
import pytest

from impl import classifiers
from spec.selfcheck import toy

TRAINED = ("search.trainer-builds-and-trains", "skip-gram.weights-are-features", "metrics.f1-suits")
"""Claims whose experiments take little to train: of classifiers, word vectors and thresholds."""


def run(*arguments, marks="claims and not trained"):
    """What these claims find, but for durations; figure data are compared by their hashes."""
    results = toy.without_durations(toy.results_of_project("-m", marks, *arguments))
    del results["selection"]
    return results


@pytest.fixture(scope="module")
def in_one_process():
    """One run, in the order of the code."""
    return run("-n", "0")


@pytest.mark.parametrize(
    "arguments",
    [("-n", "2"), ("-n", "0", "-p", "randomly", "-p", "randomly", "--randomly-seed", "3")],
    ids=["two workers", "shuffled"],
)
def test_neither_workers_nor_order_matter(in_one_process, arguments):
    """Two workers, or a shuffled order, find the same as one process."""
    assert run(*arguments) == in_one_process


@pytest.mark.sandbox
def test_a_sandbox_does_not_matter(tmp_path, in_one_process):
    """The project's own implementation, in workers behind a sandbox, gives the same evidence bit for bit."""
    shutil.copytree(toy.PROJECT / "impl", tmp_path / "impl")
    isolated = run("-n", "2", "--impl", str(tmp_path / "impl"))
    assert isolated["environment"].pop("sandbox") != "in-process"
    assert "sklearn" not in isolated["environment"].pop("imports")
    environment = {**in_one_process["environment"]}
    del environment["sandbox"]
    # The multiverse was run with the project's own, in place: it is shown of no folder.
    claims = [{**claim, "multiverse": []} for claim in in_one_process["claims"]]
    expected = {"claims": claims, "environment": environment, "implementation": str(tmp_path / "impl")}
    assert isolated == {**in_one_process, **expected}


@pytest.mark.parametrize("prefix", ["metrics.f1", "one-hot", "face"])
def test_a_subset_finds_the_same(in_one_process, prefix):
    """Claims that run without the others find what they find among them."""
    claims = run("-n", "0", "--claims-only", prefix)["claims"]
    assert claims
    assert all(claim in in_one_process["claims"] for claim in claims)


@pytest.mark.trains
def test_training_depends_on_neither_workers_nor_selection():
    """Trained claims find the same in one process as on two workers, and each alone what it finds among the others."""
    only = [argument for claim in TRAINED for argument in ("--claims-only", claim)]
    alone, together = (run("-n", workers, *only, marks="claims") for workers in ("0", "2"))
    assert alone == together
    (single,) = run("-n", "0", "--claims-only", TRAINED[0], marks="claims")["claims"]
    assert single in together["claims"]


def test_another_seed_checks_other_examples(in_one_process):
    """Another `--claims-seed` draws other inputs and finds the same verdicts."""
    other = run("-n", "0", "--claims-seed", "1")
    assert other != in_one_process
    for claim, same in zip(in_one_process["claims"], other["claims"], strict=True):
        assert claim["outcome"] == same["outcome"]


@pytest.mark.trains
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
def test_training_repeats_itself(architecture):
    """The same seeds train the same classifiers, bit for bit; other seeds train others."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((2, 64, 1, 12, 12), dtype=np.float32), rng.integers(0, 2, (2, 64))
    choices = {"architecture": architecture, "patch_size": 6, "positions": False, "classes": 2, "device": "cpu"}
    choices |= {"parameter_budget": 12_000, "steps": 5, "batch_size": 8, "learning_rate": 4e-3}

    def logits(seeds):
        return classifiers.train_classifiers(images, labels, seeds=seeds, **choices).logits(images)

    np.testing.assert_array_equal(logits([1, 2]), logits([1, 2]))
    assert not np.array_equal(logits([1, 2])[1], logits([1, 3])[1])
