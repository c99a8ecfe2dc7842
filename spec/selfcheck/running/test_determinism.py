"""The same seed gives the same evidence, bit for bit, on the real specification."""

import shutil

import numpy as np
import pytest

from impl import classifiers
from spec.selfcheck import toy

TRAINED = ("search.trainer-builds-and-trains", "skip-gram.weights-are-features", "metrics.f1-suits")
"""Claims whose experiments take little to train: of classifiers, word vectors and thresholds."""


def evidence(folder, *arguments, marks="claims and not trained"):
    """What these claims find, but for durations; figure data are compared by their hashes."""
    file = folder / "claims.json"
    completed = toy.run(toy.PROJECT, "-m", marks, "--claims-json", str(file), *arguments)
    assert file.exists(), completed.stdout + completed.stderr
    found = toy.without_durations(toy.json.loads(file.read_text()))
    del found["selection"]
    return found


@pytest.fixture(scope="module")
def in_one_process(tmp_path_factory):
    """One run, in the order of the code."""
    return evidence(tmp_path_factory.mktemp("one"), "-n", "0")


@pytest.mark.parametrize(
    "arguments",
    [("-n", "2"), ("-n", "0", "-p", "randomly", "-p", "randomly", "--randomly-seed", "3")],
    ids=["two workers", "shuffled"],
)
def test_neither_workers_nor_order_matter(tmp_path, in_one_process, arguments):
    """Two workers, or a shuffled order, find the same as one process."""
    assert evidence(tmp_path, *arguments) == in_one_process


@pytest.mark.sandbox
def test_a_sandbox_does_not_matter(tmp_path, in_one_process):
    """The project's own implementation, in workers behind a sandbox, gives the same evidence bit for bit."""
    shutil.copytree(toy.PROJECT / "impl", tmp_path / "impl")
    found = evidence(tmp_path, "-n", "2", "--impl", str(tmp_path / "impl"))
    assert found["environment"].pop("sandbox") != "in-process"
    assert "sklearn" not in found["environment"].pop("imports")
    here = {**in_one_process["environment"]}
    del here["sandbox"]
    assert found == {**in_one_process, "environment": here, "implementation": str(tmp_path / "impl")}


@pytest.mark.parametrize("prefix", ["metrics.f1", "one-hot", "face"])
def test_a_subset_finds_the_same(tmp_path, in_one_process, prefix):
    """Claims that run without the others find what they find among them."""
    for claim in evidence(tmp_path, "-n", "0", "--claims-only", prefix)["claims"]:
        assert claim in in_one_process["claims"]


@pytest.mark.trains
def test_training_depends_on_neither_workers_nor_selection(tmp_path):
    """Trained claims find the same in one process as on two workers, and each alone what it finds among the others."""
    only = [argument for claim in TRAINED for argument in ("--claims-only", claim)]
    alone, together = (evidence(tmp_path, "-n", n, *only, marks="claims") for n in ("0", "2"))
    assert alone == together
    (single,) = evidence(tmp_path, "-n", "0", "--claims-only", TRAINED[0], marks="claims")["claims"]
    assert single in together["claims"]


def test_another_seed_checks_other_examples(tmp_path, in_one_process):
    """Another `--claims-seed` draws other inputs and finds the same verdicts."""
    other = evidence(tmp_path, "-n", "0", "--claims-seed", "1")
    assert other != in_one_process
    for mine, theirs in zip(in_one_process["claims"], other["claims"], strict=True):
        assert mine["outcome"] == theirs["outcome"]


@pytest.mark.trains
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
def test_training_repeats_itself(architecture):
    """The same seeds train the same classifiers, bit for bit; other seeds train others."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((2, 64, 1, 12, 12), dtype=np.float32), rng.integers(0, 2, (2, 64))

    def logits(seeds):
        trained = classifiers.train_classifiers(
            images,
            labels,
            architecture=architecture,
            patch_size=6,
            positions=False,
            classes=2,
            parameter_budget=12_000,
            steps=5,
            batch_size=8,
            seeds=seeds,
            device="cpu",
        )
        return trained.logits(images)

    np.testing.assert_array_equal(logits([1, 2]), logits([1, 2]))
    assert not np.array_equal(logits([1, 2])[1], logits([1, 3])[1])
