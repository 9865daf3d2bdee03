"""Predictions of an ensemble of boosters: mean and standard deviation of its members, batched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.nasbench301.forest import GROUP, ask
from naslib_incremental.benchmarks.nasbench301.forest_kernels import sum_groups, sum_neighbours
from naslib_incremental.search_spaces_ext.contract import Architectures

FOREST = ("nodes", "values", "offsets", "depths", "members", "bases")

# Groups summed at once: their answers stay in the processor's cache while the forest streams by.
GROUPS = 64


class Ensemble:
    """E boosters as one forest.

    Args:
        forest: what ``compile_forest`` gives.
    """

    def __init__(self, forest: Mapping[str, NDArray[Any]]) -> None:
        self._forest = tuple(forest[name] for name in FOREST)
        self.members = len(forest["bases"])

    def predict(self, architectures: Architectures) -> NDArray[np.float64]:
        """[K, 2] mean and standard deviation over the members, in per cent."""
        size = GROUPS * GROUP
        moments = np.empty((len(architectures), 2), np.float64)
        for low in range(0, len(architectures), size):
            block = architectures[low : low + size]
            sums = sum_groups(ask(block), *self._forest)
            moments[low : low + size] = _moments(sums)[: len(block)]
        return moments

    def predict_neighbours(
        self, origins: Architectures, neighbours: Architectures
    ) -> NDArray[np.float64]:
        """[B, N, 2] the same of [B, N, 2] neighbours of [B, 2] origins, to the bit.

        The more the neighbours resemble their origins, the quicker.
        """
        lanes, width = neighbours.shape[:2]
        groups = -(-width // GROUP)
        moments = np.empty((lanes, width, 2), np.float64)
        step = max(GROUPS // groups, 1)
        for low in range(0, lanes, step):
            own = origins[low : low + step]
            rows = np.repeat(own[:, None], groups * GROUP, axis=1)
            alone = ask(rows.reshape(-1, 2))
            rows[:, :width] = neighbours[low : low + step]
            sums = sum_neighbours(ask(rows.reshape(-1, 2)), alone, *self._forest)
            moments[low : low + step] = _moments(sums).reshape(len(own), -1, 2)[:, :width]
        return moments


def _moments(sums: NDArray[np.float32]) -> NDArray[np.float64]:
    """[K, 2] mean and standard deviation of [E, K] sums."""
    exact = sums.astype(np.float64)
    return np.stack([exact.mean(axis=0), exact.std(axis=0)], axis=1)
