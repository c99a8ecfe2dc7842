"""The `claims` command, and an implementation that begins with the stubs it writes."""

import ast
import errno
import os
import re
import shutil
import tomllib

import pytest

from spec.harness import cli, files
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.counts import counted
from spec.harness.paths import PROJECT
from spec.harness.report.specification import details
from spec.harness.validation.calibration import registered
from spec.selfcheck import toy


def exact(folder):
    """What the claims without training find of the implementation in `folder`."""
    return toy.results_of_project("-m", "claims and not trained", "--impl", str(folder))


def graded(results):
    """The claims about the implementation that were decided."""
    return [claim for claim in results["claims"] if claim["subject"] == "implementation" and claim["selected"]]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """A folder as `claims new` writes it."""
    folder = tmp_path_factory.mktemp("new") / "mine"
    assert cli.main(["new", str(folder)]) == 0
    return folder


def test_list_shows_every_claim(capsys):
    """`claims list` has one line per claim, in the homework's order, with verdict, subject and tests by role."""
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    claims = list(Registry().claims)
    assert [line.split()[1] for line in lines[1 : len(claims) + 1]] == claims
    (line,) = (line for line in lines if " metrics.trade-off " in line)
    words = ("Q2", "conditional", "implementation ●", "claim", "boundary", "trade-off between precision and recall")
    assert all(word in line for word in words)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["face"], lambda claim: claim.id.startswith("face")),
        (["face", "cat."], lambda claim: claim.id.startswith(("face", "cat."))),
        (["--verdict", "refuted"], lambda claim: claim.verdict == "refuted"),
        (["gan", "--subject", "protocol"], lambda claim: claim.id.startswith("gan") and claim.subject == "protocol"),
    ],
)
def test_list_selects_and_counts(capsys, options, wanted):
    """By prefix, verdict and subject; the last line says how many of all."""
    assert cli.main(["list", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    every = Registry().claims.values()
    chosen = [claim for claim in every if wanted(claim)]
    assert [line.split()[1] for line in lines[1:-2]] == [claim.id for claim in chosen]
    graded = sum(claim.graded for claim in chosen)
    assert lines[-1] == f"{len(chosen)} of {len(every)} claims, {graded} of them graded (●)"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 claims"), (1, "1 claim"), (2, "2 claims"), (1234, "1,234 claims")]
)
def test_one_is_singular(number, words):
    """Wherever a count is printed."""
    assert counted(number, "claim") == words


def test_list_is_as_wide_as_the_terminal(capsys, monkeypatch):
    """There its lines are wrapped; elsewhere each claim has one."""
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["list"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) > 120
    monkeypatch.setattr("os.isatty", lambda _: True)
    assert cli.main(["list"]) == 0
    printed = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(map(len, printed.splitlines())) <= 120
    assert "of them graded" in printed


def test_version_is_that_of_the_installed_distribution(capsys):
    """`claims --version` is one line."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert capsys.readouterr().out == f"claims {project['version']}\n"


def test_show_takes_the_beginning_of_ids(capsys):
    """One claim, or each of several; a whole id is that claim alone, whatever else starts with it."""
    assert cli.main(["show", "face.scr"]) == 0
    assert capsys.readouterr().out.startswith("face.scrambled-attention-better  ")
    assert cli.main(["show", "metrics.f1"]) == 0
    shown = capsys.readouterr().out
    claims = [claim for claim in Registry().claims if claim.startswith("metrics.f1")]
    assert len(claims) > 1
    assert re.findall(r"^(\S+)  \(Q", shown, re.MULTILINE) == claims


@pytest.mark.parametrize(
    ("word", "hint"),
    [("one-hot.equidistnt", "'one-hot.equidistant'"), ("equidistant", "'one-hot.equidistant'"), ("zzz", "")],
)
def test_show_suggests_ids(capsys, word, hint):
    """The nearest one, or those that hold the word."""
    assert cli.main(["show", word]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"claims: unknown claim {word!r}; ")
    assert (f"(did you mean {hint}?)" if hint else "registered ids\n") in said


def test_show_tells_how_a_claim_is_decided(capsys):
    """`claims show` has quote, English, condition, criterion, comparisons with their power, and where tests stand."""
    assert cli.main(["show", "metrics.f1-suits"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    registry = Registry()
    claim = registry["metrics.f1-suits"]
    assert all(" ".join(text.split()) in shown for text in (claim.fa, claim.en, claim.condition, claim.criterion))
    assert "holds if 11 of 11 replicates lie in [-0.06, 0.06], or 23 of 28 at the second look sign test at" in shown
    assert "experiment ThiefScores looks: 11 replicates, then 28 varies: sample on which thresholds are tuned" in shown
    for name, comparison in claim.comparison.items():
        for row in registered(registry)[claim.id, name]:
            assert f"calibrated with {row.implementation} on seeds {row.seeds}: {row.right} of {row.of}" in shown
            assert f"at that bound it holds with probability {comparison.power(row.lower_bound):.5f}" in shown
    for test in Inventory(registry).by_claim["metrics.f1-suits"]:
        assert f"{test.file.name}:{test.line} {test.name}" in shown


def test_show_tells_of_two_looks_a_budget_and_a_reason(tmp_path):
    """What an entry may state beyond the least is shown too, and that a comparison was never calibrated."""
    root = toy.build(tmp_path / "toy") / "spec"
    toml = root / "q1_toy" / "claims.toml"
    budget = "looks = [12, 24]\nbudget = { parameters = 10_000, rates = [0.1, 0.01], batch_size = 16 }"
    because = 'ToyTwoLooks"\nbecause = "less would not be noticed"'
    toml.write_text(toml.read_text().replace("looks = [12, 24]", budget).replace('ToyTwoLooks"', because))
    registry = Registry(root)
    shown = " ".join(details(registry["toy.second-look"], [], registry, {}).split())
    assert "holds if 12 of 12 replicates exceed +0.1, or 21 of 24 at the second look sign test" in shown
    assert "because less would not be noticed not calibrated" in shown
    assert "looks: 12 replicates, then 24 varies: everything budget: at most 10,000 parameters; rates: 0.1, 0." in shown


def test_an_unknown_claim_is_one_line(capsys):
    """`claims show` of an unknown id names it, and the nearest one."""
    assert cli.main(["show", "one-hot.equidistnt"]) == 2
    assert capsys.readouterr().err == (
        "claims: unknown claim 'one-hot.equidistnt'; `claims list` shows the registered ids "
        "(did you mean 'one-hot.equidistant'?)\n"
    )


def test_new_refuses_a_folder_with_something_in_it(tmp_path, capsys):
    """`claims new` leaves a folder alone that is not empty, or a path that is a file."""
    (tmp_path / "precious").write_text("")
    for path in (tmp_path, tmp_path / "precious"):
        assert cli.main(["new", str(path)]) == 2
        assert f"claims new {path}" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("there", [False, True])
def test_stubs_that_cannot_all_be_written_leave_nothing(tmp_path, monkeypatch, capsys, there):
    """On a full disk it is one line with the file, and the same command works once there is room."""
    folder = tmp_path / "course" / "mine"
    if there:
        folder.mkdir(parents=True)
    write, written = files.write, []

    def fill(file, content):
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        written.append(file)
        write(file, content)

    with monkeypatch.context() as full:
        full.setattr(files, "write", fill)
        assert cli.main(["new", str(folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "No space left on device" in line
    assert str(folder) in line
    assert [*tmp_path.rglob("*")] == ([folder.parent, folder] if there else [])
    assert cli.main(["new", str(folder)]) == 0


def test_stubs_are_the_contract(stubs):
    """Every function of the contract has a stub with its arguments, which names the claims it serves."""
    trees = {file.stem: ast.parse(file.read_text()) for file in stubs.glob("*.py")}
    functions = {node.name: node for node in ast.walk(trees["metrics"]) if isinstance(node, ast.FunctionDef)}
    assert [argument.arg for argument in functions["cost"].args.args] == [
        "y_true", "y_pred", "false_positive_cost", "false_negative_cost",
    ]  # fmt: skip
    assert "metrics.f1-is-the-harmonic-mean" in ast.unparse(functions["f1"])
    assert "budgets" not in ast.unparse(functions["f1"])
    assert "Labels" not in (stubs / "metrics.py").read_text()
    assert "Labels are 0" in (stubs / "rotation.py").read_text()
    classes = [node.name for node in trees["classifiers"].body if isinstance(node, ast.ClassDef)]
    assert classes == ["AttentionLayers", "TrainedClassifiers"]


def test_stubs_of_learners_have_their_budgets(stubs):
    """Each budget that an experiment gives it, in plain words, with the claims; also where arms are inherited."""
    registry, inventory = Registry(), Inventory(Registry())
    assert {"NoisyDisplacedDigits", "TurnedDigits"} <= inventory.experiments_with("rotation.fine_tune").keys()
    for topic, function, name in (
        ("classifiers", "train_classifiers", "RelationalFaces"),
        ("rotation", "fine_tune", "TurnedDigits"),
        ("search", "reinforce", "PlantedSearch"),
        ("skip_gram", "train_skip_gram", "RealText"),
        ("gan", "gans", "DigitGans"),
    ):
        text = " ".join((stubs / f"{topic}.py").read_text().partition(f"def {function}(")[2].split())
        claims = inventory.experiments_with(f"{topic}.{function}")[name]
        assert claims
        assert f"- {name}: {registry.experiment(name).given} — for {', '.join(claims)}" in text
    assert "PlantedSearch" not in (stubs / "search.py").read_text().partition("def meta_qnn(")[2]


def test_stubs_tell_methods_of_one_name_apart(stubs):
    """Of two handles of a topic, each method names the claims that make such a handle."""
    serves = {}
    for node in ast.walk(ast.parse((stubs / "rotation.py").read_text())):
        if isinstance(node, ast.ClassDef):
            serves |= {(node.name, method.name): ast.unparse(method) for method in node.body if hasattr(method, "name")}
    assert "rotation.predicts-the-angle" in serves["RotationNetworks", "logits"]
    assert "rotation.predicts-the-angle" not in serves["FineTunedNetworks", "logits"]
    assert "rotation.fine-tunes" in serves["FineTunedNetworks", "logits"]


@pytest.mark.process
def test_stubs_are_all_missing_and_score_nothing(stubs):
    """An implementation that has everything to do gets a table, every claim missing, and no credit."""
    results = exact(stubs)
    assert {claim["outcome"] for claim in graded(results)} == {"missing"}
    assert results["pass_rate"] == 0
    messages = {claim["id"]: claim["message"] for claim in results["claims"]}
    assert messages["metrics.recall"].startswith("metrics.recall is not implemented: needed by ")


@pytest.mark.process
def test_an_empty_folder_scores_nothing(tmp_path):
    """An implementation without any module gets a table and no credit."""
    (tmp_path / "empty").mkdir()
    assert exact(tmp_path / "empty")["pass_rate"] == 0


@pytest.mark.process
def test_one_topic_done_passes_just_its_claims(stubs, tmp_path):
    """With metrics filled in and the rest stubs, question 2 holds and all else is missing."""
    partial = shutil.copytree(stubs, tmp_path / "partial")
    for name in ("metrics.py", "checks.py"):
        shutil.copy(toy.PROJECT / "impl" / name, partial / name)
    # A folder with relative imports, under a name of its own: it shadows nothing.
    (partial / "spec").mkdir()
    outcomes = {(claim["question"].startswith("q2"), claim["outcome"]) for claim in graded(exact(partial))}
    assert outcomes == {(True, "holds"), (False, "missing")}


@pytest.mark.process
def test_a_broken_module_costs_only_its_own_claims(tmp_path):
    """A syntax error in one module is an error of the claims that need it; the others are decided."""
    broken = shutil.copytree(toy.PROJECT / "impl", tmp_path / "broken", ignore=shutil.ignore_patterns("__pycache__"))
    (broken / "one_hot.py").write_text("def one_hot(:\n")
    claims = {claim["id"]: claim for claim in exact(broken)["claims"]}
    assert claims["one-hot.equidistant"]["outcome"] == "error"
    assert claims["metrics.f1-is-the-harmonic-mean"]["outcome"] == "holds"
    assert "cannot be imported for one_hot: SyntaxError" in claims["one-hot.equidistant"]["message"]
