"""The messages in the records of NAS-Bench-101 (``model_metrics.proto``, proto2)."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "naslib_incremental.nasbench101"

# name: (number, type)
_EVALUATION_DATA = {
    "current_epoch": (1, FieldDescriptorProto.TYPE_DOUBLE),
    "training_time": (2, FieldDescriptorProto.TYPE_DOUBLE),
    "train_accuracy": (3, FieldDescriptorProto.TYPE_DOUBLE),
    "validation_accuracy": (4, FieldDescriptorProto.TYPE_DOUBLE),
    "test_accuracy": (5, FieldDescriptorProto.TYPE_DOUBLE),
    "checkpoint_path": (6, FieldDescriptorProto.TYPE_STRING),
}
_MODEL_METRICS = {
    "evaluation_data": (1, FieldDescriptorProto.TYPE_MESSAGE),
    "trainable_parameters": (2, FieldDescriptorProto.TYPE_INT32),
    "total_time": (3, FieldDescriptorProto.TYPE_DOUBLE),
}


def _message(name: str, fields: dict[str, tuple[int, Any]]) -> DescriptorProto:
    message = DescriptorProto(name=name)
    for field, (number, kind) in fields.items():
        added = message.field.add(name=field, number=number, type=kind)
        added.label = FieldDescriptorProto.LABEL_OPTIONAL
        if kind == FieldDescriptorProto.TYPE_MESSAGE:
            added.label = FieldDescriptorProto.LABEL_REPEATED
            added.type_name = f".{_PACKAGE}.EvaluationData"
    return message


def _model_metrics() -> Any:
    file = FileDescriptorProto(name="model_metrics.proto", package=_PACKAGE, syntax="proto2")
    file.message_type.append(_message("EvaluationData", _EVALUATION_DATA))
    file.message_type.append(_message("ModelMetrics", _MODEL_METRICS))
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.ModelMetrics"))


ModelMetrics = _model_metrics()
"""Message class: repeated ``evaluation_data`` (start, halfway, end of a training), and sizes."""
