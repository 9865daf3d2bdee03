"""Networks of A agents side by side: candidates attend to the memory; two heads judge them.

The first head is a distribution of each candidate's accuracy, a mixture of the experts' beliefs
with a bounded correction; the second is the duelling action value, what a query improves at once
and what the search will still find after it. At the beginning all corrections are zero, so that
an agent that has learned nothing chooses as the trusting expert's expected improvement does.

Sources: Nguyen and Grover (2022), Transformer Neural Processes; Maraval et al. (2023), End-to-end
meta-Bayesian optimisation with transformer neural processes; Wang et al. (2016), duelling networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from naslib_incremental.optimizers.acquisition import expected_improvement
from naslib_incremental.optimizers.in_context.experts import EXPERTS
from naslib_incremental.optimizers.in_context.observation import (
    CANDIDATE_FEATURES,
    CONTEXT_FEATURES,
    LEAST_SHARE,
    MEMORY_FEATURES,
    WEIGHTS,
    Observation,
)

WIDTH, HEADS, HIDDEN = 32, 4, 48

BOUND = 1.2
"""Most that a learned correction adds to the logarithm of what a query improves."""

FUTURE_BOUND = 0.1
"""Most that candidates of one search differ in what is found after them."""

FIRST_GAIN = -3.0
"""Logarithm of the largest improvement that is expected before anything is learned."""

LIKENESS_WEIGHT = 4.0


class Linear(nn.Module):
    """A linear layer of each of A agents: [A, ..., I] to [A, ..., O].

    Args:
        agents: A.
        inputs: I.
        outputs: O.
        generator: source of the weights; zeros where there is none.
    """

    def __init__(
        self, agents: int, inputs: int, outputs: int, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        bound = 1 / sqrt(inputs)
        weight, bias = torch.zeros(agents, inputs, outputs), torch.zeros(agents, 1, outputs)
        if generator is not None:
            weight.uniform_(-bound, bound, generator=generator)
            bias.uniform_(-bound, bound, generator=generator)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, values: Tensor) -> Tensor:  # noqa: D102
        flat = values.reshape(len(values), -1, values.shape[-1])
        result = torch.baddbmm(self.bias, flat, self.weight)
        return result.view(*values.shape[:-1], -1)


class Perceptron(nn.Module):
    """Two linear layers of each of A agents."""

    def __init__(
        self,
        agents: int,
        widths: tuple[int, int, int],
        generator: torch.Generator,
        zero: bool = False,
    ) -> None:
        super().__init__()
        self.first = Linear(agents, widths[0], widths[1], generator)
        self.second = Linear(agents, widths[1], widths[2], None if zero else generator)

    def forward(self, values: Tensor) -> Tensor:  # noqa: D102
        result: Tensor = self.second(functional.relu(self.first(values)))
        return result


@dataclass(frozen=True)
class Judgement:
    """What A agents think of [A, B, K] candidates.

    Attributes:
        log_weights: [A, B, X] of the experts.
        mean: [A, B, X, K] of the accuracy, relative to the incumbent.
        deviation: [A, B, X, K].
        log_gain: [A, B, K] logarithm of what a query improves at once.
        future: [A, B, K] what the search finds after it.
        corrections: [4, A, B, K] what was learned, each in -1..1.
    """

    log_weights: Tensor
    mean: Tensor
    deviation: Tensor
    log_gain: Tensor
    future: Tensor
    corrections: Tensor

    def values(self, discount: float) -> Tensor:
        """[A, B, K] action values."""
        return self.log_gain.exp() + discount * self.future

    def improvement(self, margin: Tensor) -> Tensor:
        """[A, B, K] expected improvement by the first head, over [A, B, X] margins."""
        mean = self.mean - margin[..., None]
        each = expected_improvement(mean, self.deviation, torch.zeros_like(mean))
        return (each * self.log_weights.exp()[..., None]).sum(2)

    def log_likelihood(self, accuracies: Tensor) -> Tensor:
        """[A, B, K] of accuracies relative to the incumbent, up to a constant."""
        standard = (accuracies[:, :, None] - self.mean) / self.deviation
        each = self.log_weights[..., None] - 0.5 * standard.square() - self.deviation.log()
        return each.logsumexp(2)


class Networks(nn.Module):
    """Judges candidates for A agents.

    Args:
        agents: A.
        generator: source of the weights.
    """

    def __init__(self, agents: int, generator: torch.Generator) -> None:
        super().__init__()
        self.agents = agents
        hidden, seen = HIDDEN, WIDTH + CONTEXT_FEATURES
        self.of_memory = Perceptron(agents, (MEMORY_FEATURES, hidden, WIDTH), generator)
        self.of_candidates = Perceptron(agents, (CANDIDATE_FEATURES, hidden, WIDTH), generator)
        self.of_context = Perceptron(agents, (CONTEXT_FEATURES, WIDTH, 2 * WIDTH), generator)
        self.query = Linear(agents, WIDTH, WIDTH, generator)
        self.key_and_value = Linear(agents, WIDTH, 2 * WIDTH, generator)
        self.out = Linear(agents, WIDTH, WIDTH, generator)
        self.likeness = nn.Parameter(torch.zeros(agents, 1, HEADS, 1, 1))
        self.mix = Perceptron(agents, (3 * WIDTH, 2 * WIDTH, WIDTH), generator)
        self.gate = Perceptron(agents, (seen, WIDTH, EXPERTS), generator, zero=True)
        self.level = Perceptron(agents, (seen, WIDTH, 3), generator, zero=True)
        self.correct = Perceptron(agents, (WIDTH, WIDTH, 4), generator, zero=True)

    def forward(self, shown: Observation) -> Judgement:
        """Judge what [A, B] searches are shown."""
        candidates, pooled = self._attend(shown)
        seen = torch.cat([pooled, shown.context], 2)
        start = candidates.new_tensor([log(weight) for weight in WEIGHTS])
        log_weights = (start + self.gate(seen)).log_softmax(2)
        corrections = self.correct(candidates).tanh().movedim(3, 0)
        shift, widen, gain, after = corrections.unbind(0)
        level, slope, value = self.level(seen)[:, :, None].unbind(3)
        power = 0.75 + 0.25 * slope.tanh()
        log_gain = FIRST_GAIN + level + power * (shown.share + LEAST_SHARE).log() + BOUND * gain
        future = value + FUTURE_BOUND * (after - after.mean(2, keepdim=True))
        mean = shown.mean + shift[:, :, None] * shown.deviation
        deviation = shown.deviation * widen[:, :, None].exp()
        return Judgement(log_weights, mean, deviation, log_gain, future, corrections)

    def _attend(self, shown: Observation) -> tuple[Tensor, Tensor]:
        """[A, B, K, W] of the candidates, and [A, B, W] the mean of the memory."""
        to_memory, to_candidates = self.of_context(shown.context)[:, :, None].chunk(2, 3)
        places = torch.arange(shown.memory.shape[2], device=shown.memory.device)
        empty = places >= shown.filled[..., None]
        memory = functional.relu(self.of_memory(shown.memory) + to_memory)
        there = (~empty)[..., None]
        pooled = (memory * there).sum(2) / shown.filled[..., None].clamp_min(1)
        tokens = functional.relu(self.of_candidates(shown.candidates) + to_candidates)
        query = _heads(self.query(functional.layer_norm(tokens, (WIDTH,))))
        key, value = (_heads(one) for one in self.key_and_value(memory).chunk(2, 3))
        bias = LIKENESS_WEIGHT * self.likeness * shown.likeness[:, :, None]
        bias = bias.masked_fill(empty[:, :, None, None], -torch.inf)
        query, key, value, bias = (one.flatten(0, 1) for one in (query, key, value, bias))
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        tokens = tokens + self.out(found.transpose(1, 2).reshape(tokens.shape))
        mean, most = tokens.mean(2, keepdim=True), tokens.amax(2, keepdim=True)
        both = torch.cat([tokens, mean.expand_as(tokens), most.expand_as(tokens)], 3)
        mixed = self.mix(functional.layer_norm(both, (3 * WIDTH,)))
        return functional.relu(mixed), pooled


def _heads(values: Tensor) -> Tensor:
    """[A, B, H, T, W / H] of [A, B, T, W]."""
    return values.reshape(*values.shape[:3], HEADS, -1).transpose(2, 3)
