"""The figure of what samplers draw, on NAS-Bench-101."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.reports.figures.sampler_sizes import data, draw
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space, word_to_cell


def test_shares_are_those_of_the_samples() -> None:
    space = NASBench101Space()
    frame = data(space, 2_000)
    assert set(frame["sampler"]) == {"paper", "random_cell_adj", "uniform"}
    totals = frame.groupby(["sampler", "size"])["share"].sum()
    assert totals.to_numpy() == pytest.approx(np.full(6, 1.0))
    drawn = space.sample(2_000, np.random.default_rng(0), "paper")
    cells = [word_to_cell(word)[0] for word in space.graph.words[drawn].tolist()]
    share = frame.set_index(["sampler", "size", "number"])["share"]
    for vertices in range(2, 8):
        expected = np.mean([len(cell) == vertices for cell in cells])
        assert share["paper", "vertices", vertices] == pytest.approx(expected)
    for edges in range(1, 10):
        expected = np.mean([np.sum(cell) == edges for cell in cells])
        assert share["paper", "edges", edges] == pytest.approx(expected)


def test_there_is_a_line_for_each_sampler_in_both_panels() -> None:
    panels = draw(data(NASBench101Space(), 500))
    assert list(panels) == ["vertices", "edges"]
    for figure in panels.values():
        [axes] = figure.axes
        assert [line.get_label() for line in axes.get_lines()] == [
            "paper",
            "random_cell_adj",
            "uniform",
        ]
