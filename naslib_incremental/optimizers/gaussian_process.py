"""Exact Gaussian processes of E searches side by side, over candidates that may be replaced.

A process is kept as the inverse of the Cholesky factor of its queries' covariance, and that inverse
times the covariance of queries and candidates. A query costs one more row of both; means and
variances of all candidates are sums over rows (Rasmussen and Williams 2006, algorithm 2.1).
Inverses make everything a batched product, which is fast; the noise of answers keeps them
well-conditioned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

SCALE_WEIGHT, SCALE_GUESS = 4.0, 0.6
"""Prior of the scale: worth so many queries, of standardised accuracies of that deviation."""

LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class Points:
    """[E, K] architectures as Gaussian processes see them.

    Attributes:
        mean: [E, K] prior mean.
        linear: [E, K, L] whose products are one part of the covariance.
        radial: one [E, K, F] for each radial part, divided by its length scale.
        squares: [E, K] squared lengths of each of ``radial``.
    """

    mean: Tensor
    linear: Tensor
    radial: tuple[Tensor, ...]
    squares: tuple[Tensor, ...]

    @classmethod
    def of(cls, mean: Tensor, linear: Tensor, *radial: Tensor) -> Points:
        """Points, their squares computed."""
        return cls(mean, linear, radial, tuple(one.square().sum(2) for one in radial))

    def map(self, change: Callable[[Tensor], Tensor]) -> Points:
        """The same change made to every tensor."""
        radial, squares = (tuple(map(change, one)) for one in (self.radial, self.squares))
        return Points(change(self.mean), change(self.linear), radial, squares)

    def at(self, places: Tensor) -> Points:
        """[E, k] of them, ``places`` being [E, k]."""
        return self.map(lambda values: values.gather(1, _places_in(values, places)))

    def put(self, places: Tensor, points: Points) -> None:
        """Set [E, k] of them, ``places`` being [E, k]."""
        for values, new in zip(self._tensors, points._tensors, strict=True):
            values.scatter_(1, _places_in(values, places), new)

    @property
    def _tensors(self) -> tuple[Tensor, ...]:
        return (self.mean, self.linear, *self.radial, *self.squares)


def _places_in(values: Tensor, places: Tensor) -> Tensor:
    return places if values.ndim == 2 else places[:, :, None].expand(-1, -1, values.shape[2])


@dataclass(frozen=True)
class Kernel:
    """k(x, x') = linear . linear' + the sum over radial parts of height exp(-|radial - radial'|^2).

    Attributes:
        heights: of each radial part.
        noise: variance of an answer.
    """

    heights: Sequence[float]
    noise: float

    def covariance(self, one: Points, other: Points) -> Tensor:
        """[E, K, M] between [E, K] and [E, M] points."""
        total = one.linear @ other.linear.mT
        for part, height in enumerate(self.heights):
            squares, (here, there) = one.squares[part], (one.radial[part], other.radial[part])
            exponent = torch.baddbmm(squares[:, :, None], here, there.mT, beta=-1, alpha=2)
            exponent -= other.squares[part][:, None]
            total.add_(exponent.clamp_max_(0).exp_(), alpha=height)
        return total

    def variance(self, points: Points) -> Tensor:
        """[E, K] prior variances."""
        return points.linear.square().sum(2) + sum(self.heights)


@dataclass(frozen=True)
class Posterior:
    """What is believed of [E, K] candidates, in units of the targets.

    Attributes:
        mean: [E, K].
        deviation: [E, K] without the noise of an answer.
        scale: [E] targets times this are what the prior speaks of.
    """

    mean: Tensor
    deviation: Tensor
    scale: Tensor


class GaussianProcess:
    """Posteriors over [E, P] candidates after t queries of each search.

    Args:
        kernel: covariance and noise.
        candidates: [E, P].
        most: T, most queries.

    Attributes:
        candidates: [E, P] as they are now.
        count: t, queries so far.
    """

    def __init__(self, kernel: Kernel, candidates: Points, most: int) -> None:
        searches, size = candidates.mean.shape
        self.candidates = candidates.map(Tensor.clone)
        self.count = 0
        self._kernel = kernel
        self._queried = candidates.map(
            lambda values: values.new_zeros(searches, most, *values.shape[2:])
        )
        # With C the covariance of the queries, L its Cholesky factor and K the covariance of
        # queries and candidates: the inverse of L [E, T, T], and inverse(L) K [E, T, P].
        self._whiten = torch.zeros(searches, most, most)
        self._rows = torch.zeros(searches, most, size)
        self._variance = kernel.variance(candidates)

    def observe(self, places: Tensor) -> None:
        """Query one candidate of each search; ``places`` is [E]."""
        t, places = self.count, places[:, None]
        point = self.candidates.at(places)
        known = self._rows[:, :t].gather(2, places[:, None].expand(-1, t, 1)).mT
        variance = self._kernel.variance(point)[:, :, None] + self._kernel.noise
        pivot = (variance - known @ known.mT).clamp_min(LEAST_VARIANCE).sqrt()
        row = self._kernel.covariance(point, self.candidates) - known @ self._rows[:, :t]
        row /= pivot
        self._rows[:, t, None] = row
        self._whiten[:, t, None, :t] = -known @ self._whiten[:, :t, :t] / pivot
        self._whiten[:, t, t, None] = 1 / pivot[:, 0]
        self._variance.addcmul_(row[:, 0], row[:, 0], value=-1)
        self._queried.put(torch.full_like(places, t), point)
        self.count += 1

    def replace(self, places: Tensor, points: Points) -> None:
        """Put [E, k] new candidates in the ``places``, [E, k], of old ones."""
        t = self.count
        queried = self._queried.map(lambda values: values[:, :t])
        rows = self._whiten[:, :t, :t] @ self._kernel.covariance(queried, points)
        variance = self._kernel.variance(points) - rows.square().sum(1)
        self.candidates.put(places, points)
        self._rows[:, :t].scatter_(2, places[:, None].expand(-1, t, -1), rows)
        self._variance.scatter_(1, places, variance)

    def posterior(self, targets: Tensor) -> Posterior:
        """What is believed after answers of [E, t] ``targets``, with the most likely scale."""
        t = self.count
        sides = torch.stack([targets, self._queried.mean[:, :t]], 2)
        white, means = (self._whiten[:, :t, :t] @ sides).unbind(2)
        scale = likely_scale(white, means)[:, None]
        residual = scale * white - means
        mean = self.candidates.mean + (residual[:, None] @ self._rows[:, :t])[:, 0]
        deviation = self._variance.clamp_min(LEAST_VARIANCE).sqrt()
        return Posterior(mean / scale, deviation / scale, scale[:, 0])


def likely_scale(targets: Tensor, means: Tensor) -> Tensor:
    """[E] the scale s that makes ``s * targets`` most likely, in closed form.

    The likelihood is ``s^t exp(-|s targets - means|^2 / 2)``; that of the prior is of the same
    form, ``s^n exp(-n (s / s0)^2 / 2)`` with n = ``SCALE_WEIGHT`` and s0 = ``SCALE_GUESS``.

    Args:
        targets: [E, t] targets, whitened.
        means: [E, t] prior means, whitened.
    """
    square = targets.square().sum(1) + SCALE_WEIGHT / SCALE_GUESS**2
    product = (targets * means).sum(1)
    count = targets.shape[1] + SCALE_WEIGHT
    return (product + (product.square() + 4 * square * count).sqrt()) / (2 * square)
