"""The implementation of a run: in this process, or behind the sandbox that the options ask for.

The process that owns the terminal chooses and probes the backend, once; the others are told. What their workers print
and import comes together in the run's directory.
"""

import argparse
import importlib.util
import time
from pathlib import Path
from typing import Any

import msgspec

from ..errors import SpecificationError
from ..paths import IMPL
from ..run_directory import RunDirectory
from ..sandbox import limits
from .proxy import Implementation, checked_path, is_outside, is_path, private_name
from .transport import Sandboxed

IN_PROCESS = "in-process"


class SandboxChoice(msgspec.Struct):
    """What the process that owns the terminal tells the others: the backend's name, its label, when the run ends."""

    backend: str
    label: str
    ends: float


class ImplementationAccess:
    """How one process of a run reaches the implementation."""

    def __init__(
        self, option: argparse.Namespace, directory: RunDirectory, process: str, worker_input: dict[str, Any] | None
    ) -> None:
        """Raises `SpecificationError` where there is no such implementation, or the sandbox does not work."""
        self._directory, self._process = directory, process
        self._limits = limits.of_options(option)
        self._told = (
            msgspec.json.decode(worker_input["claims_sandbox"], type=SandboxChoice)
            if worker_input
            else _choose(option, self._limits)
        )
        self.label = self._told.label
        self._sandbox = None
        if self._told.backend == IN_PROCESS:
            self.implementation = Implementation(option.impl)
            return
        from ..sandbox.session import Sandbox

        path = _path(option.impl)
        name = option.impl or "impl"
        self._sandbox = Sandbox(
            path, private_name(path), self._told.backend, self._limits, option.device, self._told.ends, self._on_output
        )
        self.implementation = Implementation(name, Sandboxed(self._sandbox, name))
        # Whoever only hands work to others calls nothing.
        if not getattr(option, "numprocesses", None) and not option.collectonly:
            self._sandbox.start()

    def told(self) -> str:
        """What the other processes of the run are to know."""
        return msgspec.json.encode(self._told).decode()

    def environment(self) -> dict[str, str]:
        """What `claims.json` says of the sandbox, and of what the implementation imports."""
        label = {"sandbox": self.label}
        return label if self._told.backend == IN_PROCESS else label | {"imports": ", ".join(self._directory.imports())}

    def close(self) -> None:
        """End the sandbox; write down what its submission imports."""
        if self._sandbox:
            self._sandbox.close()
            if self._directory.path.is_dir():
                self._directory.write_imports(self._process, self._sandbox.imports)

    def _on_output(self, what: str, text: str) -> None:
        self._directory.add_output(self._process, f"== {what}\n{text.rstrip()}\n\n")


def _choose(option: argparse.Namespace, given: limits.Limits) -> SandboxChoice:
    ends = time.time() + given.total_seconds
    if option.sandbox == "none" or (option.sandbox == "auto" and not is_outside(option.impl)):
        return SandboxChoice(IN_PROCESS, IN_PROCESS, ends)
    _path(option.impl)
    from ..sandbox import backends, probe

    backend = probe.chosen(option.sandbox)
    return SandboxChoice(backend, backends.described(backend), ends)


def _path(where: str | None) -> Path:
    """The folder or file to send into a sandbox."""
    if where is None:
        return IMPL
    if is_path(where):
        return checked_path(Path(where))
    try:
        found = importlib.util.find_spec(where)
    except (ImportError, ValueError) as error:
        raise SpecificationError(f"--impl {where}: cannot be found: {error}") from error
    if found is None or not (found.submodule_search_locations or found.origin):
        raise SpecificationError(f"--impl {where}: there is no file, folder or importable module of that name")
    return checked_path(Path([*(found.submodule_search_locations or []), str(found.origin)][0]))
