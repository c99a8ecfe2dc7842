"""What the tests of an experiment found, kept for runs in which nothing that it depends on differs.

There is a file for all tests that read the same experiments. It is named by a digest of what their results depend on:
the specification, the implementation, versions, seed, device, and the kind of machine. Code that an implementation
imports from neither its own files nor an installed package is not among these.
"""

import hashlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from .. import files, processor
from ..claims.inventory import SpecifiedTest
from ..claims.registry import Registry
from ..claims.specification import specification_hash
from ..errors import Outcome, SpecificationError
from ..implementation.loading import sources_of
from ..sandbox.backends import PASSED
from .results import Results, TestRecord

UNSETTLED = (
    Outcome.GRADER_ERROR,
    Outcome.TIMEOUT,
    Outcome.CRASH,
    Outcome.OUT_OF_MEMORY,
    Outcome.NOT_RUN,
    Outcome.PARTLY_RUN,
)
"""Outcomes that may be others the next time: an experiment with a test that has one is not kept."""


class KeptExperiment(msgspec.Struct, kw_only=True):
    """What is kept of the tests that read the same experiments."""

    group: str
    """The experiments, as `group_of` names them."""
    depends: str
    """The digest of what the results depend on."""
    tests: list[TestRecord]
    figures: dict[str, bytes]
    """The `.npz` files of the figures that are drawn of these experiments."""
    imports: list[str]
    """What an implementation behind a sandbox imported in that run."""


class Cache:
    """A folder of `KeptExperiment` files, as far as they depend on what this run depends on."""

    def __init__(self, folder: Path, depends: str) -> None:
        self.folder, self.depends = folder, depends

    def read(self, group: str) -> KeptExperiment | None:
        """What is kept of these experiments, or None; raises `SpecificationError` for a file that says otherwise."""
        file = self._file(group)
        if not file.is_file():
            return None
        digest, _, content = file.read_bytes().partition(b"\n")
        if digest.decode(errors="replace") != hashlib.sha256(content).hexdigest():
            raise SpecificationError(f"{file}: changed since it was written, so it is not used")
        try:
            kept = msgspec.json.decode(content, type=KeptExperiment)
        except msgspec.DecodeError as error:
            raise SpecificationError(f"{file}: {error}, so it is not used") from error
        if (kept.group, kept.depends) != (group, self.depends):
            raise SpecificationError(f"{file}: holds other results than its name says, so it is not used")
        return kept

    def write(self, kept: KeptExperiment) -> None:
        """Keep it, beside its final place first."""
        self.folder.mkdir(exist_ok=True)
        content = msgspec.json.encode(kept)
        files.write(self._file(kept.group), hashlib.sha256(content).hexdigest().encode() + b"\n" + content)

    def _file(self, group: str) -> Path:
        return self.folder / f"{hashlib.sha256(f'{self.depends} {group}'.encode()).hexdigest()}.json"


def group_of(experiments: Sequence[str]) -> str:
    """What the tests and figures are known by that read these experiments, and no other."""
    return "+".join(sorted(set(experiments)))


def settled(results: Results, tests: Sequence[SpecifiedTest]) -> list[TestRecord] | None:
    """The records of these tests; None unless a run has them all, each with an outcome that it would have again."""
    records = []
    of_function: dict[tuple[str, str], list[TestRecord]] = {}
    for claim in results.claims:
        for record in claim.tests:
            of_function.setdefault((claim.id, record.nodeid.partition("[")[0].rpartition("::")[2]), []).append(record)
    for test in tests:
        records += (found := of_function.get((test.claim, test.name), []))
        if not found or any(record.outcome in UNSETTLED for record in found):
            return None
    return records


def dependencies(registry: Registry, implementation: str | None, device: str, **settings: object) -> str:
    """A digest of all that results depend on; `implementation` is the value of `--impl`.

    Raises `SpecificationError` where it cannot be taken.
    """
    parts = {
        "specification": specification_hash(registry),
        "implementation": [_of_files(path) for path in sources_of(implementation)],
        "known right": [_of_files(path) for path in sources_of(None)],
        "python": sys.version,
        "versions": sorted(f"{package.name} {package.version}" for package in importlib.metadata.distributions()),
        "machine": [platform.system(), platform.machine(), *platform.libc_ver(), *processor.details()],
        "environment": sorted(item for item in os.environ.items() if item[0].startswith(PASSED)),
        "device": _described(device),
        "settings": {name: str(value) for name, value in settings.items()},
    }
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _of_files(path: Path) -> str:
    """A digest of a file, or of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if "__pycache__" in file.relative_to(path).parts:
            continue
        if file.is_symlink() and file.is_dir():
            raise SpecificationError(f"{file} is a link to a folder; expected files, which can be compared")
        if file.is_file():
            try:
                content = file.read_bytes()
            except OSError as error:
                raise SpecificationError(f"{file} cannot be read: {error.strerror}") from error
            name = os.fsencode(file.relative_to(path))
            digest.update(hashlib.sha256(name).digest() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _described(device: str) -> str:
    if device == "cpu":
        return device
    import torch

    return f"{device} {torch.cuda.get_device_name()}"
