"""Rosters as courses and platforms write them, and whose submission is whose."""

from datetime import datetime
from pathlib import Path

import pytest

from spec.harness.errors import SpecificationError
from spec.harness.grading import attempts, names, roster
from spec.harness.grading.book_file import Entry
from spec.harness.grading.roster import Student

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 5 (2222)\r\n"
    "    Points Possible,,,,,100\r\n"
    '"Doe, Jane",101,S1,jane,A,\r\n'
    '"Student, Test",999,,x,A,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Last modified (submission),Feedback comments\n"
    'Participant 12345,Jane Doe,jane@example.org,Submitted,,"Monday, 1 June 2026, 11:59 PM",\n'
    "Participant 12346,Rae Roe,rae@example.org,No submission,,-,\n"
)
CLASSROOM = '"identifier","github_username","github_id","name"\n"jane@example.org","octocat","583231",""\n'
OWN = "id,name,login,submission,submitted\njane,Jane Doe,jd1,first.zip; second.zip,2026-06-01T23:59\n\n,,,,\n"


def read(tmp_path, content):
    """The students of a roster of this text."""
    (tmp_path / "roster.csv").write_text(content, encoding="utf-8-sig", newline="")
    return roster.read(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("content", "students"),
    [
        (CANVAS, [Student("101", "Doe, Jane", ["S1", "jane"])]),
        (
            MOODLE,
            [
                Student("12345", "Jane Doe", ["jane@example.org"], [], datetime(2026, 6, 1, 23, 59)),
                Student("12346", "Rae Roe", ["rae@example.org"]),
            ],
        ),
        (CLASSROOM, [Student("jane@example.org", "", ["octocat", "583231"])]),
        (CANVAS.replace("\r\n", "\r\n,,,,,Manual Posting\r\n", 1), [Student("101", "Doe, Jane", ["S1", "jane"])]),
        (CANVAS.replace("\r\n", "\r\n,,,,,Muted\r\n", 1), [Student("101", "Doe, Jane", ["S1", "jane"])]),
        (CANVAS.replace("Points Possible", "M\u00f6gliche Punkte"), [Student("101", "Doe, Jane", ["S1", "jane"])]),
        (CANVAS.replace("\r\n", "\r\n,,,,,Manuell\r\n", 1), [Student("101", "Doe, Jane", ["S1", "jane"])]),
        (
            "\u200eid,name,login\n\u200f\u0639\u0644\u06cc,\u202bAli\u202c,\u2067 ali \u2069\n",
            [Student("\u0639\u0644\u06cc", "Ali", ["ali"])],
        ),
        ("id;name;login\r\n007;Doe, Jane;jd\r\n", [Student("007", "Doe, Jane", ["jd"])]),
        ("id\tname\njane\tJane; Doe, too\n", [Student("jane", "Jane; Doe, too")]),
        ('id;"a, b, c, d"\njane;\n', [Student("jane")]),
        ("id,name\njane,Jane\u2028Doe\n", [Student("jane", "Jane Doe")]),
        (OWN, [Student("jane", "Jane Doe", ["jd1"], ["first.zip", "second.zip"], datetime(2026, 6, 1, 23, 59))]),
    ],
    ids=[
        "Canvas",
        "Moodle",
        "GitHub Classroom",
        "Canvas, manual posting",
        "Canvas, muted",
        "Canvas in German",
        "Canvas in German, manual posting",
        "marks of direction",
        "semicolons",
        "tabs",
        "commas in quotes",
        "a line separator",
        "own",
    ],
)
def test_rosters_are_read_as_they_come(tmp_path, content, students):
    """Rows about columns, test students and blank rows are nobody."""
    assert read(tmp_path, content) == students


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the header row has the columns none; expected id"),
        ("name,grade\njane,1\n", "the header row has the columns name, grade; expected id"),
        ("id\n", "0 rows; expected from 1 to 10000 students"),
        ("id\njane\nrae\njane\n", "row 4: the id 'jane' occurs twice"),
        ("id,id\njane,rae\n", "the column 'id' occurs twice"),
        ("id,name\n,Jane\n", "row 2: id = ''; expected an identifier of the student"),
        ("id,name\n\u200f,Jane\n", "row 2: id = ''; expected an identifier of the student"),
        (CANVAS + "Roe,,,,A,\r\n", "row 5: id = ''; expected an identifier of the student"),
        ("id,submitted\njane,yesterday\n", "row 2: submitted = 'yesterday'; expected a date and time"),
        ("id,name\njane,Doe, Jane\n", "row 2: 3 cells; expected 2"),
        ("id,submitted\njane,0001-01-01T00:00+23:00\n", "row 2: submitted = '0001-01-01T00:00+23:00'; expected"),
        ('id\n"jane\n', "unexpected end of data; expected a CSV in UTF-8"),
        ("id\n" + "".join(f"{i}\n" for i in range(10_001)), "10,001 rows; expected from 1 to 10000"),
    ],
)
def test_what_is_wrong_with_a_roster_is_one_line(tmp_path, content, message):
    """The file, the row, the value and what was expected."""
    with pytest.raises(SpecificationError) as error:
        read(tmp_path, content)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


STUDENTS = [
    Student("101", "Doe, Jane", ["S1", "jane"]),
    Student("12346", "Rae Roe", ["cat"]),
    Student("3", "Pat Poe", ["octo-cat"], ["late work.zip", "final.zip"]),
    Student("4", "Zoë", ["zoë"], ["final.zip"]),
]


def attribution(students, submissions, no_code=()):
    """Whose submissions are that are called so, or lie at these places under these names."""
    places = submissions if isinstance(submissions, dict) else {name: f"{name}.py" for name in submissions}
    entries = {
        name: Entry(Path("/courses/hw5", place).as_uri(), "f", is_code=name not in no_code)
        for name, place in places.items()
    }
    return attempts.assign(students, entries)


@pytest.mark.parametrize(
    ("submissions", "expected"),
    [
        (
            ["doejane_101_998_hw5", "doejane_LATE_101_1020_hw5-1"],
            {"101": ["doejane_101_998_hw5", "doejane_LATE_101_1020_hw5-1"]},
        ),
        (["Rae Roe_12346_assignsubmission_file_"], {"12346": ["Rae Roe_12346_assignsubmission_file_"]}),
        (["hw5-cat", "hw5-octo-cat"], {"12346": ["hw5-cat"], "3": ["hw5-octo-cat"]}),
        (["jane_10", "jane (2)", "Jane"], {"101": ["Jane", "jane (2)", "jane_10"]}),
        (["2/s1", "1/s1"], {"101": ["1/s1", "2/s1"]}),
        (["final", "late work"], {"3": ["late work", "final"], "4": ["final"]}),
        (["zoe\u0308"], {"4": ["zoe\u0308"]}),
        (["101"], {"101": ["101"]}),
    ],
    ids=["Canvas", "Moodle", "GitHub Classroom", "numbered", "folders", "as the roster says", "NFD", "the id"],
)
def test_submissions_find_their_students(submissions, expected):
    """Whatever a platform calls them; the latest attempt comes last."""
    found = attribution(STUDENTS, submissions)
    assert {student: its for student, its in found.of.items() if its} == expected
    assert (found.strays, found.unordered) == ({}, [])


def test_who_is_nobody_or_several_is_said():
    """A name that fits nobody, or more than one, is nobody's."""
    students = [*STUDENTS, Student("5", "", ["jane"])]
    found = attribution(students, ["jane", "mystery", "late_777_1_hw"])
    assert not any(found.of.values())
    assert found.strays == {
        "jane": "several students on the roster have this name: 101, 5",
        "mystery": "no student on the roster has this name",
        "late_777_1_hw": "no student on the roster has this name",
    }


@pytest.mark.parametrize(
    ("places", "latest", "is_clear"),
    [
        ({"jane": "class1/jane.py", "class2/jane": "class2/jane.py"}, "class2/jane", True),
        ({"class2/jane": "class2/jane.py", "jane": "class10/jane.py"}, "jane", True),
        ({"jane_2": "class1/jane_2.py", "jane": "class2/jane.py"}, "jane", True),
        ({"jane_2": "jane_2.py", "jane (10)": "jane (10).zip"}, "jane (10)", True),
        ({"jane": "jane.py", "jane-v2": "jane-v2.py"}, "jane-v2", True),
        ({"2/a_101_8_x": "2/a_101_8_x.py", "a_101_10_x": "1/a_101_10_x.py"}, "a_101_10_x", True),
        ({"jane": "../old/class1/jane.py", "class2/jane": "class2/jane.py"}, "class2/jane", False),
        ({"jane": "submissions/jane.py", "late/jane": "resubmissions/jane.py"}, "jane", False),
        ({"hw5/jane": "hw5/jane.py", "jane": "late/jane.py"}, "jane", False),
        ({"jane": "class1/jane.py", "hw/jane": "class2/hw/jane.py"}, "hw/jane", False),
        ({"jane": "jane.py", "jane (2)": "jane.zip"}, "jane (2)", False),
        ({"doejane_101_998_hw5": "doejane_101_998_hw5.py", "101_2": "101_2.py"}, "101_2", False),
        ({"doejane_101_998_hw5": "doejane_101_998_hw5.py", "jane (3)": "jane (3).py"}, "jane (3)", False),
    ],
)
def test_the_latest_follows_from_where_submissions_lie(places, latest, is_clear):
    """Numbers decide, of folders first, however long the names are that a book remembers; what they leave open is said.

    With the roster's column there is nothing left open.
    """
    student = Student("101", "Doe, Jane", ["jane"])
    for given in (places, dict(reversed(places.items()))):
        found = attribution([student], given)
        assert found.of["101"][-1] == latest
        assert found.unordered == ([] if is_clear else ["101"])
        first, second = places.values()
        told = attribution([Student("101", submissions=[second, first])], given)
        assert (told.of["101"][-1], told.unordered) == (next(iter(places)), [])


@pytest.mark.parametrize(
    "cell", ["hw5/jane.zip", "./hw5/jane", "hw5\\jane.py", "/courses/hw5/jane.py", "jane", "hw5/jane/"]
)
def test_a_roster_may_name_folders(cell):
    """A submission may be named after as many of its folders as one likes."""
    assert attribution([Student("7", submissions=[cell])], ["jane"]).of == {"7": ["jane"]}
    assert attribution([Student("7", submissions=["hw6/jane.zip"])], ["jane"]).of == {"7": []}


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("Jane Doe_101_assignsubmission_file_", "Jane Doe_101_assignsubmission_onlinetext_"),
        ("doejane_101_998_hw5", "doejane_101_999_report"),
        ("jane", "jane_2"),
    ],
)
def test_what_is_no_code_counts_where_there_is_nothing_else(code, other):
    """A text or a report takes no code's place."""
    found = attribution(STUDENTS, [code, other], no_code=["doejane_101_999_report", "jane_2"])
    assert found.of["101"] == [code]
    assert found.guessed == [f"101: {other} is no code: it does not count beside other submissions"]
    alone = attribution(STUDENTS, [other], no_code=[other])
    assert alone.of["101"] == [other]
    assert alone.guessed == [f"101: {other} is no code: it counts because there is nothing else"]


@pytest.mark.parametrize(
    ("submissions", "its", "says"),
    [
        (
            ["hw5-tom-cat"],
            ["hw5-tom-cat"],
            "hw5-tom-…: 1 submission attributed by the end of the name only: hw5-tom-cat to 12346",
        ),
        (
            ["hw5-tom-cat", "hw5-octo-cat", "hw5-zoe"],
            [],
            "hw5-…: 2 submissions attributed by the end of the name only: hw5-octo-cat to 3, …",
        ),
        (["group-101"], [], "group-…: 1 submission attributed by the end of the name only: group-101 to 101"),
        (["hw5-cat-1"], ["hw5-cat-1"], "hw5-cat-1 to 12346"),
        (["cat", "cat.2"], ["cat", "cat.2"], "cat.2: taken for another attempt of 12346"),
        (["cat", "cat_2"], ["cat", "cat_2"], ""),
    ],
)
def test_what_rests_on_part_of_a_name_is_said(submissions, its, says):
    """And it is nobody's where most names have another part before the login."""
    students = [*STUDENTS, Student("8", known_as=["zoe"])]
    found = attribution(students, submissions)
    assert found.of["12346"] == its
    assert says in "; ".join(found.guessed)
    assert bool(found.guessed) == bool(says)


def test_late_is_read_from_the_name():
    """Canvas marks what came late."""
    assert names.read("doejane_LATE_101_998_hw5").late
    assert not names.read("doejane_101_998_hw5").late
    assert names.read("doejane_late_101_998_hw5.zip").display == "doejane"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_roster_may_come_from_a_spreadsheet(tmp_path, encoding):
    """Which saves "Unicode text" as UTF-16 with tabs."""
    bom = "\ufeff" if encoding == "utf-16-le" else ""
    (tmp_path / "roster.csv").write_bytes(f"{bom}id\tname\r\njane\tZo\xeb\r\n".encode(encoding))
    assert roster.read(tmp_path / "roster.csv") == [Student("jane", "Zo\xeb")]


def test_a_workbook_is_no_roster(tmp_path):
    """What to do with it is said."""
    (tmp_path / "roster.csv").write_bytes(b"PK\3\4...")
    with pytest.raises(SpecificationError, match="is a workbook; expected a CSV: save it as one"):
        roster.read(tmp_path / "roster.csv")
