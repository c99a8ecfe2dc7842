"""Files are written as a whole; and what figures raise is said in one line."""

import stat
from pathlib import Path

import pytest

from spec.harness import files
from spec.harness.running.drawing import MESSAGE_LENGTH, brief


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path):
    """Through a link the file itself is replaced, and nothing else is left."""
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    files.write(link, "new ادعا")
    assert file.read_text(encoding="utf-8") == "new ادعا"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_device_is_not_replaced():
    """It is written to."""
    files.write(Path("/dev/null"), b"nothing")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


class Silent(Exception):
    """Cannot be put into words."""

    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("wrong"), "ValueError: wrong"),
        (SystemExit(3), "SystemExit: 3"),
        (ValueError("half \ud800"), "ValueError: half ?"),
        (Silent(), "Silent"),
        (ValueError("x" * 10**6), ("ValueError: " + "x" * 10**6)[:MESSAGE_LENGTH]),
    ],
)
def test_what_a_figure_raises_can_be_written(error, line):
    """Whatever it is."""
    assert brief(error) == line
