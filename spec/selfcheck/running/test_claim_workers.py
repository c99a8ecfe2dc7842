"""Which tests are answered by the same worker."""

from types import SimpleNamespace

from spec.harness.running.run import Run


class Isolating:
    """An implementation of which each isolated copy has a number, and that knows which are closed."""

    def __init__(self):
        """None is made yet."""
        self.made, self.closed = [], []

    def isolated(self, purpose, question):
        """A further copy."""
        self.made.append((purpose, question))
        number = len(self.made)
        return SimpleNamespace(number=number, close=lambda: self.closed.append(number))


def test_the_tests_of_a_claim_share_a_worker():
    """As long as no other claim's come between; the worker before is ended, so that there is one at a time."""
    run = object.__new__(Run)
    run.implementation, run._for_claim = Isolating(), None
    run.registry = SimpleNamespace(question_of={"a.one": "q1", "a.two": "q2"})
    numbers = [run.implementation_for(claim).number for claim in ("a.one", "a.one", "a.two", "a.one", "")]
    assert numbers == [1, 1, 2, 3, 4]
    assert run.implementation.made == [("a.one", "q1"), ("a.two", "q2"), ("a.one", "q1"), ("a test", "")]
    assert run.implementation.closed == [1, 2, 3]
