"""Ways to predict an ensemble of boosters in batches, side by side, with the same numbers.

Run as ``python -m bench.nasbench301_alternatives``; xgboost must be installed, and treelite is
measured where it is installed too. Members compiled by tl2cgen are not among them: a member of 100
trees keeps gcc busy for minutes, and the official ones have thousands.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from bench.made_up.nasbench301_models import write_models
from bench.nasbench301 import ALONE, BATCH, timed, train
from naslib_incremental.benchmarks.nasbench301.forest import Ensemble
from naslib_incremental.benchmarks.nasbench301.official import import_folder
from naslib_incremental.benchmarks.nasbench301.yahpo import NASBench301Yahpo
from naslib_incremental.foundation.storage import CACHE_VARIABLE
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space

Predict = Callable[[], NDArray[Any]]
Boosters = list[xgboost.Booster]


def main() -> None:
    """Measure each way on the same batch, against one genotype at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=300, help="of each of the ten members")
    arguments = parser.parse_args()
    boosters = train(NASBench301Yahpo(), arguments.trees)
    drawn = NASBench301Space().sample(BATCH, np.random.default_rng(3))
    features = to_features(drawn).astype(np.float32)
    alone = timed("xgboost, one genotype at a time", one_at_a_time(boosters, features), ALONE, 1)
    expected = in_place(boosters, features)()
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Predict] = {
            "xgboost, in place": in_place(boosters, features),
            "xgboost, one merged booster, in place": merged(boosters, features),
        }
        if find_spec("treelite"):
            ways["treelite, general inference"] = treelite_general(boosters, features)
        os.environ[CACHE_VARIABLE] = folder
        models = write_models(Path(folder), map(pickle.dumps, boosters))
        forest = Ensemble(import_folder(models)[0].open())
        ways["forest (ours)"] = lambda: forest.predict(drawn)[:, 0]
        for name, way in ways.items():
            seconds = timed(name, way, BATCH)
            error = np.abs(way() - expected).max()
            print(f"    {alone / seconds:,.0f} x one at a time, largest difference {error:.1e}")


def one_at_a_time(boosters: Boosters, features: NDArray[Any]) -> Callable[[], None]:
    """What a caller of the official package gets: a matrix and a call for each member."""

    def predict() -> None:
        for row in range(ALONE):
            matrix = features[row : row + 1]
            np.mean([one.predict(xgboost.DMatrix(matrix, nthread=1)) for one in boosters])

    return predict


def in_place(boosters: Boosters, features: NDArray[Any]) -> Predict:
    """All rows, one member after the other."""
    return lambda: np.mean([one.inplace_predict(features) for one in boosters], 0, np.float64)


def merged(boosters: Boosters, features: NDArray[Any]) -> Predict:
    """The trees of all members in one booster, whose sum is shared out."""
    models = [json.loads(bytes(one.save_raw("json"))) for one in boosters]
    forest = models[0]["learner"]["gradient_booster"]["model"]
    parts = [model["learner"]["gradient_booster"]["model"] for model in models]
    forest["trees"] = [tree for part in parts for tree in part["trees"]]
    for number, tree in enumerate(forest["trees"]):
        tree["id"] = number
    count = len(forest["trees"])
    forest["tree_info"] = [0] * count
    forest["iteration_indptr"] = list(range(count + 1))
    forest["gbtree_model_param"]["num_trees"] = str(count)
    base = float(json.loads(models[0]["learner"]["learner_model_param"]["base_score"])[0])
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(models[0]).encode()))
    members = len(boosters)
    return lambda: (booster.inplace_predict(features) - base) / members + base


def treelite_general(boosters: Boosters, features: NDArray[Any]) -> Predict:
    """treelite's own interpreter."""
    import treelite

    models = [treelite.frontend.from_xgboost(booster) for booster in boosters]
    predict = treelite.gtil.predict
    return lambda: np.mean(
        [predict(one, features, nthread=1).reshape(-1) for one in models], 0, np.float64
    )


if __name__ == "__main__":
    main()
