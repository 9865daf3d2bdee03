"""Pickled boosters: of xgboost as flat arrays, from all three generations of its pickles.

The serialised model is a binary of its own (xgboost 1.0-1.2), JSON (1.3-1.6), or Universal Binary
JSON (1.7 and newer).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats import ForeignFileError, pickles
from naslib_incremental.benchmarks.formats.ubjson import read_ubjson

OBJECTIVES = ("reg:squarederror", "reg:linear")
"""Objectives whose prediction is the plain sum of the leaves."""

LEAF = -1

_OFFSET_MARK = b"CONFIG-offset:"
_BINARY_MARK = b"binf"
_HEADER, _GROUP, _TREE = 136, 160, 148
_NODE = np.dtype(
    [("parent", "<i4"), ("left", "<i4"), ("right", "<i4"), ("split", "<u4"), ("value", "<f4")]
)
_STATISTICS = 16
_FEATURE_BITS = 0x7FFFFFFF


@dataclass(frozen=True)
class Booster:
    """T trees over M nodes; numbers of nodes count from their tree's root, which is 0.

    Attributes:
        base: what every sum begins with.
        features: number of features.
        offsets: [T + 1] where each tree's nodes begin.
        left: [M] the child taken where a feature is less than the value, ``LEAF`` at a leaf.
        right: [M] the other child.
        feature: [M] feature tested.
        value: [M] threshold, at a leaf what it adds.
    """

    base: np.float32
    features: int
    offsets: NDArray[np.int64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    value: NDArray[np.float32]


def read_handle(path: Path) -> bytes | str:
    """The serialised model of a pickled booster: bytes of xgboost, text of lightgbm.

    Raises:
        ForeignFileError: the file is missing or damaged, names anything but a booster, or is none.
    """
    loaded = pickles.load(path, pickles.BYTES | pickles.BOOSTERS)
    if not isinstance(loaded, pickles.PickledBooster) or not isinstance(loaded.state, dict):
        raise ForeignFileError(f"a {type(loaded).__name__}, no booster")
    handle = loaded.state.get("handle", loaded.state.get("_handle"))
    if not isinstance(handle, (bytes, str)):
        raise ForeignFileError("a booster without a model")
    return handle


def read_booster(path: Path) -> Booster:
    """A pickled booster of xgboost.

    Raises:
        ForeignFileError: it is none whose prediction is a plain sum of trees.
    """
    handle = read_handle(path)
    try:
        if isinstance(handle, str):
            raise ValueError("a model of another library")
        return parse_booster(handle)
    except (IndexError, KeyError, TypeError, ValueError, StructError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ForeignFileError(f"no model of xgboost ({reason})") from error


def parse_booster(handle: bytes) -> Booster:
    """The model of any generation; ValueError, KeyError, ... where it is damaged."""
    if handle.startswith(_OFFSET_MARK):
        (size,) = Struct("<q").unpack_from(handle, len(_OFFSET_MARK))
        start = len(_OFFSET_MARK) + 8
        booster = _parse_binary(handle[start : start + size])
    elif handle.startswith(b'{"'):
        booster = _parse_model(json.loads(handle)["Model"])
    else:
        booster = _parse_model(read_ubjson(handle)["Model"])
    _check(booster)
    return booster


def _parse_binary(data: bytes) -> Booster:
    place = len(_BINARY_MARK) if data.startswith(_BINARY_MARK) else 0
    base, features, classes = Struct("<fIi").unpack_from(data, place)
    place += _HEADER
    names = []
    for _ in range(2):
        (length,) = Struct("<Q").unpack_from(data, place)
        names.append(data[place + 8 : place + 8 + length].decode("ascii"))
        place += 8 + length
    _check_kind(names[0], names[1], classes)
    (trees,) = Struct("<i").unpack_from(data, place)
    place += _GROUP
    nodes = []
    for _ in range(trees):
        (count,) = Struct("<i").unpack_from(data, place + 4)
        place += _TREE
        nodes.append(np.frombuffer(data, _NODE, count, place))
        place += count * (_NODE.itemsize + _STATISTICS)
    if place + 4 * trees > len(data):
        raise ValueError("the model ends too early")
    whole = np.concatenate(nodes)
    feature = (whole["split"] & _FEATURE_BITS).astype(np.int32)
    offsets = np.cumsum([0, *map(len, nodes)])
    columns = [np.ascontiguousarray(whole[name]) for name in ("left", "right")]
    value = np.ascontiguousarray(whole["value"])
    return Booster(np.float32(base), features, offsets, columns[0], columns[1], feature, value)


def _parse_model(model: Mapping[str, Any]) -> Booster:
    learner = model["learner"]
    parameters = learner["learner_model_param"]
    booster = learner["gradient_booster"]
    classes = int(parameters.get("num_class", 0))
    _check_kind(learner["objective"]["name"], booster["name"], classes)
    # Newer versions write one base score per target, as a list within the text.
    base = np.float32(str(parameters["base_score"]).strip("[]"))
    trees = booster["model"]["trees"]
    if any(np.any(tree.get("split_type", 0)) for tree in trees):
        raise ValueError("splits by category")
    columns = [
        np.concatenate([np.asarray(tree[name], kind) for tree in trees])
        for name, kind in (
            ("left_children", np.int32),
            ("right_children", np.int32),
            ("split_indices", np.int32),
            ("split_conditions", np.float32),
        )
    ]
    offsets = np.cumsum([0, *(len(tree["left_children"]) for tree in trees)])
    return Booster(base, int(parameters["num_feature"]), offsets, *columns)


def _check_kind(objective: str, booster: str, classes: int) -> None:
    if booster != "gbtree" or objective not in OBJECTIVES or classes > 1:
        raise ValueError(f"{booster} for {objective} with {classes} classes")


def _check(booster: Booster) -> None:
    """Children lie in their tree, and inner nodes test features that there are."""
    sizes = np.diff(booster.offsets)
    if len({len(booster.left), len(booster.right), len(booster.feature), len(booster.value)}) > 1:
        raise ValueError("columns of different lengths")
    if not len(sizes) or sizes.min() < 1:
        raise ValueError("a tree without nodes")
    own_size = np.repeat(sizes, sizes)
    inner = booster.left != LEAF
    for child in (booster.left[inner], booster.right[inner]):
        if np.any((child < 1) | (child >= own_size[inner])):
            raise ValueError("a child outside its tree")
    feature = booster.feature[inner]
    if np.any((feature < 0) | (feature >= booster.features)):
        raise ValueError("a feature that there is not")
