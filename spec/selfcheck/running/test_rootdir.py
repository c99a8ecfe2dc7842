"""What a place given to `--impl` can make pytest do: nothing as one word, and as two what pytest itself obeys first."""

import json
import shutil

import pytest

from spec.selfcheck import toy

NOTE = "with open({note!r}, 'a') as note: print('ran', file=note)\n"
RESULTS = ("-m", "claims", "-n", "0", "--claims-only", "toy.holds", "--claims-json=claims.json")
SETTINGS = {
    "none": {},
    "a project's": {"pyproject.toml": '[project]\nname = "theirs"\nversion = "1"\n'},
    "harmless": {"pytest.ini": "[pytest]\ntestpaths = tests\n"},
    "in pyproject.toml": {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-q"\n'},
    "no autoloading": {"tox.ini": "[pytest]\naddopts = --disable-plugin-autoload\n"},
    "our plugin left out": {"setup.cfg": "[tool:pytest]\naddopts = -p no:claims-rootdir\n"},
    "a plugin of theirs": {"pytest.ini": "[pytest]\npythonpath = .\naddopts = -p evil\n"},
    "a warning of theirs": {".pytest.ini": "[pytest]\npythonpath = .\nfilterwarnings = error::evil.Evil\n"},
}
"""The files that a place brings beside an implementation, a conftest.py and a module called evil."""
OBEYED = ("no autoloading", "our plugin left out", "a plugin of theirs", "a warning of theirs")
"""Of those, what runs the place's code in the process of whoever gives it in two words."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The toy specification."""
    return toy.build(tmp_path_factory.mktemp("rootdir") / "toy")


@pytest.fixture
def place(request, root, tmp_path):
    """A right implementation that notes wherever its other code runs, with the settings that the test asks for."""
    folder = tmp_path / "theirs"
    shutil.copytree(root / "impl", folder)
    for name in ("conftest.py", "evil.py"):
        (folder / name).write_text(NOTE.format(note=str(tmp_path / "note")) + "class Evil(Warning): pass\n")
    for name, text in SETTINGS[request.param].items():
        (folder / name).write_text(text)
    return folder


def run(root, place, *arguments):
    """What a run of one claim said, what became of the claim if it came so far, and whether their other code ran."""
    file = root / "claims.json"
    file.unlink(missing_ok=True)
    completed = toy.run(root, *RESULTS, *arguments)
    claims = json.loads(file.read_text())["claims"] if file.exists() else []
    outcomes = [claim["outcome"] for claim in claims if claim["selected"]]
    return completed.stdout + completed.stderr, outcomes, (place.parent / "note").exists()


@pytest.mark.parametrize("place", SETTINGS, indirect=True)
def test_one_word_runs_nothing_of_the_place_in_pytest(root, place):
    """`--impl=PATH` decides the claims, and whatever settings and conftest.py are there stay unread."""
    said, outcomes, obeyed = run(root, place, f"--impl={place}")
    assert (outcomes, obeyed) == (["holds"], False), said


@pytest.mark.parametrize("place", ["none", "a project's"], indirect=True)
@pytest.mark.parametrize("tests", [(), ("spec/q1_toy/test_toy.py",)], ids=["all", "some"])
def test_two_words_do_where_there_are_no_settings(root, place, tests):
    """`--impl PATH` decides the claims without the place's conftest.py, whether or not tests are named as well."""
    said, outcomes, obeyed = run(root, place, *tests, "--impl", str(place))
    assert (outcomes, obeyed) == (["holds"], False), said


@pytest.mark.parametrize("place", OBEYED, indirect=True)
def test_two_words_do_after_tests_of_the_project(root, place):
    """Where tests of this project come first, pytest keeps to its settings, whatever the place brings."""
    said, outcomes, obeyed = run(root, place, "spec", "--impl", str(place))
    assert (outcomes, obeyed) == (["holds"], False), said


@pytest.mark.parametrize("place", ["none"], indirect=True)
def test_two_words_end_the_run_where_our_plugin_is_not_loaded(root, place):
    """Where no plugin is loaded by its entry point, what conftest.py loads says how to write it."""
    said, outcomes, obeyed = run(root, place, "-p", "no:claims-rootdir", "spec", "--impl", str(place))
    assert (outcomes, obeyed) == ([], False), said
    assert f"and may load a conftest.py there; write --impl={place}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("place", ["harmless", "in pyproject.toml"], indirect=True)
def test_two_words_end_the_run_where_settings_of_the_place_were_read(root, place):
    """One line names the file, what it may do and how to write it; nothing of the place has run."""
    said, outcomes, obeyed = run(root, place, "--impl", str(place))
    assert (outcomes, obeyed) == ([], False), said
    (file,) = [*place.glob("pytest.ini"), *place.glob("pyproject.toml")]
    assert f"and has applied the settings in {file}, which can run code outside any sandbox" in said
    assert f"; write --impl={place}" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("place", OBEYED, indirect=True)
def test_two_words_obey_hostile_settings(root, place):
    """What no plugin can keep from happening, as the README says: pytest obeys these before it loads anything of ours.

    The run at least comes to no result. Should pytest stop obeying them, this fails, and the warning can go.
    """
    said, outcomes, obeyed = run(root, place, "--impl", str(place))
    assert (outcomes, obeyed) == ([], True), said
