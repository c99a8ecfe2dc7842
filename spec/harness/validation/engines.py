"""Where runs take place: on this machine, or on the workers of a dask scheduler."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from .. import cluster

Item = TypeVar("Item")
Result = TypeVar("Result")


def results(
    run: Callable[[Item], Result], items: Sequence[Item], *, workers: int, scheduler: str | None
) -> Iterator[Result]:
    """What `run` makes of each item, as soon as it is there; the first that raises ends them all.

    Up to `workers` run at a time here, or as many as the scheduler's workers have threads: these see the project under
    the same path.
    """
    if scheduler is None:
        yield from _local(run, items, workers)
        return
    with cluster.client(scheduler) as client:
        from distributed import as_completed as each_completed

        futures = client.map(run, items, pure=False)
        try:
            for future in each_completed(futures):
                yield future.result()
        finally:
            client.cancel(futures)


def _local(run: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(run, item) for item in items]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
