"""The README and the guide are true: every command in them runs, and the worked example adds a claim."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.validation import multiverse
from spec.selfcheck import toy

README = (toy.PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = ("deciding", "regression", "implementation", "grading", "adding_a_claim")
"""Those of the guide, in an order in which their commands can be run."""
GUIDE = [(toy.PROJECT / f"spec/guide/{page}.md").read_text(encoding="utf-8") for page in PAGES]
TEXT = "\n".join([README, *GUIDE])
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROGRAMS = ("pytest", "claims", "sbatch", "python")
STAND_INS = {
    "face.scrambled-attention-better": "toy.effect",
    "one-hot.mostly-zero": "toy.effect",
    "show ID": "show toy.effect",
    "RelationalFaces.rates_doubled": "ToyWorld.twice_as_large",
    "metrics": "toy.holds",
    "face": "toy.effect",
    "3000-3011": "1000-1001",
    "3000-3019": "1000-1001",
    "class/*": "class/half",
    "benchmarks/peers/scikit_learn": "mine",
}
"""Of their words, those that the toy specification calls otherwise, or has less of."""
ELSEWHERE = {
    "sbatch": "test_grading_class.py and test_engines.py submit arrays to a cluster of one machine",
    "python -c": "a cluster that only a site with Slurm has",
    "--scheduler": "the same, on a cluster of dask's",
    "pytest -m unit": "tests of which this is one; the toy specification has none",
    "claims mutants": "test_mutants.py; the toy specification has no mutants",
    "pytest benchmarks": "continuous integration runs every benchmark once",
}
"""What is run by another test, or takes what is not here."""


def commands() -> list[str]:
    """Every command of the README and the guide, in blocks and in running text, without the remark that follows it."""
    lines = [line for kind, text in BLOCKS if not kind for line in text.splitlines()]
    # In running text, two words alone name a command, and call for no run.
    inline = [text for text in re.findall(r"`((?:pytest|claims) [^`]+)`", TEXT) if len(text.split()) > 2]
    texts = [re.split(r"\s{3,}", line)[0] for line in lines] + inline
    # The first line of all is what continuous integration begins with.
    return [text for text in dict.fromkeys(texts) if text.split()[0] in PROGRAMS and " && " not in text]


COMMANDS = commands()
HERE = [command for command in COMMANDS if not any(word in command for word in ELSEWHERE)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The toy specification with the files that commands speak of, and programs that run it."""
    root = toy.build(tmp_path_factory.mktemp("readme") / "toy")
    toy.edit(root / "spec/q1_toy/test_unimportable.py", "import no_such_module\n", "")
    for name in ("constraints.txt", "README.md", "LICENSE"):
        shutil.copy(toy.PROJECT / name, root)
    programs = root.parent / "bin"
    programs.mkdir()
    for name, code in (
        ("pytest", "import sys, pytest; sys.path.insert(0, '.'); raise SystemExit(pytest.main())"),
        ("claims", "import sys; sys.path.insert(0, '.'); from spec.harness.cli import main; raise SystemExit(main())"),
    ):
        script = programs / name
        script.write_text(f"#!{sys.executable}\n{code}\n")
        script.chmod(0o755)
    shutil.copytree(root / "impl", root / "class" / "half")
    shutil.copytree(root / "impl", root / "mine")  # until a command makes it anew
    (root / "hw5.toml").write_text('title = "Homework 5"\nclaims = ["toy.holds", "toy.effect"]\n')
    (root / "students.csv").write_text("id,name\nhalf,Half\nrae,Rae Roe\n")
    (root / "by-hand.csv").write_text("student,points,comment\nrae,12,orally\n")
    (root / "export.csv").write_text(
        "Student,ID,SIS Login ID,Section,The claims of the homework (7)\n    Points Possible,,,,100\nHalf,1,half,A,\n"
    )
    return root


def run(place: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command there, said of the toy specification."""
    words = shlex.split(re.sub("|".join(map(re.escape, STAND_INS)), lambda match: STAND_INS[match[0]], command))
    # What the toy gets wrong on purpose is left out.
    adds = {"PYTEST_ADDOPTS": "--claims-only toy.holds --claims-only toy.effect"} if words[0] == "pytest" else {}
    environment = toy.clean_environment(**adds)
    environment["PATH"] = f"{place.parent / 'bin'}{os.pathsep}{environment['PATH']}"
    if words[:2] in (["claims", "grade"], ["claims", "check"]):
        words += ["--sandbox", "none", *(["--allow-unsandboxed"] if words[1] == "grade" else [])]
        words += [] if "--assignment" in words else ["--only", "toy.holds"]
    return subprocess.run(
        words, cwd=place, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def test_the_readme_leads_to_every_page():
    """A page that nothing links to is read by nobody, and one that is not listed here is not tested."""
    assert sorted(PAGES) == sorted(file.stem for file in (toy.PROJECT / "spec/guide").iterdir())
    assert [page for page in PAGES if f"(spec/guide/{page}.md)" not in README] == []


def test_every_command_is_spoken_for():
    """Each is run here or where its remark says, and no remark is about a command that is no longer there."""
    assert len(HERE) > 20
    assert [word for word in ELSEWHERE if not any(word in command for command in COMMANDS)] == []


def test_commands_run(place):
    """In the order of the pages, every command ends well; what needs a GPU says that there is none."""
    for name in ("before", "after"):
        completed = run(place, f"pytest -m claims --claims-json {name}.json")
        assert completed.returncode == 0, completed.stdout + completed.stderr
    for command in HERE:
        if command == "claims new mine":
            shutil.rmtree(place / "mine")
        completed = run(place, command)
        said = f"{command}\n{completed.stdout}{completed.stderr}"
        if command == "claims new mine":  # and then somebody filled the stubs in
            shutil.copytree(place / "impl", place / "mine", dirs_exist_ok=True)
        if "cuda" in command and "torch finds no CUDA device" in completed.stderr:
            continue
        assert completed.returncode == 0, said


def test_the_worked_example_adds_a_claim(tmp_path):
    """The entry and the test that the guide shows, put where it says, decide a claim."""
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(toy.PROJECT / name, tmp_path)
    for name in ("spec", "impl"):
        ignored = shutil.ignore_patterns("__pycache__", "selfcheck")
        shutil.copytree(toy.PROJECT / name, tmp_path / name, ignore=ignored)
    (entry,) = (text for kind, text in BLOCKS if kind == "toml")
    (test,) = (text for kind, text in BLOCKS if kind == "python")
    folder = tmp_path / "spec" / "q3_representations"
    with (folder / "claims.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + entry)
    (folder / "test_mostly_zero.py").write_text(test, encoding="utf-8")
    (registered,) = tomllib.loads(entry)["claim"]
    (claim,) = toy.results(tmp_path, "--claims-only", registered["id"], "-n", "0")["claims"]
    assert (claim["id"], claim["outcome"]) == (registered["id"], "holds")


FOUND = {
    "attention beats a CNN on scrambled faces": "face.scrambled-attention-better",
    "attention beats convolution on the edge picture": "cat.attention-better-on-edges",
    "for want of colour, filters cannot learn from edges": "cat.missing-colour-is-why",
    "distance should be directly related to meaning": "one-hot.distance-should-track-meaning",
    "skip-gram gives the model no particular problem": "skip-gram.no-particular-problem",
    "a GAN's loss can be the same X early and late": "gan.same-loss-early-and-late",
    "a lower loss is not better output": "gan.lower-loss-is-not-better",
    "F1, instead of accuracy alone": "metrics.f1-instead-of-accuracy",
    "rotation pre-training raises accuracy": "rotation.higher-accuracy",
    "architecture search brings better accuracy": "search.raises-accuracy",
}
"""The claims of the table of findings."""


def test_findings_are_what_the_multiverse_says():
    """Each row has its claim's verdict, and in how many variations it is the same."""
    registry = Registry()
    rows = multiverse.registered(registry)
    table = re.findall(r"^\| ([^|]+) \| ([^|]+) \| (\d+) of (\d+) \|$", README, re.MULTILINE)
    assert [said for said, *_ in table] == list(FOUND)
    begins = {"holds": "holds", "conditional": "**if** ", "refuted": "**refuted**"}
    for said, found, same, of in table:
        assert found.startswith(begins[registry[FOUND[said]].verdict]), said
        assert (int(same), int(of)) == multiverse.share(rows[FOUND[said]]), said


def test_the_verdicts_are_counted():
    """As the registry has them."""
    verdicts = Counter(claim.verdict for claim in Registry().claims.values())
    counted = f"{verdicts['holds']} claims hold as written, {verdicts['conditional']} under a condition, and"
    assert f"{counted} {verdicts['refuted']} are refuted" in README
