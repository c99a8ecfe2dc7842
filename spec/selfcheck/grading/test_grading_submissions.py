"""What submissions are made of: whatever is wrong with one is said in a sentence, and nothing leaves its folder."""

import encodings
import errno
import gzip
import io
import os
import pkgutil
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from spec.harness.errors import SpecificationError
from spec.harness.grading.diagnosis import PYTHON, flaw_of
from spec.harness.grading.submissions import Caps, Unusable, file_stem, find, fingerprint
from spec.harness.grading.unpacking import unpack
from spec.harness.implementation.loading import source_path
from spec.harness.sandbox.inside.removal import remove

CODE = b"def f1(y_true, y_pred):\n    return 1.0\n"
SMALL = Caps(size=3 * 2**20, files=20, ratio=50, path=100)


def zipped(file, entries):
    """A `.zip` of (name or ZipInfo, contents) pairs."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in entries:
            archive.writestr(name, contents)
    return file


def tarred(file, entries, **options):
    """A `.tar.gz` of (name or TarInfo, contents) pairs."""
    with tarfile.open(file, "w:gz", **options) as archive:
        for name, contents in entries:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    return file


def tar_entry(name, kind, target=""):
    """An entry of a tar that is no file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def zip_entry(name, mode):
    """An entry of a zip with a Unix file mode."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry


def encrypted(file):
    """A `.zip` whose entry says that it is encrypted."""
    data = bytearray(zipped(file, [("metrics.py", CODE)]).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at : at + 2] = struct.pack("<H", 1)
    return written(file, data)


def written(file, contents=b"?"):
    """A file with these bytes."""
    file.write_bytes(contents)
    return file


def folder(path, add=Path.exists):
    """A folder with one module, and what `add` puts into it."""
    path.mkdir()
    (path / "metrics.py").write_bytes(CODE)
    add(path)
    return path


def broken(file, method):
    """A `.zip` whose entry was damaged, packed by this method."""
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("metrics.py", CODE * 200)
    data = bytearray(file.read_bytes())
    data[60:90] = bytes(byte ^ 0x5A for byte in data[60:90])
    return written(file, data)


def endless_names(file):
    """A `.tgz` of headers that say the name of the next, which is such a header."""
    header = tar_entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    header.size = 5
    return written(file, gzip.compress((header.tobuf(tarfile.GNU_FORMAT) + b"name".ljust(512, b"\0")) * 3000))


def deep(at):
    """Makes folders in folders, each by itself: no path is long enough to say where the last is."""
    folder = os.open(at, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deeper", dir_fd=folder)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)


def nested(at):
    """The bytes of a `.zip` of a folder."""
    return zipped(at / "nested.zip", [("mine/metrics.py", CODE)]).read_bytes()


AS_EXPECTED = ("the modules were found in", "missing: ", "all functions are read from")
BOTH = [("mine/metrics.py", CODE), ("mine/one_hot.py", CODE)]
MAC = [("__MACOSX/mine/._metrics.py", b"?"), (".DS_Store", b"?")]


@pytest.mark.parametrize(
    ("make", "expected", "files"),
    [
        (lambda at: folder(at / "jane"), ".", ["metrics.py"]),
        (lambda at: written(at / "metrics.py", CODE), "metrics.py", []),
        (lambda at: zipped(at / "x.zip", [*BOTH, ("mine/", b"")]), "mine", ["metrics.py", "one_hot.py"]),
        (lambda at: zipped(at / "J.ZIP", BOTH[:1]), "mine", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("solution.py", CODE)]), "solution.py", []),
        (lambda at: zipped(at / "x.zip", [("metrics.py", CODE)]), ".", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [*BOTH, *MAC]), "mine", ["metrics.py", "one_hot.py"]),
        (lambda at: zipped(at / "x.zip", [("gan/__init__.py", CODE)]), ".", ["gan"]),
        (lambda at: tarred(at / "x.tar.gz", BOTH), "mine", ["metrics.py", "one_hot.py"]),
        (lambda at: tarred(at / "x.tgz", [("./a/mine/metrics.py", CODE)]), "a/mine", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("hw/metrics.py", CODE), ("report.pdf", b"%")]), "hw", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("solution.py", CODE), ("README.md", b"#")]), "solution.py", []),
        (lambda at: zipped(at / "x.zip", [("src/hw/metrics.py", CODE), ("a.py", b"")]), "src/hw", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("src\\metrics.py", CODE)]), "src", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("x", b""), ("in.zip", nested(at))]), "unpacked/mine", ["metrics.py"]),
        (lambda at: folder(at / "jane", lambda in_: (in_ / "venv").mkdir()), ".", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("hw\\", b""), ("hw\\metrics.py", CODE)]), "hw", ["metrics.py"]),
        (
            lambda at: zipped(at / "x.zip", [("unpacked", b""), ("in.zip", nested(at))]),
            "unpacked (2)/mine",
            ["metrics.py"],
        ),
        (lambda at: tarred(at / "x.tgz", [("._metrics.py", b"\0\5"), ("metrics.py", CODE)]), ".", ["metrics.py"]),
        (lambda at: zipped(at / "x.zip", [("._a.py", b"\0\5"), ("a.py", CODE), ("Icon\r", b"")]), "a.py", []),
        (
            lambda at: zipped(at / "x.zip", [(zip_entry("venv/bin/python", stat.S_IFLNK), "x"), BOTH[0]]),
            "mine",
            ["metrics.py"],
        ),
        (
            lambda at: tarred(at / "x.tgz", [(tar_entry("node_modules/x", tarfile.SYMTYPE, "y"), b""), BOTH[0]]),
            "mine",
            ["metrics.py"],
        ),
        (lambda at: zipped(at / "x.zip", [("a::b/metrics.py", CODE), ("q: final", b"")]), "a::b", ["metrics.py"]),
        (
            lambda at: zipped(at / "x.zip", [("metrics.py", CODE), ("straße.txt", b""), ("strasse.txt", b"")]),
            ".",
            ["metrics.py", "strasse.txt", "straße.txt"],
        ),
        (lambda at: tarred(at / "x.tgz", [("A.PY", b""), ("a.py", CODE), ("A.py", b"")]), "a.py", []),
        (
            lambda at: zipped(at / "x.zip", [*((f"node_modules/{i}", b"") for i in range(4500)), BOTH[0]]),
            "mine",
            ["metrics.py"],
        ),
    ],
    ids=[
        "folder", "a file like a topic", "zip of a folder", "upper case", "zip of a file", "zip of a topic",
        "what a Mac leaves", "a topic's package", "tar.gz", "two folders", "beside a report", "beside a README",
        "two folders beside others", "made on Windows", "an archive in an archive", "beside an environment",
        "folders made on Windows", "an archive beside what it is unpacked to", "a Mac's tar", "a Mac's zip",
        "a link in an environment, zip", "a link in libraries, tar", "colons",
        "names that some systems hold to be the same", "cases", "many libraries",
    ],
)  # fmt: skip
def test_an_implementation_is_found(tmp_path, make, expected, files):
    """A folder, also within an archive and a single folder there, or a single file is the implementation."""
    unpacked, remarks = unpack(make(tmp_path), tmp_path / "out", ["metrics", "gan"])
    assert [remark for remark in remarks if not remark.startswith(AS_EXPECTED)] == []
    assert unpacked == tmp_path / "out" / expected
    assert sorted(file.name for file in unpacked.iterdir()) == files if files else unpacked.read_bytes() == CODE


IN_ARCHIVES = {
    "path escape": ([("a/../../evil.py", CODE)], "a path outside the submission"),
    "absolute": ([("/tmp/evil.py", CODE)], "a path outside the submission"),
    "backslash": ([("..\\evil.py", CODE)], "a path outside the submission"),
    "control character": ([("a\x1b[2Jb.py", CODE)], "control characters"),
    "twice": ([("a.py", CODE), ("./a.py", CODE)], "twice"),
    "file and folder": ([("a", CODE), ("a/b.py", CODE)], "twice"),
    "file and a folder below it": ([("a", CODE), ("a/b/c.py", CODE)], "twice"),
    "folder and file": ([("a/b.py", CODE), ("a", CODE)], "twice"),
    "too many": ([(f"{i}.py", CODE) for i in range(30)], "more than 20 files"),
    "too large": ([("a.bin", os.urandom(4 * 2**20))], "more than 3,145,728 bytes unpacked"),
    "a bomb": ([("a.bin", bytes(2 * 2**20))], "unpacks to more than 50 times"),
    "a long path": ([("a/" * 60 + "b.py", CODE)], "at most 100 characters"),
    "a long name": ([("🎓" * 64, CODE)], "expected names of at most 255 bytes in UTF-8"),
}
PASSWORDS = "/etc/passwd"
WRONG = {
    **{f"zip, {case}": (lambda at, e=e: zipped(at / "x.zip", e), said) for case, (e, said) in IN_ARCHIVES.items()},
    **{f"tar, {case}": (lambda at, e=e: tarred(at / "x.tgz", e), said) for case, (e, said) in IN_ARCHIVES.items()},
    "another type": (lambda at: written(at / "jane.rar"), "expected a folder, a .py, a .zip or a .tar.gz"),
    "not a zip": (lambda at: written(at / "jane.zip"), "not a valid .zip file"),
    "a rar": (lambda at: written(at / "jane.zip", b"Rar!\x1a\7\1\0"), "not a valid .zip file: it is a rar archive"),
    "a zip": (lambda at: zipped(at / "jane.tgz", BOTH), "not a valid .tar.gz file: it is a zip archive"),
    "damaged LZMA": (lambda at: broken(at / "x.zip", zipfile.ZIP_LZMA), "not a valid .zip file: Corrupt input data"),
    "damaged bzip2": (lambda at: broken(at / "x.zip", zipfile.ZIP_BZIP2), "not a valid .zip file: Invalid data stream"),
    "headers without end": (lambda at: endless_names(at / "x.tgz"), "not a valid .tar.gz file: maximum recursion"),
    "broken in a zip": (lambda at: zipped(at / "x.zip", [("in.zip", b"?")]), "in its 'in.zip': it is not a valid .zip"),
    "not a tar": (lambda at: written(at / "jane.tar.gz"), "not a valid .tar.gz file"),
    "zip, link": (
        lambda at: zipped(at / "x.zip", [(zip_entry("evil", stat.S_IFLNK | 0o777), PASSWORDS)]), "'evil' is a link"
    ),
    "zip, device": (lambda at: zipped(at / "x.zip", [(zip_entry("evil", stat.S_IFCHR), "")]), "is a device"),
    "zip, encrypted": (lambda at: encrypted(at / "x.zip"), "is encrypted; expected an archive without a password"),
    "tar, link": (
        lambda at: tarred(at / "x.tgz", [(tar_entry("evil", tarfile.SYMTYPE, PASSWORDS), b"")]), "'evil' is a link"
    ),
    "tar, hard link": (
        lambda at: tarred(at / "x.tgz", [("a.py", CODE), (tar_entry("b.py", tarfile.LNKTYPE, "a.py"), b"")]),
        "'b.py' is a link",
    ),
    "tar, pipe": (lambda at: tarred(at / "x.tgz", [(tar_entry("evil", tarfile.FIFOTYPE), b"")]), "is a device"),
    "tar, device": (lambda at: tarred(at / "x.tgz", [(tar_entry("evil", tarfile.CHRTYPE), b"")]), "is a device"),
    "tar, endless header": (
        lambda at: tarred(at / "x.tgz", [("a", b"")], pax_headers={"comment": "x" * 9_000_000}),
        "too many bytes that belong to no file",
    ),
    "tar, cut off": (
        lambda at: written(at / "x.tgz", tarred(at / "y.tgz", [("a", os.urandom(50_000))]).read_bytes()[:25_000]),
        "not a valid .tar.gz file",
    ),
    "folder, link": (lambda at: folder(at / "jane", lambda in_: (in_ / "evil").symlink_to(PASSWORDS)), "is a link"),
    "folder, link to a folder": (lambda at: folder(at / "jane", lambda in_: (in_ / "e").symlink_to("..")), "is a link"),
    "folder, too long a path": (
        lambda at: folder(at / "jane", lambda in_: (in_ / "/".join(["deeper"] * 20)).mkdir(parents=True)),
        "expected paths of at most 100 characters",
    ),
    "folder, too many": (
        lambda at: folder(at / "jane", lambda in_: [(in_ / f"{i}.py").touch() for i in range(30)]),
        "more than 20 files",
    ),
    "folder, too large": (
        lambda at: folder(at / "jane", lambda in_: written(in_ / "a.bin", bytes(4 * 2**20))), "than 3,145,728 bytes"
    ),
    "a file, too large": (lambda at: written(at / "x.py", bytes(4 * 2**20)), "expected at most 3,145,728"),
    "a link itself": (lambda at: (at / "x.py").symlink_to(PASSWORDS) or at / "x.py", "it is a link"),
}  # fmt: skip
if hasattr(os, "mkfifo"):  # Windows has none
    WRONG["folder, pipe"] = (lambda at: folder(at / "jane", lambda in_: os.mkfifo(in_ / "evil")), "is a named pipe")


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_and_nothing_escapes(tmp_path, case):
    """Escapes, links, devices, names twice, bombs and broken archives are refused, and leave nothing outside."""
    make, expected = WRONG[case]
    submission = make(tmp_path)
    before = {*tmp_path.rglob("*"), *Path("/tmp").glob("evil*")}
    with pytest.raises(Unusable) as error:
        unpack(submission, tmp_path / "out", caps=SMALL)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)
    after = {*tmp_path.rglob("*"), *Path("/tmp").glob("evil*")}
    assert {path for path in after if (tmp_path / "out") not in (path, *path.parents)} == before
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_symlink()]
    # The same fault is the same fault: a submission that cannot be read is not graded twice.
    assert fingerprint(submission, SMALL) == fingerprint(submission, SMALL)


@pytest.mark.parametrize(
    "name", ["\udcff.py", "new\nline.py", "C:x.py", "a\\b.py", "\u202e.py", "x.PY", "x.y.Py", ".py", "..PY"]
)
def test_a_file_may_have_any_name(tmp_path, name):
    """What a submission that is one file is called costs nothing: it is found and run."""
    file, remarks = unpack(written(tmp_path / name, CODE), tmp_path / "out", ["metrics"])
    assert (file.read_bytes(), remarks) == (CODE, [])
    assert source_path(str(file)) == file


@pytest.mark.parametrize("encoding", sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)}))
def test_no_coding_line_is_the_graders_error(tmp_path, encoding):
    """Whatever Python knows under that name: it reads the file, or the file is remarked on."""
    source = written(tmp_path / "notes.py", b"# coding: %s\n" % encoding.encode() + "x = 'é'\n".encode())
    assert flaw_of(source) in ("", "declares an encoding with which Python cannot read it: save it as UTF-8") or (
        "is not valid Python" in flaw_of(source)
    )
    remarks = unpack(
        zipped(tmp_path / "x.zip", [("metrics.py", CODE), ("notes.py", source.read_bytes())]),
        tmp_path / "out",
        ["metrics"],
    )[1]
    assert remarks == ([f"notes.py {flaw_of(source)}"] if flaw_of(source) else [])


def test_a_folder_deeper_than_any_path_ends_nobody_elses_grading(tmp_path):
    """It has a fingerprint as any other submission has, and a reason."""
    path = folder(tmp_path / "jane", deep)
    assert fingerprint(path) == fingerprint(path)
    with pytest.raises(Unusable, match="expected paths of at most 400 characters"):
        unpack(path, tmp_path / "out")
    remove(path)


def test_what_the_system_cannot_read_ends_nobody_elses_grading(tmp_path, monkeypatch):
    """An error of the disk is none of the submission's: it has a fingerprint, and unpacking says what is wrong."""
    path = folder(tmp_path / "jane")
    monkeypatch.setattr(Path, "iterdir", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    assert fingerprint(path)
    with pytest.raises(OSError, match="Input/output error"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("forbidden", "called"),
    [("jane/deep", "deep"), ("jane", "jane"), ("jane/deep/x.py", "deep/x.py"), ("jane.zip", "jane.zip")],
)
def test_what_may_not_be_read_is_called_as_in_the_submission(tmp_path, monkeypatch, forbidden, called):
    """Where it lies on this machine is not said, and a class that has moved has the same fingerprints."""
    fingerprints = set()
    for home in (tmp_path / "here", tmp_path / "there"):
        (home / "jane" / "deep").mkdir(parents=True)
        written(home / "jane" / "deep" / "x.py")
        zipped(home / "jane.zip", [("metrics.py", CODE)])
        path = home / Path(forbidden).parts[0]
        with monkeypatch.context() as patch:
            for owner, function in ((Path, "iterdir"), (Path, "open"), (zipfile, "ZipFile")):
                patch.setattr(owner, function, refusing(getattr(owner, function), home / forbidden))
            fingerprints.add(fingerprint(path))
            with pytest.raises(Unusable) as caught:
                unpack(path, home / "out")
        assert str(caught.value) == f"{called!r} cannot be read: Permission denied"
    assert len(fingerprints) == 1


def refusing(function, forbidden):
    """A function that opens or lists a path, without the permission to do so with one."""

    def refuses(path, *more, **named):
        if path == forbidden:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return function(path, *more, **named)

    return refuses


def test_a_fingerprint_is_of_names_and_contents(tmp_path):
    """Any change of a file's bytes or name changes it; what editors leave does not."""
    path = folder(tmp_path / "jane")
    first = fingerprint(path)
    (path / "__pycache__").mkdir()
    written(path / "__pycache__" / "metrics.pyc")
    assert fingerprint(path) == first
    written(path / "metrics.py", CODE + b"\n")
    assert fingerprint(path) != first
    written((path / "metrics.py").rename(path / "metric.py"), CODE)
    assert fingerprint(path) != first


def test_every_submission_has_a_name_of_its_own(tmp_path):
    """The name is the file's without its suffix, with as many folders as tell it from the others."""
    names = ("a/hw.zip", "b/hw.zip", "jane.tar.gz", "joe", "joe", "../x y.py", "\x1b[31mred\n\udcff.zip")
    for name in names:
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    submissions = find([tmp_path / "in" / name for name in names])
    unreadable = "\N{REPLACEMENT CHARACTER}"
    expected = ["a/hw", "b/hw", "jane", "joe", "x y", f"{unreadable}[31mred {unreadable}"]
    assert [submission.name for submission in submissions] == expected
    stems = {file_stem(submission.name) for submission in submissions}
    assert len(stems) == len(submissions)
    assert all(stem.isascii() and "/" not in stem and " " not in stem for stem in stems)
    assert file_stem("Jane").lower() != file_stem("jane").lower()


REMARKS = {
    "missing": ([("metrics.py", CODE)], ["missing: one_hot.py"]),
    "deeper": (
        [("a/metrics.py", CODE), ("a/one_hot.py", CODE), ("b/metrics.py", CODE)],
        ["the modules were found in a/", "b/metrics.py is ignored"],
    ),
    "deepest, but with more of them": (
        [("a/metrics.py", CODE), ("b/c/metrics.py", CODE), ("b/c/one_hot.py", CODE)],
        ["the modules were found in b/c/", "a/metrics.py is ignored"],
    ),
    "in two places": (
        [("a/metrics.py", CODE), ("b/c/one_hot.py", CODE)],
        ["the modules were found in a/", "missing: one_hot.py", "b/c/one_hot.py is ignored"],
    ),
    "copies": (
        [("backup/one_hot.py", CODE), ("final/one_hot.py", CODE), ("old/one_hot.py", CODE), ("backup/metrics.py", CODE),
         ("x/y.py", CODE), ("x/z.py", b"def g(): pass"), ("backup/help.py", CODE)],
        ["the modules were found in backup/", "final/one_hot.py, old/one_hot.py, x/y.py are ignored"],
    ),
    "an old module beside a complete file": (
        [("old/metrics.py", CODE), ("solution.py", CODE)],
        ["the modules were found in old/", "missing: one_hot.py", "solution.py is ignored"],
    ),
    "a package and a module": (
        [("metrics/__init__.py", b""), ("metrics.py", CODE), ("one_hot.py", CODE)],
        ["metrics.py is ignored"],
    ),
    "a folder that is no package of that name": (
        [("metrics.old/__init__.py", CODE), ("metrics.py", CODE), ("one_hot.py", CODE)], []
    ),
    "a package of modules": (
        [("metrics/__init__.py", b"from .metrics import *"), ("metrics/metrics.py", CODE), ("one_hot.py", CODE)],
        [],
    ),
    "many copies": (
        [("metrics.py", CODE), ("one_hot.py", CODE), *((f"{n}/metrics.py", CODE) for n in range(9))],
        ["0/metrics.py, 1/metrics.py, 2/metrics.py, 3/metrics.py and 5 more are ignored"],
    ),
    "functions of what is missing": (
        [("metrics.py", CODE), ("lib/mine.py", b"def one_hot(tokens, vocabulary): ..."), ("other.py", CODE)],
        ["missing: one_hot.py", "lib/mine.py: functions of one_hot, but not called one_hot.py"],
    ),
    "two files with functions": (
        [("a.py", CODE), ("b.py", CODE), ("c.py", b"")],
        ["all functions are read from a.py", "b.py is ignored"],
    ),
    "nearly found": (
        [("metrics.py", CODE), ("ONE_HOT.PY", CODE), ("one_hot.py.txt", CODE), ("one_hot.py ", CODE), ("hw.RAR", b""),
         ("one_hot.ipynb", b"{}"), ("one_hot.png", b""), ("x/one_hot - Copy.py", CODE), ("metrics.txt", b"")],
        ["missing: one_hot.py",
         "ONE_HOT.PY, 'one_hot.py ', one_hot.py.txt, x/one_hot - Copy.py are not called one_hot.py",
         "one_hot.ipynb is not Python: export as one_hot.py", "hw.RAR is not unpacked"],
    ),
    "nearly found beside one file": (
        [("setup.py", b""), ("One-Hot.txt", CODE), ("hw.zip", b"?")],
        ["One-Hot.txt is not called one_hot.py", "hw.zip is not unpacked"],
    ),
    "nothing missing": ([("metrics.py", CODE), ("one_hot.py", CODE), ("hw.zip", b"?"), ("one_hot.ipynb", b"")], []),
    "UTF-16": (
        [("metrics.py", CODE.decode().encode("utf-16")), ("one_hot.py", CODE)],
        ["metrics.py seems to be in UTF-16, not in UTF-8: save it as UTF-8"],
    ),
    "Latin-1": (
        [("metrics.py", b"x = '\xe9'\n"), ("one_hot.py", CODE)],
        ["metrics.py is not valid UTF-8 and declares no other encoding: save it as UTF-8"],
    ),
    "Latin-1, and says so": ([("metrics.py", b"# coding: latin-1\nx = '\xe9'\n"), ("one_hot.py", CODE)], []),
    "no Python": (
        [("metrics.py", b"def f1(:\n"), ("one_hot.py", CODE)],
        [f"metrics.py is not valid Python {PYTHON}: line 1: invalid syntax"],
    ),
    "one of several": ([("a.py", b""), ("b.py", CODE)], ["all functions are read from b.py"]),
    "one beside others": ([("a.py", b""), ("notes.txt", b"")], []),
    "another name for a folder": (
        [("Metrics.py", CODE), ("x.py", b"")],
        ["all functions are read from Metrics.py", "Metrics.py is not called metrics.py"],
    ),
    "nearly a topic": (
        [("metrics.py", CODE), ("one-hot (1).py", CODE)],
        ["missing: one_hot.py", "one-hot (1).py is not called one_hot.py"],
    ),
    "a notebook": (
        [("metrics.py", b'{"cells": [], "metadata": {}}'), ("one_hot.py", CODE)],
        ["metrics.py is a notebook, not Python"],
    ),
    "an unknown encoding": (
        [("metrics.py", b"# coding: klingon\n" + CODE), ("one_hot.py", CODE)],
        ["metrics.py declares an encoding with which Python cannot read it: save it as UTF-8"],
    ),
    "nested too deeply": (
        [("metrics.py", b"x = " + b"-" * 200_000 + b"1"), ("one_hot.py", CODE)],
        ["metrics.py cannot be parsed: it is nested too deeply, or too large"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REMARKS)
def test_what_was_found_is_remarked_on(tmp_path, case):
    """Where the modules are, which are missing or not read, and which Python cannot read."""
    entries, expected = REMARKS[case]
    _, remarks = unpack(zipped(tmp_path / "x.zip", entries), tmp_path / "out", ["metrics", "one_hot"])
    assert remarks == expected


NOTHING = {
    "a notebook": (
        [("hw5.ipynb", b"{}")],
        "no Python file, only hw5.ipynb; expected modules: export the notebook as .py",
    ),
    "a report": ([("report.pdf", b"%"), ("x/y.docx", b"")], "no Python file (report.pdf, x/y.docx); expected modules"),
    "nothing": ([], "it has no files, or none that count (those in __pycache__, .git and the like do not)"),
    "only what does not count": ([("x/__pycache__/metrics.pyc", b"")], "or none that count (those in __pycache__"),
    "a name that ends with a blank": (
        [("metrics.py ", CODE)],
        "no Python file ('metrics.py '); expected modules named after topics; 'metrics.py ' is not",
    ),
    "two archives": ([("a.zip", b""), ("b.tgz", b"")], "a.zip, b.tgz are not unpacked"),
    "nearly among others": (
        [*((f"{n}.txt", b"") for n in range(9)), ("one_hot.txt", CODE)],
        "; one_hot.txt is not called one_hot.py",
    ),
    "nearly beside others": (
        [("a.py", b""), ("b.py", b""), ("METRICS.PY", CODE)],
        "; METRICS.PY is not called metrics.py",
    ),
    "other modules": (
        [("a.py", b"x = 1"), ("b.py", b"def g(): pass")],
        "none of its 2 Python files (a.py, b.py) is named after a topic or defines a function of the contract; "
        "expected metrics.py, one_hot.py, or one .py",
    ),
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_cannot_be_graded_says_why(tmp_path, case):
    """A submission without anything that the contract asks for is no silent zero."""
    entries, says = NOTHING[case]
    with pytest.raises(Unusable) as error:
        unpack(zipped(tmp_path / "x.zip", entries), tmp_path / "out", ["metrics", "one_hot"])
    assert says in str(error.value)


def test_a_file_whose_name_is_not_utf8_is_left_out_and_said(tmp_path):
    """The others are graded."""
    path = folder(tmp_path / "jane", lambda in_: (in_ / "\udcff.txt").touch())
    _, remarks = unpack(path, tmp_path / "out", ["metrics"])
    (remark,) = remarks
    assert remark.endswith("is left out: its name is not in UTF-8")
    (path / "metrics.py").unlink()
    with pytest.raises(Unusable, match=r"none that count.*txt' is left out: its name is not in UTF-8"):
        unpack(path, tmp_path / "again", ["metrics"])


def test_what_is_left_out_of_an_archive_in_an_archive_is_said(tmp_path):
    """As it is of any other."""
    inner = tarred(tmp_path / "in.tgz", [("metrics.py", CODE), ("\udcff.txt", b"")])
    _, remarks = unpack(zipped(tmp_path / "x.zip", [("in.tgz", inner.read_bytes())]), tmp_path / "out", ["metrics"])
    assert [remark.endswith("is left out: its name is not in UTF-8") for remark in remarks] == [True, False]


def test_names_that_look_alike_cost_nobody_anything(tmp_path):
    """Two suffixes, or two ways to write a letter: both are graded, under names that differ."""
    for name in ("jane.zip", "jane.tar.gz", "Jos\u00e9.zip", "Jose\u0301.tgz"):
        (tmp_path / name).touch()
    names = [submission.name for submission in find(sorted(tmp_path.iterdir()))]
    assert sorted(names) == ["Jos\u00e9", "Jos\u00e9 (2)", "jane", "jane (2)"]
    assert len({file_stem(name) for name in names}) == 4


PIECES = [
    "a",
    "a (2)",
    "\udce9",
    "\udce8",
    "\x1b",
    "\x07",
    "\N{REPLACEMENT CHARACTER}",
    "\u200f",
    " ",
    "\t",
    "e\u0301",
    "\u00e9",
]
"""Of names: some look alike once what cannot be shown is replaced, others have nothing that can be shown."""


def test_no_two_submissions_share_a_name(tmp_path):
    """However alike their names and folders look, each has a name of its own, which is not empty."""
    paths = [
        tmp_path / folder / f"{bare}{suffix}"
        for folder in PIECES
        for bare in ("", *PIECES)
        for suffix in ("", ".py", ".ZIP")
        if bare or suffix
    ]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = find(paths)
    assert sorted(submission.path for submission in found) == sorted(paths)
    names = {submission.name for submission in found}
    assert len(names) == len({file_stem(name) for name in names}) == len(paths)
    assert all(name.rpartition("/")[2].strip() for name in names)


def test_folders_that_look_alike_cost_nobody_anything(tmp_path):
    """Two names in an older encoding are shown alike, and both are graded."""
    for name in ("Ren\udce9", "Ren\udce8"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hw5.py").touch()
    found = find(list(tmp_path.glob("*/hw5.py")))
    assert [submission.path.parent.name for submission in found] == ["Ren\udce8", "Ren\udce9"]
    unreadable = "\N{REPLACEMENT CHARACTER}"
    assert [submission.name for submission in found] == [f"Ren{unreadable}/hw5", f"Ren{unreadable}/hw5 (2)"]


def test_marks_of_direction_are_no_part_of_a_name(tmp_path):
    """They come along unseen, and the roster does not have them."""
    assert [each.name for each in find([written(tmp_path / "\u200f\u0639\u0644\u06cc.py")])] == ["\u0639\u0644\u06cc"]


def test_a_file_may_be_called_as_a_suffix(tmp_path):
    """Its whole name is what it is called."""
    assert [submission.name for submission in find([written(tmp_path / ".py")])] == [".py"]


def test_paths_that_are_not_there_are_refused(tmp_path):
    """A submission that does not exist is the grader's slip, said before anything runs."""
    with pytest.raises(SpecificationError, match="there is no such file or folder"):
        find([tmp_path / "nobody.zip"])
