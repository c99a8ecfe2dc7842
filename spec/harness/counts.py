"""Counts in words."""


def counted(number: int, noun: str) -> str:
    """How many there are of what the noun calls one of them: "1 claim", "2 claims"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
