"""The last line of a run, which says what failed; and annotations and a summary for GitHub Actions.

GitHub executes every line of output that looks like a workflow command. While tests and implementations print, commands
are therefore stopped, until a random token ends that.
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
"""The token after which GitHub executes workflow commands again."""
DECIDED = pytest.StashKey[Results]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop GitHub from executing workflow commands."""
    config = session.config
    if os.environ.get("GITHUB_ACTIONS") == "true" and config.stash[RUN].owns_terminal:
        config.stash[WORD] = secrets.token_hex(16)
        config.get_terminal_writer().line(f"::stop-commands::{config.stash[WORD]}")


@pytest.hookimpl(trylast=True)
def pytest_claims_decided(session: pytest.Session, results: Results) -> None:
    """Keep the results, and write the summary of the workflow's run."""
    config = session.config
    config.stash[DECIDED] = results
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file and WORD in config.stash:
        with Path(file).open("a", encoding="utf-8") as page:
            page.write(github.summary(results, config.stash.get(VERDICT, None)))


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Resume workflow commands, annotate failures, and print the last line."""
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
