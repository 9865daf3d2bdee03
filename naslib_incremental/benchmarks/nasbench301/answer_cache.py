"""A bounded cache of answers, for benchmarks that compute what architectures are worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import Architectures

Keys = NDArray[np.uint64]
SLOTS = 1 << 20


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
        key: Callable[[Architectures], Keys],
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
