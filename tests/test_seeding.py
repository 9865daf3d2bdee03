"""Seeds of named streams."""

from __future__ import annotations

import numpy as np

from naslib_incremental.foundation.seeding import children


def test_children_are_those_of_spawn_and_the_same_at_every_call() -> None:
    seed = np.random.SeedSequence(7, spawn_key=(1, 2))
    spawned = [child.generate_state(4).tolist() for child in seed.spawn(3)]
    for _ in range(2):
        assert [child.generate_state(4).tolist() for child in children(seed, 3)] == spawned
