"""Benchmarks by name, ``<registry name>`` or ``<registry name>/<variant>``, and their data."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from naslib_incremental.benchmarks.contract import Benchmark, DataPackage, DataSource
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.registry import Registry

logger = logging.getLogger(__name__)

BENCHMARKS = Registry("naslib_incremental.benchmarks", "benchmark")


def list_benchmarks() -> list[str]:
    """Full names of all benchmarks, sorted by registry name."""
    return [
        f"{name}/{variant}" if variant else name
        for name in BENCHMARKS.names()
        for variant in BENCHMARKS.load(name).variants
    ]


def open_benchmark(full_name: str) -> Benchmark:
    """Open a benchmark.

    Args:
        full_name: e.g. ``"nasbench_graph/cora"``.

    Raises:
        MissingFileError: its data cannot be found.
        UserError: there is no such benchmark, or its data cannot be read.
    """
    name, _, variant = full_name.partition("/")
    kind: type[Benchmark] = BENCHMARKS.load(name)
    if variant not in kind.variants:
        choices = ", ".join(f"{name}/{choice}" if choice else name for choice in kind.variants)
        raise UserError(f"one of {choices}", repr(full_name), "take one of them")
    return kind.open(variant)


def data_sources() -> list[DataSource]:
    """What all registered benchmarks can be made from; those that fail to load are left out."""
    sources: list[DataSource] = []
    for _, kind in _loaded():
        sources += [source for source in kind.sources if source not in sources]
    return sources


def data_packages() -> dict[DataPackage, list[str]]:
    """Packages that bring data along, with the registry names of their benchmarks."""
    packages: dict[DataPackage, list[str]] = {}
    for name, kind in _loaded():
        if kind.package is not None:
            packages.setdefault(kind.package, []).append(name)
    return packages


def _loaded() -> Iterator[tuple[str, type[Benchmark]]]:
    """All registered benchmarks by name; those that fail to load are left out."""
    for name in BENCHMARKS.names():
        try:
            yield name, BENCHMARKS.load(name)
        except UserError as error:
            logger.warning("benchmark %s is left out: %s", name, error)


def source_for(path: Path) -> DataSource:
    """The source that a file or a folder is of: by its content, or else by its name.

    Raises:
        MissingFileError: it cannot be read.
        UserError: no benchmark knows it.
    """
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            path.open("rb").close()
    except OSError as error:
        reason = f"{path} ({error.strerror})"
        raise MissingFileError(
            "a readable file or folder", reason, "give the path of one"
        ) from error
    sources = data_sources()
    known = [source for source in sources if source.recognises(path)]
    # A file too damaged to be recognised is best explained by the reader of what it should be.
    known += [source for source in sources if path.name in [file.name for file in source.files]]
    if not known:
        names = ", ".join(file.name for source in sources for file in source.files)
        reason = f"{path}, which no benchmark recognises"
        raise UserError(f"a file or folder such as {names}", reason, "give one of them")
    return known[0]


def import_data(path: Path | str) -> list[str]:
    """Read a file or a folder of any benchmark into the cache.

    Returns:
        A line for each thing imported.

    Raises:
        UserError: it is missing, damaged, or of no benchmark.
    """
    return source_for(Path(path)).import_file(Path(path))
