"""NAS-Bench-301 by the neural surrogate of YAHPO Gym, calibrated to the official ensemble.

Of its ONNX file, whose batch size is one, the arrays are all that is taken. The network is a sum of
three networks over the embedded codes: one layer (wide), three layers (deep), five layers (deeper).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import (
    Answers,
    Benchmark,
    DataFile,
    DataSource,
    Provenance,
)
from naslib_incremental.benchmarks.formats import ForeignFileError, explained, first_bytes
from naslib_incremental.benchmarks.formats.onnx_weights import OnnxNetwork, read_onnx
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench301.benchmark import BUDGETS, space_of
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301 import NASBench301Space
from naslib_incremental.search_spaces_ext.nasbench301.genotype import FIRST_EDGE
from naslib_incremental.search_spaces_ext.nasbench301.kernels import (
    NODES,
    pair_number,
    record_shift,
    unpack_cells,
)

BENCHMARK = "nasbench301_yahpo"
FILE = "yahpo_nb301.onnx"
KIND = "yahpo-v1"

# Fitted on 1,218 architectures with official predictions, both in per cent; five-fold mean absolute
# error 0.18 points.
SLOPE, OFFSET = 0.9624, 2.3157

WITHOUT_CONVOLUTION = 0.9073
"""Most that an architecture can be worth whose normal cell only pools and skips: the lowest of the
official predictions of 609 random architectures. The surrogate has hardly seen such cells, and says
94 % of all pooling and 95.3 % of all skipping."""
FIRST_CONVOLUTION = 3

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

EPOCHS = 97.0
"""The full training of the surrogate's data."""

CONSTANTS = ("epoch_scale", "zero", "unit", "runtime_scale", "runtime_least")
"""The numbers of the graph, in its order: accuracy = output / unit,
runtime = (output - unit) runtime_scale + runtime_least."""

CHECKED_ROWS = 3
A_TENSOR = b"embds_fct"

VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "single": {"neighbours": "single"},
    "unguarded": {"guard": False},
}


class Surrogate(DataSource):
    """The surrogate's ONNX file."""

    benchmark = BENCHMARK
    title = "YAHPO Gym's neural surrogate of NAS-Bench-301, ONNX"
    origin = "github.com/slds-lmu/yahpo_data, branch iaml_ex"
    licence = "Apache-2.0"
    files = (DataFile(FILE, "2.6 MB"),)
    folder = "nasbench301"
    kinds = (KIND,)

    def recognises(self, path: Path) -> bool:
        """Whether the first nodes of a graph look up embeddings of that name."""
        return A_TENSOR in first_bytes(path)

    def import_file(self, path: Path) -> list[str]:  # noqa: D102
        return [self.import_network(path).title]

    def import_network(self, path: Path) -> Imported:
        """Read the file into the cache, or find that it was before.

        Raises:
            UserError: it cannot be read, or is another network.
        """
        model = Imported.of_file(BENCHMARK, KIND, path)
        return model.build(lambda: read_surrogate(path))


SURROGATE = Surrogate()


class NASBench301Yahpo(Benchmark):
    """``nasbench301_yahpo``: predicted validation accuracy after full training; no test accuracy.

    Architectures are predicted in the numbering of their nodes that is given, as the surrogates do;
    those that a search sees are canonical. A batch asked again gives the same answers to the bit,
    asked in parts the same to a millionth: no answers are cached, so that none depends on what was
    asked before.

    Variants: ``single`` is ``neighbours="single"``, ``unguarded`` is ``guard=False``.

    Args:
        neighbours: ``"product"``, a neighbour changes both cells, or ``"single"``, one of them.
        guard: bound the worth of architectures whose normal cell has no convolution by
            ``WITHOUT_CONVOLUTION``. Reduction cells may do without; published ones do.

    Raises:
        MissingFileError: the surrogate's file is at none of its places.
        UserError: it cannot be read.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
    sources = (SURROGATE,)
    budgets: ClassVar[tuple[int, ...]] = BUDGETS
    shaping_alpha = 32.0
    validation_optimum: float | None = None

    def __init__(self, *, neighbours: str = "product", guard: bool = True) -> None:
        self.name = "nasbench301_yahpo"
        self.space: NASBench301Space = space_of(neighbours)
        model = _model()
        self.guard = guard
        self._arrays = model.open()
        guarded = f"at most {WITHOUT_CONVOLUTION:.2%} without convolution in the normal cell"
        self.provenance = Provenance(
            label=f"YAHPO NB301 surrogate (calibrated){'' if guard else ', unguarded'}",
            validation="predicted CIFAR-10 validation accuracy"
            + (f", {guarded}" if guard else ", also of cells without convolution"),
            test="",
            files={FILE: model.sha256},
        )

    @classmethod
    def open(cls, variant: str) -> NASBench301Yahpo:  # noqa: D102
        benchmark = cls(**VARIANTS[variant])
        benchmark.name = f"nasbench301_yahpo/{variant}" if variant else "nasbench301_yahpo"
        return benchmark

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        codes = to_codes(np.ascontiguousarray(architectures))
        accuracy, seconds = network_output(self._arrays, codes).T.copy()
        validation = (SLOPE * accuracy + OFFSET) / 100
        if self.guard:
            _, operations = unpack_cells(architectures[:, 0])
            bare = (operations < FIRST_CONVOLUTION).all(axis=1)
            validation[bare] = np.minimum(validation[bare], WITHOUT_CONVOLUTION)
        return Answers(validation, np.full(len(codes), np.nan), {"training_seconds": seconds})


def _model() -> Imported:
    at_hand = [SURROGATE.import_network(path) for path in SURROGATE.at_hand()[:1]]
    found = at_hand or SURROGATE.imported()
    if found:
        return found[0]
    raise MissingFileError(
        f"the surrogate {FILE} of github.com/slds-lmu/yahpo_data",
        f"none in {', '.join(map(str, data_folders()))}",
        "put it into a data folder",
        BENCHMARK,
    )


def read_surrogate(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays that ``network_output`` takes.

    They are used only if they give what the file's own graph gives.

    Raises:
        UserError: the package onnx is missing, or the file is damaged or another network.
    """
    expected = "YAHPO Gym's surrogate of NAS-Bench-301, an ONNX file"
    with explained(path, expected, f"give an unaltered {FILE}"):
        try:
            network = read_onnx(path)
        except ImportError as error:
            raise UserError(
                "the package onnx to read the surrogate once",
                str(error),
                "pip install 'naslib-incremental[nasbench301]'",
            ) from error
        try:
            constants = dict(zip(CONSTANTS, network.constants, strict=True))
            arrays = _assemble(network.weights, constants)
            _check(arrays, network)
        except Exception as error:
            # Another network lacks a weight, or has one of another shape, or fails on our inputs.
            raise ForeignFileError(str(error) or type(error).__name__) from error
    return arrays


def _assemble(
    weights: Mapping[str, NDArray[Any]], constants: Mapping[str, float]
) -> dict[str, NDArray[Any]]:
    """Fold embeddings, the epoch and the output's units into the layers around them."""
    blocks = ["deep.0.1", "deeper.0.1", "wide.0"]
    first = np.concatenate([weights[f"{name}.weight"] for name in blocks]).astype(np.float64)
    bias = np.concatenate([weights[f"{name}.bias"] for name in blocks]).astype(np.float64)
    bias += first[:, -1] * EPOCHS * constants["epoch_scale"]
    tables = np.zeros((CODES, 11, len(first)))
    column = 0
    for code in range(CODES):
        embedding = weights[f"embds_fct.{code}.weight"].astype(np.float64)
        width = embedding.shape[1]
        table = embedding @ first[:, column : column + width].T
        # Most codes are inactive: they go into the bias, so that they cost nothing.
        bias += table[0]
        tables[code, : len(table)] = table - table[0]
        column += width
    if column != first.shape[1] - 1:
        raise ValueError(f"{column} embedded dimensions for {first.shape[1]} inputs")
    arrays: dict[str, NDArray[Any]] = {"tables": tables, "bias": bias}
    for name, layers in (("deep", DEEP), ("deeper", DEEPER)):
        for layer in range(1, layers):
            source = f"{name}.{layer}.{0 if layer == layers - 1 else 1}"
            arrays[f"{name}_{layer}_weight"] = weights[f"{source}.weight"].T
            arrays[f"{name}_{layer}_bias"] = weights[f"{source}.bias"]
    arrays = {name: np.ascontiguousarray(part, np.float32) for name, part in arrays.items()}
    units = [1 / constants["unit"], constants["runtime_scale"]]
    shifts = [0.0, constants["runtime_least"] - constants["unit"] * constants["runtime_scale"]]
    return arrays | {"units": np.array(units), "shifts": np.array(shifts)}


def _check(arrays: Mapping[str, NDArray[Any]], network: OnnxNetwork) -> None:
    """Compare with the graph on a few random codes."""
    rng = np.random.default_rng(0)
    most = np.array([8] * (CODES - len(PAIR_NODES)) + [4, 7, 11] * 2)
    codes = (rng.random((CHECKED_ROWS, CODES)) * most).astype(np.uint8)
    ours = network_output(arrays, codes)
    epoch = np.array([[EPOCHS]], np.float32)
    for row in range(CHECKED_ROWS):
        given = {"x_cat": codes[row : row + 1].astype(np.int32), "x_cont": epoch}
        own = network.evaluate(given)[0][0]
        if not np.allclose(ours[row], own, rtol=1e-4):
            raise ValueError(f"another network: it gives {own}, its arrays {ours[row]}")


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
