"""Control groups for memory: where they are made, what they are told, and what the system does then."""

import os
from textwrap import dedent

import numpy as np
import psutil
import pytest

from spec.harness.errors import OutOfMemory, SpecificationError
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.transport import Sandboxed
from spec.harness.sandbox import backends, memory_groups
from spec.harness.sandbox.limits import MIB, Limits
from spec.harness.sandbox.memory_groups import MemoryGroup, MemoryGroups
from spec.harness.sandbox.session import Sandbox
from spec.selfcheck.sandbox.test_sandbox_attacks import backend  # noqa: F401 - a fixture

V1, V2 = "4:memory:{}\n3:cpu:/elsewhere\n0::/init\n", "0::{}\n"
MOUNT_V1 = "30 25 0:26 {} {} rw - cgroup cgroup rw,memory\n31 25 0:27 / /cpu rw - cgroup cgroup rw,cpu\n"
MOUNT_V2 = "30 25 0:26 {} {} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """Pretend that this process is in a group, of which `mounted` is mounted; in which directories it is tried."""
    tried_folders = []

    def works_not(groups):
        tried_folders.append(groups.folder)
        return False

    monkeypatch.setattr(MemoryGroups, "works", works_not)

    def tried(groups, mount, own, mounted="/", files=()):
        top = tmp_path / "mount"
        for name, text in {"cgroup.controllers": "", **dict(files)}.items() if mount == MOUNT_V2 else ():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        (tmp_path / "cgroup").write_text(groups.format(own))
        (tmp_path / "mountinfo").write_text(mount.format(mounted, top))
        assert memory_groups.find(tmp_path) is None
        return [str(folder.relative_to(top)) for folder in tried_folders]

    return tried


@pytest.mark.parametrize(
    ("own", "mounted", "expected"),
    [
        pytest.param("/", "/", ".", id="at the top"),
        pytest.param("/a/b", "/", "a/b", id="below it"),
        pytest.param("/docker/x/job", "/docker/x", "job", id="in a container"),
        pytest.param("/elsewhere", "/docker/x", ".", id="outside what is mounted"),
    ],
)
def test_a_group_of_v1_is_made_in_our_own(tried, own, mounted, expected):
    """Whatever of the hierarchy is mounted, and nowhere else."""
    assert tried(V1, MOUNT_V1, own, mounted) == [expected]


DELEGATES = {f"{folder}cgroup.subtree_control": "cpu memory pids" for folder in ("", "user/", "user/app/")}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, [], id="no memory controller"),
        pytest.param(DELEGATES, ["user/app", "user", "."], id="every group above hands memory on"),
        pytest.param(DELEGATES | {"user/app/pids.max": "100"}, ["user/app"], id="a limit that would be left"),
        pytest.param(DELEGATES | {"user/app/me/memory.max": "4096"}, [], id="a limit of our own"),
        pytest.param(DELEGATES | {"user/app/me/cpu.max": "max 100000"}, ["user/app", "user", "."], id="no limit"),
    ],
)
def test_a_group_of_v2_is_made_above_our_own_and_escapes_no_limit(tried, files, expected):
    """The nearest group that hands memory on; none is left whose limit would hold no longer."""
    files = {"user/app/me/cgroup.procs": "1", **files}
    assert tried(V2, MOUNT_V2, "/user/app/me", files=files.items()) == expected


def test_where_there_are_no_control_groups_there_is_none(tmp_path):
    """As on other systems, or in a container that hides them."""
    assert memory_groups.find(tmp_path) is None


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_group_is_told(tmp_path, version):
    """Its limit, without swap where that can be said; what it tells is whether its memory was full."""
    group = MemoryGroup(tmp_path, version)
    there = {1: "memory.memsw.limit_in_bytes", 2: "memory.swap.max"}[version]
    (tmp_path / there).touch()
    group.limit_to(7 * MIB)
    group.add(12)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        1: {"memory.limit_in_bytes": "7340032", there: "7340032", "cgroup.procs": "12"},
        2: {"memory.max": "7340032", there: "0", "cgroup.procs": "12"},
    }[version]
    assert not group.was_full()
    counts = tmp_path / {1: "memory.oom_control", 2: "memory.events"}[version]
    for kills in (0, 2):
        counts.write_text(f"under_oom 0\noom_kill {kills}\n")
        assert group.was_full() == (kills > 0)


def test_a_group_that_cannot_be_made_is_the_graders_fault(tmp_path):
    """One error that names the folder, and nothing is left."""
    with pytest.raises(SpecificationError, match=r"the memory group .*nowhere/claims-\d+-\d+ cannot be made"):
        MemoryGroups(tmp_path / "nowhere").new(MIB)
    (tmp_path / "memory.limit_in_bytes").touch()
    assert os.listdir(tmp_path) == ["memory.limit_in_bytes"]


def test_groups_of_processes_that_are_no_more_are_removed(tmp_path):
    """And those of living processes are not, nor what somebody else made."""
    gone = next(pid for pid in range(2**22 - 1, 0, -1) if not psutil.pid_exists(pid))
    kept = {f"claims-{os.getpid()}-0", "claims-mine", "others"}
    for name in {f"claims-{gone}-0", f"claims-{gone}-7", *kept}:
        (tmp_path / name).mkdir()
    MemoryGroups(tmp_path).remove_abandoned()
    assert set(os.listdir(tmp_path)) == kept


HUNGRY = """
    import os, time
    import numpy as np

    def f1(y_true, y_pred):
        children = []
        for _ in range(12):
            child = os.fork()
            if child == 0:
                np.ones(60 * 2**17)  # 60 MiB
                time.sleep(60)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        return 0.5
"""


@pytest.mark.sandbox
def test_the_system_bounds_what_a_worker_takes_together_with_its_children(backend, tmp_path, monkeypatch):  # noqa: F811
    """Twelve children that fill 720 MiB at once never have more than the limits; it is memory that ends the call."""
    groups = memory_groups.find()
    if groups is None:
        pytest.skip("no control group for memory can be made here")
    most = []
    remove = MemoryGroup.remove
    peak = {1: "memory.max_usage_in_bytes", 2: "memory.peak"}[groups.version]

    def looked_at(group):
        most.append(int((group.folder / peak).read_text()))
        remove(group)

    monkeypatch.setattr(MemoryGroup, "remove", looked_at)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "metrics.py").write_text(dedent(HUNGRY))
    limits = Limits(seconds=60, memory=256, disk=16)
    sandbox = Sandbox(theirs, "_implementation", backend, limits, memory_groups=groups)
    try:
        implementation = Implementation(str(theirs), Sandboxed(sandbox, str(theirs)))
        with pytest.raises(OutOfMemory, match=r"metrics.f1 took more than 256 MiB of memory \(--limit-memory\)"):
            implementation.metrics.f1(y_true=np.array([0, 1]), y_pred=np.array([0, 1]))
        shared = sandbox._forkserver.watch.shared
    finally:
        sandbox.close()
    assert 100 * MIB < max(most) <= (256 + 16) * MIB + shared
    assert not list(groups.folder.glob(f"claims-{os.getpid()}-*"))


def test_the_label_says_how_memory_is_limited(tmp_path, monkeypatch):
    """By a control group and sampling, or by sampling alone."""
    monkeypatch.setattr(backends.subprocess, "run", lambda *_, **__: type("", (), {"stdout": "bubblewrap 0.8.0"}))
    assert backends.described("bubblewrap", None).endswith(", seccomp, memory by sampling")
    (tmp_path / "cgroup.controllers").touch()
    described = backends.described("bubblewrap", MemoryGroups(tmp_path))
    assert described.endswith(", seccomp, memory by cgroup v2 and sampling")
