"""Benchmarks by name: ``<registry name>`` or ``<registry name>/<variant>``."""

from __future__ import annotations

from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry

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
        UserError: there is no such benchmark, or its data cannot be found.
    """
    name, _, variant = full_name.partition("/")
    kind: type[Benchmark] = BENCHMARKS.load(name)
    if variant not in kind.variants:
        choices = ", ".join(f"{name}/{choice}" if choice else name for choice in kind.variants)
        raise UserError(f"one of {choices}", repr(full_name), "naslib-run --list")
    return kind.open(variant)
