"""What submissions are made of: whatever is wrong with one is said in a sentence, and nothing leaves its folder."""

import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from spec.harness.errors import SpecificationError
from spec.harness.grading.submissions import Caps, Unusable, find, fingerprint, unpack

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


def special(name, kind, target=""):
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
    file.write_bytes(data)
    return file


def folder(path, make=Path.is_dir):
    """A folder with one module, and what `make` adds."""
    path.mkdir()
    (path / "metrics.py").write_bytes(CODE)
    make(path)
    return path


BOTH = ["metrics.py", "one_hot.py"]
ROOT = [("mine/metrics.py", CODE), ("mine/one_hot.py", CODE), ("mine/", b"")]


@pytest.mark.parametrize(
    ("make", "expected", "files"),
    [
        pytest.param(lambda at: folder(at / "jane"), ".", ["metrics.py"], id="folder"),
        pytest.param(lambda at: zipped(at / "jane.zip", ROOT), "mine", BOTH, id="zip of a folder"),
        pytest.param(lambda at: zipped(at / "J.ZIP", ROOT[:1]), "mine", ["metrics.py"], id="upper case"),
        pytest.param(lambda at: zipped(at / "x.zip", [("solution.py", CODE)]), "solution.py", [], id="zip of one file"),
        pytest.param(lambda at: zipped(at / "x.zip", [("metrics.py", CODE)]), ".", ["metrics.py"], id="one topic"),
        pytest.param(
            lambda at: zipped(at / "x.zip", [*ROOT[:2], ("__MACOSX/mine/._metrics.py", b"?"), (".DS_Store", b"?")]),
            "mine",
            ["metrics.py", "one_hot.py"],
            id="what a Mac leaves",
        ),
        pytest.param(
            lambda at: zipped(at / "x.zip", [("gan/__init__.py", CODE)]), ".", ["gan"], id="a topic that is a package"
        ),
        pytest.param(lambda at: tarred(at / "x.tar.gz", ROOT[:2]), "mine", ["metrics.py", "one_hot.py"], id="tar.gz"),
        pytest.param(
            lambda at: tarred(at / "x.tgz", [("./a/mine/metrics.py", CODE)]), "a/mine", ["metrics.py"], id="two folders"
        ),
    ],
)  # fmt: skip
def test_an_implementation_is_found(tmp_path, make, expected, files):
    """A folder, also within an archive and a single folder there, or a single file is the implementation."""
    found = unpack(make(tmp_path), tmp_path / "out")
    assert found == (tmp_path / "out" / expected)
    assert sorted(file.name for file in found.iterdir()) == files if files else found.read_bytes() == CODE


def test_a_file_is_everything_even_if_called_like_a_topic(tmp_path):
    """A `.py` that is handed in as such holds all topics."""
    (tmp_path / "metrics.py").write_bytes(CODE)
    assert unpack(tmp_path / "metrics.py", tmp_path / "out") == tmp_path / "out" / "metrics.py"


WRONG = {
    "another type": (lambda at: touched(at / "jane.rar"), "expected a folder, a .py, a .zip or a .tar.gz"),
    "not a zip": (lambda at: touched(at / "jane.zip"), "not a sound .zip"),
    "not a tar": (lambda at: touched(at / "jane.tar.gz"), "not a sound .tar.gz"),
    "zip, path escape": (lambda at: zipped(at / "x.zip", [("../evil.py", CODE)]), "below the submission's own folder"),
    "zip, absolute": (lambda at: zipped(at / "x.zip", [("/tmp/evil.py", CODE)]), "below the submission's own folder"),
    "zip, drive": (lambda at: zipped(at / "x.zip", [("C:evil.py", CODE)]), "below the submission's own folder"),
    "zip, backslash": (lambda at: zipped(at / "x.zip", [("..\\evil.py", CODE)]), "without backslashes"),
    "zip, control character": (lambda at: zipped(at / "x.zip", [("a\x1b[2Jb.py", CODE)]), "control characters"),
    "zip, link": (
        lambda at: zipped(at / "x.zip", [(zip_entry("evil", stat.S_IFLNK | 0o777), "/etc/passwd")]),
        "'evil' is a link",
    ),
    "zip, device": (lambda at: zipped(at / "x.zip", [(zip_entry("evil", stat.S_IFCHR), "")]), "is a device"),
    "zip, encrypted": (lambda at: encrypted(at / "x.zip"), "is encrypted; expected an archive without a password"),
    "zip, twice": (lambda at: zipped(at / "x.zip", [("a.py", CODE), ("A.py", CODE)]), "twice"),
    "zip, file and folder": (lambda at: zipped(at / "x.zip", [("a", CODE), ("a/b.py", CODE)]), "twice"),
    "zip, too many": (lambda at: zipped(at / "x.zip", [(f"{i}.py", CODE) for i in range(30)]), "more than 20 files"),
    "zip, too large": (lambda at: zipped(at / "x.zip", [("a.bin", os.urandom(4 * 2**20))]), "bytes unpacked"),
    "zip, a bomb": (lambda at: zipped(at / "x.zip", [("a.bin", bytes(2 * 2**20))]), "unpacks to more than 50 times"),
    "zip, a long name": (lambda at: zipped(at / "x.zip", [("a/" * 60 + "b.py", CODE)]), "at most 100 characters"),
    "tar, path escape": (lambda at: tarred(at / "x.tgz", [("a/../../evil.py", CODE)]), "below the submission's own"),
    "tar, absolute": (lambda at: tarred(at / "x.tgz", [("/tmp/evil.py", CODE)]), "below the submission's own folder"),
    "tar, link": (
        lambda at: tarred(at / "x.tgz", [(special("evil", tarfile.SYMTYPE, "/etc/passwd"), b"")]),
        "'evil' is a link",
    ),
    "tar, hard link": (
        lambda at: tarred(at / "x.tgz", [("a.py", CODE), (special("b.py", tarfile.LNKTYPE, "a.py"), b"")]),
        "'b.py' is a link",
    ),
    "tar, pipe": (lambda at: tarred(at / "x.tgz", [(special("evil", tarfile.FIFOTYPE), b"")]), "is a device"),
    "tar, device": (lambda at: tarred(at / "x.tgz", [(special("evil", tarfile.CHRTYPE), b"")]), "is a device"),
    "tar, twice": (lambda at: tarred(at / "x.tgz", [("a.py", CODE), ("./a.py", CODE)]), "twice"),
    "tar, too many": (lambda at: tarred(at / "x.tgz", [(f"{i}.py", CODE) for i in range(30)]), "more than 20 files"),
    "tar, a bomb": (lambda at: tarred(at / "x.tgz", [("a.bin", bytes(2 * 2**20))]), "unpacks to more than 50 times"),
    "tar, large": (lambda at: tarred(at / "x.tgz", [("a.bin", bytes(4 * 2**20))]), "4,194,304 bytes"),
    "tar, endless header": (
        lambda at: tarred(at / "x.tgz", [("a", b"")], pax_headers={"comment": "x" * 9_000_000}),
        "too many bytes that are no file's",
    ),
    "tar, cut off": (lambda at: cut(tarred(at / "x.tgz", [("a.bin", os.urandom(50_000))])), "not a sound .tar.gz"),
    "folder, link": (
        lambda at: folder(at / "jane", lambda path: (path / "evil").symlink_to("/etc/passwd")),
        "'evil' is a link",
    ),
    "folder, link to a folder": (
        lambda at: folder(at / "jane", lambda path: (path / "evil").symlink_to("..")),
        "'evil' is a link",
    ),
    "folder, pipe": (lambda at: folder(at / "jane", lambda path: os.mkfifo(path / "evil")), "is a named pipe"),
    "folder, too many": (
        lambda at: folder(at / "jane", lambda path: [(path / f"{i}.py").touch() for i in range(30)]),
        "more than 20 files",
    ),
    "folder, too large": (
        lambda at: folder(at / "jane", lambda path: (path / "a.bin").write_bytes(bytes(4 * 2**20))),
        "more than 3,145,728 bytes",
    ),
    "a link itself": (lambda at: linked(folder(at / "there"), at / "jane"), "it is a link"),
}  # fmt: skip


def touched(file):
    """A file of a few bytes."""
    file.write_bytes(b"?")
    return file


def cut(file):
    """The first half of a file."""
    file.write_bytes(file.read_bytes()[:25_000])
    return file


def linked(target, link):
    """A link."""
    link.symlink_to(target)
    return link


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence_and_nothing_escapes(tmp_path, case):
    """Escapes, links, devices, names twice, bombs and broken archives are refused, and leave nothing outside."""
    make, expected = WRONG[case]
    submission = make(tmp_path)
    before = {*tmp_path.rglob("*"), *Path("/tmp").glob("evil*")}
    with pytest.raises(Unusable) as error:
        unpack(submission, tmp_path / "out", SMALL)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)
    after = {*tmp_path.rglob("*"), *Path("/tmp").glob("evil*")}
    assert {path for path in after if (tmp_path / "out") not in (path, *path.parents)} == before
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_symlink()]
    # The same fault is the same fault: a submission that cannot be read is not graded twice.
    assert fingerprint(submission, SMALL) == fingerprint(submission, SMALL)


def test_a_fingerprint_is_of_names_and_contents(tmp_path):
    """Any change of a file's bytes or name changes it; what editors leave does not."""
    path = folder(tmp_path / "jane")
    first = fingerprint(path)
    (path / "__pycache__").mkdir()
    (path / "__pycache__" / "metrics.pyc").write_bytes(b"?")
    assert fingerprint(path) == first
    (path / "metrics.py").write_bytes(CODE + b"\n")
    assert fingerprint(path) != first
    (path / "metrics.py").rename(path / "metric.py")
    (path / "metric.py").write_bytes(CODE)
    assert fingerprint(path) != first


def test_each_submission_has_a_name_of_its_own(tmp_path):
    """The name is the file's without its suffix, with as many folders as tell it from the others."""
    for path in ("a/hw.zip", "b/hw.zip", "jane.tar.gz", "joe", "../x y.py", "\x1b[31mred\n\udcff.zip"):
        file = tmp_path / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    paths = [tmp_path / "in" / path for path in ("a/hw.zip", "b/hw.zip", "jane.tar.gz", "joe", "joe", "../x y.py")]
    found = find([*paths, *(tmp_path / "in").glob("*red*")])
    assert [each.name for each in found] == ["a/hw", "b/hw", "jane", "joe", "red \N{REPLACEMENT CHARACTER}", "x y"]
    files = [each.file for each in found]
    assert len(set(files)) == len(files)
    assert all(file.isascii() and "/" not in file and " " not in file for file in files)


def test_paths_that_are_not_there_are_refused(tmp_path):
    """A submission that does not exist is the grader's slip, said before anything runs."""
    with pytest.raises(SpecificationError, match="there is no such file or folder"):
        find([tmp_path / "nobody.zip"])
