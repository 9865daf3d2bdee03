"""The Q network: masks, duelling, equivariance, shortcuts, and empty slots left out."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.agent import network as network_module
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.learner import double_q_targets
from naslib_incremental.agent.network import MASKED, Packing, QNetwork, duel, pays

BATCH, SLOTS, FEATURES = 5, 7, 11


def network(head: str, layers: int = 2) -> QNetwork:
    torch.manual_seed(0)
    config = AgentConfig.of({"head": head, "dimensions": 16, "layers": layers})
    return QNetwork(config, FEATURES, SLOTS)


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    features = (torch.rand(BATCH, SLOTS, FEATURES, generator=generator) < 0.4).float()
    allowed = torch.tensor([1, 3, 5, 7, 2])
    return features, torch.arange(SLOTS) < allowed[:, None]


@pytest.mark.parametrize("head", ["pointer", "cls"])
def test_padding_changes_nothing_and_is_masked(head: str) -> None:
    q_function = network(head)
    features, mask = inputs()
    values = q_function(features, mask)
    scrambled = torch.where(mask[..., None], features, 1 - features)
    assert torch.allclose(q_function(scrambled, mask)[mask], values[mask], atol=1e-6)
    assert (values[~mask] == MASKED).all()
    for row in range(BATCH):
        count = int(mask[row].sum())
        alone = q_function(features[row : row + 1, :count], mask[row : row + 1, :count])
        assert torch.allclose(alone[0], values[row, :count], atol=1e-5)


@pytest.mark.parametrize("head", ["pointer", "cls"])
def test_masked_slots_get_no_gradient(head: str) -> None:
    features, mask = inputs()
    features.requires_grad_()
    network(head)(features, mask)[mask].sum().backward()
    assert (features.grad[~mask] == 0).all()
    assert features.grad[mask].abs().sum() > 0


def test_pointer_is_equivariant_to_the_order_of_the_neighbours() -> None:
    features, _ = inputs()
    mask = torch.ones(BATCH, SLOTS, dtype=torch.bool)
    order = torch.tensor([0, 4, 2, 6, 1, 5, 3])
    q_function = network("pointer")
    values = q_function(features, mask)
    assert torch.allclose(q_function(features[:, order], mask), values[:, order], atol=1e-5)
    swapped = q_function(features[:, [1, 0, 2, 3, 4, 5, 6]], mask)
    assert not torch.allclose(swapped[:, [1, 0, 2, 3, 4, 5, 6]], values, atol=1e-3)


def test_cls_sees_the_order() -> None:
    features, _ = inputs()
    mask = torch.ones(BATCH, SLOTS, dtype=torch.bool)
    order = torch.tensor([0, 4, 2, 6, 1, 5, 3])
    q_function = network("cls")
    values = q_function(features, mask)
    assert not torch.allclose(q_function(features[:, order], mask), values[:, order], atol=1e-3)


def test_first_token_alone_equals_the_first_of_all_tokens() -> None:
    q_function = network("cls", layers=1)
    features, mask = inputs()
    packing = Packing(mask, some=True)
    tokens = packing.pack(q_function.encoder(features) + q_function.position)
    allowed = mask[:, None, None, :]
    [block] = q_function.blocks
    alone = block(tokens, packing, allowed, only_first=True)
    every = block(tokens, packing, allowed, only_first=False)
    assert alone.shape == (BATCH, 16)
    assert torch.allclose(alone, packing.unpack(every)[:, 0], atol=1e-6)


@pytest.mark.parametrize("head", ["pointer", "cls"])
def test_leaving_out_empty_slots_changes_no_value_and_no_gradient(
    head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, mask = inputs()
    found = []
    for answer in (False, True):
        monkeypatch.setattr(network_module, "pays", lambda mask, answer=answer: answer)
        q_function = network(head)
        values = q_function(features, mask)
        values[mask].square().sum().backward()
        found.append([values, *(weights.grad for weights in q_function.parameters())])
    for every, some in zip(*found, strict=True):
        torch.testing.assert_close(some, every, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("head", ["pointer", "cls"])
def test_matrices_can_be_multiplied_in_bfloat16(head: str, train: bool) -> None:
    q_function = network(head).train(train)
    features, mask = inputs()
    exact = q_function(features, mask)
    with torch.autocast("cpu", torch.bfloat16):
        rough = q_function(features, mask)
    assert torch.allclose(rough.float()[mask], exact[mask], atol=0.05)
    assert not torch.equal(rough.float()[mask], exact[mask])
    rough[mask].sum().backward()
    assert all(weights.grad is not None for weights in q_function.parameters())


def test_duelling_by_hand() -> None:
    mask = torch.tensor([[True, True, False], [True, True, True]])
    advantage = torch.tensor([[1.0, 3.0, 100.0], [0.0, 3.0, 6.0]])
    values = duel(torch.tensor([[10.0], [20.0]]), advantage, mask)
    assert values.tolist() == [[9.0, 11.0, MASKED], [17.0, 20.0, 23.0]]


def test_no_value_of_unscaled_rewards_is_below_the_mask() -> None:
    """At alpha 32 an episode that falls from .95 to 0 returns 1 - exp(32 x .95)."""
    worst = 1 - math.exp(32 * 0.95)
    mask = torch.tensor([[True, True, False]])
    values = duel(torch.tensor([[worst]]), torch.tensor([[0.0, 1e12, 0.0]]), mask)
    assert values[0, :2].isfinite().all()
    assert values.argmax(1).item() == 1
    target = double_q_targets(torch.zeros(1), torch.full((1,), 0.9), values, values)
    assert target.isfinite().all()


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
