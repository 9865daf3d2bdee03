"""The run's own options of ``naslib-run``."""

from __future__ import annotations

import argparse

from naslib_incremental import __version__
from naslib_incremental.cli.engine import add_engine
from naslib_incremental.cli.parser import Parser
from naslib_incremental.harness import RunConfig

PROGRAM = "naslib-run"
DEFAULT_OPTIMIZER = "apex_incremental"
DEFAULT_OUT = "runs"
# What --quick puts in the place of defaults; optimizers say theirs in the field's metadata "quick".
QUICK = {"seeds": 2, "start_sets": 2, "episodes": 1_000}
# What an invocation does rather than what a run is; not for config files.
ACTIONS = ("help", "version", "list", "config", "dry_run", "overwrite", "debug")
EXAMPLES = """examples:
  naslib-run --optimizer apex_incremental --quick
  naslib-run --optimizer apex_incremental --benchmark nasbench_graph/arxiv --steps 200000
  naslib-run --optimizer random_search local_search --neighbours 25 --budgets 50 300
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
    add_engine(parser)
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
    group.add_argument("--benchmark", metavar="NAME", help=f"one of --list (default: {default})")


def _add_evaluation(parser: Parser) -> None:
    group = parser.add_argument_group("evaluation")

    def add(name: str, default: int, what: str) -> None:
        group.add_argument(
            f"--{name}", type=int, metavar="N", help=f"{what} (default: {default:,})"
        )

    add("seeds", RunConfig.seeds, "agents per optimizer")
    add("start-sets", RunConfig.start_sets, "sets of starts per agent")
    add("episodes", RunConfig.episodes, "episodes per agent and start set")
    add("neighbours", RunConfig.neighbours, "most neighbours presented at a step")
    add("max-steps", RunConfig.max_steps, "steps after which an episode is cut off")
    add("seed", RunConfig.seed, "master seed, from which all others follow")
    group.add_argument(
        "--budgets",
        type=int,
        nargs="+",
        metavar="N",
        help="query budgets of the tables (default: those that papers report on the benchmark)",
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
        "--config",
        "--config-file",
        metavar="FILE",
        help="YAML file whose keys are option names, or NASLib's; the command line wins over it",
    )
    group.add_argument(
        "--quick",
        action=argparse.BooleanOptionalAction,
        help="small defaults for a first look, in under a minute",
    )
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="begin again instead of going on from what is there",
    )
    group.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    group.add_argument("--list", action="store_true", help="print what can be chosen")
    group.add_argument("--debug", action="store_true", help="print tracebacks")
    version = f"%(prog)s {__version__}"
    group.add_argument("--version", action="version", version=version)


def own_names(parser: argparse.ArgumentParser) -> set[str]:
    """Destinations of all options of a parser."""
    return {action.dest for action in parser._actions}
