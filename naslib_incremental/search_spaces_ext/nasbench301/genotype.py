"""DARTS architectures as others write them: ``Genotype``, NASLib's compact form, 56 features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301.kernels import (
    INPUTS,
    NODES,
    pack_cells,
    pair_number,
    record_shift,
    unpack_cells,
)

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
CONCAT = (2, 3, 4, 5)

FEATURES = 56
INACTIVE = -1.0
# The training settings that all models of NAS-Bench-301 were trained with; every other feature
# that does not tell of the architecture is 0.
SETTINGS = {
    0: 0.5863451791322553,
    4: 0.16666444442962952,
    5: 0.3099999239999697,
    14: 0.003149999006299998,
    21: 0.000749999001499998,
    24: np.log(0.025),
    25: 0.8988764044943821,
    26: np.log(0.0003),
    27: 0.009949999019899998,
    28: 1e-12,
    31: 0.7051278400653053,
}
# The benchmark sorts its features by name: edges 10-13 stand before 2-9.
_SORTED_EDGES = (10, 11, 12, 13, 2, 3, 4, 5, 6, 7, 8, 9)
EDGE_COLUMNS = np.empty((2, 14), np.int64)
"""[cell, edge] column of the operation on an edge; edge = FIRST_EDGE[node] + input."""
EDGE_COLUMNS[:, :2] = [[10, 11], [12, 13]]
EDGE_COLUMNS[:, _SORTED_EDGES] = [np.arange(32, 44), np.arange(44, 56)]
PAIR_COLUMNS = np.array([[-1, 15, 16, 17], [-1, 18, 19, 20]])
"""[cell, node] column of the pair of inputs; node 0 has only one pair."""
FIRST_EDGE = np.array([0, 2, 5, 9])

Compact = Sequence[Sequence[tuple[int, int]]]


class Genotype(NamedTuple):
    """The form of DARTS: eight (operation, input) to a cell, two to a node, and what is joined."""

    normal: list[tuple[str, int]]
    normal_concat: list[int]
    reduce: list[tuple[str, int]]
    reduce_concat: list[int]


def to_compact(architecture: Architectures) -> tuple[tuple[tuple[int, int], ...], ...]:
    """NASLib's (normal, reduction) of one architecture, eight (input, operation) to a cell."""
    inputs, operations = unpack_cells(np.asarray(architecture, np.uint64))
    return tuple(
        tuple((int(source), int(operation)) for source, operation in zip(*cell, strict=True))
        for cell in zip(inputs, operations, strict=True)
    )


def from_compact(compacts: Sequence[Compact]) -> Architectures:
    """[K, 2] architectures of K of NASLib's compact forms, the order of the nodes as given.

    Raises:
        UserError: one of them is no DARTS architecture.
    """
    try:
        edges = np.array(compacts).reshape(-1, 2, 8, 2)
        if edges.dtype.kind not in "iu" or len(edges) != len(compacts):
            raise ValueError("give whole numbers")
    except (OverflowError, TypeError, ValueError) as error:
        raise _foreign("two cells of eight (input, operation)", compacts, str(error)) from error
    cells = edges.reshape(-1, 8, 2).astype(np.int64)
    words = pack_cells(cells[..., 0], cells[..., 1]).reshape(-1, 2)
    wrong = np.flatnonzero((words == 0).any(axis=1))
    if len(wrong):
        reason = "two different inputs of 0..k+1 for node k, and operations of 0..6"
        raise _foreign(reason, compacts[int(wrong[0])], f"give {reason}")
    return words


def to_genotype(architecture: Architectures) -> Genotype:
    """The DARTS genotype of one architecture."""
    normal, reduction = (
        [(OPERATIONS[operation], source) for source, operation in cell]
        for cell in to_compact(architecture)
    )
    return Genotype(normal, list(CONCAT), reduction, list(CONCAT))


def from_genotype(genotype: Any) -> Architectures:
    """[2] architecture of a DARTS genotype of whatever package: anything with its four fields.

    Raises:
        UserError: it is no DARTS architecture with all four nodes joined.
    """
    try:
        cells = [genotype.normal, genotype.reduce]
        concats = [sorted(genotype.normal_concat), sorted(genotype.reduce_concat)]
        compact = [
            [(source, OPERATIONS.index(operation)) for operation, source in cell] for cell in cells
        ]
        if concats != [[*CONCAT], [*CONCAT]]:
            raise ValueError("concat is not 2, 3, 4, 5")
    except (AttributeError, TypeError, ValueError) as error:
        known = ", ".join(OPERATIONS)
        reason = f"eight (operation, input) to a cell, concat 2..5, operations of {known}"
        raise _foreign(reason, genotype, str(error)) from error
    architecture: Architectures = from_compact([compact])[0]
    return architecture


def _foreign(expected: str, given: Any, action: str) -> UserError:
    shown = " ".join(repr(given).split())
    return UserError(
        f"a DARTS architecture: {expected}",
        shown if len(shown) <= 300 else f"{shown[:300]}...",
        " ".join(action.split()),
    )


_SETTINGS_ROW = np.zeros(FEATURES, np.float32)
_SETTINGS_ROW[list(SETTINGS)] = list(SETTINGS.values())


@numba.njit(cache=True)
def to_features(architectures: NDArray[np.uint64]) -> NDArray[np.float32]:
    """[K, 56] the official surrogates' features of [K, 2] architectures; inactive ones are -1."""
    features = np.empty((len(architectures), FEATURES), np.float32)
    for row in range(len(architectures)):
        features[row] = _SETTINGS_ROW
        for cell in range(2):
            for edge in range(14):
                features[row, EDGE_COLUMNS[cell, edge]] = INACTIVE
            word = np.int64(architectures[row, cell])
            for node in range(NODES):
                record = word >> record_shift(node)
                lower = record >> 9 & 7
                higher = record >> 3 & 7
                first = FIRST_EDGE[node]
                features[row, EDGE_COLUMNS[cell, first + lower]] = record >> 6 & 7
                features[row, EDGE_COLUMNS[cell, first + higher]] = record & 7
                if node:
                    number = pair_number(node, lower, higher)
                    features[row, PAIR_COLUMNS[cell, node]] = number
    return features


def from_features(features: NDArray[Any]) -> Architectures:
    """[K, 2] architectures of [K, 56] features of the official surrogates.

    Raises:
        UserError: a row is not what ``to_features`` gives of any architecture.
    """
    digits = np.nan_to_num(features, nan=INACTIVE).astype(np.int64)
    words = np.empty((len(digits), 2), np.uint64)
    for cell in range(2):
        inputs = np.zeros((len(digits), 2 * NODES), np.int64)
        operations = np.zeros_like(inputs)
        for node, first in enumerate(FIRST_EDGE.tolist()):
            edges = digits[:, EDGE_COLUMNS[cell, first : first + node + INPUTS]]
            # The active edges first, in their order.
            active = np.argsort(edges < 0, axis=1, kind="stable")[:, :2]
            inputs[:, 2 * node : 2 * node + 2] = active
            operations[:, 2 * node : 2 * node + 2] = np.take_along_axis(edges, active, axis=1)
        words[:, cell] = pack_cells(inputs, operations)
    wrong = (words == 0).any(axis=1)
    wrong |= np.any(to_features(words) != np.asarray(features, np.float32), axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise _foreign("56 features of the official surrogates", features[row].tolist(), "encode")
    return words
