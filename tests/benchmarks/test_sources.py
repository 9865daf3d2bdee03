"""Which source a file is of: by its content, or by its name where it is damaged."""

from __future__ import annotations

import bz2
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.made_up.nasbench101_files import framed, made_up_trainings, naslib_table, write_tfrecord
from bench.made_up.nasbench301_models import write_models
from naslib_incremental.benchmarks import DataSource, data_sources, import_data, source_for
from naslib_incremental.benchmarks.nasbench101.sources import COMPACT, NASLIB, OFFICIAL
from naslib_incremental.benchmarks.nasbench301.official import OFFICIAL as OFFICIAL_MODELS
from naslib_incremental.benchmarks.nasbench301.yahpo import SURROGATE
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.search_spaces_ext.nasbench101.space import cells_of_size
from tests.doubles import nasbench101_data, nasbench301_data


def official(path: Path) -> None:
    write_tfrecord(path, made_up_trainings(cells_of_size(3), (108,), 1, 0))


def naslib(path: Path) -> None:
    path.write_bytes(pickle.dumps(naslib_table(made_up_trainings(cells_of_size(3), (108,), 1, 0))))


def compact(path: Path) -> None:
    shutil.copy(nasbench101_data.shared_file("run0_test.npz"), path)


def models(path: Path) -> None:
    write_models(path, [b""])


def surrogate(path: Path) -> None:
    shutil.copy(nasbench301_data.shared_file("yahpo_nb301.onnx"), path)


@pytest.mark.parametrize(
    ("write", "source"),
    [
        (official, OFFICIAL),
        (naslib, NASLIB),
        (compact, COMPACT),
        (models, OFFICIAL_MODELS),
        (surrogate, SURROGATE),
    ],
)
def test_files_are_recognised_by_their_content(
    tmp_path: Path, write: Callable[[Path], None], source: DataSource
) -> None:
    path = tmp_path / "renamed"
    write(path)
    assert [known for known in data_sources() if known.recognises(path)] == [source]
    assert source_for(path) is source


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x7fELF" * 100,
        pickle.dumps({"a": np.zeros(3)}),
        bz2.compress(b"x"),
        b"PK\x03\x04",
        b"\x08\x06\x12\x07pytorch",
        b"\x00" * 12,
        framed(b"\x0a\x03abc"),
    ],
)
def test_other_files_are_nobodys(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(UserError, match="which no benchmark recognises") as raised:
        import_data(path)
    assert str(path) in str(raised.value)
    assert "nb_models_1.0" in str(raised.value)


def test_a_damaged_file_is_explained_by_the_reader_of_its_name(tmp_path: Path) -> None:
    for name, expected in (
        ("nasbench_only108.tfrecord", "no TFRecord file at byte 0"),
        ("nasbench_only108.pkl", "before byte"),
        ("run0_test.npz", "an .npz file with the columns"),
        ("nb201_extra.npz", "an .npz file with the columns"),
        ("nb201_cifar10_full_training.pickle", "NASLib's pickle of NAS-Bench-201"),
        ("NATS-tss-v1_0-3ffb9.pickle.pbz2", "NATS-Bench's topology space"),
        ("NAS-Bench-201-v1_1-096897.pth", "the official file of NAS-Bench-201"),
        ("transnas-bench_v10141024.pth", "the official file of TransNAS-Bench-101"),
    ):
        path = tmp_path / name
        path.write_bytes(b"damaged, and not recognised")
        with pytest.raises(UserError, match=expected):
            import_data(path)
    (tmp_path / "nb_models_1.0").mkdir()
    with pytest.raises(UserError, match=r"the 10 members of xgb_v1\.0"):
        import_data(tmp_path / "nb_models_1.0")


def test_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    for source in data_sources():
        assert not source.recognises(tmp_path / "missing")
    with pytest.raises(MissingFileError, match="No such file"):
        import_data(tmp_path / "missing")


def test_every_source_says_where_its_files_come_from() -> None:
    for source in data_sources():
        assert source.title
        assert source.origin
        assert source.files
        for file in source.files:
            assert bool(file.address) <= (len(file.sha256) == 64)
