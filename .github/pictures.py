"""Makes the README's pictures, `report.png` and `table.png` beside this file, from a run of all claims.

    pytest -m claims --claims-json claims.json
    python .github/pictures.py claims.json

Takes Chromium (`apt-get install chromium`) and what `pip install -e ".[test]"` brings.
"""

import io
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from spec.harness.claims.registry import Registry
from spec.harness.evidence import results
from spec.harness.report import page, terminal

HERE = Path(__file__).parent
IN_REPORT = "face.scrambled-attention-better"
IN_TABLE = ("cat.attention-better-on-edges", IN_REPORT)
REPORT, TABLE = (1200, 880), (1313, 846)
"""Pixels, width and height."""
COLUMNS, LINES = 140, 40
"""Of the terminal, and of the table before it is cut off."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
THEME = TerminalTheme(
    (41, 41, 41),
    (238, 238, 238),
    [(41, 41, 41), (224, 108, 117), (152, 195, 121), (229, 192, 123), *[(238, 238, 238)] * 4],
    [(168, 168, 168), *[(238, 238, 238)] * 7],
)
TERMINAL = """<style>body {{ margin: 0; background: {background}; color: {foreground} }}
pre {{ margin: 10px 16px; font: 15.2px/19.2px "DejaVu Sans Mono", monospace }} {stylesheet}</style><pre>{code}</pre>"""


def main(file: Path) -> None:
    """Draw both pictures of the run in a `claims.json`."""
    run = results.read(file)
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        sys.exit(f"needs a browser; none of {', '.join(BROWSERS)} is installed")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        report = Path(folder, "report.html")
        page.write(run, file.parent, report)
        draw(browser, report, "report.png", REPORT, f'article[id="{IN_REPORT}"]')
        table = Path(folder, "table.html")
        table.write_text(as_html(table_of(run)), encoding="utf-8")
        draw(browser, table, "table.png", TABLE)
        browser.close()


def table_of(run: results.Results) -> str:
    """The first lines of the table of verdicts, with two claims in it, and the last, which is about all."""
    os.environ["COLUMNS"] = str(COLUMNS)
    two = msgspec.structs.replace(run, claims=[claim for claim in run.claims if claim.id in IN_TABLE])
    shown, whole = (terminal.render(part, Registry(), colour=True).strip("\n").split("\n") for part in (two, run))
    return "\n".join([*shown[:-2][:LINES], "    …", "", whole[-1]])


def as_html(text: str) -> str:
    """A page that looks like a terminal with this text, colours and all."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    # Halfway between the background and the text, as rich draws what is dim, is hard to read: a grey instead.
    console.print(Text.from_ansi(text.replace("\x1b[2m", "\x1b[90m")), soft_wrap=True)
    return console.export_html(theme=THEME, code_format=TERMINAL)


def draw(browser: Browser, file: Path, name: str, size: tuple[int, int], element: str = "body > *") -> None:
    """Keep what a page shows, in few bytes: all of it, or one element alone."""
    tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
    tab.goto(file.as_uri())
    tab.evaluate("element => document.body.replaceChildren(document.querySelector(element))", element)
    picture = Image.open(io.BytesIO(tab.screenshot()))
    picture.convert("RGB").quantize(255).save(HERE / name, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} claims.json")
    main(Path(sys.argv[1]))
