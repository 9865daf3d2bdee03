"""What sources say of architectures, and Gaussian processes whose prior listens to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from naslib_incremental.optimizers.gaussian_process import Kernel, Points

DESCRIPTOR_WIDTH = 0.6
"""Squared length scale of the radial part over descriptors."""

NOISE = 0.15
"""Variance of an answer, in units of the prior."""

LEAST_DEVIATION = 1e-6


@dataclass(frozen=True)
class Reference:
    """Moments of the sources' scores over many architectures: E searches, S sources.

    Attributes:
        centre: [E, 1] of the mean over sources.
        deviation: [E, 1] of the mean over sources.
        centres: [E, 1, S] of each source.
        deviations: [E, 1, S] of each source.
        sources: [E, 1, S] 1 for a source that is known, 0 for one that is not.
    """

    centre: Tensor
    deviation: Tensor
    centres: Tensor
    deviations: Tensor
    sources: Tensor

    @classmethod
    def of(cls, scores: Tensor, sources: Tensor | None = None) -> Reference:
        """From [E, R, S] scores; ``sources`` is [E, S], all of them where it is not given."""
        known = scores.new_ones(len(scores), scores.shape[2]) if sources is None else sources
        known = known.to(scores.dtype)[:, None]
        mean = (scores * known).sum(2) / known.sum(2).clamp_min(1)
        return cls(
            mean.mean(1, keepdim=True),
            mean.std(1, keepdim=True, correction=0).clamp_min(LEAST_DEVIATION),
            scores.mean(1, keepdim=True),
            scores.std(1, keepdim=True, correction=0).clamp_min(LEAST_DEVIATION),
            known,
        )


@dataclass(frozen=True)
class Ratings:
    """How S sources rate [E, K] architectures.

    Attributes:
        standard: [E, K] mean over sources, standardised.
        otherwise: [E, K, S] what each says otherwise than the mean, in the mean's deviations.
        alike: [E, K, S] whose squared distances tell how differently architectures are rated.
        statistics: [E, K, 5] standard, highest, lowest, deviation and mean of the sources' own
            standard scores.
    """

    standard: Tensor
    otherwise: Tensor
    alike: Tensor
    statistics: Tensor

    @classmethod
    def of(cls, scores: Tensor, reference: Reference) -> Ratings:
        """From [E, K, S] scores."""
        import torch

        known = reference.sources
        count = known.sum(2).clamp_min(1)
        mean = (scores * known).sum(2) / count
        any_known = (known.sum(2) > 0).to(scores.dtype)
        standard = (mean - reference.centre) / reference.deviation * any_known
        otherwise = (scores - mean[..., None]) / reference.deviation[..., None] * known
        alike = scores / reference.deviations * known / (2 * count[..., None]).sqrt()
        own = (scores - reference.centres) / reference.deviations
        centre = (own * known).sum(2) / count
        spread = ((own - centre[..., None]).square() * known).sum(2) / count
        highest = own.masked_fill(known == 0, -inf).amax(2)
        lowest = own.masked_fill(known == 0, inf).amin(2)
        columns = [standard, highest, lowest, spread.sqrt(), centre]
        statistics = torch.stack(columns, 2).nan_to_num(posinf=0, neginf=0) * any_known[..., None]
        return cls(standard, otherwise, alike, statistics)


@dataclass(frozen=True)
class SourcePrior:
    """A Gaussian process that trusts sources more or less.

    Attributes:
        trust: prior mean of an architecture, in standard deviations of the sources' mean score.
        deviation: standard deviation of a correction of that slope.
        directions: variance of a weight of what one source says otherwise than the mean of all.
        heights: variances of the radial parts over descriptors and over ratings.
    """

    trust: float
    deviation: float
    directions: float
    heights: Sequence[float]

    @property
    def kernel(self) -> Kernel:
        """Of the points that ``points`` makes."""
        from naslib_incremental.optimizers.gaussian_process import Kernel

        return Kernel(self.heights, NOISE)

    def points(self, described: Tensor, ratings: Ratings) -> Points:
        """[E, K] architectures, with [E, K, C] descriptors, as the process sees them."""
        import torch

        from naslib_incremental.optimizers.gaussian_process import Points

        standard = ratings.standard[..., None]
        linear = [torch.ones_like(standard)]
        if self.trust:
            linear += [standard * self.deviation, ratings.otherwise * sqrt(self.directions)]
        radial = (described / sqrt(DESCRIPTOR_WIDTH), ratings.alike)[: len(self.heights)]
        return Points.of(self.trust * ratings.standard, torch.cat(linear, 2), *radial)


TRUSTING = SourcePrior(0.7, 0.5, 0.05, (0.7, 0.2))
"""Of ``gp_source``: the sources are right on the whole."""

WEIGHING = SourcePrior(0.3, 0.5, 0.4, (0.5, 0.4))
"""Some sources are right, and the queries tell which."""

IGNORING = SourcePrior(0.0, 0.0, 0.0, (1.0,))
"""Nothing is known but the descriptors."""
