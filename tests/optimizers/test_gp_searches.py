"""Searches by Gaussian processes and by what other data sets say, with and without a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.candidates import Candidates, distinct_samples, start_pool
from naslib_incremental.optimizers.gp_ei import GpEi
from naslib_incremental.optimizers.gp_source import GpSource
from naslib_incremental.optimizers.random_without_replacement import RandomWithoutReplacement
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.optimizers.source_functions import normal_scores, ridge_weights
from naslib_incremental.optimizers.source_ranking import SourceRanking
from naslib_incremental.optimizers.source_trained import SourceTrained
from naslib_incremental.optimizers.testing import OptimizerContract, TrainableOptimizerContract
from naslib_incremental.search_spaces_ext.transnas101 import TransNASMicroSpace

CORA = open_benchmark("nasbench_graph/cora")
CITESEER = open_benchmark("nasbench_graph/citeseer")
PUBMED = open_benchmark("nasbench_graph/pubmed")
SETTINGS = EpisodeSettings(query_budget=20)


class TestRandomWithoutReplacement(OptimizerContract):
    optimizer = RandomWithoutReplacement


class TestGpEi(OptimizerContract):
    optimizer = GpEi
    episode_count = 6
    options: ClassVar = {"candidates": 128}


class OfSources(TrainableOptimizerContract):
    episode_count = 4
    options: ClassVar = {"source_queries": 300}

    def sources(self, benchmark: Benchmark) -> list[Benchmark]:
        return [CITESEER, PUBMED]

    def test_interrupted_training_resumes_to_the_same_agent(self) -> None:  # type: ignore[override]
        """It takes seconds and begins again; the fit has no state that could be resumed."""


class TestGpSource(OfSources):
    optimizer = GpSource
    options: ClassVar = {"source_queries": 300, "candidates": 128}


class TestSourceRanking(OfSources):
    optimizer = SourceRanking


def asked(search: BatchedSearch, answers: NDArray[np.float64], searches: int) -> list[list[int]]:
    """What each search asks for, started from the first architectures."""
    starts = np.arange(searches, dtype=np.int32)
    search.start(starts, np.full(searches, np.nan), np.random.default_rng(0))
    found: list[list[int]] = [[] for _ in starts]
    while (one := search.ask()) is not None:
        for episode, architecture in zip(one.episodes, one.architectures, strict=True):
            found[episode].append(int(architecture))
        search.tell(answers[one.architectures])
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    config = GpSource.configure({"source_queries": 2_000}, CORA.space, SETTINGS)
    learner = GpSource(CORA.space, SETTINGS, config)
    result = learner.train([CITESEER, PUBMED], np.random.SeedSequence(0), folder, lambda *_: None)
    assert result.queries == result.distinct_queries == 4_000
    return folder


def of_cora(kind: type[Any], trained: Path, **options: int) -> Any:
    search = kind(CORA.space, SETTINGS, kind.configure(options, CORA.space, SETTINGS))
    if isinstance(search, SourceTrained):
        search.load(trained)
    return search


def test_the_ranking_is_that_of_what_was_measured(trained: Path) -> None:
    measured = of_cora(SourceRanking, trained).measured
    assert len(np.unique(measured)) == 2_000
    scores = [
        stats.norm.ppf((stats.rankdata(source.query(measured).validation) - 0.5) / 2_000)
        for source in (CITESEER, PUBMED)
    ]
    assert (np.diff(np.mean(scores, axis=0)) <= 1e-6).all()


@pytest.mark.parametrize("kind", [GpEi, GpSource])
def test_the_scale_of_accuracies_changes_nothing(kind: type[Any], trained: Path) -> None:
    validation = CORA.query(np.arange(len(CORA.space))).validation
    one = asked(of_cora(kind, trained, candidates=256), validation, 3)
    other = asked(of_cora(kind, trained, candidates=256), 1e-3 * validation - 7, 3)
    assert one == other


@pytest.mark.parametrize("kind", [GpEi, GpSource, SourceRanking, RandomWithoutReplacement])
def test_no_architecture_is_queried_twice(kind: type[Any], trained: Path) -> None:
    validation = CORA.query(np.arange(len(CORA.space))).validation
    for one in asked(of_cora(kind, trained), validation, 3):
        assert len(set(one)) == SETTINGS.query_budget


def test_what_the_sources_say_is_better_than_chance(trained: Path) -> None:
    """Of a target that training never saw: the first query of the prior, and the ranking's."""
    validation = CORA.query(np.arange(len(CORA.space))).validation
    (ranked,) = asked(of_cora(SourceRanking, trained), validation, 1)
    (by_process,) = asked(of_cora(GpSource, trained), validation, 1)
    # Half would be chance; on cora the sources say least of all data sets.
    assert (validation >= validation[ranked].mean()).mean() < 0.4
    # The best of 20 samples leaves 4.8 % of the space on average.
    assert (validation > validation[by_process].max()).mean() < 0.02


def test_a_gaussian_process_finds_more_than_samples() -> None:
    validation = CORA.query(np.arange(len(CORA.space))).validation
    settings = EpisodeSettings(query_budget=50)
    found = {
        kind.name: np.mean(
            [validation[one].max() for one in asked(kind(CORA.space, settings), validation, 12)]
        )
        for kind in (GpEi, RandomWithoutReplacement)
    }
    assert found["gp_ei"] > found["random_without_replacement"]


def test_agents_of_other_spaces_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="functions of sources of nasbench_graph"):
        of_cora(GpSource, tmp_path)
    (tmp_path / "sources.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="train it"):
        of_cora(SourceRanking, tmp_path)


def test_scores_are_normal_and_ridge_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    scores = normal_scores(rng.random((1_001, 2)))
    assert scores.mean() == pytest.approx(0, abs=1e-6)
    assert scores.std() == pytest.approx(1, abs=0.02)
    inputs, targets = rng.standard_normal((50, 4)), rng.standard_normal((50, 2))
    augmented = np.vstack([inputs, np.sqrt(0.3) * np.eye(4)])
    expected = np.linalg.lstsq(augmented, np.vstack([targets, np.zeros((4, 2))]), rcond=None)[0]
    found = ridge_weights(inputs.astype(np.float32), targets.astype(np.float32), 0.3)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("count", [10, 2_000, 5_000])
def test_samples_are_distinct_in_a_space_that_has_too_few(count: int) -> None:
    """A space of 4,096, most of which are drawn many times before the last one is."""
    space = TransNASMicroSpace()
    found = distinct_samples(space, count, np.random.default_rng(0))
    assert len(np.unique(found)) == len(found)
    assert min(count, len(space) - 1) <= len(found) <= min(count, len(space))


def test_newcomers_are_strangers_and_take_the_places_of_the_least_promising() -> None:
    rng = np.random.default_rng(0)
    starts = np.arange(4, dtype=np.int32)
    pool = Candidates(CORA.space, start_pool(CORA.space, starts, 200, rng), 10, rng)
    for _ in range(5):
        promise = rng.random((4, 200))
        promise[~pool.open] = -1
        before, places = pool.architectures.copy(), np.where(pool.open, promise, -1).argmax(axis=1)
        kept = np.where(pool.open, promise, -1).argsort(axis=1)[:, -100:]
        pool.note(places, rng.random(4))
        pool.renew(promise)
        for row in range(4):
            inside = pool.architectures[row][pool.open[row]]
            assert len(np.unique(inside)) == len(inside)
            stays = [place for place in kept[row] if place != places[row]]
            np.testing.assert_array_equal(pool.architectures[row, stays], before[row, stays])
            assert before[row, places[row]] not in inside
