"""The samplers of NAS-Bench-101 against exact distributions."""

from __future__ import annotations

import numpy as np
from scipy import stats

from naslib_incremental.search_spaces_ext.nasbench101 import NASBench101Space, kernels
from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    sample_random_cell_adj,
    sample_size_first,
)

SAMPLES = 200_000


def sizes(words: np.ndarray) -> np.ndarray:
    return (words >> np.uint64(kernels.SIZE_SHIFT)).astype(np.int64)


def test_the_papers_sampler_gives_every_size_alike() -> None:
    words = sample_size_first(SAMPLES, np.random.default_rng(0))
    assert stats.chisquare(np.bincount(sizes(words), minlength=8)[2:]).pvalue > 1e-3


def test_the_papers_sampler_is_uniform_over_the_matrices_and_labels_of_a_size() -> None:
    words = sample_size_first(SAMPLES, np.random.default_rng(1))
    four = words[sizes(words) == 4]
    # Independent count of complete 4 x 4 matrices: no inner row or column without an edge.
    complete = 0
    for bits in range(1 << 6):
        matrix = np.zeros((4, 4), int)
        matrix[np.triu_indices(4, 1)] = [bits >> place & 1 for place in range(6)]
        complete += bool(matrix[:3].any(axis=1).all() and matrix[:, 1:].any(axis=0).all())
    found, counts = np.unique(four, return_counts=True)
    assert len(found) == complete * 3**2
    assert stats.chisquare(counts).pvalue > 1e-3


def test_random_cell_adj_leaves_the_sizes_that_pruning_leaves() -> None:
    bits = np.arange(1 << 21)
    incoming = [bits >> (y * (y - 1) // 2) & ((1 << y) - 1) for y in range(7)]
    reached = np.ones_like(bits)
    for y in range(1, 7):
        reached |= (incoming[y] & reached != 0).astype(np.int64) << y
    kept = np.full_like(bits, 1 << 6)
    for y in range(6, 0, -1):
        kept |= np.where(kept >> y & 1, incoming[y], 0) & reached
    edges = sum(np.bitwise_count(np.where(kept >> y & 1, incoming[y] & kept, 0)) for y in range(7))
    valid = (reached >> 6 & 1 == 1) & (edges <= 9)
    expected = np.bincount(np.bitwise_count(kept[valid]), minlength=8)[2:] / valid.sum()

    sampled = np.bincount(
        sizes(sample_random_cell_adj(SAMPLES, np.random.default_rng(2))), minlength=8
    )[2:]
    assert stats.chisquare(sampled, expected * SAMPLES).pvalue > 1e-3


def test_every_sample_is_a_cell_of_the_space_and_follows_the_seed() -> None:
    space = NASBench101Space()
    for sampler in space.samplers:
        first = space.sample(5_000, np.random.default_rng(3), sampler)
        again = space.sample(5_000, np.random.default_rng(3), sampler)
        other = space.sample(5_000, np.random.default_rng(4), sampler)
        assert first.dtype == space.dtype
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
        assert first.min() >= 0
        assert first.max() < len(space)


def test_the_default_sampler_is_the_papers() -> None:
    space = NASBench101Space()
    default = space.sample(100, np.random.default_rng(5))
    assert np.array_equal(default, space.sample(100, np.random.default_rng(5), "paper"))
