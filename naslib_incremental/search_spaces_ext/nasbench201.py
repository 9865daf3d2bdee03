"""NAS-Bench-201, the topology space of NATS-Bench: 15,625 cells (Dong and Yang 2020).

By the benchmark's own rule 6,466 of them compute different things.
"""

from __future__ import annotations

import re

from naslib_incremental.search_spaces_ext.edge_cells import (
    EDGES,
    CanonicalEdgeCellSpace,
    EdgeCellSpace,
)

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")

_EDGE = re.compile(r"(\w+)~([0-2])")


class NASBench201Space(EdgeCellSpace):
    """Every cell is a state; a neighbour has another operation on one edge, 24 each.

    Sampler ``uniform``: as NAS-Bench-201's own random search.
    """

    name = "nasbench201"
    version = 1
    operations = OPERATIONS

    def to_name(self, operations: list[int]) -> str:
        """E.g. ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...~0|...~1|...~2|``."""
        parts: dict[int, str] = {}
        for (target, source), operation in zip(EDGES, operations, strict=True):
            parts[target] = f"{parts.get(target, '')}|{OPERATIONS[operation]}~{source}"
        return "+".join(f"{part}|" for part in parts.values())

    def from_name(self, text: str) -> list[int]:  # noqa: D102
        found = _EDGE.findall(text)
        unknown = sorted({name for name, _ in found} - {*OPERATIONS})
        if unknown:
            raise ValueError(f"give operations of {', '.join(OPERATIONS)}, not {unknown[0]}")
        operations = [OPERATIONS.index(name) for name, _ in found]
        if len(operations) != len(EDGES) or self.to_name(operations) != text:
            raise ValueError("give six edges, |op~0|+|op~0|op~1|+|op~0|op~1|op~2|")
        return operations


class NASBench201CanonicalSpace(CanonicalEdgeCellSpace, NASBench201Space):
    """The paper's edits with operations on nodes: neighbours up to isomorphism."""

    name = "nasbench201_canonical"
