"""``naslib-run``: train, evaluate, report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from naslib_incremental.cli.guard import guarded

if TYPE_CHECKING:
    from naslib_incremental.cli.choices import Choices
    from naslib_incremental.harness.ablation import Ablation

PROGRAM = "naslib-run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 (internal error), 2 (user error) or 130 (Ctrl-C)."""
    return guarded(PROGRAM, _run, arguments, _how_to_go_on)


def _how_to_go_on(arguments: Sequence[str]) -> str:
    # Beginning again would throw away what is finished.
    again = [argument for argument in arguments if argument != "--overwrite"]
    return f"what is finished stays; to go on: {shlex.join([PROGRAM, *again])}"


def _run(arguments: Sequence[str]) -> None:
    flags = {argument.partition("=")[0] for argument in arguments}
    if flags & {"-h", "--help"} and not flags & {"--optimizer", "--config", "--config-file"}:
        from naslib_incremental.cli.options import base_parser

        # Without any optimizer named there is none to load for its options.
        base_parser().parse_args(arguments)
    from naslib_incremental.cli.choices import read_choices

    choices = read_choices(arguments)
    if choices.config is None:
        from naslib_incremental.cli.printing import choices_text

        print(choices_text())
    elif choices.ablation is not None:
        _study(choices.ablation, choices, arguments)
    elif choices.dry_run:
        from naslib_incremental.cli.printing import plan_text
        from naslib_incremental.harness.job import make_job
        from naslib_incremental.harness.plan import make_plan

        job = make_job(choices.config, choices.out)
        print(plan_text(job, make_plan(choices.config), choices.workers))
    else:
        _execute(choices, arguments)


def _study(ablation: Ablation, choices: Choices, arguments: Sequence[str]) -> None:
    from naslib_incremental.cli.engine import chosen_engine
    from naslib_incremental.cli.printing import study_text
    from naslib_incremental.harness.ablation import make_study, run_study
    from naslib_incremental.reports import build_ablation_report

    study = make_study(ablation, choices.out)
    if choices.dry_run:
        print(study_text(study, choices.workers))
        return
    with chosen_engine(choices.ray) as engine:
        folder = run_study(
            study,
            workers=choices.workers or engine.workers,
            overwrite=choices.overwrite,
            command=shlex.join([PROGRAM, *arguments]),
            start_workers=engine.start,
        )
    report = build_ablation_report(folder, folder / "report")
    print(report.text)
    print(f"report: {report.index}")


def _execute(choices: Choices, arguments: Sequence[str]) -> None:
    from naslib_incremental.cli.engine import chosen_engine
    from naslib_incremental.harness import run
    from naslib_incremental.reports import build_report

    assert choices.config is not None
    command = shlex.join([PROGRAM, *arguments])
    with chosen_engine(choices.ray) as engine:
        folder = run(
            choices.config,
            choices.out,
            workers=choices.workers or engine.workers,
            overwrite=choices.overwrite,
            command=command,
            start_workers=engine.start,
        )
    report = build_report([folder], folder / "report")
    print(report.text)
    print(f"report: {report.index}")


if __name__ == "__main__":
    sys.exit(main())
