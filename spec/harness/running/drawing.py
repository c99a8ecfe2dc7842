"""Draws the figures of a run after its tests; an error here affects no claim."""

import inspect
import re
from typing import Any

import pytest

from ..claims.binding import experiments_of
from ..errors import ImplementationFault, SpecificationError
from ..evidence import figures
from ..evidence.experiments import NotComputed
from ..evidence.figures import FIGURE_FUNCTIONS, FigureFunction
from .collection import claim_and_role
from .run import RUN, Run

MESSAGE_LENGTH = 300
DECIDED = pytest.StashKey[set[str]]()
"""The claims of which a test ran in this process."""


def pytest_runtest_call(item: pytest.Item) -> None:
    """Remember which claims' figures this process draws."""
    if item.get_closest_marker("claim"):
        item.config.stash.setdefault(DECIDED, set()).add(claim_and_role(item)[0])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Draw the figures, then close the implementation."""
    run = session.config.stash[RUN]
    try:
        if exitstatus != pytest.ExitCode.INTERRUPTED:
            draw(run, session.config.stash.get(DECIDED, set()))
    finally:
        run.close()


def draw(run: Run, claims: set[str]) -> None:
    """Draw the figures of these claims from what the experiments of this process have computed.

    Where the implementation did not answer, or no test has computed an arm, there is no figure; whatever else goes
    wrong is written down, to be said below the table.
    """
    for experiment in run.experiments.values():
        experiment.complete = True
    for claim_id, function in FIGURE_FUNCTIONS:
        if claim_id not in claims:
            continue
        try:
            for figure in function(**_arguments(run, function)):
                if not re.fullmatch(r"[\w-]+", figure.name):
                    raise SpecificationError(f"figure {figure.name!r}: expected a name of letters, digits, - and _")
                figures.write(run.directory.figures / f"{claim_id}.{figure.name}.npz", figure)
        except (NotComputed, ImplementationFault):
            continue
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            where = f"{function.__module__}.{function.__name__}"
            run.directory.add_undrawn(run.worker, f"{claim_id}: {where}: {brief(error)}")


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
    for parameter, name in experiments_of(function).items():
        if (name, 1) not in run.experiments:
            raise NotComputed(name)
        arguments[parameter] = run.experiments[name, 1]
    if "impl" in inspect.signature(function).parameters:
        arguments["impl"] = run.implementation
    return arguments
