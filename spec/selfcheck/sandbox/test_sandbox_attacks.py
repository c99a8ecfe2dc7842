"""Attacks on the specification: none gains anything, and none disturbs the submission that is graded beside it.

The outcome of each is printed in a table, by backend (`pytest -s`). A plain subprocess is no sandbox: what it lets
happen is listed here, and is the reason why its results are labelled.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from spec.contract import TOPICS
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError, outcome_of
from spec.harness.evidence.evidence import Evidence
from spec.harness.implementation import access
from spec.harness.implementation.proxy import Implementation, TopicProxy
from spec.harness.implementation.transport import Sandboxed
from spec.harness.paths import PROJECT
from spec.harness.sandbox import copying, probe, processes
from spec.harness.sandbox.backends import NAMES
from spec.harness.sandbox.limits import MIB, Limits
from spec.harness.sandbox.session import Sandbox

HERE = Path(__file__).parent / "attacks"
NO_ATTACKS = ("__init__", "honest", "speaks_for_the_worker")
ATTACKS = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NO_ATTACKS)
LIMITS = Limits(seconds=2, total_seconds=600, memory=512, reply=16, output=4, processes=16, disk=16)
TRUTH, GUESS, ANSWER = np.array([1, 1, 1, 0]), np.array([1, 1, 0, 0]), 0.8
WITHOUT_A_SANDBOX = {
    "asks_a_service", "asks_an_abstract_service", "asks_for_events", "asks_the_network", "changes_permissions",
    "copies_memory", "drops_shared_memory", "fills_both_disks", "fills_deep_folders", "fills_deleted_files",
    "fills_deleted_files_in_the_dead", "fills_deleted_files_of_a_thread", "fills_files_beside", "fills_folders",
    "fills_page_tables", "fills_pipes", "fills_rule_sets", "fills_sockets", "finds_the_reference",
    "follows_a_link", "hides_its_files", "hides_its_folders", "kills_a_process", "leaves_a_note_in_shared_memory",
    "leaves_its_session", "limits_a_process", "limits_where_it_came_from", "lists_a_folder", "makes_a_namespace",
    "opens_terminals", "reads_a_file", "reads_an_environment", "reads_command_lines", "reads_installed_project",
    "reads_memory", "runs_the_reference", "sends_datagrams", "shares_a_device", "shares_memory",
    "signals_in_other_ways", "slows_a_process", "taints_the_cache", "taints_the_libraries", "taints_the_worker",
    "talks_by_locks", "talks_by_the_cache", "traces_a_process", "truncates_a_file", "uses_shared_memory_of_others",
    "watches_files", "writes_a_file",
    *(name for name in ATTACKS if name.startswith("reads_labelled_")),
}  # fmt: skip
"""What succeeds, or may, in a process with the user's rights."""
OUTCOMES = {
    "hangs": {Outcome.TIMEOUT},
    "answers_byte_by_byte": {Outcome.TIMEOUT},
    "leaves_at_once": {Outcome.CRASH},
    "forks_without_end": {Outcome.CRASH, Outcome.TIMEOUT},
    "fills_memory": {Outcome.OUT_OF_MEMORY},
    "fills_memory_in_the_dead": {Outcome.OUT_OF_MEMORY},
    "answers_nonsense": {Outcome.ERROR},
    "answers_with_gigabytes": {Outcome.ERROR},
    "answers_with_keys_alike": {Outcome.ERROR},
    "answers_with_keys_of_lists": {Outcome.ERROR},
    "answers_with_many_axes": {Outcome.ERROR},
    "answers_with_the_same_bytes": {Outcome.ERROR},
    "answers_with_a_huge_integer": {Outcome.ERROR},
}
"""What becomes of those attacks whose end says what they did."""


@pytest.fixture(scope="module", params=NAMES)
def backend(request):
    """A backend that works here; in continuous integration bubblewrap has to."""
    flaw = probe.flaw(request.param)
    if flaw and request.param == "bubblewrap" and os.environ.get("CI") == "true":
        pytest.fail(f"bubblewrap does not work here: {flaw}; continuous integration needs it")
    if flaw:
        pytest.skip(f"{request.param} does not work here: {flaw}")
    return request.param


class Surroundings:
    """What of the machine the attacks aim at: a folder, a process, and three services that know the answer."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "answer"
        self.folder.chmod(0o755)
        addresses = [str(folder / "service"), f"\0claims-{os.getpid()}-{folder.name}"]
        self.listeners = [socket.create_server(("127.0.0.1", 0)), *map(_unix_server, addresses)]
        for listener in self.listeners:
            threading.Thread(target=_tell_everyone, args=(listener,), daemon=True).start()
        self.block = _shared_block(str(ANSWER).encode())
        self.victim = None
        self.restore()

    def restore(self):
        """Make it as it was before any attack."""
        self.file.write_text(str(ANSWER))
        self.file.chmod(0o644)
        (self.folder / "written").unlink(missing_ok=True)
        if self.victim is None or self.victim.poll() is not None:
            code = "import time; time.sleep(1000)"
            self.victim = subprocess.Popen([sys.executable, "-c", code, "victim"], env={**os.environ, "VICTIM": "1"})
        self.victim.send_signal(signal.SIGCONT)

    def harm(self):
        """What an attack has done to it."""
        harm = []
        if self.file.stat().st_mode & 0o777 != 0o644 or self.file.read_text() != str(ANSWER):
            harm.append("the file is not what it was")
        if (self.folder / "written").exists():
            harm.append("something was written")
        if self.victim.poll() is not None or psutil.Process(self.victim.pid).status() == psutil.STATUS_STOPPED:
            harm.append("the process is gone")
        return harm

    def facts(self, backend):
        """The module `facts.py`, which the attacks import."""
        facts = {
            "answer": ANSWER,
            "file": str(self.file),
            "folder": str(self.folder),
            "project": str(PROJECT),
            "pid": self.victim.pid,
            "port": self.listeners[0].getsockname()[1],
            "service": str(self.folder / "service"),
            "abstract": self.listeners[2].getsockname().decode(),
            "block": self.block,
            "mercy": backend == "subprocess",
        }
        return f"FACTS = {facts!r}\n"

    def close(self):
        """End it."""
        self.victim.kill()
        self.victim.wait()
        if self.block != -1:
            ctypes.CDLL(None).shmctl(self.block, 0, None)
        for listener in self.listeners:
            # Closing alone would not wake the thread that waits for a caller, and so keep the name.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _unix_server(address):
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    return server


def _shared_block(content):
    """The number of a block of System V memory that everyone may use; -1 where there can be none."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "shmget"):
        return -1
    libc.shmat.restype = ctypes.c_void_p
    block = libc.shmget(0, 4096, 0o666)
    if block != -1:
        address = libc.shmat(block, None, 0)
        ctypes.memmove(address, content, len(content))
        libc.shmdt(ctypes.c_void_p(address))
    return block


def _tell_everyone(listener):
    with contextlib.suppress(OSError):
        while True:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(str(ANSWER).encode())


@pytest.fixture(scope="module")
def scene(backend, tmp_path_factory):
    """The attacks and an honest submission, each behind its own sandbox, and the machine around them."""
    surroundings = Surroundings(tmp_path_factory.mktemp("surroundings"))
    theirs = tmp_path_factory.mktemp("theirs")
    for file in HERE.glob("*.py"):
        (theirs / file.name).write_bytes(file.read_bytes())
    (theirs / "facts.py").write_text(surroundings.facts(backend))
    (theirs / "unreadable.py").write_text("(" * 100_000)
    (theirs / "link").symlink_to(surroundings.file)
    printed = []
    attacking = Sandbox(theirs, "_attacks", backend, LIMITS, on_output=lambda _, text: printed.append(text))
    honest = Sandbox(HERE / "honest.py", "_honest", backend, Limits(seconds=120))
    yield surroundings, attacking, Implementation("honest", Sandboxed(honest, "honest")), printed
    attacking.close()
    honest.close()
    surroundings.close()


@pytest.fixture(scope="module", autouse=True)
def table():
    """The outcome of every attack by backend and name, printed in the end."""
    table = {}
    yield table
    print(f"\n{len(ATTACKS)} attacks")
    for name in ATTACKS:
        outcomes = [f"{backend}: {table[backend, name]}" for backend in NAMES if (backend, name) in table]
        print(f"{name:<36} {' · '.join(outcomes)}")
    for backend in NAMES:
        outcomes = [outcome for (where, _), outcome in table.items() if where == backend]
        successes = sum(outcome.startswith(Outcome.HOLDS) for outcome in outcomes)
        print(f"{backend}: {successes} of {len(outcomes)} gained something")


def decided(metrics, tmp_path):
    """The outcome of a test of this F1, and its message."""
    evidence = Evidence(next(iter(Registry().claims.values())), tmp_path)
    try:
        evidence.equal(metrics.f1(TRUTH, GUESS), ANSWER, "F1")
    except Exception as error:
        return outcome_of(error), str(error)
    return Outcome.HOLDS, ""


def attacked(sandbox, attack, tmp_path):
    """The outcome of a test of the F1 that an attack offers, in a worker for it alone, and its message."""
    transport = Sandboxed(sandbox, "attacks", attack)
    try:
        return decided(TopicProxy(attack, TOPICS["metrics"], attack, transport, {}), tmp_path)
    finally:
        transport.close()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing(attack, backend, scene, table, tmp_path):
    """It is refuted, or a fault of its own; the machine, and what is graded beside it, stay as they are."""
    surroundings, attacking, honest, printed = scene
    outcome, message = attacked(attacking, attack, tmp_path)
    if attack.startswith("leaves_a_note"):  # for the next worker
        outcome, message = attacked(attacking, attack, tmp_path)
    harm = surroundings.harm()
    table[backend, attack] = f"{outcome}{f' ({harm[0]})' if harm else ''}"
    if harm:
        surroundings.restore()
        attacking.home.joinpath("theirs/submission/facts.py").write_text(surroundings.facts(backend))
    assert decided(honest.metrics, tmp_path) == (Outcome.HOLDS, "")
    assert not any("\x1b" in text for text in [*printed, message])
    assert all(len(text) <= 5 * LIMITS.output * 1024 for text in printed)
    assert len(message) < 3000
    if backend == "subprocess" and attack in WITHOUT_A_SANDBOX:
        return
    assert outcome in OUTCOMES.get(attack, set(Outcome) - {Outcome.HOLDS, Outcome.GRADER_ERROR}), message
    assert harm == []


def test_children_take_of_the_same_memory(backend, tmp_path):
    """Each within its own limit, they are beyond it together; with time enough, that is what ends them."""
    attack = "fills_memory_in_children"
    sandbox = Sandbox(HERE / f"{attack}.py", "_children", backend, Limits(seconds=50, memory=512))
    outcome, message = attacked(sandbox, attack, tmp_path)
    sandbox.close()
    assert outcome == Outcome.OUT_OF_MEMORY, message


def processes_of(sandbox):
    """The processes of the workers of a sandbox, by their ids."""
    forkserver = sandbox._forkserver
    if forkserver is None:
        return set()
    return {process.pid for process in processes.tree(forkserver.process.pid)} - forkserver.watch.infrastructure


def test_nothing_survives(scene, tmp_path):
    """After a worker's end none of its processes is left, whether it forked, disowned or hid them."""
    _, attacking, _, _ = scene
    for attack in ("leaves_a_daemon", "forks_without_end", "fills_memory_in_children"):
        attacked(attacking, attack, tmp_path)
        assert processes_of(attacking) == set()


@pytest.mark.parametrize("attack", ["nests_folders", "fills_files_beside"])
def test_no_file_survives(attack, backend, scene, tmp_path):
    """After a worker's end nothing of it is in the folder for temporary files, however deep it made it."""
    if backend == "bubblewrap":
        pytest.skip("its temporary files are nowhere outside")
    _, attacking, _, _ = scene
    attacked(attacking, attack, tmp_path)
    until = time.monotonic() + 20
    while (left := list((attacking.home / "scratch").iterdir())) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def test_what_a_worker_disowns_ends_while_the_worker_lives(scene, tmp_path):
    """A process that has outlived its parent counts against nobody's limits: it is ended, and the worker is not."""
    _, attacking, _, _ = scene
    attack = "leaves_a_daemon"
    transport = Sandboxed(attacking, "attacks", attack)
    decided(TopicProxy(attack, TOPICS["metrics"], attack, transport, {}), tmp_path)
    worker = {transport._current().pid}
    until = time.monotonic() + 20
    while (left := processes_of(attacking)) - worker and time.monotonic() < until:
        time.sleep(0.1)
    transport.close()
    assert left == worker


@pytest.mark.parametrize("attack", ["honest", "survives_by_its_name"])
def test_it_all_ends_with_the_process_that_grades(attack, backend):
    """Killed without a chance to clean up, the grader leaves no process behind."""
    code = f"""
import time
from pathlib import Path
import numpy as np
from spec.harness.sandbox.calls import Call, ReturnKind
from spec.harness.sandbox.limits import Limits
from spec.harness.sandbox.session import Sandbox
sandbox = Sandbox(Path({str(HERE)!r}) / "{attack}.py", "_attack", {backend!r}, Limits(seconds=60))
worker = sandbox.worker("a test")
worker.call(Call("f1", "metrics", "f1", [np.ones(1), np.ones(1)], {{}}, ReturnKind.VALUE))
print(worker.pid, sandbox.home, flush=True)
time.sleep(600)
"""
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    pid, home = grader.stdout.readline().split()
    family = [psutil.Process(grader.pid), *psutil.Process(grader.pid).children(recursive=True)]
    assert int(pid) in [process.pid for process in family]
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    _, alive = psutil.wait_procs(family[1:], timeout=60)
    assert [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    shutil.rmtree(home)


def test_a_submission_may_not_be_huge(tmp_path, monkeypatch):
    """What is no size to grade is refused before anything of it runs."""
    monkeypatch.setattr(copying, "MAX_BYTES", MIB)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "data.bin").write_bytes(bytes(2 * MIB))
    (tmp_path / "copy").mkdir()
    with pytest.raises(SpecificationError, match="more than 1 MiB"):
        copying.copy_submission(tmp_path / "theirs", tmp_path / "copy")


@pytest.mark.sandbox
def test_time_in_all_is_limited(tmp_path):
    """Once the run's time by the clock is up, every call is late."""
    sandbox = Sandbox(HERE / "honest.py", "_honest", "subprocess", Limits(), ends=time.monotonic() - 1)
    outcome = decided(Implementation("honest", Sandboxed(sandbox, "honest")).metrics, tmp_path)
    sandbox.close()
    message = "metrics.f1: the wall-clock limit of the run was reached, which is 10 times --limit-total-seconds"
    assert outcome == (Outcome.TIMEOUT, message)


@pytest.mark.sandbox
def test_nobody_is_late_because_a_clock_was_set(tmp_path, monkeypatch):
    """Nor because the machine slept while a submission was graded."""
    choice = access._choose(SimpleNamespace(sandbox="none"), limits := Limits(total_seconds=100))
    sandbox = Sandbox(HERE / "honest.py", "_honest", "subprocess", limits, ends=choice.ends)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100_000)
    outcome = decided(Implementation("honest", Sandboxed(sandbox, "honest")).metrics, tmp_path)
    sandbox.close()
    assert outcome == (Outcome.HOLDS, "")
