"""Speeds of NAS-Bench-301: the DARTS space, YAHPO Gym's surrogate, and an ensemble of boosters.

Run as ``python -m bench.nasbench301``; xgboost must be installed. The ensemble is made up: ten
boosters trained on the surrogate's predictions, written as official folders of two generations of
xgboost. ``--trees 3000`` makes it as large as the official one and takes minutes.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from bench.made_up.nasbench301_models import binary_handle, json_handle, pickled, write_models
from naslib_incremental.benchmarks.formats.xgboost_models import parse_booster
from naslib_incremental.benchmarks.nasbench301.forest import Ensemble
from naslib_incremental.benchmarks.nasbench301.official import import_folder
from naslib_incremental.benchmarks.nasbench301.yahpo import NASBench301Yahpo
from naslib_incremental.foundation.storage import CACHE_VARIABLE
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from naslib_incremental.search_spaces_ext.nasbench301.space import (
    NASBench301SingleSpace,
    NASBench301Space,
)

MEMBERS = 10
TRAINED_ON = 3_000
BATCH = 4_096
ORIGINS = 64
ALONE = 20
OPTIONS = {
    "max_depth": 10,
    "eta": 0.02,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "min_child_weight": 2,
    "lambda": 0.1,
    "nthread": 1,
}


def timed(what: str, function: Callable[[], Any], count: int, repeats: int = 2) -> float:
    """Best seconds of one of ``count`` things, printed with their rate."""
    function()
    spent = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        spent.append(time.perf_counter() - started)
    seconds = min(spent) / count
    print(f"{what:58} {1e6 * seconds:12.2f} us {1 / seconds:14,.0f} /s")
    return seconds


def space_speeds() -> None:
    """Sampling, neighbours, canonical form, encoding."""
    rng = np.random.default_rng(0)
    for space in (NASBench301Space(), NASBench301SingleSpace()):
        drawn = space.sample(20_000, rng)
        shown = 50 * len(drawn)
        timed(
            f"{space.name}: neighbours, 50 of each",
            lambda s=space, d=drawn: s.neighbours(d, 50, rng),
            shown,
        )
    timed("sample", lambda: space.sample(100_000, rng), 100_000)
    timed("canonical form", lambda: space.canonical(drawn), len(drawn))
    timed("hash", lambda: space.hash(drawn), len(drawn))
    timed("encode", lambda: space.encode(drawn), len(drawn))


def yahpo_speeds() -> NASBench301Yahpo:
    """The surrogate, in batches and alone."""
    benchmark = NASBench301Yahpo()
    drawn = benchmark.space.sample(BATCH, np.random.default_rng(1))
    timed(f"YAHPO surrogate, batch of {BATCH:,}", lambda: benchmark.query(drawn), BATCH)
    timed("YAHPO surrogate, alone", lambda: benchmark.query(drawn[:1]), 1, 20)
    return benchmark


def train(benchmark: NASBench301Yahpo, trees: int) -> list[xgboost.Booster]:
    """Ten boosters of as many trees."""
    rng = np.random.default_rng(2)
    drawn = benchmark.space.sample(TRAINED_ON, rng)
    target = 100 * benchmark.query(drawn).validation + rng.normal(0, 0.15, len(drawn))
    data = xgboost.DMatrix(to_features(drawn), label=target)
    base = {"base_score": float(target.mean())}
    return [xgboost.train(OPTIONS | base | {"seed": seed}, data, trees) for seed in range(MEMBERS)]


def imported(folder: Path, boosters: list[xgboost.Booster]) -> Ensemble:
    """The ensemble read from two generations' folders, and one member from the third."""
    plain = [parse_booster(bytes(booster.__getstate__()["handle"])) for booster in boosters]
    forests = []
    for name, pickles in (
        ("xgboost 1.7 and newer", [pickle.dumps(booster) for booster in boosters]),
        ("xgboost 1.0 to 1.2", [pickled(binary_handle(booster)) for booster in plain]),
    ):
        models = write_models(folder / name, pickles)
        started = time.perf_counter()
        forests.append(import_folder(models)[0].open())
        print(f"import a folder of {name}: {time.perf_counter() - started:.1f} s")
    assert all(np.array_equal(part, forests[1][key]) for key, part in forests[0].items())
    middle = parse_booster(json_handle(plain[0]))
    assert all(np.array_equal(getattr(middle, key), part) for key, part in vars(plain[0]).items())
    nodes, trees = len(forests[0]["nodes"]), len(forests[0]["depths"])
    print(f"{MEMBERS} members, {trees:,} trees, {nodes:,} nodes; the same from all generations")
    return Ensemble(forests[0])


def ensemble_speeds(boosters: list[xgboost.Booster], ensemble: Ensemble) -> None:
    """One genotype at a time, batches, and neighbours in a batch."""
    rng = np.random.default_rng(3)
    drawn = NASBench301Space().sample(BATCH, rng)
    features = to_features(drawn)

    def alone() -> None:
        for row in range(ALONE):
            one = [
                booster.predict(xgboost.DMatrix(features[row : row + 1], nthread=1))
                for booster in boosters
            ]
            np.mean(one)

    def in_place() -> Any:
        return np.mean([booster.inplace_predict(features) for booster in boosters], 0, np.float64)

    slow = timed("xgboost, one genotype at a time", alone, ALONE)
    timed(f"xgboost, in-place batch of {BATCH:,}", in_place, BATCH, 1)
    quick = timed(f"forest, batch of {BATCH:,}", lambda: ensemble.predict(drawn), BATCH)
    error = np.abs(ensemble.predict(drawn)[:, 0] - in_place()).max()
    print(f"{slow / quick:,.0f} x one at a time; largest difference {error:.1e} per cent")
    for space, limit in ((NASBench301Space(), 50), (NASBench301SingleSpace(), 120)):
        origins = space.sample(ORIGINS, rng)
        shown = space.neighbours(origins, limit, rng).architectures.reshape(-1, 2)
        seconds = timed(
            f"forest, {ORIGINS} origins' {limit} neighbours each, {space.name}",
            lambda s=shown: ensemble.predict(s),
            len(shown),
        )
        print(f"{slow / seconds:,.0f} x one at a time")


def main() -> None:
    """Measure in a cache of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=300, help="of each of the ten members")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = folder
        space_speeds()
        benchmark = yahpo_speeds()
        started = time.perf_counter()
        boosters = train(benchmark, arguments.trees)
        print(f"train {MEMBERS} boosters: {time.perf_counter() - started:.0f} s")
        ensemble_speeds(boosters, imported(Path(folder), boosters))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
