"""What three Gaussian processes believe of the candidates of a search: the agent's senses.

They differ in how far they trust the sources. Which of them is right is what the agent learns to
see; where it has learned nothing it follows the trusting one, which is ``gp_source``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from naslib_incremental.optimizers.acquisition import (
    MARGIN,
    NOISE_SHARE,
    expected_improvement,
    in_units,
    scale_of,
)
from naslib_incremental.optimizers.gaussian_process import GaussianProcess
from naslib_incremental.optimizers.source_prior import (
    IGNORING,
    NOISE,
    TRUSTING,
    WEIGHING,
    Ratings,
)

PRIORS = (TRUSTING, WEIGHING, IGNORING)
EXPERTS = len(PRIORS)


@dataclass(frozen=True)
class Beliefs:
    """What X experts believe after t queries of each of E searches with P candidates.

    Accuracies are in robust deviations from the median of the search's own queries.

    Attributes:
        targets: [E, t] the answers.
        centre: [E, 1] their median, in the benchmark's unit.
        unit: [E, 1] their robust deviation, in the benchmark's unit.
        mean: [E, X, P].
        deviation: [E, X, P] with a share of the noise of an answer.
        margin: [E, X] how much better than the best an improvement has to be.
        improvement: [E, X, P] expected improvement.
        scale: [E, X] targets times this are what a prior speaks of.
        surprises: [E, X, t] see ``Posterior``.
        log_likelihoods: [E, X, t] see ``Posterior``.
    """

    targets: Tensor
    centre: Tensor
    unit: Tensor
    mean: Tensor
    deviation: Tensor
    margin: Tensor
    improvement: Tensor
    scale: Tensor
    surprises: Tensor
    log_likelihoods: Tensor

    @property
    def best(self) -> Tensor:
        """[E] the incumbent."""
        return self.targets.amax(1)


class Experts:
    """X Gaussian processes over the same candidates.

    Args:
        described: [E, P, C] descriptors of the candidates.
        ratings: how the sources rate them.
        most: most queries.

    Attributes:
        described: as they are now.
        statistics: [E, P, 5] of the ratings, as they are now.
        queried: [E, most, C] descriptors of what was queried.
        queried_statistics: [E, most, 5].
        count: t, queries so far.
    """

    def __init__(self, described: Tensor, ratings: Ratings, most: int) -> None:
        self.processes = [
            GaussianProcess(prior.kernel, prior.points(described, ratings), most)
            for prior in PRIORS
        ]
        self.described, self.statistics = described.clone(), ratings.statistics.clone()
        searches = len(described)
        self.queried = described.new_zeros(searches, most, described.shape[2])
        self.queried_statistics = described.new_zeros(searches, most, self.statistics.shape[2])
        self.count = 0

    def observe(self, places: Tensor) -> None:
        """Query one candidate of each search; ``places`` is [E]."""
        for process in self.processes:
            process.observe(places)
        rows = torch.arange(len(places), device=places.device)
        self.queried[:, self.count] = self.described[rows, places]
        self.queried_statistics[:, self.count] = self.statistics[rows, places]
        self.count += 1

    def replace(self, places: Tensor, described: Tensor, ratings: Ratings) -> None:
        """Put [E, k] new candidates in the ``places``, [E, k], of old ones."""
        for prior, process in zip(PRIORS, self.processes, strict=True):
            process.replace(places, prior.points(described, ratings))
        rows = torch.arange(len(places), device=places.device)[:, None]
        self.described[rows, places] = described
        self.statistics[rows, places] = ratings.statistics

    def beliefs(self, accuracies: Tensor) -> Beliefs:
        """After [E, t] float64 answers, t being at least 1."""
        centre, unit = scale_of(accuracies)
        targets = in_units(accuracies, centre, unit).float()
        found = [process.posterior(targets) for process in self.processes]
        scale = torch.stack([one.scale for one in found], 1)
        mean = torch.stack([one.mean for one in found], 1)
        bare = torch.stack([one.deviation for one in found], 1)
        margin = MARGIN / scale
        noise = sqrt(NOISE_SHARE * NOISE) / scale[..., None]
        deviation = (bare.square() + noise.square()).sqrt()
        best = targets.amax(1)[:, None, None]
        improvement = expected_improvement(mean - margin[..., None], deviation, best)
        return Beliefs(
            targets,
            centre,
            unit,
            mean,
            deviation,
            margin,
            # Rounding can make it negative where it is nothing.
            improvement.clamp_min(0),
            scale,
            torch.stack([one.surprises for one in found], 1),
            torch.stack([one.log_likelihoods for one in found], 1),
        )
