"""What students are shown, what teachers add by hand, and what the class says of each claim."""

import csv
import json
from datetime import UTC, datetime

import msgspec
import pytest

from spec.harness import cli
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.grading import class_statistics, records, shown, text
from spec.harness.grading.exports import DOCUMENTS, Options, export
from spec.harness.grading.roster import Student
from spec.selfcheck.grading import grading_examples as examples
from spec.selfcheck.grading.test_grading_exports import GRADEBOOK, Page, added_up, document

# What pytest finds here are the fixtures of a browser.
from spec.selfcheck.report.test_page import OPEN_EVERYTHING, PHONE, browser, opened  # noqa: F401

DUE = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 6, 1, 11, 59, tzinfo=UTC), DUE
ASSIGNMENT = msgspec.structs.replace(
    examples.ASSIGNMENT,
    due=DUE,
    visibility={"metrics": "after-due-date", "metrics.precision": "visible", "one-hot.equidistant": "hidden"},
    hint_level={"metrics": "outcome", "metrics.precision": "reason"},
)
ADVICE = "compute the example in the message"
"""Of the hint on what is refuted without a measurable error."""
ASSIGNED = tuple(examples.assigned(ASSIGNMENT).points)
SECRETS = ["the reason of metrics.recall", "the reason of one-hot.equidistant"]


@pytest.fixture
def record():
    """A submission that loses three claims: one that is visible, one after the due date, and one that is hidden."""
    lost = [
        examples.claim(claim, Outcome.REFUTED, f"the reason of {claim}")
        for claim in ("metrics.precision", "metrics.recall", "one-hot.equidistant")
    ]
    return examples.record(*lost, assignment=examples.assigned(ASSIGNMENT))


@pytest.mark.parametrize("format_", ["html", "github", "classroom50", "junit", "ctrf"])
def test_what_is_hidden_stands_in_no_students_document(tmp_path, record, format_, monkeypatch):
    """Before and after the due date: no reason or hint of a hidden claim, and points that add up all the same."""
    for name in ("CLASSROOM", "ASSIGNMENT", "USERNAME", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(name, name)
    monkeypatch.setenv("ASSIGNMENT_TYPE", "group")
    monkeypatch.setenv("SUBMISSION_TAG", "submit/1")
    for now, visible in ((BEFORE, False), (AFTER, True)):
        written = export(format_, examples.standings([record]), tmp_path, Options(assignment=ASSIGNMENT, now=now))
        content = written.files[0].read_text()
        if format_ == "github":
            seen = shown.for_student(record, DUE, now)
            content = json.dumps(document("github", seen))
            assert added_up(document("github", seen)["tests"]) == record.grade.points / 100
        assert "the reason of metrics.precision" in content
        assert "one-hot.equidistant" not in content
        assert "q3.not-shown" in content
        assert not any(secret in content for secret in SECRETS)
        assert ("metrics.recall" in content) == visible
        assert ADVICE not in content


def test_gradescope_shows_by_itself(record):
    """Each test says when it is shown, and no more of its failure than the hint level allows."""
    tests = {test["name"].partition(":")[0]: test for test in document("gradescope", record)["tests"]}
    seen = {
        claim: tests[claim]["visibility"] for claim in ("metrics.precision", "metrics.recall", "one-hot.equidistant")
    }
    assert list(seen.values()) == ["visible", "after_due_date", "hidden"]
    assert "the reason of" not in tests["metrics.recall"]["output"]
    assert "the reason of metrics.precision" in tests["metrics.precision"]["output"]
    assert ADVICE not in tests["metrics.precision"]["output"]
    assert ADVICE in tests["one-hot.equidistant"]["output"]


def test_where_nothing_holds_gradescope_tells_no_secret():
    """The line above all tests says why no claim holds: by what everybody sees, and as far as they may."""
    lost = [examples.claim(claim, Outcome.REFUTED, f"the reason of {claim}") for claim in ASSIGNED]
    nothing = examples.record(*lost, assignment=examples.assigned(ASSIGNMENT))
    assert nothing.grade.points == 0
    assert document("gradescope", nothing)["output"].startswith("no claim holds; ")
    assert not any(secret in document("gradescope", nothing)["output"] for secret in SECRETS)
    remarked = msgspec.structs.replace(nothing, remarks=["was found in hw5/"])
    assert document("gradescope", remarked)["output"].startswith("was found in hw5/; no claim holds; ")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"visibility": {"metrix": "hidden"}}, "visibility.metrix = 'hidden': expected a prefix of a claim's id"),
        ({"visibility": {"metrics": "after-due-date"}}, "due = None: expected a date and time, because `visibility`"),
        ({"hint_level": {"x": "reason"}}, "hint_level.x = 'reason': expected a prefix of a claim's id"),
    ],
)
def test_what_is_shown_is_checked(more, message):
    """A prefix of nothing, and a due date that is missing, are refused."""
    with pytest.raises(SpecificationError) as error:
        examples.assigned(msgspec.structs.replace(examples.ASSIGNMENT, **more))
    assert message in str(error.value)


def class_of(tmp_path, *records_):
    """A folder with a roster of four, of whom one handed in nothing."""
    students = [Student(name, name.title()) for name in ("jane", "rae", "pat", "zoe")]
    return examples.class_folder(tmp_path / "class", *records_, students=students)


@pytest.fixture
def folder(tmp_path):
    """Three of four: everything right, something wrong, and a failure of the grader."""
    wrong = examples.record(
        examples.claim("metrics.recall", Outcome.MISSING, "metrics.recall is missing"), submission="rae"
    )
    failed = examples.record(examples.claim("metrics.recall", Outcome.GRADER_ERROR, "KeyError"), submission="pat")
    return class_of(tmp_path, examples.record(), wrong, failed)


def write(folder, content):
    """An overrides file."""
    (folder / "overrides.csv").write_text(content, encoding="utf-8")
    return str(folder / "overrides.csv")


BY_HAND = 'student,points,comment\nrae,99.5,"Late, but well argued."\nzoe,12,oral\njane,,Well done.\n'


def test_overrides_are_merged_into_every_export(folder, capsys):
    """Points by hand are the total wherever there is one, comments stand beside it; result files stay as they are."""
    results = {file: file.read_bytes() for file in (folder / "results").iterdir()}
    file = write(folder, BY_HAND)
    (folder / "gradebook.csv").write_text(GRADEBOOK.replace("102,S2,rae", "102,S2,zoe"))
    for format_ in ("csv", "canvas", "summary", "html", "gradescope", "github", "junit", "ctrf"):
        filled = ["--gradebook", str(folder / "gradebook.csv"), "--overwrite"] if format_ == "canvas" else []
        cli.main(["export", format_, str(folder), "--overrides", file, *filled, "--out", str(folder / format_)])
    capsys.readouterr()
    with (folder / "csv" / "csv.csv").open(newline="") as table:
        rows = {row["student"]: row for row in csv.DictReader(table)}
    assert [rows[name]["points (of 100.00)"] for name in ("jane", "rae", "pat", "zoe")] == [
        "100.00",
        "99.50",
        "",
        "12.00",
    ]
    assert rows["rae"]["status"] == rows["zoe"]["status"] == "by hand"
    assert "Late, but well argued." in rows["rae"]["note"]
    assert rows["jane"]["note"] == "Well done."
    with (folder / "canvas" / "canvas.csv").open(newline="") as table:
        assert [row[6] for row in csv.reader(table)][2:] == ["100.00", "12.00", ""]
    assert "99.50 points, given by hand" in Page((folder / "html" / "rae.html").read_text()).text
    assert json.loads((folder / "gradescope" / "rae.json").read_text())["score"] == 99.5
    assert json.loads((folder / "ctrf" / "rae.json").read_text())["results"]["extra"]["points"] == 99.5
    for format_, name in (("html", "rae.html"), ("gradescope", "rae.json"), ("junit", "rae.xml"), ("ctrf", "rae.json")):
        assert "Late, but well argued." in (folder / format_ / name).read_text()
    assert {file: file.read_bytes() for file in results} == results


def test_points_by_hand_are_what_github_and_classroom50_add_up(monkeypatch):
    """One test brings all of them, the others none."""
    for name in ("CLASSROOM", "ASSIGNMENT", "USERNAME", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(name, name)
    monkeypatch.setenv("ASSIGNMENT_TYPE", "group")
    monkeypatch.setenv("SUBMISSION_TAG", "submit/1")
    record = msgspec.structs.replace(examples.record(), override=records.Override(61_10, "orally"))
    assert added_up(document("github", record)["tests"]) == 61.1
    result = document("classroom50", record)
    assert result["score"] == sum(test["score"] for test in result["tests"]) == 61_10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the header row has the columns none; expected student, points, comment"),
        ("student,points\n", "the header row has the columns student, points; expected student, points, comment"),
        ("student,points,comment\nrae,1\n", "row 2: 2 cells; expected 3"),
        (
            "student,points,comment\nrae,1,\nrae,2,\n",
            "row 3: student = 'rae'; expected every student once, and no empty cell",
        ),
        ("student,points,comment\n,1,\n", "row 2: student = ''; expected every student once, and no empty cell"),
        ("student,points,comment\nnobody,1,\n", "student = 'nobody'; expected a student or a submission listed"),
        *(
            (
                f"student,points,comment\nrae,{cell},\n",
                f"row 2: points = '{cell}'; expected nothing, or a number from 0 to",
            )
            for cell in (
                "1_0",
                "1e-99999999",
                "1.0000000001",
                "-1",
                "1.005",
                "many",
                "nan",
                "inf",
                "1e30",
                "1e999999999",
            )
        ),
    ],
)
def test_what_is_wrong_with_overrides_is_one_line(folder, capsys, content, message):
    """The file, the row, the value and what was expected; nothing is written."""
    assert cli.main(["export", "csv", str(folder), "--overrides", write(folder, content)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (folder / "exports").exists()


@pytest.mark.parametrize(("cell", "points"), [("5", "5.00"), ("5.", "5.00"), (".5", "0.50"), ("99.50", "99.50")])
def test_overrides_are_read_as_people_write_them(tmp_path, capsys, cell, points):
    """And a student is called as in `grades.csv`, also with what keeps a spreadsheet from executing a name."""
    students = [Student("=x", submissions=["jane"])]
    folder = examples.class_folder(tmp_path / "class", examples.record(), students=students)
    for name in ("=x", "'=x", "\u200f=x", "jane"):
        file = write(folder, f"student,points,comment\n{name},{cell},\n")
        assert cli.main(["export", "csv", str(folder), "--overrides", file]) == 0
        with (folder / "exports" / "csv" / "csv.csv").open(newline="") as table:
            assert [row["points (of 100.00)"] for row in csv.DictReader(table)] == [points]
    capsys.readouterr()


@pytest.mark.parametrize("first", ["=x", "jane"])
def test_two_overrides_of_one_student_are_refused(tmp_path, capsys, first):
    """Whatever the rows call them."""
    students = [Student("=x", submissions=["jane"])]
    folder = examples.class_folder(tmp_path / "class", examples.record(), students=students)
    file = write(folder, f"student,points,comment\n{first},1,\n'=x,2,\n")
    assert cli.main(["export", "csv", str(folder), "--overrides", file]) == 2
    expected = f'claims: --overrides {file}: student = "\'=x": is who {first!r} is; expected every student once\n'
    assert capsys.readouterr().err == expected
    assert not (folder / "exports").exists()


def test_a_group_may_have_different_points_by_hand(tmp_path, capsys):
    """Then each student has a document; otherwise those who share a submission share it."""
    students = [Student("a", submissions=["jane"]), Student("b", submissions=["jane"])]
    folder = examples.class_folder(tmp_path / "class", examples.record(), students=students)
    assert cli.main(["export", "gradescope", str(folder)]) == 0
    assert [file.name for file in (folder / "exports" / "gradescope").iterdir()] == ["jane.json"]
    for rows, scores in (("a,1,\n", [1, 100]), ("b,2,\n", [2, 100]), ("a,1,\nb,2,\n", [1, 2]), ("jane,3,\n", [3])):
        file = write(folder, f"student,points,comment\n{rows}")
        out = tmp_path / str(scores)
        assert cli.main(["export", "gradescope", str(folder), "--overrides", file, "--out", str(out)]) == 0
        assert sorted(json.loads(each.read_text())["score"] for each in out.iterdir()) == scores
    file = write(folder, "student,points,comment\na,1,\n")
    words = ["export", "html", str(folder), "--overrides", file, "--submission", "jane"]
    capsys.readouterr()
    assert cli.main([*words, "--out", str(tmp_path / "jane.html")]) == 2
    assert "--submission 'jane': several students share it, with other points by hand" in capsys.readouterr().err
    assert not (tmp_path / "jane.html").exists()
    for format_ in ("html", "summary"):
        assert cli.main(["export", format_, str(folder), "--overrides", file]) == 0
    page = folder / "exports" / "summary" / "summary.html"
    links = [attributes["href"] for tag, attributes in Page(page.read_text()).tags if tag == "a"]
    assert len({(page.parent / link).resolve(strict=True) for link in links}) == 2
    capsys.readouterr()


@pytest.mark.parametrize("format_", ["html", "gradescope", "github", "junit", "ctrf"])
def test_where_points_by_hand_are_is_said(tmp_path, capsys, format_):
    """Where there is no graded submission to export them with, under the student's name."""
    nothing = msgspec.structs.replace(
        examples.record(submission="pat"), status="grader-error", grade=None, run=None, problem="no disk"
    )
    folder = class_of(tmp_path, nothing)
    file = write(folder, "student,points,comment\nzoe,12,oral\npat,13,oral\n")
    assert cli.main(["export", format_, str(folder), "--overrides", file]) == 1
    left_out = [line for line in capsys.readouterr().err.splitlines() if line.startswith("left out")]
    names = ["pat", "zoe"] if format_ == "gradescope" else ["zoe"]
    said = "no graded submission; its points by hand are in the exports csv, canvas, summary"
    assert left_out == [f"left out: {name}: {said}" for name in names]


def test_the_class_says_what_a_claim_is_worth():
    """The share that holds it, its correlation with all other points, the most common reason, the median of seconds."""
    alike = [
        examples.record(
            examples.claim("metrics.recall", Outcome.ERROR, f"metrics.recall raised KeyError: 'x'\ncall {i}"),
            examples.claim("one-hot.equidistant", Outcome.REFUTED, "other"),
            submission=str(i),
        )
        for i in range(2)
    ]
    other = examples.record(
        examples.claim("metrics.recall", Outcome.MISSING, "metrics.recall is missing"),
        examples.claim("metrics.precision", Outcome.MISSING, "gone"),
        submission="2",
    )
    failed = examples.record(examples.claim("metrics.recall", Outcome.GRADER_ERROR, "no disk"), submission="3")
    rows = {row.id: row for row in class_statistics.of_class([*alike, other, examples.record(), failed])}
    recall = rows["metrics.recall"]
    assert (recall.holds, recall.of, recall.reasons) == (1, 4, 2)
    assert recall.reason == "error: metrics.recall raised KeyError: 'x'"
    assert recall.seconds == 0.25
    assert rows["metrics.trade-off"].discrimination is None


def test_discrimination_is_the_correlation_with_the_rest():
    """Held by those who have the rest: 1; held by those who do not: −1; by half of each: 0."""
    both = ("metrics.recall", "metrics.precision")
    together = [examples.record(), examples.record(*(examples.claim(each, Outcome.REFUTED, "no") for each in both))]
    against = [examples.record(examples.claim(each, Outcome.REFUTED, "no"), submission=each) for each in both]
    for records_, expected in ((together, 1.0), (against, -1.0), (together + against, 0.0)):
        rows = {row.id: row for row in class_statistics.of_class(records_)}
        assert rows["metrics.recall"].discrimination == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "expected"), [([3], 3), ([1, 100], 51), ([5, 1, 3], 3), ([4, 1, 2, 3], 3), ([0, 0], 0)]
)
def test_medians(scores, expected):
    """Of an even number the mean of the middle two, half a hundredth rounded up."""
    assert text.median(scores) == expected


def test_the_summary_has_everybody_and_every_claim(folder, capsys):
    """With points, links to the feedback pages where `export html` writes them, and the statistics of the class."""
    assert cli.main(["export", "html", str(folder)]) == 0
    assert cli.main(["export", "summary", str(folder)]) == 0
    capsys.readouterr()
    file = folder / "exports" / "summary" / "summary.html"
    page = Page(file.read_text())
    for name in ("Jane", "Rae", "Pat", "Zoe"):
        assert name in page.text
    assert "no submission" in page.text
    lost = examples.assigned().points["metrics.recall"]
    assert f"median {text.format_points((200_00 - lost + 1) // 2)}" in page.text
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert len(links) == 3
    assert all((file.parent / link).resolve().exists() for link in links)
    assert "1 of 2 (50 %)" in page.text
    assert "1 × missing: metrics.recall is missing" in page.text
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "link", "iframe"})


def test_one_cause_is_told_once():
    """What cannot be imported is told once on a page, whatever it costs; another call does not make another cause."""
    reason = "sub cannot be imported for metrics: ModuleNotFoundError: No module named 'x'"
    lost = [
        examples.claim(claim, Outcome.ERROR, f"{reason}\nmetrics.call({i})")
        for i, claim in enumerate(examples.assigned().points)
        if claim.startswith(("metrics", "one-hot"))
    ]
    page = Page(DOCUMENTS["html"][1](examples.record(*lost)))
    assert len(lost) > 5
    assert page.text.count(reason) == 1
    assert "For the same reason as metrics." in page.text
    unreadable = Page(DOCUMENTS["html"][1](examples.record(problem="it is not a valid .zip file")))
    assert unreadable.text.count("it is not a valid .zip file") == 1


def hostile_page(tmp_path):
    """A page with the longest words there can be, in every place."""
    long = "x" * 3000
    lost = [examples.claim(claim, Outcome.REFUTED, f"{i}{long}") for i, claim in enumerate(examples.assigned().points)]
    record = examples.record(*lost, submission=f"s{long[:200]}")
    wide = msgspec.structs.replace(record, remarks=[long])
    (tmp_path / "page.html").write_text(DOCUMENTS["html"][1](wide), encoding="utf-8")
    return tmp_path / "page.html"


def test_pages_are_right_on_a_telephone(browser, folder, tmp_path, capsys):  # noqa: F811
    """At 360 pixels nothing sticks out of feedback or summary, and points can be seen."""
    for format_ in ("html", "summary"):
        cli.main(["export", format_, str(folder)])
    capsys.readouterr()
    exports = folder / "exports"
    pages = [exports / "html" / "rae.html", exports / "summary" / "summary.html", hostile_page(tmp_path)]
    for file in pages:
        with opened(browser, file, viewport=PHONE) as tab:
            tab.evaluate(OPEN_EVERYTHING)
            assert tab.evaluate("document.documentElement.scrollWidth") <= 360
            rights = "[...document.querySelectorAll('.points')].map((each) => each.getBoundingClientRect().right)"
            assert max(tab.evaluate(rights)) <= 360
            widths = "[...document.querySelectorAll('.rows tbody > tr > *')].map((each) => each.clientWidth)"
            assert min(tab.evaluate(widths)) > 200


def test_paper_shows_what_is_closed(browser, folder, capsys):  # noqa: F811
    """Printed, the page is black on white, and what is closed on the screen is there."""
    cli.main(["export", "html", str(folder)])
    capsys.readouterr()
    with opened(browser, folder / "exports" / "html" / "rae.html", color_scheme="dark") as tab:
        height = "document.querySelector('details p').getBoundingClientRect().height"
        assert not tab.evaluate("document.querySelector('details p').checkVisibility()")
        tab.emulate_media(media="print")
        assert tab.evaluate("document.querySelector('details p').checkVisibility()")
        assert tab.evaluate(height) > 0
        assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        assert tab.pdf().startswith(b"%PDF")
