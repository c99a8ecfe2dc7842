"""From an assignment and a run to a grade: what counts, what it weighs, and what the grade says of itself."""

import ast
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import cli
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.grading import assignment, hints
from spec.harness.grading.apportion import shares
from spec.harness.grading.assignment import Assignment
from spec.harness.grading.grade import lines
from spec.harness.grading.seeds import read_secret, seed_of
from spec.selfcheck import toy
from spec.selfcheck.grading import grading_examples as examples

FILE = """\
title = "Homework 5"
points = 50
claims = ["metrics", "one-hot.equidistant"]
exclude = ["metrics.f1-suits"]
[weights]
q2 = 3
"metrics.recall" = 2
[limits]
total_seconds = 600
memory = 2048
[regrade]
inconclusive = 36
[hints]
"metrics.recall" = "Sheet 2, part b."
"""


def read(tmp_path, text=FILE):
    """The assignment that this text is."""
    file = tmp_path / "assignment.toml"
    file.write_text(text)
    return examples.choose(assignment.read(file), examples.inventory(), where=str(file))


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 1000), min_size=1, max_size=60))
def test_shares_add_up_and_are_fair(total, weights):
    """Every share is the exact one rounded up or down, and all together are the total."""
    given_ = shares(total, dict(enumerate(weights)))
    assert sum(given_.values()) == total
    for key, weight in enumerate(weights):
        assert abs(given_[key] - total * weight / math.fsum(weights)) < 1 + 1e-6


def test_each_question_and_each_claim_in_it_counts_the_same():
    """Without an assignment all graded claims count: questions equally, and claims equally within their question."""
    chosen = examples.chosen(Assignment())
    registry = examples.inventory().registry
    assert list(chosen.points) == [claim.id for claim in registry.claims.values() if claim.graded]
    assert sum(chosen.points.values()) == 100_00
    for question in registry.questions:
        own = [points for claim, points in chosen.points.items() if registry.question_of[claim] == question]
        assert sum(own) == 20_00
        assert max(own) - min(own) <= 1


def test_an_assignment_weighs_questions_and_claims(tmp_path):
    """Weights are among the questions that count, and among the claims of one question."""
    chosen = read(tmp_path)
    assert sum(chosen.points.values()) == 50_00
    assert chosen.points["one-hot.equidistant"] == 12_50
    others = {
        points for claim, points in chosen.points.items() if claim.startswith("metrics.") and "recall" not in claim
    }
    assert max(others) - min(others) <= 1
    assert abs(chosen.points["metrics.recall"] - 2 * max(others)) <= 2
    assert "metrics.f1-suits" not in chosen.points
    assert chosen.exact


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points = 50", "points = -1", "points = -1.0: expected a number from 0.01 to 1000000"),
        ("points = 50", "points = 0.123", "points = 0.123: expected a number from 0.01"),
        ("points = 50", 'points = "50"', "points = '50': Expected `float`, got `str`"),
        ("points = 50", "points = 0.05", "points = 0.05: nothing is left for"),
        ("points = 50", "marks = 50", "marks: unknown key; expected one of title, points, claims"),
        ("memory", "ram", "limits.ram: unknown key; expected one of seconds, total_seconds, memory"),
        ("total_seconds = 600", "total_seconds = 0", "limits.total_seconds = 0.0: expected a finite number above 0"),
        ("memory = 2048", "memory = 2.5", "limits.memory = 2.5: Expected `int | null`, got `float`"),
        ("inconclusive = 36", "inconclusive = 1", "regrade.inconclusive = 1: expected a number of replicates from 2"),
        ("q2 = 3", "q9 = 3", "weights.q9 = 3.0: expected the id of a claim, or a question out of q1_attention"),
        ("q2 = 3", "q2 = nan", "weights.q2 = nan: expected a finite number above 0"),
        ('claims = ["metrics"', 'claims = ["metrix"', "claims = ['metrix', 'one-hot.equidistant']: no claim id begins"),
        ('claims = ["metrics"', 'claims = ["face.normal-both-good"', "is 'protocol' and its verdict"),
        ('exclude = ["metrics.f1-suits"]', 'exclude = ["metrics", "one"]', "no graded claim is left to count"),
        ('"metrics.recall" = "Sheet', '"metrics.recal" = "Sheet', "hints.metrics.recal = 'Sheet 2, part b.': exp"),
        ("[regrade]", "[regrade", "not valid TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_key_and_value(tmp_path, old, new, message):
    """A flaw in an assignment names the file, the key, its value and what was expected, on one line."""
    assert old in FILE
    with pytest.raises(SpecificationError, match=re.escape(message)) as error:
        read(tmp_path, FILE.replace(old, new, 1))
    assert str(error.value).startswith(str(tmp_path / "assignment.toml"))
    assert "\n" not in str(error.value)


def test_options_narrow_an_assignment_down():
    """`--only` and `--exclude` take prefixes, and `--exact` leaves out what trains."""
    chosen = examples.chosen(only=["metrics"], exclude=["metrics.pre"])
    assert {claim.partition(".")[0] for claim in chosen.points} == {"metrics"}
    assert "metrics.precision" not in chosen.points
    everything, exact = examples.chosen(Assignment()), examples.chosen(Assignment(), exact=True)
    assert exact.exact
    assert not everything.exact
    assert {"gan.minimax-value", "metrics.recall"} <= exact.points.keys() < everything.points.keys()
    with pytest.raises(SpecificationError, match=r"--only = \['metrix'\]: no claim id begins"):
        examples.chosen(only=["metrix"])


@pytest.mark.process
def test_what_trains_is_read_from_the_source_as_pytest_finds_it():
    """The tests that the inventory takes to train are exactly those that pytest marks so."""
    listed = toy.run(toy.PROJECT, "-q", "--collect-only", "-m", "claims and trained")
    trained = {line.partition("[")[0] for line in listed.stdout.splitlines() if "::" in line}
    tests = examples.inventory().tests
    assert trained == {f"{test.file.relative_to(toy.PROJECT).as_posix()}::{test.name}" for test in tests if test.trains}


def test_a_grade_adds_up_in_every_line():
    """Claims add up to their question and questions to the total; only what holds brings points."""
    record = examples.record(
        examples.claim("metrics.recall", Outcome.MISSING, "metrics.recall is missing"),
        examples.claim("one-hot.equidistant", Outcome.REFUTED, "is 1, not 2", worst_error=0.5, tolerance=1e-12),
        examples.claim("metrics.precision", Outcome.INCONCLUSIVE, "3 of 12"),
    )
    grade = record.grade
    for question in grade.questions:
        assert question.points == sum(claim.points for claim in question.claims)
        assert question.of == sum(claim.of for claim in question.claims)
    assert grade.points == sum(question.points for question in grade.questions)
    assert grade.of == 100_00
    claims = {claim.id: claim for question in grade.questions for claim in question.claims}
    lost = {claim.id for claim in claims.values() if claim.points == 0}
    assert lost == {"metrics.recall", "one-hot.equidistant", "metrics.precision"}
    assert grade.points == grade.of - sum(claims[claim].of for claim in lost)
    assert all(claim.points == claim.of for claim in claims.values() if claim.id not in lost)
    assert claims["metrics.recall"].reason == "metrics.recall is missing"
    assert "spec/contract.py" in claims["metrics.recall"].hint
    assert claims["metrics.f1-is-the-harmonic-mean"].hint == ""
    assert "worst error 5.0e-01" in claims["one-hot.equidistant"].evidence[0]


def test_what_is_no_fault_of_the_submission_costs_nothing():
    """A boundary that fails is not charged; where the grader failed, or left a claim out, nobody knows the points."""
    bounded = examples.claim("metrics.trade-off")
    bounded.as_registered = False
    bounded.tests.append(examples.claim("metrics.trade-off", Outcome.REFUTED, "the boundary is elsewhere").tests[0])
    bounded.tests[-1].role = "boundary"
    assert examples.record(bounded).grade.points == 100_00
    for outcome in (Outcome.GRADER_ERROR, Outcome.NOT_RUN):
        record = examples.record(examples.claim("metrics.recall", outcome, "KeyError"))
        assert record.status == "grader-error"
        assert record.grade.points is None
        assert "metrics.recall: KeyError" in record.problem
        questions = {question.question: question for question in record.grade.questions}
        assert questions["q2_classification_metrics"].points is None
        assert questions["q3_representations"].points == questions["q3_representations"].of
    partly = examples.claim("metrics.recall")
    partly.selected = False
    assert examples.record(partly).status == "grader-error"


def test_a_submission_that_cannot_be_read_has_its_reason_on_every_claim():
    """Its points are 0 out of what the registry has, not out of what was run."""
    record = examples.record(problem="the submission cannot be read: it is not a sound .zip")
    assert (record.status, record.grade.points, record.grade.of) == ("graded", 0, 100_00)
    claims = [claim for question in record.grade.questions for claim in question.claims]
    assert [claim.id for claim in claims] == list(examples.chosen().points)
    assert {claim.reason for claim in claims} == {record.problem}


@pytest.mark.parametrize(
    ("outcome", "evidence", "words"),
    [
        (Outcome.REFUTED, {"worst_error": 3e-8, "tolerance": 1e-12}, "single precision"),
        (Outcome.REFUTED, {"worst_error": 1e-3, "tolerance": 1e-12}, "is close"),
        (Outcome.REFUTED, {"worst_error": 0.7, "tolerance": 1e-12}, "far off"),
        (Outcome.REFUTED, {"worst_error": math.inf, "tolerance": 1e-12}, "another shape, type or keys"),
        (Outcome.REFUTED, {"verb": "refused"}, "raise a ValueError or TypeError"),
        (Outcome.REFUTED, {"verb": "true"}, "by hand"),
        (Outcome.REFUTED, {"verb": "exceeds", "comparison": "x"}, "the other way"),
        (Outcome.INCONCLUSIVE, {"exceed": 9, "replicates": 12, "needed": 12}, "9 of 12 replicates"),
        (Outcome.MISSING, {}, "Write the function"),
        (Outcome.ERROR, {}, "for every input that the contract allows"),
        (Outcome.TIMEOUT, {}, "too long"),
        (Outcome.CRASH, {}, "died"),
        (Outcome.OUT_OF_MEMORY, {}, "square"),
        (Outcome.GRADER_ERROR, {}, "costs nothing"),
        (Outcome.HOLDS, {}, ""),
    ],
)
def test_a_hint_follows_from_outcome_and_evidence(outcome, evidence, words):
    """Each way to fail has its own hint, and what holds has none."""
    hint = hints.hint(examples.claim("metrics.recall", outcome, **evidence))
    assert words in hint
    assert bool(hint) == (outcome is not Outcome.HOLDS)


def test_an_assignments_own_hint_is_added(tmp_path):
    """What the assignment says of a claim stands behind the general hint, where the claim fails."""
    chosen = read(tmp_path)
    record = examples.record(examples.claim("metrics.recall", Outcome.MISSING), assignment=chosen)
    claims = {claim.id: claim for question in record.grade.questions for claim in question.claims}
    assert claims["metrics.recall"].hint.endswith("Sheet 2, part b.")


def test_evidence_begins_with_what_decides():
    """What decides a claim stands first, what stands beside it after; equal lines stand once."""
    claim = examples.claim("metrics.trade-off")
    boundary = examples.claim("metrics.trade-off", Outcome.REFUTED).tests[0]
    boundary.role = "boundary"
    claim.tests = [boundary, *claim.tests, *claim.tests]
    said = lines(claim)
    assert len(said) == 2
    assert said[0].startswith("what was seen of metrics.trade-off: holds; checked 200 times")
    assert said[1].startswith("boundary: ")


def test_a_second_look_is_for_graded_comparisons_that_have_none():
    """The pre-declared larger n comes with half of alpha for each look; what cannot hold then keeps its one look."""
    once, twice = Registry(), Registry(second_look=200)
    changed = 0
    for claim_id, claim in once.claims.items():
        for name, comparison in claim.comparison.items():
            other = twice[claim_id].comparison[name]
            if not claim.graded or comparison.extended or comparison.replicates < 11:
                assert other == comparison
            else:
                changed += 1
                assert (other.extended, other.replicates) == (200, comparison.replicates)
                assert other.at_look(1)[1] == other.at_look(2)[1] == comparison.alpha / 2
                assert other.probability_to_hold(0.5) <= comparison.alpha
    assert changed > 10
    assert once.hash == twice.hash


def test_a_secret_is_kept_for_its_owner_and_makes_the_seed(tmp_path, monkeypatch):
    """The secret is drawn once, readable by its owner only; a given one is taken from a file or the environment."""
    drawn = read_secret(None, tmp_path)
    assert (tmp_path / "seed-secret").stat().st_mode & 0o777 == 0o600
    assert read_secret(None, tmp_path) == drawn
    assert [file.name for file in tmp_path.iterdir()] == ["seed-secret"]
    (tmp_path / "mine").write_text("a secret of the course\n")
    assert read_secret(str(tmp_path / "mine"), tmp_path) == b"a secret of the course"
    monkeypatch.setenv("COURSE_SECRET", "a secret of the course")
    assert read_secret("env:COURSE_SECRET", tmp_path) == b"a secret of the course"
    with pytest.raises(SpecificationError, match="env:COURSE_SECRET: 0 characters; expected at least 16"):
        read_secret("env:COURSE_SECRET", tmp_path)
    assert seed_of(drawn) == seed_of(drawn) != seed_of(b"a secret of the course")
    assert 2**31 <= seed_of(drawn) < 2**32


def test_new_with_an_assignment_writes_just_what_it_asks_for(tmp_path, capsys):
    """The student's starting point holds what the assignment's claims ask for, and names no other claim."""
    (tmp_path / "assignment.toml").write_text('claims = ["metrics.recall", "one-hot.equidistant"]\n')
    assert cli.main(["new", "--assignment", str(tmp_path / "assignment.toml"), str(tmp_path / "mine")]) == 0
    assert "wrote metrics.py, one_hot.py" in capsys.readouterr().out
    trees = {file.stem: ast.parse(file.read_text()) for file in (tmp_path / "mine").iterdir()}
    functions = {
        name: {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} for name, tree in trees.items()
    }
    assert functions == {"metrics": {"recall"}, "one_hot": {"one_hot"}}
    text = (tmp_path / "mine" / "metrics.py").read_text()
    assert "metrics.recall serves metrics.recall" in text
    assert "metrics.trade-off" not in text
