"""TransNAS-Bench-101: cells (micro) and skeletons (macro) on seven tasks (Duan et al. 2021)."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import CellDrawing
from naslib_incremental.search_spaces_ext.edge_cells import EdgeCellSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

OPERATIONS = ("none", "skip_connect", "conv1x1", "conv3x3")
MICRO_PREFIX = "64-41414-"

MODULES = ("normal", "double channels", "halve resolution", "double and halve")
FEWEST, MOST = 4, 6
"""Modules of a skeleton."""
_BASE = len(MODULES) + 1

_MICRO = re.compile(re.escape(MICRO_PREFIX) + r"([0-3])_([0-3]{2})_([0-3]{3})")
_MACRO = re.compile(r"64-([1-4]{4,6})-basic")


class TransNASMicroSpace(EdgeCellSpace):
    """4,096 cells of four operations in a fixed skeleton; a neighbour changes one edge, 18 each.

    1,236 of them compute different things.
    """

    name = "transnas101_micro"
    version = 1
    operations = OPERATIONS

    def to_name(self, operations: list[int]) -> str:
        """The benchmark's own string, e.g. ``64-41414-3_12_010``."""
        digits = "".join(map(str, operations))
        return f"{MICRO_PREFIX}{digits[0]}_{digits[1:3]}_{digits[3:]}"

    def from_name(self, text: str) -> list[int]:  # noqa: D102
        found = _MICRO.fullmatch(text)
        if not found:
            raise ValueError(f"give {MICRO_PREFIX}a_bc_def with digits 0 to 3")
        return [int(digit) for part in found.groups() for digit in part]


class TransNASMacroSpace(EnumerableSpace):
    """3,256 skeletons of four to six modules.

    One to three modules double the channels, one to four halve the resolution. A neighbour is, in
    the spirit of the paper's edits, a skeleton with one module more, one less, or one of another
    kind, as far as it lies in the space. A packed word is the modules from the first on, read as a
    number of base 5, with zeros for modules that there are not.
    """

    name = "transnas101_macro"
    version = 1
    features = MOST * _BASE

    def enumerate(self) -> NDArray[np.uint64]:  # noqa: D102
        skeletons = [
            modules
            for length in range(FEWEST, MOST + 1)
            for modules in product(range(1, _BASE), repeat=length)
            if is_skeleton(modules)
        ]
        return np.array([_pack(modules) for modules in skeletons], np.uint64)

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:  # noqa: D102
        return words

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        found = [sorted({_pack(one) for one in _edited(_unpack(word))}) for word in words.tolist()]
        flat = [word for row in found for word in row]
        return np.array([len(row) for row in found]), np.array(flat, np.uint64)

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """[B, F] one-hot module of each of six places, absent ones among them."""
        weights = _BASE ** np.arange(MOST)[::-1]
        digits = words.astype(np.int64)[:, None] // weights % _BASE
        one_hot = digits[:, :, None] == np.arange(_BASE)
        return np.asarray(one_hot.reshape(len(words), -1), np.uint8)

    def word_to_readable(self, word: int) -> str:
        """The benchmark's own string, e.g. ``64-1234-basic``."""
        return f"64-{''.join(map(str, _unpack(word)))}-basic"

    def readable_to_word(self, text: str) -> int:
        """The packed word of a string; ValueError with the reason if it is none."""
        found = _MACRO.fullmatch(text)
        if not found:
            raise ValueError("give 64-MODULES-basic with four to six digits 1 to 4")
        return _pack(tuple(map(int, found[1])))

    def draw_word(self, word: int) -> list[CellDrawing]:
        """A chain of modules."""
        labels = ("input", *(MODULES[module - 1] for module in _unpack(word)), "output")
        edges = tuple((place, place + 1) for place in range(len(labels) - 1))
        return [CellDrawing("skeleton", labels, edges)]


def is_skeleton(modules: tuple[int, ...]) -> bool:
    """Whether modules 1..4 make a skeleton of the space."""
    doubled = sum(module in (2, 4) for module in modules)
    halved = sum(module in (3, 4) for module in modules)
    return FEWEST <= len(modules) <= MOST and 1 <= doubled <= 3 and 1 <= halved <= 4


def _edited(modules: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Skeletons of the space with one module more, less or changed; the same may occur twice."""
    kinds = range(1, _BASE)
    places = range(len(modules))
    edited = [modules[:place] + modules[place + 1 :] for place in places]
    edited += [(*modules[:p], kind, *modules[p + 1 :]) for p in places for kind in kinds]
    edited += [
        (*modules[:p], kind, *modules[p:]) for p in (*places, len(modules)) for kind in kinds
    ]
    return [one for one in edited if is_skeleton(one) and one != modules]


def _pack(modules: tuple[int, ...]) -> int:
    padded = modules + (0,) * (MOST - len(modules))
    return sum(module * _BASE ** (MOST - 1 - place) for place, module in enumerate(padded))


def _unpack(word: int) -> tuple[int, ...]:
    digits = (word // _BASE ** (MOST - 1 - place) % _BASE for place in range(MOST))
    return tuple(digit for digit in digits if digit)
