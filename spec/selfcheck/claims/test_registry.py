"""The registry and the inventory of tests: what they hold, and how they refuse what is malformed."""

import re
from textwrap import dedent

import pytest

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError
from spec.selfcheck.examples import a_claim

TOML = """\
title = "A question"

[[claim]]
id = "small.first"
fa = "first words"
en = "the first"
kind = "experiment"
subject = "protocol"
verdict = "holds"
criterion = "It is so."
sources = []

[claim.comparison.effect]
says = "this minus that"
replicates = 12
varies = "seed"
margin = 0.1
calibrated = { exceed = 100, of = 100, seeds = "1000-1099" }

[[claim]]
id = "small.second"
fa = "second words"
en = "the second"
kind = "identity"
subject = "implementation"
verdict = "conditional"
condition = "Sometimes."
criterion = "It is so sometimes."
sources = []
"""

TEST = '''\
from spec.harness import claim


@claim("small.first")
def test_first(impl, evidence):
    """It is first."""
'''


def registry(root, toml=TOML):
    """The registry of one question with two claims."""
    folder = root / "q1_small"
    folder.mkdir(exist_ok=True)
    (root / "homework.md").write_text("The first words, and the second words.")
    (folder / "claims.toml").write_text(toml)
    return Registry(root)


OTHERS = TEST + TEST.replace("first", "second")
"""Tests that decide both claims, in a file of their own."""


def inventory(root, test=TEST, toml=TOML, others=OTHERS):
    """The inventory of that question with one test file, beside one that decides all claims."""
    small = registry(root, toml)
    (root / "q1_small" / "test_others.py").write_text(others)
    (root / "q1_small" / "test_small.py").write_text(dedent(test))
    return Inventory(small)


def of_the_one_file(found):
    """The tests of the one file."""
    return [test for test in found.tests if test.file.name == "test_small.py"]


@pytest.fixture(scope="module")
def real():
    """The homework's own registry."""
    return Registry()


def test_every_claim_of_the_homework_is_registered(real):
    """There are 87 claims: 19, 13, 27, 15 and 13 of the five questions."""
    assert [len(question.claim) for question in real.questions.values()] == [19, 13, 27, 15, 13]
    assert len(real.claims) == 87


def test_claims_stand_in_the_order_of_the_homework(real):
    """Each claim quotes words that come no earlier in the text than those of the claim before it."""
    places = [real.text.index(claim.fa) for claim in real.claims.values()]
    assert places == sorted(places)


def test_quotes_are_verbatim(real):
    """Every claim is in the homework letter for letter."""
    assert [claim.id for claim in real.claims.values() if claim.fa not in real.text] == []


def test_every_comparison_can_be_decided(real):
    """Each comparison, behaving as it was calibrated, is decided with a probability of at least .999.

    That is, it holds; or, for what a refuted claim says, as surely fails.
    """
    comparisons = [(claim, name, c) for claim in real.claims.values() for name, c in claim.comparison.items()]
    undecided = []
    for claim, name, comparison in comparisons:
        share = comparison.calibrated.exceed / comparison.calibrated.of
        decisive = max(share, 1 - share) if claim.verdict == "refuted" else share
        if comparison.probability_to_hold(decisive) < 0.999:
            undecided.append((claim.id, name, share))
    assert undecided == []


def test_a_well_formed_registry_is_read(tmp_path):
    """The small registry that the other tests spoil is itself in order."""
    small = registry(tmp_path)
    assert list(small.claims) == ["small.first", "small.second"]
    assert small["small.first"].comparison["effect"].alpha == 0.001


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        pytest.param('"small.second"', '"small.first"', "small.first", "registered twice", id="duplicate id"),
        pytest.param('en = "the first"\n', "", "small.first", "missing required field `en`", id="missing field"),
        pytest.param('id = "small.second"\n', "", "(without an id)", "missing required field `id`", id="missing id"),
        pytest.param("sources = []\n\n[claim", "sauces = []\n\n[claim", "small.first", "sauces", id="unknown field"),
        pytest.param('says = "', 'said = "', "small.first", "said", id="unknown field of a comparison"),
        pytest.param('seeds = "1000-1099"', "seed = 1", "small.first", "seed", id="unknown field of a calibration"),
        pytest.param(
            "first words", "third words", "small.first", "'third words' is not in", id="quote not in the text"
        ),
        pytest.param("first words", "", "small.first", "the quote fa = ''", id="empty quote"),
        pytest.param(
            'condition = "Sometimes."\n', "", "small.second", "exactly the conditional", id="conditional, no condition"
        ),
        pytest.param(
            '"conditional"', '"holds"', "small.second", "exactly the conditional", id="holds, but a condition"
        ),
        pytest.param('"holds"', '"refuted"', "small.first", "state a `reason`", id="refuted without reason"),
        pytest.param('"holds"', '"undecided"', "small.first", "state a `reason`", id="undecided without reason"),
        pytest.param('"holds"', '"holds"\nreason = "no"', "small.first", "state a `reason`", id="holds, but a reason"),
        pytest.param('"holds"', '"refuted"\nreason = "no"', "small.first", "as `amended`", id="refuted, not amended"),
        pytest.param('"holds"', '"holds"\namended = "so"', "small.first", "as `amended`", id="holds, but amended"),
        pytest.param('"experiment"', '"guess"', "small.first", "Invalid enum value 'guess'", id="unknown kind"),
        pytest.param('"protocol"', '"luck"', "small.first", "Invalid enum value 'luck'", id="unknown subject"),
        pytest.param('"holds"', '"maybe"', "small.first", "Invalid enum value 'maybe'", id="unknown verdict"),
        pytest.param(
            "margin = 0.1", "margin = 0.1\nlow = 0.0\nhigh = 0.2", "effect", "either", id="margin and interval"
        ),
        pytest.param("margin = 0.1", "margin = 0.1\nlow = 0.0", "effect", "either", id="margin and half an interval"),
        pytest.param("margin = 0.1", "low = 0.0", "effect", "either", id="half an interval"),
        pytest.param("margin = 0.1\n", "", "effect", "either", id="neither margin nor interval"),
        pytest.param("margin = 0.1", "low = 0.2\nhigh = 0.2", "effect", "0.2 is not below", id="empty interval"),
        pytest.param("margin = 0.1", "margin = -0.1", "effect", "-0.1 is negative", id="negative margin"),
        pytest.param("margin = 0.1", "margin = nan", "effect", "margin = nan is not a finite", id="margin NaN"),
        pytest.param("margin = 0.1", "low = 0.1\nhigh = inf", "effect", "high = inf is not a finite", id="endless"),
        pytest.param("margin = 0.1", 'margin = "big"', "small.first", "got `str`", id="margin of the wrong type"),
        pytest.param("margin = 0.1", "margin = 0.1\nalpha = 0.5", "effect", "alpha = 0.5 is not", id="alpha too large"),
        pytest.param("margin = 0.1", "margin = 0.1\nalpha = 0.0", "effect", "alpha = 0.0 is not", id="alpha zero"),
        pytest.param("= 12", "= 9", "effect", "9 replicates can never be significant", id="too few replicates"),
        pytest.param("= 12", "= 12\nextended = 12", "effect", "extended = 12; expected more", id="no longer look"),
        pytest.param("= 12", "= 10\nextended = 20", "effect", "10 replicates can never be", id="half of alpha"),
        pytest.param("= 12", "= 0", "effect", "0 replicates can never be significant", id="no replicates"),
        pytest.param("exceed = 100", "exceed = 101", "effect", "101 of 100 is not a share", id="more than all"),
        pytest.param("of = 100", "of = 0", "effect", "100 of 0 is not a share", id="calibrated on nothing"),
    ],
)
def test_a_malformed_claim_is_refused(tmp_path, old, new, where, reason):
    """The error names the file, the claim or its comparison, and the reason."""
    spoilt = TOML.replace(old, new, 1)
    assert spoilt != TOML
    with pytest.raises(SpecificationError, match=re.escape(reason)) as error:
        registry(tmp_path, spoilt)
    assert str(error.value).startswith(f"{tmp_path}/q1_small/claims.toml: claim ")
    assert repr(where) in str(error.value)


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        pytest.param("title = ", "not valid TOML", id="invalid TOML"),
        pytest.param('title = "x"\n\n[claim]\nid = "a"\n', "begins with .*claim", id="a table where a list is meant"),
        pytest.param(TOML.replace('title = "A question"', ""), "missing required field `title`", id="no title"),
        pytest.param('title = "x"\n', "missing required field `claim`", id="no claims"),
        pytest.param('colour = "red"\n' + TOML, "unknown field `colour`", id="unknown field"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, toml, reason):
    """The error names the file and the reason."""
    with pytest.raises(SpecificationError, match=rf"claims\.toml: .*({reason})"):
        registry(tmp_path, toml)


def test_a_folder_without_claims_is_refused(tmp_path):
    """Where there is no claims.toml at all the error says where it was looked for."""
    with pytest.raises(SpecificationError, match=re.escape(f"{tmp_path}: no q*/claims.toml found")):
        Registry(tmp_path)


def test_an_id_is_unique_over_all_questions(tmp_path):
    """A claim may not be registered again by another question."""
    registry(tmp_path)
    (tmp_path / "q2_copy").mkdir()
    (tmp_path / "q2_copy" / "claims.toml").write_text(TOML)
    with pytest.raises(SpecificationError, match=r"q2_copy/claims\.toml: claim 'small\.first': .* registered twice"):
        Registry(tmp_path)


def test_an_unknown_id_suggests_a_known_one(tmp_path):
    """Asking for a claim that is not registered names one with a similar id."""
    with pytest.raises(SpecificationError, match=r"unknown claim 'small\.frist'.*did you mean 'small\.first'"):
        registry(tmp_path)["small.frist"]


def test_matching_selects_by_prefix_in_order(tmp_path):
    """Prefixes select in the homework's order, none of them selects all, and one that fits nothing is refused."""
    small = registry(tmp_path)
    assert small.matching(["small.s", "small.f"]) == small.matching([]) == ["small.first", "small.second"]
    assert small.matching(["small.s"]) == ["small.second"]
    with pytest.raises(SpecificationError, match="no claim id begins with 'large'"):
        small.matching(["small", "large"])


def test_an_experiment_has_the_replicates_of_its_largest_comparison(tmp_path):
    """An experiment is run with as many replicates as any comparison that reads it registers."""
    reads = 'experiment = "trial"\nmargin'
    second = TOML[TOML.index("[claim.comparison") : TOML.index('[[claim]]\nid = "small.second"')]
    toml = (TOML + second.replace("= 12", "= 20")).replace("margin", reads)
    assert registry(tmp_path, toml).replicates_of("trial") == 20
    with pytest.raises(SpecificationError, match="names experiment = 'trail'"):
        registry(tmp_path, toml).replicates_of("trail")


def test_the_hash_is_of_everything_registered(tmp_path):
    """Changing a margin, or the homework's text, changes the registry's hash."""
    before = registry(tmp_path).hash
    assert registry(tmp_path).hash == before
    assert registry(tmp_path, TOML.replace("0.1", "0.2")).hash != before
    registry(tmp_path)
    (tmp_path / "homework.md").write_text("The first words, and the second words!")
    assert Registry(tmp_path).hash != before


@pytest.mark.parametrize(
    ("verdict", "subject", "outcome", "graded"),
    [
        ("holds", "implementation", Outcome.HOLDS, True),
        ("conditional", "implementation", Outcome.HOLDS, True),
        ("refuted", "implementation", Outcome.REFUTED, False),
        ("undecided", "implementation", Outcome.INCONCLUSIVE, False),
        ("holds", "mathematics", Outcome.HOLDS, False),
        ("holds", "protocol", Outcome.HOLDS, False),
    ],
)
def test_what_a_verdict_expects_and_whether_it_is_graded(verdict, subject, outcome, graded):
    """Only claims about the implementation that right code can pass are graded."""
    claim = a_claim(verdict=verdict, subject=subject)
    assert (claim.registered_outcome, claim.graded) == (outcome, graded)


# The inventory of tests


def test_a_test_is_read_from_its_source(tmp_path):
    """A test is known by claim, role, place, the first sentence of its docstring, and what it asks for."""
    source = '''
    from spec.harness import claim

    def helper(impl):
        return impl.metrics.recall([1], [1])

    @claim("small.second", role="boundary")
    def test_it(impl, evidence):
        """It is
        second.

        More words.
        """
        evidence.equal(impl.metrics.f1([1], [1]), helper(impl), "this and that")
    '''
    (test,) = of_the_one_file(inventory(tmp_path, source))
    assert (test.claim, test.role, test.name, test.line) == ("small.second", "boundary", "test_it", 8)
    assert test.summary.split() == ["It", "is", "second."]
    assert test.asks == {"metrics.f1", "metrics.recall"}


def test_an_untested_claim_is_refused(tmp_path):
    """A claim that no test decides is an error that names it: a boundary alone does not decide."""
    boundary = TEST + TEST.replace("small.first", 'small.second", role="boundary').replace("_first", "_second")
    for test in (TEST, boundary):
        with pytest.raises(SpecificationError, match=r"claims\.toml: no test decides claim 'small\.second'; expected"):
            inventory(tmp_path, test, others="")


REFUTED = TOML.replace('"holds"', '"refuted"\nreason = "It is not."\namended = "It is otherwise."', 1)


def test_a_refuted_claim_is_tested_beside_what_is_true_instead(tmp_path):
    """The amended claim's test is counted in its own role."""
    amended = TEST + TEST.replace('first")', 'first", role="amended")').replace("test_first", "test_otherwise")
    found = of_the_one_file(inventory(tmp_path, amended, REFUTED))
    assert [test.role for test in found] == ["claim", "amended"]


def test_a_refuted_claim_without_an_amended_test_is_refused(tmp_path):
    """What stands in the registry as true instead has to be tested."""
    with pytest.raises(SpecificationError, match=r"'small\.first' is refuted .* but no test has the role 'amended'"):
        inventory(tmp_path, TEST, REFUTED)


def test_only_a_refuted_claim_is_amended(tmp_path):
    """An amended test of a claim that holds is refused."""
    with pytest.raises(SpecificationError, match=r"test_first: role = 'amended', but the verdict of 'small\.first' is"):
        inventory(tmp_path, TEST.replace('first")', 'first", role="amended")'))


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
    assert re.match(rf"{re.escape(str(tmp_path))}/q1_small/test_small\.py:[45]: ", str(error.value))


def test_a_test_in_a_class_is_refused(tmp_path):
    """A method, which pytest would collect without its being counted, is refused."""
    source = "class TestFirst:\n    def test_first(self, evidence): ...\n"
    with pytest.raises(SpecificationError, match=r":2: test_first: expected a plain function at the top level"):
        inventory(tmp_path, source)
