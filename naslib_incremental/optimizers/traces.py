"""What an optimizer did, written down and compared; the tools of the contract tests."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.optimizers.contract import Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class Trace:
    """Everything that E episodes asked, and how they ended.

    Attributes:
        starts: [E] where the episodes began.
        episodes: [Q] the episode of each query.
        architectures: [Q] what was queried.
        outcome: how the episodes ended.
    """

    starts: Architectures
    episodes: np.ndarray[tuple[int], np.dtype[np.int64]]
    architectures: Architectures
    outcome: Outcome


def global_random_states() -> tuple[str, str]:
    """The states of numpy's and Python's global generators."""
    return repr(np.random.get_state()), repr(random.getstate())  # noqa: NPY002 - must stay


def assert_in_space(architectures: Architectures, benchmark: Benchmark) -> None:
    """Architectures have the space's type and shape, and survive being written and read."""
    space = benchmark.space
    assert architectures.dtype == space.dtype
    assert architectures.shape[1:] == space.architecture_shape
    back = space.from_readable(space.to_readable(architectures))
    np.testing.assert_array_equal(space.hash(back), space.hash(architectures))


def assert_same(one: Trace, other: Trace) -> None:
    """Two runs asked and ended alike."""
    np.testing.assert_array_equal(one.episodes, other.episodes)
    np.testing.assert_array_equal(one.architectures, other.architectures)
    np.testing.assert_array_equal(one.outcome.final, other.outcome.final)
    np.testing.assert_array_equal(one.outcome.num_steps, other.outcome.num_steps)
    np.testing.assert_array_equal(one.outcome.stopped, other.outcome.stopped)
