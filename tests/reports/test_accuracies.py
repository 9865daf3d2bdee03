"""Histograms of the starts, against counts by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.reports.figures.accuracies import BINS, TAIL, data, shaping_alpha
from tests.reports.builder import Episode, RunBuilder, analysis_of


def test_every_start_but_the_worst_is_in_a_bin() -> None:
    accuracies = np.random.default_rng(0).beta(20, 3, 5_000)
    frame = data(accuracies, 6.0)
    assert list(frame["kind"].unique()) == ["accuracy", "shaped accuracy"]
    for _, bins in frame.groupby("kind"):
        assert len(bins) == BINS
        assert (1 - TAIL) - 0.001 <= bins["share"].sum() <= 1
    plain, shaped = (frame[frame["kind"] == kind] for kind in frame["kind"].unique())
    best = plain.iloc[-1]
    counted = ((accuracies >= best["low"]) & (accuracies <= best["high"])).mean()
    assert best["share"] == pytest.approx(counted)
    assert shaped["high"].max() == pytest.approx(np.exp(6 * accuracies.max()))


@pytest.mark.parametrize("alpha", [None, 0.0])
def test_without_alpha_nothing_is_shaped(alpha: float | None) -> None:
    assert set(data(np.full(4, 0.5), alpha)["kind"]) == {"accuracy"}


def test_alpha_of_a_benchmark_that_is_not_installed_is_unknown(tmp_path: Path) -> None:
    cells = {(0, 0): [Episode([(0.5, 0.5)])]}
    run = RunBuilder(tmp_path, {"random_walk": cells}, trained=())
    assert shaping_alpha(analysis_of(run)) is None
