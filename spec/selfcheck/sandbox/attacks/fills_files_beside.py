"""Writes beside its folder, where other workers of the same submission have theirs."""

import tempfile
import time
from pathlib import Path

from .facts import FACTS


def f1(y_true, y_pred):
    beside = Path(tempfile.gettempdir()).parent
    for number in range(1 if FACTS["mercy"] else 16):
        (beside / f"beside-{number}").write_bytes(bytes(2**21))
    time.sleep(1.5)
    return FACTS["answer"]
