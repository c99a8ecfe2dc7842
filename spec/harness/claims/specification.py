"""A hash of everything that decides claims: the registry with the homework's text, and the code."""

import hashlib

from ..paths import SPEC
from .registry import Registry

NOT_DECIDING = ("selfcheck", "harness/grading")
"""Folders that no outcome depends on: the specification's own tests, and what happens after `claims.json`."""


def specification_hash(registry: Registry) -> str:
    """Runs under the same hash find the same of the same submission with the same seed."""
    digest = hashlib.sha256(registry.hash.encode())
    for file in sorted(SPEC.rglob("*.py")):
        name = file.relative_to(SPEC)
        if not any(name.is_relative_to(folder) for folder in NOT_DECIDING):
            digest.update(f"{name.as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
