"""The report: a run as one web page that needs nothing else, neither a network nor scripts to be read.

It is a pure function of `claims.json` and the figure data beside it. `page` lays out what stands on the page,
`drawings` draws each kind of figure, `replicates` the dots of a comparison.
"""

from pathlib import Path

from ..results import Results
from .page import render

__all__ = ["render", "write"]


def write(results: Results, folder: Path, file: Path) -> None:
    """Write the report of a run; `folder` is where `claims.json` lies, or would. Beside its final place first."""
    page = render(results, folder)
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(file)
