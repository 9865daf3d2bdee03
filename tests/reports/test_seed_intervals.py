"""Training-seed intervals: against analysis of variance by hand, and scipy where it has one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.crossed import CrossedSums, Design, gather
from naslib_incremental.reports.statistics.seed_intervals import (
    FACTOR,
    Spread,
    interval_around,
    interval_of_mean,
    paired,
    spread,
    spread_of_difference,
)


def crossed(means: np.ndarray, searches: int = 1, *, trained: bool = True) -> CrossedSums:
    """CrossedSums with the given means, all of as many equal searches."""
    agents, sets = means.shape
    counts = np.full(means.shape, searches)
    variance = np.asarray(np.repeat(means, searches).var(ddof=1) if means.size > 1 else np.nan)
    labels = tuple(range(agents)), tuple(range(sets))
    return CrossedSums(*labels, means * searches, counts, variance, Design(trained))


def ends(found: CrossedSums) -> list[float]:
    interval = interval_of_mean(found)
    assert interval.reason == ""
    return [interval.low, interval.high]


def same(one: Spread, other: Spread) -> None:
    assert one.variance == pytest.approx(other.variance)
    assert one.freedom == pytest.approx(other.freedom)


def t_interval(values: np.ndarray) -> tuple[float, float]:
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    return float(low), float(high)


def mean_squares(means: np.ndarray) -> tuple[float, float, float]:
    """Of agents, start sets and the rest, as in any textbook, over the number of pairs."""
    agents, sets = means.shape
    by_agent, by_set, mean = means.mean(axis=1), means.mean(axis=0), means.mean()
    rest = means - by_agent[:, None] - by_set + mean
    return (
        sets * ((by_agent - mean) ** 2).sum() / (agents - 1) / means.size,
        agents * ((by_set - mean) ** 2).sum() / (sets - 1) / means.size,
        (rest**2).sum() / (agents - 1) / (sets - 1) / means.size,
    )


def table(agents: float, sets: float, rest: float, shape: tuple[int, int] = (5, 5)) -> np.ndarray:
    """Means whose three mean squares, over the number of pairs, are given exactly."""
    rng = np.random.default_rng(0)
    count, number = shape
    by_agent, by_set = rng.normal(size=count), rng.normal(size=number)
    noise = rng.normal(size=shape)
    by_agent -= by_agent.mean()
    by_set -= by_set.mean()
    noise += noise.mean() - noise.mean(axis=0) - noise.mean(axis=1, keepdims=True)
    scaled = (
        by_agent[:, None] * (agents * count / by_agent.var(ddof=1)) ** 0.5,
        by_set * (sets * number / by_set.var(ddof=1)) ** 0.5,
        noise * (rest * noise.size * (count - 1) * (number - 1) / (noise**2).sum()) ** 0.5,
    )
    means: np.ndarray = 0.5 + sum(scaled)
    assert mean_squares(means) == pytest.approx((agents, sets, rest))
    return means


def test_searches_are_gathered_into_their_pairs() -> None:
    found = gather(np.array([7, 3, 3, 7]), np.array([1, 0, 0, 0]), np.array([0.5, 0.1, 0.3, 0.4]))
    assert (found.agents, found.sets) == ((3, 7), (0, 1))
    np.testing.assert_allclose(found.means, [[0.2, np.nan], [0.4, 0.5]])
    assert found.mean == pytest.approx(1.3 / 4)
    assert found.variance == pytest.approx(np.var([0.5, 0.1, 0.3, 0.4], ddof=1))


def test_where_both_factors_stand_out_they_are_added_without_what_they_share() -> None:
    """4 + 3 - 1 = 6, with 36 / (16/4 + 9/4 + 1/16) degrees of freedom."""
    found = spread(crossed(table(4, 3, 1)))
    assert found.variance == pytest.approx(6)
    assert found.freedom == pytest.approx(36 / (16 / 4 + 9 / 4 + 1 / 16))


def test_where_only_agents_stand_out_start_sets_are_pooled_with_the_rest() -> None:
    """The start sets' share is the noise's, so that agents alone are left: 4 with 4."""
    found = spread(crossed(table(4, 1.2, 1)))
    assert (found.variance, found.freedom) == pytest.approx((4, 4))


def test_where_nothing_stands_out_all_is_noise() -> None:
    """(4 x 1.2 + 4 x 0.5 + 16 x 1) / 24 with 24 degrees of freedom."""
    found = spread(crossed(table(1.2, 0.5, 1)))
    assert (found.variance, found.freedom) == pytest.approx((22.8 / 24, 24))


def test_what_stands_out_is_a_factor_of_the_rest() -> None:
    below, above = (spread(crossed(table(FACTOR * k, 1, 1))) for k in (0.99, 1.01))
    assert (below.freedom, above.freedom) == pytest.approx((24, 4))


def test_a_strict_spread_pools_nothing() -> None:
    noise, agents, both = (
        spread(crossed(table(*squares)), strict=True)
        for squares in ((1.2, 0.5, 1), (2, 1.5, 1.75), (4, 3, 1))
    )
    assert (noise.variance, noise.freedom) == pytest.approx((1.2, 4))
    assert (agents.variance, agents.freedom) == pytest.approx((2, 4))
    assert (both.variance, both.freedom) == pytest.approx((6, 36 / (16 / 4 + 9 / 4 + 1 / 16)))


def test_few_start_sets_are_no_sample_of_start_sets() -> None:
    means = np.random.default_rng(1).random((5, 3))
    assert ends(crossed(means)) == pytest.approx(t_interval(means.mean(axis=1)))


def test_nothing_trained_is_scipys_t_over_start_sets() -> None:
    means = np.random.default_rng(2).random((5, 5))
    found = crossed(means, trained=False)
    assert ends(found) == pytest.approx(t_interval(means.mean(axis=0)))


def test_nothing_trained_has_no_agents() -> None:
    """Which repetition a search is of says nothing; with few start sets, searches are the units."""
    values = np.random.default_rng(3).random((5, 5, 8))
    agents, sets, _ = (axis.ravel() for axis in np.indices(values.shape))
    untrained = Design(trained=False)
    one = gather(agents, sets, values.ravel(), untrained)
    mixed = np.random.default_rng(4).permuted(values.swapaxes(1, 2).reshape(40, 5), axis=0)
    other = gather(agents, sets, mixed.reshape(5, 8, 5).swapaxes(1, 2).ravel(), untrained)
    assert ends(one) == pytest.approx(ends(other))
    few = sets < 3
    found = gather(agents[few], sets[few], values.ravel()[few], untrained)
    assert ends(found) == pytest.approx(t_interval(values[:, :3].ravel()))


def test_repetitions_without_chance_are_no_more_searches() -> None:
    """Five repetitions that find the same: the interval is that of one."""
    values = np.random.default_rng(5).random((1, 6))
    one, five = (crossed(np.repeat(values, n, axis=0), trained=False) for n in (1, 5))
    assert ends(one) == pytest.approx(ends(five))


def test_a_paired_difference_of_what_is_not_trained_is_scipys() -> None:
    rng = np.random.default_rng(6)
    ours, theirs = rng.random((2, 5, 5))
    found = spread_of_difference(*(crossed(means, trained=False) for means in (ours, theirs)))
    tested = stats.ttest_rel(ours.mean(axis=0), theirs.mean(axis=0))
    difference = ours.mean() - theirs.mean()
    assert found.p(difference) == pytest.approx(tested.pvalue)
    interval = interval_around(difference, found)
    assert [interval.low, interval.high] == pytest.approx(list(tested.confidence_interval()))


def test_of_two_that_are_trained_the_difference_is_that_of_differences() -> None:
    ours, theirs = np.random.default_rng(7).random((2, 5, 5))
    for strict in (False, True):
        found = spread_of_difference(crossed(ours), crossed(theirs), strict=strict)
        expected = spread(crossed(ours - theirs), strict=strict)
        same(found, expected)


def test_pairs_stay_paired() -> None:
    """A constant difference has no spread, whatever agents and start sets do."""
    one = crossed(np.random.default_rng(8).random((5, 4)))
    other = replace(one, sums=one.sums - 0.1)
    assert spread_of_difference(one, other).variance == pytest.approx(0, abs=1e-20)


def test_against_a_constant_the_interval_is_that_of_the_mean() -> None:
    ours = crossed(np.random.default_rng(9).random((5, 4)))
    for trained in (True, False):
        constant = crossed(np.full((5, 4), 0.25), trained=trained)
        found = spread_of_difference(ours, constant)
        same(found, spread(ours))


def test_runs_of_two_master_seeds_are_welchs() -> None:
    """Start sets of equal numbers are others; so are those of other numbers."""
    ours, theirs = np.random.default_rng(10).random((2, 5, 5))
    one, other = (crossed(means, trained=False) for means in (ours, theirs))
    apart = replace(other, design=Design(trained=False, seed=1))
    further = replace(other, sets=(5, 6, 7, 8, 9))
    assert paired(one, other)
    tested = stats.ttest_ind(ours.mean(axis=0), theirs.mean(axis=0), equal_var=False)
    for unpaired in (apart, further):
        assert not paired(one, unpaired)
        found = spread_of_difference(one, unpaired)
        assert found.p(ours.mean() - theirs.mean()) == pytest.approx(tested.pvalue)


def test_the_side_with_fewer_start_sets_says_how_sure_a_difference_is() -> None:
    rng = np.random.default_rng(12)
    few, many = (crossed(rng.random((5, sets)), trained=False) for sets in (4, 9))
    assert spread_of_difference(few, many).freedom == 3


def test_quantities_are_independent_of_each_other() -> None:
    values = np.random.default_rng(11).random((5, 5, 7))
    many = replace(crossed(values[..., 0]), sums=values, counts=np.ones((5, 5), np.int64))
    for strict in (False, True):
        found = spread(many, strict=strict)
        for place in range(7):
            one = spread(crossed(values[..., place]), strict=strict)
            assert found.variance[place] == pytest.approx(one.variance)
            assert found.freedom[place] == pytest.approx(one.freedom)


def test_no_spread_at_all() -> None:
    nothing = Spread(np.array(0.0), np.array(4.0))
    assert nothing.p(np.array(0.0)) == 1
    assert nothing.p(np.array(0.1)) == 0


@pytest.mark.parametrize(
    ("means", "trained", "reason"),
    [
        (np.full((1, 3), 0.5), True, "one agent"),
        (np.full((1, 1), 0.5), False, "one search"),
        (np.full((3, 2), np.nan), True, "accuracy missing"),
        (np.zeros((0, 0)), True, "no complete search"),
    ],
)
def test_why_there_is_none(means: np.ndarray, trained: bool, reason: str) -> None:
    found = interval_of_mean(crossed(means, trained=trained))
    assert found.reason == reason
    assert np.isnan([found.low, found.high]).all()


def test_equal_accuracies_have_an_interval_of_no_width() -> None:
    for trained in (True, False):
        found = ends(crossed(np.full((5, 5), 0.93), searches=7, trained=trained))
        assert found == pytest.approx([0.93, 0.93], abs=1e-12)
