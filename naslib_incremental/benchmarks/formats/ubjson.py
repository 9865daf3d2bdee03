"""Universal Binary JSON, as xgboost writes it."""

from __future__ import annotations

from struct import Struct
from typing import Any

import numpy as np

_NUMBERS = {
    ord(marker): (np.dtype(f">{kind}"), Struct(f">{code}"))
    for marker, kind, code in (
        ("i", "i1", "b"),
        ("U", "u1", "B"),
        ("I", "i2", "h"),
        ("l", "i4", "i"),
        ("L", "i8", "q"),
        ("d", "f4", "f"),
        ("D", "f8", "d"),
    )
}
_WORDS = {ord("T"): True, ord("F"): False, ord("Z"): None}
_DEEPEST = 64


def read_ubjson(data: bytes) -> Any:
    """Containers, text and numbers; arrays of one type of number become numpy arrays.

    Raises:
        ValueError: the data are damaged.
    """
    reader = _Reader(data)
    try:
        value = reader.value(reader.byte(), 0)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"damaged at byte {reader.place}") from error
    if reader.place != len(data):
        raise ValueError(f"{len(data) - reader.place} bytes beyond the end")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.data) - self.place:
            raise ValueError(f"ends too early for {count} bytes at byte {self.place}")
        self.place += count
        return self.data[self.place - count : self.place]

    def value(self, marker: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if marker in _WORDS:
            return _WORDS[marker]
        if marker == ord("{"):
            return self.mapping(depth)
        if marker == ord("["):
            return self.array(depth)
        if marker == ord("S"):
            return self.take(self.count()).decode("utf-8")
        number = _NUMBERS[marker][1]
        return number.unpack(self.take(number.size))[0]

    def count(self) -> int:
        value = self.value(self.byte(), 0)
        if not isinstance(value, int):
            raise ValueError(f"a length that is no number at byte {self.place}")
        return value

    def mapping(self, depth: int) -> dict[str, Any]:
        found = {}
        while self.data[self.place] != ord("}"):
            name = self.take(self.count()).decode("utf-8")
            found[name] = self.value(self.byte(), depth + 1)
        self.place += 1
        return found

    def array(self, depth: int) -> Any:
        if self.data[self.place] == ord("$"):
            self.place += 1
            kind = _NUMBERS[self.byte()][0]
            if self.byte() != ord("#"):
                raise ValueError(f"a typed array without a length at byte {self.place}")
            raw = self.take(self.count() * kind.itemsize)
            return np.frombuffer(raw, kind).astype(kind.newbyteorder("="))
        if self.data[self.place] == ord("#"):
            self.place += 1
            return [self.value(self.byte(), depth + 1) for _ in range(self.count())]
        found = []
        while self.data[self.place] != ord("]"):
            found.append(self.value(self.byte(), depth + 1))
        self.place += 1
        return found
