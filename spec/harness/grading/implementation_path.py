"""Which part of an unpacked submission is the implementation."""

from pathlib import Path

from spec.contract import TOPICS


def implementation_in(folder: Path) -> Path:
    """The folder with the contract's modules, or the single `.py` that holds all topics.

    A folder that holds a single folder is passed through, unless that is a topic's package; so is one that holds a
    single `.py`, unless that is a topic's module.
    """
    while True:
        entries = list(folder.iterdir())
        if len(entries) != 1 or entries[0].stem in TOPICS:
            return folder
        if entries[0].is_file():
            return entries[0] if entries[0].suffix == ".py" else folder
        folder = entries[0]
