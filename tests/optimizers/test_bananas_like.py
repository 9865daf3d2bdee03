"""The ensemble against least squares, one member at a time, and what it draws."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import torch

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.bagged_ridge import RIDGE, SQUARED_LENGTH, BaggedRidge
from naslib_incremental.optimizers.bananas_like import (
    LEAST_DEVIATION,
    SPREAD,
    BananasLike,
)
from naslib_incremental.optimizers.random_without_replacement import RandomWithoutReplacement
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.optimizers.testing import OptimizerContract

CORA = open_benchmark("nasbench_graph/cora")
# In such steps that scaling and shifting by powers of two rounds nothing.
VALIDATION = np.round(CORA.query(np.arange(26_206)).validation * 2**20) / 2**20
SEARCHES, SIZE, WIDTH, MOST, MEMBERS = 3, 30, 6, 12, 4


class TestBananasLike(OptimizerContract):
    optimizer = BananasLike
    episode_count = 6
    options: ClassVar = {"candidates": 128, "members": 3, "initial": 2}


def test_members_are_least_squares_of_their_samples() -> None:
    """After every query, candidates being replaced on the way."""
    rng = np.random.default_rng(0)

    def described(count: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal((SEARCHES, count, WIDTH), np.float32))

    candidates, answers = described(SIZE), rng.standard_normal((SEARCHES, MOST))
    ensemble = BaggedRidge(candidates, MOST, MEMBERS, rng)
    every, queried = torch.arange(SEARCHES), []
    for t in range(MOST):
        places = torch.from_numpy(rng.integers(SIZE, size=SEARCHES))
        queried.append(candidates[every, places].clone())
        ensemble.observe(places)
        if t % 3 == 2:
            changed = np.stack([rng.choice(SIZE, 4, replace=False) for _ in range(SEARCHES)])
            newcomers = described(4)
            ensemble.replace(torch.from_numpy(changed), newcomers)
            candidates[every[:, None], changed] = newcomers
        found = ensemble.predict(torch.from_numpy(answers[:, : t + 1]).float()).numpy()
        inputs = ensemble.regressors(torch.stack(queried, dim=1)).double().numpy()
        asked = ensemble.regressors(candidates).double().numpy()
        for search in range(SEARCHES):
            for member in range(MEMBERS):
                roots = np.sqrt(ensemble.counts[search, member, : t + 1].numpy())
                rows = roots[:, None] * inputs[search, member]
                terms = rows.shape[1]
                augmented = np.vstack([rows, np.sqrt(RIDGE) * np.eye(terms)])
                sides = np.concatenate([roots * answers[search, : t + 1], np.zeros(terms)])
                weights = np.linalg.lstsq(augmented, sides, rcond=None)[0]
                expected = asked[search, member] @ weights
                np.testing.assert_allclose(found[search, member], expected, atol=2e-4)


def test_features_stand_for_the_kernel_and_counts_for_a_bootstrap() -> None:
    rng = np.random.default_rng(1)
    points = 0.7 * rng.standard_normal((1, 20, WIDTH)).astype(np.float32)
    ensemble = BaggedRidge(torch.from_numpy(points), 500, 200, rng)
    inputs = ensemble.regressors(torch.from_numpy(points))[0].numpy()
    assert (inputs[..., 0] == 1).all()
    waves = inputs[..., 1:]
    products = (waves @ waves.transpose(0, 2, 1)).mean(axis=0)
    squares = np.square(points[0][:, None] - points[0][None]).sum(axis=2)
    np.testing.assert_allclose(products, np.exp(-squares / SQUARED_LENGTH), atol=0.03)
    counts = ensemble.counts.numpy()
    assert counts.mean() == pytest.approx(1, abs=0.02)
    assert (counts == 0).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_draws_have_the_members_mean_and_deviation() -> None:
    settings = EpisodeSettings(query_budget=30)
    search = BananasLike(CORA.space, settings, BananasLike.configure({}, CORA.space, settings))
    asked(search, 2)
    accuracies = search._candidates.accuracies
    draws = np.stack([search.promise(accuracies) for _ in range(500)])
    median = np.median(accuracies, axis=1, keepdims=True)
    centred = accuracies - median
    least = -4 * np.median(np.abs(centred), axis=1, keepdims=True)
    unit = np.sqrt(np.square(np.maximum(centred, least)).mean(axis=1, keepdims=True))
    targets = np.clip(centred / unit, -2.5, 4)
    members = search._ensemble.predict(torch.from_numpy(targets).float()).double().numpy()
    deviation = SPREAD * np.maximum(members.std(axis=1, ddof=1), LEAST_DEVIATION)
    np.testing.assert_allclose(draws.std(axis=0), deviation, rtol=0.17)
    z = (draws.mean(axis=0) - members.mean(axis=1)) / deviation * np.sqrt(len(draws))
    assert np.abs(z).max() < 5.5


def asked(search: BatchedSearch, searches: int, scale: float = 1.0) -> list[list[int]]:
    """What each search of cora asks for, the accuracies being scaled and shifted."""
    starts = np.arange(searches, dtype=np.int32)
    search.start(starts, np.full(searches, np.nan), np.random.default_rng(0))
    found: list[list[int]] = [[] for _ in starts]
    while (one := search.ask()) is not None:
        for episode, architecture in zip(one.episodes, one.architectures, strict=True):
            found[episode].append(int(architecture))
        search.tell(scale * VALIDATION[one.architectures] + 1 - scale)
    return found


def a_search(budget: int, **options: int) -> BananasLike:
    settings = EpisodeSettings(query_budget=budget)
    config = BananasLike.configure(options, CORA.space, settings)
    return BananasLike(CORA.space, settings, config)


def test_the_scale_of_accuracies_changes_nothing_and_none_is_queried_twice() -> None:
    found = asked(a_search(30), 3)
    assert found == asked(a_search(30), 3, scale=2**-7)
    assert [len(set(one)) for one in found] == [30] * 3


def test_it_begins_at_the_start_and_with_a_sample() -> None:
    """Whatever the answers are, which decide later ones."""
    one, other = asked(a_search(12, initial=8), 3), asked(a_search(12, initial=8), 3, scale=-1.0)
    assert [here[0] for here in one] == [0, 1, 2]
    for here, there in zip(one, other, strict=True):
        assert here[:2] == there[:2]
        assert here != there


def test_it_finds_more_than_samples() -> None:
    def better(search: BatchedSearch) -> float:
        return float(
            np.mean([(VALIDATION[one].max() < VALIDATION).mean() for one in asked(search, 16)])
        )

    settings = EpisodeSettings(query_budget=100)
    samples = better(RandomWithoutReplacement(CORA.space, settings))
    assert 0.004 < samples < 0.02
    assert better(a_search(100)) < 0.7 * samples
