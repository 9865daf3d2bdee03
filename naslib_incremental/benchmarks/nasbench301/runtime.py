"""The official runtime model of NAS-Bench-301, a booster of lightgbm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features


class RuntimeModel:
    """Predicted seconds of a full training.

    Args:
        booster: of lightgbm.
    """

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> RuntimeModel | None:
        """The imported model, None where lightgbm is not installed."""
        try:
            import lightgbm
        except ImportError:
            return None
        return cls(lightgbm.Booster(model_str=arrays["model"].tobytes().decode("utf-8")))

    def costs(self, architectures: Architectures) -> dict[str, Accuracies]:
        """Column ``training_seconds`` of [K, 2] architectures."""
        if not len(architectures):
            return {"training_seconds": np.zeros(0)}
        seconds = self._booster.predict(to_features(architectures), num_threads=1)
        return {"training_seconds": np.asarray(seconds, np.float64)}
