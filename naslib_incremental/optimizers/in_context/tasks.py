"""Thousands of tasks from a few sources: what A agents are trained on.

A task takes one source, a mixture of some, or a random smooth function (wholly or in part) for the
target, and the others, or some of them, for the sources. Only measured architectures are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.source_functions import SourceFunctions, normal_scores
from naslib_incremental.optimizers.source_prior import Ratings, Reference
from naslib_incremental.search_spaces_ext.contract import Architectures

REAL, MIXED, PARTLY_RANDOM, RANDOM = range(4)
SHARES = (0.45, 0.2, 0.25, 0.1)
"""Of tasks: a source as it is, a mixture, a source with a random function, mostly random."""

DROPPED = (0.0, 0.0, 0.3, 0.6)
"""Probabilities that a source is not known, one for a task."""

MOST_MIXED = 3
FOURIER_FEATURES = 64
WIDTHS = (0.5, 1.0, 3.0)
"""Squared length scales of random functions."""

NOISE = 0.05
LEAST_WARP, MOST_WARP = 0.01, 0.8
LANES_AT_ONCE = 128


@dataclass(frozen=True)
class SourceTable:
    """N architectures that were measured on S sources.

    Attributes:
        described: [N, C] descriptors.
        scores: [N, S] denoised standard normal scores.
        normal: [N, S] standard normal scores as measured.
        accuracies: [N, S] float64.
    """

    described: Tensor
    scores: Tensor
    normal: Tensor
    accuracies: Tensor

    @classmethod
    def of(
        cls, functions: SourceFunctions, measured: Architectures, accuracies: Accuracies
    ) -> SourceTable:
        """From what was measured, [N] architectures and their [N, S] accuracies."""
        return cls(
            torch.from_numpy(functions.describe(measured)),
            torch.from_numpy(functions(measured)),
            torch.from_numpy(normal_scores(accuracies)),
            torch.from_numpy(accuracies),
        )


@dataclass(frozen=True)
class SourceTables:
    """Those of A agents, padded to the largest.

    Attributes:
        described: [A, N, C].
        scores: [A, N, S].
        normal: [A, N, S].
        accuracies: [A, N, S].
        architectures: [A, N] True where there is one.
        sources: [A, S] True where there is one.
    """

    described: Tensor
    scores: Tensor
    normal: Tensor
    accuracies: Tensor
    architectures: Tensor
    sources: Tensor

    @classmethod
    def of(cls, tables: Sequence[SourceTable], device: torch.device) -> SourceTables:
        """Put tables side by side on a device."""
        most = max(len(table.scores) for table in tables)
        sources = max(table.scores.shape[1] for table in tables)
        width = max(table.described.shape[1] for table in tables)

        def padded(values: Sequence[Tensor], columns: int) -> Tensor:
            parts = [
                torch.nn.functional.pad(one, (0, columns - one.shape[1], 0, most - len(one)))
                for one in values
            ]
            return torch.stack(parts).to(device)

        return cls(
            padded([table.described for table in tables], width),
            padded([table.scores for table in tables], sources),
            padded([table.normal for table in tables], sources),
            padded([table.accuracies for table in tables], sources),
            padded([torch.ones(len(table.scores), 1) for table in tables], 1)[..., 0] > 0,
            padded([torch.ones(1, table.scores.shape[1]) for table in tables], sources)[:, 0] > 0,
        )

    @property
    def agents(self) -> int:
        """A."""
        return len(self.described)


@dataclass(frozen=True)
class Tasks:
    """[L] searches' worlds, of P candidates each; those of an agent are neighbours.

    Attributes:
        described: [L, P, C].
        ratings: how the sources of each rate its candidates.
        accuracies: [L, P] float64.
        merit: [L, P] minus the decimal logarithm of the share of architectures that are at least as
            good.
    """

    described: Tensor
    ratings: Ratings
    accuracies: Tensor
    merit: Tensor


def draw_tasks(
    tables: SourceTables, per_agent: int, pool: int, generator: torch.Generator, augment: bool
) -> Tasks:
    """New tasks.

    Args:
        tables: of the agents.
        per_agent: tasks of each agent.
        pool: P, at most as many as there are architectures.
        generator: source of all randomness.
        augment: False for sources as they are only.
    """
    device = generator.device
    agent = torch.arange(tables.agents, device=device).repeat_interleave(per_agent)
    there = tables.architectures[agent]
    kind = torch.full_like(agent, REAL)
    if augment:
        shares = torch.tensor(SHARES, device=device)
        kind = torch.multinomial(shares, len(agent), True, generator=generator)
    targets, sources = _roles(tables.sources[agent], kind, generator)
    accuracies = _accuracies(tables, agent, kind, targets, generator)
    accuracies = accuracies.masked_fill(~there, -torch.inf)
    ordered = accuracies.sort(1).values
    as_good = accuracies.shape[1] - torch.searchsorted(ordered, accuracies)
    merit = -(as_good / there.sum(1, keepdim=True)).log10().float()
    scores = tables.scores[agent]
    reference = _reference(scores, sources, there)
    places = _candidates(Ratings.of(scores, reference).standard, there, pool, generator)
    rows = torch.arange(len(agent), device=device)[:, None]
    ratings = Ratings.of(scores[rows, places], reference)
    described = tables.described[agent[:, None], places]
    return Tasks(described, ratings, accuracies[rows, places], merit[rows, places])


def _roles(known: Tensor, kind: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """[L, S] weights of the targets, and [L, S] True for what is told as a source."""
    lanes, device = len(known), known.device
    order = _uniform(known.shape, generator).masked_fill(~known, -1).argsort(1, descending=True)
    count = torch.ones_like(kind)
    several = torch.randint(2, MOST_MIXED + 1, (lanes,), generator=generator, device=device)
    spare = (known.sum(1) - 1).clamp_min(1)
    count = torch.where(kind == MIXED, torch.minimum(several, spare), count)
    rank = torch.empty_like(order).scatter_(
        1, order, torch.arange(known.shape[1], device=device).expand_as(order)
    )
    target = (rank < count[:, None]) & known
    # Exponential numbers over their sum are uniform on the simplex.
    weights = -_uniform(known.shape, generator).clamp_min(1e-6).log() * target
    weights = weights / weights.sum(1, keepdim=True).clamp_min(1e-9)
    rates = torch.tensor(DROPPED, device=device)
    rate = rates[torch.randint(len(DROPPED), (lanes,), generator=generator, device=device)]
    kept = _uniform(known.shape, generator) >= rate[:, None]
    others = known & ~target
    first = others & (rank == count[:, None])
    return weights, (others & kept) | first


def _accuracies(
    tables: SourceTables, agent: Tensor, kind: Tensor, weights: Tensor, generator: torch.Generator
) -> Tensor:
    """[L, N] float64 of the target of each task."""
    source = weights.argmax(1)
    real = tables.accuracies[agent].gather(
        2, source[:, None, None].expand(-1, tables.accuracies.shape[1], 1)
    )[..., 0]
    made = torch.nonzero(kind != REAL)[:, 0]
    for rows in torch.split(made, LANES_AT_ONCE):
        real[rows] = _made(tables, agent[rows], kind[rows], weights[rows], generator).double()
    return real


def _made(
    tables: SourceTables, agent: Tensor, kind: Tensor, weights: Tensor, generator: torch.Generator
) -> Tensor:
    there = tables.architectures[agent]
    mixed = _standard((tables.normal[agent] * weights[:, None]).sum(2), there)
    random = _standard(_random_functions(tables.described[agent], generator), there)
    uniform = _uniform((len(agent), 1), generator)
    share = torch.where(kind[:, None] == RANDOM, 0.3 * uniform, 0.3 + 0.7 * uniform)
    share = torch.where(kind[:, None] == MIXED, 1.0, share)
    made = share * mixed + (1 - share.square()).sqrt() * random
    noise = torch.randn(made.shape, generator=generator, device=made.device)
    warp = LEAST_WARP + (MOST_WARP - LEAST_WARP) * _uniform((len(agent), 1), generator)
    return -(-warp * (made + NOISE * noise)).exp()


def _random_functions(described: Tensor, generator: torch.Generator) -> Tensor:
    """[L, N] samples of Gaussian processes over [L, N, C] descriptors (Rahimi and Recht 2007)."""
    lanes, _, width = described.shape
    device = described.device
    widths = torch.tensor(WIDTHS, device=device)
    chosen = widths[torch.randint(len(WIDTHS), (lanes, 1, 1), generator=generator, device=device)]
    shape = (lanes, width, FOURIER_FEATURES)
    waves = torch.randn(shape, generator=generator, device=device) * (2 / chosen).sqrt()
    phases = 2 * pi * _uniform((lanes, 1, FOURIER_FEATURES), generator)
    shape = (lanes, FOURIER_FEATURES, 1)
    weights = torch.randn(shape, generator=generator, device=device) * sqrt(2 / FOURIER_FEATURES)
    return ((described @ waves + phases).cos() @ weights)[..., 0]


def _standard(values: Tensor, there: Tensor) -> Tensor:
    """[L, N] of mean 0 and deviation 1 over what is there."""
    count = there.sum(1, keepdim=True)
    centred = (values - (values * there).sum(1, keepdim=True) / count) * there
    deviation = (centred.square().sum(1, keepdim=True) / count).sqrt()
    return centred / deviation.clamp_min(1e-6)


def _reference(scores: Tensor, sources: Tensor, there: Tensor) -> Reference:
    """Moments over the architectures that are there, the first ones."""
    if bool(there.all()):
        return Reference.of(scores, sources)
    # Repeating what is there fills the table up; of few architectures it changes nothing.
    count = there.sum(1, keepdim=True)
    places = torch.arange(scores.shape[1], device=scores.device) % count
    rows = torch.arange(len(scores), device=scores.device)[:, None]
    return Reference.of(scores[rows, places], sources)


def _candidates(standard: Tensor, there: Tensor, pool: int, generator: torch.Generator) -> Tensor:
    """[L, P] places: the best half by the sources, the rest by chance."""
    best = standard.masked_fill(~there, -torch.inf).topk(pool // 2, dim=1).indices
    chance = _uniform(standard.shape, generator).masked_fill(~there, -1).scatter(1, best, -1)
    return torch.cat([best, chance.topk(pool - pool // 2, dim=1).indices], 1)


def _uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.rand(tuple(shape), generator=generator, device=generator.device)
