"""Files that are whole or absent."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from naslib_incremental.foundation import storage


def test_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    storage.write_text(target, "old")

    def fail_halfway() -> None:
        with storage.atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_sha256_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x" * 3_000_000)
    assert storage.file_sha256(path) == sha256(b"x" * 3_000_000).hexdigest()


def test_data_folders_of_the_variable_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", "/first:/second")
    assert storage.data_folders()[:2] == [Path("/first"), Path("/second")]
    assert len(storage.data_folders()) == 3


def test_written_files_have_the_users_own_permissions(tmp_path: Path) -> None:
    plain, written = tmp_path / "plain", tmp_path / "written"
    plain.write_text("")
    storage.write_text(written, "")
    assert written.stat().st_mode == plain.stat().st_mode
