"""Reading TFRecord files record by record, without TensorFlow.

A record is its length (8 bytes, little endian), a masked CRC32C of these 8 bytes, the payload, and
a masked CRC32C of the payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO

import google_crc32c

from naslib_incremental.benchmarks.formats import ForeignFileError

HEADER = Struct("<QI")
FOOTER = Struct("<I")

# No record comes near it; a larger length is that of a foreign file, and is never allocated.
MOST_PAYLOAD = 1 << 24
BUFFER = 1 << 20


def masked_crc(data: bytes) -> int:
    """CRC32C of some bytes, rotated right by 15 bits, plus a constant, as TFRecord stores it."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def begins_a_record(start: bytes) -> bool:
    """Whether the first bytes of a file are the header of a TFRecord."""
    if len(start) < HEADER.size:
        return False
    _, length_crc = HEADER.unpack(start[: HEADER.size])
    return bool(masked_crc(start[:8]) == length_crc)


def read_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (byte offset, payload) of each record.

    Raises:
        ForeignFileError: a record is cut off, or differs from its checksum; says at which byte.
    """
    with path.open("rb", buffering=BUFFER) as file:
        offset = 0
        while header := file.read(HEADER.size):
            payload = _checked_payload(file, header, offset)
            yield offset, payload
            offset += HEADER.size + len(payload) + FOOTER.size


def _checked_payload(file: BinaryIO, header: bytes, offset: int) -> bytes:
    if len(header) < HEADER.size:
        raise damaged_record(offset, "the file ends within a record")
    length, _ = HEADER.unpack(header)
    if not begins_a_record(header) or length > MOST_PAYLOAD:
        reason = "no TFRecord file" if offset == 0 else "a length that differs from its checksum"
        raise damaged_record(offset, reason)
    payload = file.read(length)
    footer = file.read(FOOTER.size)
    if len(footer) < FOOTER.size:
        raise damaged_record(offset, "the file ends within a record")
    if masked_crc(payload) != FOOTER.unpack(footer)[0]:
        raise damaged_record(offset, "a payload that differs from its checksum")
    return payload


def damaged_record(offset: int, reason: str) -> ForeignFileError:
    """The error of a file that is wrong from a byte offset on."""
    return ForeignFileError(f"{' '.join(reason.split())} at byte {offset}")
