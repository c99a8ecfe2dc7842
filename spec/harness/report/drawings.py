"""How each kind of figure is drawn: one entry per kind, in one table.

A drawing is what the page shows: diagrams as SVG, rows of pictures as PNG, or a table, with its numbers in words for
readers who cannot see it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from ..claims.decision import region_of
from ..counts import counted
from ..evidence.figures import Figure
from ..evidence.results import ClaimRecord, VariationRecord
from . import diagrams
from .pictures import Picture, overlay, picture
from .replicates import number
from .terminal import in_variations


@dataclass(frozen=True)
class Cell:
    """One number of a table, and how strong its background is, 0 … 1."""

    value: float
    shade: float


@dataclass(frozen=True)
class Table:
    """Numbers in rows and columns, all with names."""

    row_label: str
    column_label: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class Drawing:
    """A figure as it stands on the page."""

    name: str
    says: str
    numbers: str
    panels: list[tuple[str, Markup]] = field(default_factory=list)
    """SVG diagrams, each under its title (or under none)."""
    rows: list[tuple[str, list[Picture]]] = field(default_factory=list)
    """Rows of pictures, by name."""
    table: Table | None = None


def draw(figure: Figure) -> Drawing:
    """Draw a figure by its kind."""
    return DRAWERS[figure.kind](figure)


def specification_curves(claim: ClaimRecord) -> list[Drawing]:
    """The specification curves of a claim's multiverse: one for each comparison that decides it."""
    deciding = dict.fromkeys(
        name for row in claim.multiverse for name, effect in row.effects.items() if effect.role == "claim"
    )
    titles = {record.comparison: record.what for test in claim.tests for record in test.evidence if record.comparison}
    says = (
        "The effect, with its interval, in each variation of the experiment, and what it changes. A cross is a "
        "variation in which the claim does not come out as registered; the hollow mark is the experiment as registered."
    )
    flipped = [f"{row.experiment}.{row.variation} ({row.outcome})" for row in claim.multiverse if not row.as_registered]
    numbers = f"The claim is {in_variations(claim.multiverse)}; not in: {', '.join(flipped) or 'none'}."
    return [
        Drawing(f"{claim.id}.multiverse", says, numbers, panels=[(titles.get(name, name), _curve(claim, name))])
        for name in deciding
    ]


def _curve(claim: ClaimRecord, comparison: str) -> Markup:
    rows = [row for row in claim.multiverse if comparison in row.effects]
    options = list(dict.fromkeys(option for row in rows for option in _options(row)))
    effects = [
        diagrams.Effect(
            row.effects[comparison].mean,
            row.effects[comparison].low,
            row.effects[comparison].high,
            _options(row),
            row.as_registered,
        )
        for row in rows
    ]
    region = region_of(rows[0].effects[comparison].margin)
    return diagrams.specification_curve(f"{claim.id}.{comparison}.multiverse", effects, options, region)


def _options(row: VariationRecord) -> tuple[str, ...]:
    """What a variation changes, in words."""
    return tuple(f"{name.replace('_', ' ')} {value}" for name, value in row.changes.items())


def _curves(figure: Figure) -> Drawing:
    replicates = max((len(line) for line in figure.parts.values() if line.ndim == 2), default=0)
    ends = [f"{name} from {_mean(line[..., 0])} to {_mean(line[..., -1])}" for name, line in figure.parts.items()]
    over = f"Mean of {replicates} replicates, and the range of the middle 90 %. " if replicates else ""
    x = figure.arrays["x"]
    numbers = f"{over}{figure.arrays['x_label']} {x[0]:g} to {x[-1]:g}: {'; '.join(ends)}."
    return Drawing(figure.name, figure.says, numbers, panels=[("", diagrams.curves(figure))])


def _paths(figure: Figure) -> Drawing:
    arrays = figure.arrays
    early, late = (
        [_mean(arrays[axis][np.arange(len(arrays[end])), arrays[end]]) for axis in ("x", "y")]
        for end in ("early", "late")
    )
    numbers = (
        f"{counted(len(arrays['x']), 'replicate')}; {arrays['x_label']} and {arrays['y_label']} on average: "
        f"early (○) {early[0]} and {early[1]}, late (●) {late[0]} and {late[1]}."
    )
    return Drawing(figure.name, figure.says, numbers, panels=[("", diagrams.paths(figure))])


def _scatter(figure: Figure) -> Drawing:
    groups = len(np.unique(figure.arrays["group"])) if "group" in figure.arrays else 0
    of_groups = f" of {counted(groups, 'group')}" if groups else ""
    numbers = (
        "; ".join(f"{name}: {counted(len(points), 'point')}{of_groups}" for name, points in figure.parts.items()) + "."
    )
    return Drawing(figure.name, figure.says, numbers, panels=diagrams.scatter(figure))


def _dots(figure: Figure) -> Drawing:
    means = [f"{name}: mean {_mean(values)} of {len(values)}" for name, values in figure.parts.items()]
    return Drawing(figure.name, figure.says, "; ".join(means) + ".", panels=[("", diagrams.dots(figure))])


def _matrix(figure: Figure) -> Drawing:
    arrays = figure.arrays
    means = arrays["values"].mean(0)
    low, span = means.min(), max(float(np.ptp(means)), 1e-12)
    rows = [
        (str(name), [Cell(float(value), float((value - low) / span)) for value in values])
        for name, values in zip(arrays["row"], means, strict=True)
    ]
    table = Table(str(arrays["row_label"]), str(arrays["column_label"]), [str(name) for name in arrays["column"]], rows)
    return Drawing(figure.name, figure.says, f"Mean of {len(arrays['values'])} replicates.", table=table)


def _pictures(figure: Figure) -> Drawing:
    rows = [(name, list(map(picture, stack))) for name, stack in figure.parts.items()]
    return Drawing(figure.name, figure.says, "", rows=rows)


def _overlay(figure: Figure) -> Drawing:
    pictures, framed = figure.arrays["picture"], figure.arrays.get("framed")
    rows = [("picture", list(map(picture, pictures)))]
    for i, (name, maps) in enumerate(figure.parts.items()):
        cells = [None] * len(pictures) if framed is None else framed[i].tolist()
        rows.append((name, list(map(overlay, pictures, maps, cells))))
    numbers = "The stronger the colour, the larger the number" + ("." if framed is None else "; from the framed cell.")
    return Drawing(figure.name, figure.says, numbers, rows=rows)


DRAWERS: dict[str, Callable[[Figure], Drawing]] = {
    "curves": _curves,
    "paths": _paths,
    "scatter": _scatter,
    "dots": _dots,
    "matrix": _matrix,
    "pictures": _pictures,
    "overlay": _overlay,
}


def _mean(values: np.ndarray) -> str:
    return number(float(np.mean(values)))
