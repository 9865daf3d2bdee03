"""The random walk and steepest ascent over whole search graphs, against brute force."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from naslib_incremental.benchmarks.nasbench101.benchmark import NASBench101
from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.random_walk import RandomWalk
from naslib_incremental.reports.statistics.graph_walks import climb, expected_best, random_walk
from naslib_incremental.reports.statistics.landscape import Landscape, correlate, describe
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space
from naslib_incremental.search_spaces_ext.search_graph import SearchGraph
from tests.doubles.nasbench101_data import shared_file
from tests.doubles.toy_plugin import VERTICES, ToySpace


def graph_of(successors: list[list[int]]) -> SearchGraph:
    """The search graph with these neighbours; nothing else in it is used."""
    nothing = np.zeros(len(successors), np.uint64)
    offsets = np.cumsum([0, *map(len, successors)])
    targets = np.array([target for row in successors for target in row], np.int32)
    return SearchGraph(nothing, nothing, offsets, targets, np.zeros((0, 0), np.uint8))


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    size = draw(st.integers(1, 7))
    rows = [st.sets(st.integers(0, size - 1).filter(lambda v, i=i: v != i)) for i in range(size)]
    return [sorted(draw(row)) if size > 1 else [] for row in rows]


def transitions(successors: list[list[int]], limit: int) -> NDArray[np.float64]:
    """[V, V] probability of each move; what is missing to 1 in a row stops."""
    moves = np.zeros((len(successors), len(successors)))
    for origin, row in enumerate(successors):
        presented = min(len(row), limit)
        for target in row:
            moves[origin, target] = presented / (presented + 1) / len(row)
    return moves


@given(graphs(), st.integers(1, 4), st.integers(0, 4), st.integers(0, 2**32))
def test_a_walk_is_the_stationary_chain_that_starts_anew(
    successors: list[list[int]], limit: int, max_steps: int, seed: int
) -> None:
    """Solve for the stationary distribution over (moves made, architecture) at once."""
    size = len(successors)
    rng = np.random.default_rng(seed)
    start, accuracy = rng.dirichlet(np.ones(size)), rng.random(size)
    found = random_walk(graph_of(successors), start, accuracy, limit, max_steps)
    moves = transitions(successors, limit)
    chain = np.zeros((max_steps + 1, size, max_steps + 1, size))
    for made, origin in product(range(max_steps + 1), range(size)):
        if made < max_steps:
            chain[made, origin, made + 1] += moves[origin]
        chain[made, origin, 0] += start * (1 - chain[made, origin].sum())
    states = (max_steps + 1) * size
    system = np.vstack([chain.reshape(states, states).T - np.eye(states), np.ones(states)])
    wanted = np.append(np.zeros(states), 1.0)
    stationary = np.linalg.lstsq(system, wanted, rcond=None)[0].reshape(max_steps + 1, size)
    stops = 1 - moves.sum(axis=1) * (np.arange(max_steps + 1) < max_steps)[:, None]
    finals = (stationary * stops).sum(axis=0)
    np.testing.assert_allclose(found.visits, stationary.sum(axis=0), atol=1e-9)
    np.testing.assert_allclose(found.finals, finals / finals.sum(), atol=1e-9)
    np.testing.assert_allclose(found.going, stationary.sum(axis=1) / stationary[0].sum(), atol=1e-9)
    for made in np.flatnonzero(found.going > 1e-9):
        mean = stationary[made] @ accuracy / stationary[made].sum()
        assert found.accuracy[made] == pytest.approx(mean, abs=1e-6)
    assert np.isnan(found.accuracy[found.going == 0]).all()


def test_a_walk_is_where_the_optimizer_goes() -> None:
    space = ToySpace()
    episodes, steps = 200_000, 6
    starts = space.sample(episodes, np.random.default_rng(5))
    optimizer = RandomWalk(space, EpisodeSettings(neighbours=4, max_steps=steps))
    optimizer.start(starts, np.zeros(episodes), np.random.default_rng(6))
    outcome = optimizer.outcome()
    uniform = np.full(VERTICES, 1 / VERTICES)
    graph = graph_of([row.tolist() for row in space.successors])
    found = random_walk(graph, uniform, np.zeros(VERTICES), 4, steps)
    seen = np.bincount(outcome.final, minlength=VERTICES) / episodes
    error = np.sqrt(found.finals * (1 - found.finals) / episodes)
    assert (np.abs(seen - found.finals) < 5 * error + 1e-12).all()
    assert outcome.num_steps.mean() == pytest.approx(found.num_steps, abs=0.03)
    assert (~outcome.stopped).mean() == pytest.approx(found.cut, abs=0.005)


@given(graphs(), st.integers(0, 2**32))
def test_basins_are_the_trees_of_steepest_ascent(successors: list[list[int]], seed: int) -> None:
    """Few distinct accuracies, so that ties and plateaus occur."""
    accuracy = np.random.default_rng(seed).integers(0, 4, len(successors)) / 4
    found = climb(graph_of(successors), accuracy)
    uphill = nx.DiGraph()
    uphill.add_nodes_from(range(len(successors)))
    for origin, row in enumerate(successors):
        best = max(row, key=lambda v: (accuracy[v], -v), default=origin)
        if accuracy[best] > accuracy[origin]:
            uphill.add_edge(origin, best)
    assert set(found.optima.tolist()) == {v for v, degree in uphill.out_degree if not degree}
    for optimum, size in zip(found.optima, found.sizes, strict=True):
        basin = nx.ancestors(uphill, optimum) | {optimum}
        assert size == len(basin)
        assert basin == set(np.flatnonzero(found.ends == optimum).tolist())
        for cell in basin:
            assert found.num_steps[cell] == nx.shortest_path_length(uphill, cell, optimum)
    assert (np.diff(found.sizes) <= 0).all()


def test_the_expected_best_is_the_mean_over_all_that_can_be_drawn() -> None:
    accuracy = np.array([0.3, 0.9, 0.3, 0.5])
    shares = np.array([0.4, 0.1, 0.2, 0.3])
    for draws in (1, 2, 3):
        mean = sum(
            np.prod(shares[list(drawn)]) * accuracy[list(drawn)].max()
            for drawn in product(range(4), repeat=draws)
        )
        assert expected_best(accuracy, shares, [draws]) == pytest.approx([mean])


@pytest.fixture(scope="module")
def cora() -> Landscape:
    benchmark = NASBenchGraph.open("cora")
    everything = np.arange(len(benchmark.space), dtype=np.int32)
    return Landscape(benchmark.space, benchmark.query(everything).validation, 20, 8)


def test_every_basin_of_nasbench_graph(cora: Landscape) -> None:
    graph, validation = cora.space.graph, cora.validation

    def uphill(cell: int) -> int:
        around = graph.targets[graph.offsets[cell] : graph.offsets[cell + 1]].tolist()
        best = max(around, key=lambda v: (validation[v], -v))
        return best if validation[best] > validation[cell] else cell

    best = [uphill(cell) for cell in range(len(validation))]
    ends = []
    for cell in range(len(validation)):
        end = cell
        while best[end] != end:
            end = best[end]
        ends.append(end)
    assert cora.basins.ends.tolist() == ends
    assert len(cora.basins.optima) == len(set(ends))


def check_against_sparse_powers(landscape: Landscape) -> None:
    """The same walk by products with scipy's sparse matrix."""
    graph = landscape.space.graph
    degree = np.diff(graph.offsets)
    presented = np.minimum(degree, landscape.neighbours)
    weights = np.repeat(presented / (presented + 1) / degree, degree)
    size = (len(degree), len(degree))
    moves = sparse.csr_array((weights, graph.targets, graph.offsets), shape=size)
    rest, finals, visits = landscape.start, 0.0, landscape.start
    for _ in range(landscape.max_steps):
        finals = finals + rest / (presented + 1)
        rest = moves.T @ rest
        visits = visits + rest
    finals = finals + rest
    np.testing.assert_allclose(landscape.walk.finals, finals, rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(landscape.walk.visits, visits / visits.sum(), rtol=1e-9, atol=1e-18)


def test_the_walk_of_nasbench_graph(cora: Landscape) -> None:
    check_against_sparse_powers(cora)
    assert cora.uniform_walk is cora.walk
    uniform, visited, final = describe(cora, [1, 50])
    assert uniform.effective == pytest.approx(26_206)
    assert uniform.in_degree == pytest.approx(uniform.out_degree)
    assert uniform.mean == pytest.approx(cora.validation.mean())
    assert final.best[0] == pytest.approx(final.mean)
    best = np.argsort(-cora.validation, kind="stable")[:262]
    assert cora.walk.visits[best].sum() <= visited.top < 1.15 * cora.walk.visits[best].sum()
    assert uniform.top >= 0.01
    drawn = np.random.default_rng(1).choice(cora.validation, (4_000, 50)).max(axis=1)
    assert uniform.best[1] == pytest.approx(drawn.mean(), abs=5 * drawn.std() / 4_000**0.5)


def test_starts_are_counted_where_the_sampler_is_not_uniform() -> None:
    """Against the sampler's exact probabilities of the cells of two and three vertices."""
    space = NASBench101Space()
    landscape = Landscape(space, np.zeros(len(space)), 50, 32)
    # Sizes are equally likely; with three vertices the edge past the inner vertex may be missing.
    exact = {"01/00|": 1 / 6}
    for operation in ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"):
        exact |= {f"{rows}|{operation}": 1 / 36 for rows in ("010/001/000", "011/001/000")}
    found = landscape.start[space.from_readable(list(exact))]
    assert found == pytest.approx(list(exact.values()), rel=0.03)
    assert landscape.start.sum() == pytest.approx(1)
    assert landscape.uniform.sum() == pytest.approx(1)


def test_the_landscape_of_nasbench101() -> None:
    """What real accuracies give; random search and walk by the numbers of 250,000 episodes each."""
    shared_file("run0_test.npz")
    benchmark = NASBench101.open("run0")
    everything = np.arange(len(benchmark.space), dtype=np.int32)
    landscape = Landscape(benchmark.space, benchmark.query(everything).validation, 50, 32)
    check_against_sparse_powers(landscape)
    uniform, start, _, final = describe(landscape, [50, 100, 150, 300])
    percent = 100 * np.array([start.best, final.best])
    assert percent[0] == pytest.approx([93.63, 93.75, 93.81, 93.90], abs=0.02)
    assert percent[1] == pytest.approx([93.77, 93.89, 93.96, 94.08], abs=0.02)
    assert uniform.mean == pytest.approx(benchmark.test.mean())
    assert start.mean < uniform.mean < final.mean
    basins = landscape.basins
    assert len(basins.optima) == 2_012
    assert basins.sizes.sum() == 423_624
    assert basins.sizes[0] == 25_648
    [largest] = benchmark.space.to_readable(basins.optima[:1])
    assert largest.startswith("010111/001010/000010/000010/000001/000000|conv3x3")
    assert len(correlate(landscape)) == 8
