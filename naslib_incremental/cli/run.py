"""``naslib-run``: train, evaluate, report."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from io import StringIO
from typing import TYPE_CHECKING, Any

from naslib_incremental.cli.guard import guarded
from naslib_incremental.foundation.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from naslib_incremental.cli.choices import Choices

PROGRAM = "naslib-run"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 (internal error), 2 (user error) or 130 (Ctrl-C)."""
    return guarded(PROGRAM, _run, arguments, _how_to_resume, _option_for)


def _how_to_resume(arguments: Sequence[str]) -> str:
    # Beginning again would throw away what is finished.
    again = [argument for argument in arguments if argument != "--overwrite"]
    return f"what is finished stays; to resume: {shlex.join([PROGRAM, *again])}"


def _option_for(setting: str, arguments: Sequence[str]) -> str:
    from naslib_incremental.cli.choices import option_for

    return option_for(setting, arguments)


def _run(arguments: Sequence[str]) -> None:
    flags = {argument.partition("=")[0] for argument in arguments}
    if flags & {"-h", "--help"} and not flags & {"--optimizer", "--config", "--config-file"}:
        from naslib_incremental.cli.options import base_parser

        # Without any optimizer named there is none to load for its options.
        base_parser().parse_args(arguments)
    from naslib_incremental.cli.choices import read_choices

    choices, command = read_choices(arguments), shlex.join([PROGRAM, *arguments])
    if choices.config is None:
        from naslib_incremental.cli.printing import choices_text

        print(choices_text())
        return
    if choices.ablation is not None:
        folder = _study(choices, command)
    elif choices.benchmarks:
        folder = _suite(choices, command)
    else:
        folder = _execute(choices, command)
    if folder is not None:
        _report(folder, choices)


def _report(folder: Path, choices: Choices) -> None:
    """Make what was asked for of a finished run or study, and print its tables."""
    from naslib_incremental.reports import FORMATS, TABLES, report_of

    if choices.report == "none":
        print(f"run folder: {folder}")
        return
    formats = TABLES if choices.report == "summary" else FORMATS
    report = report_of(folder)(folder / "report", formats)
    print(report.text)
    print(f"report: {report.index or report.folder}")


def _execute(choices: Choices, command: str) -> Path | None:
    """Do a run, or print what it would do; its folder, if there is one."""
    from naslib_incremental.cli.printing import plan_text
    from naslib_incremental.harness import run
    from naslib_incremental.harness.job import make_job

    assert choices.config is not None
    # Whatever is wrong with the config is said before a cluster is started.
    plan = plan_text(make_job(choices.config, choices.out), choices.workers)
    if choices.dry_run:
        print(plan)
        return None
    logger.debug("%s", plan)
    with _at_work(choices, command) as how:
        return run(choices.config, choices.out, **how)


def _study(choices: Choices, command: str) -> Path | None:
    """Do a study, or print what it would do; its folder, if there is one."""
    from naslib_incremental.cli.printing import study_text
    from naslib_incremental.harness.ablation import make_study
    from naslib_incremental.harness.runner import run_all

    assert choices.ablation is not None
    study = make_study(choices.ablation, choices.out)
    plan = study_text(study, choices.workers)
    if choices.dry_run:
        print(plan)
        return None
    logger.debug("%s", plan)
    with _at_work(choices, command) as how:
        return run_all(study, **how)


def _suite(choices: Choices, command: str) -> Path | None:
    """Do the runs of a suite, or print what they would do; its folder, if there is one."""
    from naslib_incremental.cli.printing import suite_text
    from naslib_incremental.harness.runner import run_all
    from naslib_incremental.harness.suite import make_suite

    assert choices.config is not None
    suite = make_suite(choices.config, choices.benchmarks, choices.out)
    plan = suite_text(suite, choices.workers)
    if choices.dry_run:
        print(plan)
        return None
    logger.debug("%s", plan)
    with _at_work(choices, command) as how:
        return run_all(suite, **how)


@contextmanager
def _at_work(choices: Choices, command: str) -> Iterator[dict[str, Any]]:
    """How runs are done, with a cluster behind it, if asked for, as long as the block lasts.

    Raises:
        UserError: Ray is not installed, or there is no cluster at the address.
    """
    how: dict[str, Any] = {
        "workers": choices.workers,
        "overwrite": choices.overwrite,
        "command": command,
    }
    if choices.quiet:
        from naslib_incremental.harness.progress import Progress

        how["show"] = partial(Progress, stream=StringIO())
    if choices.engine == "local":
        yield how
        return
    if find_spec("ray") is None:
        raise UserError(
            "Ray with RLlib for --engine rllib",
            "an environment without ray",
            "pip install 'naslib-incremental[rllib]'",
        )
    from naslib_incremental.agent.rllib.topology import cluster_cpus
    from naslib_incremental.harness.ray_workers import RayWorkers, connected

    with connected(choices.ray_address):
        workers = choices.workers or cluster_cpus()
        yield {**how, "workers": workers, "start_workers": RayWorkers}


if __name__ == "__main__":
    sys.exit(main())
