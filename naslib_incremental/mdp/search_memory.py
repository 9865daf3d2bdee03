"""The memory of searches: what each of them has looked at, so that only what is new is a query."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace


class SearchMemory:
    """What each of E searches has asked for.

    Architectures are the same where ``SearchSpace.canonical`` is: isomorphic ones that a benchmark
    has trained apart stay apart.

    Args:
        space: of the architectures.
        searches: E.
    """

    def __init__(self, space: SearchSpace, searches: int) -> None:
        self._space = space
        self._seen: list[set[bytes]] = [set() for _ in range(searches)]

    def remember(
        self, searches: NDArray[np.int64], architectures: Architectures
    ) -> NDArray[np.bool_]:
        """Take note of K queries, in their order.

        Args:
            searches: [K] the search of each.
            architectures: [K, *architecture_shape].

        Returns:
            [K] True where a search asks for an architecture for the first time.
        """
        new = np.zeros(len(searches), np.bool_)
        canonical = np.ascontiguousarray(self._space.canonical(architectures))
        for place, search in enumerate(searches.tolist()):
            seen, key = self._seen[search], canonical[place].tobytes()
            new[place] = key not in seen
            seen.add(key)
        return new

    def knows(self, searches: NDArray[np.int64], architectures: Architectures) -> NDArray[np.bool_]:
        """[K, N] True where a search has asked for an architecture before.

        Args:
            searches: [K].
            architectures: [K, N, *architecture_shape] candidates of each.
        """
        shape = self._space.architecture_shape
        canonical = self._space.canonical(architectures.reshape(-1, *shape))
        keys = np.ascontiguousarray(canonical).reshape(architectures.shape)
        known = [
            [key.tobytes() in seen for key in row]
            for search, row in zip(searches.tolist(), keys, strict=True)
            for seen in [self._seen[search]]
        ]
        return np.array(known, np.bool_).reshape(architectures.shape[:2])
