"""What ``naslib-data`` knows of NAS-Bench-301: its models' files, and what was imported of them."""

from __future__ import annotations

from pathlib import Path

YAHPO_SUFFIX = ".onnx"


def is_nasbench301(path: Path) -> bool:
    """Whether ``import`` takes a path as models of NAS-Bench-301: a folder, or an ONNX file."""
    return path.is_dir() or path.suffix == YAHPO_SUFFIX


def import_models(path: Path) -> list[str]:
    """Import the official folder, or YAHPO Gym's surrogate; returns a line for each model.

    Raises:
        UserError: something is missing, damaged or foreign.
    """
    if path.is_dir():
        from naslib_incremental.benchmarks.nasbench301.folder import ENSEMBLE, import_folder

        lines = []
        for model in import_folder(path):
            arrays = model.open()
            described = (
                f"{len(arrays['bases'])} members, {len(arrays['depths']):,} trees, "
                f"{len(arrays['nodes']):,} nodes"
                if model.kind == ENSEMBLE
                else "a model of lightgbm"
            )
            lines.append(f"{model.kind} of nasbench301: {described}")
        return lines
    from naslib_incremental.benchmarks.nasbench301.yahpo import import_yahpo

    return [f"{import_yahpo(path).kind} of nasbench301_yahpo"]


def imported_rows() -> list[tuple[str, str]]:
    """Digest and kind of every imported model, after checking it for damage.

    Raises:
        UserError: one is damaged.
    """
    from naslib_incremental.benchmarks.nasbench301.folder import ENSEMBLE, RUNTIME
    from naslib_incremental.benchmarks.nasbench301.imports import imported_models
    from naslib_incremental.benchmarks.nasbench301.yahpo import KIND

    models = [model for kind in (ENSEMBLE, RUNTIME, KIND) for model in imported_models(kind)]
    for model in models:
        model.open()
    return [(model.sha256[:16], model.kind) for model in models]
