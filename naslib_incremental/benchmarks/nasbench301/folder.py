"""The official models' folder of NAS-Bench-301: its members, read into one forest.

A member is a folder with ``surrogate_model.model``, a pickled booster, beside ``data_config.json``,
which has its seed, and ``model_config.json``, which has its kind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats.booster_pickle import (
    foreign_booster,
    read_booster_handle,
)
from naslib_incremental.benchmarks.formats.xgboost_model import Booster, read_booster
from naslib_incremental.benchmarks.nasbench301.forest import compile_forest
from naslib_incremental.benchmarks.nasbench301.imports import ImportedModel, import_model
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import file_sha256
from naslib_incremental.search_spaces_ext.nasbench301.genotype import FEATURES

MODEL_FILE = "surrogate_model.model"
MEMBERS = 10
ENSEMBLE = "ensemble-v1"
RUNTIME = "runtime-v1"


@dataclass(frozen=True)
class Member:
    """One model of the folder.

    Attributes:
        path: of the pickled booster.
        kind: what ``model_config.json`` calls it, e.g. ``"xgb"``.
        seed: of its training data.
    """

    path: Path
    kind: str
    seed: int

    @property
    def is_runtime(self) -> bool:
        """Whether it predicts the seconds of a training."""
        return any("runtime" in part for part in self.path.parts[-4:])


def import_folder(folder: Path) -> list[ImportedModel]:
    """Read the ensemble of xgboost, and the runtime model where there is one, into the cache.

    Raises:
        UserError: members are missing, damaged, foreign, or disagree.
    """
    members = find_members(folder)
    ensemble = [item for item in members if item.kind == "xgb" and not item.is_runtime]
    seeds = sorted({item.seed for item in ensemble})
    if len(ensemble) != MEMBERS or len(seeds) != MEMBERS:
        raise _incomplete(
            folder, f"{len(ensemble)} of xgb with {len(seeds)} different seeds {seeds}"
        )
    imported = [import_model(ENSEMBLE, _digest(ensemble), lambda: read_ensemble(ensemble))]
    runtimes = [item for item in members if item.kind.startswith("lgb") and item.is_runtime]
    if runtimes:
        path = runtimes[0].path
        imported.append(import_model(RUNTIME, file_sha256(path), lambda: _read_runtime(path)))
    return imported


def find_members(folder: Path) -> list[Member]:
    """All models below a folder, by path.

    Raises:
        UserError: there are none, or one without its configuration.
    """
    paths = sorted(folder.rglob(MODEL_FILE))
    if not paths:
        raise _incomplete(folder, "none")
    return [_member(path) for path in paths]


def _member(path: Path) -> Member:
    try:
        texts = [
            (path.parent / name).read_text(encoding="utf-8")
            for name in ("model_config.json", "data_config.json")
        ]
        model, data = map(json.loads, texts)
        return Member(path, str(model["model"]), int(data["seed"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"model_config.json with its model and data_config.json with its seed in {path.parent}",
            f"{type(error).__name__}: {' '.join(str(error).split())}",
            "give the unaltered folder of nb_models_1.0",
        ) from error


def _digest(members: list[Member]) -> str:
    """One digest of all members, whatever their folders are called."""
    digests = sorted(file_sha256(member.path) for member in members)
    return sha256("".join(digests).encode()).hexdigest()


def read_ensemble(members: list[Member]) -> dict[str, NDArray[Any]]:
    """The forest of all members, in the order of their seeds.

    Raises:
        UserError: one is damaged or foreign, or has other features.
    """
    boosters: list[Booster] = []
    for member in sorted(members, key=lambda member: member.seed):
        booster = read_booster(member.path)
        if booster.features != FEATURES:
            raise UserError(
                f"{FEATURES} features in every member",
                f"{booster.features} in {member.path}",
                "give the unaltered folder of nb_models_1.0",
            )
        boosters.append(booster)
    try:
        return compile_forest(boosters)
    except ValueError as error:
        raise foreign_booster(members[0].path.parent.parent, str(error)) from error


def _read_runtime(path: Path) -> dict[str, NDArray[Any]]:
    handle = read_booster_handle(path)
    text = handle.encode() if isinstance(handle, str) else handle
    if not text.startswith(b"tree\n"):
        raise foreign_booster(path, "no model of lightgbm")
    return {"model": np.frombuffer(text, np.uint8)}


def _incomplete(folder: Path, found: str) -> UserError:
    return UserError(
        f"the {MEMBERS} members of xgb_v1.0, each a folder with {MODEL_FILE}",
        f"{found} in {folder}",
        "unpack nb_models_1.0 (figshare article 13061510) and give its folder",
    )
