"""The grade book knows its class: who there is, what counts, and what is no longer as it was. Nothing is really run."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from spec.harness import cli, files
from spec.harness.errors import Outcome
from spec.harness.grading import book_file, grade_command, opening, seals, seeds
from spec.harness.grading.submission_run import record_of
from spec.selfcheck.grading import grading_examples as examples

ROSTER = "id,name\njane,Jane Doe\nrae,Rae Roe\npat,Pat Poe\n"
CLAIMS = ["metrics.precision", "metrics.recall", "one-hot.equidistant"]
"""What counts: the first two bring a quarter each, the last a half."""


def run_without_running(workers):
    """An engine that grades by what the submission says: the claims that it loses, or that the grader fails."""
    del workers

    def run_jobs(jobs, on_start):
        for job in jobs:
            on_start(job.submission.name)
            words = job.submission.path.read_text().split()
            ran.append(job.submission.name)
            if "fail" in words:
                yield job, record_of(job, "grader-error", "the grader's disk is full")
                continue
            outcomes = {claim: Outcome.REFUTED if claim in words else Outcome.HOLDS for claim in job.claims}
            found = examples.run([examples.claim(claim, outcome) for claim, outcome in outcomes.items()])
            yield job, record_of(job, "graded", run=found)

    return run_jobs


ran: list[str] = []
"""The submissions that were run since the test began."""


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """Nothing is run; what signals do here stays as it is."""
    monkeypatch.setattr(grade_command, "local", run_without_running)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(cli, "_inventory", examples.inventory)
    monkeypatch.setattr(grade_command, "_working_sandbox", lambda *_: "none")
    ran.clear()


@pytest.fixture
def folder(tmp_path):
    """A class of two, of which one loses a claim, beside a roster of three."""
    (tmp_path / "roster.csv").write_text(ROSTER)
    submit(tmp_path, "jane")
    submit(tmp_path, "rae", "metrics.recall")
    return tmp_path


def submit(folder, name, says=""):
    """Hand in a submission."""
    file = folder / "class" / f"{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(says)
    return file


def grade(folder, *options, only=CLAIMS, paths=None):
    """`claims grade` of the class, or of some paths; its exit status."""
    paths = sorted((folder / "class").iterdir()) if paths is None else paths
    words = [str(word) for word in (*paths, "--out", folder / "out", *options)]
    return cli.main(["grade", *words, *(word for claim in only for word in ("--only", claim))])


def table(folder):
    """`grades.csv` by student."""
    with (folder / "out" / "grades.csv").open(newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def column(folder, name):
    """One column of `grades.csv` by student."""
    return {student: row[name] for student, row in table(folder).items()}


def points(folder):
    """The points of everybody."""
    return column(folder, "points (of 100.00)")


def test_everybody_is_listed_whatever_is_graded(folder, capsys):
    """With a roster, students without a submission have a row; grading one of a class keeps the rows of all."""
    assert grade(folder, "--roster", folder / "roster.csv") == 0
    assert "without a submission: 1 of 3" in capsys.readouterr().out
    assert column(folder, "status") == {"jane": "graded", "rae": "graded", "pat": "no submission"}
    assert points(folder) == {"jane": "100.00", "rae": "75.00", "pat": ""}
    assert column(folder, "name")["pat"] == "Pat Poe"
    before = table(folder)
    submit(folder, "jane", "one-hot.equidistant")
    assert grade(folder, paths=[folder / "class" / "jane.py"]) == 0
    assert ran == ["jane", "rae", "jane"]
    assert table(folder) == {**before, "jane": table(folder)["jane"]}
    assert points(folder)["jane"] == "50.00"


def test_without_a_roster_a_subset_keeps_the_rows_of_all(folder):
    """Submissions that were ever listed stay listed."""
    grade(folder)
    grade(folder, paths=[submit(folder, "pat")])
    assert points(folder) == {"jane": "100.00", "rae": "75.00", "pat": "100.00"}


@pytest.mark.parametrize(
    ("policy", "expected", "runs"),
    [("latest", "75.00", ["jane_10"]), ("best", "100.00", ["jane", "jane_2", "jane_10"])],
)
def test_attempts(folder, policy, expected, runs):
    """Of several submissions of one student the latest counts, or the best; what cannot count is not run."""
    submit(folder, "jane_2", "one-hot.equidistant")
    submit(folder, "jane_10", "metrics.recall")
    assert grade(folder, "--roster", folder / "roster.csv", "--attempts", policy) == 0
    assert sorted(ran) == sorted([*runs, "rae"])
    assert points(folder)["jane"] == expected
    assert table(folder)["jane"]["attempts"] == "3"
    assert table(folder)["jane"]["submission"] == ("jane_10" if policy == "latest" else "jane")


def test_a_class_that_is_graded_round_after_round(folder, capsys):
    """The later round counts, whatever the book remembers the first one under; where nothing decides, it is said."""
    first, second, other = (folder / name / "jane.py" for name in ("class", "class2", "again"))
    for file in (second, other):
        file.parent.mkdir()
        file.write_text("metrics.recall")
    grade(folder, "--roster", folder / "roster.csv", paths=[first])
    capsys.readouterr()
    assert grade(folder, paths=[first, second]) == 0
    row = table(folder)["jane"]
    assert (row["submission"], row["attempts"], row["points (of 100.00)"]) == ("class2/jane", "2", "75.00")
    assert "counts, though" not in capsys.readouterr().out
    assert grade(folder, paths=[first, other]) == 0
    assert "jane: 3 submissions; class2/jane counts, though no number says" in capsys.readouterr().out
    assert grade(folder, "--attempts", "best") == 0
    assert "counts, though" not in capsys.readouterr().out


def test_what_is_no_code_is_not_an_attempt(folder, capsys):
    """A report that was handed in later does not count, and that is said; by itself it does."""
    (folder / "roster.csv").write_text("id\n101\n")
    submit(folder, "doe_101_8_hw")
    report = submit(folder, "doe_101_9_report").rename(folder / "class" / "doe_101_9_report.pdf")
    assert grade(folder, "--roster", folder / "roster.csv") == 0
    assert "101: doe_101_9_report.pdf is no code: it does not count beside" in capsys.readouterr().out
    assert (table(folder)["101"]["submission"], table(folder)["101"]["attempts"]) == ("doe_101_8_hw", "1")
    assert grade(folder, "--forget", "doe_101_8_hw", paths=[report]) == 0
    assert table(folder)["101"]["submission"] == "doe_101_9_report.pdf"


def test_best_is_known_when_all_attempts_are(folder):
    """An attempt on which the grader failed might be the best: the row says so, and what is best so far."""
    submit(folder, "jane_2", "fail")
    assert grade(folder, "--roster", folder / "roster.csv", "--attempts", "best") == 1
    row = table(folder)["jane"]
    assert (row["status"], row["points (of 100.00)"]) == ("grader-error", "")
    assert row["note"] == "the grader's disk is full; best so far: 100.00"


def test_days_late(folder):
    """Counted from the roster's time of the submission and the assignment's due date, begun days as whole ones."""
    (folder / "hw.toml").write_text("due = 2026-06-01T23:59:00+02:00\n")
    (folder / "roster.csv").write_text(
        "id,submitted\njane,2026-06-01T21:59:00+00:00\nrae,2026-06-03T00:00:00+02:00\npat,\n"
    )
    submit(folder, "pat")
    assert grade(folder, "--roster", folder / "roster.csv", "--assignment", folder / "hw.toml") == 0
    assert column(folder, "late") == {"jane": "0", "rae": "2", "pat": ""}


def test_the_attempt_that_counts_is_late_or_not(folder):
    """Not the latest, where the best counts: the roster's time is that of the latest."""
    (folder / "hw.toml").write_text("due = 2026-06-01T00:00:00+00:00\n")
    (folder / "roster.csv").write_text("id,login,submitted\njane,,2026-06-02T00:00:00+00:00\n101,,\n")
    submit(folder, "jane_2", "metrics.recall")
    submit(folder, "doe_101_8_hw")
    submit(folder, "doe_LATE_101_9_hw", "metrics.recall")
    words = ("--roster", folder / "roster.csv", "--assignment", folder / "hw.toml", "--attempts")
    assert grade(folder, *words, "best") == 0
    assert (column(folder, "late")["jane"], column(folder, "late")["101"]) == ("", "")
    assert grade(folder, *words, "latest") == 0
    assert (column(folder, "late")["jane"], column(folder, "late")["101"]) == ("1", "late")


def test_a_submission_that_is_nobodys_is_listed_and_said(folder, capsys):
    """A submission that no student on the roster is called like is graded, in a row of its own."""
    submit(folder, "mystery")
    assert grade(folder, "--roster", folder / "roster.csv") == 0
    assert "mystery: no student on the roster has this name" in capsys.readouterr().out
    assert table(folder)["mystery"]["note"] == "no student on the roster has this name"
    assert points(folder)["mystery"] == "100.00"


def test_a_failure_never_replaces_a_grade(folder, capsys):
    """Where the grader fails on one that has a grade, the grade stands; the next good one takes its place."""
    grade(folder)
    before = (folder / "out" / "results" / "jane.json").read_bytes()
    submit(folder, "jane", "fail")
    assert grade(folder) == 1
    row = table(folder)["jane"]
    assert (row["status"], row["points (of 100.00)"]) == ("grader-error", "")
    assert row["note"] == "the grader's disk is full; changed since it was graded, with 100.00 points"
    assert (folder / "out" / "results" / "jane.json").read_bytes() == before
    submit(folder, "jane")
    ran.clear()
    assert grade(folder) == 0
    assert ran == []
    assert points(folder)["jane"] == "100.00"
    capsys.readouterr()


def test_regrade_runs_an_unchanged_one_again(folder, capsys, monkeypatch):
    """`--regrade NAME` runs that one; where that fails the earlier grade stands, and the note says so."""
    grade(folder)
    ran.clear()
    assert grade(folder, "--regrade", "rae") == 0
    assert ran == ["rae"]

    def failing(_):
        return lambda jobs, _: ((job, record_of(job, "grader-error", "no memory")) for job in jobs)

    monkeypatch.setattr(grade_command, "local", failing)
    assert grade(folder, "--regrade", "rae") == 1
    assert points(folder)["rae"] == "75.00"
    assert "grading it again failed: no memory" in table(folder)["rae"]["note"]
    capsys.readouterr()
    assert grade(folder, "--regrade", "nobody") == 2
    assert capsys.readouterr().err == "claims: --regrade 'nobody': expected one of jane, rae\n"


def test_regrade_never_does_nothing_silently(folder, capsys):
    """An attempt that does not count is refused, before anything is written; one of another shard is said."""
    submit(folder, "jane_2")
    grade(folder, "--roster", folder / "roster.csv")
    before = (folder / "out" / "grade-book.json").read_bytes()
    ran.clear()
    capsys.readouterr()
    assert grade(folder, "--regrade", "jane", "--attempts", "latest", "--assignment", "/dev/null") == 2
    assert capsys.readouterr().err == (
        "claims: --regrade 'jane': another attempt counts, and this one is not graded; expected one of jane_2, rae\n"
    )
    assert (folder / "out" / "grade-book.json").read_bytes() == before
    assert grade(folder, "--regrade", "rae", "--shard", "1/2") == 0
    assert "--regrade: in another shard than 1/2: rae\n" in capsys.readouterr().out
    assert ran == []
    assert grade(folder, "--regrade", "rae", "--shard", "2/2") == 0
    assert ran == ["rae"]
    assert "in another shard" not in capsys.readouterr().out


def test_an_edited_result_does_not_count(folder, capsys):
    """One changed byte, or another's result in its place, is said; exports refuse; the same command grades it again."""
    grade(folder)
    results = folder / "out" / "results"
    good = {file.name: file.read_bytes() for file in results.iterdir()}
    for edited in (good["rae.json"].replace(b'"refuted"', b'"holds"'), good["jane.json"], b"", b"\xff{"):
        (results / "rae.json").write_bytes(edited)
        capsys.readouterr()
        assert cli.main(["export", "csv", str(folder / "out")]) == 2
        assert "rae.json: edited or damaged since written" in capsys.readouterr().err
        ran.clear()
        assert grade(folder) == 0
        assert "rae.json: edited or damaged since it was written; it does not count" in capsys.readouterr().out
        assert ran == ["rae"]
        assert points(folder)["rae"] == "75.00"


def refusal(capsys, status):
    """The one line that a refused command printed."""
    (line,) = capsys.readouterr().err.splitlines()
    assert status == 2
    return line


def test_nothing_starts_over_unasked(folder, capsys):
    """Another selection, a lost, empty or other secret, a lost or edited book are refused, and nothing is changed."""
    grade(folder)
    out = folder / "out"
    book, secret = (out / "grade-book.json").read_bytes(), (out / "seed-secret").read_bytes()
    before = (out / "grades.csv").read_bytes()
    ran.clear()
    capsys.readouterr()

    line = refusal(capsys, grade(folder, only=CLAIMS[:2]))
    assert "was graded with 3 claims, now 2 (-one-hot.equidistant); expected the same, another folder" in line
    for content, says in (
        (None, "cannot be read"),
        (b"", "0 characters"),
        (b"another secret of sixteen", "does not match"),
    ):
        (out / "seed-secret").unlink(missing_ok=True)
        if content is not None:
            (out / "seed-secret").write_bytes(content)
        line = refusal(capsys, grade(folder))
        assert says in line
        assert "--start-over" in line or content == b""
        assert says in refusal(capsys, cli.main(["export", "csv", str(out)]))
    (out / "seed-secret").write_bytes(secret)
    for content, says in ((None, "has results but no grade-book.json"), (book[:-9], "its seal does not match")):
        (out / "grade-book.json").unlink(missing_ok=True)
        if content is not None:
            (out / "grade-book.json").write_bytes(content)
        assert says in refusal(capsys, grade(folder))
    (out / "grade-book.json").write_bytes(book)
    assert ran == []
    assert (out / "grades.csv").read_bytes() == before
    assert grade(folder) == 0
    assert ran == []


def test_starting_over_sets_aside_what_was_graded(folder, capsys):
    """`--start-over` grades everybody anew, with a new secret, and keeps what there was in a folder of its own."""
    grade(folder)
    out = folder / "out"
    kept = {name: (out / name).read_bytes() for name in ("grades.csv", "results/rae.json", "seed-secret")}
    ran.clear()
    assert grade(folder, "--start-over", only=CLAIMS[:2]) == 0
    assert "earlier results were moved to" in capsys.readouterr().out
    assert ran == ["jane", "rae"]
    assert {name: (out / "earlier-1" / name).read_bytes() for name in kept} == kept
    assert points(folder) == {"jane": "100.00", "rae": "50.00"}
    assert grade(folder, "--start-over") == 0
    assert (out / "earlier-2" / "grades.csv").exists()
    shutil.rmtree(out / "earlier-1")
    for _ in range(2):
        assert grade(folder, "--start-over") == 0
    assert sorted(file.name for file in out.glob("earlier-*")) == ["earlier-1", "earlier-2", "earlier-3"]


def test_starting_over_forgets_nothing_that_was_said_of_the_class(folder, capsys):
    """Neither the students nor which attempt counts, nor the assignment; who is not given again is named."""
    (folder / "hw.toml").write_text("title = 'Homework 5'\npoints = 10\n")
    submit(folder, "jane_2", "metrics.recall")
    words = ("--roster", folder / "roster.csv", "--attempts", "best", "--assignment", folder / "hw.toml")
    assert grade(folder, *words) == 0
    before = table(folder)
    capsys.readouterr()
    assert grade(folder, "--start-over") == 0
    assert "--assignment as before: Homework 5" in capsys.readouterr().out
    assert table(folder) == before
    assert column(folder, "points (of 10.00)")["jane"] == "10.00"
    assert grade(folder, "--start-over", "--attempts", "latest", paths=[folder / "class" / "jane_2.py"]) == 0
    assert "graded before, and not given now: jane, rae" in capsys.readouterr().out
    assert column(folder, "points (of 10.00)") == {"jane": "7.50", "rae": "", "pat": ""}


@pytest.mark.parametrize("kept", range(6))
@pytest.mark.parametrize("how", [(), ("--start-over",)], ids=["the same command", "starting over again"])
def test_starting_over_that_is_killed_forgets_nothing(folder, capsys, monkeypatch, how, kept):
    """Wherever between two files it is cut short, the roster is kept; what would start unasked is refused."""
    assert grade(folder, "--roster", folder / "roster.csv") == 0
    before = table(folder)
    moved = []

    def move(source, target, *_):
        if len(moved) == kept:
            raise KeyboardInterrupt
        moved.append(source)
        os.rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(opening.os, "replace", move)
        patch.setattr(opening, "opened", move)
        assert grade(folder, "--start-over") == grade_command.INTERRUPTED
    ran.clear()
    capsys.readouterr()
    status = grade(folder, *how)
    if not how and kept in (1, 2):
        assert "has results but no grade-book.json" in refusal(capsys, status)
        status = grade(folder, "--start-over")
    assert status == 0
    assert table(folder) == before
    assert ran == ([] if kept == 0 and not how else ["jane", "rae"])


def test_starting_over_says_what_cannot_be_carried_over(folder, capsys):
    """Who there was in a book that was edited is not known; with the secret that it was sealed with it is."""
    (folder / "secret").write_text("a secret of sixteen and more")
    grade(folder, "--roster", folder / "roster.csv", "--seed-secret", folder / "secret")
    assert grade(folder, "--start-over", "--seed-secret", folder / "secret") == 0
    assert "forgotten" not in capsys.readouterr().out
    assert "pat" in table(folder)
    assert grade(folder, "--start-over") == 0
    said = (
        f"{folder / 'out' / 'grade-book.json'}: edited, of another version, or sealed with another secret: its roster,"
    )
    assert said in capsys.readouterr().out
    assert "pat" not in table(folder)


def test_the_assignment_holds_until_another_is_given(folder, capsys):
    """Without `--assignment` weights and due date stay as they are, as the roster does, and that is said."""
    (folder / "hw.toml").write_text("due = 2026-06-01T00:00:00+00:00\npoints = 10\nexclude = ['metrics.trade-off']\n")
    (folder / "roster.csv").write_text("id,submitted\njane,2026-06-02T00:00:00+00:00\nrae,\n")
    assert grade(folder, "--roster", folder / "roster.csv", "--assignment", folder / "hw.toml") == 0
    before = table(folder)
    assert "--assignment as before" not in capsys.readouterr().out
    assert grade(folder) == 0
    assert "--assignment as before: The claims of the homework" in capsys.readouterr().out
    assert (table(folder), before["jane"]["late"]) == (before, "1")
    line = refusal(capsys, grade(folder, "--start-over", only=["metrics.trade-off"]))
    assert line.startswith("claims: --assignment as before: no graded claim is left after the selection")
    assert table(folder) == before
    (folder / "hw.toml").write_text("")
    assert grade(folder, "--assignment", folder / "hw.toml") == 0
    assert points(folder) == {"jane": "100.00", "rae": "75.00"}
    assert set(column(folder, "late").values()) == {""}


def test_a_renamed_submission_is_said_and_can_be_forgotten(folder, capsys):
    """Who is gone while somebody else has the same is named, with the option that strikes the old name off."""
    grade(folder)
    (folder / "class" / "rae.py").rename(folder / "class" / "roe.py")
    capsys.readouterr()
    grade(folder)
    assert "rae no longer exists, and roe has the same content: both are listed" in capsys.readouterr().out
    assert points(folder) == {"jane": "100.00", "rae": "75.00", "roe": "75.00"}
    grade(folder, "--forget", "rae")
    assert points(folder) == {"jane": "100.00", "roe": "75.00"}
    capsys.readouterr()
    assert "--forget 'rae': expected the name of a submission in the grade book" in refusal(
        capsys, grade(folder, "--forget", "rae")
    )


def test_a_name_stands_for_one_submission(folder, capsys):
    """Another folder's submission of the same name is refused; the same class in another place is the same class."""
    grade(folder)
    moved = shutil.copytree(folder / "class", folder / "elsewhere")
    ran.clear()
    assert grade(folder, paths=sorted(moved.iterdir())) == 0
    assert ran == []
    other = folder / "other" / "jane.py"
    other.parent.mkdir()
    other.write_text("metrics.recall")
    capsys.readouterr()
    assert "under the name 'jane'" in refusal(capsys, grade(folder, paths=[other]))
    assert points(folder)["jane"] == "100.00"


def test_two_given_at_once_never_share_a_name(folder):
    """Where the book knows one under a name that another has by itself, that one gets a number."""
    submit(folder, "jane", "metrics.recall").rename(folder / "class" / "jane.zip")
    submit(folder, "jane")
    assert grade(folder) == 0
    assert points(folder) == {"jane": "100.00", "jane (2)": "75.00", "rae": "75.00"}
    (folder / "class" / "jane.zip").write_text("")
    assert grade(folder, paths=[folder / "class" / "jane.zip", submit(folder, "jane (2)")]) == 0
    assert points(folder) == {"jane": "100.00", "jane (2)": "100.00", "jane (2) (2)": "100.00", "rae": "75.00"}


def test_new_points_reach_everybody(folder):
    """Other points and weights need no run, and change every grade, whoever is given; so no export mixes totals."""
    grade(folder)
    (folder / "hw.toml").write_text("points = 10\n")
    ran.clear()
    assert grade(folder, "--assignment", folder / "hw.toml", paths=[folder / "class" / "jane.py"]) == 0
    assert ran == []
    assert column(folder, "points (of 10.00)") == {"jane": "10.00", "rae": "7.50"}


def test_exports_refuse_results_of_other_points(folder, capsys):
    """A result that was sealed under other points, as a grader leaves it that was killed meanwhile, is stale."""
    grade(folder)
    old = (folder / "out" / "results" / "rae.json").read_bytes()
    (folder / "hw.toml").write_text("points = 10\n")
    grade(folder, "--assignment", folder / "hw.toml")
    (folder / "out" / "results" / "rae.json").write_bytes(old)
    capsys.readouterr()
    assert "stale: rae: graded with other claims or points" in refusal(
        capsys, cli.main(["export", "html", str(folder / "out")])
    )
    assert not (folder / "out" / "exports").exists()


def test_exports_say_who_is_stale(folder, capsys):
    """Somebody whose submission changed and has not been graded since is left out, with the reason."""
    grade(folder)
    submit(folder, "jane", "fail")
    grade(folder)
    (folder / "out" / "failures" / "jane.json").unlink()
    capsys.readouterr()
    assert cli.main(["export", "html", str(folder / "out")]) == 1
    assert "left out: jane: pending (changed since it was graded, with 100.00 points)" in capsys.readouterr().err
    assert [file.name for file in (folder / "out" / "exports" / "html").iterdir()] == ["rae.html"]


def test_nobody_gets_nothing_without_a_reason(folder, capsys):
    """Where no claim holds the row and the summary say what is commonest among the reasons."""
    submit(folder, "pat", " ".join(CLAIMS))
    grade(folder)
    assert table(folder)["pat"]["points (of 100.00)"] == "0.00"
    assert table(folder)["pat"]["note"] == "no claim holds; 1 of 3: failed"
    assert "0 points for pat: no claim holds; 1 of 3: failed" in capsys.readouterr().out


def test_the_table_has_what_another_shard_was_given_meanwhile(folder, monkeypatch):
    """A shard that started with fewer submissions does not strike out those of one that started later."""
    out = folder / "out"

    def meanwhile(workers):
        def run_jobs(jobs, on_start):
            key = seals.key_of((out / "seed-secret").read_bytes().strip())
            book = book_file.read(out, key)
            known = {**book.submissions, "zoe": book.submissions["jane"]}
            book_file.write(msgspec.structs.replace(book, submissions=known), out, key)
            yield from run_without_running(workers)(jobs, on_start)

        return run_jobs

    monkeypatch.setattr(grade_command, "local", meanwhile)
    assert grade(folder) == 0
    assert column(folder, "status") == {"jane": "graded", "rae": "graded", "zoe": "pending"}


HOLDER = """
import sys, time
from pathlib import Path
from spec.harness.grading.locks import grading
with grading(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.process
def test_two_graders_do_not_meet(folder, capsys):
    """While another grader is at work on the folder the second is refused, but for other shards.

    A dead one holds no lock, and what it left is cleared away.
    """
    out = folder / "out"
    for which, of, refused in ((1, 1, True), (2, 2, False), (1, 2, True), (2, 3, True)):
        words = [sys.executable, "-c", HOLDER, str(out), str(which), str(of)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout.readline() == "held\n"
            status = grade(folder, "--shard", "1/2")
            holder.kill()
        if refused:
            assert f"another `claims grade` is running there (shard {which}/{of})" in refusal(capsys, status)
        else:
            assert status == 0
    left = [out / "results" / ".jane.json.77-1.part", out / ".grades.csv.77-1.part", out / "running" / "rae"]
    for file in left:
        file.touch()
    assert grade(folder, "--shard", "1/2") == 0
    assert not [file for file in left if file.exists()]


@pytest.mark.parametrize("broken", ["results", "grades.csv", "grade-book.json"])
def test_a_full_disk_is_one_line_and_nothing_is_half_written(folder, capsys, monkeypatch, broken):
    """What cannot be kept is the grader's error, or ends the command with one line; the next one has all of it."""
    write = files.write

    def full(file, content):
        if broken in (file.name, file.parent.name):
            (file.parent / f".{file.name}.part").write_bytes(b"half")
            raise OSError(28, "No space left on device", str(file))
        write(file, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        status = grade(folder)
    printed = capsys.readouterr()
    if broken == "results":
        assert status == 1
        assert column(folder, "status") == {"jane": "grader-error", "rae": "grader-error"}
        assert "its result could not be saved: No space left on device" in printed.out
    else:
        assert status == 2
        assert printed.err.startswith("claims: [Errno 28] No space left on device")
        assert len(printed.err.splitlines()) == 1
    assert grade(folder) == 0
    assert points(folder) == {"jane": "100.00", "rae": "75.00"}
    assert not list((folder / "out").rglob("*.part"))


def test_an_interruption_before_anything_runs_is_one_line(folder, capsys, monkeypatch):
    """While the class is listed and the sandbox is tried, Ctrl-C ends the command as it does later."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(grade_command, "_working_sandbox", interrupted)
    assert grade(folder) == 130
    assert capsys.readouterr().err == "claims: interrupted\n"


def test_a_disk_that_is_full_from_the_start_is_one_line_with_a_file(folder, capsys, monkeypatch):
    """The system does not say which file it has no room for; the line does."""

    def full(descriptor, mode):
        os.close(descriptor)
        return Path("/dev/full").open(mode)

    with monkeypatch.context() as patch:
        patch.setattr(seeds.os, "fdopen", full)
        assert grade(folder) == 2
    expected = f"claims: [Errno 28] No space left on device: '{folder / 'out' / 'seed-secret'}'\n"
    assert capsys.readouterr().err == expected
    assert not list((folder / "out").rglob("*seed-secret*"))
    assert grade(folder) == 0


def test_a_disk_that_is_full_in_the_end_leaves_a_true_table(folder, monkeypatch):
    """Room for the last table was kept: nobody is said to be running who is not."""
    write = files.write

    def full(file, content):
        if file.name == "grades.csv" and ran and list((folder / "out").glob(".reserve.*")):
            raise OSError(28, "No space left on device", str(file))
        write(file, content)

    monkeypatch.setattr(files, "write", full)
    assert grade(folder) == 0
    assert points(folder) == {"jane": "100.00", "rae": "75.00"}
    assert not list((folder / "out").rglob("*.part"))


def test_seals_are_of_every_byte(folder):
    """A sealed file is JSON; no other bytes pass for it."""
    grade(folder)
    file = folder / "out" / "results" / "jane.json"
    content = json.loads(file.read_text())
    assert len(content["seal"]) == 64
    assert content["submission"] == "jane"
    assert msgspec.json.decode(file.read_bytes()) == content
