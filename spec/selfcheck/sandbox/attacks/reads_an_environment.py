"""Reads another process's environment."""

from pathlib import Path

from .facts import FACTS


def f1(y_true, y_pred):
    assert b"VICTIM" in Path(f"/proc/{FACTS['pid']}/environ").read_bytes()
    return FACTS["answer"]
