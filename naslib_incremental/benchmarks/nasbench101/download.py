"""Downloading the official files of NAS-Bench-101: resumable, and checked before they are used."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tqdm import tqdm

from naslib_incremental.benchmarks.nasbench101.files import FOLDER, OFFICIAL_CHECKSUMS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders, file_sha256

OFFICIAL_ADDRESS = "https://storage.googleapis.com/nasbench"
BLOCK = 1 << 20
PATIENCE_SECONDS = 60
REST_IS_SENT = 206
NOTHING_IS_LEFT = 416


def download(name: str, address: str = OFFICIAL_ADDRESS) -> Path:
    """Fetch an official file into the first data folder; what was fetched before is kept.

    An unfinished download lies beside its target as ``.part`` and is gone on with.

    Args:
        name: one of ``OFFICIAL_CHECKSUMS``.
        address: where the file lies.

    Raises:
        UserError: it cannot be fetched or written, or differs from its checksum.
    """
    target = data_folders()[0] / FOLDER / name
    part = target.with_name(f"{name}.part")
    if target.exists():
        return _checked(target, target, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(f"{address}/{name}", part)
    except (OSError, HTTPException) as error:
        raise UserError(
            f"to download {address}/{name} into {target.parent}",
            " ".join(str(error).split()),
            "the same command again: it goes on where it stopped",
        ) from error
    return _checked(part, target, name)


def _fetch(url: str, part: Path) -> None:
    """Append to a file what it lacks."""
    present = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={present}-"} if present else {})
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


def _checked(path: Path, target: Path, name: str) -> Path:
    sha256 = file_sha256(path)
    if sha256 != OFFICIAL_CHECKSUMS[name]:
        if path != target:
            path.unlink()
        raise UserError(
            f"{name} with the SHA-256 {OFFICIAL_CHECKSUMS[name]}",
            f"{target} with {sha256}",
            f"remove {target} if it is there, then fetch again",
        )
    path.replace(target)
    return target
