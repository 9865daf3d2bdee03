"""The Q network: an encoder per architecture, a transformer over all presented, a duelling head.

Source: paper, section 4. Layer, head and feed-forward sizes are not given there; ours are defaults.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from naslib_incremental.agent.config import AgentConfig

MASKED = -math.inf
"""Below every value: shaped rewards that are not scaled reach -exp(32) at alpha 32."""
# Where fewer slots are empty, computing them costs less than moving the others.
FULL_ENOUGH = 0.75


def pays(mask: Tensor) -> bool:
    """Whether leaving out the empty slots of a [B, S] mask saves time.

    Not on an accelerator, where a number of rows that depends on the data holds up the host.
    """
    return mask.device.type == "cpu" and int(mask.sum()) < FULL_ENOUGH * mask.numel()


class Packing:
    """The rows of B x S slots laid end to end, all of them or some.

    Args:
        mask: [B, S] bool, True where there is an architecture, as always in the first slot.
        some: whether to leave out the empty slots.

    Attributes:
        first: [B] the row of each first slot.
    """

    def __init__(self, mask: Tensor, some: bool) -> None:
        batch, slots = mask.shape
        self._shape = batch, slots
        self._rows: Tensor | None = None
        self.first = torch.arange(0, batch * slots, slots, device=mask.device)
        if some:
            counts = mask.sum(1)
            self._rows = mask.flatten().nonzero().squeeze(1)
            self.first = counts.cumsum(0) - counts

    def pack(self, slots: Tensor) -> Tensor:
        """[K, ...] rows of [B, S, ...] slots."""
        rows = slots.flatten(0, 1)
        return rows if self._rows is None else rows.index_select(0, self._rows)

    def firsts(self, rows: Tensor) -> Tensor:
        """[B, ...] rows of the first slots."""
        return self.unpack(rows)[:, 0] if self._rows is None else rows.index_select(0, self.first)

    def unpack(self, rows: Tensor) -> Tensor:
        """[B, S, ...] slots of [K, ...] rows, zero where they are empty."""
        if self._rows is not None:
            batch, slots = self._shape
            empty = rows.new_zeros(batch * slots, *rows.shape[1:])
            rows = empty.index_copy(0, self._rows, rows)
        return rows.reshape(*self._shape, *rows.shape[1:])


class Block(nn.Module):
    """A pre-norm transformer block whose queries may be fewer than its keys.

    Args:
        dimensions: T.
        heads: attention heads.
        feed_forward: hidden width of the feed-forward part.
    """

    def __init__(self, dimensions: int, heads: int, feed_forward: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(dimensions)
        self.query = nn.Linear(dimensions, dimensions)
        self.key_value = nn.Linear(dimensions, 2 * dimensions)
        self.mix = nn.Linear(dimensions, dimensions)
        self.norm_feed_forward = nn.LayerNorm(dimensions)
        self.feed_forward = nn.Sequential(
            nn.Linear(dimensions, feed_forward), nn.ReLU(), nn.Linear(feed_forward, dimensions)
        )

    def forward(
        self, tokens: Tensor, packing: Packing, allowed: Tensor, only_first: bool
    ) -> Tensor:
        """[K, T] rows or, with ``only_first``, those of the [B] first slots.

        Args:
            tokens: [K, T] rows.
            packing: of which slots.
            allowed: [B, 1, 1, N+1].
            only_first: whether the others are not needed.
        """
        normed = self.norm_attention(tokens)
        key, value = map(self._split, packing.unpack(self.key_value(normed)).chunk(2, dim=-1))
        if only_first:
            tokens, normed = packing.firsts(tokens), packing.firsts(normed)
            query = self._split(self.query(normed)[:, None])
        else:
            query = self._split(packing.unpack(self.query(normed)))
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        mixed = attended.transpose(1, 2).flatten(2)
        tokens = tokens + self.mix(mixed.squeeze(1) if only_first else packing.pack(mixed))
        widened: Tensor = self.feed_forward(self.norm_feed_forward(tokens))
        return tokens + widened

    def _split(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        return tokens.reshape(batch, count, self.heads, width // self.heads).transpose(1, 2)


class QNetwork(nn.Module):
    """Q values of the N+1 actions, masked inside: the one function used for every purpose.

    Q = V + A - mean of A over the allowed actions (duelling, Wang et al. 2016). With head ``cls``
    V and A come from the first output token; with ``pointer`` each action's advantage comes from
    its own token, so the network is equivariant to the order of the neighbours.

    Args:
        config: sizes and head.
        features: F.
        slots: N+1, the most actions.
    """

    def __init__(self, config: AgentConfig, features: int, slots: int) -> None:
        super().__init__()
        width = config.dimensions
        self.pointer = config.head == "pointer"
        layers: list[nn.Module] = [nn.Linear(features, width)]
        for _ in range(config.encoder_layers - 1):
            layers += [nn.ReLU(), nn.Linear(width, width)]
        self.encoder = nn.Sequential(*layers)
        positions = 1 if self.pointer else slots
        self.position = nn.Parameter(torch.randn(positions, width) / math.sqrt(width))
        self.blocks = nn.ModuleList(
            Block(width, config.attention_heads, config.feed_forward) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.value = _head(width, 1)
        self.advantage = _head(width, 1 if self.pointer else slots)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """[B, N+1] Q values, ``MASKED`` where ``mask`` is False.

        Args:
            features: [B, N+1, F] float.
            mask: [B, N+1] bool.
        """
        # What is evaluated must be the same to the bit whatever else is in the batch; a varying
        # number of rows is multiplied in varying order.
        packing = Packing(mask, some=self.training and pays(mask))
        tokens = self.encoder(packing.pack(features))
        if self.pointer:
            place = self.position.to(tokens.dtype).expand(len(mask), -1)
            tokens = tokens.index_add(0, packing.first, place)
        else:
            places = self.position[: mask.shape[1]].expand(len(mask), -1, -1)
            tokens = tokens + packing.pack(places)
        allowed = mask[:, None, None, :]
        last = len(self.blocks) - 1
        for depth, block in enumerate(self.blocks):
            tokens = block(tokens, packing, allowed, only_first=depth == last and not self.pointer)
        tokens = self.norm(tokens)
        first = packing.firsts(tokens) if self.pointer else tokens
        advantage = self.advantage(tokens)
        if self.pointer:
            advantage = packing.unpack(advantage.squeeze(-1))
        return duel(self.value(first), advantage, mask)


def duel(value: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
    """Masked duelling Q values.

    Args:
        value: [B, 1].
        advantage: [B, N+1] or wider; the columns beyond the mask are dropped.
        mask: [B, N+1] bool.
    """
    advantage = advantage[:, : mask.shape[1]]
    mean = advantage.masked_fill(~mask, 0.0).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    return (value + advantage - mean).masked_fill(~mask, MASKED)


def _head(width: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs))
