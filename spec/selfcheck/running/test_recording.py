"""What a test's record says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.harness.errors import Outcome, Refuted
from spec.harness.evidence.results import SMALLEST_INPUT
from spec.harness.running.recording import _message


def test_the_smallest_input_is_in_the_message():
    """As the Hypothesis that is installed finds and words it."""

    @given(st.integers(0, 1000))
    def fails(number):
        if number >= 7:
            raise Refuted("too large")

    with pytest.raises(Refuted) as raised:
        fails()
    message = _message(raised.value, Outcome.REFUTED)
    assert message.startswith(f"too large\n{SMALLEST_INPUT} fails(")
    assert "number=7" in message


@pytest.mark.parametrize("heading", ["Falsifying example", "Failing test case"])
@pytest.mark.parametrize("outcome", [Outcome.REFUTED, Outcome.TIMEOUT])
def test_either_wording_of_hypothesis_is_known(heading, outcome):
    """Older and newer versions begin the note with other words; after a timeout there is no smallest input."""
    error = Refuted("wrong")
    error.add_note(f"{heading}: fails(number=7)")
    smallest = f"\n{SMALLEST_INPUT} fails(number=7)" if outcome is Outcome.REFUTED else ""
    assert _message(error, outcome) == f"wrong{smallest}"
