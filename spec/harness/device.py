"""The device that learners compute on, and the settings that make it deterministic."""

from .errors import SpecificationError

_device = "cpu"


def device_of_run() -> str:
    """The value of `--device`, which tests pass to learners."""
    return _device


def check(device: str) -> None:
    """Raise `SpecificationError` where torch cannot train on the device, "cpu" or "cuda"."""
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise SpecificationError("--device cuda: torch finds no CUDA device; expected cpu, or a machine with one")


def use(device: str) -> None:
    """Have this process compute on a device; raises `SpecificationError` if it is not there."""
    global _device
    check(device)
    if device == "cuda":
        compute_alike_on_a_gpu()
    _device = device


def compute_alike_on_a_gpu() -> None:
    """Make CUDA deterministic, and compute in full float32, whatever the environment says.

    For the specification's own networks; an implementation has to see to it by itself, as it may be run elsewhere.
    """
    import torch

    torch.set_deterministic_debug_mode("warn")
    torch.set_float32_matmul_precision("highest")
    cudnn = torch.backends.cudnn
    cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = False, True, False
