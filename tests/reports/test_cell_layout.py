"""Cells laid out and drawn: what every picture must keep, over random cells."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.reports.figures.canvas import encode
from naslib_incremental.reports.figures.cell_layout import BEND, lay_out
from naslib_incremental.reports.figures.cell_picture import broken, picture
from naslib_incremental.search_spaces_ext import CellDrawing

CLOSE = 1e-6


@st.composite
def cells(draw: st.DrawFn) -> CellDrawing:
    size = draw(st.integers(1, 9))
    pairs = [(source, target) for target in range(size) for source in range(target)]
    edges = sorted(pair for pair in pairs if draw(st.booleans()))
    return CellDrawing("cell", tuple(f"v{vertex}" for vertex in range(size)), tuple(edges))


@given(cells())
def test_layers_are_longest_paths_and_nothing_overlaps(cell: CellDrawing) -> None:
    layout = lay_out(cell)
    graph = nx.DiGraph(cell.edges)
    graph.add_nodes_from(range(len(cell.labels)))
    depth: dict[int, int] = {}
    for vertex in nx.topological_sort(graph):
        depth[vertex] = 1 + max(
            (depth[source] for source in graph.predecessors(vertex)), default=-1
        )
    assert [y for _, y in layout.vertices] == [depth[v] for v in range(len(cell.labels))]
    assert layout.layers == 1 + nx.dag_longest_path_length(graph)
    taken: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for x, y in layout.vertices:
        taken[y].append((x, 1.0))
    for places in layout.edges:
        for x, y in places[1:-1]:
            taken[y].append((x, BEND))
    for row in taken.values():
        row.sort()
        for (x, width), (other, other_width) in pairwise(row):
            assert other - x >= (width + other_width) / 2 - CLOSE


@given(cells())
def test_edges_run_from_source_to_target_layer_by_layer(cell: CellDrawing) -> None:
    layout = lay_out(cell)
    assert len(layout.edges) == len(cell.edges)
    for (source, target), places in zip(cell.edges, layout.edges, strict=True):
        assert places[0] == layout.vertices[source]
        assert places[-1] == layout.vertices[target]
        assert np.diff([y for _, y in places]) == pytest.approx(np.ones(len(places) - 1))


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("sep_conv_3x3", "sep_conv\n3x3"),
        ("skip_connect", "skip\nconnect"),
        ("conv3x3-bn-relu", "conv3x3\nbn-relu"),
        ("sum", "sum"),
        ("an-operation-of-a-very-long-name", "an-o…on-of\na-ve…-name"),
    ],
)
def test_long_labels_are_broken_in_the_middle(label: str, lines: str) -> None:
    assert broken(label) == lines


def test_a_chain_stands_straight() -> None:
    layout = lay_out(CellDrawing("cell", ("input", "a", "output"), ((0, 1), (1, 2))))
    assert layout.vertices == ((0.0, 0.0), (0.0, 1.0), (0.0, 2.0))


@pytest.mark.parametrize("branches", [0, 1, 12])
def test_a_picture_holds_every_vertex_and_edge(branches: int) -> None:
    """As wide as it may be, all boxes lie within the axes, and every word is in the file."""
    inner = range(1, branches + 1)
    labels = ("input", *(f"operation-{number}" for number in inner), "output")
    last = branches + 1
    edges = (*((0, v) for v in inner), *((v, last) for v in inner), (0, last))
    figure = picture(CellDrawing("cell", labels, edges), "A title", "what it is")
    [axes] = figure.axes
    svg = encode(figure, "svg", "cell").decode()
    lines = [line for text in axes.texts for line in text.get_text().split("\n")]
    for words in (*lines, "A title", "what it is"):
        assert f">{words}<" in svg
    shown = [text.get_text().replace("\n", "-") for text in axes.texts]
    assert shown == list(labels)
    assert len(axes.patches) == len(labels) + len(edges)
    frame = axes.get_window_extent()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
    boxes.sort(key=lambda box: (round(box.y0), box.x0))
    for box, other in pairwise(boxes):
        assert round(box.y0) != round(other.y0) or box.x1 < other.x0
