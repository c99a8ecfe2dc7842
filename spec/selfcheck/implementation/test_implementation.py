"""The implementation under test: where it may lie, what becomes of its faults, and what crosses to it and back."""

import contextlib
import importlib
import re
import sys
from textwrap import dedent

import numpy as np
import pytest

from spec.contract import TOPICS
from spec.harness.errors import ContractViolation, Failed, Missing, OutOfMemory, SpecificationError
from spec.harness.implementation.proxy import Implementation, to_be_refused

Y = np.array([0, 1, 1])
F1 = "def f1(y_true, y_pred): return 0.5"
TRAINED = {"architecture": "attention", "patch_size": 2, "positions": True, "classes": 3, "seeds": [1, 2]}
BUDGET = {"parameter_budget": 1000, "learning_rate": 0.1, "steps": 0, "batch_size": 1, "device": "cpu"}


@pytest.fixture(autouse=True)
def _modules():
    """Modules that a test imports are forgotten after it."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("_implementation_", "example_")):
            del sys.modules[name]


@pytest.fixture
def load(tmp_path):
    """Write modules (by name, without `.py`) into a folder, and load it."""

    def load(folder="theirs", **modules):
        for name, source in modules.items():
            file = tmp_path / folder / f"{name}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(dedent(source))
        return Implementation(str(tmp_path / folder))

    return load


# Where it may lie


@pytest.mark.parametrize(
    ("files", "where"),
    [
        pytest.param(["theirs/metrics.py"], "{tmp}/theirs", id="folder"),
        pytest.param(["theirs/metrics.py", "theirs/__init__.py"], "{tmp}/theirs", id="folder with __init__"),
        pytest.param(["theirs.py"], "{tmp}/theirs.py", id="one file"),
        pytest.param(["theirs/metrics.py"], "theirs", id="relative folder"),
        pytest.param(["theirs.py"], "theirs.py", id="relative file"),
        pytest.param(["path/example_one.py"], "example_one", id="module"),
        pytest.param(["path/example_two/metrics.py"], "example_two", id="package"),
        pytest.param(["path/example_three/deep/metrics.py"], "example_three.deep", id="package in a package"),
    ],
)
def test_an_implementation_is_found(tmp_path, monkeypatch, files, where):
    """A path or the name of an importable module leads to the functions."""
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("" if file.endswith("__init__.py") else F1)
    monkeypatch.syspath_prepend(tmp_path / "path")
    monkeypatch.chdir(tmp_path)
    assert Implementation(where.format(tmp=tmp_path)).metrics.f1(Y, Y) == 0.5


@pytest.mark.parametrize(
    ("where", "says"),
    [
        pytest.param("no/such/folder", "there is no such file or folder", id="folder"),
        pytest.param("nothing.py", "there is no such file or folder", id="file"),
        pytest.param("no_such_module", "there is no file, folder or importable module of that name", id="module"),
        pytest.param("no_such_package.module", "cannot be found: No module named 'no_such_package'", id="package"),
        pytest.param(".metrics", "cannot be found: ", id="relative module"),
        pytest.param("notes.txt", "expected a folder with one module per topic, or a .py file", id="no Python file"),
    ],
)
def test_what_is_not_there_is_refused(tmp_path, monkeypatch, where, says):
    """The error names what was asked for before anything runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("f1 = 0.5")
    with pytest.raises(SpecificationError, match=re.escape(f"--impl {where}: {says}")):
        Implementation(where)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_projects_own_implementation_offers_everything(topic):
    """Every function that the contract declares is in `impl`."""
    module = vars(importlib.import_module(f"impl.{topic}"))
    assert [name for name in vars(TOPICS[topic]) if name[0] != "_" and not callable(module.get(name))] == []


def test_modules_of_a_folder_may_import_each_other(load):
    """Relative imports work in a folder, with or without `__init__.py`."""
    assert load(metrics="from .other import f1", other=F1).metrics.f1(Y, Y) == 0.5


def test_two_implementations_do_not_mix(load):
    """Modules of the same name in two folders are told apart."""
    one, other = load("one", metrics=F1), load("other", metrics=F1.replace("0.5", "0.25"))
    assert (one.metrics.f1(Y, Y), other.metrics.f1(Y, Y)) == (0.5, 0.25)


@pytest.mark.parametrize("folder", ["impl", "spec", "torch"])
def test_an_implementation_shadows_nothing(load, folder):
    """Neither a folder nor a module with the name of ours or of a library is imported in its place."""
    path, ours = list(sys.path), {name: importlib.import_module(name) for name in ("impl", "spec", "torch", "numpy")}
    impostors = dict.fromkeys(("impl", "spec", "torch", "numpy"), "raise RuntimeError('shadowed')")
    source = "import numpy, torch, impl, spec\ndef f1(y_true, y_pred): return float(torch.ones(1)) / 2"
    assert load(folder, metrics=source, **impostors).metrics.f1(Y, Y) == 0.5
    assert {name: importlib.import_module(name) for name in ours} == ours
    assert sys.path == path


# What becomes of its faults


@pytest.mark.parametrize(
    ("modules", "error", "says"),
    [
        pytest.param({"one_hot": ""}, Missing, "metrics is missing: .* has no module metrics.py", id="no module"),
        pytest.param({"metrics": ""}, Missing, "metrics.f1 is missing", id="no function"),
        pytest.param({"metrics": "f1 = 0.5"}, Missing, "metrics.f1 is missing", id="not a function"),
        pytest.param({"metrics": "def f1(:"}, Failed, "for metrics: SyntaxError", id="syntax error"),
        pytest.param({"metrics": "raise RuntimeError(3)"}, Failed, "for metrics: RuntimeError: 3", id="exception"),
        pytest.param({"metrics": "import nope"}, Failed, "for metrics: ModuleNotFoundError: No module", id="import"),
        pytest.param({"metrics": "raise SystemExit(3)"}, Failed, "for metrics: SystemExit: 3", id="exit"),
        pytest.param(
            {"metrics": "import pytest; pytest.skip('no', allow_module_level=True)"},
            Failed,
            "for metrics: Skipped: no",
            id="pytest's skip",
        ),
        pytest.param(
            {"__init__": "raise RuntimeError(3)", "metrics": F1}, Failed, "metrics: RuntimeError: 3", id="package"
        ),
        pytest.param(
            {"metrics": "def __getattr__(name): raise RuntimeError(name)"}, Failed, "RuntimeError: f1", id="look-up"
        ),
    ],
)
def test_a_function_that_cannot_be_had_says_why(load, modules, error, says):
    """A module or function that is not there is missing by name; what cannot be imported fails, every time."""
    theirs = load(**modules)
    for _ in range(2):
        with pytest.raises(error, match=says):
            theirs.metrics.f1(Y, Y)


def test_a_module_that_cannot_be_imported_leaves_the_others(load):
    """Other topics work."""
    assert load(metrics="def f1(:", one_hot="def vocabulary(x): return x").one_hot.vocabulary(["a"]) == ["a"]


@pytest.mark.parametrize("source", ["raise RuntimeError('boom')", "raise SystemExit('boom')"], ids=["error", "exit"])
def test_a_module_in_a_broken_package_fails(tmp_path, monkeypatch, source):
    """Looking for a module may import the package above it, whose failure is the implementation's."""
    (tmp_path / "example_broken").mkdir()
    (tmp_path / "example_broken" / "__init__.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    theirs = Implementation("example_broken.inner")
    with pytest.raises(Failed, match=r"example_broken\.inner cannot be imported for metrics: .*boom"):
        theirs.metrics.f1(Y, Y)


@pytest.mark.parametrize(
    ("statement", "error", "says"),
    [
        pytest.param("raise ValueError('boom')", Failed, "raised ValueError: boom", id="exception"),
        pytest.param("assert False, 'boom'", Failed, "raised AssertionError: boom", id="assertion"),
        pytest.param("raise ValueError", Failed, "raised ValueError$", id="exception without words"),
        pytest.param("raise SystemExit('boom')", Failed, "raised SystemExit: boom", id="exit"),
        pytest.param("raise GeneratorExit('boom')", Failed, "raised GeneratorExit: boom", id="generator exit"),
        pytest.param("import pytest; pytest.skip('boom')", Failed, "raised Skipped: boom", id="pytest's skip"),
        pytest.param("import pytest; pytest.exit('boom')", Failed, "raised Exit: boom", id="pytest's exit"),
        pytest.param("from spec.harness.errors import Refuted; raise Refuted", Failed, "raised Refuted", id="ours"),
        pytest.param("return f1(y_true, y_pred)", Failed, "raised RecursionError: ", id="endless recursion"),
        pytest.param("raise NotImplementedError", Missing, "is not implemented$", id="stub"),
        pytest.param("raise NotImplementedError('why')", Missing, "is not implemented: why$", id="stub with words"),
        pytest.param("raise MemoryError", OutOfMemory, "ran out of memory$", id="memory"),
        pytest.param("raise RuntimeError('can\\'t allocate memory')", OutOfMemory, "ran out of", id="torch's memory"),
    ],
)
def test_whatever_is_raised_is_a_fault(load, statement, error, says):
    """No exception skips, excuses or ends anything; what is not written yet, or takes too much memory, has its own."""
    with pytest.raises(error, match=rf"metrics\.f1 {says}"):
        load(metrics=f"def f1(y_true, y_pred): {statement}").metrics.f1(Y, Y)


def test_the_user_may_interrupt(load):
    """Ctrl-C while an implementation computes stops the run."""
    with pytest.raises(KeyboardInterrupt):
        load(metrics="def f1(y_true, y_pred): raise KeyboardInterrupt").metrics.f1(Y, Y)


@pytest.mark.parametrize(
    "square",
    [
        pytest.param("import numpy; numpy.eye(20_000)", id="numpy"),
        pytest.param("import torch; torch.eye(20_000, dtype=torch.float64)", id="torch"),
    ],
)
def test_a_memory_limit_catches_a_square_allocation(load, square):
    """Under a limit of 0.25 GiB an array of V² numbers is out of memory, and what is small works; an error lifts it."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    theirs = load(one_hot=f"def vocabulary(tokens): {square}", metrics="import numpy, torch\n" + F1)
    theirs.metrics.f1(Y, Y)
    with contextlib.suppress(ZeroDivisionError), theirs.memory_limit(0.25):
        with pytest.raises(OutOfMemory, match=r"one_hot\.vocabulary ran out of memory"):
            theirs.one_hot.vocabulary(["a"])
        assert theirs.metrics.f1(Y, Y) == 0.5
        raise ZeroDivisionError
    assert resource.getrlimit(resource.RLIMIT_AS) == before


# What crosses


@pytest.mark.parametrize(
    ("result", "says"),
    [
        pytest.param("torch.ones(3, dtype=torch.int64)", "is a torch.Tensor; expected a NumPy array Int", id="tensor"),
        pytest.param("None", "is None; expected a NumPy array Int", id="None"),
        pytest.param("numpy.ones(4, dtype=int)", r".* with shape \(4,\); expected .* with n = 3", id="another length"),
    ],
)
def test_a_result_is_held_to_the_contract(load, result, says):
    """A result of another type or shape violates the contract, and the message says how."""
    theirs = load(metrics=f"import numpy, torch\ndef classify(scores, threshold): return {result}")
    with pytest.raises(ContractViolation, match=rf"metrics\.classify: the result {says}"):
        theirs.metrics.classify(np.ones(3), 0.5)


@pytest.mark.parametrize(
    ("arguments", "keywords", "says"),
    [
        pytest.param(([0, 1, 1], Y), {}, "argument y_true is a list of length 3; expected", id="list for array"),
        pytest.param((Y, Y[:2]), {}, r"argument y_pred is .* shape \(2,\); expected .* with n = 3", id="lengths"),
        pytest.param((Y,), {}, "missing a required argument: 'y_pred'", id="too few"),
        pytest.param((Y, Y, Y), {}, "too many positional arguments", id="too many"),
        pytest.param((Y, Y), {"beta": 1.0}, "got an unexpected keyword argument 'beta'", id="unknown"),
    ],
)
def test_a_wrong_argument_is_the_specifications_own_error(load, arguments, keywords, says):
    """The specification is held to the contract as well, before the implementation is asked."""
    theirs = load(metrics="def f1(*_, **__): raise RuntimeError('asked')")
    with pytest.raises(SpecificationError, match=rf"the specification called metrics\.f1: {says}"):
        theirs.metrics.f1(*arguments, **keywords)


def test_what_is_to_be_refused_need_not_suit_the_contract(load):
    """Other lengths, another kind of number, NaN and None reach the implementation as they are, if that is said."""
    theirs = load(metrics="def f1(y_true, y_pred): raise ValueError(f'{y_true!r} {y_pred!r}')")
    for y_true, y_pred, says in (
        (Y, Y[:2] / 2, "array([0, 1, 1]) array([0. , 0.5])"),
        (np.float64("nan"), [None, {"a": np.array(True)}], "nan [None, {'a': array(True)}]"),
    ):
        with to_be_refused(), pytest.raises(Failed, match=re.escape(says)):
            theirs.metrics.f1(y_true, y_pred)
    with to_be_refused(), pytest.raises(SpecificationError, match=r"argument y_true is .*; expected plain data"):
        theirs.metrics.f1(object(), Y)


def test_an_implementation_may_change_its_arguments(load):
    """Arguments are copies: what the implementation does to them the specification does not see."""
    y = Y.copy()
    assert load(metrics="def f1(a, b): a[:] = b[:] = 9; return 0.5").metrics.f1(y, y) == 0.5
    assert y.tolist() == Y.tolist()


def test_the_specification_may_change_results(load):
    """Results are copies: what the specification does to one is not in the next."""
    theirs = load(metrics="import numpy\nzeros = numpy.zeros(3, int)\ndef classify(scores, threshold): return zeros")
    theirs.metrics.classify(np.ones(3), 0.5)[:] = 9
    assert theirs.metrics.classify(np.ones(3), 0.5).tolist() == [0, 0, 0]


def test_names_of_arguments_are_the_implementations_own(load):
    """Arguments arrive by position, in the contract's order, however the specification passed them."""
    theirs = load(metrics="def f1(truth, guess): return float(truth[0] - guess[0])")
    assert theirs.metrics.f1(y_pred=np.array([1]), y_true=np.array([5])) == 4.0


def test_an_argument_left_out_keeps_its_place(load):
    """An optional argument that is left out is None, and the next does not take its place."""
    theirs = load(gan="def value(real, fake, real_weights, fake_weights): return float(real_weights is None)")
    half = np.array([0.5, 0.5])
    assert theirs.gan.value(half, half, fake_weights=half) == 1.0
    assert theirs.gan.value(half, half, half) == 0.0


def test_only_the_contract_can_be_asked_for():
    """A topic or function that the contract does not declare is an error that lists what it does."""
    theirs = Implementation()
    with pytest.raises(AttributeError, match="the contract has no topic 'magic'; it has metrics, one_hot, "):
        _ = theirs.magic
    with pytest.raises(AttributeError, match="the contract has no 'magic' here; it has confusion, accuracy, "):
        _ = theirs.metrics.magic


# Handles

HANDLE = """
    import numpy

    class Trained:
        secret = 1
        def logits(self, images, attend): return numpy.zeros((*images.shape[:2], CLASSES), dtype=numpy.float32)
        def parameters(self): return {"weight": numpy.zeros((REPLICATES, 4)), "bias": numpy.zeros(REPLICATES)}
        def set_parameters(self, parameters): return "ignored"
        @property
        def attention_layers(self): raise RuntimeError("no layers")

    def train_classifiers(images, labels, *, classes, seeds, **_): return Trained()
"""
IMAGES = np.zeros((2, 5, 1, 4, 4))


def trained(load, classes=3, replicates=2):
    """The handle on classifiers of that implementation, trained on 5 images of 3 classes in 2 replicates."""
    source = HANDLE.replace("CLASSES", str(classes)).replace("REPLICATES", str(replicates))
    classifiers = load(classifiers=source).classifiers
    return classifiers.train_classifiers(IMAGES, np.zeros((2, 5), dtype=int), **TRAINED, **BUDGET)


def test_a_handle_has_the_declared_methods_and_no_others(load):
    """What an object can do beyond the contract cannot be reached."""
    handle = trained(load)
    assert handle.logits(IMAGES[:, :4]).shape == (2, 4, 3)
    assert handle.parameters().keys() == {"weight", "bias"}
    assert handle.set_parameters(handle.parameters()) is None
    with pytest.raises(AttributeError, match="the contract has no 'secret' here; it has logits, features, "):
        _ = handle.secret


@pytest.mark.parametrize(
    ("changes", "method", "arguments", "error", "says"),
    [
        pytest.param({}, "features", [IMAGES], Missing, "is missing", id="no method"),
        pytest.param({}, "attention_layers", [IMAGES], Failed, "raised RuntimeError: no layers", id="look-up"),
        pytest.param({}, "logits", [IMAGES[0]], SpecificationError, r"images is .*\(5, 1, 4, 4\)", id="argument"),
        pytest.param({"classes": 4}, "logits", [IMAGES], ContractViolation, r"4\); .* classes = 3", id="integer"),
        pytest.param({"replicates": 3}, "parameters", [], ContractViolation, r"'weight'.* replicates = 2", id="array"),
    ],
)
def test_a_handle_is_held_to_the_contract(load, changes, method, arguments, error, says):
    """Errors name the object; lengths that the training's integers and arrays fixed hold for whatever it returns."""
    with pytest.raises(error, match=rf"classifiers\.train_classifiers\(\)\.{method}.*{says}"):
        getattr(trained(load, **changes), method)(*arguments)
