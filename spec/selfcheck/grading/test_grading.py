"""From an assignment and a run to a grade: what counts, what it weighs, and what the grade says of itself."""

import ast
import math
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness import cli
from spec.harness.claims import specification
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence.results import DifferenceRecord
from spec.harness.grading import assignment, hints
from spec.harness.grading.apportion import apportion
from spec.harness.grading.assignment import Assignment
from spec.harness.grading.grade import evidence_lines
from spec.harness.grading.seeds import read_secret, seed_of
from spec.harness.implementation.written import CallRecord
from spec.harness.sandbox.limits import Limits
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
[hints]
"metrics.recall" = "Sheet 2, part b."
"""


def read(tmp_path, text=FILE):
    """The claims that an assignment of this text assigns."""
    file = tmp_path / "assignment.toml"
    file.write_text(text)
    return examples.assign(assignment.read(file), examples.inventory(), where=str(file))


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 1000), min_size=1, max_size=60))
def test_shares_add_up_and_are_fair(total, weights):
    """Every share is the exact one rounded up or down, and all together are the total."""
    shares = apportion(total, dict(enumerate(weights)))
    assert sum(shares.values()) == total
    for key, weight in enumerate(weights):
        assert abs(shares[key] - total * weight / math.fsum(weights)) < 1 + 1e-6


def test_questions_count_the_same_and_so_do_the_claims_of_each():
    """Without an assignment all graded claims count: questions equally, and claims equally within their question."""
    points, registry = examples.assigned(Assignment()).points, examples.inventory().registry
    assert list(points) == [claim.id for claim in registry.claims.values() if claim.graded]
    assert sum(points.values()) == 100_00
    for question in registry.questions:
        shares = [share for claim, share in points.items() if registry.question_of[claim] == question]
        assert sum(shares) == 20_00
        assert max(shares) - min(shares) <= 1


def test_an_assignment_weighs_questions_and_claims(tmp_path):
    """Weights are among the questions that count, and among the claims of one question; limits are the sandbox's."""
    assigned = read(tmp_path)
    points = assigned.points
    assert sum(points.values()) == 50_00
    assert points["one-hot.equidistant"] == 12_50
    others = {share for claim, share in points.items() if claim.startswith("metrics.") and "recall" not in claim}
    assert max(others) - min(others) <= 1
    assert abs(points["metrics.recall"] - 2 * max(others)) <= 2
    assert "metrics.f1-suits" not in points
    assert assigned.exact
    assert assigned.assignment.limits == Limits(total_seconds=600, memory=2048)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points = 50", "points = -1", "points = -1.0: expected a number from 0.01 to 1000000"),
        ("points = 50", "points = 0.123", "points = 0.123: expected a number from 0.01"),
        ("points = 50", 'points = "50"', "points = '50': Expected `float`, got `str`"),
        ("points = 50", "due = 0001-01-01T00:00:00", "due = '0001-01-01 00:00:00': expected a date and time from 1970"),
        ("points = 50", "points = 0.05", "points = 0.05: nothing is left for"),
        ("points = 50", "marks = 50", "marks: unknown key; expected one of title, points, claims"),
        ("[limits]", "[regrade]", "regrade: unknown key; expected one of title, points, claims"),
        ("memory", "ram", "limits.ram: unknown key; expected one of seconds, total_seconds, memory"),
        ("total_seconds = 600", "total_seconds = 0", "limits.total_seconds = 0.0: expected a number above 0, up to"),
        ("memory = 2048", "memory = 2.5", "limits.memory = 2.5: Expected `int`, got `float`"),
        ("q2 = 3", "q9 = 3", "weights.q9 = 3.0: expected the id of a claim, or one of the questions q1_attention"),
        ("q2 = 3", "q2 = nan", "weights.q2 = nan: expected a finite number above 0"),
        ('claims = ["metrics"', "claims = [2", "claims = [2, 'one-hot.equidistant']: Expected `str`, got `int`"),
        ('claims = ["metrics"', 'claims = ["metrix"', "claims = ['metrix', 'one-hot.equidistant']: no claim id starts"),
        ('claims = ["metrics"', 'claims = ["face.normal-both-good"', "is 'protocol' and its verdict"),
        ('exclude = ["metrics.f1-suits"]', 'exclude = ["metrics", "one"]', "no graded claim is left after"),
        ('"metrics.recall" = "Sheet', '"metrics.recal" = "Sheet', "hints.metrics.recal = 'Sheet 2, part b.': exp"),
        ("[hints]", "[hints", "not valid TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_key_and_value(tmp_path, old, new, message):
    """A flaw in an assignment names the file, the key, its value and what was expected, on one line."""
    assert old in FILE
    with pytest.raises(SpecificationError, match=re.escape(message)) as error:
        read(tmp_path, FILE.replace(old, new, 1))
    assert str(error.value).startswith(str(tmp_path / "assignment.toml"))
    assert "\n" not in str(error.value)


def test_an_assignment_may_be_written_with_any_editor(tmp_path):
    """Some begin it with a mark of its encoding; a day that is due is due when it ends."""
    (tmp_path / "marked.toml").write_text("title = 'تمرین'\ndue = 2026-06-01\n", encoding="utf-8-sig")
    read_back = assignment.read(tmp_path / "marked.toml")
    assert (read_back.title, read_back.due) == ("تمرین", datetime(2026, 6, 1, 23, 59, 59))


def test_options_narrow_an_assignment_down():
    """`--only` and `--exclude` take prefixes, and `--exact` leaves out what trains."""
    narrowed = examples.assigned(only=["metrics"], exclude=["metrics.pre"]).points
    assert {claim.partition(".")[0] for claim in narrowed} == {"metrics"}
    assert "metrics.precision" not in narrowed
    everything, exact = examples.assigned(Assignment()), examples.assigned(Assignment(), exact=True)
    assert exact.exact
    assert not everything.exact
    assert {"gan.minimax-value", "metrics.recall"} <= exact.points.keys() < everything.points.keys()
    with pytest.raises(SpecificationError, match=r"--only = \['metrix'\]: no claim id starts"):
        examples.assigned(only=["metrix"])


@pytest.mark.process
def test_what_trains_is_read_from_the_source_as_pytest_finds_it():
    """The tests that the inventory takes to train are exactly those that pytest marks so."""
    listed = toy.run(toy.PROJECT, "-q", "--collect-only", "-m", "claims and trained")
    trained = {line.partition("[")[0] for line in listed.stdout.splitlines() if "::" in line}
    tests = examples.inventory().tests
    assert trained == {f"{test.file.relative_to(toy.PROJECT).as_posix()}::{test.name}" for test in tests if test.trains}


def test_a_grade_adds_up_and_gives_its_reasons(tmp_path):
    """Claims add up to their question and questions to the total; what fails has its reason, and the hints for it."""
    record = examples.record(
        examples.claim("metrics.recall", Outcome.MISSING, "metrics.recall is missing"),
        examples.claim("one-hot.equidistant", Outcome.REFUTED, "is 1, not 2", worst_error=0.5, tolerance=1e-12),
        examples.claim("metrics.precision", Outcome.INCONCLUSIVE, "3 of 12"),
        assignment=read(tmp_path),
    )
    grade = record.grade
    for question in grade.questions:
        assert question.points == sum(claim.points for claim in question.claims)
        assert question.of == sum(claim.of for claim in question.claims)
    assert grade.points == sum(question.points for question in grade.questions)
    assert grade.of == 50_00
    claims = {claim.id: claim for claim in grade.claims}
    lost = {claim.id for claim in grade.claims if claim.points == 0}
    assert lost == {"metrics.recall", "one-hot.equidistant", "metrics.precision"}
    assert all(claim.points == claim.of for claim in grade.claims if claim.id not in lost)
    assert claims["metrics.recall"].reason == "metrics.recall is missing"
    assert claims["metrics.recall"].hint == f"{hints.BY_OUTCOME[Outcome.MISSING]} Sheet 2, part b."
    assert claims["metrics.f1-is-the-harmonic-mean"].hint == ""
    assert "worst error 5.0e-01" in claims["one-hot.equidistant"].evidence[0]


def test_what_is_no_fault_of_the_submission_costs_nothing():
    """A boundary that fails is not charged; where the grader failed, or left a claim out, nobody knows the points."""
    boundary = examples.claim("metrics.trade-off", Outcome.REFUTED, "the boundary is elsewhere").tests[0]
    boundary.role = "boundary"
    bounded = examples.claim("metrics.trade-off")
    bounded.as_registered = False
    bounded.tests.append(boundary)
    assert examples.record(bounded).grade.points == 100_00
    left_out = examples.claim("metrics.recall")
    left_out.selected = False
    failed, not_run = (
        examples.claim("metrics.recall", outcome, "KeyError") for outcome in (Outcome.GRADER_ERROR, Outcome.NOT_RUN)
    )
    for claim, reason in ((failed, "KeyError"), (not_run, "KeyError"), (left_out, "the run did not include it")):
        record = examples.record(claim)
        assert record.status == "grader-error"
        assert record.grade.points is None
        assert f"metrics.recall: {reason}" in record.problem
        questions = {question.question: question for question in record.grade.questions}
        assert questions["q2_classification_metrics"].points is None
        assert questions["q3_representations"].points == questions["q3_representations"].of


def test_a_submission_that_cannot_be_read_has_its_reason_on_every_claim():
    """Its points are 0 out of what the registry has, not out of what was run."""
    record = examples.record(problem="the submission cannot be read: it is not a valid .zip file")
    assert (record.status, record.grade.points, record.grade.of) == ("graded", 0, 100_00)
    assert [claim.id for claim in record.grade.claims] == list(examples.assigned().points)
    assert {claim.reason for claim in record.grade.claims} == {record.problem}


def differing(kind):
    """Evidence of an answer that differs in this way."""
    return {"difference": DifferenceRecord(kind=kind, got="1", expected="2"), "tolerance": 1e-12}


@pytest.mark.parametrize(
    ("outcome", "evidence", "words"),
    [
        (Outcome.REFUTED, {"worst_error": 3e-8, "tolerance": 1e-12}, "single precision"),
        (Outcome.REFUTED, {"worst_error": 1e-3, "tolerance": 1e-12}, "is close"),
        (Outcome.REFUTED, {"worst_error": 0.7, "tolerance": 1e-12}, "far off"),
        (Outcome.REFUTED, differing("shape"), "the wrong shape: look for an axis"),
        (Outcome.REFUTED, differing("keys"), "not those that the contract names"),
        (Outcome.REFUTED, differing("value"), "a label or a string differs"),
        (Outcome.REFUTED, {"worst_error": 0.7, **differing("number")}, "far off"),
        (Outcome.REFUTED, {"verb": "refused"}, "raise a ValueError or TypeError"),
        (Outcome.REFUTED, {"verb": "true"}, "by hand"),
        (Outcome.REFUTED, {"verb": "exceeds", "comparison": "x"}, "opposite sign"),
        (Outcome.REFUTED, {"verb": "within", "comparison": "x"}, "outside its interval"),
        (Outcome.INCONCLUSIVE, {"exceed": 9, "replicates": 12, "needed": 12}, "9 of 12 replicates"),
        (Outcome.ERROR, {}, "for every input that the contract allows"),
        (Outcome.TIMEOUT, {}, "too slow"),
        (Outcome.CRASH, {}, "died"),
        (Outcome.OUT_OF_MEMORY, {}, "square"),
        (Outcome.GRADER_ERROR, {}, "no points are lost"),
        (Outcome.HOLDS, {}, ""),
    ],
)
def test_a_hint_follows_from_outcome_and_evidence(outcome, evidence, words):
    """Each way to fail has its own hint, and what holds has none."""
    hint = hints.hint(examples.claim("metrics.recall", outcome, **evidence))
    assert words in hint
    assert bool(hint) == (outcome is not Outcome.HOLDS)


@pytest.mark.parametrize("outcome", [Outcome.REFUTED, Outcome.ERROR, Outcome.MISSING, Outcome.TIMEOUT, Outcome.CRASH])
def test_a_hint_has_the_call(outcome):
    """One that is short is in the hint; of others it says where they are; a comparison has none to try."""
    claim = examples.claim("metrics.recall", outcome, worst_error=0.7, tolerance=1e-12)
    assert "metrics" not in hints.hint(claim)
    short = CallRecord(call="metrics.recall(y_true=np.array([1]), y_pred=np.array([0]))", answer="0.5")
    claim.tests[0].calls = [short]
    assert hints.hint(claim).endswith(f" To reproduce it, call {short.call}.")
    for calls in ([short, short], [CallRecord(call="x" * 400)], [CallRecord(call="x", abbreviated=["most of it"])]):
        claim.tests[0].calls = calls
        assert hints.hint(claim).endswith(" To reproduce it, run the calls in the message.")
    claim.tests[0].evidence[0].comparison = "x"
    assert "reproduce" not in hints.hint(claim)


def test_what_cannot_be_imported_is_not_told_to_answer():
    """The advice is about the import, and repeats no call."""
    message = "hw cannot be imported for metrics: ModuleNotFoundError: No module named 'x'"
    advice = hints.hint(examples.claim("metrics.recall", Outcome.ERROR, message))
    assert advice.startswith("Python cannot import the module")
    assert "Try" not in advice


def test_evidence_begins_with_what_decides():
    """What decides a claim stands first, what stands beside it after; equal lines stand once."""
    claim = examples.claim("metrics.trade-off")
    boundary = examples.claim("metrics.trade-off", Outcome.REFUTED).tests[0]
    boundary.role = "boundary"
    claim.tests = [boundary, *claim.tests, *claim.tests]
    first, second = evidence_lines(claim)
    assert first.startswith("evidence on metrics.trade-off: holds; checked 200 times")
    assert second.startswith("boundary: ")


def test_a_secret_is_kept_for_its_owner_and_makes_the_seed(tmp_path, monkeypatch):
    """The secret is drawn once, readable by its owner only, or taken from a file or the environment."""
    with pytest.raises(SpecificationError, match=r"seed-secret: cannot be read: No such file .*--start-over"):
        read_secret(None, tmp_path)
    drawn = read_secret(None, tmp_path, may_draw=True)
    assert (tmp_path / "seed-secret").stat().st_mode & 0o777 == 0o600
    assert read_secret(None, tmp_path) == read_secret(None, tmp_path, may_draw=True) == drawn
    assert [file.name for file in tmp_path.iterdir()] == ["seed-secret"]
    (tmp_path / "mine").write_text("a secret of the course\n")
    assert read_secret(str(tmp_path / "mine"), tmp_path) == b"a secret of the course"
    monkeypatch.setenv("COURSE_SECRET", "a secret of the course")
    assert read_secret("env:COURSE_SECRET", tmp_path) == b"a secret of the course"
    with pytest.raises(SpecificationError, match="env:COURSE_SECRET: 0 characters; expected a secret of"):
        read_secret("env:COURSE_SECRET", tmp_path)
    (tmp_path / "seed-secret").write_text("\n")
    with pytest.raises(SpecificationError, match="seed-secret: 0 characters; expected a secret of at least 16 char"):
        read_secret(None, tmp_path, may_draw=True)
    assert seed_of(drawn) == seed_of(drawn) != seed_of(b"a secret of the course")
    assert 2**31 <= seed_of(drawn) < 2**32


def test_the_hash_of_the_specification_is_of_what_decides(tmp_path, monkeypatch):
    """Code and the homework's text change it; grading, the specification's own tests and calibrations do not."""
    toy.build(tmp_path)
    monkeypatch.setattr(specification, "SPEC", tmp_path / "spec")

    def changes(name):
        before = specification.specification_hash(Registry(tmp_path / "spec"))
        file = tmp_path / "spec" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{file.read_text() if file.exists() else ''}\n")
        return specification.specification_hash(Registry(tmp_path / "spec")) != before

    deciding = ["homework.md", "q1_toy/claims.toml", "q1_toy/labels.py", "harness/evidence/evidence.py"]
    others = ["calibration.md", "calibration.json", "selfcheck/test_it.py", "harness/grading/grade.py"]
    assert [name for name in deciding + others if changes(name)] == deciding


def test_new_with_an_assignment_writes_just_what_it_asks_for(tmp_path, capsys):
    """The student's starting point holds what the assignment's claims ask for, and names no other claim."""
    (tmp_path / "assignment.toml").write_text('claims = ["metrics.recall", "one-hot.equidistant"]\n')
    assert cli.main(["new", "--assignment", str(tmp_path / "assignment.toml"), str(tmp_path / "mine")]) == 0
    assert "wrote metrics.py, one_hot.py" in capsys.readouterr().out
    texts = {file.stem: file.read_text() for file in (tmp_path / "mine").glob("*.py")}
    assert "**Bad input** raises" in (tmp_path / "mine/README.md").read_text()
    functions = {
        name: {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        for name, text in texts.items()
    }
    assert functions == {"metrics": {"recall"}, "one_hot": {"one_hot"}}
    assert "needed by metrics.recall" in texts["metrics"]
    assert "metrics.trade-off" not in texts["metrics"]
