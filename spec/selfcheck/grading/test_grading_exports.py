"""What is exported is what its consumer reads: each format against its schema or a parser, with hostile text in it."""

import base64
import csv
import io
import json
import os
import random
import subprocess
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import jsonschema
import msgspec
import pytest
from junitparser import Error, Failure, xunit2

from spec.harness import cli
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.grading import grade, records, text
from spec.harness.grading.assignment import Assignment
from spec.harness.grading.exports import DOCUMENTS, FORMATS, OF_THE_CLASS, REPORT_FAILURES, Options, export, github
from spec.harness.grading.roster import Student
from spec.selfcheck import toy
from spec.selfcheck.grading import grading_examples as examples

CTRF = toy.PROJECT / "node_modules" / "ctrf" / "src" / "ctrf-schema-0.0.json"
"""The schema that the authors of the format publish, as `npm install ctrf@0.3.0` brings it."""


def closed(required, **optional):
    """A JSON schema of an object that has these properties, and may have those."""
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def array(items):
    """A JSON schema of an array of such items."""
    return {"type": "array", "items": items}


NUMBER, WORDS, BOOLEAN = {"type": "number", "minimum": 0}, {"type": "string"}, {"type": "boolean"}
INTEGER, SOME = {"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"}
SHOWN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
CUT = {"type": "string", "maxLength": 100_000}
STATUS = {"enum": ["pass", "fail", "error"]}
# https://gradescope-autograders.readthedocs.io/en/latest/specs/
GRADESCOPE = closed(
    {
        "tests": array(
            closed(
                {"score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]}, "name": WORDS},
                name_format=FORMAT,
                number=WORDS,
                output=CUT,
                output_format=FORMAT,
                tags=array(WORDS),
                visibility=SHOWN,
                extra_data={"type": "object"},
            )
        )
    },
    score=NUMBER,
    execution_time=NUMBER,
    output=CUT,
    output_format=FORMAT,
    visibility=SHOWN,
    stdout_visibility=SHOWN,
)
# What the action autograding-grading-reporter reads of a runner's result.
GITHUB_TEST = dict.fromkeys(("name", "message", "test_code", "filename"), WORDS)
GITHUB_TEST |= {"score": NUMBER, "line_no": NUMBER, "duration": NUMBER, "status": STATUS}
GITHUB = closed({"version": {"const": 3}, "status": STATUS, "max_score": NUMBER, "tests": array(closed(GITHUB_TEST))})
# The contract that Classroom 50 documents for result.json.
CLASSROOM50_TEST = {"test-name": SOME, "passed": BOOLEAN, "score": INTEGER, "max-score": INTEGER}
CLASSROOM50 = closed(
    dict.fromkeys(("classroom", "assignment", "owner", "commit", "release", "review"), SOME)
    | {
        "schema": {"const": "classroom50/result/v1"},
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        "datetime": MOMENT,
        "score": INTEGER,
        "max-score": INTEGER,
        "tests": array({"type": "object", "required": list(CLASSROOM50_TEST), "properties": CLASSROOM50_TEST}),
    },
    graded_at=MOMENT,
    submitted_by=closed({"username": SOME}, id={"type": ["integer", "null"]}),
)
RUNNER = {
    "CLASSROOM": "deep-learning",
    "ASSIGNMENT": "hw5",
    "ASSIGNMENT_TYPE": "individual",
    "USERNAME": "jane",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/releases/1",
}


OF_CLASS = Options(assignment=examples.ASSIGNMENT, questions=examples.questions())
"""The options of an export, as a grade book of the examples' assignment has them."""


@pytest.fixture
def hostile():
    """A graded submission that tried to have its say in every place there is."""
    failing = examples.claim("metrics.recall", Outcome.ERROR, f"it raised {examples.HOSTILE}", what=examples.HOSTILE)
    return examples.record(failing, submission=text.one_line(f"jane{examples.HOSTILE}"))


@pytest.fixture
def failed():
    """A submission on which the grader failed for one claim."""
    return examples.record(examples.claim("metrics.recall", Outcome.GRADER_ERROR, "KeyError"), submission="rae")


def document(format_, record):
    """The document of a submission; base64 is decoded, and JSON is read."""
    content = DOCUMENTS[format_][1](record)
    if format_ == "github":
        assert content.isascii()
        assert len(content.split()) == 1
        content = base64.b64decode(content)
    return content if format_ in ("html", "junit") else json.loads(content)


def rows(table):
    """The rows of a CSV."""
    return list(csv.reader(io.StringIO(table)))


def assert_harmless(content):
    """Nothing in a text, or in the texts of JSON, that a terminal obeys, XML refuses, or that turns text around."""
    if isinstance(content, dict | list):
        content = "".join(strings(content))
    assert not [letter for letter in content if ord(letter) < 32 and letter not in "\n\t"]
    assert not {"\x7f", "\x9b", "\ud800", "\u202e", "\u061c", "\ufffe"} & set(content)


def strings(content):
    """All strings in a piece of JSON."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from strings(part)


def test_gradescope(hostile):
    """Tests and totals are what Gradescope's documentation states; no test is hidden, no output is too long."""
    results = document("gradescope", hostile)
    tests = results["tests"]
    jsonschema.validate(results, GRADESCOPE)
    assert results["score"] == pytest.approx(sum(test["score"] for test in tests))
    assert sum(test["max_score"] for test in tests) == pytest.approx(100)
    assert {(test["visibility"], test["output_format"]) for test in tests} == {("visible", "text")}
    (lost,) = (test for test in tests if test["status"] == "failed")
    assert "it raised <script>" in lost["output"]
    assert_harmless(results)
    jsonschema.validate(document("gradescope", examples.record(problem="x" * 300_000)), GRADESCOPE)


def test_github(hostile, failed):
    """The reporter decodes the line, and adds up the points; where the grader failed it finds none to add up."""
    result, error = document("github", hostile), document("github", failed)
    for schema_conforming in (result, error):
        jsonschema.validate(schema_conforming, GITHUB)
    assert (result["status"], result["max_score"]) == ("fail", 100)
    assert sum(test["score"] for test in result["tests"]) == hostile.grade.points / 100
    assert_harmless(result)
    assert document("github", examples.record())["status"] == "pass"
    assert (error["status"], error["max_score"]) == ("error", 0)


def added_up(tests):
    """What GitHub's reporter makes of the scores: a sum of floats from the first test on."""
    total = 0.0
    for test in tests:
        total += test["score"]
    return total


@pytest.mark.parametrize("total", [5, 10, 50, 100])
def test_github_adds_up_to_the_exact_total(total):
    """Whichever claims hold, the reporter's own arithmetic gives the total, and every score has its exact decimals."""
    assignment = examples.assigned(Assignment(points=total))
    draw, reordered = random.Random(total), 0
    for _ in range(100):
        lost = [examples.claim(each, Outcome.REFUTED) for each in assignment.points if draw.random() < 0.4]
        record = examples.record(*lost, assignment=assignment)
        tests = document("github", record)["tests"]
        assert added_up(tests) == record.grade.points / 100
        scores = {test["name"].partition(":")[0]: test["score"] for test in tests}
        exact = {claim.id: float(text.format_points(claim.points)) for claim in record.grade.claims}
        assert scores == exact or sum(scores[claim] != exact[claim] for claim in exact) == 1
        assert scores == pytest.approx(exact, rel=0, abs=1e-12)
        reordered += list(scores) != [claim.id for claim in record.grade.claims]
    # In the order of the claims the sum is wrong often enough for this test to notice.
    assert reordered > 5


@pytest.mark.parametrize(
    "scores", [[0, 16.67, 0, 16.67, 16.67, 0], [0.1, 0.2], [0.07, 0.07, 0.06], [8.33] * 11 + [8.37], [1.1] * 3]
)
def test_where_no_order_adds_up_one_score_takes_up_the_difference(scores):
    """Nobody's points stop the export of a class: some sums come out in no order of their parts."""
    total = round(100 * sum(scores))
    tests = github.summing_exactly([{"name": str(i), "score": score} for i, score in enumerate(scores)], total)
    assert added_up(tests) == total / 100
    assert sorted(test["name"] for test in tests) == sorted(map(str, range(len(scores))))
    assert {int(test["name"]): test["score"] for test in tests} == pytest.approx(dict(enumerate(scores)), abs=1e-12)


def test_classroom50(hostile, monkeypatch):
    """Scores are whole numbers that add up, and never above their maximum; a variable that is missing is named."""
    for name in ("CLASSROOM", "REVIEW_URL", "OWNER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SpecificationError, match="classroom: none of the variables CLASSROOM is set"):
        document("classroom50", hostile)
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    result = document("classroom50", hostile)
    jsonschema.validate(result, CLASSROOM50)
    assert result["score"] == sum(test["score"] for test in result["tests"]) == hostile.grade.points
    assert result["max-score"] == sum(test["max-score"] for test in result["tests"]) == 100_00
    assert all(test["score"] <= test["max-score"] for test in result["tests"])
    assert result["owner"] == "jane"
    monkeypatch.setenv("SUBMISSION_TAG", "v1")
    with pytest.raises(SpecificationError, match="SUBMISSION_TAG = 'v1': expected a tag that begins with submit/"):
        document("classroom50", hostile)


SUITE = ({"name", "tests", "failures", "errors"}, {"time", "skipped", "timestamp", "hostname"})
JENKINS = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (*SUITE, {"testcase", "properties", "system-out", "system-err"}),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
"""What Jenkins' schema junit-10 says of an element: attributes required, attributes allowed, elements inside."""


def assert_jenkins_admits(element):
    """The element and all in it are as Jenkins' schema says."""
    required, allowed, inside = JENKINS[element.tag]
    assert required <= set(element.attrib) <= required | allowed, element.tag
    for child in element:
        assert child.tag in inside, f"<{child.tag}> inside <{element.tag}>"
        assert_jenkins_admits(child)


def test_junit(hostile, failed):
    """Jenkins' schema admits it; a parser finds a case per claim, with its evidence, failures and errors."""
    by_hand = msgspec.structs.replace(hostile, override=records.Override(5_00, "orally"))
    nothing = msgspec.structs.replace(failed, grade=None, run=None)
    for record in (hostile, failed, by_hand, nothing):
        assert_jenkins_admits(ElementTree.fromstring(document("junit", record)))
    report = xunit2.JUnitXml.fromstring(document("junit", hostile).encode())
    cases = {case.name: case for suite in report for case in suite}
    assert list(cases) == list(examples.assigned().points)
    (failure,) = cases["metrics.recall"].result
    assert isinstance(failure, Failure)
    assert "it raised <script>" in failure.message
    assert "points: holds" in cases["metrics.precision"].system_out
    assert "evidence on metrics.precision: holds" in cases["metrics.precision"].system_out
    report.update_statistics()
    assert (report.tests, report.failures, report.errors) == (len(cases), 1, 0)
    suites = xunit2.JUnitXml.fromstring(document("junit", failed).encode())
    (error,) = (result for suite in suites for case in suite for result in case.result)
    assert isinstance(error, Error)


def test_ctrf_is_admitted_by_its_schema(hostile, failed):
    """The published schema, whose objects are closed, admits it."""
    if not CTRF.exists():
        reason = "needs the schema of CTRF: npm install --no-save ctrf@0.3.0"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    for record in (hostile, failed):
        jsonschema.validate(document("ctrf", record), json.loads(CTRF.read_text()))


def test_ctrf_counts_its_tests(hostile, failed):
    """Its counts are those of its tests, of which there is one per assigned claim."""
    for record, other in ((hostile, 0), (failed, 1)):
        report = document("ctrf", record)
        summary, tests = report["results"]["summary"], report["results"]["tests"]
        assert summary["tests"] == len(tests) == len(examples.assigned().points)
        for status in ("passed", "failed", "other"):
            assert summary[status] == sum(test["status"] == status for test in tests)
        assert summary["other"] == other
        assert_harmless(report)


class Page(HTMLParser):
    """What of a page is markup, and what is text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """A tag with its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Text, as a reader sees it."""
        self.text += data


@pytest.mark.parametrize(
    ("of_submission", "says"),
    [
        (270.4, "The run took 300 CPU-seconds, of which the submission used 270."),
        (None, "The run took 300 CPU-seconds."),
    ],
)
def test_feedback_says_what_the_run_took(of_submission, says):
    """Beside the time of the whole run stands the submission's part, where it was counted."""
    record = examples.record()
    record.run.cpu_seconds, record.run.implementation_cpu_seconds = 300.0, of_submission
    assert says in Page(document("html", record)).text


def test_feedback_says_what_learners_are_given():
    """The budget of each experiment that decides a claim, in plain words."""
    registry = examples.inventory().registry
    assigned = examples.assigned(Assignment(claims=["cat.attention-learns-complex-patterns"]))
    record = grade.graded(examples.record(), assigned, registry)
    budget = registry.experiment("TwoWayFaces").given
    assert f"TwoWayFaces: {budget}" in record.grade.claims[0].budgets
    assert f"TwoWayFaces: {budget}" in Page(document("html", record)).text


def test_feedback_shows_everything_and_runs_nothing(hostile, failed):
    """The page has every claim with its points, reason, hint and evidence; hostile text is text, nothing is loaded."""
    content = document("html", hostile)
    assert_harmless(content)
    page = Page(content)
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert attributes.get("href", "#").startswith("#")
    assert "<script>alert(1)</script>" in page.text
    for claim in hostile.grade.claims:
        assert claim.id in page.text
        assert f"{text.format_points(claim.points)} of {text.format_points(claim.of)}" in page.text
        assert all(line in page.text for line in claim.evidence)
    (lost,) = (claim for claim in hostile.grade.claims if claim.points == 0)
    assert page.text.count(lost.reason) == 1
    assert lost.hint in page.text
    assert f"{text.format_points(hostile.grade.points)} of 100.00" in page.text
    assert "No points are lost" in Page(document("html", failed)).text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝", "\u200b=", "\ufeff ="])
def test_no_cell_is_a_formula(start):
    """A cell that a spreadsheet would execute is text."""
    for cell in (text.csv_cell(f"{start}1+1"), text.csv_cell(f"{start}cmd|' /C calc'!A0")):
        assert cell.startswith("'")
    assert text.csv_cell("jane") == "jane"


def test_the_plain_csv(hostile, tmp_path):
    """A row per submission, its points per question adding up; a grader's error has no points."""
    failed = examples.record(examples.claim("metrics.recall", Outcome.GRADER_ERROR, "KeyError"), submission="=rae")
    written = export("csv", examples.standings([hostile, failed]), tmp_path, OF_CLASS)
    (file,) = written.files
    head, jane, rae = rows(file.read_text())
    who = ["student", "name", "submission", "attempts", "late", "status"]
    assert head == [*who, "points (of 100.00)", "q2 (of 50.00)", "q3 (of 50.00)", "note"]
    assert Decimal(jane[6]) == Decimal(jane[7]) + Decimal(jane[8])
    assert jane[6] == text.format_points(hostile.grade.points)
    assert rae[2:9] == ["'=rae", "1", "", "grader-error", "", "", ""]
    assert "metrics.recall: KeyError" in rae[9]
    assert written.omitted == []
    assert_harmless(file.read_text())


GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 4 (1111),Homework 5 (2222),Final Score\r\n"
    '    Points Possible,,,,,50,100,(read only)\r\n'
    '"Doe, Jane",101,S1,jane,"Deep, learning",47.5,,90\r\n'
    '"Roe, Rae",102,S2,rae,"Deep, learning",,12.00,80\r\n'
    '"Poe, Pat",103,S3,=1+1,"Deep, learning",3,,70\r\n'
)  # fmt: skip


def filled(tmp_path, submissions, gradebook=GRADEBOOK, **options):
    """The rows of the gradebook after an export, what was left out, and who handed in nothing."""
    (tmp_path / "gradebook.csv").write_text(gradebook, encoding="utf-8-sig", newline="")
    options = msgspec.structs.replace(OF_CLASS, gradebook=tmp_path / "gradebook.csv", **options)
    written = export("canvas", examples.standings(submissions), tmp_path, options)
    return rows(written.files[0].read_text(encoding="utf-8")), written.omitted, written.remarks


def test_canvas_fills_its_own_gradebook(tmp_path, failed):
    """Only the cells of the assignment change, matched by ID, login or the name of a file that Canvas handed out."""
    lost = examples.record(examples.claim("metrics.recall", Outcome.MISSING), submission="janedoe_LATE_101_998_hw5")
    after, omitted, without = filled(tmp_path, [lost, failed, examples.record(submission="S3")])
    assert [row[:6] + row[7:] for row in after] == [row[:6] + row[7:] for row in rows(GRADEBOOK)]
    column = ["Homework 5 (2222)", "100", text.format_points(lost.grade.points), "12.00", "100.00"]
    assert [row[6] for row in after] == column
    assert omitted == ["rae: grader-error, its cell is left unchanged"]
    assert without == []


def test_canvas_ids_may_have_marks_of_direction(tmp_path):
    """They are not seen, and the roster's are without them as well."""
    after, omitted, _ = filled(tmp_path, [examples.record(submission="S3")], GRADEBOOK.replace("S3", "\u200fS3"))
    assert (after[4][6], omitted) == ("100.00", [])


def test_canvas_keeps_semicolons(tmp_path):
    """Canvas exports them where a user's language has commas in numbers, and imports what it exported."""
    gradebook = GRADEBOOK.replace('"Deep, learning"', "Deep").replace(",", ";").replace("Doe; Jane", "Doe, Jane")
    (tmp_path / "gradebook.csv").write_text(gradebook, newline="")
    standings = examples.standings([examples.record(submission="S3")])
    options = msgspec.structs.replace(OF_CLASS, gradebook=tmp_path / "gradebook.csv")
    written = export("canvas", standings, tmp_path, options)
    after = written.files[0].read_bytes().decode()
    assert after.splitlines()[-1] == '"Poe; Pat";103;S3;=1+1;Deep;3;100.00;70'
    assert after.splitlines()[:3] == [*gradebook.splitlines()[:2], "Doe, Jane;101;S1;jane;Deep;47.5;;90"]


def test_canvas_overwrites_nothing_silently_and_lists_who_handed_in_nothing(tmp_path):
    """Another score stays unless `--overwrite` says otherwise; the same one, however it is written, is no conflict."""
    rae = [examples.record(submission="rae")]
    after, omitted, without = filled(tmp_path, rae)
    assert after[3][6] == "12.00"
    assert omitted == ["rae: the gradebook has 12.00, and this grade is 100.00; --overwrite replaces it"]
    assert without == ["no submission: Doe, Jane (101)", "no submission: Poe, Pat (103)"]
    after, omitted, _ = filled(tmp_path, rae, overwrite=True)
    assert (after[3][6], omitted) == ("100.00", [])
    for cell in ("1e2", '"100,0"'):
        assert filled(tmp_path, rae, GRADEBOOK.replace(",12.00,", f",{cell},"))[1] == []


@pytest.mark.parametrize("cell", ["inf", "nan", "-Infinity", "sNaN", "1,000,000", "many", ""])
def test_a_cell_that_holds_no_points_is_none_of_canvas_numbers(tmp_path, cell):
    """Points possible that are no number are not compared; a score that is none is another than the grade."""
    rae = [examples.record(submission="rae")]
    rows_, _, _ = filled(tmp_path, rae, GRADEBOOK.replace(",50,100,", f',50,"{cell}",'))
    assert rows_[3][6] == "12.00"
    _, omitted, _ = filled(tmp_path, rae, GRADEBOOK.replace(",12.00,", f',"{cell}",'))
    assert omitted == (
        [f"rae: the gradebook has {cell}, and this grade is 100.00; --overwrite replaces it"] if cell else []
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ID,SIS User", "Number,SIS User", "its first row has no column 'ID'"),
        ("Homework 5 (2222)", "Homework 6 (2222)", "0 columns are called 'Homework 5'"),
        ("Homework 4 (1111)", "Homework 5 (1111)", "2 columns are called 'Homework 5'"),
        (",50,100,", ",50,50,", "'Homework 5 (2222)' has 50 points possible, the grades are out of 100"),
        (",50,100,", ",50,1e400,", "'Homework 5 (2222)' has 1e400 points possible, the grades are out of 100"),
        (",50,100,", ',50,"50,5",', "'Homework 5 (2222)' has 50,5 points possible, the grades are out of 100"),
        (
            "Points Possible,,,,,50,100,",
            "Mögliche Punkte,,,,,50,50,",
            "has 50 points possible, the grades are out of 100",
        ),
    ],
)
def test_a_gradebook_that_does_not_fit_is_refused(tmp_path, old, new, message):
    """What is wrong with a gradebook is said before a cell is written."""
    assert old in GRADEBOOK
    with pytest.raises(SpecificationError) as error:
        filled(tmp_path, [examples.record(submission="jane")], GRADEBOOK.replace(old, new, 1))
    assert message in str(error.value)
    assert not (tmp_path / "canvas.csv").exists()


def test_nobody_is_graded_twice_or_as_somebody_else(tmp_path):
    """A submission that is in no row, or shares one, is named, and its cell is left unchanged."""
    submissions = [examples.record(submission=name) for name in ("jane", "S1", "nobody", "103")]
    # The login of one is the ID of another.
    gradebook = GRADEBOOK.replace("S2,rae", "S2,103")
    after, omitted, _ = filled(tmp_path, submissions, gradebook, column="Homework 5 (2222)")
    assert omitted == [
        "S1: its gradebook row already has the grade of jane",
        "nobody: no gradebook row matches this student's ID",
        "103: 2 gradebook rows match this student's ID",
    ]
    assert [row[6] for row in after[2:]] == ["100.00", "12.00", ""]


@pytest.fixture
def graded(tmp_path, hostile, failed):
    """A folder as `claims grade` leaves it."""
    return examples.class_folder(tmp_path / "class", hostile, failed, examples.record(submission="pat"))


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "canvas"])
def test_every_format_is_a_function_of_the_result_files(graded, format_, capsys, monkeypatch):
    """`claims export` writes the same bytes each time; who is not graded yet is left out where it would cost points."""
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    whole = format_ in OF_THE_CLASS
    complete = whole or format_ in REPORT_FAILURES
    status = cli.main(["export", format_, str(graded), "--out", str(graded / "first")])
    assert status == int(not complete)
    assert ("left out: rae: grader-error" in capsys.readouterr().err) != complete
    cli.main(["export", format_, str(graded), "--out", str(graded / "second")])
    first, second = (
        {file.name: file.read_bytes() for file in (graded / name).iterdir()} for name in ("first", "second")
    )
    assert first == second
    assert len(first) == (1 if whole else 3 if complete else 2)


def test_no_document_stays_of_a_submission_that_is_left_out(graded, tmp_path, capsys):
    """Where an export has its own folder it is removed, elsewhere it is named; other formats' are left alone."""
    for folder in (graded / "exports" / "gradescope", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        for name in ("rae.json", "old.json", "notes.txt"):
            (folder / name).write_text("{}")
    cli.main(["export", "gradescope", str(graded)])
    assert "rae.json: removed, as it is not part of this export\n" in capsys.readouterr().err
    names = {file.name for file in (graded / "exports" / "gradescope").iterdir()}
    assert {"rae.json", "old.json"}.isdisjoint(names)
    assert {"notes.txt", "pat.json"} < names
    cli.main(["export", "gradescope", str(graded), "--out", str(tmp_path / "elsewhere")])
    assert "rae.json: not part of this export\n" in capsys.readouterr().err
    assert (tmp_path / "elsewhere" / "rae.json").read_text() == "{}"


def test_one_submission_may_be_exported_to_a_file(graded, capsys):
    """`--submission NAME --out FILE` writes that file; a name that is not there is refused."""
    file = graded / "out" / "results.json"
    assert cli.main(["export", "gradescope", str(graded), "--submission", "pat", "--out", str(file)]) == 0
    assert json.loads(file.read_text())["score"] == 100
    assert cli.main(["export", "gradescope", str(graded), "--submission", "nobody"]) == 2
    assert "--submission 'nobody': no result of that name" in capsys.readouterr().err


def test_what_an_export_is_out_of_is_in_the_grade_book(tmp_path, capsys):
    """Also where nobody exported has a grade."""
    folder = examples.class_folder(tmp_path / "class", students=[Student("pat")])
    (tmp_path / "gradebook.csv").write_text(GRADEBOOK.replace("S3", "pat"), newline="")
    (tmp_path / "overrides.csv").write_text("student,points,comment\npat,12,oral\n")
    for format_ in ("csv", "canvas", "summary"):
        words = ["--overrides", str(tmp_path / "overrides.csv"), "--out", str(tmp_path)]
        filled = ["--gradebook", str(tmp_path / "gradebook.csv")] if format_ == "canvas" else []
        assert cli.main(["export", format_, str(folder), *words, *filled]) == 0
    capsys.readouterr()
    head, pat = rows((tmp_path / "csv.csv").read_text())
    assert head[6:9] == ["points (of 100.00)", "q2 (of 50.00)", "q3 (of 50.00)"]
    assert pat[6:9] == ["12.00", "", ""]
    assert rows((tmp_path / "canvas.csv").read_text())[4][6] == "12.00"
    assert "highest 12.00 of 100.00" in Page((tmp_path / "summary.html").read_text()).text


@pytest.mark.process
def test_a_gradescope_autograder_is_complete(tmp_path, capsys):
    """Both scripts are executable and sound, the project is there without its answers, the assignment was checked."""
    assignment, folder = tmp_path / "assignment.toml", tmp_path / "autograder"
    assignment.write_text('claims = ["metrics"]\n')
    command = ["export", "gradescope-autograder", str(folder), "--assignment", str(assignment)]
    assert cli.main(command) == 0
    for name in ("setup.sh", "run_autograder"):
        assert (folder / name).stat().st_mode & 0o111 == 0o111
        assert subprocess.run(["bash", "-n", folder / name], capture_output=True).returncode == 0
    assert "@" not in (folder / "setup.sh").read_text().replace('"$@"', "")
    assert "--assignment /autograder/source/assignment.toml" in (folder / "run_autograder").read_text()
    assert (folder / "project" / "spec" / "harness" / "grading" / "exports" / "templates" / "feedback.html").exists()
    assert not (folder / "project" / "impl").exists()
    assert cli.main(command) == 2
    assert "expected a new or an empty folder" in capsys.readouterr().err
    assignment.write_text('claims = ["metrix"]\n')
    command[2] = str(tmp_path / "other")
    assert cli.main(command) == 2
    assert not (tmp_path / "other").exists()
