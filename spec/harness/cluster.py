"""Several machines: the client of a dask scheduler, and which part of the work a job of an array does."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from .errors import SpecificationError

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Shard = tuple[int, int]
"""The I-th of N, from the first on."""
DIGITS = 6
"""Of the numbers of workers and shards, at most."""


def client(address: str) -> "Client":
    """A client of the dask scheduler there; `SpecificationError` where there is none."""
    try:
        from distributed import Client
    except ImportError as error:
        raise SpecificationError(
            f"--scheduler {address}: dask.distributed is not installed; expected it here and on every worker: "
            "pip install -e '.[cluster]'"
        ) from error
    try:
        return Client(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise SpecificationError(f"--scheduler {address}: no dask scheduler answers there: {error}") from error


def of_shard(items: Sequence[Item], shard: Shard) -> list[Item]:
    """Every N-th of the items, from the I-th on."""
    which, of = shard
    return list(items[which - 1 :: of])


def shard(text: str) -> Shard:
    """The shard of an option "I/N"."""
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and len(of) <= DIGITS and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected I/N with 1 ≤ I ≤ N")
    return int(which), int(of)
