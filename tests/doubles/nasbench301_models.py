"""Made-up boosters over NAS-Bench-301's features, written as each generation of xgboost does."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from naslib_incremental.benchmarks.formats.xgboost_models import LEAF, Booster

REAL = Path(__file__).parent.parent / "benchmarks" / "formats" / "data" / "xgboost_boosters.npz"
"""One booster each as xgboost 1.2.1, 1.5.2 and 1.7.6 pickled it, and what they predict."""

VERSIONS = ("1.2.1", "1.5.2", "1.7.6")


def real_boosters() -> Mapping[str, np.ndarray]:
    with np.load(REAL) as file:
        return dict(file)


def made_up_booster(
    seed: int, trees: int = 20, depth: int = 5, base: float = 90.0, features: int = 56
) -> Booster:
    """Trees that ask anything about any feature, constant ones too, at odd thresholds."""
    rng = np.random.default_rng(seed)
    parts = [_tree(rng, depth, features) for _ in range(trees)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    offsets = np.cumsum([0, *(len(part[0]) for part in parts)])
    return Booster(np.float32(base), features, offsets, *columns)


def _tree(rng: np.random.Generator, depth: int, features: int) -> tuple[np.ndarray, ...]:
    left, right, feature, value = [LEAF], [LEAF], [0], [rng.normal()]
    levels = {0: 0}
    for _ in range(rng.integers(1 << depth)):
        node = int(rng.choice([node for node, child in enumerate(left) if child == LEAF]))
        if levels[node] == depth:
            continue
        left[node], right[node] = len(left), len(left) + 1
        feature[node] = int(rng.integers(features))
        value[node] = float(rng.choice([rng.integers(-2, 12), rng.uniform(-2, 11), 0.3]))
        for child in (left[node], right[node]):
            levels[child] = levels[node] + 1
            left.append(LEAF)
            right.append(LEAF)
            feature.append(0)
            value.append(rng.normal())
    kinds = (np.int32, np.int32, np.int32, np.float32)
    return tuple(map(np.array, (left, right, feature, value), kinds))


def predict(booster: Booster, features: np.ndarray) -> np.ndarray:
    """[K] float32 sums, row by row and node by node."""
    sums = np.full(len(features), booster.base, np.float32)
    for tree in range(len(booster.offsets) - 1):
        first = booster.offsets[tree]
        for row, values in enumerate(features):
            node = first
            while booster.left[node] != LEAF:
                goes_left = values[booster.feature[node]] < booster.value[node]
                node = first + (booster.left if goes_left else booster.right)[node]
            sums[row] += booster.value[node]
    return sums


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


def made_up_ensemble(count: int = 10) -> Sequence[Booster]:
    return [made_up_booster(seed, trees=5 + seed, base=90 + seed / 10) for seed in range(count)]
