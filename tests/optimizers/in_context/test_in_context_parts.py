"""Parts of the in-context agent: ratings, tasks, what is shown, networks, replay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from naslib_incremental.optimizers.in_context import tasks as task_module
from naslib_incremental.optimizers.in_context.environment import InContextEnvironment
from naslib_incremental.optimizers.in_context.experts import Experts
from naslib_incremental.optimizers.in_context.gymnasium_face import InContextVectorEnv
from naslib_incremental.optimizers.in_context.network import Networks
from naslib_incremental.optimizers.in_context.observation import (
    BY_CHANCE,
    MEMORY,
    PRESENTED,
    Observation,
    Wanted,
    observe,
)
from naslib_incremental.optimizers.in_context.tasks import SourceTable, SourceTables, draw_tasks
from naslib_incremental.optimizers.in_context.trainer import Replay, Step
from naslib_incremental.optimizers.source_prior import Ratings, Reference

CPU = torch.device("cpu")
POOL = 80


def table(seed: int, architectures: int = 200, sources: int = 4, width: int = 5) -> SourceTable:
    """Sources that agree in part."""
    rng = np.random.default_rng(seed)
    described = rng.standard_normal((architectures, width)) / np.sqrt(2 * width)
    shared = described @ rng.standard_normal((width, 1))
    scores = shared + 0.5 * described @ rng.standard_normal((width, sources))
    normal = scores + 0.1 * rng.standard_normal(scores.shape)
    accuracies = torch.from_numpy(90 + 3 * normal)
    parts = (torch.from_numpy(one).float() for one in (described, scores, normal))
    return SourceTable(*parts, accuracies)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def environment(
    tables: list[SourceTable], per_agent: int = 6, augment: bool = True
) -> InContextEnvironment:
    return InContextEnvironment(
        SourceTables.of(tables, CPU), per_agent, POOL, generator(3), augment
    )


def walked(place: InContextEnvironment, budget: int, queries: int) -> list[Step]:
    """Searches of as many queries by chance."""
    place.reset(budget)
    random, steps = generator(5), []
    for _ in range(queries - 1):
        shown, answers = place.observation, place.answers
        actions = torch.randint(PRESENTED, (len(shown.open),), generator=random)
        steps.append(Step(shown, answers, actions, place.step(actions)))
    return steps


def test_ratings_are_what_they_are_said_to_be() -> None:
    rng = np.random.default_rng(0)
    scores, known = rng.standard_normal((2, 30, 3)), np.array([[1, 1, 0], [1, 1, 1]])
    chosen = rng.standard_normal((2, 4, 3))
    tensors = [torch.from_numpy(one).float() for one in (scores, known, chosen)]
    found = Ratings.of(tensors[2], Reference.of(tensors[0], tensors[1]))
    for search in range(2):
        there = np.flatnonzero(known[search])
        means = scores[search][:, there].mean(axis=1)
        for place in range(4):
            own = chosen[search, place, there]
            mean = (own.mean() - means.mean()) / means.std()
            standard = (own - scores[search][:, there].mean(axis=0)) / scores[search][:, there].std(
                axis=0
            )
            expected = [mean, standard.max(), standard.min(), standard.std(), standard.mean()]
            np.testing.assert_allclose(found.statistics[search, place], expected, atol=1e-5)
            others = np.zeros(3)
            others[there] = (own - own.mean()) / means.std()
            np.testing.assert_allclose(found.otherwise[search, place], others, atol=1e-5)
    distance = (found.alike[1, 0] - found.alike[1, 1]).square().sum()
    expected = np.square((chosen[1, 0] - chosen[1, 1]) / scores[1].std(axis=0)).sum() / 6
    assert float(distance) == pytest.approx(expected, rel=1e-4)


def test_no_target_is_a_source_and_there_is_always_a_source() -> None:
    known = torch.tensor([[True, True, True, False]] * 500 + [[True, True, False, False]] * 500)
    kind = torch.randint(4, (1000,), generator=generator())
    weights, sources = task_module._roles(known, kind, generator(1))
    assert not ((weights > 0) & sources).any()
    assert not ((weights > 0) | sources)[~known].any()
    assert sources.any(1).all()
    torch.testing.assert_close(weights.sum(1), torch.ones(1000))
    mixed = (weights > 0).sum(1)
    assert (mixed[kind != task_module.MIXED] == 1).all()
    assert set(mixed[:500][kind[:500] == task_module.MIXED].tolist()) == {2}
    assert (sources[:500].sum(1) < 2).any(), "sources are dropped now and then"


def test_a_real_task_is_a_source_and_its_merit_counts_what_is_better() -> None:
    tables = [table(0), table(1, architectures=120, sources=2, width=3)]
    drawn = draw_tasks(SourceTables.of(tables, CPU), 8, POOL, generator(), augment=False)
    for lane in range(16):
        own = tables[lane // 8].accuracies
        columns = [
            source
            for source in range(own.shape[1])
            if set(drawn.accuracies[lane].tolist()) <= set(own[:, source].tolist())
        ]
        assert len(columns) == 1
        column = own[:, columns[0]]
        for place in range(0, POOL, 7):
            share = (column >= drawn.accuracies[lane, place]).double().mean()
            assert drawn.merit[lane, place] == pytest.approx(-float(share.log10()), abs=1e-5)


def test_made_tasks_keep_the_order_of_what_they_are_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(task_module, "NOISE", 0.0)
    tables = SourceTables.of([table(0)], CPU)
    one = torch.zeros(1, dtype=torch.long)
    weights = torch.tensor([[0.25, 0.75, 0.0, 0.0]])
    kind = torch.tensor([task_module.MIXED])
    made = task_module._made(tables, one, kind, weights, generator())[0]
    mixture = tables.normal[0] @ weights[0]
    assert (made.argsort() == mixture.argsort()).all()


def test_rewards_are_what_the_answers_promised() -> None:
    place = environment([table(0), table(1)])
    place.reset(20)
    for action in range(12):
        shown, answers = place.observation, place.answers
        before = place.incumbent.clone()
        rewards = place.step(torch.full((12,), action))
        torch.testing.assert_close(rewards, answers.gains[:, action])
        torch.testing.assert_close(place.incumbent, before + rewards)
        ahead = answers.accuracies[:, action] > 1e-6
        assert (rewards[ahead] > 0).all()
        assert (rewards[~ahead] == 0).all()
        queried = (place.observation.places == shown.places[:, action, None]) & (
            place.observation.open
        )
        assert not queried.any(), "what was queried is closed"


def after(queries: int, seed: int = 0, accuracies: Tensor | None = None) -> Observation:
    """What a search of 60 candidates shows."""
    random = generator(seed)
    described = torch.randn(2, 60, 4, generator=random) / 3
    scores = torch.randn(2, 60, 3, generator=random)
    experts = Experts(described, Ratings.of(scores, Reference.of(scores)), queries)
    closed = torch.zeros(2, 60, dtype=torch.bool)
    for place in range(queries):
        experts.observe(torch.tensor([place, place]))
        closed[:, place] = True
    if accuracies is None:
        accuracies = torch.rand(2, queries, generator=generator(9), dtype=torch.float64)
    chance = torch.randint(60, (2, BY_CHANCE), generator=generator(2))
    beliefs = experts.beliefs(accuracies)
    return observe(experts, beliefs, Wanted.of(beliefs, closed), closed, chance)


@pytest.mark.parametrize("queries", [1, 5, MEMORY, MEMORY + 7])
def test_the_unit_of_accuracies_is_not_seen(queries: int) -> None:
    accuracies = torch.rand(2, queries, generator=generator(9), dtype=torch.float64)
    plain, other = after(queries), after(queries, accuracies=3 - 0.01 * (1 - accuracies))
    for name, value in plain.columns().items():
        torch.testing.assert_close(getattr(other, name), value, msg=name, atol=1e-4, rtol=1e-4)
        assert torch.isfinite(value).all(), name


def test_the_memory_keeps_the_best_and_the_latest() -> None:
    accuracies = torch.zeros(2, 50, dtype=torch.float64)
    accuracies[:, 3] = 1.0
    shown = after(50, accuracies=accuracies)
    assert (shown.filled == MEMORY).all()
    incumbent = shown.memory[:, :, 1] * (shown.memory[:, :, 0] == 0)
    assert (incumbent.sum(1) == 1).all(), "the incumbent is remembered, once"


def random_networks(agents: int) -> Networks:
    networks = Networks(agents, generator())
    for parameter in networks.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator(4))
    return networks.requires_grad_(False)


def test_an_agent_that_has_learned_nothing_follows_the_trusting_expert() -> None:
    shown = after(9).of_agents(1)
    judged = Networks(1, generator())(shown)
    assert (judged.values(0.95).argmax(2) == shown.share.argmax(2)).all()
    torch.testing.assert_close(judged.mean, shown.mean)


def test_order_means_nothing_to_an_agent() -> None:
    networks, shown = random_networks(1), after(12).of_agents(1)
    judged = networks(shown)
    order, remembered = torch.randperm(PRESENTED), torch.randperm(12)
    moved = replace(
        shown,
        candidates=shown.candidates[:, :, order],
        likeness=shown.likeness[:, :, order],
        mean=shown.mean[..., order],
        deviation=shown.deviation[..., order],
        share=shown.share[..., order],
    )
    memory, likeness = moved.memory.clone(), moved.likeness.clone()
    memory[:, :, :12], likeness[..., :12] = (
        memory[:, :, remembered],
        likeness[..., remembered],
    )
    other = networks(replace(moved, memory=memory, likeness=likeness))
    for one, two in (
        (judged.values(0.95)[..., order], other.values(0.95)),
        (judged.improvement(shown.margin)[..., order], other.improvement(shown.margin)),
    ):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(judged.values(0.95), other.values(0.95))


def test_agents_side_by_side_do_not_see_each_other() -> None:
    networks, shown = random_networks(2), after(12).of_agents(2)
    together = networks(shown).values(0.95)
    for agent in range(2):
        alone = Networks(1, generator())
        alone.load_state_dict(
            {name: one[agent : agent + 1] for name, one in networks.state_dict().items()}
        )
        own = shown.map(lambda values, agent=agent: values[agent : agent + 1])
        torch.testing.assert_close(alone(own).values(0.95), together[agent : agent + 1])


def test_likelihoods_are_those_of_a_mixture_of_normals() -> None:
    shown = after(12).of_agents(1)
    judged = random_networks(1)(shown)
    accuracies = torch.randn(1, 2, PRESENTED, generator=generator(8))
    normal = torch.distributions.Normal(judged.mean, judged.deviation)
    densities = normal.log_prob(accuracies[:, :, None]).exp()
    weights = judged.log_weights.exp()
    torch.testing.assert_close(weights.sum(2), torch.ones(1, 2))
    expected = (densities * weights[..., None]).sum(2).log() + 0.5 * np.log(2 * np.pi)
    torch.testing.assert_close(judged.log_likelihood(accuracies), expected, atol=1e-4, rtol=1e-4)


def test_replay_adds_up_rewards_until_the_estimate() -> None:
    place = environment([table(0), table(1)], per_agent=3)
    steps = walked(place, budget=9, queries=8)
    replay = Replay(2, 64, generator())
    replay.add_episode(steps, 0.9, 3)
    assert replay.size == 7 * 3
    slots, weights = replay.sample(500)
    rows, following = replay.rows(slots), replay.rows(replay.rows(slots)["following"])
    assert weights.max() == 1
    seen = set()
    for agent in range(2):
        for column in range(0, 500, 9):
            index, lane = divmod(int(slots[agent, column]), 3)
            seen.add(index)
            until = min(index + 3, 6)
            own = agent * 3 + lane
            expected = sum(
                0.9**k * float(steps[index + k].rewards[own]) for k in range(until - index)
            )
            assert float(rows["return"][agent, column]) == pytest.approx(expected, abs=1e-6)
            assert float(rows["discount"][agent, column]) == pytest.approx(0.9 ** (until - index))
            torch.testing.assert_close(
                following["candidates"][agent, column], steps[until].shown.candidates[own]
            )
            torch.testing.assert_close(
                rows["gains"][agent, column], steps[index].answers.gains[own]
            )
    assert seen == set(range(6)), "the last step has nothing after it"


def test_replay_prefers_large_errors() -> None:
    place = environment([table(0)], per_agent=2)
    steps = walked(place, budget=9, queries=9)
    replay = Replay(1, 64, generator())
    replay.add_episode(steps, 0.9, 1)
    slots = torch.arange(14)[None]
    errors = torch.zeros(1, 14)
    errors[0, 5] = 10
    replay.update(slots, errors)
    found, weights = replay.sample(2_000)
    wanted = 10.02**0.6 / (10.02**0.6 + 13 * 0.02**0.6)
    assert float((found == 5).double().mean()) == pytest.approx(wanted, abs=0.04)
    assert weights[found == 5].max() < weights[found != 5].min()


def test_the_gymnasium_face_shows_the_environment() -> None:
    face = InContextVectorEnv(table(0), num_envs=4, budget=6, pool=POOL, seed=5)
    shown, _ = face.reset(seed=7)
    assert face.observation_space.contains(shown)
    again, _ = face.reset(seed=7)
    for name, values in shown.items():
        np.testing.assert_array_equal(again[name], values)
    total = np.zeros(4)
    for step in range(5):
        actions = shown["action_mask"].argmax(axis=1)
        shown, rewards, terminated, truncated, info = face.step(actions)
        assert face.observation_space.contains(shown)
        assert (rewards >= 0).all()
        assert not truncated.any()
        assert (terminated == (step == 4)).all()
        assert ("final_obs" in info) == (step == 4)
        total += rewards
    assert total.max() > 0
