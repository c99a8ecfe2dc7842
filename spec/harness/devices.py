"""Where learners train."""

from .errors import SpecificationError


def check(device: str) -> None:
    """Raise `SpecificationError` where torch cannot train on the device, "cpu" or "cuda"."""
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise SpecificationError("--device cuda: torch finds no CUDA device; expected cpu, or a machine with one")
