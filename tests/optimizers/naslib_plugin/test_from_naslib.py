"""NASLib's optimizers as rows: they keep our contract, and every query is counted."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from toy_plugin import VERTICES, ToyBenchmark

from naslib_incremental.benchmarks import Benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.optimizers import EpisodeSettings, Optimizer
from naslib_incremental.optimizers.naslib import from_naslib
from naslib_incremental.optimizers.registry import configure, make_optimizer
from naslib_incremental.optimizers.testing import OptimizerContract

BENCHMARK = ToyBenchmark("plain")
SHORT = {"num_init": 3, "k": 2, "num_ensemble": 2, "num_candidates": 10}
NAMES = ("random_search", "local_search", "regularized_evolution", "bananas", "npenas")

# Warnings of NASLib and of what it uses are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.usefixtures("naslib")
class OnToy(OptimizerContract):
    episode_count: ClassVar = 10

    def open_benchmark(self) -> Benchmark:
        return ToyBenchmark("plain")


class TestRandomSearch(OnToy):
    optimizer = from_naslib.RandomSearch


class TestLocalSearch(OnToy):
    optimizer = from_naslib.LocalSearch
    options: ClassVar = {"num_init": 2}


class TestRegularizedEvolution(OnToy):
    optimizer = from_naslib.RegularizedEvolution
    options: ClassVar = {"population_size": 4, "sample_size": 2}


class TestBananas(OnToy):
    optimizer = from_naslib.Bananas
    options: ClassVar = SHORT
    episode_count: ClassVar = 3


class TestNpenas(OnToy):
    optimizer = from_naslib.Npenas
    options: ClassVar = SHORT
    episode_count: ClassVar = 3


def make(name: str, budget: int, options: Mapping[str, Any]) -> Optimizer:
    settings = EpisodeSettings(query_budget=budget)
    config = configure(f"naslib:{name}", options, BENCHMARK.space, settings)
    return make_optimizer(f"naslib:{name}", BENCHMARK.space, settings, config)


def run(name: str, budget: int, episodes: int, **options: Any) -> list[list[int]]:
    """What each of E searches asked, up to Q different architectures."""
    optimizer = make(name, budget, options)
    starts = np.zeros(episodes, np.int32)
    optimizer.start(starts, BENCHMARK.validation[starts], np.random.default_rng(0))
    asked: list[list[int]] = [[] for _ in starts]
    while (ask := optimizer.ask()) is not None:
        asked[int(ask.episodes[0])].append(int(ask.architectures[0]))
        optimizer.tell(BENCHMARK.validation[ask.architectures])
    final = optimizer.outcome().final
    best = [BENCHMARK.validation[queries].max() for queries in asked]
    np.testing.assert_array_equal(BENCHMARK.validation[final], best)
    assert all(len(set(queries)) <= budget for queries in asked)
    return asked


@pytest.mark.parametrize("name", NAMES)
def test_each_episode_spends_the_budget(naslib: ModuleType, name: str) -> None:
    predicts = name in ("bananas", "npenas")
    optimizer = make(name, 12, SHORT if predicts else {})
    starts = sample_start_set(BENCHMARK, 3, np.random.SeedSequence(0))
    evaluation = evaluate(optimizer, BENCHMARK, starts, np.random.default_rng(0))
    # A predictor may propose cells of the toy that have no neighbours for ever.
    least = SHORT["num_init"] if predicts else 12
    assert max(evaluation.queries) == 12
    assert min(evaluation.queries) >= least
    assert not evaluation.stopped.any() or predicts


def test_options_out_of_range_are_refused(naslib: ModuleType) -> None:
    with pytest.raises(UserError, match="num_init of at least 1; got 0") as caught:
        make("local_search", 5, {"num_init": 0})
    assert caught.value.setting == "num_init"


@pytest.mark.parametrize("name", NAMES)
def test_episodes_differ(naslib: ModuleType, name: str) -> None:
    options = SHORT if name in ("bananas", "npenas") else {}
    queries = run(name, 8, 3, **options)
    assert len({tuple(asked) for asked in queries}) == 3
    assert [len(set(asked)) for asked in queries] == [8, 8, 8]


def test_evolution_learns_from_the_answers(naslib: ModuleType) -> None:
    """Children are neighbours of the last four; the best of a large sample is the parent."""
    queries = run("regularized_evolution", 30, 10, population_size=4, sample_size=60)
    for asked in queries:
        for number in range(4, len(asked)):
            parent = max(asked[number - 4 : number], key=lambda v: BENCHMARK.validation[v])
            around = set(BENCHMARK.space.successors[parent].tolist())
            assert asked[number] in (around or {parent})


def test_local_search_looks_around_the_best(naslib: ModuleType) -> None:
    for asked in run("local_search", 20, 20, num_init=3):
        best = max(asked[:3], key=lambda v: BENCHMARK.validation[v])
        around = set(BENCHMARK.space.successors[best].tolist()) or {best}
        seen = asked[3 : 3 + len(around)]
        # The budget may end before the neighbourhood does.
        assert set(seen) == around or (set(seen) < around and len(set(asked)) == 20)


def test_random_search_draws_from_our_sampler(naslib: ModuleType) -> None:
    queries = run("random_search", 40, 12)
    drawn = np.concatenate(queries)
    counts = np.bincount(drawn, minlength=VERTICES)
    expected = len(drawn) / VERTICES
    assert ((counts - expected) ** 2 / expected).sum() < 120  # chi-squared, 59 degrees: p < 1e-5


def test_what_a_predictor_lacks_is_one_line(
    naslib: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(self: object, epoch: int) -> None:
        raise ImportError("NASLib needs xgboost for xgboost.DMatrix, and it is not installed")

    monkeypatch.setattr(naslib.load_naslib().optimizers.Bananas, "new_epoch", lacking)
    with pytest.raises(UserError, match=r"naslib:bananas needs; got .*xgboost"):
        run("bananas", 5, 1)


@pytest.mark.parametrize("predictor", ["xgb", "lgb", "mlp", "rf", "gp", "var_sparse_gp"])
def test_predictors(naslib: ModuleType, predictor: str) -> None:
    """Each that can be chosen makes a whole search, where its package is there."""
    package = from_naslib.PREDICTOR_PACKAGES.get(predictor)
    if package is not None and find_spec(package) is None:
        with pytest.raises(UserError, match=rf"{package} for NASLib's predictor {predictor}") as no:
            make("bananas", 8, {"predictor_type": predictor})
        assert no.value.setting == "predictor_type"
    else:
        options: dict[str, Any] = {**SHORT, "num_ensemble": 1, "predictor_type": predictor}
        [asked] = run("bananas", 6, 1, **options)
        assert len(set(asked)) == 6


def test_a_predictor_without_its_package_is_refused_before_the_search(
    naslib: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_naslib, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pyro for .* var_sparse_gp; .* pip install pyro-ppl, or"):
        make("npenas", 8, {"predictor_type": "var_sparse_gp"})
    assert make("npenas", 8, {"predictor_type": "mlp"}).settings.query_budget == 8


def test_candidates_sampled_at_random(naslib: ModuleType) -> None:
    """NASLib asks for every candidate, and each is a query of the search."""
    options = {**SHORT, "acq_fn_optimization": "random_sampling"}
    [asked] = run("bananas", 10, 1, **options)
    assert len(set(asked)) == 10
