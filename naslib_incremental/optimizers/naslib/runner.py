"""Our optimizers and NASLib's by name: for the runners of NASLib, and one that has them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.naslib.importing import load_naslib

NASLIB_OPTIMIZERS = {
    "rs": "RandomSearch",
    "re": "RegularizedEvolution",
    "ls": "LocalSearch",
    "bananas": "Bananas",
    "npenas": "Npenas",
    "darts": "DARTSOptimizer",
    "drnas": "DrNASOptimizer",
    "gdas": "GDASOptimizer",
}
"""As in NASLib's own runner: classes of ``naslib.optimizers`` by the names of its config files."""

WITHOUT_MEMORY = ("rs", "re", "ls", "bananas", "npenas")
"""Those of them whose checkpoints hold nothing of what was queried."""

MUTATING = ("re", "bananas", "npenas")
"""Those that mutate architectures, which NASLib's macro space of TransNAS-Bench-101 cannot."""

OTHER_NAMES = {"darts": "nasbench301", "transbench101": "transbench101_micro"}
"""Search spaces that NASLib's config files call differently from its code."""

CLASSES = {"cifar10": 10, "cifar100": 100, "ImageNet16-120": 120}
"""Classes of the data sets of NAS-Bench-201."""


def supported_optimizers(config: Any) -> dict[str, Any]:
    """Our optimizers by name, as NASLib's runners list theirs.

    Args:
        config: NASLib's.
    """
    return {name: make(config) for name, make in _our_optimizers().items()}


def _our_optimizers() -> dict[str, Callable[[Any], Any]]:
    classes = ("ApexIncremental", "LocalSearch", "RandomSearch", "RandomWalk")
    # Late: naming it imports NASLib.
    ours = import_module(f"{__package__}.into_naslib")
    found = [getattr(ours, name) for name in classes]
    return {optimizer.name: optimizer for optimizer in found}


def supported_search_spaces(dataset: str = "cifar10") -> dict[str, Any]:
    """NASLib's search spaces that our optimizers search, by the names of its config files.

    Args:
        dataset: of the config; says how many classes a network has.
    """
    return {name: make() for name, make in _search_spaces(dataset).items()}


def _search_spaces(dataset: str) -> dict[str, Callable[[], Any]]:
    load_naslib()
    spaces = import_module("naslib.search_spaces")
    classes = CLASSES.get(dataset, 10)
    found: dict[str, Callable[[], Any]] = {
        "nasbench101": spaces.NasBench101SearchSpace,
        "nasbench201": partial(spaces.NasBench201SearchSpace, n_classes=classes),
        "nasbench301": spaces.NasBench301SearchSpace,
        "transbench101_micro": partial(spaces.TransBench101SearchSpaceMicro, dataset),
        "transbench101_macro": partial(spaces.TransBench101SearchSpaceMacro, dataset),
    }
    return found | {other: found[name] for other, name in OTHER_NAMES.items()}


def read_config(path: Path, overrides: Sequence[str] = (), seed: int | None = None) -> Any:
    """A config file of NASLib, completed as its runner for NAS does, with folders for results.

    They are ``<out_dir>/<search_space>/<dataset>/<optimizer>/<seed>``.

    Args:
        path: YAML.
        overrides: names and values in turn, e.g. ``["search.epochs", "20"]``.
        seed: takes the place of the file's.

    Raises:
        UserError: it cannot be read, or lacks what a search needs.
    """
    load_naslib()
    try:
        config = import_module("naslib.utils").load_config(path)
    except (OSError, yaml.YAMLError) as error:
        raise UserError("a config file", " ".join(str(error).split()), f"mend {path}") from error
    node = type(config)
    if len(overrides) % 2:
        got = f"{overrides[-1]} without a value"
        raise UserError("names and values in turn", got, "write e.g. search.epochs 20")
    for name, value in zip(overrides[::2], overrides[1::2], strict=True):
        *above, key = name.split(".")
        at = config
        for part in above:
            at = at.setdefault(part, node())
        at[key] = yaml.safe_load(value)
    missing = {"dataset", "optimizer", "out_dir", "search", "search_space"} - {*config}
    missing |= set() if "epochs" in config.get("search", {}) else {"search.epochs"}
    if missing:
        names = ", ".join(sorted(missing))
        raise UserError(f"{names} in {path}", "nothing", "add what is missing")
    config.seed = config.search.seed = config.get("seed", 0) if seed is None else seed
    config.search.setdefault("checkpoint_freq", config.search.epochs)
    config.setdefault("evaluation", node())
    parts = (config.search_space, config.dataset, config.optimizer, str(config.seed))
    config.save = str(Path(config.out_dir, *parts))
    for name in ("search", "eval"):
        Path(config.save, name).mkdir(parents=True, exist_ok=True)
    return config


def run(config: Any, resume: bool = False, evaluate_only: bool = False) -> float:
    """Search and evaluate with NASLib's ``Trainer``, logged in ``<save>/log.log``.

    Args:
        config: as ``read_config`` makes it.
        resume: from the last checkpoint.
        evaluate_only: do not search.

    Returns:
        What NASLib says of the final architecture: test accuracy, on NAS-Bench-301 validation
        accuracy, which is all that it has.

    Raises:
        UserError: a name is unknown, NASLib lacks data or packages for the search space, or cannot
            do what is asked for.
    """
    metric = load_naslib().Metric
    utils = import_module("naslib.utils")
    _refuse_what_naslib_cannot(config, resume, evaluate_only)
    optimizer = _optimizer(config)
    name = OTHER_NAMES.get(config.search_space, config.search_space)
    make_space = _named(_search_spaces(config.dataset), "search_space", name)
    utils.setup_logger(f"{config.save}/log.log").setLevel(logging.INFO)
    utils.log_args(config)
    try:
        dataset_api = utils.get_dataset_api(name, config.dataset)
    except (AssertionError, ImportError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        action = "install it as NASLib says, or search another search_space"
        raise UserError(f"NASLib's data for {name} on {config.dataset}", reason, action) from error
    utils.set_seed(config.seed)
    space = make_space()
    optimizer.adapt_search_space(space, dataset_api=dataset_api)
    if optimizer.using_step_function:
        optimizer.loss = space.get_loss_fn()
    trainer_class = import_module("naslib.defaults.trainer").Trainer
    trainer = trainer_class(optimizer, config, lightweight_output=True)
    if not evaluate_only:
        trainer.search(resume_from=utils.get_last_checkpoint(config) if resume else "")
    asked = metric.VAL_ACCURACY if name == "nasbench301" else metric.TEST_ACCURACY
    return float(trainer.evaluate(dataset_api=dataset_api, metric=asked))


def _refuse_what_naslib_cannot(config: Any, resume: bool, evaluate_only: bool) -> None:
    if (resume or evaluate_only) and config.optimizer in WITHOUT_MEMORY:
        raise UserError(
            f"a whole search with NASLib's {config.optimizer}",
            "one to go on with, and its checkpoints do not hold what was queried",
            "search from the beginning, or take another optimizer",
        )
    if config.optimizer in MUTATING and config.search_space == "transbench101_macro":
        raise UserError(
            "a search space of NASLib's that can mutate",
            f"{config.search_space} for {config.optimizer}",
            "take another optimizer here; as a row of our own comparison it has our neighbours",
        )
    found = Path(config.save, "search", "model_final.pth")
    if evaluate_only and not found.exists():
        raise UserError(
            "a search that has ended", f"no {found}", "search first, or name that search's out_dir"
        )


def _optimizer(config: Any) -> Any:
    theirs = load_naslib().optimizers
    known = {
        name: getattr(theirs, kind)
        for name, kind in NASLIB_OPTIMIZERS.items()
        if hasattr(theirs, kind)
    }
    make = _named(known | _our_optimizers(), "optimizer", config.optimizer)
    try:
        return make(config)
    except AttributeError as error:
        # So says NASLib what its optimizers miss in a config.
        reason = " ".join(str(error).split())
        expected = f"all that {config.optimizer} reads from the config"
        raise UserError(expected, reason, "add what is missing") from error


def _named(known: dict[str, Any], what: str, name: str) -> Any:
    if name not in known:
        raise UserError(f"{what} of {', '.join(sorted(known))}", repr(name), f"name another {what}")
    return known[name]
