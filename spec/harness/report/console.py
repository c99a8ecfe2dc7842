"""A rich console that renders to text."""

import io
import os
import shutil

from rich.console import Console


def new_console(colour: bool | None = None) -> Console:
    """A console that renders to text, as wide as the terminal (at least 100 columns, 150 where there is none)."""
    width = max(100, shutil.get_terminal_size((150, 24)).columns)
    coloured = os.isatty(1) and "NO_COLOR" not in os.environ if colour is None else colour
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=coloured,
        no_color=not coloured,
        highlight=False,
        legacy_windows=False,
    )


def text_of(console: Console) -> str:
    """All that was printed on a console of `new_console`, without spaces at the ends of lines."""
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().split("\n"))
