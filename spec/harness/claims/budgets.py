"""The budgets of experiments in plain words, as `claims show`, the stubs and the feedback print them."""

from collections.abc import Mapping
from typing import Any

TERMS = {
    "parameters": "at most {0} parameters",
    "learning_rate": "a learning rate of {0}",
    "rate": "a rate of {0}",
    "batch_size": "batches of {0}",
    "batch": "batches of {0}",
    "exploring": "ε falls over {0} trials",
    "per_update": "{0} trials for each update",
    "latent_dimensions": "{0} latent dimensions",
    "dimensions": "{0} dimensions",
    "hidden": "{0} units in each hidden layer",
    "window": "a window of {0} words to either side",
    "negatives": "{0} negative words for each pair",
    "noise_power": "negative words drawn by their counts to the power {0}",
}
"""How a number is said, by the name that it has in the budget or by a part of that name."""
COUNTED = ("steps", "updates", "trials", "epochs", "rounds", "images", "replicates", "layers", "heads", "channels")
"""What is said as a number and this word."""
FLAGS = {"saturating": ("the saturating loss", "the non-saturating loss")}
"""What is said where it is true, and where it is false."""


def in_words(budget: Mapping[str, Any]) -> str:
    """A budget as one line: "at most 8,000 parameters; batches of 16; 100 steps (colour)"."""
    return "; ".join(_said(name, value) for name, value in budget.items())


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return FLAGS[name][not value] if name in FLAGS else f"{name.replace('_', ' ')}: {'yes' if value else 'no'}"
    words = name.split("_")
    # The longest part of the name that is known, the last of these, as the noun stands last; what else it says stands
    # in brackets behind.
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            term, rest = "_".join(words[start : start + length]), [*words[:start], *words[start + length :]]
            qualified = f" ({' '.join(rest)})" if rest else ""
            if term in TERMS:
                return TERMS[term].format(_listed(value)) + qualified
            if term in COUNTED:
                return f"{_listed(value)} {term.removesuffix('s') if value == 1 else term}{qualified}"
    return f"{' '.join(words)}: {_listed(value)}"


def _listed(value: str | float | list[int | float]) -> str:
    if isinstance(value, str):
        return value.replace("_", " ")
    return ", ".join(map(_listed, value)) if isinstance(value, list) else f"{value:,}"
