"""Downloading published files: resumable, and checked before they are used."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tqdm import tqdm

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import file_sha256

BLOCK = 1 << 20
PATIENCE_SECONDS = 60
REST_IS_SENT = 206
NOTHING_IS_LEFT = 416


def download(address: str, target: Path, sha256: str) -> Path:
    """Fetch a file; what was fetched before is kept.

    An unfinished download lies beside its target as ``.part`` and is resumed.

    Args:
        address: where the file is published.
        target: where it goes.
        sha256: its published SHA-256.

    Raises:
        UserError: it cannot be fetched or written, or differs from its checksum.
    """
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        return _checked(target, target, sha256)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address, part)
    except (OSError, HTTPException) as error:
        raise UserError(
            f"to download {address} into {target.parent}",
            " ".join(str(error).split()),
            "try again: the download resumes where it stopped",
        ) from error
    return _checked(part, target, sha256)


def _fetch(address: str, part: Path) -> None:
    """Append to a file what it lacks."""
    present = part.stat().st_size if part.exists() else 0
    request = Request(address, headers={"Range": f"bytes={present}-"} if present else {})
    try:
        response = urlopen(request, timeout=PATIENCE_SECONDS)
    except HTTPError as error:
        if error.code == NOTHING_IS_LEFT and present:
            return
        raise
    with response:
        resumed = response.status == REST_IS_SENT
        total = int(response.headers.get("Content-Length", 0)) + present * resumed
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(
                total=total, initial=present * resumed, unit="B", unit_scale=True, disable=None
            ) as bar,
        ):
            while block := response.read(BLOCK):
                file.write(block)
                bar.update(len(block))
        if total and part.stat().st_size < total:
            raise OSError(f"the connection closed after {part.stat().st_size} of {total} bytes")


def _checked(path: Path, target: Path, published: str) -> Path:
    sha256 = file_sha256(path)
    if sha256 != published:
        if path != target:
            path.unlink()
        raise UserError(
            f"{target.name} with the SHA-256 {published}",
            f"{target} with {sha256}",
            f"remove {target} if it is there, then fetch again",
        )
    path.replace(target)
    return target
