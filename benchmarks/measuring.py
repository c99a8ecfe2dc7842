"""How a benchmark is timed, and its memory taken.

A *piece of work* is done by several: by `ours`, and by what one would use instead. Each is one benchmark, and those of
one piece, size and device are one group of pytest-benchmark's, whose ratio is what counts. What a benchmark is about
travels in its `extra_info`, from which `results.py` writes `RESULTS.md`.
"""

import ctypes
import math
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

Work = Callable[[], object]

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
"""Every benchmark of something that trains runs on both; the pytest plugin skips `gpu` where there is none."""

BATCHES_AND_LOOPS = [
    *((n, "ours") for n in (1, 4, 16, 64, 256, 1024)),
    *((n, "a loop over seeds") for n in (16, 64)),
]
"""Replicates as one batch, and one after the other."""

SECONDS = 1.0
"""About how long each benchmark is repeated."""
LEAST, MOST = 3, 200
"""But so many rounds at least and at most."""


def elsewhere(device: str) -> dict[str, Any]:
    """What to say of a peer, or of ours, that computes on the CPU also where others use a GPU."""
    return {} if device == "cpu" else {"memory": False, "quality": "on the CPU"}


class Measure:
    """What the fixture `measure` hands to a test: call it once, with the work to be timed."""

    def __init__(self, benchmark: Any) -> None:
        self._benchmark = benchmark

    def __call__(
        self,
        work: Work,
        *,
        piece: str,
        by: str,
        n: int | None = None,
        of: str | None = None,
        items: float = 1,
        unit: str = "calls",
        device: str = "cpu",
        once: bool = False,
        memory: bool = True,
        **facts: Any,
    ) -> None:
        """Time `work`, which does `items` of a `unit`; `n` is its size, in `of`, where a piece has several.

        `once` is for what takes minutes, `memory=False` for what runs in a process of its own. Facts that `results.py`
        knows: `target`, the ratio to this one that ours should reach; `target_rate`, the items per second that it
        should reach itself; `peak_rate`, those that the device could at most; `operations`, in floating point, where
        they are not torch's, whose are counted; `least_bytes`, which it has to read and write; and `quality`, in words.
        """
        size = "" if n is None else f", {of}: {n}"
        where = "" if device == "cpu" else f", on {device}"
        self._benchmark.group = f"{piece}{size}{where}"
        self._benchmark.extra_info.update(
            piece=piece, by=by, n=n, of=of, items=items, unit=unit, device=device, **facts
        )
        if device == "cuda":
            start_cuda()
        timed = finished(work, device)
        if once or not self._benchmark.enabled:
            once_timed = partial(self._benchmark.pedantic, timed)
            self._note_memory(once_timed, device) if memory and self._benchmark.enabled else once_timed()
            return
        timed()  # what is imported, compiled or allocated once is not counted
        if by == "ours" and device == "cpu":
            self._benchmark.extra_info.setdefault("operations", torch_operations(work))
        began = time.perf_counter()
        self._note_memory(timed, device) if memory else timed()
        seconds = time.perf_counter() - began
        rounds = min(max(LEAST, math.ceil(SECONDS / seconds)), MOST)
        iterations = max(1, math.ceil(1e-3 / seconds))
        began = time.process_time()
        self._benchmark.pedantic(timed, rounds=rounds, iterations=iterations)
        if memory:  # as what runs in a process of its own takes its processor time there, too
            self._benchmark.extra_info["processor"] = (time.process_time() - began) / (rounds * iterations)

    def _note_memory(self, work: Work, device: str) -> None:
        self._benchmark.extra_info["memory"] = peak_memory(work, device)


@cache
def start_cuda() -> None:
    """The context, cuBLAS and cuDNN, which start with the first product and convolution, are nobody's to pay for."""
    image = torch.ones(1, 1, 8, 8, device="cuda")
    (torch.nn.functional.conv2d(image, image) @ image).sum().item()


def finished(work: Work, device: str) -> Work:
    """The same work, which on a GPU is over only once the device has done it."""
    if device == "cpu":
        return work

    def waits() -> object:
        result = work()
        torch.cuda.synchronize()
        return result

    return waits


def torch_operations(work: Work) -> int:
    """The floating-point operations of torch's products and convolutions in `work`, a product's sum being one more."""
    # Torch itself takes the gradients of grouped convolutions for those of one whole convolution.
    mapping = {torch.ops.aten.convolution_backward: _of_convolution_gradients}
    with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        work()
    return int(counter.get_total_flops())


def _of_convolution_gradients(output: torch.Size, _: torch.Size, weight: torch.Size, *rest: Any, **__: Any) -> int:
    """By the input and by the weights, (out, in of one group, height, width), as many operations as the convolution."""
    gradients = sum(rest[7][:2])  # which of those by input, weights and bias are wanted
    return int(gradients * 2 * output[0] * math.prod(output[2:]) * math.prod(weight))


def peak_memory(work: Work, device: str) -> int | None:
    """How many bytes more than before are in use at the worst moment of `work`; None where that cannot be told.

    On a GPU that is what torch has allocated there. On a CPU it is the peak of the process's resident memory (VmHWM),
    which Linux lets one reset, over what was resident; memory freed earlier is handed back first, so that using it
    again counts as well.
    """
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        return torch.cuda.max_memory_allocated() - before
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except (OSError, AttributeError):
        work()
        return None
    before = _resident("VmRSS")
    work()
    return max(0, _resident("VmHWM") - before)


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024
