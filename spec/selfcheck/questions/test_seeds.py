"""A test of a claim that draws anything draws something else with another `--claims-seed`, and the same with one."""

import ast

import pytest

from spec.common.replicates import seeds_of
from spec.harness import Implementation, determinism, seed_of_test
from spec.harness.errors import SpecificationError
from spec.harness.implementation.journal import journal
from spec.harness.implementation.written import written
from spec.harness.paths import SPEC
from spec.q1_attention_vs_convolution import test_face_exact
from spec.q3_representations import test_one_hot, test_skip_gram_steps
from spec.q4_architecture_search import test_controllers
from spec.q5_adversarial_training import test_rounds
from spec.selfcheck.examples import evidence_for

FILES = sorted(SPEC.glob("q*/test_*.py"))
GENERATORS = {"default_rng", "stream", "SeedSequence", "manual_seed", "seed"}
DRAWING = {
    "inputs": lambda *fixtures: test_face_exact.test_attention_is_the_formula_for_many_tokens_with_large_logits(
        *fixtures, (600, 1), 256, 0
    ),
    "a text": test_one_hot.test_a_long_text_is_encoded_to_its_end,
    "a learner's seed": test_skip_gram_steps.test_vectors_move_by_the_rate,
    "a controller's seeds": test_controllers.test_draws_know_nothing_of_each_other,
    "networks": test_rounds.test_no_batch_is_cut_short,
}
"""Tests that Hypothesis draws nothing for, by what they draw."""


@pytest.fixture(autouse=True)
def _this_tests_own(monkeypatch):
    """What follows is undone."""
    monkeypatch.setattr(determinism, "_of_the_test", None)


def called(name):
    """The calls of a test, as lines of Python."""
    journal.begin()
    DRAWING[name](Implementation(), evidence_for())
    return [call.line for call in written(list(journal.calls))]


@pytest.mark.parametrize("name", DRAWING)
def test_another_seed_gives_a_test_other_inputs(name):
    """The same seed gives it the same, bit for bit."""
    calls = []
    for seed in (0, 0, 1):
        determinism.begin_test(seed, "test.py::test")
        calls.append(called(name))
    assert calls[0] == calls[1]
    assert calls[0]
    assert calls[0] != calls[2]


def test_a_seed_follows_from_the_runs_and_the_name():
    """Another of either gives another one; what it gives are the contract's seeds, neighbours for neighbours."""
    seeds = []
    for seed, name in ((0, "a"), (0, "b"), (1, "a"), (0, "a")):
        determinism.begin_test(seed, name)
        seeds.append(seed_of_test())
        assert seeds_of(0, 1, 2**31) == [seeds[-1], seeds[-1] + 1, seeds[-1] + 2**31]
    assert seeds[0] == seeds[-1]
    assert len(set(seeds)) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_there_is_none_while_no_test_is_run():
    """What a module draws while it is imported would be the same in every run."""
    with pytest.raises(SpecificationError, match="called outside a test"):
        seed_of_test()


def of_constants(source):
    """Lines in which a generator starts from a constant, or in which Hypothesis is left with its simplest example."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "max_examples")]
        for value in given:
            constant = isinstance(value, ast.Constant) and isinstance(value.value, int)
            if constant and (name in GENERATORS or (name == "settings" and value.value == 1)):
                yield node.lineno


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_nothing_is_drawn_from_a_constant(file):
    """In no test of a claim; use `seed_of_test()`."""
    assert not list(of_constants(file.read_text()))


@pytest.mark.parametrize(
    "line", ["rng = np.random.default_rng(0)", "stream(0, 'data')", "settings(max_examples=1)(test)"]
)
def test_constants_are_found(line):
    """In whatever call they stand."""
    assert list(of_constants(f"\n{line}\n")) == [2]
    assert not list(of_constants(line.replace("0", "seed").replace("=1", "=2")))
