"""``naslib-report``: rebuild the report of one run, or put several side by side."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from naslib_incremental.cli.guard import VERSION, Parser, add_common, guarded, option_of

PROGRAM = "naslib-report"
EXAMPLES = """examples:
  naslib-report runs/nasbench_graph-cora-1a2b3c4d5e
  naslib-report runs/nasbench_graph-cora-* --out comparison
  naslib-report runs/nasbench_graph-cora-1a2b3c4d5e --format html tex
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 (internal error), 2 (user error) or 130 (Ctrl-C)."""
    return guarded(PROGRAM, _report, arguments, _how_to_begin_again, _option_for)


def _option_for(setting: str, arguments: Sequence[str]) -> str:
    return option_of(_parser(), setting)


def _how_to_begin_again(arguments: Sequence[str]) -> str:
    return f"to begin again: {shlex.join([PROGRAM, *arguments])}"


def _report(arguments: Sequence[str]) -> None:
    chosen = _parser().parse_args(arguments)
    runs = [Path(run) for run in chosen.runs]
    from naslib_incremental.reports import FORMATS, build_report, report_of

    beside = runs[0] / "report" if len(runs) == 1 else runs[0].parent / "comparison"
    out = Path(chosen.out) if chosen.out else beside
    formats = chosen.format or FORMATS
    if len(runs) == 1:
        report = report_of(runs[0])(out, formats)
    else:
        report = build_report(runs, out, formats)
    print(report.text)
    print(f"report: {report.index or report.folder}")


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Rebuild reports from run folders; nothing is run again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="run folder, or one of an ablation or of several benchmarks",
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="where to (default: RUN/report; for several runs, comparison beside the first)",
    )
    parser.add_argument(
        "--format",
        nargs="+",
        metavar="FORMAT",
        help="some of html, md, csv, tex, png and pdf (default: all); figures come as SVG with "
        "html, and as PNG and PDF",
    )
    add_common(parser)
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


if __name__ == "__main__":
    sys.exit(main())
