"""Where the runs of a class take place: a pool of this machine's cores, or the workers of a dask scheduler.

An engine yields each job with its record as soon as it is done, in whatever order, and tells of each that begins. What
dask's workers had when they died is run again by others; what takes a worker with it each time is the grader's error.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from ..errors import SpecificationError
from . import running
from .records import Record
from .running import Job
from .text import clean

if TYPE_CHECKING:
    from distributed import Client

Began = Callable[[str], None]
"""Called with a submission's name when its run begins, from whatever thread."""
Engine = Callable[[list[Job], Began], Iterator[tuple[Job, Record]]]


FETCH = 10.0
"""Seconds in which a record that is done has come from its worker, or another look is taken later."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def local(workers: int) -> Engine:
    """So many runs at a time, on this machine; each is a process of its own."""

    def grade(jobs: list[Job], began: Began) -> Iterator[tuple[Job, Record]]:
        def run(job: Job) -> Record:
            began(job.submission.name)
            return running.run(job)

        pool = ThreadPoolExecutor(workers)
        try:
            futures = {pool.submit(run, job): job for job in jobs}
            for future in as_completed(list(futures)):
                # Records are large: none is kept once it is handed on.
                job, record = futures.pop(future), future.result()
                if running.told_to_stop() and record.status != "graded":
                    raise KeyboardInterrupt
                yield job, record
        except BaseException:
            running.stop_all()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    return grade


def dask(address: str) -> Engine:
    """On the workers of a dask scheduler, which see the project and the submissions under the same paths as here."""

    def grade(jobs: list[Job], began: Began) -> Iterator[tuple[Job, Record]]:
        with _client(address) as client:
            from distributed import as_completed

            topic = f"claims-grade-{uuid.uuid4().hex}"
            futures = {client.submit(_remote, job, topic, pure=False): job for job in jobs}
            left = {job.submission.name for job in jobs}
            # What is told may come late: of a run that died with its worker, after another was done.
            client.subscribe_topic(topic, lambda event: began(event[1]) if event[1] in left else None)
            try:
                done = as_completed(list(futures))
                while futures:
                    if running.told_to_stop():
                        raise KeyboardInterrupt
                    for future in done.next_batch(block=False):
                        try:
                            record = future.result(timeout=FETCH)
                        except TimeoutError:
                            # It was lost with its worker after it was done, and is run again.
                            done.add(future)
                            continue
                        except Exception as error:
                            record = failed(futures[future], f"the worker failed: {error!r}")
                        job = futures.pop(future)
                        left.discard(job.submission.name)
                        # What is kept no longer is not made again where its worker dies.
                        future.release()
                        yield job, record
                    time.sleep(0.1)
            finally:
                client.cancel(list(futures))

    return grade


def _client(address: str) -> "Client":
    try:
        from distributed import Client
    except ImportError as error:
        raise SpecificationError(
            "--engine dask: dask.distributed is not installed; expected it here and on every worker: "
            "pip install -e '.[cluster]'"
        ) from error
    try:
        return Client(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise SpecificationError(f"--scheduler {address}: no dask scheduler answers there: {error}") from error


def _remote(job: Job, topic: str) -> Record:
    """What a worker does: it tells, under the topic, that it begins."""
    from distributed import get_worker

    get_worker().log_event(topic, job.submission.name)
    return running.run(job)


def failed(job: Job, problem: str) -> Record:
    """The record of a job that an engine lost."""
    return Record(
        submission=job.submission.name,
        key=job.key,
        status="grader-error",
        problem=clean(problem, 4000),
        seed=job.seed,
        began=0.0,
        seconds=0.0,
    )
