"""Files of NAS-Bench-301's ensembles, written as each generation of xgboost does."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from naslib_incremental.benchmarks.formats.xgboost_models import Booster


def binary_handle(booster: Booster) -> bytes:
    """As xgboost 1.0 to 1.2 serialised it."""
    header = struct.pack("<fIi", booster.base, booster.features, 0).ljust(136, b"\0")
    names = [struct.pack("<Q", len(name)) + name for name in (b"reg:squarederror", b"gbtree")]
    trees = []
    for low, high in zip(booster.offsets[:-1], booster.offsets[1:], strict=True):
        nodes = np.zeros((high - low, 5), "<u4")
        nodes[:, 1] = booster.left[low:high].view("<u4")
        nodes[:, 2] = booster.right[low:high].view("<u4")
        nodes[:, 3] = booster.feature[low:high].astype("<u4") | np.uint32(1 << 31)
        nodes[:, 4] = booster.value[low:high].view("<u4")
        parameters = struct.pack("<ii", 1, high - low).ljust(148, b"\0")
        trees.append(parameters + nodes.tobytes() + bytes(16 * (high - low)))
    count = struct.pack("<i", len(trees))
    model = b"".join(
        [b"binf", header, *names, count.ljust(160, b"\0"), *trees, bytes(4 * len(trees))]
    )
    return b"CONFIG-offset:" + struct.pack("<q", len(model)) + model + b'{"learner":{}}'


def json_document(booster: Booster) -> dict[str, Any]:
    trees = [
        {
            "left_children": booster.left[low:high].tolist(),
            "right_children": booster.right[low:high].tolist(),
            "split_indices": booster.feature[low:high].tolist(),
            "split_conditions": booster.value[low:high].tolist(),
        }
        for low, high in zip(booster.offsets[:-1], booster.offsets[1:], strict=True)
    ]
    parameters = {
        "base_score": f"{booster.base:.9E}",
        "num_class": "0",
        "num_feature": str(booster.features),
    }
    learner = {
        "gradient_booster": {"model": {"trees": trees}, "name": "gbtree"},
        "learner_model_param": parameters,
        "objective": {"name": "reg:squarederror"},
    }
    return {"Config": {}, "Model": {"learner": learner, "version": [1, 5, 2]}}


def json_handle(booster: Booster) -> bytes:
    """As xgboost 1.3 to 1.6 serialised it."""
    return json.dumps(json_document(booster), separators=(",", ":")).encode()


def ubjson(value: Any) -> bytes:
    """Universal Binary JSON, with typed arrays where all are numbers of one kind."""
    if isinstance(value, dict):
        parts = [_length(name.encode()) + ubjson(item) for name, item in value.items()]
        return b"{" + b"".join(parts) + b"}"
    if isinstance(value, str):
        return b"S" + _length(value.encode())
    if isinstance(value, list):
        for kind, marker, code in ((int, b"l", ">i4"), (float, b"d", ">f4")):
            if value and all(type(item) is kind for item in value):
                raw = np.array(value, code).tobytes()
                return b"[$" + marker + b"#L" + struct.pack(">q", len(value)) + raw
        counted = b"[#L" + struct.pack(">q", len(value))
        return counted + b"".join(map(ubjson, value))
    return b"L" + struct.pack(">q", value)


def _length(raw: bytes) -> bytes:
    return b"L" + struct.pack(">q", len(raw)) + raw


def ubjson_handle(booster: Booster) -> bytes:
    """As xgboost 1.7 and newer serialise it."""
    return ubjson(json_document(booster))


HANDLES = {"binary": binary_handle, "json": json_handle, "ubjson": ubjson_handle}


def pickled(handle: bytes | str, module: str = "xgboost.core") -> bytes:
    """A pickled ``Booster`` of a library that need not be installed."""
    content = bytearray(handle) if isinstance(handle, bytes) else handle
    state = pickle.dumps({"handle": content, "best_iteration": 5}, 2)
    return b"\x80\x02c" + module.encode() + b"\nBooster\n)\x81" + state[2:-1] + b"b."


def write_member(folder: Path, data: bytes, seed: int, model: str = "xgb") -> None:
    folder.mkdir(parents=True)
    (folder / "surrogate_model.model").write_bytes(data)
    (folder / "data_config.json").write_text(json.dumps({"seed": seed}), encoding="utf-8")
    (folder / "model_config.json").write_text(json.dumps({"model": model}), encoding="utf-8")


def write_models(folder: Path, pickles: Iterable[bytes]) -> Path:
    """An official folder of an ensemble, members named like the published ones."""
    for seed, data in enumerate(pickles):
        name = f"20201101-10000{seed}-6-{seed}"
        write_member(folder / "xgb_v1.0" / name, data, seed)
    return folder
