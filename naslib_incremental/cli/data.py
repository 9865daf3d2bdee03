"""``naslib-data``: the files that benchmarks are made from, and what is compiled of them."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from naslib_incremental.cli.guard import DATA, data_command, guarded, how_to_get

EXAMPLES = """examples:
  naslib-data list                         what each benchmark can read, and where to get it
  naslib-data status
  naslib-data fetch nasbench101            download the 108-epoch file, 499 MB
  naslib-data import nasbench_only108.tfrecord
  naslib-data import nb_models_1.0         the official models of NAS-Bench-301, a folder
  naslib-data build nasbench101            compile the search graph now, not at the first run
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 (internal error), 2 (user error) or 130 (Ctrl-C)."""
    return guarded(DATA, _data, arguments, _how_to_resume)


def _how_to_resume(arguments: Sequence[str]) -> str:
    return f"nothing half-written is used; to resume: {data_command(*arguments)}"


def _data(arguments: Sequence[str]) -> None:
    chosen = _parser().parse_args(arguments)
    commands: dict[str, Callable[[], None]] = {
        "list": _list,
        "status": _status,
        "build": lambda: _build(chosen.space),
        "import": lambda: _import(Path(chosen.file)),
        "verify": _verify,
        "fetch": lambda: _fetch(chosen.benchmark, chosen.file),
    }
    commands[chosen.command]()


def _list() -> None:
    from naslib_incremental.benchmarks import data_packages, data_sources
    from naslib_incremental.cli.printing import table

    sections = []
    for package, names in data_packages().items():
        rows = [
            (package.name, f"{package.size}, a package that is installed with this one"),
            ("origin", package.origin),
            ("licence", package.licence),
        ]
        sections.append(f"{', '.join(names)}: {package.title}\n{table(rows, '  ')}")
    for source in data_sources():
        rows = [
            (
                file.name,
                f"{file.size or 'size unknown'}{', can be fetched' if file.address else ''}",
            )
            for file in source.files
        ]
        rows += [("origin", source.origin), ("licence", source.licence or "see its origin")]
        sections.append(f"{source.benchmark}: {source.title}\n{table(rows, '  ')}")
    print("\n\n".join(sections))


def _status() -> None:
    from naslib_incremental.benchmarks import data_sources
    from naslib_incremental.cli.printing import table
    from naslib_incremental.foundation.array_cache import cached_keys
    from naslib_incremental.foundation.storage import cache_folder, data_folders

    files: dict[str, list[tuple[str, str]]] = {}
    imported: dict[str, list[tuple[str, str]]] = {}
    for source in data_sources():
        files.setdefault(source.benchmark, []).extend(
            (f"{path.stat().st_size:,} B" if path.is_file() else "folder", str(path))
            for path in source.at_hand()
        )
        imported.setdefault(source.benchmark, []).extend(
            (item.sha256[:16], item.name or item.kind) for item in source.imported()
        )
    sections = [
        ("data folders", [("", str(folder)) for folder in data_folders()]),
        *((f"files of {name}", rows) for name, rows in files.items()),
        *((f"imported for {name}", rows) for name, rows in imported.items()),
        ("compiled search graphs", [("", key) for key in cached_keys("search_graphs")]),
        ("cache", [("", str(cache_folder()))]),
    ]
    print("\n\n".join(f"{title}\n{table(rows, '  ') or '  none'}" for title, rows in sections))


def _build(name: str) -> None:
    from naslib_incremental.foundation.errors import UserError
    from naslib_incremental.search_spaces_ext import SEARCH_SPACES, EnumerableSpace

    space = SEARCH_SPACES.load(name)()
    if not isinstance(space, EnumerableSpace):
        raise UserError("a space that is enumerated", repr(name), data_command("build", "--help"))
    started = time.perf_counter()
    graph = space.graph
    print(
        f"{name}: {len(graph.words):,} architectures, {len(graph.targets):,} neighbours, "
        f"at most {space.max_degree} each; ready in {time.perf_counter() - started:.1f} s"
    )


def _import(path: Path) -> None:
    from naslib_incremental.benchmarks import import_data

    started = time.perf_counter()
    for line in import_data(path):
        print(f"{line}; ready in {time.perf_counter() - started:.1f} s")


def _verify() -> None:
    from naslib_incremental.benchmarks import data_sources
    from naslib_incremental.cli.printing import table

    rows = [row for source in data_sources() for row in source.verify()]
    print(table(rows) or "nothing to verify")


def _fetch(benchmark: str, name: str | None) -> None:
    from naslib_incremental.benchmarks import data_sources
    from naslib_incremental.foundation.errors import UserError

    addressed = [
        (source, file) for source in data_sources() for file in source.files if file.address
    ]
    wanted = [
        (source, file)
        for source, file in addressed
        if source.benchmark == benchmark and name in (None, file.name)
    ]
    if not wanted:
        known = [f"{source.benchmark} {file.name}" for source, file in addressed]
        raise UserError(
            f"a file that can be downloaded: {', '.join(known)}",
            " ".join(filter(None, (benchmark, name))),
            how_to_get(benchmark) or data_command("list"),
        )
    source, file = wanted[0]
    path = source.fetch(file)
    print(f"{path}, as published; next: {data_command('import', str(path))}")


def _parser() -> argparse.ArgumentParser:
    from naslib_incremental import __version__
    from naslib_incremental.cli.guard import Parser, add_common

    common = Parser(add_help=False)
    add_common(common)
    parser = Parser(
        prog=DATA,
        description="Files that benchmarks are made from, and what is compiled of them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", parents=[common], help="what benchmarks read, and where to get it")
    commands.add_parser("status", parents=[common], help="what is at hand, and where")
    build = commands.add_parser("build", parents=[common], help="compile a search graph")
    build.add_argument("space", metavar="SPACE", help="e.g. nasbench101")
    importing = commands.add_parser("import", parents=[common], help="read a file into the cache")
    importing.add_argument(
        "file", metavar="FILE", help="a file or folder that is listed, known by its content"
    )
    commands.add_parser("verify", parents=[common], help="check files and imports for damage")
    fetch = commands.add_parser("fetch", parents=[common], help="download a published file")
    fetch.add_argument("benchmark", metavar="BENCHMARK", help="e.g. nasbench101")
    fetch.add_argument(
        "file", nargs="?", metavar="FILE", help="one of its files (default: the one listed first)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
