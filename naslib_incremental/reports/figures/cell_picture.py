"""One cell drawn as a graph, from its input above to its output below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from naslib_incremental.reports.figures.canvas import GRID, INK, MUTED, PAPER, SIZE, panel, short
from naslib_incremental.reports.figures.cell_layout import Point, lay_out
from naslib_incremental.search_spaces_ext import CellDrawing

VERTEX_INCHES = 1.22
LAYER_INCHES = 0.54
TEXT_INCHES = 0.8
"""Height of the title and the text below."""
NARROW_INCHES = 0.78
"""Width of a vertex where a cell is so wide that labels are broken into two lines."""
BOX = (0.9, 0.56)
"""Size of a vertex, of the width and the height it may take."""
FONT = 8.0
LETTERS = 16
ENDS = ("input", "output", "c_{k")
"""How the labels of a cell's inputs and output begin."""


def picture(cell: CellDrawing, title: str, below: str) -> Figure:
    """A panel with the cell and two lines of text: a title above and what it is below."""
    layout = lay_out(cell)
    left = min(x for chain in (layout.vertices, *layout.edges) for x, _ in chain) - 0.5
    right = max(x for chain in (layout.vertices, *layout.edges) for x, _ in chain) + 0.5
    narrow = right - left > (SIZE[0] - 0.2) / VERTEX_INCHES
    room = (SIZE[0] - 0.2) / (NARROW_INCHES if narrow else VERTEX_INCHES)
    scale = min(1.0, room / (right - left))
    half = max(room, right - left) / 2
    height = max(SIZE[1], LAYER_INCHES * layout.layers + TEXT_INCHES)
    above = (height - TEXT_INCHES) / LAYER_INCHES / 2
    middle = (layout.layers - 1) / 2
    with panel(title, below, "") as (figure, axes):
        figure.set_size_inches(SIZE[0], height)
        axes.set(xticks=[], yticks=[])
        axes.grid(visible=False)
        axes.set_xlim((left + right) / 2 - half, (left + right) / 2 + half)
        axes.set_ylim(middle + above, middle - above)
        for places in layout.edges:
            _edge(axes, places)
        for label, place in zip(cell.labels, layout.vertices, strict=True):
            shown = broken(label) if narrow else short(label, LETTERS)
            _vertex(axes, shown, place, FONT * scale, end=label.startswith(ENDS))
    axes.spines[:].set_visible(False)
    return figure


def broken(label: str) -> str:
    """A label in two lines, broken before the separator nearest to its middle."""
    breaks = [place for place, letter in enumerate(label) if letter in "_- " and place]
    if len(label) <= LETTERS // 2 or not breaks:
        return short(label, LETTERS)
    place = min(breaks, key=lambda one: abs(2 * one - len(label)))
    return (
        f"{short(label[:place], LETTERS // 2 + 2)}\n{short(label[place + 1 :], LETTERS // 2 + 2)}"
    )


def _vertex(axes: Axes, text: str, place: Point, size: float, *, end: bool) -> None:
    """A box with its operation; inputs and output stand back."""
    (width, height), (x, y) = BOX, place
    box = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.09",
        facecolor=GRID if end else PAPER,
        edgecolor=MUTED if end else INK,
        linewidth=0.8 if end else 1.1,
        mutation_aspect=VERTEX_INCHES / LAYER_INCHES,
        zorder=3,
    )
    axes.add_patch(box)
    text = f"${text}$" if "_{" in text else text
    axes.text(
        x, y, text, ha="center", va="center", linespacing=1.1, fontsize=size, color=INK, zorder=4
    )


def _edge(axes: Axes, places: Sequence[Point]) -> None:
    """An arrow through all places: straight down beside vertices, curved between layers."""
    half = BOX[1] / 2
    points, codes = [(places[0][0], places[0][1] + half)], [Path.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(places):
        middle = (y + to_y) / 2
        points += [(x, middle), (to_x, middle), (to_x, to_y - half), (to_x, to_y + half)]
        codes += [*[Path.CURVE4] * 3, Path.LINETO]
    path = Path(points[:-1], codes[:-1])
    arrow = FancyArrowPatch(
        path=path,
        arrowstyle="-|>",
        mutation_scale=8,
        color=MUTED,
        linewidth=1.0,
        zorder=2,
    )
    axes.add_patch(arrow)
