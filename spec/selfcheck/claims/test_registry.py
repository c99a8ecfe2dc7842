"""The registry: what it holds, and how it refuses what is malformed."""

import re

import pytest

from spec.harness.claims.decision import Above, Within
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.paths import AT_SCALE
from spec.selfcheck.examples import a_claim

TOML = """\
title = "A question"

[experiment.Trial]
looks = [12]
varies = "seed"
budget = { steps = 100, rates = [0.1, 0.01] }
choices = { network = "flat" }

[experiment.Trial.multiverse]
longer = { steps = 400 }
pooled = { network = "pooled" }

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
experiment = "Trial"
above = 0.1

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


def registry(root, toml=TOML):
    """The registry of one question with two claims."""
    folder = root / "q1_small"
    folder.mkdir(exist_ok=True)
    (root / "homework.md").write_text("The first words, and the second words.")
    (folder / "claims.toml").write_text(toml)
    return Registry(root)


@pytest.fixture(scope="module")
def real():
    """The homework's own registry."""
    return Registry()


def test_every_claim_of_the_homework_is_registered(real):
    """There are 92 claims: 22, 14, 28, 15 and 13 of the five questions."""
    assert [len(question.claim) for question in real.questions.values()] == [22, 14, 28, 15, 13]
    assert len(real.claims) == 92


def test_every_margin_has_a_reason(real):
    """Why it is the smallest effect, or the largest difference, that matters."""
    without = [
        (claim.id, name)
        for claim in real.claims.values()
        for name, entry in claim.comparison.items()
        if not entry.because
    ]
    assert without == []


def test_every_trained_claim_has_its_row_at_full_scale(real):
    """The page on full scale names all claims that rest on training, and none that there is not."""
    named = set(re.findall(r"`([a-z0-9-]+\.[a-z0-9-]+)`", AT_SCALE.read_text(encoding="utf-8")))
    inventory = Inventory(real)
    assert {claim for claim in real.claims if inventory.trains(claim)} <= named <= set(real.claims)


def test_claims_stand_in_the_order_of_the_homework(real):
    """Each claim quotes words that come no earlier in the text than those of the claim before it."""
    places = [real.text.index(claim.fa) for claim in real.claims.values()]
    assert places == sorted(places)


def test_a_well_formed_registry_is_read(tmp_path):
    """The small registry that the other tests spoil is itself in order; a comparison has what its experiment says."""
    small = registry(tmp_path)
    assert list(small.claims) == ["small.first", "small.second"]
    comparison = small["small.first"].comparison["effect"]
    assert (comparison.region, comparison.looks, comparison.varies) == (Above(0.1), (12,), "seed")
    assert comparison.at_look(1) == (12, 0.001)
    assert small.experiments["Trial"].budget == {"steps": 100, "rates": [0.1, 0.01]}
    assert [(variation.name, variation.changes) for variation in small.variations] == [
        ("reference", {}), ("longer", {"steps": 400}), ("pooled", {"network": "pooled"}),
    ]  # fmt: skip
    assert str(small.variation("Trial.longer")) == "Trial.longer: steps = 400"
    with pytest.raises(SpecificationError, match=r"a variation 'Trial.langer' \(did you mean 'Trial.longer'\?\)"):
        small.variation("Trial.langer")


def test_two_looks_are_the_default_and_share_alpha(tmp_path):
    """An experiment that states no looks has 11 replicates, then 28; each look is tested at half of alpha."""
    small = registry(tmp_path, TOML.replace("looks = [12]\n", "").replace("above = 0.1", "within = [-1, 2]"))
    comparison = small["small.first"].comparison["effect"]
    assert comparison.region == Within(-1.0, 2.0)
    assert [comparison.at_look(look) for look in (1, 2)] == [(11, 0.0005), (28, 0.0005)]


# What is wrong: what is replaced, by what, the entry that is named, and the reason.
# fmt: off
SPOILT = {
    "duplicate id": ('"small.second"', '"small.first"', "small.first", "registered twice"),
    "missing field": ('en = "the first"\n', "", "small.first", "missing required field `en`"),
    "missing id": ('id = "small.second"\n', "", "(without an id)", "missing required field `id`"),
    "unknown field": ("sources = []\n\n[claim", "sauces = []\n\n[claim", "small.first", "sauces"),
    "quote not in the text": ("first words", "third words", "small.first", "'third words' is not in"),
    "empty quote": ("first words", "", "small.first", "the quote fa = ''"),
    "no condition": ('condition = "Sometimes."\n', "", "small.second", "exactly the conditional"),
    "holds, but a condition": ('"conditional"', '"holds"', "small.second", "exactly the conditional"),
    "refuted without reason": ('"holds"', '"refuted"', "small.first", "state a `reason`"),
    "undecided without reason": ('"holds"', '"undecided"', "small.first", "state a `reason`"),
    "holds, but a reason": ('"holds"', '"holds"\nreason = "no"', "small.first", "state a `reason`"),
    "refuted, not amended": ('"holds"', '"refuted"\nreason = "no"', "small.first", "as `amended`"),
    "holds, but amended": ('"holds"', '"holds"\namended = "so"', "small.first", "as `amended`"),
    "unknown kind": ('"experiment"', '"guess"', "small.first", "Invalid enum value 'guess'"),
    "unknown subject": ('"protocol"', '"luck"', "small.first", "Invalid enum value 'luck'"),
    "unknown verdict": ('"holds"', '"maybe"', "small.first", "Invalid enum value 'maybe'"),
    # Comparisons
    "unknown field of a comparison": ('says = "', 'said = "', "effect", "said"),
    "hyphen in a name": (".effect]", '."some-effect"]', "some-effect", "a name in snake_case"),
    "capital in a name": (".effect]", ".Effect]", "Effect", "a name in snake_case"),
    "unregistered experiment": ('"Trial"', '"Trail"', "effect", "no [experiment.Trail] in this file (did you mean"),
    "no experiment": ('experiment = "Trial"\n', "", "effect", "missing required field `experiment`"),
    "margin and interval": ("above = 0.1", "above = 0.1\nwithin = [0.0, 0.2]", "effect", "either `above`"),
    "neither margin nor interval": ("above = 0.1\n", "", "effect", "either `above`"),
    "half an interval": ("above = 0.1", "within = [0.1]", "effect", "`array` of length 2, got 1"),
    "empty interval": ("above = 0.1", "within = [0.2, 0.2]", "effect", "the first end is not below"),
    "endless interval": ("above = 0.1", "within = [0.1, inf]", "effect", "within: inf is not a finite"),
    "negative margin": ("above = 0.1", "above = -0.1", "effect", "-0.1 is negative"),
    "margin NaN": ("above = 0.1", "above = nan", "effect", "above: nan is not a finite"),
    "margin of the wrong type": ("above = 0.1", 'above = "big"', "effect", "got `str`"),
    "chance at the margin": ("above = 0.1", "above = 0.1\nchance = 0.1", "effect", "chance = 0.1 is not below above"),
    "chance above the margin": ("above = 0.1", "above = 0.1\nchance = 0.5", "effect", "chance = 0.5 is not below"),
    "chance of an interval": ("above = 0.1", "within = [0, 1]\nchance = 0.5", "effect", "0.5 is allowed with `above`"),
    "how far outside a margin": ("above = 0.1", "above = 0.1\nworst = 0.1", "effect", "worst = 0.1: expected"),
    "how far outside, negative": ("above = 0.1", "within = [0, 1]\nworst = -0.1", "effect", "a number from 0 up"),
    "a control of nothing": (
        "above = 0.1", 'within = [0, 0.1]\ncontrols = ["efect"]', "effect", "no comparison 'efect' (did you mean"
    ),
    "a control that is no interval": ("above = 0.1", 'above = 0.1\ncontrols = ["effect"]', "effect", "with `within`"),
    "a control that holds what it controls": (
        "above = 0.1\n",
        'above = 0.1\n\n[claim.comparison.nothing]\nsays = "it"\nexperiment = "Trial"\nwithin = [-0.1, 0.1]\n'
        'controls = ["effect"]\n',
        "nothing",
        "within = [-0.1, 0.1] contains the margin 0.1 of 'effect', which it controls",
    ),
    "a control wider than what it controls": (
        "above = 0.1\n",
        'within = [0.0, 0.1]\n\n[claim.comparison.nothing]\nsays = "it"\nexperiment = "Trial"\nwithin = [-0.1, 0.1]\n'
        'controls = ["effect"]\n',
        "nothing",
        "within = [-0.1, 0.1] overlaps [0, 0.1] of 'effect', which it controls, and is wider",
    ),
    "alpha too large": ("above = 0.1", "above = 0.1\nalpha = 0.5", "effect", "alpha = 0.5 is not"),
    "alpha zero": ("above = 0.1", "above = 0.1\nalpha = 0.0", "effect", "alpha = 0.0 is not"),
    "too few replicates": ("[12]", "[9]", "effect", "9 replicates can never be significant"),
    "too few for half of alpha": ("[12]", "[10, 20]", "effect", "10 replicates can never be"),
    # Experiments
    "a variation of nothing": ("{ steps = 400 }", "{}", "longer", "expected what it changes"),
    "a variation of what is not there": ("steps = 400", "stepz = 400", "longer", "nor in the choices (did you mean"),
    "a variation to another type": ("steps = 400", 'steps = "many"', "longer", "expected a value of that type"),
    "a variation to what is registered": ("steps = 400", "steps = 100", "longer", "is the registered value"),
    "two variations alike": ('pooled = {', 'pooled = { steps = 400 }\nother = {', "longer", "the same as pooled"),
    "a variation called reference": ("longer =", "reference =", "Trial", "expected another name"),
    "a variation's name": ("longer =", "Longer =", "Trial", "'Longer'; expected a name in snake_case"),
    "budget and choice": ("choices = {", "choices = { steps = 1,", "Trial", "is both in the budget and in the choices"),
    "looks that do not rise": ("[12]", "[12, 12]", "Trial", "looks = [12, 12]; expected one or two increasing"),
    "looks that fall": ("[12]", "[20, 12]", "Trial", "looks = [20, 12]; expected one or two increasing"),
    "looks beyond counting": ("[12]", "[12, 5000]", "Trial", "looks = [12, 5000]; expected at most 1000"),
    "an id that is a path": ('"small.first"', '"../small/first"', "../small/first", "expected an id such as"),
    "three looks": ("[12]", "[12, 20, 28]", "Trial", "expected one or two increasing"),
    "no look": ("[12]", "[]", "Trial", "expected one or two increasing"),
    "looks of the wrong type": ("[12]", '["many"]', "Trial", "Expected `int`, got `str`"),
    "unknown field of an experiment": ("[12]", "[12]\nreplicates = 12", "Trial", "replicates"),
    "nothing varies": ('varies = "seed"\n', "", "Trial", "missing required field `varies`"),
    "name in a budget": ("steps", '"Steps"', "Trial", "budget: 'Steps'; expected a name in snake_case"),
    "budget that is no number": ("100", '"many"', "Trial", "got `str`"),
    "experiment in snake case": ("[experiment.Trial]", "[experiment.trial]", "trial", "name of the experiment's class"),
    "unused experiment": ("[exp", '[experiment.Other]\nvaries = "x"\n[exp', "Other", "no comparison in this file"),
}
# fmt: on


@pytest.mark.parametrize(("old", "new", "where", "reason"), SPOILT.values(), ids=SPOILT)
def test_a_malformed_entry_is_refused(tmp_path, old, new, where, reason):
    """The error names the file, the claim with its comparison or the experiment, and the reason."""
    spoilt = TOML.replace(old, new, 1)
    assert spoilt != TOML
    with pytest.raises(SpecificationError, match=re.escape(reason)) as error:
        registry(tmp_path, spoilt)
    assert re.match(rf"{re.escape(str(tmp_path))}/q1_small/claims\.toml: (claim|experiment) ", str(error.value))
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


@pytest.mark.parametrize(
    ("changed", "again", "where"),
    [("small", "-again", "experiment 'Trial'"), ("Trial", "Again", "claim 'small.first'")],
    ids=["experiment", "claim"],
)
def test_names_are_unique_over_all_questions(tmp_path, changed, again, where):
    """A claim, or an experiment, may not be registered again by another question."""
    registry(tmp_path)
    (tmp_path / "q2_copy").mkdir()
    (tmp_path / "q2_copy" / "claims.toml").write_text(TOML.replace(changed, f"{changed}{again}"))
    with pytest.raises(SpecificationError, match=rf"q2_copy/claims\.toml: {where}: .*registered twice"):
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
    with pytest.raises(SpecificationError, match="no claim id starts with 'large'"):
        small.matching(["small", "large"])


def test_an_experiment_that_is_not_registered_is_refused(tmp_path):
    """The message names those that are."""
    assert registry(tmp_path).experiment("Trial").looks == (12,)
    with pytest.raises(SpecificationError, match=r"an entry \[experiment.Trail\] \(registered: Trial"):
        registry(tmp_path).experiment("Trail")


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
