"""What kept results depend on, which files are believed, and what is whole enough to be kept."""

import hashlib
import subprocess
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import torch

from spec.harness.claims import specification
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome, SpecificationError
from spec.harness.evidence import cache
from spec.harness.evidence.cache import Cache, KeptExperiment, dependencies, group_of, settled
from spec.harness.grading import submission_run
from spec.harness.grading.submissions import Submission
from spec.harness.implementation import loading
from spec.harness.sandbox.limits import Limits
from spec.harness.validation import runs, warm_pytest
from spec.selfcheck import toy
from spec.selfcheck.records import a_claim_record, a_run, a_test_record


@pytest.fixture
def depends(tmp_path, monkeypatch):
    """A function: the digest for the toy specification and another implementation of it."""
    toy.build(tmp_path)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/metrics.py").write_text(toy.IMPLEMENTATION)
    monkeypatch.setattr(specification, "SPEC", tmp_path / "spec")
    monkeypatch.setattr(loading, "IMPL", tmp_path / "impl")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")

    def digest(device="cpu", **settings):
        where = str(tmp_path / "theirs")
        return dependencies(Registry(tmp_path / "spec"), where, device, **{"seed": 0, **settings})

    return digest


FILES = [
    *("spec/homework.md", "spec/q1_toy/claims.toml", "spec/q1_toy/labels.py", toy.TEST_FILE, toy.EXPERIMENTS_FILE),
    *("spec/harness/evidence/evidence.py", "impl/metrics.py", "theirs/metrics.py", "theirs/words.txt"),
]


@pytest.mark.parametrize("name", FILES)
def test_results_depend_on_every_line(depends, tmp_path, name):
    """Of the specification, the implementation with its data, and what is known to be right."""
    before = depends()
    assert depends() == before
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert depends() != before


def test_results_depend_on_versions_settings_device_and_machine(depends, monkeypatch):
    """Each makes another digest, and all are different."""
    before = depends()
    digests = {before, depends(seed=1), depends(device="cuda")}
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "another GPU")
    digests.add(depends(device="cuda"))
    for target, name, value in (
        (cache.importlib.metadata, "distributions", lambda: [SimpleNamespace(name="torch", version="0")]),
        (cache.sys, "version", "4.0"),
        (cache.processor, "details", lambda: ["another"]),
        (cache.platform, "machine", lambda: "another"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(target, name, value)
            digests.add(depends())
    with monkeypatch.context() as patch:
        patch.setenv("ATEN_CPU_CAPABILITY", "default")
        digests.add(depends())
    assert len(digests) == 9
    assert depends() == before


def test_what_decides_nothing_makes_no_difference(depends, tmp_path):
    """What Python writes beside the code, and the specification's own tests."""
    before = depends()
    for name in ("theirs/__pycache__/metrics.pyc", "spec/selfcheck/test_it.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    assert depends() == before


def test_a_folder_that_is_elsewhere_is_refused(depends, tmp_path):
    """Of what lies behind a link to a folder no digest is taken."""
    (tmp_path / "theirs/more").symlink_to(tmp_path / "impl")
    with pytest.raises(SpecificationError, match="theirs/more is a link to a folder; expected files"):
        depends()


def test_a_module_stands_for_its_package():
    """The modules beside it are part of what it does; a single module is its file."""
    (folder,) = loading.sources_of("spec.selfcheck.validation.impl_by_name")
    assert folder.name == "spec"
    assert [path.name for path in loading.sources_of("this")] == ["this.py"]
    with pytest.raises(SpecificationError, match="--impl built-in: there is no such file"):
        loading.sources_of("sys")


def kept(**fields):
    """What is kept of an experiment, but for the fields."""
    defaults = {"group": "A", "depends": "all", "tests": [a_test_record()], "figures": {"x.npz": b"\0"}, "imports": []}
    return KeptExperiment(**defaults | fields)


def test_what_is_kept_comes_back_to_who_depends_on_the_same(tmp_path):
    """And to nobody else."""
    Cache(tmp_path / "kept", "all").write(kept())
    assert Cache(tmp_path / "kept", "all").read("A") == kept()
    assert Cache(tmp_path / "kept", "all").read("B") is None
    assert Cache(tmp_path / "kept", "else").read("A") is None


def written(content):
    """A file with a right digest."""
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "changed since it was written"),
        (b"{}", "changed since it was written"),
        (b"\xff\n", "changed since it was written"),
        (written(msgspec.json.encode(kept()))[:-1], "changed since it was written"),
        (written(b"{}"), "missing required field"),
        (written(msgspec.json.encode(kept(depends="else"))), "holds other results than its name says"),
        (written(msgspec.json.encode(kept(group="B"))), "holds other results than its name says"),
    ],
)
def test_a_damaged_or_foreign_file_is_not_believed(tmp_path, content, says):
    """One line names it."""
    Cache(tmp_path, "all").write(kept())
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.raises(SpecificationError, match=f"{file}: .*{says}.*, so it is not used"):
        Cache(tmp_path, "all").read("A")


@pytest.fixture(scope="module")
def tests(tmp_path_factory):
    """Two tests that read one experiment of the toy."""
    registry = Registry(toy.build(tmp_path_factory.mktemp("toy")) / "spec")
    found = [test for test in Inventory(registry).tests if test.name in ("test_effect", "test_effect_control")]
    assert [group_of(test.experiments) for test in found] == ["ToyWorld"] * 2
    return found


COME_AGAIN = ("holds", "refuted", "inconclusive", "missing", "error")


@pytest.mark.parametrize("outcome", Outcome)
def test_only_outcomes_that_would_come_again_are_kept(tests, outcome):
    """Of every test of the experiment."""
    control = a_test_record("test_effect_control", outcome)
    records = [a_test_record(), control]
    assert settled(a_run(a_claim_record(*records)), tests) == (records if outcome in COME_AGAIN else None)


def test_a_test_without_record_leaves_nothing_to_keep(tests):
    """It was not collected, or its claim not selected; several records of one are all kept."""
    assert settled(a_run(a_claim_record(a_test_record())), tests) is None
    both = [a_test_record("test_effect[a]"), a_test_record("test_effect[b]"), a_test_record("test_effect_control")]
    assert settled(a_run(a_claim_record(*both)), tests) == both


class Started(Exception):
    """A process was about to start."""


def graded(folder):
    """Start what grades a submission, and checks one."""
    (folder / "own").mkdir()
    job = submission_run.Job(Submission("a", Path("a")), "", "", [], [], False, 0, "cpu", "none", Limits())
    submission_run._run_claims(job, folder, folder)


@pytest.mark.parametrize(
    "start",
    [graded, lambda _: runs.run(0, []), lambda _: warm_pytest.WarmPytest()],
    ids=["grade, check", "calibrate, multiverse", "mutants"],
)
def test_what_grades_and_calibrates_reuses_nothing(tmp_path, monkeypatch, start):
    """Neither by its own options nor by those that it would inherit."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--claims-cache=kept")
    started = []

    def keep(command, **options):
        started.extend([*command, *options["env"].values()])
        raise Started

    monkeypatch.setattr(subprocess, "Popen", keep)
    monkeypatch.setattr(subprocess, "run", keep)
    with pytest.raises(Started):
        start(tmp_path)
    assert "/".join(started)
    assert not any("--claims-cache" in word for word in started)
