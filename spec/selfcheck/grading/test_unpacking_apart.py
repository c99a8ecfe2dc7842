"""Unpacking in a process of its own: what takes for ever, or all memory, is the submission's fault and harms nobody."""

import gzip
import json
import os
import signal
import tarfile

import pytest

from spec.harness.errors import SpecificationError
from spec.harness.grading import submission_run, unpacking_apart
from spec.harness.grading.submissions import Submission, Unusable, fingerprint
from spec.harness.sandbox.limits import Limits

CODE = "def f1(y_true, y_pred):\n    return 1.0\n"


def unpacked(tmp_path, path, before=list):
    """What a run is given of a submission, to which something happens `before` it is unpacked."""
    job = submission_run.Job(
        Submission("jane", path), fingerprint(path), "", [], ["metrics"], True, 0, "cpu", "none", Limits()
    )
    before()
    return submission_run._unpack(job, tmp_path)


def digits(file):
    """A `.tgz` of a few hundred bytes whose header keeps some versions of tarfile busy for hours."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 2**20
    file.write_bytes(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + b"1" * header.size + bytes(10240)))
    return file


def test_it_is_found_under_any_name(tmp_path):
    """Also one that is no text."""
    folder = tmp_path / os.fsdecode(b"-J\xf6rg\n")
    folder.mkdir()
    (folder / "metrics.py").write_text(CODE)
    implementation, remarks = unpacked(tmp_path, folder)
    assert (implementation / "metrics.py").read_text() == CODE
    assert remarks == []


def test_an_archive_that_takes_for_ever_is_ended(tmp_path, monkeypatch):
    """Whoever graded it in this process would wait for hours, and everybody else with them."""
    monkeypatch.setattr(unpacking_apart, "CPU_SECONDS", 3)
    with pytest.raises(Unusable, match=r"it takes more than|it is not a valid .tar.gz"):
        unpacked(tmp_path, digits(tmp_path / "jane.tgz"))


def test_a_source_that_takes_all_memory_is_ended(tmp_path, monkeypatch):
    """Parsing takes a hundred times the memory of a source: there is a remark, or a reason, and no harm."""
    monkeypatch.setattr(unpacking_apart, "MEMORY", 400 * 2**20)
    (tmp_path / "jane.py").write_text("x = 1\n" * 2_000_000)
    try:
        _, remarks = unpacked(tmp_path, tmp_path / "jane.py")
    except Unusable as error:
        remarks = [str(error)]
    assert len(remarks) == 1
    assert remarks[0].endswith("too large") or "it takes more than" in remarks[0]


def test_only_its_own_end_is_its_fault(tmp_path):
    """A process that somebody killed, or that left no answer, is the grader's error: it is unpacked again."""
    for status in (-signal.SIGXCPU, -signal.SIGSEGV):
        with pytest.raises(Unusable, match="it takes more than"):
            unpacking_apart.read(tmp_path / "answer.json", status)
    for status in (-signal.SIGKILL, -signal.SIGTERM, 1, 0):
        with pytest.raises(SpecificationError, match=f"unpacking ended with status {status} and no results"):
            unpacking_apart.read(tmp_path / "answer.json", status)


def test_what_the_system_says_is_the_graders_error(tmp_path):
    """A submission that is gone by now is said in a line."""
    (tmp_path / "jane.py").write_text(CODE)
    path = tmp_path / "jane.py"
    with pytest.raises(SpecificationError) as error:
        unpacked(tmp_path, path, before=path.unlink)
    assert str(error.value) == f"unpacking failed: No such file or directory: {path}"


def test_what_nobody_foresaw_is_the_graders_error_in_a_line(tmp_path, monkeypatch):
    """No points are lost by it, and nobody is shown a traceback, or where the grader's files lie."""

    def unforeseen(*_):
        raise ValueError(f"{tmp_path}/jane.py is\nodd")

    monkeypatch.setattr(unpacking_apart, "unpack", unforeseen)
    monkeypatch.setattr(unpacking_apart, "_limit", lambda *_: None)
    answer = tmp_path / "answer.json"
    unpacking_apart.main(tmp_path / "jane.py", tmp_path / "out", answer, 60, 2**31, [])
    assert json.loads(answer.read_bytes())["unusable"] == ""
    with pytest.raises(SpecificationError) as error:
        unpacking_apart.read(answer, 0)
    assert str(error.value).startswith("unpacking failed: ValueError: jane.py is odd (test_unpacking_apart.py, line ")
    assert str(tmp_path) not in str(error.value)
    assert "\n" not in str(error.value)
