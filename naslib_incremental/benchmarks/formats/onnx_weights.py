"""Reading ONNX files: the weights and numbers of a network, and what its own graph gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats import ForeignFileError

Inputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class OnnxNetwork:
    """A network as its file has it.

    Attributes:
        weights: by name.
        constants: the different floating-point numbers that stand in the graph, in its order.
        evaluate: the graph's list of outputs for inputs by name; slow.
    """

    weights: Mapping[str, NDArray[Any]]
    constants: tuple[float, ...]
    evaluate: Callable[[Inputs], Any]


def read_onnx(path: Path) -> OnnxNetwork:
    """The network of a file.

    Raises:
        ImportError: the package onnx is not installed.
        ForeignFileError: the file is damaged, or no ONNX file.
    """
    import onnx
    from onnx import numpy_helper
    from onnx.reference import ReferenceEvaluator

    try:
        model = onnx.load(str(path))
        weights = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
        constants = [
            float(numpy_helper.to_array(node.attribute[0].t).reshape(-1)[0])
            for node in model.graph.node
            if node.op_type in ("Constant", "ConstantOfShape")
            and node.attribute[0].t.data_type == onnx.TensorProto.FLOAT
        ]
        evaluator = ReferenceEvaluator(model)
    except Exception as error:
        # Damaged files fail in many ways, each in its own library's words.
        raise ForeignFileError(str(error) or type(error).__name__) from error
    return OnnxNetwork(
        weights, tuple(dict.fromkeys(constants)), lambda inputs: evaluator.run(None, dict(inputs))
    )
