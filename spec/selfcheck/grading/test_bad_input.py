"""Bad input to the commands of grading: one line on standard error, status 2, and nothing half written."""

import shlex
import signal

import msgspec
import pytest

from spec.harness import cli
from spec.harness.grading import check_command, grade_command
from spec.selfcheck.grading import grading_examples as examples
from spec.selfcheck.grading import test_grade_book as books
from spec.selfcheck.grading.test_grading_exports import GRADEBOOK

GRADE = "grade {jane} --out {new} "
AGAIN = "grade {jane} --out {out} "
EXPORT = "export csv {out} "
CANVAS = "export canvas {out} --gradebook "
CHECK = "check {jane} "
ASSIGNMENTS = {
    "empty": ("", "no graded claim is left", "--only nothing.such"),
    "not TOML": ("title = ", "not valid TOML", ""),
    "unknown key": ("marks = 5", "marks: unknown key", ""),
    "unknown limit": ("[limits]\ncolour = 1", "limits.colour: unknown key", ""),
    "wrong type": ("points = 'many'", "points = 'many': Expected", ""),
    "claims no list": ("claims = 'metrics'", "claims = 'metrics': Expected", ""),
    "no points": ("points = 0", "points = 0.0: expected a number from 0.01", ""),
    "infinite points": ("points = inf", "points = inf: expected a number", ""),
    "points not a number": ("points = nan", "points = nan: expected a number", ""),
    "huge points": ("points = 1e300", "points = 1e+300: expected a number", ""),
    "three decimals": ("points = 1.005", "points = 1.005: expected", ""),
    "memory 10**21": (f"[limits]\nmemory = {10**21}", "limits.memory = ", ""),
    "memory 10**15": (f"[limits]\nmemory = {10**15}", "limits.memory = ", ""),
    "memory in GiB": ("[limits]\nmemory = 1", "limits.memory = 1: expected a number from 64 up to", ""),
    "seconds 1e9": ("[limits]\nseconds = 1e9", "limits.seconds = 1000000000.0: expected a number above 0, up to", ""),
    "all seconds 1e9": ("[limits]\ntotal_seconds = 1e9", "limits.total_seconds = 1000000000.0: expected a number", ""),
    "seconds 1e308": ("[limits]\nseconds = 1e308", "limits.seconds = 1e+308: expected", ""),
    "seconds nan": ("[limits]\nseconds = nan", "limits.seconds = nan: expected", ""),
    "no processes": ("[limits]\nprocesses = 0", "limits.processes = 0: expected", ""),
    "negative disk": ("[limits]\ndisk = -1", "limits.disk = -1: expected", ""),
    "unknown claim": ("claims = ['metrix']", "metrix", ""),
    "unknown exclude": ("exclude = ['metrix']", "metrix", ""),
    "ungraded claim": ("claims = ['face.scrambled-attention-better']", "expected claims that are graded", ""),
    "weight of nothing": ("[weights]\nx = 1", "weights.x = 1.0: expected", ""),
    "weight 0": ("[weights]\nq2 = 0", "weights.q2 = 0.0: expected", ""),
    "uneven weights": ("[weights]\nq2 = 1e308", "nothing is left for", ""),
    "hint on nothing": ("[hints]\nx = 'y'", "hints.x = 'y': expected the id of a claim", ""),
    "due no date": ("due = 'soon'", "due = 'soon': expected a date, or a date and time, such as 2026", ""),
    "due no day": ("due = 23:59:00", "due = datetime.time(23, 59): expected a date, or a date and time, such as", ""),
    "no claims": ("claims = []", "claims = []: expected at least one prefix", ""),
    "weighed twice": (
        "[weights]\nq2_classification_metrics = 1\nq2 = 2",
        "weights.q2 = 2.0: expected one weight of the question",
        "",
    ),
    "visibility of nothing": ("[visibility]\nx = 'hidden'", "visibility.x = 'hidden': expected", ""),
    "visibility unknown": ("[visibility]\nmetrics = 'maybe'", "Invalid enum value 'maybe'", ""),
    "after no date": ("[visibility]\nmetrics = 'after-due-date'", "due = None: expected", ""),
    "hint level unknown": ("[hint_level]\nmetrics = '9'", "Invalid enum value '9'", ""),
    "nested": ("a." * 2000 + "b = 1", "unknown key", ""),
}
"""Assignments that are wrong: the content, what is said, and further options."""
ROSTERS = {
    "empty": b"",
    "head only": b"id,name\n",
    "no id": b"name,grade\njane,1\n",
    "twice": b"id\njane\njane\n",
    "column twice": b"id,id\njane,rae\n",
    "blank id": b"id,name\n,Jane\n",
    "not UTF-8": "id,name\njane,Zoë\n".encode("latin-1"),
    "UTF-16, cut off": "id,name\njane,Zoë\n".encode("utf-16")[:-1],
    "binary": bytes(range(256)),
    "open quote": b'id\n"jane\n',
    "bad date": b"id,submitted\njane,soon\n",
    "a huge cell": b"id\n" + b"x" * 200_000 + b"\n",
}
OVERRIDES = {
    "empty": b"",
    "columns": b"student,points\n",
    "cells": b"student,points,comment\njane,1\n",
    "twice": b"student,points,comment\njane,1,\njane,2,\n",
    "nobody": b"student,points,comment\nzoe,1,\n",
    "not a number": b"student,points,comment\njane,many,\n",
    "negative": b"student,points,comment\njane,-1,\n",
    "huge": b"student,points,comment\njane,1e999999,\n",
    "not UTF-8": "student,points,comment\njane,1,Zoë\n".encode("latin-1"),
}
GRADEBOOKS = {
    "empty": b"",
    "columns": b"Student,ID\n",
    "no such assignment": b"Student,ID,Section,Homework 6 (1)\n",
    "other points": GRADEBOOK.replace(",50,100,", ",50,20,").encode(),
    "not UTF-8": GRADEBOOK.replace("Doe", "Zoë").encode("latin-1"),
    "binary": bytes(range(256)),
}
COMMANDS = {
    "grade": "",
    "grade nothing there": "grade {tmp}/nowhere --out {new}",
    "grade a class and something not there": "grade {jane} {tmp}/nowhere --out {new}",
    "grade without --out": "grade {jane}",
    "grade into the class": "grade {class} --out {class}",
    "grade into the submission": "grade {class} --out {class}/new/out",
    "out is a file": "grade {jane} --out {jane}",
    "out below a file": "grade {jane} --out {jane}/out",
    "out below what is not writable": "grade {jane} --out /proc/claims/out",
    "assignment not there": GRADE + "--assignment {tmp}/nowhere.toml",
    "assignment a folder": GRADE + "--assignment {tmp}",
    "assignment binary": GRADE + "--assignment {binary}",
    "roster not there": GRADE + "--roster {tmp}/nowhere.csv",
    "roster a folder": GRADE + "--roster {tmp}",
    "roster below a file": GRADE + "--roster {jane}/students.csv",
    "workers 0": GRADE + "--workers 0",
    "workers many": GRADE + f"--workers {10**30}",
    "workers words": GRADE + "--workers many",
    "shard 3/2": GRADE + "--shard 3/2",
    "shard 1/10**30": GRADE + f"--shard 1/{10**30}",
    "shard 1": GRADE + "--shard 1",
    "attempts": GRADE + "--attempts first",
    "only nothing": GRADE + "--only metrix",
    "exclude nothing": GRADE + "--exclude metrix",
    "exclude everything": GRADE + "--only metrics --exclude metrics",
    "engine without scheduler": GRADE + "--engine dask",
    "scheduler without engine": GRADE + "--scheduler tcp://x:1",
    "engine unknown": GRADE + "--engine slurm",
    "device unknown": GRADE + "--device tpu",
    "sandbox unknown": GRADE + "--sandbox chroot",
    "unknown option": GRADE + "--colour",
    "secret not there": GRADE + "--seed-secret {tmp}/nowhere",
    "secret a folder": GRADE + "--seed-secret {tmp}",
    "secret empty": GRADE + "--seed-secret {empty}",
    "secret short": GRADE + "--seed-secret {short}",
    "secret in no variable": GRADE + "--seed-secret env:NO_SUCH_SECRET",
    "secret in no name": GRADE + "--seed-secret env:",
    "secret in nothing": GRADE + "--seed-secret ''",
    "grade nothing": "grade '' --out {new}",
    "out is nothing": "grade {jane} --out ''",
    "roster is nothing": GRADE + "--roster ''",
    "assignment is nothing": GRADE + "--assignment ''",
    "another secret": AGAIN + "--seed-secret {binary}",
    "regrade nobody": GRADE + "--regrade nobody",
    "forget nobody": GRADE + "--forget nobody",
    "start over in shards": GRADE + "--start-over --shard 1/2",
    "start over and forget": AGAIN + "--start-over --forget jane",
    "start over with no secret": AGAIN + "--start-over --seed-secret {tmp}/nowhere",
    "another selection": AGAIN + "--only metrics",
    "export of what is not there": "export csv {tmp}/nowhere",
    "export of a file": "export csv {jane}",
    "export of another folder": "export csv {class}",
    "export unknown": "export xls {out}",
    "export nobody": EXPORT + "--submission nobody",
    "export into a file": "export html {out} --out {jane}",
    "export below a file": EXPORT + "--out {jane}/x",
    "export csv in the place of a folder": EXPORT + "--out {tmp}/folder.csv",
    "export with another secret": EXPORT + "--seed-secret {binary}",
    "export of nothing": "export csv ''",
    "export into nothing": EXPORT + "--out ''",
    "export csv into a gradebook": EXPORT + "--gradebook {gradebook}",
    "export csv of a column": EXPORT + "--column Exam",
    "export csv over scores": EXPORT + "--overwrite",
    "export csv of an assignment": EXPORT + "--assignment {gradebook}",
    "autograder of a submission": "export gradescope-autograder {new} --submission jane",
    "autograder elsewhere": "export gradescope-autograder {new} --out {tmp}/other",
    "autograder with overrides": "export gradescope-autograder {new} --overrides {gradebook}",
    "autograder with a secret": "export gradescope-autograder {new} --seed-secret {binary}",
    "overrides not there": EXPORT + "--overrides {tmp}/nowhere.csv",
    "overrides a folder": EXPORT + "--overrides {tmp}",
    "canvas without a gradebook": "export canvas {out}",
    "gradebook not there": CANVAS + "{tmp}/nowhere.csv",
    "gradebook a folder": CANVAS + "{tmp}",
    "column not there": CANVAS + "{gradebook} --column Exam",
    "classroom50 without its runner": "export classroom50 {out}",
    "autograder into a full folder": "export gradescope-autograder {class}",
    "autograder of no assignment": "export gradescope-autograder {new} --assignment {tmp}/nowhere.toml",
    "check nothing there": "check {tmp}/nowhere",
    "check two": "check {jane} {jane}",
    "check nothing": "check",
    "check a path that is none": "check ''",
    "check an assignment that is a folder": CHECK + "--assignment {tmp}",
    "check no claim": CHECK + "--only metrix",
    "new into a full folder": "new {class}",
    "new into a file": "new {jane}",
    "new below a file": "new {jane}/mine",
    "new into nothing": "new ''",
    "new of no assignment": "new {new} --assignment {tmp}/nowhere.toml",
}
COMMANDS |= {f"roster: {name}": GRADE + "--roster {given}" for name in ROSTERS}
COMMANDS |= {f"overrides: {name}": EXPORT + "--overrides {given}" for name in OVERRIDES}
COMMANDS |= {f"gradebook: {name}": CANVAS + "{given}" for name in GRADEBOOKS}
CONTENT = {f"{kind}: {name}": content for kind, contents in (
    ("roster", ROSTERS), ("overrides", OVERRIDES), ("gradebook", GRADEBOOKS)
) for name, content in contents.items()}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch):
    """No run is started: input that should have been refused would show in what was written."""
    monkeypatch.setattr(grade_command, "local", books.run_without_running)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(grade_command, "_working_sandbox", lambda *_: "none")
    monkeypatch.setattr(cli, "_inventory", examples.inventory)
    monkeypatch.setattr(check_command, "run_submission", lambda _: pytest.fail("it was run"))


@pytest.fixture
def places(tmp_path):
    """What commands speak of: a class, a folder with grades, and files that are none."""
    jane = books.submit(tmp_path, "jane")
    examples.class_folder(tmp_path / "out", examples.record(submission="jane"))
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "short").write_text("secret")
    (tmp_path / "empty").touch()
    (tmp_path / "gradebook.csv").write_text(GRADEBOOK)
    (tmp_path / "folder.csv").mkdir()
    return {
        "tmp": tmp_path,
        "jane": jane,
        "class": tmp_path / "class",
        "out": tmp_path / "out",
        "new": tmp_path / "new",
        "binary": tmp_path / "binary",
        "short": tmp_path / "short",
        "empty": tmp_path / "empty",
        "gradebook": tmp_path / "gradebook.csv",
        "given": tmp_path / "given.csv",
    }


def contents(folder):
    """Every file there with its bytes, but for locks and a secret that was drawn."""
    kept = (file for file in folder.rglob("*") if file.is_file() and ".graders" not in file.parts)
    return {file: file.read_bytes() for file in kept if file.name not in (".lock", "seed-secret")}


def refused(words, capsys):
    """The one line with which a command is refused."""
    try:
        status = cli.main(words)
    except SystemExit as exit_:
        status = exit_.code
    printed = capsys.readouterr().err
    assert status == 2, printed
    (line,) = printed.splitlines()
    assert line.startswith("claims")
    return line


@pytest.mark.parametrize("case", COMMANDS)
def test_it_is_refused(places, monkeypatch, capsys, case):
    """One line, status 2, and every file as it was."""
    for name in ("CLASSROOM", "NO_SUCH_SECRET"):
        monkeypatch.delenv(name, raising=False)
    if case in CONTENT:
        places["given"].write_bytes(CONTENT[case])
    before = contents(places["tmp"])
    refused(shlex.split(COMMANDS[case].format(**places)), capsys)
    assert contents(places["tmp"]) == before


@pytest.mark.parametrize("case", ASSIGNMENTS)
@pytest.mark.parametrize("command", [GRADE, CHECK, "new {new} ", "export gradescope-autograder {new} "])
def test_an_assignment_is_refused(places, capsys, command, case):
    """By every command that takes one, with the key and its value."""
    content, says, options = ASSIGNMENTS[case]
    if options and command not in (GRADE, CHECK):
        content, says = "claims = ['nothing.such']", "nothing.such"
        options = ""
    places["given"].write_text(content)
    before = contents(places["tmp"])
    words = (command + "--assignment {given} " + options).format(**places).split()
    says = "nothing.such" if case == "empty" else says
    assert says in refused(words, capsys)
    assert contents(places["tmp"]) == before
    assert not places["new"].exists()


@pytest.mark.parametrize("format_", ["gradescope", "classroom50", "html", "github", "junit", "ctrf", "csv", "summary"])
def test_a_record_without_a_grade_is_one_line(tmp_path, capsys, format_):
    """Whatever became of it, an export of somebody without a grade says so, or shows it; it never breaks."""
    record = msgspec.structs.replace(
        examples.record(submission="jane"), status="grader-error", grade=None, run=None, problem="no disk"
    )
    out = examples.class_folder(tmp_path / "out", record)
    status = cli.main(["export", format_, str(out)])
    printed = capsys.readouterr().err
    if format_ in ("gradescope", "classroom50"):
        assert status == 1
        assert printed == ("left out: jane: grader-error, so it has no grade to export yet\n")
    else:
        assert (status, printed) == (0, "")
