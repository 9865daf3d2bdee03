from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.agent.packing import Packing, pays


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_packing_keeps_what_is_there_in_order(
    degrees: list[int], random: object, some: bool
) -> None:
    slots = 7
    mask = torch.zeros(len(degrees), slots, dtype=torch.bool)
    for row, degree in enumerate(degrees):
        mask[row, [0, *random.sample(range(1, slots), degree)]] = True  # type: ignore[attr-defined]
    values = torch.arange(1.0, 1 + 2 * mask.numel()).reshape(*mask.shape, 2)
    packing = Packing(mask, some)
    rows = packing.pack(values)
    assert rows.tolist() == (values[mask] if some else values.flatten(0, 1)).tolist()
    for first in (packing.firsts(rows), rows[packing.first]):
        assert first.tolist() == values[:, 0].tolist()
    back = packing.unpack(rows)
    assert back[mask].tolist() == values[mask].tolist()
    if some:
        assert not back[~mask].any()


@pytest.mark.parametrize("some", [True, False])
def test_gradients_pass_both_ways(some: bool) -> None:
    mask = torch.arange(8) < torch.tensor([[3], [8]])
    packing = Packing(mask, some)
    values = torch.randn(2, 8, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: packing.unpack(packing.pack(x).square()), values)


@pytest.mark.parametrize(("there", "expected"), [(5, True), (6, False), (8, False)])
def test_it_pays_where_much_is_empty(there: int, expected: bool) -> None:
    assert pays(torch.arange(8).expand(3, 8) < there) is expected


def test_it_never_pays_on_an_accelerator() -> None:
    assert not pays(torch.zeros(3, 8, dtype=torch.bool, device="meta"))
