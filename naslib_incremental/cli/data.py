"""``naslib-data``: the files that benchmarks are made from, and what is compiled of them."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from naslib_incremental.cli.guard import guarded

PROGRAM = "naslib-data"
EXAMPLES = """examples:
  naslib-data status
  naslib-data fetch nasbench101            download the 108-epoch file, 499 MB
  naslib-data import nasbench_only108.tfrecord
  naslib-data import nb_models_1.0         the official models of NAS-Bench-301, a folder
  naslib-data build nasbench101            compile the search graph now, not at the first run
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 (internal error), 2 (user error) or 130 (Ctrl-C)."""
    return guarded(PROGRAM, _data, arguments, _how_to_go_on)


def _how_to_go_on(arguments: Sequence[str]) -> str:
    return f"nothing half-written is used; to go on: {shlex.join([PROGRAM, *arguments])}"


def how_to_get(benchmark: str) -> str:
    """Stand-in: the commands that bring a benchmark's missing data."""
    return f"{PROGRAM} fetch {benchmark}"


def _data(arguments: Sequence[str]) -> None:
    chosen = _parser().parse_args(arguments)
    commands: dict[str, Callable[[], None]] = {
        "status": _status,
        "build": lambda: _build(chosen.space),
        "import": lambda: _import(chosen.file),
        "verify": _verify,
        "fetch": lambda: _fetch(chosen.full),
    }
    commands[chosen.command]()


def _status() -> None:
    from naslib_incremental.benchmarks.nasbench101.files import files_at_hand, tables_at_hand
    from naslib_incremental.cli.nasbench301_data import imported_rows
    from naslib_incremental.cli.printing import table
    from naslib_incremental.foundation.array_cache import cached_keys
    from naslib_incremental.foundation.storage import cache_folder, data_folders

    files = [(f"{path.stat().st_size:,} B", str(path)) for path in files_at_hand()]
    imported = [(item.sha256[:16], item.name) for item in tables_at_hand()]
    sections = [
        ("data folders", [("", str(folder)) for folder in data_folders()]),
        ("files of nasbench101", files),
        ("imported tables of nasbench101", imported),
        ("imported models of nasbench301", imported_rows()),
        ("compiled search graphs", [("", key) for key in cached_keys("search_graphs")]),
        ("cache", [("", str(cache_folder()))]),
    ]
    print("\n\n".join(f"{title}\n{table(rows, '  ') or '  none'}" for title, rows in sections))


def _build(name: str) -> None:
    from naslib_incremental.foundation.errors import UserError
    from naslib_incremental.search_spaces_ext import SEARCH_SPACES
    from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

    space = SEARCH_SPACES.load(name)()
    if not isinstance(space, EnumerableSpace):
        raise UserError("a space that is enumerated", repr(name), f"{PROGRAM} build --help")
    started = time.perf_counter()
    graph = space.graph
    print(
        f"{name}: {len(graph.words):,} architectures, {len(graph.targets):,} neighbours, "
        f"at most {space.max_degree} each; ready in {time.perf_counter() - started:.1f} s"
    )


def _import(file: str) -> None:
    from naslib_incremental.benchmarks.nasbench101.files import import_file
    from naslib_incremental.cli.nasbench301_data import import_models, is_nasbench301

    started = time.perf_counter()
    if is_nasbench301(Path(file)):
        for line in import_models(Path(file)):
            print(f"{line}; ready in {time.perf_counter() - started:.1f} s")
        return
    imported = import_file(Path(file))
    columns = imported.open()
    cells, budgets, repeats = columns["test"].shape
    print(
        f"{imported.name}: {cells:,} cells x {budgets} epoch budgets x {repeats} trainings"
        f"{'' if 'validation' in columns else ', no validation accuracy'}; "
        f"ready in {time.perf_counter() - started:.1f} s"
    )


def _verify() -> None:
    from naslib_incremental.benchmarks.nasbench101.files import (
        OFFICIAL_CHECKSUMS,
        files_at_hand,
        tables_at_hand,
    )
    from naslib_incremental.cli.nasbench301_data import imported_rows
    from naslib_incremental.cli.printing import table
    from naslib_incremental.foundation.errors import UserError
    from naslib_incremental.foundation.storage import file_sha256

    rows = []
    for path in files_at_hand():
        sha256 = file_sha256(path)
        published = OFFICIAL_CHECKSUMS.get(path.name, "")
        if published and sha256 != published:
            raise UserError(
                f"{path} with the published SHA-256 {published}",
                sha256,
                f"remove it, then {PROGRAM} fetch nasbench101",
            )
        rows.append((sha256, f"{path}{', as published' if published else ''}"))
    for imported in tables_at_hand():
        imported.open()
        rows.append((imported.sha256, f"table of {imported.name}, undamaged"))
    rows += [(sha256, f"{kind} of nasbench301, undamaged") for sha256, kind in imported_rows()]
    print(table(rows) or "nothing to verify")


def _fetch(full: bool) -> None:
    from naslib_incremental.benchmarks.nasbench101.download import download

    path = download("nasbench_full.tfrecord" if full else "nasbench_only108.tfrecord")
    print(f"{path}, as published; next: {shlex.join([PROGRAM, 'import', str(path)])}")


def _parser() -> argparse.ArgumentParser:
    from naslib_incremental import __version__
    from naslib_incremental.cli.guard import Parser, add_common

    common = Parser(add_help=False)
    add_common(common)
    parser = Parser(
        prog=PROGRAM,
        description="Files that benchmarks are made from, and what is compiled of them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("status", parents=[common], help="what is at hand, and where")
    build = commands.add_parser("build", parents=[common], help="compile a search graph")
    build.add_argument("space", metavar="SPACE", help="e.g. nasbench101")
    importing = commands.add_parser("import", parents=[common], help="read a file into a table")
    importing.add_argument(
        "file",
        metavar="FILE",
        help="official .tfrecord, NASLib's nasbench_only108.pkl, or the compact run0_test.npz; "
        "NAS-Bench-301: the folder nb_models_1.0, or yahpo_nb301.onnx",
    )
    commands.add_parser("verify", parents=[common], help="check files and tables for damage")
    fetch = commands.add_parser("fetch", parents=[common], help="download an official file")
    fetch.add_argument("benchmark", choices=["nasbench101"], metavar="BENCHMARK")
    fetch.add_argument(
        "--full", action="store_true", help="all epoch budgets, 1.95 GB (default: 108, 499 MB)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
