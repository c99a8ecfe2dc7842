"""Which processor this is: what the last bits of sums, and what durations can be compared with, depend on."""

import platform
import re
from pathlib import Path

INFORMATION = Path("/proc/cpuinfo")
"""Where Linux describes it; elsewhere Python does."""
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON"}
"""Flags by which kinds of vector instructions are known, widest first."""


def details() -> list[str]:
    """Its model, and all that it can do, as the system puts it."""
    if not INFORMATION.exists():
        return [platform.processor()]
    text = INFORMATION.read_text(encoding="utf-8", errors="replace")
    return sorted(set(re.findall(r"^(?:model name|flags|Features|CPU part)\s*:.*$", text, re.MULTILINE)))


def kind() -> str:
    """Its model and its widest vectors, such as "AMD EPYC, AVX-512"."""
    known = dict(line.replace("\t", "").split(":", 1) for line in details() if ":" in line)
    flags = " ".join(known.values()).split()
    model = known.get("model name", "").strip() or platform.processor() or platform.machine()
    return ", ".join([model, *[name for flag, name in VECTORS.items() if flag in flags][:1]])
