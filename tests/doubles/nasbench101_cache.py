"""A cache without tables of NAS-Bench-101, and made-up tables of the whole space."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.benchmarks import Imported
from naslib_incremental.benchmarks.nasbench101.sources import COMPACT, OFFICIAL
from naslib_incremental.benchmarks.nasbench101.trainings import Trainings, tabulate
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, with the session's compiled graph, and an empty data folder."""
    assert len(NASBench101Space()) == 423_624
    cache = tmp_path / "cache"
    cache.mkdir()
    graphs = Path(os.environ["NASLIB_INCREMENTAL_CACHE"]) / "search_graphs"
    (cache / "search_graphs").symlink_to(graphs)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(cache))
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return cache


def pretend_import(
    name: str, epochs: tuple[int, ...], repeats: int, has_validation: bool = True
) -> dict[str, np.ndarray]:
    """A table of random numbers for every cell, as if imported from a file of that name."""
    space = NASBench101Space()
    rng = np.random.default_rng(len(name))
    count = len(space) * len(epochs) * repeats
    trainings = Trainings(
        np.repeat(space.graph.words, len(epochs) * repeats),
        np.tile(np.repeat(epochs, repeats), len(space)),
        rng.random(count) if has_validation else None,
        rng.random(count),
        1000 * rng.random(count) if has_validation else None,
        np.repeat(np.arange(len(space)), len(epochs) * repeats),
    )
    table = tabulate(trainings, space.graph.keys, Path(name))
    [kind] = (OFFICIAL if has_validation else COMPACT).kinds
    Imported("nasbench101", kind, "0" * 64, name).build(lambda: table)
    return table
