"""What is said once pytest has said its last: what failed, on the last line; and to GitHub Actions, where it listens.

GitHub obeys every line of the output that looks like a command of the workflow. So it is told not to, until a word that
nobody else knows, while tests and implementations print.
"""

import os
import secrets
from pathlib import Path

import pytest

from ..evidence.results import Results
from ..report import github, terminal
from .regression import VERDICT
from .run import RUN

WORD = pytest.StashKey[str]()
"""After which GitHub listens again."""
DECIDED = pytest.StashKey[Results]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop GitHub from listening."""
    config = session.config
    if os.environ.get("GITHUB_ACTIONS") == "true" and config.stash[RUN].owns_terminal:
        config.stash[WORD] = secrets.token_hex(16)
        config.get_terminal_writer().line(f"::stop-commands::{config.stash[WORD]}")


@pytest.hookimpl(trylast=True)
def pytest_claims_decided(session: pytest.Session, results: Results) -> None:
    """Keep the results, and write the table for the run's page."""
    config = session.config
    config.stash[DECIDED] = results
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file and WORD in config.stash:
        with Path(file).open("a", encoding="utf-8") as page:
            page.write(github.summary(results, config.stash.get(VERDICT, None)))


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Let GitHub listen again, annotate what failed, and say it on the last line."""
    word, results = config.stash.get(WORD, None), config.stash.get(DECIDED, None)
    if word is None and results is None:
        return
    writer = config.get_terminal_writer()
    if word:
        writer.line(f"::{word}::")
    if results:
        verdict = config.stash.get(VERDICT, None)
        if word:
            for line in github.annotations(results, verdict, config.stash[RUN].inventory):
                writer.line(line)
        if said := terminal.what_failed(results, verdict):
            writer.line(said, red=True)
