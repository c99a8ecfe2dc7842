"""The temporary folder that the processes of one run share."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from . import files

Told = TypeVar("Told", bound=msgspec.Struct)


class UnderWay(msgspec.Struct):
    """Of what a sandbox has used, the call under way."""

    call: str


class CollectedTest(msgspec.Struct, array_like=True):
    """What is known of a test before it runs."""

    claim: str
    group: str
    """What is kept together on one worker: the experiments that it reads, or its own id."""
    selected: bool


class RunDirectory:
    """Knows the names of all files in it; nobody else does.

    Every process of the run, called by `worker`, writes files of its own; the one that owns the terminal reads all.
    """

    def __init__(self, path: Path | None = None) -> None:
        """The folder at `path`, or a new one where that is None."""
        self.path = path or Path(tempfile.mkdtemp(prefix="claims-"))
        self.figures = self.path / "figures"
        self.figures.mkdir(exist_ok=True)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_collected(self, tests: dict[str, CollectedTest]) -> None:
        """Say which tests were collected, by their node ids; all workers collect the same."""
        files.write(self.path / "collected.json", msgspec.json.encode(tests))

    @property
    def is_collected(self) -> bool:
        """Whether any worker has said so yet."""
        return (self.path / "collected.json").exists()

    def collected(self) -> dict[str, CollectedTest]:
        """The tests that were collected; none before that."""
        if not self.is_collected:
            return {}
        return msgspec.json.decode((self.path / "collected.json").read_bytes(), type=dict[str, CollectedTest])

    def write_reused(self, records: list[Any]) -> None:
        """Say which tests are not run, by the records that an earlier run made of them."""
        files.write(self.path / "reused.json", msgspec.json.encode(records))

    def reused(self, kind: type[Told]) -> list[Told]:
        """The records of the tests that are not run."""
        file = self.path / "reused.json"
        return msgspec.json.decode(file.read_bytes(), type=list[kind]) if file.exists() else []  # type: ignore[valid-type]

    def write_drawn(self, worker: str, names: dict[str, list[str]]) -> None:
        """Say which figures a worker drew, by the experiments that they read; of all whose tests it ran."""
        files.write(self.path / f"drawn-{worker}", msgspec.json.encode(names))

    def drawn(self) -> dict[str, list[str]]:
        """The figures that were drawn, by the experiments that they read."""
        drawn: dict[str, list[str]] = {}
        for file in self._of_each("drawn"):
            for group, names in msgspec.json.decode(file.read_bytes(), type=dict[str, list[str]]).items():
                drawn.setdefault(group, []).extend(names)
        return drawn

    def write_status(self, worker: str, status: str) -> None:
        """Say what a worker is doing; nothing where `status` is empty."""
        files.write(self.path / f"status-{worker}", status)

    def statuses(self) -> dict[str, str]:
        """What the workers are doing, those that do anything."""
        statuses = {_worker(file): file.read_text(encoding="utf-8") for file in self._of_each("status")}
        return {worker: status for worker, status in statuses.items() if status}

    def write_implementation(self, worker: str, used: msgspec.Struct) -> None:
        """Say what a worker's sandbox has used, and in the field `call` which call is under way."""
        # An interrupted run may have removed the folder already.
        if self.path.is_dir():
            files.write(self.path / f"implementation-{worker}", msgspec.json.encode(used))

    def used_elsewhere(self, but: str, kind: type[Told]) -> list[Told]:
        """What the sandboxes of all workers but one have used, each as they wrote it."""
        return [
            msgspec.json.decode(file.read_bytes(), type=kind)
            for file in self._of_each("implementation")
            if _worker(file) != but
        ]

    def calls(self) -> dict[str, str]:
        """The long calls of the implementation that are under way, by worker."""
        calls = {
            _worker(file): msgspec.json.decode(file.read_bytes(), type=UnderWay).call
            for file in self._of_each("implementation")
        }
        return {worker: call for worker, call in calls.items() if call}

    def write_cpu_seconds(self, worker: str, seconds: float, of_implementation: float) -> None:
        """Say how much processor time a worker took, and how much of it the processes of its sandbox."""
        files.write(self.path / f"cpu-{worker}", f"{seconds} {of_implementation}")

    def cpu_seconds(self) -> tuple[float, float]:
        """How much processor time all workers took that have ended, and how much of it the processes of sandboxes."""
        texts = [file.read_text(encoding="utf-8").split() for file in self._of_each("cpu")]
        return sum(float(text[0]) for text in texts), sum(float(text[1]) for text in texts)

    def write_imports(self, worker: str, names: set[str]) -> None:
        """Say what a sandboxed implementation imported."""
        files.write(self.path / f"imports-{worker}", msgspec.json.encode(sorted(names)))

    def imports(self) -> list[str]:
        """What sandboxed implementations imported, in alphabetical order."""
        lists = [msgspec.json.decode(file.read_bytes(), type=list[str]) for file in self._of_each("imports")]
        return sorted({name for names in lists for name in names})

    def add_output(self, worker: str, text: str) -> None:
        """Keep what a sandboxed implementation printed."""
        self._add(f"output-{worker}", text)

    def output(self) -> str:
        """What sandboxed implementations printed, worker by worker."""
        return "".join(file.read_text(encoding="utf-8") for file in self._of_each("output"))

    def add_undrawn(self, worker: str, reason: str) -> None:
        """Say, in one line, which figure could not be drawn and why."""
        self._add(f"undrawn-{worker}", " ".join(reason.split()) + "\n")

    def undrawn(self) -> list[str]:
        """Which figures could not be drawn, a line each."""
        return [line for file in self._of_each("undrawn") for line in file.read_text(encoding="utf-8").splitlines()]

    def _add(self, name: str, text: str) -> None:
        # An interrupted run may have removed the folder already.
        if self.path.is_dir():
            with (self.path / name).open("a", encoding="utf-8") as file:
                file.write(text)

    def _of_each(self, kind: str) -> list[Path]:
        return sorted(self.path.glob(f"{kind}-*"))


def _worker(file: Path) -> str:
    return file.name.partition("-")[2]
