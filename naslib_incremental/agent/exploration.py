"""Exploration of Ape-X: every lane has its own epsilon (paper, section 4; Horgan et al. 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def epsilon_ladder(lanes: int, base: float, exponent: float) -> NDArray[np.float64]:
    """[L] epsilon_i = base^(1 + exponent * i / (L - 1)): from bold to nearly greedy."""
    share = np.arange(lanes) / max(lanes - 1, 1)
    return np.asarray(base ** (1 + exponent * share))


def choose(
    q_values: NDArray[np.float32],
    mask: NDArray[np.bool_],
    epsilons: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """[L] greedy actions, or with probability epsilon one drawn uniformly from the mask.

    Args:
        q_values: [L, N+1], masked.
        mask: [L, N+1]; allowed slots come first.
        epsilons: [L].
        rng: source of the draws.
    """
    greedy = q_values.argmax(axis=1)
    drawn = (rng.random(len(mask)) * mask.sum(axis=1)).astype(np.int64)
    return np.asarray(np.where(rng.random(len(mask)) < epsilons, drawn, greedy))


def boltzmann(
    q_values: NDArray[np.float32],
    mask: NDArray[np.bool_],
    temperature: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """[L] actions drawn with probability proportional to exp(Q / temperature); greedy at 0.

    Drawn by the Gumbel-max trick: the largest of Q / temperature plus Gumbel noise.
    """
    if temperature == 0:
        return np.asarray(q_values.argmax(axis=1))
    noise = rng.gumbel(size=q_values.shape)
    return np.asarray(np.where(mask, q_values / temperature + noise, -np.inf).argmax(axis=1))
