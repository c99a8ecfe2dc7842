"""Draws the figures of a run after its tests; an error here affects no claim."""

import inspect
import re
from typing import Any

import pytest

from ..claims.binding import experiments_of as read_by
from ..errors import ImplementationFault, SpecificationError, outcome_of
from ..evidence import figures
from ..evidence.cache import UNSETTLED, group_of
from ..evidence.experiments import NotComputed
from ..evidence.figures import FIGURE_FUNCTIONS, FigureFunction
from .collection import claim_and_role, experiments_of
from .run import RUN, Run

MESSAGE_LENGTH = 300
DECIDED = pytest.StashKey[set[str]]()
"""The claims of which a test ran in this process."""
READ = pytest.StashKey[set[str]]()
"""The groups of experiments that these tests read."""


def pytest_runtest_call(item: pytest.Item) -> None:
    """Remember which claims' figures this process draws."""
    if item.get_closest_marker("claim"):
        item.config.stash.setdefault(DECIDED, set()).add(claim_and_role(item)[0])
        item.config.stash.setdefault(READ, set()).add(group_of(experiments_of(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Draw the figures, then close the implementation."""
    run = session.config.stash[RUN]
    try:
        if exitstatus != pytest.ExitCode.INTERRUPTED:
            drawn = draw(run, session.config.stash.get(DECIDED, set()))
            read = {group: drawn.get(group, []) for group in session.config.stash.get(READ, set())}
            run.directory.write_drawn(run.worker, {group: names for group, names in read.items() if names is not None})
    finally:
        run.close()


def draw(run: Run, claims: set[str]) -> dict[str, list[str] | None]:
    """Draw the figures of these claims from what the experiments of this process have computed.

    Where the implementation did not answer, or no test has computed an arm, there is no figure; whatever else goes
    wrong is written down, to be said below the table.

    Returns the names of the files by the group of experiments that they show; None where one might be drawn next time.
    """
    drawn: dict[str, list[str] | None] = {}
    for experiment in run.experiments.values():
        experiment.complete = True
    for claim_id, function in FIGURE_FUNCTIONS:
        if claim_id not in claims:
            continue
        group = group_of(list(read_by(function).values()))
        names = drawn.setdefault(group, [])
        try:
            for figure in function(**_arguments(run, function)):
                if not re.fullmatch(r"[\w-]+", figure.name):
                    raise SpecificationError(f"figure {figure.name!r}: expected a name of letters, digits, - and _")
                name = f"{claim_id}.{figure.name}.npz"
                figures.write(run.directory.figures / name, figure)
                if names is not None:
                    names.append(name)
        except NotComputed:
            continue
        except ImplementationFault as error:
            if outcome_of(error) in UNSETTLED:
                drawn[group] = None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            drawn[group] = None
            where = f"{function.__module__}.{function.__name__}"
            run.directory.add_undrawn(run.worker, f"{claim_id}: {where}: {brief(error)}")
    return drawn


def brief(error: BaseException) -> str:
    """The type of an exception and the start of its message, as text that any encoding can write."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:
        text = type(error).__name__
    return text[:MESSAGE_LENGTH].encode(errors="replace").decode()


def _arguments(run: Run, function: FigureFunction) -> dict[str, Any]:
    """The experiments that a figure reads, and the implementation; `NotComputed` where no test here read one."""
    arguments: dict[str, Any] = {}
    for parameter, name in read_by(function).items():
        if (name, 1) not in run.experiments:
            raise NotComputed(name)
        arguments[parameter] = run.experiments[name, 1]
    if "impl" in inspect.signature(function).parameters:
        arguments["impl"] = run.implementation
    return arguments
