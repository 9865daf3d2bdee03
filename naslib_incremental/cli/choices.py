"""From the command line and a config file to a run's config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from naslib_incremental.cli.ablation import read_ablation, study_options
from naslib_incremental.cli.config_file import named_optimizers, parse_config, read_config_file
from naslib_incremental.cli.engine import read_engine
from naslib_incremental.cli.optimizer_options import full_parser, optimizer_fields
from naslib_incremental.cli.options import DEFAULT_OPTIMIZER, DEFAULT_OUT, QUICK, base_parser
from naslib_incremental.cli.parser import Parser
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.ablation import Ablation
from naslib_incremental.harness.ray_cluster import RayOptions
from naslib_incremental.optimizers import TrainableOptimizer, load_optimizer

HELP = ("-h", "--help")
BASELINES = ("random_search", "random_walk", "local_search")


@dataclass(frozen=True)
class Choices:
    """What was asked for.

    Attributes:
        config: the run; None where only ``--list`` was asked for.
        out: folder of run folders.
        workers: processes side by side, None for the usable cores.
        overwrite: begin again.
        dry_run: only print the plan.
        ablation: the study around ``config``, None for a run.
        ray: the cluster to work on, None for processes on this machine.
    """

    config: RunConfig | None
    out: Path
    workers: int | None
    overwrite: bool
    dry_run: bool
    ablation: Ablation | None = None
    ray: RayOptions | None = None


def read_choices(arguments: Sequence[str]) -> Choices:
    """Options of the command line over those of ``--config`` over ``--quick`` over the defaults.

    Raises:
        UserError: an option or a value does not fit.
    """
    # Which options there are depends on the optimizers, so that these are looked for first.
    first = _first_look(arguments)
    if first.get("list"):
        return Choices(None, Path(DEFAULT_OUT), None, False, False)
    path = Path(first["config"]) if "config" in first else None
    in_file = read_config_file(path) if path else {}
    optimizers = list(first.get("optimizer", named_optimizers(in_file)))
    optimizers = list(dict.fromkeys(optimizers)) or [DEFAULT_OPTIMIZER]
    parser = full_parser(optimizers)
    typed = vars(parser.parse_args(arguments))
    given = {**(parse_config(in_file, parser, path) if path else {}), **typed}
    return _choices(given, optimizers, parser)


def _first_look(arguments: Sequence[str]) -> dict[str, Any]:
    asked = [argument for argument in arguments if argument not in HELP]
    found, _ = base_parser().parse_known_args(asked)
    return vars(found)


def _choices(given: Mapping[str, Any], optimizers: Sequence[str], parser: Parser) -> Choices:
    workers = given.get("workers")
    if workers is not None and workers < 1:
        raise UserError("--workers of at least 1", str(workers), "give another --workers")
    ablation = None
    if "ablate" in given:
        given = study_options(given, optimizers)
        make_config = partial(_config, optimizers=optimizers)
        ablation = read_ablation(given, optimizers[0], parser, make_config)
    elif "variants" in given:
        raise UserError("--ablate with --variants", "--variants alone", "naslib-run --help")
    return Choices(
        _config(given, optimizers),
        Path(given.get("out", DEFAULT_OUT)),
        workers,
        given.get("overwrite", False),
        given.get("dry_run", False),
        ablation,
        read_engine(given),
    )


def _config(given: Mapping[str, Any], optimizers: Sequence[str]) -> RunConfig:
    quick = bool(given.get("quick"))
    named = {field.name for field in fields(RunConfig)} - {"optimizers"}
    settings = {name: value for name, value in given.items() if name in named}
    if quick:
        settings = {**QUICK, **settings}
    if "budgets" in settings:
        settings["budgets"] = tuple(sorted(set(settings["budgets"])))
    chosen = {name: _options(name, given, quick) for name in optimizers}
    trained = all(issubclass(load_optimizer(name), TrainableOptimizer) for name in optimizers)
    if trained and given.get("baselines", True):
        chosen |= {name: {} for name in BASELINES}
    return RunConfig(optimizers=chosen, **settings)


def _options(name: str, given: Mapping[str, Any], quick: bool) -> dict[str, Any]:
    """Options that were given for one optimizer, and its quick ones."""
    options = {}
    for option, field in optimizer_fields(name).items():
        if option in given:
            value = given[option]
            options[option] = tuple(value) if isinstance(value, list) else value
        elif quick and "quick" in field.metadata:
            options[option] = field.metadata["quick"]
    return options
