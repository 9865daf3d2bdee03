"""The official models of NAS-Bench-301: a folder of pickled boosters, read into one forest.

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

from naslib_incremental.benchmarks.contract import DataFile, DataSource
from naslib_incremental.benchmarks.formats import ForeignFileError, explained
from naslib_incremental.benchmarks.formats.xgboost_models import Booster, read_booster, read_handle
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench301.forest import compile_forest
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import file_sha256
from naslib_incremental.search_spaces_ext.nasbench301.genotype import FEATURES

BENCHMARK = "nasbench301"
MODEL_FILE = "surrogate_model.model"
MEMBERS = 10
ENSEMBLE = "ensemble-v1"
RUNTIME = "runtime-v1"

A_BOOSTER = "a pickled booster of NAS-Bench-301's models"
GIVE_UNALTERED = "give the unaltered folder of nb_models_1.0"


class OfficialModels(DataSource):
    """The folder of the official surrogates, version 1.0."""

    benchmark = folder = BENCHMARK
    title = "official XGB v1.0 ensemble, and the LGB v1.0 runtime model, a folder"
    origin = "Siems et al. 2020, figshare article 13061510 (nasbench301_models_v1_0_zip)"
    files = (DataFile("nb_models_1.0"), DataFile("xgb_v1.0"))
    kinds = (ENSEMBLE, RUNTIME)

    def recognises(self, path: Path) -> bool:
        """Whether there is a model below a folder."""
        return path.is_dir() and next(path.rglob(MODEL_FILE), None) is not None

    def import_file(self, path: Path) -> list[str]:  # noqa: D102
        return [_line(model) for model in import_folder(path)]


OFFICIAL = OfficialModels()


def _line(model: Imported) -> str:
    if model.kind == RUNTIME:
        return f"{model.title}: a model of lightgbm"
    arrays = model.open()
    return (
        f"{model.title}: {len(arrays['bases'])} members, {len(arrays['depths']):,} trees, "
        f"{len(arrays['nodes']):,} nodes"
    )


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


def import_folder(folder: Path) -> list[Imported]:
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
    imported = [
        Imported(BENCHMARK, ENSEMBLE, _digest(ensemble)).build(lambda: read_ensemble(ensemble))
    ]
    runtimes = [item for item in members if item.kind.startswith("lgb") and item.is_runtime]
    if runtimes:
        path = runtimes[0].path
        model = Imported(BENCHMARK, RUNTIME, file_sha256(path))
        imported.append(model.build(lambda: _read_runtime(path)))
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
            GIVE_UNALTERED,
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
        with explained(member.path, A_BOOSTER, GIVE_UNALTERED):
            booster = read_booster(member.path)
        if booster.features != FEATURES:
            raise UserError(
                f"{FEATURES} features in every member",
                f"{booster.features} in {member.path}",
                GIVE_UNALTERED,
            )
        boosters.append(booster)
    with explained(members[0].path.parent.parent, A_BOOSTER, GIVE_UNALTERED):
        try:
            return compile_forest(boosters)
        except ValueError as error:
            raise ForeignFileError(str(error)) from error


def _read_runtime(path: Path) -> dict[str, NDArray[Any]]:
    with explained(path, A_BOOSTER, GIVE_UNALTERED):
        handle = read_handle(path)
        text = handle.encode() if isinstance(handle, str) else handle
        if not text.startswith(b"tree\n"):
            raise ForeignFileError("no model of lightgbm")
    return {"model": np.frombuffer(text, np.uint8)}


def _incomplete(folder: Path, found: str) -> UserError:
    return UserError(
        f"the {MEMBERS} members of xgb_v1.0, each a folder with {MODEL_FILE}",
        f"{found} in {folder}",
        "unpack nb_models_1.0 (figshare article 13061510) and give its folder",
    )
