"""A Python that has imported what takes long to import, and runs pytest in forks of itself.

`claims strength` runs pytest once per mutant, in a process of its own, since each mutant is another `impl` and another
`spec`. Most of such a run was importing libraries that are the same in all of them.
"""

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

LIBRARIES = ("hypothesis.extra.numpy", "torch", "rich.table", "scipy.signal", "sklearn.metrics", "_pytest.assertion")
"""Nothing of `spec` or `impl`: a run imports these from the folder that it is about."""


class WarmPytest:
    """Runs pytest in one folder after another."""

    def __init__(self) -> None:
        # One thread each, as in every run; and pytest's options of the run that this may be part of do not concern it.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._server = subprocess.Popen(
            [sys.executable, "-P", __file__],  # without the folder of this file among the places to import from
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept | threads,
        )

    def run(self, folder: Path, arguments: list[str]) -> str:
        """Run pytest in `folder`, which is the first place to import from; return what it printed."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps([str(folder), arguments]), file=self._server.stdin, flush=True)
        answer = self._server.stdout.readline()
        if not answer:
            raise ChildProcessError(f"the process that runs pytest ended with status {self._server.wait()}")
        return str(json.loads(answer))

    def close(self) -> None:
        """End it."""
        self._server.communicate()


def serve() -> None:
    """For each line [folder, arguments] of standard input, fork, run, and answer with a line: the output."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        output = Path(folder, "output.txt")
        child = os.fork()
        if child == 0:
            _become_pytest(folder, arguments, output)
        os.waitpid(child, 0)
        print(json.dumps(output.read_text(encoding="utf-8", errors="replace")), flush=True)


def _become_pytest(folder: str, arguments: list[str], output: Path) -> None:
    """`python -m pytest arguments` in a folder, in a child process that ends here."""
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
