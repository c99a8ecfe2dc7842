"""Engines, which run the jobs of a class: on this machine's cores, or on the workers of a dask scheduler.

An engine yields each job with its record as soon as that is done, in whatever order, and reports every start. Jobs of
dask workers that died are run again by others; a job that takes its worker with it each time is the grader's error.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from .. import cluster
from .records import Record
from .submission_run import Job, record_of, run_submission, stop_all, stop_requested

OnStart = Callable[[str], None]
"""Called with a submission's name when its run starts, from any thread, and again where it is run again."""
Engine = Callable[[list[Job], OnStart], Iterator[tuple[Job, Record]]]

WAKE_UP = 1.0
"""Seconds after which a signal is handled at the latest."""
FETCH_TIMEOUT = 10.0
"""Seconds in which a finished record arrives from its worker; a later one is waited for again."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def local(workers: int) -> Engine:
    """Up to `workers` runs at a time on this machine, each a process of its own."""

    def run_jobs(jobs: list[Job], on_start: OnStart) -> Iterator[tuple[Job, Record]]:
        def run(job: Job) -> Record:
            on_start(job.submission.name)
            return run_submission(job)

        pool = ThreadPoolExecutor(workers)
        try:
            futures = {pool.submit(run, job): job for job in jobs}
            while futures:
                # A signal that comes just before a wait is handled after it: no wait is for ever.
                for future in wait(futures, WAKE_UP, FIRST_COMPLETED).done:
                    # Records are large: none stays here once it is handed on.
                    job, record = futures.pop(future), future.result()
                    if stop_requested() and record.status != "graded":
                        raise KeyboardInterrupt
                    yield job, record
        except BaseException:
            stop_all()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    return run_jobs


def dask(address: str) -> Engine:
    """The workers of a dask scheduler, which see the project and the submissions under the same paths as here."""

    def run_jobs(jobs: list[Job], on_start: OnStart) -> Iterator[tuple[Job, Record]]:
        with cluster.client(address) as client:
            from distributed import as_completed

            topic = f"claims-grade-{uuid.uuid4().hex}"
            futures = {client.submit(_run_remotely, job, topic, pure=False): job for job in jobs}
            pending = {job.submission.name for job in jobs}
            # Events may come late: of a run that died with its worker, after another was done.
            client.subscribe_topic(topic, lambda event: on_start(event[1]) if event[1] in pending else None)
            try:
                done = as_completed(list(futures))
                while futures:
                    if stop_requested():
                        raise KeyboardInterrupt
                    for future in done.next_batch(block=False):
                        try:
                            record = future.result(timeout=FETCH_TIMEOUT)
                        except TimeoutError:
                            # The record was lost with its worker, and is made again.
                            done.add(future)
                            continue
                        except Exception as error:
                            record = record_of(futures[future], "grader-error", f"the worker failed: {error!r}")
                        job = futures.pop(future)
                        pending.discard(job.submission.name)
                        # A record that was released is not made again where its worker dies.
                        future.release()
                        yield job, record
                    time.sleep(0.1)
            finally:
                client.cancel(list(futures))

    return run_jobs


def _run_remotely(job: Job, topic: str) -> Record:
    """Run a job on a dask worker, which reports the start under the topic."""
    from distributed import get_worker

    get_worker().log_event(topic, job.submission.name)
    return run_submission(job)
