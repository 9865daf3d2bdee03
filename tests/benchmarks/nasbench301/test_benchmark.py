"""The official ensemble: its folder, its predictions, its noise, and what may be wrong with it."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench.made_up.nasbench301_models import HANDLES, pickled, write_member, write_models
from naslib_incremental.benchmarks.nasbench301 import NASBench301
from naslib_incremental.benchmarks.nasbench301.official import import_folder
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from tests.doubles.nasbench301_boosters import (
    VERSIONS,
    made_up_booster,
    made_up_ensemble,
    predict,
    real_boosters,
)

SPACE = NASBench301Space()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a data folder of its own, both empty."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path


def made_up_folder(folder: Path, generation: str = "binary") -> Path:
    handles = map(HANDLES[generation], made_up_ensemble())
    return write_models(folder / "nb_models_1.0", map(pickled, handles))


@pytest.mark.parametrize("generation", HANDLES)
def test_predictions_are_means_of_the_members(folders: Path, generation: str) -> None:
    import_folder(made_up_folder(folders, generation))
    benchmark = NASBench301()
    sampled = SPACE.sample(100, np.random.default_rng(0))
    members = [predict(booster, to_features(sampled)) for booster in made_up_ensemble()]
    expected = np.mean(np.array(members, np.float64), axis=0) / 100
    answers = benchmark.query(sampled)
    np.testing.assert_allclose(answers.validation, expected, rtol=1e-12)
    assert np.isnan(answers.test).all()
    # Once more from the cache, in another order and with repeats.
    order = np.concatenate([np.arange(100)[::-1], [5, 5]])
    assert np.array_equal(benchmark.query(sampled[order]).validation, answers.validation[order])


def test_members_pickled_by_xgboost_itself_predict_what_it_predicted(folders: Path) -> None:
    real = real_boosters()
    versions = [VERSIONS[member % 3] for member in range(10)]
    pickles = [real[f"pickle_{version}"].tobytes() for version in versions]
    import_folder(write_models(folders / "models", pickles))
    expected = np.mean([real[f"predictions_{version}"] for version in versions], axis=0)
    validation = NASBench301().query(real["architectures"]).validation
    np.testing.assert_allclose(100 * validation, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("depth", [4, 10])
def test_predictions_are_those_of_the_installed_xgboost(folders: Path, depth: int) -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost gives the expected predictions")
    sampled = SPACE.sample(2_000, np.random.default_rng(0))
    features = to_features(sampled)
    noise = np.random.default_rng(1)
    boosters = []
    for seed in range(10):
        target = 90 + (features[:, 10:14] > 2).sum(axis=1) + noise.normal(size=len(sampled))
        options = {"max_depth": depth, "nthread": 1, "subsample": 0.8, "seed": seed}
        boosters.append(xgboost.train(options, xgboost.DMatrix(features, label=target), 20))
    import_folder(write_models(folders / "models", map(pickle.dumps, boosters)))
    expected = np.mean([booster.inplace_predict(features) for booster in boosters], 0, np.float64)
    benchmark = NASBench301()
    validation = benchmark.query(sampled).validation
    np.testing.assert_allclose(100 * validation, expected, rtol=0, atol=1e-5)
    neighbours = SPACE.neighbours(sampled[:20], 50, np.random.default_rng(2)).architectures
    flat = neighbours.reshape(-1, 2)
    expected = np.mean(
        [booster.inplace_predict(to_features(flat)) for booster in boosters], 0, np.float64
    )
    np.testing.assert_allclose(100 * benchmark.query(flat).validation, expected, rtol=0, atol=1e-5)


def test_noise_is_seeded_and_has_the_members_deviation(folders: Path) -> None:
    import_folder(made_up_folder(folders))
    sampled = SPACE.sample(4_000, np.random.default_rng(0))
    plain = NASBench301()
    mean, deviation = plain.ensemble.predict(sampled).T / 100
    noisy = NASBench301(noise_seed=1).query(sampled).validation
    assert stats.kstest((noisy - mean) / deviation, "norm").pvalue > 1e-4
    # The same at every query, in any order; another from another seed.
    again = NASBench301(noise_seed=1)
    assert np.array_equal(again.query(sampled[::-1]).validation[::-1], noisy)
    other = NASBench301(noise_seed=2).query(sampled).validation
    assert abs(np.corrcoef(other - mean, noisy - mean)[0, 1]) < 0.1


def test_models_in_a_data_folder_are_found_and_imported(folders: Path) -> None:
    made_up_folder(folders / "data" / "nasbench301")
    opened = NASBench301.open("single")
    assert opened.name == "nasbench301/single"
    assert opened.space.max_degree == 120
    assert opened.provenance.label == "NAS-Bench-301 XGB v1.0 surrogate, 10 members"
    shutil.rmtree(folders / "data")
    # What was imported is enough from then on, wherever the folder was.
    assert NASBench301().provenance.files == opened.provenance.files
    assert "from seed 0" in NASBench301.open("noisy").provenance.validation


def test_the_runtime_model_tells_seconds(folders: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm predicts runtimes")
    models = made_up_folder(folders)
    sampled = SPACE.sample(500, np.random.default_rng(0))
    features = to_features(sampled)
    seconds = 3_000 + 100 * (features[:, 32:56] > 2).sum(axis=1)
    options = {"verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(features, label=seconds), 5)
    write_member(models / "lgb_runtime_v1.0", pickle.dumps(booster), 1, "lgb_time")
    import_folder(models)
    costs = NASBench301().query(sampled).costs
    np.testing.assert_array_equal(costs["training_seconds"], booster.predict(features))
    assert NASBench301().query(sampled[:0]).costs["training_seconds"].shape == (0,)


def test_without_lightgbm_there_are_no_runtimes(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = made_up_folder(folders)
    data = pickled("tree\nversion=v3\n", "lightgbm.basic")
    write_member(models / "lgb_runtime_v1.0", data, 1, "lgb_time")
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    import_folder(models)
    assert NASBench301().query(SPACE.sample(3, np.random.default_rng(0))).costs == {}


def refused(action: Any, folders: Path) -> str:
    with pytest.raises(UserError) as raised:
        action()
    assert "\n" not in str(raised.value)
    cached = folders / "cache" / "imported" / "nasbench301"
    assert not [path for path in cached.glob("*") if path.suffix != ".lock"]
    return str(raised.value)


def member(models: Path, number: int = 3) -> Path:
    return sorted((models / "xgb_v1.0").iterdir())[number]


def remove_member(models: Path) -> None:
    shutil.rmtree(member(models))


def remove_config(models: Path) -> None:
    (member(models) / "model_config.json").unlink()


def spoil_config(models: Path) -> None:
    (member(models) / "data_config.json").write_text("[]", encoding="utf-8")


def repeat_seed(models: Path) -> None:
    (member(models) / "data_config.json").write_text(json.dumps({"seed": 0}), encoding="utf-8")


def other_features(models: Path) -> None:
    data = pickled(HANDLES["json"](made_up_booster(3, features=57)))
    (member(models) / "surrogate_model.model").write_bytes(data)


def foreign_pickle(models: Path) -> None:
    (member(models) / "surrogate_model.model").write_bytes(pickle.dumps(print))


def other_library(models: Path) -> None:
    data = pickled("tree\nversion=v3\n", "lightgbm.basic")
    (member(models) / "surrogate_model.model").write_bytes(data)


def cut_off(models: Path) -> None:
    path = member(models) / "surrogate_model.model"
    path.write_bytes(path.read_bytes()[:-100])


def empty_file(models: Path) -> None:
    (member(models) / "surrogate_model.model").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (shutil.rmtree, "none in"),
        (remove_member, "9 of xgb"),
        (remove_config, "model_config.json"),
        (spoil_config, "seed"),
        (repeat_seed, "9 different seeds"),
        (other_features, "expected 56 features in every member; got 57"),
        (foreign_pickle, "print is refused"),
        (other_library, "no model of xgboost"),
        (cut_off, "surrogate_model.model: "),
        (empty_file, "surrogate_model.model: "),
    ],
)
def test_a_folder_that_is_not_whole_is_one_line(folders: Path, spoil: Any, reason: str) -> None:
    models = made_up_folder(folders)
    spoil(models)
    assert reason in refused(lambda: import_folder(models), folders)


def test_a_runtime_model_that_is_none_is_one_line(folders: Path) -> None:
    models = made_up_folder(folders)
    write_member(models / "lgb_runtime_v1.0", pickled(b"\x00"), 1, "lgb_time")
    with pytest.raises(UserError, match="no model of lightgbm"):
        import_folder(models)


def test_missing_models_are_one_line(folders: Path) -> None:
    assert "a folder nb_models_1.0 or xgb_v1.0" in refused(NASBench301, folders)
    with pytest.raises(MissingFileError) as raised:
        NASBench301()
    assert raised.value.benchmark == "nasbench301"
