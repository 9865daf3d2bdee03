"""The benchmark: which data it takes, what it answers, what it says its numbers are."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.benchmarks.nasbench101 import NASBench101
from naslib_incremental.foundation.errors import MissingFileError, UserError
from tests.doubles.nasbench101_cache import own_cache, pretend_import
from tests.doubles.nasbench101_data import run0_columns, run0_words, shared_file

__all__ = ["own_cache"]

FULL = "nasbench_full.tfrecord"
ONLY108 = "nasbench_only108.tfrecord"
SINGLE_RUN = "single-run test accuracy, run 0"


def everything(benchmark: NASBench101) -> np.ndarray:
    return np.arange(len(benchmark.space), dtype=np.int32)


def test_answers_are_means_over_the_repeats_at_108_epochs(own_cache: Path) -> None:
    table = pretend_import(FULL, (4, 12, 36, 108), 3)
    benchmark = NASBench101.open("")
    some = np.array([5, 423_623, 5, 0], np.int32)
    answers = benchmark.query(some)
    assert np.array_equal(answers.validation, table["validation"][some, 3].mean(axis=1))
    assert np.array_equal(answers.test, table["test"][some, 3].mean(axis=1))
    assert answers.costs["parameters"].tolist() == some.tolist()
    assert np.array_equal(
        answers.costs["training_seconds"], table["training_seconds"][some, 3].mean(axis=1)
    )
    assert benchmark.validation_optimum == table["validation"][:, 3].mean(axis=1).max()
    assert benchmark.shaping_alpha == 6
    assert benchmark.name == "nasbench101"
    assert benchmark.provenance.files == {FULL: "0" * 64}
    assert benchmark.provenance.validation == (
        "mean validation accuracy of 3 trainings of 108 epochs"
    )
    assert benchmark.provenance.test == "mean test accuracy of 3 trainings of 108 epochs"


def test_other_epochs_are_variants(own_cache: Path) -> None:
    table = pretend_import(FULL, (4, 12, 36, 108), 3)
    for place, epochs in enumerate((4, 12, 36)):
        benchmark = NASBench101.open(f"epochs-{epochs}")
        answers = benchmark.query(everything(benchmark))
        assert np.array_equal(answers.validation, table["validation"][:, place].mean(axis=1))
        assert np.array_equal(answers.test, table["test"][:, place].mean(axis=1))
        assert f"{epochs} epochs" in benchmark.provenance.label
        assert benchmark.name == f"nasbench101/epochs-{epochs}"


def test_epochs_that_were_not_trained_are_refused(own_cache: Path) -> None:
    pretend_import(ONLY108, (108,), 3)
    with pytest.raises(
        MissingFileError,
        match=rf"expected trainings of 36 epochs; got .* 108 epochs; next: import {FULL}",
    ) as raised:
        NASBench101.open("epochs-36")
    assert raised.value.benchmark == "nasbench101"


def test_random_repeats_follow_the_seed_and_nothing_else(own_cache: Path) -> None:
    table = pretend_import(ONLY108, (108,), 3)["validation"][:, 0]
    benchmark = NASBench101(repeats="random", seed=1)
    states = everything(benchmark)
    validation = benchmark.query(states).validation
    repeat = (validation[:, None] == table).argmax(axis=1)
    assert np.array_equal(validation, table[states, repeat])
    assert np.all(np.abs(np.bincount(repeat) / len(repeat) - 1 / 3) < 0.01)
    assert np.array_equal(benchmark.query(states[::-1]).validation, validation[::-1])
    assert np.array_equal(
        NASBench101(repeats="random", seed=1).query(states).validation, validation
    )
    other = NASBench101(repeats="random", seed=2).query(states).validation
    assert np.mean(other != validation) == pytest.approx(2 / 3, abs=0.01)
    mean_test = NASBench101().query(states).test
    assert np.array_equal(benchmark.query(states).test, mean_test)
    assert "sampled from seed 1" in benchmark.provenance.validation
    with pytest.raises(UserError, match="'mean' or 'random'"):
        NASBench101(repeats="median")


def test_more_epoch_budgets_are_better_and_validation_comes_first(own_cache: Path) -> None:
    pretend_import("run0_test.npz", (108,), 1, has_validation=False)
    assert SINGLE_RUN in NASBench101.open("").provenance.label
    pretend_import(ONLY108, (108,), 3)
    assert NASBench101.open("").provenance.files.keys() == {ONLY108}
    pretend_import(FULL, (4, 108), 3)
    assert NASBench101.open("").provenance.files.keys() == {FULL}
    assert NASBench101.open("run0").provenance.files.keys() == {"run0_test.npz"}


def test_a_better_file_that_was_not_imported_is_not_overlooked(own_cache: Path) -> None:
    pretend_import("run0_test.npz", (108,), 1, has_validation=False)
    for better in (ONLY108, FULL):
        file = own_cache.parent / "data" / better
        file.touch()
        with pytest.raises(MissingFileError, match=rf"next: .*import_data\('{file}'\)") as raised:
            NASBench101.open("")
        assert raised.value.benchmark == "nasbench101"
    assert NASBench101.open("run0").provenance.validation == SINGLE_RUN


def test_without_any_data_the_next_is_said(own_cache: Path) -> None:
    for variant in ("", "run0"):
        with pytest.raises(MissingFileError, match=r"got none in .*; next: put one") as raised:
            NASBench101.open(variant)
        assert raised.value.benchmark == "nasbench101"


def test_a_damaged_table_asks_for_its_file(
    own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pretend_import(ONLY108, (108,), 3)
    [victim] = own_cache.glob("imported/nasbench101/*/test.npy")
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    with pytest.raises(MissingFileError, match=f"next: import {ONLY108} again") as raised:
        NASBench101.open("")
    assert "damaged cache" in caplog.text
    assert raised.value.benchmark == "nasbench101"


def test_real_single_runs_are_labelled_and_exact(own_cache: Path) -> None:
    shutil.copy(shared_file("run0_test.npz"), own_cache.parent / "data")
    columns = run0_columns()
    benchmark = NASBench101.open("")
    rows = benchmark.space.index_of(run0_words(columns))
    answers = benchmark.query(rows)
    assert np.array_equal(answers.test, columns["test_acc_x9984"] / 9984)
    assert np.array_equal(answers.validation, answers.test)
    assert answers.costs.keys() == {"parameters"}
    # Published values: the first row, and the README's Inception-like cell.
    assert answers.test[0] == pytest.approx(0.9211738705635071, abs=1e-7)
    assert answers.test[67_206] == pytest.approx(0.9311898946762085, abs=1e-7)
    assert answers.costs["parameters"][67_206] == 2_694_282
    assert benchmark.validation_optimum == pytest.approx(0.9466145634651184, abs=1e-7)
    assert benchmark.provenance.validation == benchmark.provenance.test == SINGLE_RUN
    assert "no validation accuracy" in benchmark.provenance.label
