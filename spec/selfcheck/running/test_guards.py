"""What looks as if a claim held, and is no evidence: each is the specification's own error, and said so."""

import pytest

from spec.selfcheck import toy

FOLLOWED_BY_CONTROL = '    evidence.exceeds(toy.effect(), "effect")\n\n@claim("toy.effect", role="control")'
SWALLOWED = (
    '    import pytest\n    with pytest.raises(AssertionError):\n        evidence.exceeds(-toy.effect(), "effect")\n\n'
    '@claim("toy.effect", role="control")'
)
STRAY = """

def refuting(evidence):
    evidence.true(False, "so")

test_assigned = claim("toy.holds")(refuting)
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A run of the toy whose tests were spoilt, and its exit status."""
    root = toy.build(tmp_path_factory.mktemp("guards"))
    file = root / toy.TEST_FILE
    toy.edit(file, "    evidence.exceeds(toy.nothing(), \"effect\")\n\n@claim(\"toy.refuted\")", (
        "    evidence.true(True, \"so\")\n    if not len(toy.seeds):\n"
        "        evidence.exceeds(toy.nothing(), \"effect\")\n\n@claim(\"toy.refuted\")"
    ))  # fmt: skip
    toy.edit(file, '    evidence.exceeds(-toy.effect(), "effect")\n', (
        '    evidence.true(False, "something else")\n    evidence.exceeds(-toy.effect(), "effect")\n'
    ))  # fmt: skip
    toy.edit(file, 'evidence.exceeds(two_looks.effect_but_for_one(), "effect")', (
        'for values in (two_looks.effect_but_for_one(), abs(two_looks.effect_but_for_one())):\n'
        '        evidence.exceeds(values, "effect")'
    ))  # fmt: skip
    toy.edit(file, FOLLOWED_BY_CONTROL, SWALLOWED)
    file.write_text(file.read_text() + STRAY)
    return toy.results(root, "-n", "0")


@pytest.mark.parametrize(
    ("claim_id", "message"),
    [
        ("toy.effect", "passed although 'effect of the toy' is refuted"),
        ("toy.no-effect", "comparison 'effect' is registered, and left no evidence"),
        ("toy.refuted", "test_refuted failed before it decided a comparison: something else: false"),
        ("toy.second-look", "comparison 'effect' is decided twice in one test"),
        ("toy.holds", "expected a function at the top level of a test_*.py"),
    ],
)
def test_what_is_no_evidence_is_the_graders_error(guarded, claim_id, message):
    """A failure that is swallowed, a branch not taken, another reason, a second call, a test that nobody counts."""
    (claim,) = (claim for claim in guarded["claims"] if claim["id"] == claim_id)
    assert (claim["outcome"], claim["as_registered"]) == ("grader-error", False)
    assert message in claim["message"]


def test_an_experiment_is_a_parameter_of_the_test(tmp_path):
    """Through another fixture, a second look would see the replicates of the first again."""
    root = toy.build(tmp_path / "toy")
    fixture = "import pytest\n\n@pytest.fixture\ndef kept(ToyWorld):\n    return ToyWorld.effect()\n\n"
    file = root / toy.TEST_FILE
    file.write_text(
        fixture + file.read_text().replace("def test_holds(impl, evidence)", "def test_holds(kept, evidence)")
    )
    printed = toy.run(root, "-m", "claims", "-n", "0")
    assert printed.returncode == 4
    assert "test_holds: reads ToyWorld through another fixture; expected a parameter of the test" in printed.stderr
