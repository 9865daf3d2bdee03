"""NAS-Bench-301 by the neural surrogate of YAHPO Gym, calibrated to the official ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.formats.onnx_network import read_onnx
from naslib_incremental.benchmarks.nasbench301.imports import (
    ImportedModel,
    find_in_data_folders,
    import_model,
    imported_models,
)
from naslib_incremental.benchmarks.nasbench301.network import network_output, to_codes
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders, file_sha256
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301.kernels import unpack_cells
from naslib_incremental.search_spaces_ext.nasbench301.space import (
    NASBench301SingleSpace,
    NASBench301Space,
)

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

BUDGETS = (150, 200, 300, 400, 800, 1_000)
"""Query budgets of papers on NAS-Bench-301."""

VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "single": {"neighbours": "single"},
    "unguarded": {"guard": False},
}


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
        UserError: the surrogate's file is at none of its places, or cannot be read.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
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


def space_of(neighbours: str) -> NASBench301Space:
    """The DARTS space whose neighbours change both cells, or one.

    Raises:
        UserError: another word.
    """
    spaces = {"product": NASBench301Space, "single": NASBench301SingleSpace}
    if neighbours not in spaces:
        raise UserError("neighbours of 'product' or 'single'", repr(neighbours), "give one of them")
    return spaces[neighbours]()


def import_yahpo(path: Path) -> ImportedModel:
    """Read the surrogate's ONNX file into the cache.

    Raises:
        UserError: it cannot be read, or is another network.
    """
    try:
        sha256 = file_sha256(path)
    except OSError as error:
        raise UserError(
            f"a readable file such as {FILE}", f"{path} ({error.strerror})", "naslib-data status"
        ) from error
    return import_model(KIND, sha256, lambda: read_onnx(path))


def _model() -> ImportedModel:
    path = find_in_data_folders(FILE)
    if path is not None:
        return import_yahpo(path)
    imported = imported_models(KIND)
    if not imported:
        raise UserError(
            f"the surrogate {FILE} of github.com/slds-lmu/yahpo_data",
            f"none in {', '.join(map(str, data_folders()))}",
            f"naslib-data import {FILE}",
        )
    return imported[0]
