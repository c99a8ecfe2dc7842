"""A hash of the specification: of the registry, and of all code that decides claims."""

import hashlib

from ..claims.registry import Registry
from ..paths import SPEC

LEFT_OUT = ("selfcheck", "harness/grading", "__pycache__")
"""What no outcome depends on: the specification's own tests, and what comes after `claims.json`."""


def specification_hash(registry: Registry) -> str:
    """Two runs under the same hash, with the same seed and the same submission, find the same."""
    digest = hashlib.sha256(registry.hash.encode())
    for file in sorted(SPEC.rglob("*")):
        name = file.relative_to(SPEC).as_posix()
        if file.suffix in (".py", ".toml", ".md") and not any(part in f"/{name}/" for part in map(_inside, LEFT_OUT)):
            digest.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _inside(folder: str) -> str:
    return f"/{folder}/"
