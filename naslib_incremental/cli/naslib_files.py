"""Config files in NASLib's layout, told in our option names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.benchmarks.transnas101 import TASKS
from naslib_incremental.cli.options import ACTIONS, base_parser, optimizer_fields, own_names
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import OPTIMIZERS

OPTIMIZER_NAMES = {
    "rs": "naslib:random_search",
    "ls": "naslib:local_search",
    "re": "naslib:regularized_evolution",
    "bananas": "naslib:bananas",
    "npenas": "naslib:npenas",
}
"""NASLib's names mean NASLib's optimizers, by our names for them."""

ONE_SHOT = ("darts", "drnas", "gdas", "gsparsity", "oneshot", "rsws", "edgepopup")
"""NASLib's optimizers that train weights of networks."""

SPACES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "nasbench101": ("nasbench101", {"cifar10": ""}),
    "nasbench201": (
        "nasbench201",
        {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16-120"},
    ),
    "nasbench301": ("nasbench301", {"cifar10": ""}),
    "darts": ("nasbench301", {"cifar10": ""}),
    "transbench101": ("transnas101_micro", {task: task for task in TASKS}),
    "transbench101_micro": ("transnas101_micro", {task: task for task in TASKS}),
    "transbench101_macro": ("transnas101_macro", {task: task for task in TASKS}),
}
"""By NASLib's names of search spaces our benchmark, and its variant for each data set."""

FULL_TRAINING = (-1, 100, 108, 200)
"""Values of ``search.fidelity`` that mean the end of training, whatever the benchmark."""

NO_SEARCHES = {
    "run_acc_stats": "statistics of a search space",
    "test_size": "an evaluation of predictors",
}
"""What files with these keys are for."""

ZERO_COST = {"naslib:bananas": "zc", "naslib:npenas": "zc_ensemble"}
SHARED = ("neighbours", "max_steps")


def is_naslibs(found: Mapping[str, Any]) -> bool:
    """Whether a file is in NASLib's layout."""
    return bool({"search", "search_space"} & set(found))


def translated(found: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], list[str]]:
    """Our option names and values for a file in NASLib's layout, and the keys without use here.

    ``search_space`` and ``dataset`` become the benchmark, ``out_dir`` the folder, ``search.epochs``
    the query budget. Of ``search``, NASLib's optimizers get their options, ours get them from a
    node ``search.<optimizer>``, as in NASLib itself. An episode of NASLib's optimizers is one run
    of NASLib, so that one is made. Our own options may stand beside NASLib's keys.

    Raises:
        UserError: the file is not for a black-box search on a benchmark, or something that it asks
            for cannot be done; names it.
    """
    for key, purpose in NO_SEARCHES.items():
        if key in found:
            got = f"{purpose} ({key})"
            raise UserError(f"a search in {path}", got, "take it to NASLib's own runner")
    search = found.get("search") or {}
    if not isinstance(search, Mapping):
        _refuse(path, "search", search, "a node with keys of its own")
    told: dict[str, Any] = _optimizer(found, path) | _benchmark(found, search, path)
    optimizer = told.get("optimizer", "")
    if "epochs" in search:
        told["budgets"] = [search["epochs"]]
        if optimizer in OPTIMIZER_NAMES.values():
            told |= {"seeds": 1, "start_sets": 1, "searches": 1}
    if "seed" in search:
        told["seed"] = search["seed"]
    told |= {"out": found["out_dir"]} if "out_dir" in found else {}
    options, ignored = _options(optimizer, search, path)
    known = own_names(base_parser()) - {*ACTIONS}
    for key, value in found.items():
        if str(key).replace("-", "_") in known and key != "optimizer":
            told[str(key)] = value
        elif key not in ("optimizer", "search", "search_space", "dataset", "out_dir"):
            ignored.append(str(key))
    return told | options, ignored


def _optimizer(found: Mapping[str, Any], path: Path) -> dict[str, str]:
    named = found.get("optimizer")
    if named is None:
        return {}
    if not isinstance(named, str):
        _refuse(path, "optimizer", named, "one name")
    known = ", ".join(OPTIMIZER_NAMES)
    if named in ONE_SHOT and named not in OPTIMIZERS.names():
        expected = f"a black-box one ({known}, or one of ours)"
        _refuse(path, "optimizer", named, expected, ", which trains networks")
    return {"optimizer": OPTIMIZER_NAMES.get(named, named)}


def _benchmark(found: Mapping[str, Any], search: Mapping[str, Any], path: Path) -> dict[str, str]:
    if "search_space" not in found:
        return {}
    space, dataset = found["search_space"], found.get("dataset")
    if space not in SPACES and space not in BENCHMARKS.names():
        known = sorted({*SPACES, *BENCHMARKS.names()})
        _refuse(path, "search_space", space, f"one of {', '.join(known)}")
    if space not in SPACES:
        return {"benchmark": f"{space}/{dataset}" if dataset else space}
    benchmark, variants = SPACES[space]
    if dataset is None and len(variants) == 1:
        dataset = next(iter(variants))
    if not isinstance(dataset, str) or dataset not in variants:
        _refuse(path, "dataset", dataset, f"{' or '.join(variants)} for {space}")
    variant, fidelity = variants[dataset], search.get("fidelity", -1)
    if fidelity not in FULL_TRAINING:
        of_one_data_set = variant == ""
        variant = f"epochs-{fidelity}"
        if not of_one_data_set or variant not in BENCHMARKS.load(benchmark).variants:
            _refuse(path, "search.fidelity", fidelity, "-1")
    return {"benchmark": f"{benchmark}/{variant}" if variant else benchmark}


def _options(
    optimizer: str, search: Mapping[str, Any], path: Path
) -> tuple[dict[str, Any], list[str]]:
    """The optimizer's options in ``search``, and the keys that it has no use for."""
    if search.get(ZERO_COST.get(optimizer, "")):
        key = ZERO_COST[optimizer]
        expected = "false, for zero-cost scores need networks and images"
        _refuse(path, f"search.{key}", search[key], expected)
    # Ours have options whose names mean something else in NASLib's files, such as batch_size.
    is_theirs = optimizer in OPTIMIZER_NAMES.values()
    flat = {*SHARED, *(optimizer_fields(optimizer) if is_theirs else ())}
    told: dict[str, Any] = {}
    ignored = []
    for key, value in search.items():
        if key in flat:
            told[key] = value
        elif key == optimizer:
            if not isinstance(value, Mapping):
                _refuse(path, f"search.{key}", value, "a node with keys of its own")
            told |= value
        elif key not in ("epochs", "seed", "fidelity"):
            ignored.append(f"search.{key}")
    return told, ignored


def _refuse(path: Path, key: str, value: Any, expected: str, why: str = "") -> NoReturn:
    action = f"mend it, or write the right one behind the file: {key} VALUE"
    raise UserError(f"{key} to be {expected} in {path}", f"{value!r}{why}", action)
