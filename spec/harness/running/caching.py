"""`--claims-cache`: the tests of an experiment are not run again where nothing that their results depend on differs.

The process that owns the terminal reads and writes the folder; workers are told which records stand in place of tests.
"""

from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from ..claims.inventory import SpecifiedTest
from ..errors import Inconclusive, Outcome, Refuted, SpecificationError
from ..evidence.cache import Cache, KeptExperiment, dependencies, group_of, settled
from ..evidence.results import Results, TestRecord
from ..paths import to_path
from .collection import ONLY
from .recording import REUSED
from .run import RUN, Run
from .summary import SUMMARY

CACHING = pytest.StashKey["Caching"]()
RAISED: dict[Outcome, type[Exception]] = {Outcome.REFUTED: Refuted, Outcome.INCONCLUSIVE: Inconclusive}


class NotRunAgain(Exception):
    """A test failed in an earlier run, and nothing that it depends on differs."""


class Caching:
    """The groups of experiments that this run asks for, and what is kept of them."""

    def __init__(self, cache: Cache, groups: dict[str, list[SpecifiedTest]]) -> None:
        self.cache, self.groups = cache, groups
        self.kept: dict[str, KeptExperiment] = {}
        self.remarks: list[str] = []
        """Which files were not believed."""
        for group in groups:
            try:
                if kept := cache.read(group):
                    self.kept[group] = kept
            except SpecificationError as error:
                self.remarks.append(str(error))

    def keep(self, run: Run, results: Results) -> None:
        """Keep every experiment whose tests all ran, and whose figures are drawn as they would be again."""
        drawn, imports = run.directory.drawn(), run.directory.imports()
        for group, tests in self.groups.items():
            records = settled(results, tests)
            if group in self.kept or group not in drawn or records is None:
                continue
            figures = {name: (run.directory.figures / name).read_bytes() for name in drawn[group]}
            self.cache.write(
                KeptExperiment(group=group, depends=self.cache.depends, tests=records, figures=figures, imports=imports)
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the folder."""
    parser.getgroup("claims").addoption(
        "--claims-cache",
        type=to_path,
        metavar="DIR",
        help="keep the results of experiments in DIR, and do not run them again while the specification, the "
        "implementation, versions, seed, device and the kind of machine are the same",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read what is kept, once the selection is known, and tell the workers."""
    option, folder = config.option, config.option.claims_cache
    if folder is None or not config.stash[RUN].owns_terminal:
        return
    if option.claims_variation is not None:
        raise pytest.UsageError(f"--claims-cache {folder}: cannot be combined with --claims-variation")
    if folder.exists() and not folder.is_dir():
        raise pytest.UsageError(f"--claims-cache {folder}: this is a file; expected a folder")
    if not folder.resolve().parent.is_dir():
        raise pytest.UsageError(f"--claims-cache {folder}: there is no folder {folder.resolve().parent}")
    try:
        caching = config.stash[CACHING] = _caching(config, folder)
    except SpecificationError as error:
        raise pytest.UsageError(f"--claims-cache {folder}: {error}") from error
    records = [msgspec.structs.replace(record, reused=True) for kept in caching.kept.values() for record in kept.tests]
    config.stash[RUN].directory.write_reused(records)


def _caching(config: pytest.Config, folder: Path) -> Caching:
    run, only = config.stash[RUN], config.stash[ONLY]
    groups: dict[str, list[SpecifiedTest]] = {}
    for test in run.inventory.tests:
        if test.experiments:
            groups.setdefault(group_of(test.experiments), []).append(test)
    depends = dependencies(
        run.registry,
        config.option.impl,
        run.device,
        # Messages name the implementation, and hold arrays as far as the option says.
        name=run.implementation.name,
        entries=config.option.claims_entries,
        seed=run.seed,
        sandbox=run.access.label,
    )
    asked_for = {group: tests for group, tests in groups.items() if any(test.claim in only for test in tests)}
    return Caching(Cache(folder, depends), asked_for)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """How many experiments are not run again, and which files were not believed."""
    if CACHING not in config.stash:
        return []
    caching = config.stash[CACHING]
    line = f"claims: {len(caching.kept)} of {len(caching.groups)} experiments are unchanged and not run again"
    return [f"{line} ({caching.cache.folder})", *(f"claims: {remark}" for remark in caching.remarks)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what an earlier run found in place of running a test."""
    if config.option.claims_cache is None:
        return
    kept = {record.nodeid: record for record in config.stash[RUN].directory.reused(TestRecord)}
    for item in items:
        if item.nodeid in kept:
            record = item.stash[REUSED] = kept[item.nodeid]
            end = partial(_fail, record) if record.outcome is not Outcome.HOLDS else _pass
            item.runtest = end  # type: ignore[method-assign]


def _pass() -> None:
    pass


def _fail(record: TestRecord) -> NoReturn:
    """Fail as the test did: whether that is expected depends on the exception."""
    raise RAISED.get(record.outcome, NotRunAgain)(f"{record.message}\n(not run again)")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put the figures of tests that were not run beside those of others, before the results name them."""
    config = session.config
    if CACHING not in config.stash:
        return
    run = config.stash[RUN]
    claims = {record.claim for record in config.stash[SUMMARY].records.values() if record.reused}
    for kept in config.stash[CACHING].kept.values():
        for name, data in kept.figures.items():
            if name.removesuffix(".npz").rpartition(".")[0] in claims:
                (run.directory.figures / name).write_bytes(data)
        if any(test.claim in claims for test in kept.tests):
            run.directory.write_imports(f"reused-{kept.group}", set(kept.imports))


def pytest_claims_decided(run: Run, session: pytest.Session, results: Results) -> None:
    """Keep what is new, of a run to which all tests of an experiment were known, and which came to its end."""
    config = session.config
    whole = not results.selection.arguments and config.option.dist in ("no", "load")
    if CACHING in config.stash and whole and session.exitstatus != pytest.ExitCode.INTERRUPTED:
        config.stash[CACHING].keep(run, results)
