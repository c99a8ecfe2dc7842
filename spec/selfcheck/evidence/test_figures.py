"""The data of figures: what each kind takes, and what is written."""

import zipfile

import numpy as np
import pytest

from spec.harness.errors import SpecificationError
from spec.harness.evidence import figures
from spec.harness.evidence.figures import figure


def test_a_figure_is_named_arrays_in_a_file(tmp_path):
    """A figure can be read back from its file, with what a reader sees."""
    line = np.array([0.5, 0.25])
    curve = figure("curve", "curves", "It falls.", x=[1, 2], x_label="x", y_label="ادعا", line=line)
    figures.write(tmp_path / "curve.npz", curve)
    copy = figures.read(tmp_path / "curve.npz", "curve")
    assert (copy.name, copy.kind, copy.says) == ("curve", "curves", "It falls.")
    assert {name: array.tolist() for name, array in copy.arrays.items()} == {
        "x": [1, 2],
        "x_label": "x",
        "y_label": "ادعا",
    }
    assert {name: array.tolist() for name, array in copy.parts.items()} == {"line": [0.5, 0.25]}


def test_equal_figures_are_equal_files(tmp_path):
    """The same arrays make the same bytes: no clock goes into the file."""
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    for file in (first, second):
        figures.write(file, figure("dots", "dots", "Dots.", x_label="x", dots=np.arange(100.0)))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


@pytest.mark.parametrize(
    ("kind", "arrays", "flaw"),
    [
        *(
            ("dots", {"x_label": "x", "y": array}, r"y has dtype \w+; expected numbers or text")
            for array in (None, [object()], {"a": 1}, np.array([1j]))
        ),
        ("pie", {"y": [1.0]}, "kind = 'pie'; expected one of curves, paths"),
        ("dots", {"y": [1.0]}, "x_label is missing; a figure of kind 'dots' needs a text"),
        ("dots", {"x_label": "x"}, "no array to show; a figure of kind 'dots' needs at least one number per"),
        ("dots", {"x_label": 3, "y": [1.0]}, r"x_label is an array of int64 with shape \(\); expected a text"),
        ("dots", {"x_label": "x", "y": [[1.0]]}, r"y is an array of float64 with shape \(1, 1\); expected one number"),
        ("dots", {"x_label": "x", "y": [np.nan]}, "y holds numbers that are not finite"),
        ("matrix", {"more": [1.0]}, "values is missing"),
    ],
)
def test_a_figure_is_of_its_kind(kind, arrays, flaw):
    """Arrays that the kind does not have, or of another shape, are refused by name."""
    with pytest.raises(SpecificationError, match=f"figure 'curve': {flaw}"):
        figure("curve", kind, "It falls.", **arrays)
