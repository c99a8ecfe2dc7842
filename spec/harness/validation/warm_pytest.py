"""A forkserver for pytest: a Python process that has imported the libraries, and forks for every run.

`claims mutants` runs pytest once per mutant, in a process of its own, since each mutant is another `impl` and another
`spec`. Most of the time of such a run would go into importing libraries, which are the same in all of them.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

LIBRARIES = ("hypothesis.extra.numpy", "torch", "rich.table", "scipy.signal", "sklearn.metrics", "_pytest.assertion")
"""Imported ahead. Nothing of `spec` or `impl`: a run imports those from its folder."""


class WarmPytest:
    """Runs pytest in one folder after another."""

    def __init__(self) -> None:
        from ..process_env import for_children  # this file is also run by its path, where there is no package

        self._server = subprocess.Popen(
            [sys.executable, "-P", __file__],  # -P: the folder of this file is not on sys.path
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=for_children(),
        )

    def run(self, folder: Path, arguments: list[str], seconds: float) -> str:
        """Run pytest in `folder`, which comes first on `sys.path`; return its output.

        A run that takes longer than `seconds` is killed, and raises `TimeoutError`.
        """
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps([str(folder), arguments, seconds]), file=self._server.stdin, flush=True)
        answer = self._server.stdout.readline()
        if not answer:
            raise ChildProcessError(f"the process that runs pytest ended with status {self._server.wait()}")
        output, late = json.loads(answer)
        if late:
            raise TimeoutError(f"no end within {seconds:g} s")
        return str(output)

    def close(self) -> None:
        """End the process."""
        self._server.communicate()


def serve() -> None:
    """For each line [folder, arguments, seconds] of standard input, fork, run, and answer with one: [output, late]."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        folder, arguments, seconds = json.loads(line)
        output = Path(folder, "output.txt")
        child = os.fork()
        if child == 0:
            _become_pytest(folder, arguments, seconds, output)
        try:
            _, status = os.waitpid(child, 0)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        print(json.dumps([output.read_text(encoding="utf-8", errors="replace"), late]), flush=True)


def _become_pytest(folder: str, arguments: list[str], seconds: float, output: Path) -> None:
    """`python -m pytest arguments` in a folder, in a child process that ends here, with whatever it starts."""
    os.setsid()
    # A timer of the system ends this process even if the one that waits for it has died.
    signal.setitimer(signal.ITIMER_REAL, seconds)
    os.chdir(folder)
    with open(os.devnull) as nothing, output.open("w") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["pytest", *arguments]
    sys.path.insert(0, folder)
    with contextlib.suppress(SystemExit):
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    serve()
