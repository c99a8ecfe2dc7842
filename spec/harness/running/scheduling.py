"""Which worker runs which test: the tests of one experiment stay together, and the longest experiment begins first."""

from collections.abc import Callable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class ExperimentScheduling(LoadScopeScheduling):
    """pytest-xdist's scheduling by scope, where a test's scope is the experiment that it reads, or itself."""

    def __init__(self, config: pytest.Config, log: Any, group_of: Callable[[str], str]) -> None:
        """`group_of` names a test's group; it is asked once the workers have collected."""
        super().__init__(config, log)
        self.group_of = group_of
        # The plugin sorted the tests already, by what their experiments take and not by their number.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return self.group_of(nodeid)

    def schedule(self) -> None:
        """Hand out work, so that a worker which takes the place of a dead one also begins.

        A worker starts a test once it knows the next one or that there is none, so it is given two units or told.
        """
        replacing = self.collection is not None
        super().schedule()
        if replacing:
            for node in self.nodes:
                self._reschedule(node)
        if self.collection is not None and not self.workqueue:
            for node in self.nodes:
                node.shutdown()

    def remove_node(self, node: Any) -> str | None:
        """Take back what a dead worker had left to do, but for the test that killed it; return that test."""
        workload = self.assigned_work.pop(node)
        crashed = next((nodeid for unit in workload.values() for nodeid, done in unit.items() if not done), None)
        if crashed is None:
            return None
        workload[self.group_of(crashed)][crashed] = True
        self.workqueue.update({group: unit for group, unit in workload.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed
