"""What every registered benchmark promises; those whose data is missing are skipped."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.benchmarks import (
    BENCHMARKS,
    Benchmark,
    QueryCounter,
    list_benchmarks,
    open_benchmark,
)
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.mdp.search_memory import SearchMemory
from naslib_incremental.search_spaces_ext import SEARCH_SPACES

COUNT = 300


@pytest.fixture(params=list_benchmarks())
def benchmark(request: pytest.FixtureRequest) -> Benchmark:
    try:
        return open_benchmark(request.param)
    except MissingFileError as error:
        pytest.skip(f"no data: {error.expected}")


def test_it_answers_as_it_says(benchmark: Benchmark, request: pytest.FixtureRequest) -> None:
    """Name, space, provenance, and answers in the metric's bounds that are the same each time."""
    assert benchmark.name == request.node.callspec.params["benchmark"]
    assert benchmark.space.name in SEARCH_SPACES.names()
    assert benchmark.provenance.label
    assert benchmark.provenance.validation
    assert benchmark.provenance.files
    assert list(benchmark.budgets) == sorted(benchmark.budgets)
    assert benchmark.shaping_alpha >= 0

    some = benchmark.space.sample(COUNT, np.random.default_rng(0))
    answers = benchmark.query(some)
    metric = benchmark.metric
    low = -np.inf if metric.low is None else metric.low
    high = np.inf if metric.high is None else metric.high
    assert answers.validation.shape == answers.test.shape == (COUNT,)
    assert ((answers.validation >= low) & (answers.validation <= high)).all()
    known = answers.test[~np.isnan(answers.test)]
    assert ((known >= low) & (known <= high)).all()
    assert np.isnan(answers.test).all() == (benchmark.provenance.test == "")
    for name, cost in answers.costs.items():
        assert cost.shape == (COUNT,), name
        assert (cost >= 0).all(), name
    if benchmark.validation_optimum is not None:
        assert answers.validation.max() <= benchmark.validation_optimum

    order = np.random.default_rng(1).permutation(COUNT)
    again = benchmark.query(some[order])
    # A network's sums in single precision hang a little on the place in the batch.
    np.testing.assert_allclose(again.validation, answers.validation[order], rtol=1e-6)
    np.testing.assert_array_equal(again.test, answers.test[order])
    assert len(benchmark.query(some[:0]).validation) == 0


def test_distinct_queries_are_those_that_a_search_would_pay_for(benchmark: Benchmark) -> None:
    some = benchmark.space.sample(COUNT, np.random.default_rng(2))
    counter = QueryCounter(benchmark, track_distinct=True)
    counter.query(some)
    counter.query(some[:7])
    assert counter.queries == COUNT + 7
    paid = SearchMemory(benchmark.space, 1).remember(np.zeros(COUNT, np.int64), some)
    assert counter.distinct == paid.sum()


@pytest.mark.parametrize("name", BENCHMARKS.names())
def test_an_unknown_variant_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="one of"):
        open_benchmark(f"{name}/nothing")


def test_every_cell_of_nasbench201_is_trained_and_counted_though_fewer_differ() -> None:
    benchmark = open_benchmark("nasbench201/cifar10")
    counter, every = QueryCounter(benchmark, track_distinct=True), np.arange(15_625, dtype=np.int32)
    counter.query(every)
    assert (counter.queries, counter.distinct) == (15_625, 15_625)
    assert len(np.unique(benchmark.space.hash(every))) == 6_466
