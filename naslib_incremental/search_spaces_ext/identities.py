"""What is one architecture: numbers by which those that were looked at are told apart."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace


def identities(space: SearchSpace, architectures: Architectures) -> NDArray[np.uint64]:
    """[...] numbers that are equal for architectures of the same canonical form.

    Unlike ``SearchSpace.hash`` they tell apart what a benchmark has trained apart.
    """
    shape = space.architecture_shape
    leading = architectures.shape[: architectures.ndim - len(shape)]
    canonical = space.canonical(architectures.reshape(-1, *shape))
    words = canonical.reshape(len(canonical), math.prod(shape)).astype(np.uint64)
    return np.asarray(_mixed(words).reshape(leading))


@numba.njit(cache=True)
def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[K] of [K, W]: one word as it is, several mixed (the finaliser of splitmix64)."""
    mixed: NDArray[np.uint64] = words[:, 0].copy()
    for place in range(1, words.shape[1]):
        for row in range(len(words)):
            z = mixed[row] + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed[row] = (z ^ (z >> np.uint64(31))) ^ words[row, place]
    return mixed
