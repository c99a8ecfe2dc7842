"""Diagrams as SVG inside the page, drawn by matplotlib; their colours are the page's, in light and in dark."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from ..claims.decision import Region
from ..evidence.figures import Figure

# Matplotlib draws with placeholder colours, which `_svg` replaces by the page's CSS variables.
INK, MUTED, GRID, PAPER = "#010101", "#010102", "#010103", "#010104"
LINES = [f"#0101{i:02x}" for i in range(0x10, 0x16)]
OF_THE_PAGE = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"} | {
    colour: f"--line-{i + 1}" for i, colour in enumerate(LINES)
}
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]
MARKERS = ["o", "^", "s", "D", "v", "P"]

STYLE: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Effect:
    """One variation in a specification curve."""

    mean: float
    low: float
    high: float
    options: tuple[str, ...]
    as_registered: bool


WIDE, SQUARE = (4.4, 2.9), (2.5, 2.5)
"""Width and height in inches; at one point per pixel such a diagram is legible on a phone."""


def _diagram(size: tuple[float, float]) -> Callable[[Callable[[Axes, Figure], None]], Callable[[Figure], Markup]]:
    """Turn a function that draws into axes into one that returns an SVG of `size` inches."""

    def decorate(draw_into: Callable[[Axes, Figure], None]) -> Callable[[Figure], Markup]:
        @wraps(draw_into)
        def draw(figure: Figure) -> Markup:
            with rc_context({**STYLE, "svg.hashsalt": figure.name}):
                canvas = Canvas(figsize=size, layout="constrained")
                draw_into(canvas.add_subplot(), figure)
                return _svg(canvas, figure.name)

        return draw

    return decorate


@_diagram(WIDE)
def curves(axes: Axes, figure: Figure) -> None:
    """Lines over x: the mean over replicates, and a band from their 5 % to their 95 % quantile."""
    x = figure.arrays["x"]
    for i, (name, line) in enumerate(figure.parts.items()):
        colour = LINES[i % len(LINES)]
        if line.ndim == 2:
            low, high = np.quantile(line, [0.05, 0.95], axis=0)
            axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
        mean = line.mean(0) if line.ndim == 2 else line
        marker = "o" if len(x) <= 12 else ""
        axes.plot(x, mean, color=colour, linestyle=DASHES[i % len(DASHES)], label=name, marker=marker, markersize=3)
    for place in figure.arrays.get("marks", ()):
        axes.axvline(place, color=INK, linewidth=1, linestyle=":")
    if figure.arrays.get("log_y", False):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    _label(axes, figure)
    if len(figure.parts) > 1:
        columns = 3 if len(figure.parts) > 4 else 2 if len(figure.parts) == 4 else 1
        axes.figure.legend(loc="outside upper left", ncols=columns, handlelength=2.6)


@_diagram(WIDE)
def paths(axes: Axes, figure: Figure) -> None:
    """A path per replicate, and on each an early and a late place, joined."""
    x, y = figure.arrays["x"], figure.arrays["y"]
    rows = np.arange(len(x))
    early, late = (figure.arrays[end] for end in ("early", "late"))
    for path in zip(x, y, strict=True):
        axes.plot(*path, color=MUTED, alpha=0.3, linewidth=0.7)
    for row in rows:
        axes.plot(x[row, [early[row], late[row]]], y[row, [early[row], late[row]]], color=LINES[0], linewidth=1)
    for places, inside, label in ((early, PAPER, "early"), (late, LINES[0], "late")):
        ends = x[rows, places], y[rows, places]
        axes.plot(*ends, "o", color=LINES[0], markerfacecolor=inside, markersize=4.5, zorder=3, label=label)
    _label(axes, figure)
    axes.figure.legend(loc="outside upper left", ncols=2)


@_diagram((4.4, 1.7))
def dots(axes: Axes, figure: Figure) -> None:
    """A row of dots for each part."""
    for row, values in enumerate(figure.parts.values()):
        axes.plot(values, np.full(len(values), row), "o", color=LINES[row % len(LINES)], alpha=0.6, markersize=5)
        axes.plot(values.mean(), row, "|", color=INK, markersize=16)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(figure.parts)), list(figure.parts))
    axes.set_ylim(len(figure.parts) - 0.5, -0.5)
    axes.set_xlabel(str(figure.arrays["x_label"]))


def specification_curve(name: str, effects: Sequence[Effect], options: Sequence[str], region: Region) -> Markup:
    """Effects with their intervals from the lowest to the highest, and below which option each of them takes.

    Simonsohn, Simmons & Nelson, Specification Curve Analysis, 2020. `options` are the names of all that varies; those
    of an effect are none for the reference.
    """
    order = sorted(effects, key=lambda effect: effect.mean)
    with rc_context({**STYLE, "svg.hashsalt": name}):
        height = 0.16 * len(options)
        canvas = Canvas(figsize=(4.4, 1.9 + height), layout="constrained")
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=[1.9, max(height, 0.2)])
        for x, effect in enumerate(order):
            colour = LINES[0] if effect.as_registered else LINES[1]
            above.plot([x, x], [effect.low, effect.high], color=colour, linewidth=1.4)
            marker = "o" if effect.as_registered else "X"
            inside = PAPER if not effect.options else colour
            above.plot(x, effect.mean, marker, color=colour, markerfacecolor=inside, markersize=5)
            rows = [options.index(option) for option in effect.options]
            below.plot([x] * len(rows), rows, "s", color=colour, markersize=4)
        for bound in np.ravel(region.margin):
            above.axhline(bound, color=INK, linewidth=0.9, linestyle=":")
        above.axhline(0, color=MUTED, linewidth=0.6)
        above.tick_params(bottom=False)
        above.set_ylabel("effect")
        below.set_yticks(range(len(options)), options, fontsize=7)
        below.set_ylim(len(options) - 0.5, -0.5)
        below.set_xticks([])
        below.spines[["left", "bottom"]].set_visible(False)
        return _svg(canvas, name)


def scatter(figure: Figure) -> list[tuple[str, Markup]]:
    """A square of points for each part, all to the same scale."""
    points = np.concatenate(list(figure.parts.values()))
    middle, reach = (points.max(0) + points.min(0)) / 2, 0.55 * max(float(np.ptp(points, axis=0).max()), 1e-12)
    return [(name, _square(figure, name, part, middle, reach)) for name, part in figure.parts.items()]


def _square(figure: Figure, name: str, points: np.ndarray, middle: np.ndarray, reach: float) -> Markup:
    @_diagram(SQUARE)
    def panel(axes: Axes, figure: Figure) -> None:
        groups = figure.arrays.get("group", np.full(len(points), ""))
        for i, group in enumerate(dict.fromkeys(groups.tolist())):
            marker = MARKERS[(i // len(LINES) + i) % len(MARKERS)]
            x, y = points[groups == group].T
            axes.plot(x, y, marker, color=LINES[i % len(LINES)], markersize=4.5, alpha=0.8, markeredgewidth=0)
        for place, text in zip(points, figure.arrays.get("label", ()), strict=False):
            axes.annotate(text, place, fontsize=7, ha="center", va="bottom")
        axes.set(
            xlim=(middle[0] - reach, middle[0] + reach),
            ylim=(middle[1] - reach, middle[1] + reach),
            xticks=[],
            yticks=[],
            aspect="equal",
        )

    return panel(Figure(f"{figure.name} {name}", figure.kind, figure.says, figure.arrays, figure.parts))


def _label(axes: Axes, figure: Figure) -> None:
    axes.set_xlabel(str(figure.arrays["x_label"]))
    axes.set_ylabel(str(figure.arrays["y_label"]))


def _svg(canvas: Canvas, name: str) -> Markup:
    """The canvas as an SVG element with unique ids, the page's colours and fonts, and no metadata."""
    file = io.StringIO()
    canvas.patch.set_visible(False)
    FigureCanvasSVG(canvas).print_svg(file, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = file.getvalue()
    text = text[text.index("<svg") :]
    prefix = "d" + re.sub(r"\W", "-", name)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    text = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--sans)", text)
    text = re.sub("#0101[0-9a-f]{2}", lambda match: f"var({OF_THE_PAGE[match[0]]})", text)
    # Matplotlib escapes all text that it draws.
    return Markup(re.sub(r"\s*\n\s*", " ", text).replace("<svg", '<svg aria-hidden="true"', 1))
