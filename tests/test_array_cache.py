"""The cache of arrays: written once, checked at every opening, mended, shared by processes."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.foundation.array_cache import open_or_build


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path))
    return tmp_path


def build() -> dict[str, np.ndarray]:
    return {"words": np.arange(100, dtype=np.uint64), "mask": np.eye(3, dtype=np.bool_)}


def unbuildable() -> dict[str, np.ndarray]:
    raise AssertionError("built although cached")


def test_second_opening_reads_what_the_first_built() -> None:
    open_or_build("kind", "key", build)
    arrays = open_or_build("kind", "key", unbuildable)
    for name, array in build().items():
        assert arrays[name].dtype == array.dtype
        assert (arrays[name] == array).all()
        assert not arrays[name].flags.writeable


def test_another_key_is_another_entry() -> None:
    open_or_build("kind", "v1", build)
    with pytest.raises(AssertionError, match="built although cached"):
        open_or_build("kind", "v2", unbuildable)


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "index"])
def test_damaged_entry_is_built_again_with_a_note(
    own_cache: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    open_or_build("kind", "key", build)
    name = "index.json" if damage == "index" else "words.npy"
    [victim] = own_cache.glob(f"kind/key*/{name}")
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.unlink()
    if damage != "remove":
        victim.write_bytes(data[:40] if damage == "truncate" else data)
    arrays = open_or_build("kind", "key", build)
    assert "damaged cache, building it again" in caplog.text
    assert (arrays["words"] == np.arange(100)).all()
    open_or_build("kind", "key", unbuildable)


def test_failed_build_leaves_nothing(own_cache: Path) -> None:
    with pytest.raises(AssertionError, match="built although cached"):
        open_or_build("kind", "key", unbuildable)
    assert [path.name for path in own_cache.rglob("*") if path.is_dir()] == ["kind"]


def build_noting_it() -> dict[str, np.ndarray]:
    log = Path(os.environ["NASLIB_INCREMENTAL_CACHE"]) / "builds"
    with log.open("a") as file:
        file.write("built\n")
    return build()


def open_shared(_: int) -> int:
    return int(open_or_build("kind", "key", build_noting_it)["words"].sum())


def test_several_processes_build_once(own_cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(open_shared, range(6)) == [4950] * 6
    assert (own_cache / "builds").read_text() == "built\n"
