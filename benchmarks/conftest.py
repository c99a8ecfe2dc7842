"""The fixture that all benchmarks share, and what their JSON says about the machine."""

import importlib.metadata
from typing import Any

import pytest
import torch

from .measuring import Measure

LIBRARIES = ("torch", "numpy", "scikit-learn", "torchmetrics", "gensim", "pytest", "pytest-benchmark")


@pytest.fixture
def measure(benchmark: Any) -> Measure:
    """Times one piece of work."""
    return Measure(benchmark)


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Add versions and the GPU; the machine's name is nobody's business."""
    machine_info.pop("node", None)
    machine_info["libraries"] = {name: importlib.metadata.version(name) for name in LIBRARIES}
    machine_info["threads"] = torch.get_num_threads()
    if torch.cuda.is_available():
        machine_info["gpu"] = {"name": torch.cuda.get_device_name(), "cuda": torch.version.cuda}
