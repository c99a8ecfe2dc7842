"""The verbs of `evidence`: what each accepts, records and says."""

import contextlib

import msgspec
import numpy as np
import pytest

from spec.harness.errors import ContractViolation, Failed, Inconclusive, Outcome, Refuted, SpecificationError
from spec.harness.evidence.evidence import bootstrap_interval
from spec.harness.evidence.results import EvidenceRecord
from spec.selfcheck.examples import a_comparison, an_interval, evidence_for

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def evidence():
    """Evidence with a comparison for each of `exceeds` and `within`, one with a chance, and one of two looks."""
    return evidence_for(
        difference=a_comparison(),
        level=an_interval(-0.05, 0.05),
        accuracy=a_comparison(above=0.75, chance=0.5),
        twice=a_comparison(looks=(12, 24)),
    )


def record_of(evidence):
    """The only record that the evidence holds."""
    (record,) = evidence.records.values()
    return record


# equal

EQUAL = [
    pytest.param(0.1 + 0.2, 0.3, id="floats to rounding"),
    pytest.param(1e6 + 1e-7, 1e6, id="large floats to relative rounding"),
    pytest.param(np.float32(0.5), 0.5, id="scalar of another width"),
    pytest.param(2, 2.0, id="int where a float is meant"),
    pytest.param([1.0, 2.0], np.array([1.0, 2.0]), id="list and array"),
    pytest.param(np.zeros((0, 3)), np.ones((0, 3)), id="empty arrays of one shape"),
    pytest.param([], [], id="empty lists"),
    pytest.param({}, {}, id="empty dicts"),
    pytest.param(["a", "b"], ("a", "b"), id="list of words and tuple"),
    pytest.param({"b": [1, {"c": None}], "a": "x"}, {"a": "x", "b": [1, {"c": None}]}, id="nested, keys in any order"),
    pytest.param(INF, INF, id="the same infinity"),
    pytest.param(2**70, 2**70, id="huge ints"),
    pytest.param(None, None, id="None"),
]

FIRST_AND_WORST = r"got 3.0 at \[1\], expected 1.0 \(the first of 2 in 3 that differ; worst error 6, tolerance 1e-12\)"

# fmt: off
UNEQUAL = [
    pytest.param(1 + 1e-11, 1.0, "number", r"got 1\.00000000001, expected 1\.0 \(error 1e-11", id="beyond tolerance"),
    pytest.param(1e-11, 0.0, "number", r"got 1e-11, expected 0\.0", id="small floats absolutely"),
    pytest.param(1e6 + 1e-3, 1e6, "number", "got 1000000", id="large floats beyond relative tolerance"),
    pytest.param(3, 4, "value", "got 3, expected 4$", id="ints"),
    pytest.param(2**53 + 1, 2**53, "value", "got 9007199254740993, expected 9007199254740992", id="of one float"),
    pytest.param(np.array([2**53 + 1]), np.array([2**53]), "value", "993 at .0., expected .*992", id="arrays of such"),
    pytest.param(True, False, "value", "got True, expected False", id="bools"),
    pytest.param("1", 1, "type", r"got '1', expected 1 \(different type\)", id="text and number"),
    pytest.param("a", "A", "value", "got 'a', expected 'A'", id="text"),
    pytest.param(None, np.ones(2), "type", "got None, expected", id="None for an array"),
    pytest.param(np.ones(2), None, "type", "expected None", id="array for None"),
    pytest.param({"a": 1}, 1.0, "type", "got {'a': 1}, expected 1.0", id="dict for a float"),
    pytest.param([1, "x"], [1, 2], "type", r"got \[1, 'x'\], expected \[1, 2\]", id="text among numbers"),
    pytest.param([[1], [2, 3]], [1, 2], "type", r"got \[\[1\], \[2, 3\]\], expected", id="ragged list"),
    pytest.param(NAN, NAN, "value", "got nan, expected nan", id="NaN and itself"),
    pytest.param(1.0, NAN, "value", "expected nan", id="number for NaN"),
    pytest.param({"a": NAN, "b": 5.0}, {"a": 5.0, "b": 5.0}, "value", "got nan at .'a'., expected 5.0", id="NaN first"),
    pytest.param({"a": 5.0, "b": NAN}, {"a": 5.0, "b": 5.0}, "value", "got nan at .'b'., expected 5.0", id="NaN last"),
    pytest.param(INF, 1.0, "value", "got inf, expected 1.0", id="infinity for a number"),
    pytest.param(-INF, INF, "value", "got -inf, expected inf", id="the other infinity"),
    pytest.param(np.zeros((2, 1)), np.zeros(2), "shape", r"shape \(2, 1\), expected the shape \(2,\)", id="shapes"),
    pytest.param(np.zeros(1), 0.0, "shape", r"the shape \(1,\), expected the shape \(\)", id="array for a scalar"),
    pytest.param(["a"], ["a", "b"], "length", r"\(length 1\), expected \['a', 'b'\] \(length 2\)", id="lengths"),
    pytest.param({"a": 1}, {"b": 1}, "keys", r"got the keys \['a'\], expected the keys \['b'\]", id="keys"),
    pytest.param([1], {"b": 1}, "type", r"got \[1\], expected a dict with the keys \['b'\]", id="list for a dict"),
    pytest.param(np.array([[0, 1], [2, 9]]), np.array([[0, 1], [2, 3]]), "value", r"got 9 at \[1, 1\]", id="place"),
    pytest.param({"a": [["x"], ["y"]]}, {"a": [["x"], ["z"]]}, "value", r"'y' at \['a'\]\[1\]\[0\]", id="its place"),
    pytest.param([0.0, 3.0, 7.0], [0.0, 1.0, 1.0], "number", FIRST_AND_WORST, id="the first, and the worst"),
    pytest.param({"a": 2.0, "b": [1]}, {"a": 1.0, "b": [1, 2]}, "number", "the first of 2 in 2", id="before a shape"),
]
# fmt: on


@pytest.mark.parametrize(("actual", "expected"), EQUAL)
def test_equal_accepts(evidence, actual, expected):
    """What is equal but for rounding is recorded as holding."""
    evidence.equal(actual, expected, "this and that")
    assert record_of(evidence).outcome is Outcome.HOLDS


@pytest.mark.parametrize(("actual", "expected", "kind", "says"), UNEQUAL)
def test_equal_refutes(evidence, actual, expected, kind, says):
    """What differs is refuted: what came back and what was expected at the first place, and in what they differ."""
    with pytest.raises(Refuted, match=f"^this and that: .*{says}"):
        evidence.equal(actual, expected, "this and that")
    record = record_of(evidence)
    assert record.outcome is Outcome.REFUTED
    assert record.difference.kind == kind


@pytest.mark.parametrize(("actual", "expected", "kind", "says"), UNEQUAL)
def test_what_differs_survives_being_written(evidence, actual, expected, kind, says):  # noqa: ARG001
    """JSON knows no infinity: an error that cannot be measured is no error, and the kind of difference says so."""
    with pytest.raises(Refuted):
        evidence.equal(actual, expected, "this and that")
    written = msgspec.json.decode(msgspec.json.encode(record_of(evidence)), type=EvidenceRecord)
    assert written == record_of(evidence)
    assert (written.difference.kind == "number") == ((written.worst_error or 0.0) > 1e-12)


def test_what_differed_is_of_the_last_example(evidence):
    """Under Hypothesis the smallest example comes last; what holds in the end has no difference."""
    for got in (5.0, 2.0):
        with pytest.raises(Refuted):
            evidence.equal(got, 1.0, "this and that")
    assert (record_of(evidence).difference.got, record_of(evidence).worst_error) == ("2.0", 4.0)
    evidence.equal(1.0, 1.0, "this and that")
    assert record_of(evidence).difference is None


@pytest.mark.parametrize("expected", [np.array(["a"]), {"a", "b"}, object()], ids=["array of text", "set", "object"])
def test_equal_refuses_what_it_cannot_compare(evidence, expected):
    """An expectation that is no plain data is the specification's own error, not a refutation."""
    with pytest.raises(SpecificationError, match="is not plain data"):
        evidence.equal(expected, expected, "this and that")


def test_the_tolerance_is_the_testers(evidence):
    """An error is compared with the tolerance that the test states."""
    evidence.equal(0.009, 0.0, "this and that", tolerance=0.01)
    with pytest.raises(Refuted, match=r"error 0.011, tolerance 0.01"):
        evidence.equal(0.011, 0.0, "this and that", tolerance=0.01)


def test_equal_keeps_the_worst_error_of_all_examples(evidence):
    """One record stands for every example: how many there were, and the largest error."""
    for error in (1e-14, 3e-13, 2e-15):
        evidence.equal(error, 0.0, "this and that")
    assert record_of(evidence).examples == 3
    assert record_of(evidence).worst_error == 3e-13


# true


@pytest.mark.parametrize("condition", [True, np.True_, np.ones((2, 3), dtype=bool), [True, True]])
def test_true_accepts(evidence, condition):
    """A bool or an array of bools that are all true holds."""
    evidence.true(condition, "so")
    assert record_of(evidence).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        pytest.param(False, "so: false; n = 3", id="scalar"),
        pytest.param(np.array([True, False, False]), r"so: false in 2 of 3 cases, first in \[1\]; n = 3", id="array"),
    ],
)
def test_true_refutes(evidence, condition, says):
    """A false condition is refuted, with the share of cases and the numbers that explain it."""
    with pytest.raises(Refuted, match=says):
        evidence.true(condition, "so", n=3)
    assert record_of(evidence).outcome is Outcome.REFUTED


@pytest.mark.parametrize("condition", [1, "yes", None, np.ones(3), [], np.zeros(0, dtype=bool)])
def test_true_refuses_anything_but_bools(evidence, condition):
    """Numbers, text and empty arrays are no truths: they would pass unseen."""
    with pytest.raises(SpecificationError, match="expected a bool or a non-empty array of them"):
        evidence.true(condition, "so")


# refused


def raises(error):
    """Something that fails as an implementation does."""

    def call():
        kind = "ValueError" if isinstance(error, ValueError) else type(error).__name__
        raise Failed(f"topic.function raised {error!r}", kind, str(error), type(error).__name__)

    return call


def violates():
    """Something that answers with what is no answer."""
    raise ContractViolation("f: the result is nan")


def test_refused_accepts(evidence):
    """A ValueError or TypeError that names what is wrong, or one of several names, holds."""
    evidence.refused(raises(ValueError("image is data")), "an image", "image")
    evidence.refused(raises(TypeError("image is data")), "an image", "image")
    evidence.refused(raises(TypeError("image is data")), "an image", "label", "image")
    assert record_of(evidence).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param(
            lambda: 3, "an image: the input was accepted, and the result is 3; expected a ValueError", id="taken"
        ),
        pytest.param(
            raises(ValueError("bad")), "it raised ValueError, which does not name 'image': bad", id="not named"
        ),
        pytest.param(
            raises(UnicodeError("bad")), "it raised UnicodeError, which does not name", id="not named by a kind"
        ),
        pytest.param(
            raises(KeyError("image")),
            "it raised KeyError, which is neither a ValueError nor a TypeError; expected one that names 'image'",
            id="another error",
        ),
        pytest.param(violates, "an image: the input was accepted, and f: the result is nan; expected", id="violated"),
    ],
)
def test_refused_refutes(evidence, call, says):
    """What is taken, or refused without saying why, is refuted."""
    with pytest.raises(Refuted, match=says):
        evidence.refused(call, "an image", "image")
    assert record_of(evidence).outcome is Outcome.REFUTED


# exceeds and within


@pytest.mark.parametrize(
    ("verb", "comparison", "values"),
    [
        pytest.param("exceeds", "difference", [0.2, 0.3] * 6, id="exceeds"),
        pytest.param("within", "level", [0.05, -0.05] * 6, id="within, ends included"),
    ],
)
def test_a_comparison_holds(evidence, verb, comparison, values):
    """Twelve of twelve on the right side hold, and every number is in the record."""
    getattr(evidence, verb)(values, comparison)
    record = record_of(evidence)
    assert (record.verb, record.comparison, record.outcome) == (verb, comparison, Outcome.HOLDS)
    assert (record.exceed, record.needed, record.replicates, record.alpha, record.look) == (12, 12, 12, 0.001, None)
    assert record.region == evidence.claim.comparison[comparison].region
    assert record.values == values
    assert record.mean == pytest.approx(np.mean(values))
    assert record.low < record.mean < record.high


# fmt: off
NOT_HOLDING = {
    "exceeds, inconclusive": (
        "difference", [0.2] * 9 + [0.0, 0.0, 0.6], Inconclusive,
        r"that: 10 of 12 replicates exceed \+0.1 \(needs 12\); median \+0.2, mean \+0.2 \[0.133, 0.283\]$",
    ),
    "exceeds, all tied with the margin": ("difference", [0.1] * 12, Inconclusive, "0 of 12 replicates exceed"),
    "exceeds, all zero": ("difference", [0.0] * 12, Inconclusive, "0 of 12 replicates"),
    "exceeds, refuted": (
        "difference", [-0.2] * 12, Refuted, r"0 of 12 .*; median -0.2, mean -0.2 \[-0.2, -0.2\]; 12 lie below zero$"
    ),
    "exceeds, not better than chance": ("accuracy", [0.5] * 12, Inconclusive, r"0 of 12 replicates exceed \+0.75"),
    "exceeds, worse than chance": ("accuracy", [0.4] * 12, Refuted, r"0 of 12 .*; 12 lie below chance \(0.5\)$"),
    "within, inconclusive": (
        "level", [0.0] * 11 + [0.06], Inconclusive,
        r"that: 11 of 12 replicates lie in \[-0.05, 0.05\] \(needs 12\); median 0, mean 0.005 \[0, 0.015\]$",
    ),
    "within, but for a collapsed one": (
        "level", [0.0] * 11 + [0.5], Inconclusive, r"11 of 12 replicates lie .*; 1 lie more than 0.05 outside$",
    ),
    "within, refuted": ("level", [-0.06, 0.06] * 6, Refuted, r"0 of 12 .*; 12 lie outside \[-0.05, 0.05\]$"),
    "first of two looks, refuted": ("twice", [-0.2] * 12, Refuted, "12 lie below zero$"),
}
# fmt: on


@pytest.mark.parametrize(("comparison", "values", "error", "says"), NOT_HOLDING.values(), ids=NOT_HOLDING)
def test_a_comparison_does_not_hold(evidence, comparison, values, error, says):
    """The message has the count, what was needed, the median, and the mean with its interval."""
    with pytest.raises(error, match=says) as raised:
        getattr(evidence, evidence.claim.comparison[comparison].region.verb)(values, comparison)
    assert raised.type is error
    assert record_of(evidence).outcome is (Outcome.REFUTED if error is Refuted else Outcome.INCONCLUSIVE)
    assert record_of(evidence).region == evidence.claim.comparison[comparison].region


@pytest.mark.parametrize(("right", "holds"), [(9, False), (10, True)])
def test_a_second_look_decides_what_the_first_left_open(evidence, right, holds):
    """It brings the replicates that the first lacks; all together decide, at half of alpha, and no look follows."""
    evidence.exceeds([0.2] * 11 + [0.0], "twice")
    evidence.exceeds([0.2] * 12, "difference")
    assert evidence.is_undecided
    evidence.look = 2
    evidence.exceeds([-0.2] * 12, "difference")  # decided at the first look, and left as it is
    with contextlib.nullcontext() if holds else pytest.raises(Inconclusive, match=r"20 of 24 replicates .*needs 21"):
        evidence.exceeds([0.2] * right + [0.0] * (12 - right), "twice")
    assert not evidence.is_undecided
    record = evidence.records["comparison", "twice"]
    assert (record.exceed, record.look, record.replicates, record.alpha) == (11 + right, 2, 24, 0.0005)
    assert evidence.records["comparison", "difference"].outcome is Outcome.HOLDS


def test_what_is_refuted_at_the_first_look_has_no_second(evidence):
    """Nor has what holds."""
    evidence.exceeds([0.2] * 12, "difference")
    with pytest.raises(Refuted):
        evidence.exceeds([-0.2] * 12, "twice")
    assert not evidence.is_undecided


def test_the_mean_of_huge_numbers_is_finite(evidence):
    """Numbers whose sum would overflow are described all the same."""
    with pytest.raises(Inconclusive, match=r"median \+0, mean \+0 \[-.*e\+307, .*e\+307\]"):
        evidence.exceeds([1.7e308, -1.7e308] * 6, "difference")
    record = record_of(evidence)
    assert all(np.isfinite([record.mean, record.median, record.low, record.high]))


@pytest.mark.parametrize("look", [1, 2])
def test_a_comparison_is_decided_once_at_a_look(evidence, look):
    """A second call could only take the place of the first; what the first look left out, the second cannot decide."""
    evidence.exceeds([0.2] * 11 + [0.0], "twice")
    evidence.look = look
    if look == 2:
        evidence.exceeds([0.2] * 12, "twice")
        with pytest.raises(SpecificationError, match="'difference' was not decided at the first look"):
            evidence.exceeds([0.2] * 12, "difference")
    with pytest.raises(SpecificationError, match="comparison 'twice' is decided twice in one test"):
        evidence.exceeds([0.2] * 12, "twice")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param([0.2] * 11, r"shape \(11,\); expected one per replicate, 12 at look 1", id="too few"),
        pytest.param([0.2] * 13, r"shape \(13,\); expected one per replicate, 12 at look 1", id="too many"),
        pytest.param(0.2, r"shape \(\); expected one per replicate", id="scalar"),
        pytest.param(np.ones((12, 2)), r"shape \(12, 2\); expected one per replicate", id="two axes"),
        pytest.param([0.2] * 11 + [NAN], "nan.*expected finite numbers", id="NaN"),
        pytest.param([0.2] * 11 + [INF], "inf.*expected finite numbers", id="infinity"),
    ],
)
@pytest.mark.parametrize(("verb", "comparison"), [("exceeds", "difference"), ("within", "level")])
def test_values_are_one_finite_number_per_replicate(evidence, verb, comparison, values, says):
    """Anything else is refused with the claim, the comparison and what was expected."""
    with pytest.raises(SpecificationError, match=f"example.claim: comparison '{comparison}': values .*{says}"):
        getattr(evidence, verb)(values, comparison)
    assert not evidence.records


@pytest.mark.parametrize(
    ("verb", "comparison", "says"),
    [
        ("exceeds", "level", r"'level' is registered as in \[-0.05, 0.05\]: use evidence.within"),
        ("within", "difference", r"'difference' is registered as > \+0.1: use evidence.exceeds"),
        ("exceeds", "other", r"no comparison 'other' is registered \(registered: difference, level, accuracy, twice\)"),
    ],
)
def test_the_verb_suits_the_registered_comparison(evidence, verb, comparison, says):
    """A verb is refused for a comparison that is registered for the other one, or not at all."""
    with pytest.raises(SpecificationError, match=says):
        getattr(evidence, verb)([0.2] * 12, comparison)


def test_the_interval_is_always_the_same_and_contains_the_mean():
    """The bootstrap interval is a function of the values, and lies around their mean within their range."""
    values = np.random.default_rng(0).lognormal(size=12)
    low, high = bootstrap_interval(values)
    assert (low, high) == bootstrap_interval(values.copy())
    assert values.min() < low < values.mean() < high < values.max()
