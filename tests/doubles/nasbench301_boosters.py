"""Boosters over NAS-Bench-301's features, real and made-up ones, and what they predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from naslib_incremental.benchmarks.formats.xgboost_models import LEAF, Booster

REAL = Path(__file__).parent.parent / "benchmarks" / "formats" / "data" / "xgboost_boosters.npz"
"""One booster each as xgboost 1.2.1, 1.5.2 and 1.7.6 pickled it, and what they predict."""

VERSIONS = ("1.2.1", "1.5.2", "1.7.6")


def real_boosters() -> Mapping[str, np.ndarray]:
    with np.load(REAL) as file:
        return dict(file)


def made_up_booster(
    seed: int, trees: int = 20, depth: int = 5, base: float = 90.0, features: int = 56
) -> Booster:
    """Trees that ask anything about any feature, constant ones too, at odd thresholds."""
    rng = np.random.default_rng(seed)
    parts = [_tree(rng, depth, features) for _ in range(trees)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    offsets = np.cumsum([0, *(len(part[0]) for part in parts)])
    return Booster(np.float32(base), features, offsets, *columns)


def _tree(rng: np.random.Generator, depth: int, features: int) -> tuple[np.ndarray, ...]:
    left, right, feature, value = [LEAF], [LEAF], [0], [rng.normal()]
    levels = {0: 0}
    for _ in range(rng.integers(1 << depth)):
        node = int(rng.choice([node for node, child in enumerate(left) if child == LEAF]))
        if levels[node] == depth:
            continue
        left[node], right[node] = len(left), len(left) + 1
        feature[node] = int(rng.integers(features))
        value[node] = float(rng.choice([rng.integers(-2, 12), rng.uniform(-2, 11), 0.3]))
        for child in (left[node], right[node]):
            levels[child] = levels[node] + 1
            left.append(LEAF)
            right.append(LEAF)
            feature.append(0)
            value.append(rng.normal())
    kinds = (np.int32, np.int32, np.int32, np.float32)
    return tuple(map(np.array, (left, right, feature, value), kinds))


def predict(booster: Booster, features: np.ndarray) -> np.ndarray:
    """[K] float32 sums, row by row and node by node."""
    sums = np.full(len(features), booster.base, np.float32)
    for tree in range(len(booster.offsets) - 1):
        first = booster.offsets[tree]
        for row, values in enumerate(features):
            node = first
            while booster.left[node] != LEAF:
                goes_left = values[booster.feature[node]] < booster.value[node]
                node = first + (booster.left if goes_left else booster.right)[node]
            sums[row] += booster.value[node]
    return sums


def made_up_ensemble(count: int = 10) -> Sequence[Booster]:
    return [made_up_booster(seed, trees=5 + seed, base=90 + seed / 10) for seed in range(count)]
