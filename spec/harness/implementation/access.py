"""The implementation of a run: in this process, or behind the sandbox that the options ask for.

The process that owns the terminal chooses and probes the backend, once, and passes its choice on to the others. What
the implementation printed and imported in each of them comes together in the run's directory.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from ..run_directory import RunDirectory
from ..sandbox import UNCONFINED, backends, limits, memory_groups, probe
from ..sandbox.memory_groups import MemoryGroups
from ..sandbox.session import Sandbox
from ..sandbox.usage import Used
from .loading import is_outside, private_name, source_path
from .proxy import Implementation
from .transport import Sandboxed

IN_PROCESS = "in-process"


class SandboxChoice(msgspec.Struct):
    """What all processes of a run agree on: the backend's name, its label, and the time when the run ends."""

    backend: str
    label: str
    ends: float
    memory_groups: str | None = None
    """The folder in which workers get control groups, if any."""


class ImplementationAccess:
    """How one process of a run reaches the implementation."""

    def __init__(
        self,
        options: argparse.Namespace,
        directory: RunDirectory,
        process: str,
        worker_input: dict[str, Any] | None,
        questions: int,
    ) -> None:
        """`process` names this process in the run's `directory`; `worker_input` is None where it owns the terminal.

        The time of the run is divided between so many `questions`.

        Raises `SpecificationError` where there is no such implementation, or the sandbox does not work.
        """
        self._directory, self._process = directory, process
        bounds = limits.of_options(options)
        if worker_input:
            self._choice = msgspec.json.decode(worker_input["claims_sandbox"], type=SandboxChoice)
        else:
            self._choice = _choose(options, bounds)
        self.label = self._choice.label
        self._sandbox = None
        if self._choice.backend == IN_PROCESS:
            self.implementation = Implementation(options.impl)
            if is_outside(options.impl) and Path(options.impl).is_dir():
                # As in a worker, its own modules can be imported by their bare names.
                sys.path.append(str(Path(options.impl).resolve()))
            return
        path = source_path(options.impl)
        self._sandbox = Sandbox(
            path,
            private_name(path),
            self._choice.backend,
            bounds,
            options.device,
            self._choice.ends,
            self._append_output,
            elsewhere=partial(directory.used_elsewhere, process, Used),
            publish=partial(directory.write_implementation, process),
            budgets=questions,
            memory_groups=MemoryGroups(Path(folder)) if (folder := self._choice.memory_groups) else None,
        )
        name = options.impl or "impl"
        self.implementation = Implementation(name, Sandboxed(self._sandbox, path.name))
        # A process that only hands work to others calls nothing.
        if not getattr(options, "numprocesses", None) and not options.collectonly:
            self._sandbox.start()

    @property
    def is_sandboxed(self) -> bool:
        """Whether the implementation has processes of its own."""
        return self._sandbox is not None

    def encoded_choice(self) -> str:
        """The `SandboxChoice` as JSON, which the other processes get as `worker_input["claims_sandbox"]`."""
        return msgspec.json.encode(self._choice).decode()

    def environment(self) -> dict[str, str]:
        """What `claims.json` says of the sandbox, and of the modules that an implementation behind it imports."""
        if self._choice.backend == IN_PROCESS:
            return {"sandbox": self.label}
        return {"sandbox": self.label, "imports": ", ".join(self._directory.imports())}

    def cpu_seconds(self) -> float:
        """Processor time that the workers of the sandbox have used by now; 0 where the implementation is in here."""
        return self._sandbox.ledger.cpu_seconds() if self._sandbox else 0.0

    def cpu_seconds_in_all(self) -> float:
        """The same with what the sandbox itself took, as long as it was there."""
        return self._sandbox.ledger.cpu_seconds_in_all() if self._sandbox else 0.0

    def close(self) -> None:
        """End the sandbox; record what the submission imports."""
        if self._sandbox:
            self._sandbox.close()
            self._sandbox.ledger.publish()
            if self._directory.path.is_dir():
                self._directory.write_imports(self._process, self._sandbox.imports)

    def _append_output(self, purpose: str, text: str) -> None:
        self._directory.add_output(self._process, f"== {purpose}\n{text.rstrip()}\n\n")


def _choose(options: argparse.Namespace, bounds: limits.Limits) -> SandboxChoice:
    # A clock that is the same for all processes of a machine, and is neither set nor goes on while the machine sleeps.
    ends = time.monotonic() + limits.BY_THE_CLOCK * bounds.total_seconds
    if options.sandbox == "none" or (options.sandbox == "auto" and not is_outside(options.impl)):
        return SandboxChoice(IN_PROCESS, IN_PROCESS, ends)
    # What does not exist is refused before the backends are tried, which takes longer.
    source_path(options.impl)
    if options.sandbox == "auto" and not backends.supported():
        return SandboxChoice(IN_PROCESS, f"{IN_PROCESS} {UNCONFINED}", ends)
    backend = probe.chosen(options.sandbox)
    groups = memory_groups.find()
    return SandboxChoice(backend, backends.described(backend, groups), ends, str(groups.folder) if groups else None)
