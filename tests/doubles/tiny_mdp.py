"""A search space of a few states, small enough to be solved by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.search_spaces_ext.contract import Architectures, CellDrawing
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace
from naslib_incremental.search_spaces_ext.search_graph import SearchGraph, compile_search_graph


class TinySpace(EnumerableSpace):
    """States 0..V-1 with given neighbours, encoded one-hot."""

    name = "tiny"
    version = 1

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        self.rows = rows
        self.features = len(rows)

    @cached_property
    def graph(self) -> SearchGraph:
        return compile_search_graph(self)

    def enumerate(self) -> NDArray[np.uint64]:
        return np.arange(len(self.rows), dtype=np.uint64)

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return words

    def expand(self, words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        rows = [self.rows[word] for word in words.tolist()]
        flat = [target for row in rows for target in row]
        return np.array([len(row) for row in rows], np.int64), np.array(flat, np.uint64)

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        return np.eye(self.features, dtype=np.uint8)[words.astype(np.int64)]

    def word_to_readable(self, word: int) -> str:
        return f"s{word}"

    def readable_to_word(self, text: str) -> int:
        return int(text.removeprefix("s"))

    def draw_word(self, word: int) -> list[CellDrawing]:
        return [CellDrawing("cell", (f"s{word}",), ())]


class TinyBenchmark(Benchmark):
    """Given accuracies over a ``TinySpace``; test is validation less 0.01."""

    def __init__(self, rows: Sequence[Sequence[int]], accuracies: Sequence[float]) -> None:
        self.name = "tiny"
        self.space = TinySpace(rows)
        self.provenance = Provenance("tiny", "validation", "test", {})
        self.shaping_alpha = 0.0
        self.accuracies = np.array(accuracies)
        self.validation_optimum = float(self.accuracies.max())

    @classmethod
    def open(cls, variant: str) -> TinyBenchmark:
        return cls([[1], [0]], [0.1, 0.2])

    def query(self, architectures: Architectures) -> Answers:
        validation = self.accuracies[architectures]
        return Answers(validation, validation - 0.01)
