"""The figures of a run, drawn once its tests have run: nothing that goes wrong here concerns a claim."""

import inspect
from typing import Any

import pytest

from ..claims.binding import experiments_of
from ..errors import ImplementationFault
from ..evidence import figures
from ..evidence.experiments import NotComputed
from ..evidence.figures import FIGURE_FUNCTIONS, FigureFunction
from .collection import claim_and_role
from .run import RUN, Run

DECIDED = pytest.StashKey[set[str]]()
"""The claims of which a test ran in this process."""


def pytest_runtest_call(item: pytest.Item) -> None:
    """Remember whose figures are to be drawn here."""
    if item.get_closest_marker("claim"):
        item.config.stash.setdefault(DECIDED, set()).add(claim_and_role(item)[0])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Draw what there is to draw; then nothing more is asked of the implementation."""
    run = session.config.stash[RUN]
    if exitstatus != pytest.ExitCode.INTERRUPTED:
        draw(run, session.config.stash.get(DECIDED, set()))
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
                figures.write(run.directory.figures / f"{claim_id}.{figure.name}.npz", figure)
        except (NotComputed, ImplementationFault):
            continue
        except Exception as error:
            where = f"{function.__module__}.{function.__name__}"
            run.directory.add_undrawn(run.worker, f"{claim_id}: {where}: {type(error).__name__}: {error}")


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
