"""Which of the presented slots are computed: all, or only those that hold an architecture."""

from __future__ import annotations

import torch
from torch import Tensor

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
