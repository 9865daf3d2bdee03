"""The network of YAHPO Gym's surrogate of NAS-Bench-301, batched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.nasbench301.genotype import FIRST_EDGE
from naslib_incremental.search_spaces_ext.nasbench301.kernels import (
    NODES,
    pair_number,
    record_shift,
)

CODES = 34
EDGES = 14
PAIR_NODES = (1, 2, 3, 1, 2, 3)
DEEP, DEEPER = 3, 5
"""Layers of the two deeper parts."""

# The codes count the operations in alphabetical order from 1; 0 is an inactive edge.
OPERATION_CODES = np.array([4, 1, 7, 5, 6, 2, 3], np.uint8)

SELU_ALPHA, SELU_SCALE = np.float32(1.6732632423543772), np.float32(1.0507009873554805)

# Rows computed at once: what they need stays in the processor's cache.
BLOCK = 96


@numba.njit(cache=True)
def to_codes(architectures: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """[K, 34] codes of [K, 2] architectures: edges of both cells, then pairs of inputs of both."""
    codes = np.zeros((len(architectures), CODES), np.uint8)
    for row in range(len(architectures)):
        for cell in range(2):
            word = np.int64(architectures[row, cell])
            for node in range(NODES):
                record = word >> record_shift(node)
                lower = record >> 9 & 7
                higher = record >> 3 & 7
                first = EDGES * cell + FIRST_EDGE[node]
                codes[row, first + lower] = OPERATION_CODES[record >> 6 & 7]
                codes[row, first + higher] = OPERATION_CODES[record & 7]
                if node:
                    column = 2 * EDGES + 3 * cell + node - 1
                    codes[row, column] = pair_number(node, lower, higher) + 1
    return codes


@numba.njit(cache=True)
def _first_layer(
    codes: NDArray[np.uint8], tables: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """[M, H] first layers' sums over the active codes of [M, 34]."""
    total = np.empty((len(codes), len(bias)), np.float32)
    for row in range(len(codes)):
        total[row] = bias
        for code in range(CODES):
            if codes[row, code]:
                total[row] += tables[code, codes[row, code]]
    return total


def network_output(arrays: Mapping[str, NDArray[Any]], codes: NDArray[np.uint8]) -> NDArray[Any]:
    """[K, 2] float64: accuracy in per cent and runtime in seconds of [K, 34] codes."""
    output = np.empty((len(codes), 2), np.float64)
    for low in range(0, len(codes), BLOCK):
        total = _first_layer(codes[low : low + BLOCK], arrays["tables"], arrays["bias"])
        output[low : low + BLOCK] = _later_layers(arrays, total)
    return np.asarray(output * arrays["units"] + arrays["shifts"])


def _later_layers(
    arrays: Mapping[str, NDArray[Any]], total: NDArray[np.float32]
) -> NDArray[np.float32]:
    """[M, 2] outputs between 0 and 1."""
    deep_width = len(arrays["deep_1_weight"])
    hidden = _selu(total[:, :-2])
    summed = total[:, -2:].copy()
    for name, layers, part in (
        ("deep", DEEP, hidden[:, :deep_width]),
        ("deeper", DEEPER, hidden[:, deep_width:]),
    ):
        values = part
        for layer in range(1, layers - 1):
            values = _selu(_affine(arrays, f"{name}_{layer}", values))
        summed += _affine(arrays, f"{name}_{layers - 1}", values)
    outputs: NDArray[np.float32] = 1 / (1 + np.exp(-summed))
    return outputs


def _affine(
    arrays: Mapping[str, NDArray[Any]], layer: str, values: NDArray[np.float32]
) -> NDArray[np.float32]:
    product: NDArray[np.float32] = values @ arrays[f"{layer}_weight"] + arrays[f"{layer}_bias"]
    return product


def _selu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    below = SELU_ALPHA * np.expm1(np.minimum(values, 0))
    scaled: NDArray[np.float32] = SELU_SCALE * (np.maximum(values, 0) + below)
    return scaled
