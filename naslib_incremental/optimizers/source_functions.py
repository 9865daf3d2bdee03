"""What other data sets say of an architecture: one smooth function for each, fitted to samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.descriptors import (
    LARGEST_TABLE,
    Descriptors,
    descriptors,
)
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

FOURIER_FEATURES = 1_500

SMOOTHNESS = ((3.0, 0.03), (3.0, 0.1), (1.0, 0.03), (1.0, 0.1))
"""Squared length scale of the kernel that the Fourier features stand for, and weight of the ridge.

Descriptors have a mean squared distance of 1.
"""

HELD_OUT = 5
"""One of so many samples is held out while the smoothness is chosen."""

BLOCK = 8_192


@dataclass(frozen=True, eq=False)
class SourceFunctions:
    """S functions of an architecture: its standard normal scores on S data sets, denoised.

    Each is linear in a constant, the descriptors and random Fourier features of them (Rahimi and
    Recht 2007), so it can be evaluated on any architecture.

    Attributes:
        describe: the descriptors.
        frequencies: [C, M] of the Fourier features.
        phases: [M].
        weights: [1 + C + M, S].
    """

    describe: Descriptors
    frequencies: NDArray[np.float32]
    phases: NDArray[np.float32]
    weights: NDArray[np.float32]

    @property
    def count(self) -> int:
        """S, the number of sources."""
        return int(self.weights.shape[1])

    def __call__(self, architectures: Architectures) -> NDArray[np.float32]:
        """[..., S] scores of [..., *architecture_shape] architectures."""
        if self._table is not None:
            return np.asarray(self._table[architectures])
        shape = self.describe.space.architecture_shape
        leading = architectures.shape[: architectures.ndim - len(shape)]
        return self._compute(architectures.reshape(-1, *shape)).reshape(*leading, self.count)

    def _compute(self, architectures: Architectures) -> NDArray[np.float32]:
        scores = np.empty((len(architectures), self.count), np.float32)
        for first in range(0, len(architectures), BLOCK):
            block = slice(first, first + BLOCK)
            described = self.describe(architectures[block])
            scores[block] = regressors(described, self.frequencies, self.phases) @ self.weights
        return scores

    @cached_property
    def _table(self) -> NDArray[np.float32] | None:
        """[V, S] scores of a whole space that is small enough."""
        space = self.describe.space
        if not isinstance(space, EnumerableSpace) or len(space) > LARGEST_TABLE:
            return None
        return self._compute(np.arange(len(space), dtype=space.dtype))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Everything that the functions are made of, by name."""
        return {
            "centre": self.describe.centre,
            "axes": self.describe.axes,
            "frequencies": self.frequencies,
            "phases": self.phases,
            "weights": self.weights,
        }

    @classmethod
    def of(cls, space: SearchSpace, arrays: Mapping[str, Any]) -> SourceFunctions:
        """The functions whose ``arrays`` these are.

        Raises:
            KeyError: one is missing.
        """
        found = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
        describe = Descriptors(space, found["centre"], found["axes"])
        return cls(describe, found["frequencies"], found["phases"], found["weights"])


def fit_sources(
    space: SearchSpace,
    architectures: Architectures,
    accuracies: Accuracies,
    rng: np.random.Generator,
) -> tuple[SourceFunctions, float]:
    """Ridge regression, in closed form, of the sources' normal scores.

    The smoothness is the one of ``SMOOTHNESS`` that predicts held-out architectures best.

    Args:
        space: of the architectures.
        architectures: [N, *architecture_shape] measured ones.
        accuracies: [N, S] of each on every source.
        rng: source of the Fourier features.

    Returns:
        The functions, and the share of the variance of held-out scores that they explain.
    """
    describe = descriptors(space)
    described = describe(architectures)
    scores = normal_scores(accuracies)
    normal = rng.standard_normal((describe.width, FOURIER_FEATURES), dtype=np.float32)
    phases = (2 * np.pi * rng.random(FOURIER_FEATURES)).astype(np.float32)
    held_out = rng.permutation(len(described)) % HELD_OUT == 0
    errors = []
    for length, ridge in SMOOTHNESS:
        frequencies = normal * np.float32(np.sqrt(2 / length))
        inputs = regressors(described, frequencies, phases)
        weights = ridge_weights(inputs[~held_out], scores[~held_out], ridge)
        error = np.square(inputs[held_out] @ weights - scores[held_out]).mean()
        errors.append(error / scores[held_out].var())
    length, ridge = SMOOTHNESS[int(np.argmin(errors))]
    frequencies = normal * np.float32(np.sqrt(2 / length))
    weights = ridge_weights(regressors(described, frequencies, phases), scores, ridge)
    functions = SourceFunctions(describe, frequencies, phases, weights)
    return functions, float(1 - min(errors))


def best_order(accuracies: Accuracies) -> NDArray[np.int64]:
    """[N] places of [N, S] accuracies, the best by mean normal score first; of equals the first."""
    return np.argsort(-normal_scores(accuracies).mean(axis=1), kind="stable")


def normal_scores(accuracies: Accuracies) -> NDArray[np.float32]:
    """[N, S] standard normal quantiles of the ranks in each column; of equals the mean rank."""
    ranks = rankdata(accuracies, axis=0)
    return np.asarray(norm.ppf((ranks - 0.5) / len(accuracies)), np.float32)


def regressors(
    described: NDArray[np.float32],
    frequencies: NDArray[np.float32],
    phases: NDArray[np.float32],
) -> NDArray[np.float32]:
    """[N, 1 + C + M] a constant, the descriptors and their Fourier features."""
    waves = np.cos(described @ frequencies + phases) * np.float32(np.sqrt(2 / len(phases)))
    return np.concatenate([np.ones((len(described), 1), np.float32), described, waves], axis=1)


def ridge_weights(
    inputs: NDArray[np.float32], targets: NDArray[np.float32], ridge: float
) -> NDArray[np.float32]:
    """[D, S] weights of least squares plus ``ridge`` times their squares."""
    gram = (inputs.T @ inputs).astype(np.float64)
    gram[np.diag_indices_from(gram)] += ridge
    return np.asarray(np.linalg.solve(gram, inputs.T @ targets), np.float32)
