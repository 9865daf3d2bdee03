"""NAS-Bench-301 by its official surrogate: ten boosters of xgboost (Siems et al. 2020, v1.0)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench301.forest import Ensemble
from naslib_incremental.benchmarks.nasbench301.official import (
    BENCHMARK,
    ENSEMBLE,
    OFFICIAL,
    import_folder,
)
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301 import (
    NASBench301SingleSpace,
    NASBench301Space,
)
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from naslib_incremental.search_spaces_ext.nasbench301.kernels import hash_architectures, mix

BUDGETS = (150, 200, 300, 400, 800, 1_000)
"""Query budgets of papers on NAS-Bench-301."""

SLOTS = 1 << 20

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
        noise_seed: None for the mean over the members; a number adds to it one normal sample per
            architecture with the members' standard deviation, the same at each of its queries.

    Raises:
        MissingFileError: the models are at none of their places.
        UserError: they cannot be read.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
    sources = (OFFICIAL,)
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
        noise = (
            "" if noise_seed is None else f" plus a sample of their noise from seed {noise_seed}"
        )
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

    def _noise(self, architectures: Architectures) -> Accuracies:
        """[K] standard normal numbers, each architecture's own."""
        if self._noise_seed is None:
            return np.zeros(len(architectures))
        own = np.random.SeedSequence(self._noise_seed).generate_state(1, np.uint64)[0]
        bits = mix(hash_architectures(architectures) ^ own) >> np.uint64(11)
        return np.asarray(ndtri((bits + 0.5) / 2.0**53))


def space_of(neighbours: str) -> NASBench301Space:
    """The DARTS space whose neighbours change both cells, or one.

    Raises:
        UserError: another word.
    """
    spaces = {"product": NASBench301Space, "single": NASBench301SingleSpace}
    if neighbours not in spaces:
        raise UserError("neighbours of 'product' or 'single'", repr(neighbours), "give one of them")
    return spaces[neighbours]()


def _models() -> list[Imported]:
    """The ensemble and, where there is one, the runtime model."""
    by_kind = [Imported.at_hand(BENCHMARK, kind)[:1] for kind in OFFICIAL.kinds]
    imported = [model for models in by_kind for model in models]
    if imported and imported[0].kind == ENSEMBLE:
        return imported
    folders = OFFICIAL.at_hand()
    if folders:
        return import_folder(folders[0])
    raise MissingFileError(
        "the official models of NAS-Bench-301, a folder "
        + " or ".join(file.name for file in OFFICIAL.files),
        f"none in {', '.join(map(str, data_folders()))}",
        "put the folder into a data folder, or take the benchmark nasbench301_yahpo",
        BENCHMARK,
    )


class AnswerCache:
    """Remembers the answers last computed; a new one takes the place of another in its slot.

    Answers must not depend on what else is asked in the same batch.

    Args:
        compute: [M, C] answers of [M, *architecture_shape] architectures.
        columns: C.
        key: [K] well-mixed keys, different for different architectures.
        slots: a power of two; most answers kept.
    """

    def __init__(
        self,
        compute: Callable[[Architectures], NDArray[np.float64]],
        columns: int,
        key: Callable[[Architectures], NDArray[np.uint64]],
        slots: int = SLOTS,
    ) -> None:
        self._compute = compute
        self._key = key
        self._mask = np.uint64(slots - 1)
        # No slot begins with a key that belongs there.
        self._keys = ~np.arange(slots, dtype=np.uint64)
        self._answers = np.zeros((slots, columns), np.float64)

    def __call__(self, architectures: Architectures) -> NDArray[np.float64]:
        """[K, C] answers, each different architecture computed at most once."""
        keys = self._key(architectures)
        slots = (keys & self._mask).astype(np.int64)
        answers: NDArray[np.float64] = self._answers[slots]
        missing = np.flatnonzero(self._keys[slots] != keys)
        if len(missing):
            _, first, places = np.unique(keys[missing], return_index=True, return_inverse=True)
            computed = self._compute(architectures[missing[first]])
            answers[missing] = computed[places]
            self._keys[slots[missing[first]]] = keys[missing[first]]
            self._answers[slots[missing[first]]] = computed
        return answers


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
