"""A pretended GPU: tensors that say they are on another device, and hold their numbers on the CPU.

Each operation on them is done on the CPU, so that results equal the CPU's bit for bit if the same operations are asked
for. Refused is what CUDA refuses, what makes the host wait for it, and what it does in another order each time.
"""

import os
import sys
import weakref
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from spec.harness.paths import PROJECT

NAME = "lazy"
"""A device that every torch knows by name, that no machine has, and whose gradients are computed in this thread."""

INDEXING = {"aten.index.Tensor", "aten.index_put.default", "aten.index_put_.default", "aten._index_put_impl_.default"}
WAITS = {"aten._local_scalar_dense.default", "aten.nonzero.default", "aten.masked_select.default"}
WAITS |= {"aten._unique2.default", "aten.unique_dim.default", "aten.repeat_interleave.Tensor", "aten.equal.default"}
"""Operations whose result, or its size, the host has to know before it goes on: `.item()`, `if tensor`, …"""

PRODUCTS = {"aten.mm.default", "aten.bmm.default", "aten.addmm.default", "aten.baddbmm.default", "aten.addbmm.default"}
CONVOLUTIONS = {"aten.convolution.default", "aten.convolution_backward.default"}
ON_REQUEST = {
    *("aten.index_add.default", "aten.index_add_.default", "aten.scatter_add.default", "aten.scatter_add_.default"),
    *("aten.index_copy.default", "aten.index_copy_.default", "aten.scatter_reduce.two", "aten.scatter_reduce_.two"),
    *("aten.index_put.default", "aten.index_put_.default", "aten._index_put_impl_.default", "aten.scatter.src"),
    *("aten.embedding_dense_backward.default", "aten.scatter_.src", "aten.gather_backward.default"),
    *("aten.replication_pad1d_backward.default", "aten.replication_pad2d_backward.default"),
}
"""Deterministic on CUDA where `torch.use_deterministic_algorithms` says so; see there."""
NEVER = {
    *("aten._adaptive_avg_pool2d_backward.default", "aten.adaptive_max_pool2d_backward.default"),
    *("aten.nll_loss2d_forward.default", "aten.nll_loss2d_backward.default", "aten.put_.default", "aten.histc.default"),
    *("aten.upsample_bilinear2d_backward.default", "aten.reflection_pad2d_backward.default", "aten.cumsum_.default"),
    *("aten.grid_sampler_2d_backward.default", "aten.median.dim", "aten.max_unpool2d.default"),
}
"""Without any deterministic kernel on CUDA; `cumsum` and `bincount` are so for some arguments only."""


class Refused(RuntimeError):
    """What was asked is an error on CUDA, or makes the host wait, or need not give the same numbers again."""


class Pretended(Tensor):
    """A tensor of the pretended device."""

    __slots__ = ("real",)
    real: Tensor

    @staticmethod
    def __new__(cls, real: Tensor) -> "Pretended":
        """The tensor of the device that holds these numbers."""
        # A view of an ordinary tensor has to be an ordinary one, also in inference mode.
        with torch.inference_mode(False):
            tensor = Tensor._make_wrapper_subclass(
                cls,
                real.shape,
                strides=real.stride(),
                storage_offset=real.storage_offset(),
                dtype=real.dtype,
                device=torch.device(NAME),
            )
        tensor.real = real
        return tensor

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"Pretended({self.real!r})"

    @classmethod
    def __torch_dispatch__(cls, function: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        raise Refused(f"{function} outside of `gpu()`")


class Gpu(TorchDispatchMode):
    """What is done on the device while the mode is on, how much memory that takes, and what is refused."""

    def __init__(self, may_wait: Set[str] | None) -> None:
        super().__init__()
        self.may_wait = may_wait
        """Functions, as "impl/classifiers.py:_evaluate", in which the host may wait for the device; None: anywhere."""
        self.waited: set[str] = set()
        """Those of them in which it did."""
        self.peak_bytes = 0
        """The most that all tensors of the device took at one time, without what a kernel needs for itself."""
        self._bytes = 0
        self._uses: dict[int, int] = {}

    def __torch_dispatch__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if torch.is_inference_mode_enabled():  # where functions made of others arrive whole
            with self:
                parts = function.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        flat, structure = pytree.tree_flatten((args, kwargs))
        ours = [x for x in flat if isinstance(x, Pretended)]
        others = [x for x in flat if isinstance(x, Tensor) and not isinstance(x, Pretended)]
        target = kwargs.get("device")
        to_device = bool(ours) if target is None else torch.device(target).type == NAME
        if not ours and not to_device:
            return function(*args, **kwargs)
        name = str(function)
        is_copy = name in ("aten._to_copy.default", "aten.copy_.default")
        if is_copy and others and isinstance(args[0], Tensor) and not isinstance(args[0], Pretended) and ours:
            to_device = False  # copy_ into a tensor of the host
        self._check(name, args, ours, [] if is_copy else others, flat)
        if is_copy and ours and not to_device:
            self._wait(f"{name} to the host")

        real_args, real_kwargs = pytree.tree_unflatten([_real(x) for x in flat], structure)
        if "pin_memory" in real_kwargs:
            real_kwargs["pin_memory"] = None
        result = function(*real_args, **real_kwargs)
        if name == "aten._to_copy.default" and bool(ours) != to_device:
            result = result.clone() if result.data_ptr() == real_args[0].data_ptr() else result
        if not to_device:
            return args[0] if name == "aten.copy_.default" else result
        known = {id(x.real): x for x in ours}
        return pytree.tree_map(lambda x: self._pretend(x, known) if isinstance(x, Tensor) else x, result)

    def _pretend(self, real: Tensor, known: dict[int, Pretended]) -> Pretended:
        """The tensor of the device that holds `real`: one of the `known` where the operation was in place."""
        if id(real) in known:
            return known[id(real)]
        tensor, storage = Pretended(real), real.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        self._uses[place] = self._uses.get(place, 0) + 1
        if self._uses[place] == 1:
            self._bytes += size
            self.peak_bytes = max(self.peak_bytes, self._bytes)
        weakref.finalize(tensor, self._release, place, size)
        return tensor

    def _release(self, place: int, size: int) -> None:
        self._uses[place] -= 1
        if not self._uses[place]:
            self._bytes -= size

    def _check(self, name: str, args: Any, ours: list[Pretended], others: list[Tensor], flat: list[Any]) -> None:
        if name in INDEXING and (others or any(_is_mask(index) for index in args[1] if index is not None)):
            raise Refused(f"{name} by a tensor of the CPU, or by a mask, at {_where()}: the host waits")
        if ours and any(x.dim() or name in PRODUCTS for x in others):
            raise Refused(f"Expected all tensors to be on the same device: {name} at {_where()}")
        if any(isinstance(x, torch.Generator) and x.device.type == "cpu" for x in flat):
            raise Refused(f"Expected a generator of the device but found one of the CPU: {name} at {_where()}")
        if name in WAITS:
            self._wait(name)
        if name.startswith("aten._fused_adam"):
            _check_layouts(args)
        _check_repeatable(name, args)

    def _wait(self, what: str) -> None:
        place = _where()
        if self.may_wait is not None and place not in self.may_wait:
            raise Refused(f"{what} at {place}: the host waits for the device")
        self.waited.add(place)


def _check_repeatable(name: str, args: Any) -> None:
    """Refuse what CUDA does in another order each time, or in TensorFloat-32, as things are set now."""
    cudnn, deterministic = torch.backends.cudnn, torch.are_deterministic_algorithms_enabled()
    floating = any(x.is_floating_point() for x in pytree.tree_leaves(args) if isinstance(x, Tensor))
    if name in NEVER or (name == "aten.cumsum.default" and floating) or (name == "aten.bincount.default" and args[1:]):
        raise Refused(f"{name} at {_where()} has no deterministic kernel")
    if name == "aten.max_pool2d_with_indices_backward.default" and list(args[2]) != list(args[3] or args[2]):
        raise Refused(f"{name} at {_where()}: windows that overlap are added up in any order")
    if name in ON_REQUEST and not deterministic:
        raise Refused(f"{name} at {_where()}: deterministic algorithms are not asked for")
    if name in PRODUCTS and not (deterministic and "CUBLAS_WORKSPACE_CONFIG" in os.environ):
        raise Refused(f"{name} at {_where()}: deterministic algorithms are not asked for")
    if name in PRODUCTS and torch.get_float32_matmul_precision() != "highest":
        raise Refused(f"{name} at {_where()}: in TensorFloat-32")
    if name in CONVOLUTIONS and (cudnn.allow_tf32 or cudnn.benchmark or not cudnn.deterministic):
        raise Refused(f"{name} at {_where()}: in TensorFloat-32, or by any algorithm")


def _check_layouts(args: Any) -> None:
    """The fused kernels go through memory: parameters, gradients and moments have to lie there alike."""
    for parameter, *rest in zip(*args[:4], strict=False):
        for other in rest:
            strides = zip(parameter.shape, parameter.stride(), other.stride(), strict=True)
            if parameter.shape != other.shape or any(length > 1 and a != b for length, a, b in strides):
                raise Refused(f"params, grads, exp_avgs, and exp_avg_sqs must have same layout, at {_where()}")


def _is_mask(index: Tensor) -> bool:
    return index.dtype in (torch.bool, torch.uint8)


def _real(x: Any) -> Any:
    if isinstance(x, Pretended):
        return x.real
    return torch.device("cpu") if isinstance(x, torch.device) and x.type == NAME else x


def _where() -> str:
    """The innermost function of the project at work, but for those of this file."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        file = frame.f_code.co_filename
        if file.startswith(str(PROJECT)) and file != __file__ and "site-packages" not in file:
            function = frame.f_code.co_qualname.partition(".<locals>")[0]
            return f"{file.removeprefix(f'{PROJECT}/')}:{function}"
    return "?"


@contextmanager
def gpu(may_wait: Set[str] | None = frozenset()) -> Iterator[Gpu]:
    """While this lasts, the device `NAME` can be computed on."""
    with Gpu(may_wait) as mode:
        yield mode
