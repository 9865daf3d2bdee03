"""NAS-Bench-301 by its official surrogate: ten boosters of xgboost (Siems et al. 2020, v1.0)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.nasbench301.answer_cache import AnswerCache
from naslib_incremental.benchmarks.nasbench301.ensemble import Ensemble
from naslib_incremental.benchmarks.nasbench301.folder import ENSEMBLE, RUNTIME, import_folder
from naslib_incremental.benchmarks.nasbench301.imports import (
    ImportedModel,
    find_in_data_folders,
    imported_models,
)
from naslib_incremental.benchmarks.nasbench301.runtime import RuntimeModel
from naslib_incremental.benchmarks.nasbench301.yahpo import BUDGETS, space_of
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301.kernels import hash_architectures, mix
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space

FOLDERS = ("nb_models_1.0", "xgb_v1.0")
"""Names under which the official folder is looked for."""

VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "single": {"neighbours": "single"},
    "noisy": {"noise_seed": 0},
}


class NASBench301(Benchmark):
    """``nasbench301``: validation accuracy that the official ensemble predicts; no test accuracy.

    Architectures are predicted in the numbering of their nodes that is given, as the surrogate
    does; those that a search sees are canonical. Answers lie in a bounded cache.

    Variants: ``single`` is ``neighbours="single"``, ``noisy`` is ``noise_seed=0``.

    Args:
        neighbours: ``"product"``, a neighbour changes both cells, or ``"single"``, one of them.
        noise_seed: None for the mean over the members; a number adds to it one normal draw per
            architecture with the members' standard deviation, the same at each of its queries.

    Raises:
        UserError: the models are at none of their places, or cannot be read.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
    budgets: ClassVar[tuple[int, ...]] = BUDGETS
    shaping_alpha = 32.0
    validation_optimum: float | None = None

    def __init__(self, *, neighbours: str = "product", noise_seed: int | None = None) -> None:
        self.name = "nasbench301"
        self.space: NASBench301Space = space_of(neighbours)
        models = _models()
        self.ensemble = Ensemble(models[0].open())
        self._cached = AnswerCache(self.ensemble.predict, 2, hash_architectures)
        self._runtime = RuntimeModel.of(models[1].open()) if len(models) > 1 else None
        self._noise_seed = noise_seed
        noise = "" if noise_seed is None else f" plus a draw of their noise from seed {noise_seed}"
        self.provenance = Provenance(
            label=f"NAS-Bench-301 XGB v1.0 surrogate, {self.ensemble.members} members",
            validation=f"predicted CIFAR-10 validation accuracy, mean of the members{noise}",
            test="",
            files={model.kind: model.sha256 for model in models},
        )

    @classmethod
    def open(cls, variant: str) -> NASBench301:  # noqa: D102
        benchmark = cls(**VARIANTS[variant])
        benchmark.name = f"nasbench301/{variant}" if variant else "nasbench301"
        return benchmark

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        asked = np.ascontiguousarray(architectures)
        mean, deviation = self._cached(asked).T
        validation = (mean + deviation * self._noise(asked)) / 100
        costs = self._runtime.costs(asked) if self._runtime else {}
        return Answers(validation, np.full(len(validation), np.nan), costs)

    def query_neighbours(self, origins: Architectures, neighbours: Architectures) -> Accuracies:
        """[B, N] validation accuracies of [B, N, 2] neighbours of [B, 2] origins.

        What ``query`` gives, without its cache; quicker the more neighbours resemble their origins.
        """
        asked = np.ascontiguousarray(neighbours)
        moments = self.ensemble.predict_neighbours(origins, asked)
        noise = self._noise(asked.reshape(-1, 2)).reshape(asked.shape[:2])
        return np.asarray((moments[..., 0] + moments[..., 1] * noise) / 100)

    def _noise(self, architectures: Architectures) -> Accuracies:
        """[K] standard normal numbers, each architecture's own."""
        if self._noise_seed is None:
            return np.zeros(len(architectures))
        own = np.random.SeedSequence(self._noise_seed).generate_state(1, np.uint64)[0]
        drawn = mix(hash_architectures(architectures) ^ own) >> np.uint64(11)
        return np.asarray(ndtri((drawn + 0.5) / 2.0**53))


def _models() -> list[ImportedModel]:
    """The ensemble and, where there is one, the runtime model."""
    imported = [*imported_models(ENSEMBLE)[:1], *imported_models(RUNTIME)[:1]]
    if imported and imported[0].kind == ENSEMBLE:
        return imported
    for name in FOLDERS:
        folder = find_in_data_folders(name)
        if folder is not None:
            return import_folder(folder)
    raise UserError(
        f"the official models of NAS-Bench-301, a folder {' or '.join(FOLDERS)}",
        f"none in {', '.join(map(str, data_folders()))}",
        "naslib-data import nb_models_1.0 (figshare article 13061510), "
        "or take the benchmark nasbench301_yahpo",
    )
