"""Clusters of this one machine: of dask's workers, and of Slurm."""

import getpass
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spec.selfcheck import toy

MISSING_PARTS = {"distributed": "pip install -e '.[cluster]'", "sbatch": "apt-get install slurm-wlm munge"}


def needs(part: str, there: object) -> None:
    """Skip a test of what is not installed here; in continuous integration that is a failure."""
    if not there:
        reason = f"{part} is not installed ({MISSING_PARTS[part]})"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; continuous integration has to have it")
        pytest.skip(reason)


CLUSTER = """\
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
SLURM = """\
ClusterName=claims
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@contextmanager
def dask(root: Path, folder: Path) -> Iterator[str]:
    """The address of a dask scheduler with two workers for two runs at a time, which are replaced where they die."""
    needs("distributed", importlib.util.find_spec("distributed"))
    script = folder / "cluster.py"
    script.write_text(CLUSTER)
    cluster = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=root,
        env=toy.clean_environment(PYTHONPATH=str(root)),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert cluster.stdout is not None
    yield cluster.stdout.readline().strip()
    cluster.communicate("", timeout=60)


@contextmanager
def slurm() -> Iterator[dict[str, str]]:
    """A Slurm cluster with daemons of its own; the variables that its commands need."""
    needs("sbatch", all(map(shutil.which, ("sbatch", "slurmctld", "slurmd", "munged"))))
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    host, user = socket.gethostname().partition(".")[0], getpass.getuser()
    configuration = SLURM.format(host=host, folder=folder, user=user, ports=free_ports(), cores=os.cpu_count())
    (folder / "slurm.conf").write_text(configuration)
    munge = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
    munge["seed-file"] = "munge.seed"
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    try:
        munged = ["munged", "--force", *(f"--{option}={folder / file}" for option, file in munge.items())]
        for daemon in (munged, ["slurmctld"], ["slurmd"]):
            subprocess.run(
                daemon, cwd=folder, env=toy.clean_environment(**environment), check=True, capture_output=True
            )
        yield environment
    finally:
        for file in folder.glob("*.pid"):
            os.kill(int(file.read_text()), signal.SIGTERM)
        time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
