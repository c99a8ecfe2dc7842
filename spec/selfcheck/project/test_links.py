"""Every link between the project's pages leads somewhere."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from spec.harness.paths import PROJECT

FOLDERS = (".github", "spec", "benchmarks", "impl")
PAGES = sorted([*PROJECT.glob("*.md"), *(page for name in FOLDERS for page in (PROJECT / name).rglob("*.md"))])
ON_GITHUB = ("../../deployments",)
"""From the README, a page of the repository on GitHub."""


def tokens(page: Path) -> list[Token]:
    """The blocks of a page."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """What the links and pictures of a page lead to."""
    for token in tokens(page):
        for child in token.children or ():
            if target := child.attrGet("href") or child.attrGet("src"):
                yield unquote(str(target))


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    blocks = tokens(page)
    titles = [inline.content for mark, inline in pairwise(blocks) if mark.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of one; those to other sites are not followed."""
    wrong = []
    for link in links(page):
        if re.match("[a-z]+:", link) or link in ON_GITHUB:
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(link)
    return wrong


def test_a_broken_link_is_found(tmp_path):
    """A file, a heading or a picture that is not there; in code, nothing is a link."""
    page = tmp_path / "page.md"
    page.write_text(
        "# Two words, `code`\n[a](page.md#two-words-code) [b](#gone) [c](gone.md)\n\n| |\n|-|\n| ![d](gone.png) |\n\n"
        "`[e](gone.md)` [f](https://example.org/gone)\n"
    )
    assert broken(page) == ["#gone", "gone.md", "gone.png"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_link_leads_somewhere(page):
    """To a file or a folder of the project and, where it names a heading, to one that is there."""
    assert broken(page) == []
