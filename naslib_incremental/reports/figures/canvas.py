"""What all figures share: size, colours, axes, and how they become files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SIZE = (4.6, 3.5)
PNG_DPI = 200
INK, MUTED, GRID, PAPER = "#1b2330", "#5a6675", "#e3e7ed", "#ffffff"
SERIES = (
    "#2160e0",
    "#d66a0a",
    "#0d8560",
    "#8a45c8",
    "#c42f58",
    "#0c7a90",
    "#87572a",
    "#75780f",
    "#626e7d",
    "#ad248c",
)
"""One colour per optimizer, told apart under the common colour-vision deficiencies with DASHES."""
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)))
MARKERS = "osD^vPX*<>"
RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.columnspacing": 1.2,
    "axes.formatter.useoffset": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # TrueType, which journals ask for
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
}

UNDATED: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""By the kinds of files a figure is written as: what to leave out, to be the same each time."""


@dataclass(frozen=True)
class Style:
    """How one optimizer is drawn, in all figures alike."""

    colour: str
    dashes: str | tuple[float, tuple[float, ...]]
    marker: str


@dataclass(frozen=True)
class Drawing:
    """One figure of a report.

    Attributes:
        name: name of its files.
        title: heading.
        caption: what it shows and what the numbers are made from.
        frame: the data that is drawn; its CSV file.
        panels: one small picture each, by name.
        pairs: whether two panels belong side by side.
    """

    name: str
    title: str
    caption: str
    frame: pd.DataFrame
    panels: Mapping[str, Figure]
    pairs: bool = False


def palette(names: Sequence[str]) -> dict[str, Style]:
    """A style for each optimizer, by its place in the report."""
    return {
        name: Style(SERIES[i % len(SERIES)], DASHES[i % len(DASHES)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }


@contextmanager
def panel(title: str, xlabel: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, in the style of the report, to draw on within the block."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(short(title, 36))
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        yield figure, axes
        sns.despine(ax=axes)


def draw_shares(axes: Axes, rows: pd.DataFrame, along: str, styles: Mapping[str, Style]) -> None:
    """Each optimizer's column ``share``, with its training-seed interval as a band."""
    for name, curve in rows.groupby("optimizer", sort=False):
        style = styles[str(name)]
        place = curve[along].to_numpy()
        low, high = (100 * curve[f"training_seed_{end}"].to_numpy() for end in ("low", "high"))
        axes.fill_between(place, low, high, color=style.colour, alpha=0.2, linewidth=0)
        axes.plot(
            place,
            100 * curve["share"],
            color=style.colour,
            linestyle=style.dashes,
            linewidth=1.8,
            label=short(str(name), 26),
        )
    axes.set_ylim(-2, 102)


def legend_below(figure: Figure, axes: Axes) -> None:
    """Name the lines below the axes, where no line can run into the names."""
    names = len(axes.get_legend_handles_labels()[1])
    figure.set_size_inches(SIZE[0], SIZE[1] + 0.1 * names)
    figure.legend(loc="outside lower center", ncols=2)


def short(name: str, most: int) -> str:
    """A name of at most ``most`` letters; what tells it from others is mostly at its ends."""
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[head + 1 - most :]}"


def lay_out(figure: Figure) -> None:
    """Find places for everything once, rather than for each kind of file."""
    with mpl.rc_context(RC):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def encode(figure: Figure, kind: str, name: str) -> bytes:
    """A figure as the bytes of an ``svg``, ``png`` or ``pdf`` file, the same each time.

    Args:
        figure: what to write.
        kind: ending of the file.
        name: makes the identifiers inside an SVG its own.
    """
    target = io.BytesIO()
    with mpl.rc_context(RC | {"svg.hashsalt": name}):
        figure.savefig(target, format=kind, dpi=PNG_DPI, metadata=UNDATED[kind])
    return target.getvalue()
