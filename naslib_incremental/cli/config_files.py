"""Config files: YAML whose keys are option names, read by the parser of the command line.

Files in NASLib's layout are told in these names first.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.cli.guard import Parser
from naslib_incremental.cli.options import (
    ACTIONS,
    DEFAULT_OPTIMIZER,
    PROGRAM,
    flag_of,
    optimizer_fields,
    own_names,
)
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

DATASETS = {"nasbench101": "cifar10", "nasbench301": "cifar10"}
"""Search spaces of NASLib with one data set, which then is the benchmark."""

FULL_TRAINING = (-1, 100, 108, 200)
"""Values of ``search.fidelity`` that mean the end of training, whatever the benchmark."""

# What NASLib reads for retraining, for output or for optimizers that train weights: queries of a
# benchmark have no use for it.
UNUSED = ("config_type", "evaluation", "gpu", "resume", "eval_only", "model_path", "save")
UNUSED_IN_SEARCH = (
    *("batch_size", "cutout", "cutout_length", "cutout_prob", "data_size", "train_portion"),
    *("budgets", "checkpoint_freq", "debug_predictor", "encoding_type", "gpu"),
)
CANDIDATES = "acq_fn_optimization"
SHARED = ("neighbours", "max_steps")


def read_config_file(path: Path) -> dict[str, Any]:
    """The option names and values of a config file, ours or NASLib's.

    Names may be written with dashes, as on the command line, or with underscores, as in the configs
    of run folders.

    Raises:
        UserError: it cannot be read, is no mapping, or says what we have no option for.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("a config file", f"{path} ({reason})", "give another --config") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"YAML in {path}", reason, f"mend {path}") from error
    if not isinstance(found, dict):
        got = type(found).__name__
        raise UserError(f"option names and values in {path}", got, "write lines like 'seeds: 5'")
    return _translated(found, path) if {"search", "search_space"} & set(found) else found


def named_optimizers(config: Mapping[str, Any]) -> list[str]:
    """The optimizers that a config file names."""
    named = config.get("optimizer", [])
    return [str(name) for name in (named if isinstance(named, list) else [named])]


def parse_config(config: Mapping[str, Any], parser: Parser, path: Path) -> dict[str, Any]:
    """Values by destination, checked as if they had been typed.

    Raises:
        UserError: a key is no option of the chosen optimizers, or a value does not fit.
    """
    known = sorted(own_names(parser) - set(ACTIONS))
    typed: list[str] = []
    for key, value in config.items():
        name = str(key).replace("-", "_")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise UserError(
                f"option names of the chosen optimizers as keys of {path}",
                repr(key),
                f"did you mean {close[0]!r}?" if close else f"{PROGRAM} --optimizer NAME --help",
            )
        typed += _typed(flag_of(name), value)
    try:
        return vars(parser.parse_args(typed))
    except UserError as error:
        raise UserError(f"valid values in {path}", error.got, f"mend {path}") from error


def _typed(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    if isinstance(value, list):
        return [flag, *(str(part) for part in value)]
    return [f"{flag}={'none' if value is None else value}"]


def _translated(found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Our option names and values for a file in NASLib's layout.

    ``search_space`` and ``dataset`` become the benchmark, ``out_dir`` the folder, ``search.epochs``
    the query budget. Of ``search``, NASLib's optimizers get their options, ours get them from a
    node ``search.<optimizer>``, as in NASLib itself; the keys of other optimizers are left out.
    NASLib's optimizers get one start set with an episode per epoch, the fewest there can be: one
    run of NASLib is one episode. Other keys are taken as our options.

    Raises:
        UserError: something cannot be told in our options; names it.
    """
    search = found.get("search") or {}
    if not isinstance(search, Mapping):
        raise _untold(path, "search", search, "a node with keys of its own")
    named = found.get("optimizer", DEFAULT_OPTIMIZER)
    if not isinstance(named, str):
        raise _untold(path, "optimizer", named, "one name")
    optimizer = OPTIMIZER_NAMES.get(named, named)
    told: dict[str, Any] = {"optimizer": optimizer}
    told |= _benchmark(found, search, path)
    if "epochs" in search:
        told["budgets"] = [search["epochs"]]
        if optimizer in OPTIMIZER_NAMES.values():
            told |= {"seeds": 1, "start_sets": 1, "episodes": search["epochs"]}
    if "seed" in search:
        told["seed"] = search["seed"]
    told |= _options(optimizer, search, path)
    told |= {"out": found["out_dir"]} if "out_dir" in found else {}
    known = ("optimizer", "search", "search_space", "dataset", "out_dir", *UNUSED)
    return told | {key: value for key, value in found.items() if key not in known}


def _benchmark(found: Mapping[str, Any], search: Mapping[str, Any], path: Path) -> dict[str, str]:
    if "search_space" not in found:
        return {}
    space, dataset = found["search_space"], found.get("dataset")
    if space not in BENCHMARKS.names():
        raise _untold(path, "search_space", space, f"one of {', '.join(BENCHMARKS.names())}")
    if space not in DATASETS:
        return {"benchmark": f"{space}/{dataset}" if dataset else space}
    if dataset not in (None, DATASETS[space]):
        raise _untold(path, "dataset", dataset, f"{DATASETS[space]} for {space}")
    fidelity = search.get("fidelity", -1)
    if fidelity in FULL_TRAINING:
        return {"benchmark": space}
    variant = f"epochs-{fidelity}"
    if variant not in BENCHMARKS.load(space).variants:
        raise _untold(path, "search.fidelity", fidelity, "-1")
    return {"benchmark": f"{space}/{variant}"}


def _options(optimizer: str, search: Mapping[str, Any], path: Path) -> dict[str, Any]:
    theirs = {name for one in OPTIMIZER_NAMES.values() for name in optimizer_fields(one)}
    ours = {*OPTIMIZERS.names()} - {*OPTIMIZER_NAMES.values()}
    # Ours have options whose names mean something else in NASLib's files, such as batch_size.
    flat = {*SHARED} if optimizer in ours else {*SHARED, *optimizer_fields(optimizer)}
    passed = {"epochs", "fidelity", "seed", *UNUSED_IN_SEARCH, *theirs, *ours}
    if optimizer != "naslib:bananas" or search.get(CANDIDATES) == "mutation":
        passed |= {CANDIDATES}
    told: dict[str, Any] = {}
    for key, value in search.items():
        if key in flat:
            told[key] = value
        elif key == optimizer:
            if not isinstance(value, Mapping):
                raise _untold(path, f"search.{key}", value, "a node with keys of its own")
            told |= value
        elif key not in passed:
            node = f"left out, or an option in a node search.{optimizer}"
            raise _untold(path, f"search.{key}", value, node)
    return told


def _untold(path: Path, key: str, value: Any, expected: str) -> UserError:
    return UserError(f"{key} to be {expected} in {path}", repr(value), f"mend {path}")
