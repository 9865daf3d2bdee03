"""What the agent is shown of a search: K presented candidates, and its memory as tokens.

Nothing depends on the unit, the origin or the range of accuracies, nor on the space: tokens speak
of beliefs, of ratings by the sources and of likeness. So one network serves all spaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import log1p

import torch
from torch import Tensor

from naslib_incremental.optimizers.in_context.experts import EXPERTS, Beliefs, Experts
from naslib_incremental.optimizers.source_prior import DESCRIPTOR_WIDTH

BY_TRUST, BY_ALL, BY_CHANCE = 16, 10, 6
"""Presented: best by the trusting expert's improvement, by that of all experts, and by chance."""

PRESENTED = BY_TRUST + BY_ALL + BY_CHANCE
"""K, presented candidates."""

MEMORY = 32
"""M, most queries remembered one by one: the best half and the latest half."""

WEIGHTS = (0.7, 0.2, 0.1)
"""Of the experts, where improvements by all of them are wanted in one number."""

CANDIDATE_FEATURES = 4 * EXPERTS + 6
MEMORY_FEATURES = 9 + 2 * EXPERTS + EXPERTS - 1
CONTEXT_FEATURES = 6 + 5 * EXPERTS

LEAST_IMPROVEMENT, LEAST_SHARE = 1e-6, 1e-4
LONGEST = 100
"""Queries after which time stands still for the agent: it was trained on no longer searches."""

FORGETTING = 0.9


@dataclass(frozen=True)
class Observation:
    """[B] searches as the agent sees them; any number of leading dimensions may stand before B.

    Attributes:
        places: [B, K] of the presented candidates in the pool.
        open: [B, K] True where one can be queried.
        candidates: [B, K, CANDIDATE_FEATURES].
        memory: [B, M, MEMORY_FEATURES], zero beyond ``filled``.
        likeness: [B, K, M] of candidates and memory, 0..1.
        filled: [B] how much of the memory is there.
        context: [B, CONTEXT_FEATURES] of the search as a whole.
        mean: [B, X, K] relative to the incumbent.
        deviation: [B, X, K].
        margin: [B, X].
        share: [B, K] the trusting expert's improvement over its largest.
    """

    places: Tensor
    open: Tensor
    candidates: Tensor
    memory: Tensor
    likeness: Tensor
    filled: Tensor
    context: Tensor
    mean: Tensor
    deviation: Tensor
    margin: Tensor
    share: Tensor

    def map(self, change: Callable[[Tensor], Tensor]) -> Observation:
        """The same change made to every tensor."""
        return Observation(**{name: change(value) for name, value in self.columns().items()})

    def columns(self) -> dict[str, Tensor]:
        """The tensors by name."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    def of_agents(self, agents: int) -> Observation:
        """[A, B / A] of [B], the searches of an agent being neighbours."""
        return self.map(lambda values: values.view(agents, -1, *values.shape[1:]))


@dataclass(frozen=True)
class Wanted:
    """How much experts want E searches' P candidates.

    Attributes:
        largest: [E, X] improvement of what is open.
        shares: [E, X, P] improvements over it.
        mixed: [E, P] 0..1 the shares of all experts in one number.
    """

    largest: Tensor
    shares: Tensor
    mixed: Tensor

    @classmethod
    def of(cls, beliefs: Beliefs, closed: Tensor) -> Wanted:
        """By beliefs, where [E, P] ``closed`` is False."""
        largest = beliefs.improvement.masked_fill(closed[:, None], 0).amax(2)
        shares = beliefs.improvement / (largest[..., None] + 1e-12)
        mixed = (shares * shares.new_tensor(WEIGHTS)[:, None]).sum(1)
        return cls(largest, shares, mixed)


def observe(
    experts: Experts, beliefs: Beliefs, wanted: Wanted, closed: Tensor, by_chance: Tensor
) -> Observation:
    """Present candidates of E searches.

    Args:
        experts: after at least one query.
        beliefs: theirs.
        wanted: by these beliefs.
        closed: [E, P] True where a candidate cannot be queried.
        by_chance: [E, BY_CHANCE] places of candidates to present whatever is believed of them.
    """
    shares = wanted.shares
    places = _presented(beliefs, wanted.mixed, closed, by_chance)
    return Observation(
        places,
        ~closed.gather(1, places),
        *_tokens(experts, beliefs, shares, places),
        _context(experts, beliefs, wanted.largest),
        _at(beliefs.mean, places) - beliefs.best[:, None, None],
        _at(beliefs.deviation, places),
        beliefs.margin,
        _at(shares, places)[:, 0],
    )


def _presented(beliefs: Beliefs, mixed: Tensor, closed: Tensor, by_chance: Tensor) -> Tensor:
    trusted = beliefs.improvement[:, 0].masked_fill(closed, -1)
    first = trusted.topk(BY_TRUST, dim=1).indices
    rest = mixed.masked_fill(closed, -1).scatter(1, first, -1)
    return torch.cat([first, rest.topk(BY_ALL, dim=1).indices, by_chance], 1)


def _tokens(
    experts: Experts, beliefs: Beliefs, shares: Tensor, places: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Candidates, memory, likeness and how much of the memory is filled."""
    rows = torch.arange(len(places), device=places.device)
    incumbent = experts.queried[rows, beliefs.targets.argmax(1)][:, None]
    described = experts.described[rows[:, None], places]
    believed = [
        (_at(beliefs.mean, places) - beliefs.best[:, None, None]).clamp(-5, 3),
        _at(beliefs.deviation, places).log(),
        (_at(beliefs.improvement, places) + LEAST_IMPROVEMENT).log() / 4,
        (_at(shares, places) + LEAST_SHARE).log() / 4,
    ]
    rated = experts.statistics[rows[:, None], places] / 2
    alike = likeness(described, incumbent)
    candidates = torch.cat([torch.cat(believed, 1).mT, rated, alike], 2)
    chosen = _remembered(beliefs.targets)
    queried = experts.queried[rows[:, None], chosen]
    memory = _memory_tokens(experts, beliefs, chosen, likeness(queried, incumbent))
    empty = MEMORY - chosen.shape[1]
    filled = torch.full_like(rows, chosen.shape[1])
    between = torch.nn.functional.pad(likeness(described, queried), (0, empty))
    return candidates, torch.nn.functional.pad(memory, (0, 0, 0, empty)), between, filled


def _remembered(targets: Tensor) -> Tensor:
    """[E, m] which queries are remembered one by one."""
    searches, count = targets.shape
    latest = torch.arange(count, device=targets.device).expand(searches, -1)
    if count <= MEMORY:
        return latest
    best = targets.argsort(dim=1, descending=True, stable=True)[:, : MEMORY // 2]
    return torch.cat([best, latest[:, -MEMORY // 2 :]], 1)


def _memory_tokens(experts: Experts, beliefs: Beliefs, chosen: Tensor, alike: Tensor) -> Tensor:
    rows = torch.arange(len(chosen), device=chosen.device)[:, None]
    below = (beliefs.targets.gather(1, chosen) - beliefs.best[:, None])[..., None]
    surprises = _at(beliefs.surprises, chosen).mT
    gains = _at(_gains(beliefs), chosen)[:, 1:].mT
    age = (experts.count - chosen).log1p()[..., None] / 4
    parts = [
        below.clamp(-5, 0),
        (below >= 0).float(),
        experts.queried_statistics[rows, chosen] / 2,
        surprises.clamp(-4, 4) / 2,
        surprises.abs().clamp_max(4) / 2,
        gains.clamp(-3, 3),
        age,
        alike,
    ]
    return torch.cat(parts, 2)


def _context(experts: Experts, beliefs: Beliefs, largest: Tensor) -> Tensor:
    count, targets = min(experts.count, LONGEST), beliefs.targets
    standard = experts.queried_statistics[:, : experts.count, 0]
    one = targets.new_ones(len(targets), 1)
    gains = _gains(beliefs)
    ages = torch.arange(experts.count, device=targets.device).flip(0)
    weights = FORGETTING**ages
    columns = [
        one * log1p(count) / 4,
        one * count / LONGEST,
        _agreement(standard, targets)[:, None],
        beliefs.best[:, None] / 2,
        standard.mean(1, keepdim=True) / 2,
        standard.amax(1, keepdim=True) / 2,
        (gains.sum(2) / 4).clamp(-3, 3),
        ((gains * weights).sum(2) / weights.sum()).clamp(-2, 2),
        beliefs.scale.log(),
        beliefs.surprises.square().mean(2).clamp_max(4),
        (largest + LEAST_IMPROVEMENT).log() / 4,
    ]
    return torch.cat(columns, 1)


def _gains(beliefs: Beliefs) -> Tensor:
    """[E, X, t] how much better each expert foresaw each answer than the trusting one did."""
    return beliefs.log_likelihoods - beliefs.log_likelihoods[:, :1]


def _agreement(one: Tensor, other: Tensor) -> Tensor:
    """[E] a correlation of [E, t] values that is 0 where there is nothing to correlate."""
    centred = [values - values.mean(1, keepdim=True) for values in (one, other)]
    deviations = [values.square().mean(1).sqrt() for values in centred]
    product = (centred[0] * centred[1]).mean(1)
    return product / (deviations[0] * deviations[1] + 0.1)


def likeness(one: Tensor, other: Tensor) -> Tensor:
    """[E, K, M] of [E, K, C] and [E, M, C] descriptors: 1 for equal ones."""
    squares = torch.cdist(one, other).square()
    return (-squares / DESCRIPTOR_WIDTH).exp()


def _at(values: Tensor, places: Tensor) -> Tensor:
    """[E, X, K] of [E, X, P] at [E, K]."""
    return values.gather(2, places[:, None].expand(-1, values.shape[1], -1))
