"""Seeds: every stream of randomness has a name in a tree of SeedSequences."""

from __future__ import annotations

import numpy as np


def children(seed: np.random.SeedSequence, count: int) -> list[np.random.SeedSequence]:
    """The first ``count`` children of a seed.

    Unlike ``SeedSequence.spawn`` this gives the same children whenever it is called, so that work
    that is done again draws the same numbers.
    """
    return [
        np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, index))
        for index in range(count)
    ]
