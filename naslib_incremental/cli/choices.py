"""From the command line and a config file to a run's config."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from naslib_incremental.cli.ablation import read_ablation, study_options
from naslib_incremental.cli.config_files import (
    ConfigFile,
    named_optimizers,
    parse_config,
    read_config_file,
)
from naslib_incremental.cli.guard import Parser, option_of
from naslib_incremental.cli.options import (
    DEFAULT_OPTIMIZER,
    DEFAULT_OUT,
    ENGINE,
    PROGRAM,
    QUICK,
    base_parser,
    full_parser,
    optimizer_fields,
)
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.ablation import Ablation
from naslib_incremental.harness.plan import is_trainable
from naslib_incremental.harness.suite import left_out_in_turn

logger = logging.getLogger(__name__)

HELP = ("-h", "--help")
CONFIG = ("--config", "--config-file")
OPTION = re.compile(r"-(?!\.?\d)")
"""How an option begins, and a negative number does not."""
BASELINES = ("random_search", "random_walk", "local_search")
LISTED = ("optimizer", "benchmark")


@dataclass(frozen=True)
class Choices:
    """What was asked for.

    Attributes:
        config: the run; None where only ``--list`` was asked for.
        out: folder of run folders.
        workers: processes side by side, None for the usable cores.
        engine: ``"local"``, or ``"rllib"`` for tasks of a Ray cluster.
        ray_address: of a running cluster, None to have one on this machine.
        overwrite: begin again.
        dry_run: only print the plan.
        report: ``"full"``, ``"summary"`` for tables without figures, or ``"none"``.
        quiet: show no progress.
        ablation: the study around ``config``, None for a run.
        benchmarks: that ``config`` is run on each, where there are several.
    """

    config: RunConfig | None
    out: Path = Path(DEFAULT_OUT)
    workers: int | None = None
    engine: str = "local"
    ray_address: str | None = None
    overwrite: bool = False
    dry_run: bool = False
    report: str = "full"
    quiet: bool = False
    ablation: Ablation | None = None
    benchmarks: tuple[str, ...] = ()


def read_choices(arguments: Sequence[str]) -> Choices:
    """Options of the command line over those of ``--config`` over ``--quick`` over the defaults.

    Raises:
        UserError: an option or a value does not fit.
    """
    # Which options there are depends on the optimizers, so that these are looked for first.
    arguments, overrides = _without_overrides(arguments)
    first = _first_look(arguments)
    if first.get("list"):
        return Choices(None)
    path = Path(first["config"]) if "config" in first else None
    in_file = _in_file(first, overrides)
    optimizers = _optimizers(first, in_file.options)
    parser = full_parser(optimizers)
    typed = vars(parser.parse_args(arguments))
    given = {**(parse_config(in_file.options, parser, path) if path else {}), **typed}
    if in_file.is_naslibs:
        for name, key in (("optimizer", "optimizer"), ("benchmark", "search_space")):
            if name not in given:
                raise UserError(f"{key} in {path}", "none", f"add it, or --{name}")
    if in_file.ignored:
        ignored = ", ".join(in_file.ignored)
        logger.warning("%s: nothing here has a use for %s", path, ignored)
    return _choices(given, optimizers, parser)


def _in_file(first: Mapping[str, Any], overrides: Sequence[str]) -> ConfigFile:
    if "config" not in first:
        return ConfigFile({})
    return read_config_file(Path(first["config"]), overrides)


def _without_overrides(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments, and apart from them the names and values right behind the config file.

    Nothing that argparse could tell from values of options that it does not know yet.
    """
    for place, argument in enumerate(arguments):
        name, joined, _ = argument.partition("=")
        if name in CONFIG:
            begin = end = place + (1 if joined else 2)
            while end < len(arguments) and not OPTION.match(arguments[end]):
                end += 1
            return [*arguments[:begin], *arguments[end:]], list(arguments[begin:end])
    return list(arguments), []


def option_for(setting: str, arguments: Sequence[str]) -> str:
    """The option that stands for a setting of the run that was asked for; empty where none does."""
    arguments, overrides = _without_overrides(arguments)
    first, parser = _first_look(arguments), base_parser()
    # Whatever is wrong with the optimizers, the run's own options are known.
    with suppress(UserError):
        parser = full_parser(_optimizers(first, _in_file(first, overrides).options))
    option = option_of(parser, setting)
    return f"{option} (what there is: {PROGRAM} --list)" if setting in LISTED else option


def _optimizers(first: Mapping[str, Any], in_file: Mapping[str, Any]) -> list[str]:
    named = first.get("optimizer", named_optimizers(in_file))
    return list(dict.fromkeys(named)) or [DEFAULT_OPTIMIZER]


def _first_look(arguments: Sequence[str]) -> dict[str, Any]:
    asked = [argument for argument in arguments if argument not in HELP]
    found, _ = base_parser().parse_known_args(asked)
    return vars(found)


def _choices(given: Mapping[str, Any], optimizers: Sequence[str], parser: Parser) -> Choices:
    workers = given.get("workers")
    if workers is not None and workers < 1:
        raise UserError("--workers of at least 1", str(workers), "give another --workers")
    if "ray_address" in given and given.get(ENGINE, "local") == "local":
        raise UserError("--engine rllib with --ray-address", "--engine local", "--engine rllib")
    ablation = None
    benchmarks = tuple(dict.fromkeys(given.get("benchmark", ())))
    if benchmarks:
        given = {**given, "benchmark": benchmarks[0]}
    if "ablate" in given:
        given = study_options(given, optimizers)
        make_config = partial(_config, optimizers=optimizers)
        ablation = read_ablation(given, optimizers[0], parser, make_config)
    elif "variants" in given:
        raise UserError("--ablate with --variants", "--variants alone", f"{PROGRAM} --help")
    names = {field.name for field in fields(Choices)} - {"config", "out", "ablation", "benchmarks"}
    chosen = {name: value for name, value in given.items() if name in names}
    out = Path(given.get("out", DEFAULT_OUT))
    config = _config(given, optimizers)
    if "leave_one_out" in given:
        if benchmarks:
            got = "both"
            raise UserError("--benchmark or --leave-one-out", got, "leave one of them away")
        benchmarks = left_out_in_turn(given["leave_one_out"], config)
    several = benchmarks if len(benchmarks) > 1 else ()
    if several and ablation is not None:
        raise UserError("one benchmark with --ablate", ", ".join(several), "name one")
    return Choices(config, out, ablation=ablation, benchmarks=several, **chosen)


def _config(given: Mapping[str, Any], optimizers: Sequence[str]) -> RunConfig:
    quick = bool(given.get("quick"))
    named = {field.name for field in fields(RunConfig)} - {"optimizers"}
    settings = {name: value for name, value in given.items() if name in named}
    if quick:
        settings = {**QUICK, **settings}
    if "budgets" in settings:
        settings["budgets"] = tuple(sorted(set(settings["budgets"])))
    if "train_on" in settings:
        settings["train_on"] = tuple(dict.fromkeys(settings["train_on"]))
    chosen = {name: _options(name, given, quick) for name in optimizers}
    if all(map(is_trainable, optimizers)) and given.get("baselines", True):
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
