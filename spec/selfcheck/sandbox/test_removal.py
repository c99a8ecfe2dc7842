"""Removing what a submission has left: whatever it is, nothing of it stays, and nothing else goes."""

import os

from spec.harness.sandbox.inside.removal import remove

DEEP = 3000
"""Folders in folders: more than a path can say, and than Python's calls can be nested."""


def nest(folder):
    """Folders in folders, with a file in each."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.close(os.open("file", os.O_CREAT, dir_fd=here))
        os.mkdir("deeper", dir_fd=here)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def test_a_folder_of_any_depth_is_removed(tmp_path):
    """Also beside a folder that is called as those are that it moves."""
    theirs = tmp_path / "theirs"
    (theirs / ".removed-0" / "inner").mkdir(parents=True)
    nest(theirs)
    remove(theirs)
    assert list(tmp_path.iterdir()) == []


def test_no_link_is_followed(tmp_path):
    """What it points to stays, and so does its content."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "file").touch()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "link").symlink_to(tmp_path / "ours")
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    remove(theirs)
    remove(tmp_path / "link")
    remove(tmp_path / "nothing")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["ours", "ours/file"]


def test_a_folder_without_permissions_is_removed(tmp_path):
    """Its maker may have taken them away."""
    theirs = tmp_path / "theirs"
    (theirs / "inner" / "innermost").mkdir(parents=True)
    (theirs / "inner" / "file").touch()
    (theirs / "inner").chmod(0)
    remove(theirs)
    assert list(tmp_path.iterdir()) == []
