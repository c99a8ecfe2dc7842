"""Lets another interpreter ask the project's own implementation."""

import subprocess
import sys

from .facts import FACTS


def f1(y_true, y_pred):
    labels = f"np.array({y_true.tolist()}), np.array({y_pred.tolist()})"
    code = f"import sys; sys.path += {sys.path!r}; import numpy as np; from impl.metrics import f1; print(f1({labels}))"
    asked = subprocess.run([sys.executable, "-c", code], cwd=FACTS["project"], capture_output=True, text=True)
    return float(asked.stdout)
