"""A submission behind a sandbox: its copy, and the forkserver that its workers are forked from."""

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..errors import Crashed, SpecificationError
from . import backends
from .copying import copy_submission
from .forkserver import Forkserver, MultiThreaded
from .inside.forkserver import Settings
from .inside.removal import remove
from .inside.sanitise import clean
from .limits import MIB, Limits
from .memory_groups import MemoryGroups
from .usage import Ledger, Used
from .worker import Terms, Worker

LIBRARIES = ["numpy", "torch", "scipy", "sklearn", "skimage", "pandas", "gensim", "jax", "tensorflow"]
"""What the forkserver imports beforehand, where the submission imports it."""
WITHOUT_THREADS = ["numpy"]
"""The same, where importing one of the others starts threads."""
INSIDE = Path(__file__).parent / "inside"
ATTEMPTS = 3


@dataclass(eq=False)
class Sandbox:
    """Starts workers that hold a submission, behind one backend."""

    submission: Path
    private_name: str
    """The name under which workers import it."""
    backend: str
    """One of `backends.NAMES`."""
    limits: Limits
    device: str = "cpu"
    ends: float = float("inf")
    """The time, of `time.monotonic()`, from which on the submission gives no more answers."""
    on_output: Callable[[str, str], None] | None = None
    """Receives each worker's purpose and what it printed, if anything."""
    elsewhere: Callable[[], list[Used]] = list
    """What the workers that other processes of the run have started have used."""
    publish: Callable[[Used], None] | None = None
    """Receives what the workers of this sandbox have used, whenever it has changed."""
    budgets: int = 1
    """Into how many the time of the run is divided."""
    memory_groups: MemoryGroups | None = None
    """Where each worker gets a control group, if anywhere."""
    imports: set[str] = field(default_factory=set, init=False)
    """What the submission imports from outside itself: by its source, and as top-level modules in its workers."""

    def __post_init__(self) -> None:
        self._forkserver: Forkserver | None = None
        self._works = False
        self._libraries = LIBRARIES
        self._lock = threading.RLock()
        self.ledger = Ledger(self.limits, self.elsewhere, self.publish, self.budgets)
        self._terms = Terms(self.limits, self.ends, self.ledger, self.on_output, self._add_imports, self.memory_groups)
        # The copy lies where another user can read it, and nothing else does.
        self.home = Path(tempfile.mkdtemp(prefix="claims-sandbox-"))
        self._remove_home = weakref.finalize(self, remove, self.home)
        self.home.chmod(0o755)
        for name in ("inside", "theirs", "scratch"):
            (self.home / name).mkdir()
        for file in INSIDE.glob("*.py"):
            shutil.copyfile(file, self.home / "inside" / file.name)
        self._name = copy_submission(self.submission, self.home / "theirs")

    def start(self) -> None:
        """Start the forkserver without waiting for it, so that the first worker is there sooner."""
        with self._lock:
            self._forkserver = self._forkserver or self._new_forkserver()

    def _new_forkserver(self) -> Forkserver:
        # What the workers of one that was killed left there is gone with it.
        remove(self.home / "scratch")
        (self.home / "scratch").mkdir()
        plan = backends.plan(self.backend, self.home, self._name, self.limits, self.device)
        settings = Settings(
            private_name=self.private_name,
            libraries=self._libraries,
            max_bytes=self.limits.reply * MIB,
            **plan.settings,
        )
        return Forkserver(plan, settings, self._terms)

    def worker(self, purpose: str, address_space: int | None = None, budget: str = "") -> Worker:
        """A fresh worker for the test or experiment `purpose`, whose address space may grow by so many bytes.

        Its time is charged to the `budget`.

        Raises `Crashed` where workers no longer start, and `SpecificationError` where they never did.
        """
        with self._lock:
            for _ in range(ATTEMPTS):
                forkserver = self._forkserver = self._forkserver or self._new_forkserver()
                try:
                    worker = forkserver.worker(purpose, budget, address_space)
                # One worker can kill the forkserver, at the cost of those beside it in the same submission.
                except (OSError, EOFError, msgspec.DecodeError):
                    self._discard()
                except MultiThreaded:
                    self._discard()
                    if self._libraries == WITHOUT_THREADS:
                        raise SpecificationError(
                            "the process that workers are forked from has more than one thread"
                        ) from None
                    self._libraries = WITHOUT_THREADS
                else:
                    self._works = True
                    self.imports |= set(forkserver.imports)
                    return worker
        if self._works:
            raise Crashed("the processes that workers are started from died, one after the other")
        raise SpecificationError(f"the {self.backend} sandbox failed to start a worker")

    def _discard(self) -> None:
        if self._forkserver:
            self._forkserver.close()
            self._forkserver = None

    def _add_imports(self, modules: Iterable[str]) -> None:
        """Add the top-level modules that a worker names, except those of which the source names more."""
        known = {name.partition(".")[0] for name in self.imports}
        self.imports |= {clean(name, 60) for name in list(modules)[:100]} - known

    def close(self) -> None:
        """End everything, and leave nothing behind."""
        with self._lock:
            if self._forkserver:
                self._forkserver.finish()
                self._forkserver = None
            self._remove_home()
