"""What every registered search space promises."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext import SEARCH_SPACES, SearchSpace

COUNT = 60


@pytest.fixture(params=SEARCH_SPACES.names(), scope="module")
def space(request: pytest.FixtureRequest) -> SearchSpace:
    made: SearchSpace = SEARCH_SPACES.load(request.param)()
    return made


def test_samples_can_be_written_read_drawn_and_encoded(space: SearchSpace) -> None:
    for sampler in (None, *space.samplers):
        some = space.sample(COUNT, np.random.default_rng(0), sampler)
        assert some.shape == (COUNT, *space.architecture_shape)
        assert some.dtype == space.dtype
        same = space.sample(COUNT, np.random.default_rng(0), sampler)
        np.testing.assert_array_equal(some, same)
        np.testing.assert_array_equal(space.from_readable(space.to_readable(some)), some)
        features = space.encode(some)
        assert features.shape == (COUNT, space.features)
        assert set(np.unique(features)) <= {0, 1}
        drawn = space.draw(some[0])
        assert len(drawn) == space.cells
        assert all(0 <= s < t < len(cell.labels) for cell in drawn for s, t in cell.edges)
    with pytest.raises(UserError, match="a sampler of"):
        space.sample(1, np.random.default_rng(0), "nothing")
    with pytest.raises(UserError, match="an architecture of"):
        space.from_readable(["nothing"])


def test_neighbours_are_other_architectures_each_once(space: SearchSpace) -> None:
    some = space.sample(COUNT, np.random.default_rng(1))
    limit = 40
    shown = space.neighbours(some, limit, np.random.default_rng(2))
    assert shown.mask.shape == (COUNT, space.width(limit))
    assert shown.architectures.shape == (*shown.mask.shape, *space.architecture_shape)
    degree = space.degree(some)
    assert degree.max() <= space.max_degree
    np.testing.assert_array_equal(shown.mask.sum(axis=1), np.minimum(degree, limit))
    # Those that are presented stand first.
    assert (shown.mask == np.sort(shown.mask, axis=1)[:, ::-1]).all()
    for one, row, mask in zip(some, shown.architectures, shown.mask, strict=True):
        texts = space.to_readable(row[mask])
        assert len(set(texts)) == len(texts)
        assert space.to_readable(one[None])[0] not in texts


def test_the_hash_is_that_of_the_representative(space: SearchSpace) -> None:
    some = space.sample(COUNT, np.random.default_rng(3))
    canonical = space.canonical(some)
    np.testing.assert_array_equal(space.hash(canonical), space.hash(some))
    np.testing.assert_array_equal(space.canonical(canonical), canonical)
