"""Reading YAHPO Gym's surrogate of NAS-Bench-301 from its ONNX file into plain arrays.

The file's batch size is one; its arrays are all that is taken. The network is a sum of three
networks over the embedded codes: one layer (wide), three layers (deep), five layers (deeper).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.nasbench301.network import (
    CODES,
    DEEP,
    DEEPER,
    PAIR_NODES,
    network_output,
)
from naslib_incremental.foundation.errors import UserError

EPOCHS = 97.0
"""The full training of the surrogate's data."""

CONSTANTS = ("epoch_scale", "zero", "unit", "runtime_scale", "runtime_least")
"""The numbers of the graph, in its order: accuracy = output / unit,
runtime = (output - unit) runtime_scale + runtime_least."""

CHECKED_ROWS = 3


def read_onnx(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays that ``network_output`` takes.

    The arrays are used only if they give what the file's own graph gives.

    Raises:
        UserError: the package onnx is missing, or the file is damaged or another network.
    """
    try:
        import onnx
        from onnx import numpy_helper
        from onnx.reference import ReferenceEvaluator
    except ImportError as error:
        raise UserError(
            "the package onnx to read the surrogate once",
            str(error),
            "pip install 'naslib-incremental[nasbench301]'",
        ) from error
    try:
        model = onnx.load(str(path))
        weights = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
        constants = [
            float(numpy_helper.to_array(node.attribute[0].t).reshape(-1)[0])
            for node in model.graph.node
            if node.op_type in ("Constant", "ConstantOfShape")
            and node.attribute[0].t.data_type == onnx.TensorProto.FLOAT
        ]
        arrays = _assemble(weights, dict(zip(CONSTANTS, dict.fromkeys(constants), strict=True)))
        _check(arrays, ReferenceEvaluator(model))
    except Exception as error:
        # Damaged files fail in many ways, each in its own library's words.
        raise UserError(
            "YAHPO Gym's surrogate of NAS-Bench-301, an ONNX file",
            f"{path}: {' '.join(str(error).split())[:200] or type(error).__name__}",
            "give an unaltered yahpo_nb301.onnx",
        ) from error
    return arrays


def _assemble(
    weights: dict[str, NDArray[np.float32]], constants: dict[str, float]
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


def _check(arrays: dict[str, NDArray[Any]], evaluator: Any) -> None:
    """Compare with the graph on a few random codes."""
    rng = np.random.default_rng(0)
    most = np.array([8] * (CODES - len(PAIR_NODES)) + [4, 7, 11] * 2)
    codes = (rng.random((CHECKED_ROWS, CODES)) * most).astype(np.uint8)
    ours = network_output(arrays, codes)
    epoch = np.array([[EPOCHS]], np.float32)
    for row in range(CHECKED_ROWS):
        given = {"x_cat": codes[row : row + 1].astype(np.int32), "x_cont": epoch}
        own = evaluator.run(None, given)[0][0]
        if not np.allclose(ours[row], own, rtol=1e-4):
            raise ValueError(f"another network: it gives {own}, its arrays {ours[row]}")
