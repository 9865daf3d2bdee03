"""Options of ``naslib-run``: the run's own, and one per field of the chosen optimizers' configs."""

from __future__ import annotations

import argparse
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from naslib_incremental.cli.guard import VERSION, Parser, add_common
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig

PROGRAM = "naslib-run"
DEFAULT_OPTIMIZER = "apex_incremental"
DEFAULT_OUT = "runs"
# What --quick puts in the place of defaults; optimizers say theirs in the field's metadata "quick".
QUICK = {"seeds": 2, "start_sets": 2, "episodes": 1_000, "searches": 3}
# What an invocation does rather than what a run is; not for config files.
ACTIONS = (
    *("help", "version", "list", "config", "dry_run", "overwrite"),
    *("report", "quiet", "verbose", "debug"),
)
# An option of the run that optimizers which train over a cluster have too.
ENGINE = "engine"
EXAMPLES = """examples:
  naslib-run --optimizer apex_incremental --quick
  naslib-run --optimizer apex_incremental --benchmark nasbench_graph/arxiv --steps 200000
  naslib-run --optimizer random_search local_search --neighbours 25 --budgets 50 300
  naslib-run --leave-one-out nasbench_graph --optimizer regularized_evolution random_search
  naslib-run --config run.yaml --seeds 10
  naslib-run --ablate gamma=.9,.95,.99 neighbours=25,50,100 alpha=none,2,6,10 --quick

options of an optimizer:
  naslib-run --optimizer apex_incremental --help
"""


def base_parser() -> Parser:
    """A parser of the run's own options, with every default suppressed."""
    parser = Parser(
        prog=PROGRAM,
        description="Train optimizers, evaluate them side by side and report query budgets.",
        epilog=EXAMPLES,
        usage="%(prog)s [options]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    _add_what(parser)
    _add_evaluation(parser)
    _add_how(parser)
    return parser


def _add_what(parser: Parser) -> None:
    group = parser.add_argument_group("what to compare")
    group.add_argument(
        "--optimizer",
        nargs="+",
        metavar="NAME",
        help=f"one or more of --list (default: {DEFAULT_OPTIMIZER})",
    )
    group.add_argument(
        "--baselines",
        action=argparse.BooleanOptionalAction,
        help="put random search, random walk and local search beside, when all named optimizers "
        "are trained ones (default: yes)",
    )
    group.add_argument(
        "--ablate",
        nargs="+",
        metavar="FACTOR=VALUES",
        help="train with each value of one factor at a time, e.g. gamma=.9,.95 alpha=none,2,6; "
        "factors: alpha, N, neighbours, max-steps, and all options of the optimizer",
    )
    group.add_argument(
        "--variants",
        nargs="+",
        metavar="CHANGE",
        help="repeat --ablate with each of these changes, e.g. head=cls, or several at once, "
        "head=cls+reward_scale=none, to compare sensitivities",
    )
    default = RunConfig.benchmark
    group.add_argument(
        "--benchmark",
        nargs="+",
        metavar="NAME",
        help=f"one of --list (default: {default}); with several, a run on each and a table over "
        "all",
    )
    group.add_argument(
        "--leave-one-out",
        metavar="FAMILY",
        help="each data set of this benchmark in turn, searched by agents that learned on the "
        "others",
    )


def _add_evaluation(parser: Parser) -> None:
    group = parser.add_argument_group("evaluation")

    def add(name: str, default: int, what: str) -> None:
        group.add_argument(
            f"--{name}", type=int, metavar="N", help=f"{what} (default: {default:,})"
        )

    add("seeds", RunConfig.seeds, "agents per optimizer")
    add("start-sets", RunConfig.start_sets, "sets of starts per agent")
    add("episodes", RunConfig.episodes, "episodes per agent and start set")
    add("searches", RunConfig.searches, "the same of an optimizer whose episode is a whole search")
    add("neighbours", RunConfig.neighbours, "most neighbours presented at a step")
    add("max-steps", RunConfig.max_steps, "steps after which an episode is cut off")
    add("seed", RunConfig.seed, "master seed, from which all others follow")
    group.add_argument(
        "--train-on",
        nargs="+",
        metavar="BENCHMARK",
        help="benchmarks that agents are trained on, of the same space (default: the benchmark "
        "itself, or the other data sets of its family for optimizers that learn elsewhere)",
    )
    group.add_argument(
        "--budgets",
        type=int,
        nargs="+",
        metavar="N",
        help="query budgets of the tables (default: those that papers report on the benchmark)",
    )
    group.add_argument(
        "--long-search",
        type=int,
        metavar="N",
        help="queries of a search of optimizers with a memory that take them cheaply, for the "
        "figure beside what agents cost in all (default: the largest budget)",
    )


def _add_how(parser: Parser) -> None:
    group = parser.add_argument_group("where and how")
    group.add_argument(
        "--out", metavar="FOLDER", help=f"folder of run folders (default: {DEFAULT_OUT})"
    )
    group.add_argument(
        "--workers", type=int, metavar="N", help="processes side by side (default: usable cores)"
    )
    group.add_argument(
        f"--{ENGINE}",
        choices=("local", "rllib"),
        help="local: processes on this machine, the same seed gives the same result; rllib: each "
        "training and all evaluations over a Ray cluster, needs the extra rllib (default: local)",
    )
    group.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        help="a running Ray cluster (default: one is started on this machine for the command)",
    )
    group.add_argument(
        "--config",
        "--config-file",
        metavar="FILE",
        help="YAML file whose keys are option names, or NASLib's; names and values right behind it "
        "take the place of its own, e.g. search.epochs 20; the command line wins over it",
    )
    group.add_argument(
        "--report",
        choices=("full", "summary", "none"),
        help="full: tables, figures and the page; summary: tables; none: the run folder alone "
        "(default: full)",
    )
    group.add_argument(
        "--quick",
        action=argparse.BooleanOptionalAction,
        help="small defaults for a first look, in under a minute",
    )
    group.add_argument(
        "--overwrite", action="store_true", help="begin again instead of resuming what is there"
    )
    group.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    group.add_argument("--list", action="store_true", help="print what can be chosen")
    add_common(group)
    group.add_argument("--version", action="version", version=VERSION)


def own_names(parser: argparse.ArgumentParser) -> set[str]:
    """Destinations of all options of a parser."""
    return {action.dest for action in parser._actions}


def flag_of(name: str) -> str:
    """The option of a setting, e.g. ``--max-steps`` of ``max_steps``."""
    return f"--{name.replace('_', '-')}"


def optimizer_fields(name: str) -> dict[str, Field[Any]]:
    """An optimizer's options by name, without those that the run's settings stand for."""
    from naslib_incremental.optimizers import load_optimizer

    config_class = load_optimizer(name).config_class
    shared = own_names(base_parser()) - {ENGINE}
    found = fields(config_class) if config_class is not None else ()
    return {field.name: field for field in found if field.name not in shared}


def full_parser(optimizers: Sequence[str]) -> Parser:
    """A parser that also knows the options of the chosen optimizers.

    Raises:
        UserError: an optimizer is unknown, or two have an option of one name and other types.
    """
    from naslib_incremental.optimizers import load_optimizer

    parser = base_parser()
    kinds: dict[str, tuple[str, Any]] = {}
    for name in optimizers:
        group = parser.add_argument_group(f"options of {name}")
        hints = get_type_hints(load_optimizer(name).config_class or object)
        for option, field in optimizer_fields(name).items():
            other, kind = kinds.setdefault(option, (name, hints[option]))
            if kind != hints[option]:
                raise UserError(
                    f"one type for the option {flag_of(option)}",
                    f"two, of {other} and {name}",
                    "run them one at a time",
                )
            if other == name and option != ENGINE:
                _add_field(group, field, kind)
    return parser


def _add_field(group: argparse._ArgumentGroup, field: Field[Any], hint: Any) -> None:
    default = field.default
    shown = "" if default is MISSING or default is None else f" (default: {_shown(default)})"
    described = (str(field.metadata.get("help", "")) + shown).replace("%", "%%")
    if hint is bool:
        group.add_argument(
            flag_of(field.name), action=argparse.BooleanOptionalAction, help=described
        )
        return
    convert, several, choices = _converter(hint)
    group.add_argument(
        flag_of(field.name),
        type=convert,
        nargs="+" if several else None,
        choices=choices,
        metavar=None if choices else _metavar(hint),
        help=described,
    )


def _converter(hint: Any) -> tuple[Callable[[str], Any], bool, Sequence[Any] | None]:
    """From an annotation: the type of one value, whether there are several, the choices."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in (int, float, str):
        return hint, False, None
    if origin is Literal:
        return type(arguments[0]), False, arguments
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _converter(arguments[0])[0], True, None
    if origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
        inner = next(argument for argument in arguments if argument is not type(None))
        return _or_none(_converter(inner)[0]), False, None
    raise TypeError(f"an option cannot be of type {hint}")


def _or_none(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        return None if text.lower() == "none" else convert(text)

    converted.__name__ = getattr(convert, "__name__", "value")
    return converted


def _metavar(hint: Any) -> str:
    names = {int: "N", float: "X", str: "TEXT"}
    inner = [argument for argument in get_args(hint) if argument in names]
    return names.get(hint) or (names[inner[0]] if inner else "VALUE")


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return " ".join(str(part) for part in default)
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:,}" if isinstance(default, int) else str(default)
