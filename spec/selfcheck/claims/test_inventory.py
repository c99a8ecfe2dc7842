"""The inventory: what is read of tests without importing them, and what is refused before anything runs."""

import re
from textwrap import dedent

import pytest

from spec.harness.claims.inventory import Inventory, read_tests
from spec.harness.claims.sources import Sources, modules_of
from spec.harness.errors import SpecificationError

from .test_registry import TOML, registry

TEST = '''\
from spec.harness import claim
from .experiments import Trial


@claim("small.first")
def test_first(trial: Trial, impl, evidence):
    """It is first."""
    evidence.exceeds([1.0] * 12, "effect")
'''

SECOND = TEST.replace("first", "second").replace('    evidence.exceeds([1.0] * 12, "effect")\n', "")
"""A test that decides the second claim, in a file of its own."""

TWO = TOML.replace(
    '[[claim]]\nid = "small.second"',
    '[claim.comparison.other_effect]\nsays = "that minus this"\nexperiment = "Trial"\nabove = 0.1\n\n'
    '[[claim]]\nid = "small.second"',
)
"""The same registry, with a second comparison of the first claim."""


def read(root, source, **modules):
    """The tests of a question's only test file, beside which there are other modules."""
    folder = root / "q1_small"
    folder.mkdir(exist_ok=True)
    for name, text in {"experiments": EXPERIMENTS, "measures": MEASURES, "test_small": source, **modules}.items():
        (folder / f"{name}.py").write_text(dedent(text))
    return list(read_tests(Sources(folder, modules_of(folder.parent / "common"))))


def inventory(root, test=TEST, toml=TOML, others=SECOND):
    """The inventory of a question with two claims and two test files."""
    small = registry(root, toml)
    read(root, test, test_others=others)
    return Inventory(small)


def of_the_one_file(tests):
    """The tests of the first file."""
    return [test for test in tests.tests if test.file.name == "test_small.py"]


def test_a_test_is_read_from_its_source(tmp_path):
    """A test is known by claim, role, place, and the first sentence of its docstring."""
    source = '''
    from spec.harness import claim

    @claim("small.second", role="boundary")
    def test_it(impl, evidence):
        """It is
        second.

        More words.
        """
        evidence.equal(1, 1, "this and that")
    '''
    (test,) = read(tmp_path, source)
    assert (test.claim, test.role, test.name, test.line) == ("small.second", "boundary", "test_it", 5)
    assert test.summary.split() == ["It", "is", "second."]
    assert not test.trains


EXPERIMENTS = """
from functools import cached_property
from spec.harness import Experiment, arm, experiment
from . import measures

class Base(Experiment):
    def networks(self, steps):
        return self.impl.rotation.pretrain([], steps=steps)

@experiment(cpu_seconds=1)
class Trial(Base):
    @arm
    def encoders(self):
        return self.networks(3)

    @arm
    def classes(self):
        return measures.labelled(self.impl.classifiers)

    @cached_property
    def recall(self):
        return self.impl.metrics.recall([1], [1])
"""

MEASURES = """
def labelled(classifiers):
    return classifiers.train_classifiers([]).logits([])
"""

ASKS = [
    pytest.param("impl.metrics.f1([1], [1])", {"metrics.f1"}, id="itself"),
    pytest.param("helper(impl)", {"metrics.recall"}, id="through a helper"),
    pytest.param("trial.encoders()", {"rotation.pretrain"}, id="through an arm and a base class"),
    pytest.param("trial.encoders().logits([])", {"rotation.pretrain", "rotation.logits"}, id="and of what it returns"),
    pytest.param(
        "trial.classes()",
        {"classifiers.train_classifiers", "classifiers.logits"},
        id="through a module, to which a topic is handed",
    ),
    pytest.param("trial.recall", {"metrics.recall"}, id="through a property"),
    pytest.param("trial.seeds", set(), id="not what it does not mention"),
    pytest.param("trial.f1", set(), id="not what only bears a name of the contract"),
]


@pytest.mark.parametrize(("expression", "asks"), ASKS)
def test_what_a_test_asks_of_an_implementation(tmp_path, expression, asks):
    """The contract's functions that it calls: itself, or through helpers, arms and modules; and no others."""
    source = f'''
    from spec.harness import claim
    from .experiments import Trial

    def helper(impl):
        return impl.metrics.recall([1], [1])

    @claim("small.second")
    def test_it(trial: Trial, impl, evidence):
        """It is second."""
        evidence.equal({expression}, 1, "this and that")
    '''
    (test,) = read(tmp_path, source)
    assert test.asks == asks
    assert test.experiments == ("Trial",)
    assert test.trains


WRITTEN_OUT = [
    pytest.param("", "exceeds([1.0], 'effect')", {"effect"}, id="its name"),
    pytest.param("", "exceeds([1.0], comparison='effect')", {"effect"}, id="by keyword"),
    pytest.param("('x', [1, 2], ids=['effect', 'other_effect'])", "exceeds([x])", {"effect", "other_effect"}, id="ids"),
    pytest.param("('x', ['effect', 'other_effect'])", "exceeds([x])", {"effect", "other_effect"}, id="values as ids"),
    pytest.param("('x', NAMES)", "exceeds([x])", {"effect", "other_effect"}, id="a constant of the module"),
    pytest.param("('x', ['effect'])", "exceeds([1.0], x)", {"effect"}, id="a parameter"),
    pytest.param(
        "(('x', 'y'), [(1, 'effect'), (2, 'other_effect')])",
        "exceeds([x], y)",
        {"effect", "other_effect"},
        id="one of two parameters",
    ),
    pytest.param("('x, y', [pytest.param(1, 'effect', id='one')])", "within([x], y)", {"effect"}, id="pytest.param"),
]


@pytest.mark.parametrize(("parameters", "call", "comparisons"), WRITTEN_OUT)
def test_which_comparisons_a_test_decides(tmp_path, parameters, call, comparisons):
    """They are read from the source: the name in the call, a parameter's values, or ids."""
    (test,) = read(tmp_path, deciding(parameters, call))
    assert test.comparisons == comparisons


def deciding(parameters, call):
    """A test file in which a parametrised test of the first claim makes a call of `evidence`."""
    decorator = f"@pytest.mark.parametrize{parameters}" if parameters else ""
    return f'''
    import pytest
    from spec.harness import claim

    NAMES = ["effect", "other_effect"]
    NAME = "effect"

    @claim("small.first")
    {decorator}
    def test_it(evidence, x=1, y=2):
        """It is."""
        evidence.{call}
    '''


@pytest.mark.parametrize(
    ("parameters", "call"),
    [
        pytest.param("", "exceeds([1.0])", id="none, and no parameters"),
        pytest.param("", "exceeds([1.0], f'{x}')", id="composed"),
        pytest.param("", "exceeds([1.0], NAME)", id="a constant"),
        pytest.param("('x', [1, 2])", "exceeds([x])", id="none, and values that are no texts"),
        pytest.param("('x', list(NAMES))", "exceeds([x])", id="none, and values that are computed"),
        pytest.param("(('x', 'y'), [(1, NAME)])", "exceeds([x], y)", id="a parameter with a computed value"),
    ],
)
def test_a_comparison_that_is_not_written_out_is_refused(tmp_path, parameters, call):
    """Nobody could find it, and nothing could tell that it is read."""
    with pytest.raises(
        SpecificationError, match=r"test_small.py:1\d: test_it: the comparison's name is not written lit"
    ):
        read(tmp_path, deciding(parameters, call))


def test_a_controls_interval_says_what_it_controls(tmp_path):
    """A control that is an interval names the comparisons whose margins lie outside it; one that is none need not."""
    nothing = (
        TEST[TEST.index("\n\n@claim") :].replace('first")', 'first", role="control")').replace("_first", "_nothing")
    )
    within = nothing.replace("exceeds", "within").replace('"effect"', '"other_effect"')
    above = nothing.replace('"effect"', '"other_effect"')
    second = TWO.index("other_effect")
    toml = TWO[:second] + TWO[second:].replace("above = 0.1\n", "within = [-0.05, 0.05]\n", 1)
    with pytest.raises(
        SpecificationError, match=r"test_nothing: the control 'other_effect' .* does not say what it cont"
    ):
        inventory(tmp_path, TEST + within, toml)
    named = toml.replace("within = [-0.05, 0.05]\n", 'within = [-0.05, 0.05]\ncontrols = ["effect"]\n')
    assert len(of_the_one_file(inventory(tmp_path, TEST + within, named))) == 2
    assert len(of_the_one_file(inventory(tmp_path, TEST + above, TWO))) == 2


def test_a_comparison_that_no_test_decides_is_refused(tmp_path):
    """With the file, the claim and its name."""
    message = r"q1_small/claims.toml: claim 'small.first': comparison 'other_effect' is decided by no test"
    with pytest.raises(SpecificationError, match=message):
        inventory(tmp_path, toml=TWO)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('"effect"', '"effct"', "decides the comparison 'effct', which claim", id="name"),
        pytest.param(
            "trial: Trial, ", "", "decides 'effect', which is registered for the experiment Trial", id="experiment"
        ),
    ],
)
def test_a_comparison_is_decided_as_registered(tmp_path, old, new, message):
    """Under its name, by a test that takes its experiment; the file and the line are in the message."""
    spoilt = TEST.replace(old, new, 1)
    assert spoilt != TEST
    expected = rf"test_small.py:6: test_first: {re.escape(message)}"
    with pytest.raises(SpecificationError, match=expected):
        inventory(tmp_path, spoilt)


def test_a_comparison_is_decided_by_one_test(tmp_path):
    """Two of one name could come out differently, and calibration would know of one only."""
    twice = TEST + TEST[TEST.index("\n\n@claim") :].replace("test_first", "test_again")
    with pytest.raises(
        SpecificationError, match=r"test_again: decides 'effect', as does test_first; expected one test"
    ):
        inventory(tmp_path, twice)


def test_a_comparison_is_decided_in_a_test(tmp_path):
    """Not in a helper, where it could not be seen which test decides it."""
    helper = "\ndef helper(evidence):\n    evidence.within([1.0], 'effect')\n"
    with pytest.raises(SpecificationError, match=r"test_small.py:11: a comparison is decided outside a test"):
        read(tmp_path, TEST + helper)


def test_an_untested_claim_is_refused(tmp_path):
    """A claim that no test decides is an error that names it: a boundary alone does not decide."""
    boundary = TEST + TEST.replace("small.first", 'small.second", role="boundary').replace("_first", "_second")
    for test in (TEST, boundary):
        with pytest.raises(SpecificationError, match=r"claims\.toml: no test decides claim 'small\.second'; expected"):
            inventory(tmp_path, test, others="")


REFUTED = TOML.replace('"holds"', '"refuted"\nreason = "It is not."\namended = "It is otherwise."', 1)
AMENDED = (
    TEST.replace('first")', 'first", role="amended")')
    .replace("test_first", "test_otherwise")
    .replace('    evidence.exceeds([1.0] * 12, "effect")\n', "")
)


def test_what_is_true_instead_of_a_refuted_claim_is_tested(tmp_path):
    """The amended claim's test is counted in its own role; it has to be there, and only where the claim is refuted."""
    tests = of_the_one_file(inventory(tmp_path, TEST + AMENDED, REFUTED))
    assert [test.role for test in tests] == ["claim", "amended"]
    with pytest.raises(SpecificationError, match=r"'small\.first' is refuted .* but no test has the role 'amended'"):
        inventory(tmp_path, TEST, REFUTED)
    with pytest.raises(SpecificationError, match=r"test_otherwise: role = 'amended', but the verdict of"):
        inventory(tmp_path, AMENDED)


def test_a_file_that_cannot_be_imported_still_counts(tmp_path):
    """Tests are read without importing anything."""
    assert len(of_the_one_file(inventory(tmp_path, "import no_such_module\n" + TEST))) == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param('"small.first"', '"small.frist"', "test_first: unknown claim 'small.frist'", id="unknown id"),
        pytest.param('@claim("small.first")\n', "", "test_first serves no claim", id="no claim"),
        pytest.param('"small.first"', "ID", "test_first: expected @claim('id')", id="id not written out"),
        pytest.param('"small.first"', "", "test_first: expected @claim('id')", id="no id"),
        pytest.param('"small.first"', '"small.first", role="proof"', "with a role out of claim, ", id="unknown role"),
        pytest.param('"small.first"', '"small.first", "small.first"', "with a role out of", id="id for a role"),
        pytest.param('"small.first"', '"small.first", role=ROLE', "written out", id="role not written out"),
        pytest.param("\ndef ", "\nasync def ", "expected a plain function at the top level", id="coroutine"),
        pytest.param("evidence):", "evidence:", "cannot be read", id="syntax error"),
    ],
)
def test_a_test_that_cannot_be_placed_is_refused(tmp_path, old, new, reason):
    """The error names file, line and test, and says what was expected."""
    spoilt = TEST.replace(old, new, 1)
    assert spoilt != TEST
    with pytest.raises(SpecificationError, match=re.escape(reason)) as error:
        inventory(tmp_path, spoilt)
    assert re.match(rf"{re.escape(str(tmp_path))}/q1_small/test_small\.py:[56]: ", str(error.value))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (TEST + TEST[TEST.index("\n\n@claim") :], "test_first is defined twice in this file"),
        (TEST.replace("@claim", '@claim("small.second")\n@claim'), "test_first: serves two claims; expected one"),
    ],
)
def test_a_test_that_would_count_for_another_is_refused(tmp_path, source, reason):
    """Of two tests of one name pytest runs the later, and of two claims on one test it records one."""
    with pytest.raises(SpecificationError, match=rf"test_small.py:\d+: {re.escape(reason)}"):
        read(tmp_path, source)


def test_a_test_in_a_class_is_refused(tmp_path):
    """A method, which pytest would collect without its being counted, is refused."""
    source = "class TestFirst:\n    def test_first(self, evidence): ...\n"
    with pytest.raises(SpecificationError, match=r":2: test_first: expected a plain function at the top level"):
        inventory(tmp_path, source)
