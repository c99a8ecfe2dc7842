"""Mutants: what wrong implementations and wrong procedures must make fail."""

import re

import psutil
import pytest

from spec.harness import cli
from spec.harness.claims.registry import Registry
from spec.harness.errors import SpecificationError
from spec.harness.report import terminal
from spec.harness.validation import mutation

MUTANT = """\
[[mutant]]
id = "a-mistake"
because = "somebody may make it"
fails = ["metrics.precision"]
[[mutant.edit]]
file = "impl/metrics.py"
old = 'return _ratio(count["tp"], count["tp"] + count["fp"])'
new = 'return 0.5'
"""

COSTLY = (
    "threshold-tuned-on-test-data",
    "evaluated-on-training-digits",
    "memoised-rewards-not-counted",
    "controllers-are-never-told",
    "pretraining-does-nothing",
    "sentences-shuffled-for-words",
)
"""Of the mutants that show only in training, those that are tried here: the cheapest of each question."""


@pytest.fixture(scope="module")
def registry():
    """The homework's own registry."""
    return Registry()


def read(tmp_path, registry, text=MUTANT):
    """The mutants of a file with this text."""
    (tmp_path / "some.toml").write_text(text)
    return mutation.read(registry, tmp_path)


def measured(mutants, **options):
    """What became of these mutants."""
    defaults = {"exact": True, "seed": 0, "workers": 2, "limit_seconds": 600, "report": lambda _: None}
    return mutation.measure(mutants, **{**defaults, **options})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param('"metrics.precision"', '"metrics.precise"', "expected registered claims", id="unknown claim"),
        pytest.param('["metrics.precision"]', "[]", "at least one claim that fails", id="no claim"),
        pytest.param("impl/metrics.py", "impl/metric.py", "expected a file of impl/", id="no such file"),
        pytest.param("impl/metrics.py", "spec/contract.py", "expected a file of impl/ or of a", id="not a question's"),
        pytest.param("return _ratio(count", "return ratio(count", "occurs 0 times in impl/metrics.py", id="no passage"),
        pytest.param('return _ratio(count["tp"], count["tp"] + count["fp"])', "_ratio(", "times", id="many passages"),
        pytest.param('id = "a-mistake"\n', "", "required field `id`", id="no id"),
        pytest.param("because", "why", "why", id="unknown field"),
    ],
)
def test_a_malformed_mutant_is_refused(tmp_path, registry, old, new, reason):
    """The error names the file and says what is wrong."""
    spoilt = MUTANT.replace(old, new)
    assert spoilt != MUTANT
    with pytest.raises(SpecificationError, match=re.escape(reason)) as error:
        read(tmp_path, registry, spoilt)
    assert str(error.value).startswith(str(tmp_path / "some.toml"))


def test_an_id_stands_once(tmp_path, registry):
    """Two mutants of one name are refused."""
    with pytest.raises(SpecificationError, match="mutant 'a-mistake': the id occurs twice"):
        read(tmp_path, registry, MUTANT * 2)


@pytest.mark.process
def test_a_mistake_is_caught_with_its_numbers(tmp_path, registry):
    """A wrong implementation makes the claim named for it fail, and the project itself stays as it is."""
    (attempt,) = measured(read(tmp_path, registry))
    assert attempt.caught
    assert attempt.observation.startswith("refuted: precision, and tp / (tp + fp): got 0.5, expected ")
    assert mutation.catching_none([attempt], [registry["metrics.precision"], registry["metrics.recall"]]) == [
        "metrics.recall"
    ]
    assert "✓ a-mistake: somebody may make it" in terminal.mutants([attempt], [registry["metrics.precision"]])


@pytest.mark.process
@pytest.mark.parametrize(
    ("passage", "status"),
    [
        pytest.param('return _ratio(count["tp"], count["fp"] + count["tp"])', "missed", id="no mistake"),
        pytest.param("raise RuntimeError", "missed", id="an exception"),
        pytest.param("raise RuntimeError", "caught", id="an exception that is the mistake"),
    ],
)
def test_an_exception_is_no_reason_unless_it_is_the_mistake(tmp_path, registry, passage, status):
    """What claims decide counts; that something broke does not."""
    text = MUTANT.replace("'return 0.5'", f"'{passage}'")
    if status == "caught":
        text = text.replace("fails =", "raises = true\nfails =")
    assert [attempt.status for attempt in measured(read(tmp_path, registry, text))] == [status]


@pytest.mark.process
def test_a_mutant_that_never_ends_is_given_up(tmp_path, registry):
    """Its claim has missed it, with the limit in numbers; it is gone with all it started, and the next is tried."""
    endless = '"""__import__("subprocess").Popen(["sleep", "86399"])\n    while True: pass"""'
    text = MUTANT.replace("a-mistake", "an-endless-mistake").replace("'return 0.5'", endless)
    attempts = measured(read(tmp_path, registry, text + MUTANT), workers=1, limit_seconds=20)
    assert [attempt.mutant.id for attempt in attempts] == ["an-endless-mistake", "a-mistake"]
    assert [attempt.status for attempt in attempts] == ["missed", "caught"]
    assert attempts[0].observation == "timeout: no end within 20 s"
    assert ["sleep", "86399"] not in [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_a_limit_is_a_number_of_seconds(limit, capsys):
    """Anything else is refused in one line that says what was expected."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(["mutants", "--exact", f"--limit-seconds={limit}"])
    assert f"argument --limit-seconds: {limit!r}; expected a number above 0" in capsys.readouterr().err


def test_every_graded_claim_has_a_mutant(registry):
    """Each graded claim is named by a wrong implementation or a wrong procedure, and there are some of either."""
    mutants = mutation.read(registry)
    named = {claim for mutant in mutants for claim in mutant.fails}
    assert not [claim.id for claim in registry.claims.values() if claim.graded and claim.id not in named]
    assert {mutant.protocol for mutant in mutants} == {True, False}


@pytest.mark.process
def test_mutants_of_what_is_exact_are_caught(registry):
    """No claim that is decided without training misses a mutant named for it."""
    attempts = measured(mutation.read(registry))
    assert [(attempt.mutant.id, attempt.claim, attempt.observation) for attempt in attempts if attempt.missed] == []


@pytest.mark.trains
def test_mutants_of_what_is_trained_are_caught(registry):
    """Some mistakes that show only in training are caught by every claim named for them."""
    chosen = [mutant for mutant in mutation.read(registry) if mutant.id in COSTLY]
    assert len(chosen) == len(COSTLY)
    attempts = measured(chosen, exact=False)
    assert [(attempt.mutant.id, attempt.claim, attempt.observation) for attempt in attempts if not attempt.caught] == []
