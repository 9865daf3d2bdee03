"""The forest: to the bit what the boosters sum up to, tree by tree and node by node."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naslib_incremental.benchmarks.nasbench301.forest import (
    QUESTIONS,
    Ensemble,
    ask,
    compile_forest,
    sum_groups,
)
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from tests.doubles.nasbench301_boosters import made_up_booster, predict

SPACE = NASBench301Space()


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 130), st.integers(0, 6))
def test_sums_are_the_boosters_own(seed: int, count: int, depth: int) -> None:
    boosters = [made_up_booster(seed + part, trees=4, depth=depth) for part in range(2)]
    forest = compile_forest(boosters)
    sampled = SPACE.sample(count, np.random.default_rng(seed))
    answers = ask(sampled)
    assert answers.shape == (-(-count // 64), QUESTIONS)
    sums = sum_groups(answers, *forest.values())[:, :count]
    expected = [predict(booster, to_features(sampled)) for booster in boosters]
    np.testing.assert_array_equal(sums, expected)


def test_means_and_deviations_are_over_the_members() -> None:
    boosters = [made_up_booster(seed, base=90 + seed) for seed in range(3)]
    sampled = SPACE.sample(70, np.random.default_rng(0))
    members = np.array([predict(booster, to_features(sampled)) for booster in boosters], np.float64)
    moments = Ensemble(compile_forest(boosters)).predict(sampled)
    np.testing.assert_allclose(moments, np.stack([members.mean(0), members.std(0)], 1), rtol=1e-12)


def test_a_prediction_does_not_depend_on_its_batch() -> None:
    ensemble = Ensemble(compile_forest([made_up_booster(seed) for seed in range(10)]))
    sampled = SPACE.sample(5_000, np.random.default_rng(1))
    whole = ensemble.predict(sampled)
    parts = np.split(sampled, [1, 3, 70, 4_300])
    np.testing.assert_array_equal(np.concatenate([*map(ensemble.predict, parts)]), whole)


def test_no_architectures_are_no_problem() -> None:
    ensemble = Ensemble(compile_forest([made_up_booster(0)]))
    none = SPACE.sample(0, np.random.default_rng(0))
    assert ensemble.predict(none).shape == (0, 2)


def test_questions_about_constants_vanish() -> None:
    booster = made_up_booster(0, trees=1, depth=0)
    asks_constant = dataclasses.replace(
        booster,
        offsets=np.array([0, 3]),
        left=np.array([1, -1, -1], np.int32),
        right=np.array([2, -1, -1], np.int32),
        feature=np.array([31, 0, 0], np.int32),
        value=np.array([0.7, 1, 2], np.float32),
    )
    forest = compile_forest([asks_constant])
    assert forest["depths"].tolist() == [0]
    assert forest["values"].tolist() == [2]


def test_a_tree_that_leads_back_is_refused() -> None:
    booster = dataclasses.replace(
        made_up_booster(0, trees=1, depth=0),
        offsets=np.array([0, 3]),
        left=np.array([1, 1, -1], np.int32),
        right=np.array([2, 2, -1], np.int32),
        feature=np.array([32, 33, 0], np.int32),
        value=np.array([1, 1, 2], np.float32),
    )
    with pytest.raises(ValueError, match="twice"):
        compile_forest([booster])
    endless = dataclasses.replace(booster, feature=np.array([31, 31, 0], np.int32))
    with pytest.raises(ValueError, match="twice"):
        compile_forest([endless])
