"""What a figure is: named arrays of one of a few kinds, in a NumPy `.npz` file beside `claims.json`.

The kind says what the arrays mean, and so how the report draws them. Some names belong to the kind. Where it has parts
(the lines of a diagram, the rows of pictures) every other array is one, and its name is what a reader sees.

A question's `figures.py` holds functions marked with `@figures_of("claim-id")`. They run once all tests have: they read
what the experiments have computed by then, train nothing, and cannot fail a claim.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from .. import files
from ..errors import SpecificationError


@dataclass(frozen=True)
class Shape:
    """What an array has to look like: how many axes, and whether it holds text or numbers."""

    says: str
    axes: tuple[int, ...]
    text: bool = False
    sizes: Mapping[int, str] = field(default_factory=dict)
    """Names for the lengths of some axes: those of one name are equal, and arrays that belong to the kind set them."""


@dataclass(frozen=True)
class FigureKind:
    """The arrays of one kind of figure."""

    required: dict[str, Shape]
    optional: dict[str, Shape]
    part: Shape | None = None
    """Every other array; None where there may be none."""

    @property
    def named(self) -> dict[str, Shape]:
        """The arrays whose names belong to the kind."""
        return self.required | self.optional


LABEL = Shape("a text", (0,), text=True)
NAMES = Shape("a list of texts", (1,), text=True)
OF_EACH_POINT = replace(NAMES, sizes={0: "n"})
PICTURES = Shape("(n, height, width) or (n, height, width, 3), 0 black and 1 white", (3, 4))
PER_REPLICATE = Shape("one number per replicate", (1,))
PATHS = Shape("(replicates, n)", (2,), sizes={0: "replicates", 1: "n"})
OF_EACH_PATH = replace(PER_REPLICATE, sizes={0: "replicates"})
AXES = {"x_label": LABEL, "y_label": LABEL}

KINDS = {
    "curves": FigureKind(
        {"x": Shape("(n,)", (1,), sizes={0: "n"}), **AXES},
        {"marks": Shape("(k,), places on the x axis", (1,)), "log_y": Shape("true or false", (0,))},
        part=Shape("(n,) or (replicates, n)", (1, 2), sizes={-1: "n"}),
    ),
    "paths": FigureKind({"x": PATHS, "y": PATHS, "early": OF_EACH_PATH, "late": OF_EACH_PATH, **AXES}, {}),
    "scatter": FigureKind(
        {}, {"group": OF_EACH_POINT, "label": OF_EACH_POINT}, part=Shape("(n, 2)", (2,), sizes={0: "n"})
    ),
    "dots": FigureKind({"x_label": LABEL}, {}, part=PER_REPLICATE),
    "matrix": FigureKind(
        {
            "values": Shape("(replicates, rows, columns)", (3,), sizes={1: "rows", 2: "columns"}),
            "row": replace(NAMES, sizes={0: "rows"}),
            "column": replace(NAMES, sizes={0: "columns"}),
            "row_label": LABEL,
            "column_label": LABEL,
        },
        {},
    ),
    "pictures": FigureKind({}, {}, part=PICTURES),
    "overlay": FigureKind(
        {"picture": replace(PICTURES, sizes={0: "n"})},
        {"framed": Shape("(parts, n, 2), the row and column of the cell to frame in each", (3,), sizes={1: "n"})},
        part=Shape("(n, rows, columns), over each picture", (3,), sizes={0: "n"}),
    ),
}
"""Every kind of figure that the report can draw."""


@dataclass(frozen=True)
class Figure:
    """A figure's data."""

    name: str
    kind: str
    says: str
    """The sentence under it."""
    arrays: dict[str, np.ndarray]
    """Those whose names belong to the kind."""
    parts: dict[str, np.ndarray]
    """Those that are parts, by the names that a reader sees."""


def figure(name: str, kind: str, says: str, /, **arrays: Any) -> Figure:
    """A figure of one of `KINDS`, whose arrays have to have the shapes that the kind says.

    Anything else raises `SpecificationError`, which names the figure and the array.
    """
    checked = {key: np.asarray(value) for key, value in arrays.items()}
    if flaw := _flaw(kind, checked):
        raise SpecificationError(f"figure {name!r}: {flaw}")
    named = KINDS[kind].named
    return Figure(
        name,
        kind,
        says,
        {key: array for key, array in checked.items() if key in named},
        {key: array for key, array in checked.items() if key not in named},
    )


FigureFunction = Callable[..., Iterator[Figure]]
Function = TypeVar("Function", bound=FigureFunction)

FIGURE_FUNCTIONS: list[tuple[str, FigureFunction]] = []
"""Every function that makes figures, with the id of its claim."""


def figures_of(claim_id: str) -> Callable[[Function], Function]:
    """Register a generator of a claim's figures.

    Its parameters are annotated with experiments, or are called `impl`, the implementation under test.
    """

    def register(function: Function) -> Function:
        FIGURE_FUNCTIONS.append((claim_id, function))
        return function

    return register


def write(file: Path, drawn: Figure) -> None:
    """Write a figure's data, as a whole or not at all."""
    about = {"figure.kind": np.asarray(drawn.kind), "figure.says": np.asarray(drawn.says)}
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **about, **drawn.arrays, **drawn.parts)
    files.write(file, archive.getvalue())


def read(file: Path, name: str) -> Figure:
    """Read and check the data of a figure; anything else is refused with the file."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise SpecificationError(f"{file}: cannot be read as the data of a figure: {error}") from error
    kind, says = (str(arrays.pop(f"figure.{field}", "")) for field in ("kind", "says"))
    try:
        return figure(name, kind, says, **arrays)
    except SpecificationError as error:
        raise SpecificationError(f"{file}: {error}") from error


def _flaw(kind: str, arrays: Mapping[str, np.ndarray]) -> str | None:
    """What is wrong with a figure, if anything."""
    if kind not in KINDS:
        return f"kind = {kind!r}; expected one of {', '.join(KINDS)}"
    known, named = KINDS[kind], KINDS[kind].named
    if missing := [key for key in known.required if key not in arrays]:
        return f"{missing[0]} is missing; a figure of kind {kind!r} needs {known.required[missing[0]].says}"
    parts = [key for key in arrays if key not in named]
    if known.part is None and parts:
        return f"{parts[0]} is no array of kind {kind!r}; expected {', '.join(named)}"
    if known.part is not None and not parts:
        return f"no array to show; a figure of kind {kind!r} needs at least {known.part.says}"
    sizes: dict[str, int] = {}
    for key in (*named, *parts):
        if (array := arrays.get(key)) is None:
            continue
        if array.dtype.kind not in "biufU":
            return f"{key} has dtype {array.dtype}; expected numbers or text"
        expected = named.get(key) or known.part
        assert expected is not None
        if array.ndim not in expected.axes or (array.dtype.kind == "U") != expected.text:
            return f"{key} is an array of {array.dtype} with shape {array.shape}; expected {expected.says}"
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return f"{key} holds numbers that are not finite"
        for axis, size in expected.sizes.items():
            length = array.shape[axis]
            if length != sizes.get(size, length):
                return f"{key} has shape {array.shape}; expected {expected.says} with {size} = {sizes[size]}"
            if key in named:
                sizes[size] = length
    return None
