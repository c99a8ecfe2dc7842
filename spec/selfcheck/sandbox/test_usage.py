"""The time of a submission: whose it is, what of it counts, which limit ends a call, and who is told."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from spec.harness.errors import Crashed, TimedOut
from spec.harness.grading import submission_run
from spec.harness.implementation import access
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.transport import Sandboxed
from spec.harness.sandbox import processes, usage, watch, worker
from spec.harness.sandbox.limits import Limits
from spec.harness.sandbox.session import Sandbox
from spec.harness.sandbox.usage import Account, CallTime, Ledger, Used
from spec.selfcheck.sandbox.test_sandbox_attacks import backend  # noqa: F401 - a fixture

Y = np.array([0, 1, 1])


# What counts, of processes that nobody runs


@dataclass(eq=False)
class Pretended:
    """A process with these clocks, which runs or does not."""

    own: float = 0.0
    waited_for: float = 0.0
    runs: bool = True


@pytest.fixture
def account(monkeypatch):
    """The account of a pretended worker, in a call at which it was looked at once."""
    monkeypatch.setattr(processes, "cpu_seconds", lambda process: (process.own, process.waited_for))
    monkeypatch.setattr(processes, "wanting", lambda process: int(process.runs))
    worker = Pretended()
    account = Account(worker)
    account.call = CallTime("metrics.f1")
    account.look([worker], 1.0, 0.0)
    return account, worker


def test_waiting_for_a_processor_costs_nothing(account):
    """In a hundred seconds with a twentieth of a processor, five are charged."""
    account, worker = account
    worker.own = 5.0
    account.look([worker], 101.0, 1.0)
    assert account.of_call() == 5.0


def test_doing_nothing_costs_as_much_as_it_lasts(account):
    """A worker that sleeps is charged the time, once, and also what it computed between."""
    account, worker = account
    worker.own, worker.runs = 2.0, False
    account.look([worker], 11.0, 1.0)
    assert (account.of_call(), account.cpu) == (10.0, 2.0)


def test_time_between_calls_is_used_and_not_waited_for(account):
    """Nobody waits for a worker without a call; what it does meanwhile is counted, and is not the next call's."""
    account, worker = account
    account.call, worker.own = None, 3.0
    account.look([worker], 11.0, 1.0)
    worker.runs = False
    account.look([worker], 21.0, 11.0)
    account.call = CallTime("metrics.f1")
    account.look([worker], 31.0, 21.0)
    assert (account.cpu, account.idle, account.of_call()) == (3.0, 0.0, 0.0)


def test_a_child_counts_once_whether_its_parent_waits_for_it_or_not(account):
    """Seen while it lived, it is not counted again once its parent has its time, nor forgotten if nobody has."""
    account, worker = account
    waited_for, ignored = Pretended(own=4.0), Pretended(own=2.0)
    account.look([worker, waited_for, ignored], 2.0, 1.0)
    assert account.cpu == 6.0
    worker.waited_for = 4.0
    account.look([worker], 12.0, 2.0)
    assert account.cpu == 6.0
    worker.waited_for = 9.0
    account.look([worker], 22.0, 12.0)
    # Five more, of children that no look has seen; the two of the ignored one may be among them.
    assert account.cpu == 9.0


def test_what_came_and_went_between_two_looks_is_counted_by_the_last_of_it(account):
    """A new process that runs is taken to have run since the look before; an idle one is not."""
    account, worker = account
    worker.runs = False
    for second in range(1, 11):
        account.look([worker, Pretended(own=0.01)], second + 1.0, second)
    assert account.cpu == 10.0
    account.look([worker, Pretended(own=0.5, runs=False)], 11.0, 11.0)
    assert account.cpu == 10.5


def test_a_thousand_new_processes_have_had_no_more_than_all_processors(account, monkeypatch):
    """What is charged for processes that no look has seen before is possible on this machine."""
    monkeypatch.setattr(usage, "PROCESSORS", 4)
    account, worker = account
    account.look([worker, *(Pretended() for _ in range(1000))], 3.0, 1.0)
    assert account.cpu == pytest.approx(8.0)


def test_an_account_keeps_what_it_had_when_it_was_closed(account):
    """The last of a worker's time is read at its end, and stays."""
    account, worker = account
    worker.own = 7.0
    account.close()
    worker.own = 0.0
    account.refresh()
    assert account.cpu == 7.0


def a_ledger(seconds=60.0, total_seconds=100.0, elsewhere=None, budgets=1):
    """A ledger with one account in a call that has used 8 CPU-seconds and waited 3, and what it publishes."""
    published = []
    limits = Limits(seconds=seconds, total_seconds=total_seconds)
    others = [Used(elsewhere, {"gan.gans": sum(elsewhere.values())}, {}, "")] if elsewhere else []
    ledger = Ledger(limits, lambda: others, published.append, budgets)
    account = ledger.open(None, "a test", "q1")
    account.cpu, account.idle, account.call = 48.0, 3.0, CallTime("metrics.f1", cpu_before=40.0, idle=3.0)
    account.functions["metrics.f1"] = 51.0
    ledger.publish()
    return ledger, account, published


@pytest.mark.parametrize(
    ("of_ledger", "excess"),
    [
        pytest.param({}, None, id="none"),
        pytest.param(
            {"seconds": 10.0},
            "more than 10 CPU-seconds (--limit-seconds): 8.0 of processor time, and 3.0 of idle time, "
            "which counts as well",
            id="of the call",
        ),
        pytest.param(
            {"total_seconds": 50.0},
            "the last of the run's 50 CPU-seconds (--limit-total-seconds): 8.0 of processor time, and 3.0 of idle "
            "time, which counts as well",
            id="of the run",
        ),
        pytest.param({"elsewhere": {"q1": 48.9}}, None, id="not quite, with the run's other processes"),
        pytest.param({"elsewhere": {"q2": 48.9}, "budgets": 2}, None, id="not quite, with the other question"),
        pytest.param(
            {"elsewhere": {"q1": 25.0, "q2": 30.0}, "budgets": 2},
            "the last of the 70 of the run's 100 CPU-seconds reserved for q1 (--limit-total-seconds): 8.0 of processor "
            "time, and 3.0 of idle time, which counts as well",
            id="of the question",
        ),
    ],
)
def test_the_limit_that_ends_a_call_is_named_with_what_was_used(of_ledger, excess):
    """What one call may take, and what all calls of all processes of a run may, or those of a question."""
    ledger, account, _ = a_ledger(**of_ledger)
    assert ledger.excess(account) == excess


def test_the_runs_other_processes_count():
    """The limit of the whole run is one for all of them, and who used it up is said."""
    ledger, account, _ = a_ledger(elsewhere={"q1": 49.1})
    assert ledger.excess(account).startswith("the last of the run's 100 CPU-seconds")
    assert ledger.why_not("metrics.recall", "q1") == (
        "the run's 100 CPU-seconds are used up (--limit-total-seconds): 51 by metrics.f1, 49 by gan.gans"
    )


def test_no_question_can_use_up_what_is_anothers():
    """One half of the time is for whichever needs it first; of the other, each question has its part."""
    ledger, _, _ = a_ledger(elsewhere={"q2": 80.0}, budgets=5)
    # 10 are its own, and 70 of the common 50 are gone.
    assert [ledger._allowed(question) for question in ("q1", "q2", "q3")] == [10.0, 19.0, 10.0]
    assert [ledger.why_not("metrics.recall", question) is None for question in ("q1", "q2", "q3")] == [
        False,
        False,
        True,
    ]


def test_a_function_that_has_used_up_its_time_is_given_up_by_all_processes():
    """Those that call it later are told what it took, and where."""
    ledger, account, published = a_ledger(seconds=10.0)
    ledger.excess(account)
    ledger.publish()
    reason = "an earlier call, for a test, took more than 10 CPU-seconds (--limit-seconds)"
    assert (ledger.why_not("metrics.f1", "q3"), ledger.why_not("metrics.recall", "q3")) == (reason, None)
    other = Ledger(Limits(), lambda: [published[-1]], None, 1)
    other.publish()
    assert other.why_not("metrics.f1", "q1") == reason


def test_news_are_published_once():
    """How much of its limit a call has taken is said again only when it is more, and no longer once it has ended."""
    ledger, account, published = a_ledger()
    ledger.publish()
    account.cpu, account.call = 50.0, None
    ledger.publish()
    assert [(used.seconds, used.call) for used in published] == [
        ({"q1": 51.0}, "metrics.f1: 11 of 60 CPU-s"),
        ({"q1": 53.0}, ""),
    ]


def test_a_run_lasts_ten_times_its_limit_and_the_grader_waits_for_longer():
    """With a tenth of a core a submission is not late, and one that is, is its own fault before the grader's."""
    began, limits = time.monotonic(), Limits(total_seconds=100)
    ends = access._choose(SimpleNamespace(sandbox="none"), limits).ends
    assert 990 < ends - began < 1010 < submission_run.seconds_by_the_clock(limits)


# Of real ones


@pytest.fixture
def sandboxed(backend, tmp_path):  # noqa: F811
    """Load modules behind a sandbox; returns the sandbox too."""
    sandboxes = []

    def sandboxed(source, limits, **options):
        (tmp_path / "metrics.py").write_text(dedent(source))
        sandboxes.append(Sandbox(tmp_path / "metrics.py", "_time", backend, limits, **options))
        return sandboxes[-1], Implementation("theirs", Sandboxed(sandboxes[-1], "theirs"))

    yield sandboxed
    for sandbox in sandboxes:
        sandbox.close()


BURN = """
import ctypes, os, signal, threading, time
def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
"""
HIDING = {
    "in itself": "def f1(a, b): burn(60)",
    "in a thread": """
        def f1(a, b):
            thread = threading.Thread(target=burn, args=(60,))
            thread.start()
            thread.join()
        """,
    "in a child whose first thread has ended": """
        def f1(a, b):
            if os.fork() == 0:
                threading.Thread(target=burn, args=(60,)).start()
                ctypes.CDLL(None).pthread_exit(None)
            time.sleep(60)
        """,
    "in a grandchild": """
        def f1(a, b):
            for _ in range(2):
                if os.fork():
                    os.wait()
                    os._exit(0)
            burn(60)
        """,
    "in children that it waits for": """
        def f1(a, b):
            while True:
                if os.fork() == 0:
                    burn(0.05)
                    os._exit(0)
                os.wait()
        """,
    "in children that nobody waits for": """
        def f1(a, b):
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            while True:
                if os.fork() == 0:
                    burn(0.05)
                    os._exit(0)
                try:
                    os.wait()
                except ChildProcessError:
                    pass
        """,
    "in dead children": """
        def f1(a, b):
            while True:
                pid = os.fork()
                if pid == 0:
                    burn(1)
                    os._exit(0)
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        """,
    "in processes that it disowns": """
        def f1(a, b):
            while True:
                read, write = os.pipe()
                pid = os.fork()
                if pid == 0:
                    if os.fork() == 0:
                        os.close(read)
                        burn(0.2)
                    os._exit(0)
                os.close(write)
                os.wait()
                os.read(read, 1)
                os.close(read)
        """,
}


@pytest.mark.parametrize("where", HIDING)
def test_work_counts_wherever_it_is_done(where, sandboxed):
    """Whatever a worker starts, and however it parts with it, the processor time is its own, and ends the call."""
    _, behind = sandboxed(BURN + dedent(HIDING[where]), Limits(seconds=1))
    with pytest.raises(TimedOut, match=r"metrics\.f1 took more than 1 CPU-seconds \(--limit-seconds\): ") as late:
        behind.metrics.f1(Y, Y)
    behind.close()
    used = float(processor_and_idle_seconds(str(late.value))[0])
    # Of what is not counted nothing would be left; on a busy machine some time passes idly, as processes start.
    assert used >= 0.3


@pytest.mark.process
def test_threads_are_counted_whatever_a_program_calls_itself():
    """Also where the system's text about it then holds another count."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("needs Linux's names of programs")
    code = (
        "import ctypes, threading; ctypes.CDLL(None).prctl(15, b'Threads:\\t1', 0, 0, 0); "
        "[threading.Thread(target=input).start() for _ in range(3)]; print(flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert processes.tasks([psutil.Process(process.pid)]) >= 4
        process.kill()


def processor_and_idle_seconds(message):
    """The numbers in the message of a call that took too long."""
    return [word for word in message.partition("): ")[2].split() if word[0].isdigit()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_threads_of_other_users_are_not_this_ones(monkeypatch):
    """How many processes a worker of an ordinary user may start does not grow with what others run."""
    before, ends = processes.tasks_of_user(), threading.Event()
    several = [threading.Thread(target=ends.wait) for _ in range(40)]
    for thread in several:
        thread.start()
    try:
        # Other tests of this user begin and end meanwhile.
        assert 20 <= processes.tasks_of_user() - before <= 200
        monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
        assert processes.tasks_of_user() == 0
    finally:
        ends.set()


def test_a_busy_machine_makes_nobody_late(sandboxed):
    """Beside five others on its processor, a call that computes for less than its limit takes far more, and answers."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("needs a system that binds a process to a processor")
    source = BURN + "def f1(a, b): burn(1); return 0.5\ndef recall(a, b): return float(os.getpid())"
    sandbox, behind = sandboxed(source, Limits(seconds=2))
    behind.metrics.recall(Y, Y)
    (pid,) = [worker.pid for worker in sandbox._forkserver.watch.workers.values()]
    processor = min(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {processor})
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(5)]
    try:
        for other in others:
            os.sched_setaffinity(other.pid, {processor})
        began = processes.cpu_seconds(psutil.Process(others[0].pid))[0]
        assert behind.metrics.f1(Y, Y) == 0.5
        # What it waited is what they had: beyond the limit, counted by the clock.
        waited = sum(processes.cpu_seconds(psutil.Process(other.pid))[0] for other in others) - began
    finally:
        for other in others:
            other.kill()
            other.wait()
    behind.close()
    assert waited > 2
    # The system counts in hundredths.
    assert 0.95 < sandbox.ledger.cpu_seconds() < 2


CHILDREN = """
def start(number):
    for _ in range(number):
        if os.fork() == 0:
            while True:
                pass
"""


def family_of(sandbox):
    """The processes of the one worker of a sandbox, its own first."""
    (worker,) = sandbox._forkserver.watch.workers.values()
    return processes.tree(worker.pid)


def test_a_function_that_was_too_slow_is_not_called_again(sandboxed):
    """In no worker; the others of the submission are."""
    _, behind = sandboxed(
        "import time\ndef f1(a, b): time.sleep(60)\ndef recall(a, b): return 0.5", Limits(seconds=0.5)
    )
    first, second = behind.isolated("a test"), behind.isolated("another", restarts=True)
    for _ in range(2):
        with pytest.raises(TimedOut, match=r"f1 took more than 0\.5 CPU-seconds"):
            first.metrics.f1(Y, Y)
    for _ in range(2):
        with pytest.raises(TimedOut, match=r"f1: not run: an earlier call, for a test, took more than 0\.5 .*$"):
            second.metrics.f1(Y, Y)
    assert second.metrics.recall(Y, Y) == 0.5
    first.close()
    second.close()


def test_nothing_goes_on_after_the_answer(sandboxed):
    """Threads and children that nobody waits for are stopped, and go on with the next call."""
    source = BURN + CHILDREN + "def f1(a, b): start(3); return 0.5\ndef recall(a, b): time.sleep(1.5); return 0.5"
    sandbox, behind = sandboxed(source, Limits(seconds=60))
    behind.metrics.f1(Y, Y)
    until = time.monotonic() + 20
    while {process.status() for process in family_of(sandbox)} != {psutil.STATUS_STOPPED} and time.monotonic() < until:
        time.sleep(0.1)
    before = [sum(processes.cpu_seconds(process)) for process in family_of(sandbox)]
    time.sleep(1)
    assert [sum(processes.cpu_seconds(process)) for process in family_of(sandbox)] == before
    behind.metrics.recall(Y, Y)
    assert sum(sum(processes.cpu_seconds(process)) for process in family_of(sandbox)) > sum(before)
    behind.close()


def test_many_processes_get_no_more_of_a_processor_than_one(backend, tmp_path):  # noqa: F811
    """Beside a worker with 30 busy children on the same processor, a worker has a fair share of it."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("needs a system that binds a process to a processor")
    (tmp_path / "greedy.py").write_text(BURN + CHILDREN + "def f1(a, b): start(30); burn(600)")
    (tmp_path / "modest.py").write_text(BURN + "def recall(a, b): return 0.5\ndef f1(a, b): burn(1); return 0.5")
    sandboxes = [
        Sandbox(tmp_path / f"{name}.py", "_share", backend, Limits(seconds=60)) for name in ("greedy", "modest")
    ]
    greedy, modest = (Implementation("theirs", Sandboxed(sandbox, "theirs")) for sandbox in sandboxes)
    modest.metrics.recall(Y, Y)
    greedy._transport._current()
    for sandbox in sandboxes:
        os.sched_setaffinity(family_of(sandbox)[0].pid, {min(os.sched_getaffinity(0))})

    def be_greedy():
        with contextlib.suppress(Crashed):  # it is ended by this test
            greedy.metrics.f1(Y, Y)

    threading.Thread(target=be_greedy, daemon=True).start()
    until = time.monotonic() + 60
    while len(family_of(sandboxes[0])) < 31 and time.monotonic() < until:
        time.sleep(0.1)
    # By the second look from now on it is known what they want.
    time.sleep(3 * watch.WATCH_SECONDS)
    assert {process.nice() for process in family_of(sandboxes[0])} == {min(19, os.getpriority(os.PRIO_PROCESS, 0) + 15)}
    before = sum(processes.cpu_seconds(process)[0] for process in family_of(sandboxes[0]))
    modest.metrics.f1(Y, Y)
    theirs = sum(processes.cpu_seconds(process)[0] for process in family_of(sandboxes[0])) - before
    for sandbox in sandboxes:
        sandbox.close()
    # It had one second; of 31 equals, they would have had thirty.
    assert theirs < 6


def test_the_clock_ends_what_no_processor_time_does(sandboxed, monkeypatch):
    """The second limit of a call, far behind the first, says so, and what the call had used of the first."""
    monkeypatch.setattr(worker, "BY_THE_CLOCK", 0.02)
    _, behind = sandboxed("import time\ndef f1(a, b): time.sleep(60)", Limits(seconds=60))
    message = (
        r"^metrics\.f1: the wall-clock limit of 1\.2 seconds for the call was reached, which is 0\.02 times "
        r"--limit-seconds; 0\.\d of 60 CPU-seconds were used$"
    )
    with pytest.raises(TimedOut, match=message):
        behind.metrics.f1(Y, Y)
    behind.close()


def test_time_in_all_is_used_up_by_many_calls(sandboxed):
    """None beyond its own limit, together they are; after that no worker is asked again."""
    sandbox, behind = sandboxed(
        BURN + "def f1(a, b): burn(a.sum() / 4); return 0.5", Limits(seconds=60, total_seconds=1)
    )
    first, second = behind.isolated("first"), behind.isolated("second")
    first.metrics.f1(Y, Y)
    with pytest.raises(TimedOut, match=r"f1 took the last of the run's 1 CPU-seconds \(--limit-total-seconds\): "):
        first.metrics.f1(4 * Y, Y)
    with pytest.raises(
        TimedOut, match=r"f1: not run: the run's 1 CPU-seconds are used up \(--.*\): \d by metrics\.f1$"
    ):
        second.metrics.f1(Y, Y)
    first.close()
    second.close()
    sandbox.close()
    assert sandbox.ledger.cpu_seconds_in_all() > sandbox.ledger.cpu_seconds() > 1
