"""Boosters of three generations of xgboost, as flat arrays."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.made_up.nasbench301_models import HANDLES, binary_handle, json_document, pickled, ubjson
from naslib_incremental.benchmarks.formats import ForeignFileError
from naslib_incremental.benchmarks.formats.xgboost_models import (
    Booster,
    parse_booster,
    read_booster,
)
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_features
from tests.doubles.nasbench301_boosters import VERSIONS, made_up_booster, predict, real_boosters


@pytest.mark.parametrize("version", VERSIONS)
def test_pickles_of_xgboost_itself_predict_what_it_predicted(version: str, tmp_path: Path) -> None:
    real = real_boosters()
    path = tmp_path / "surrogate_model.model"
    path.write_bytes(real[f"pickle_{version}"].tobytes())
    booster = read_booster(path)
    predicted = predict(booster, to_features(real["architectures"]))
    # Before 1.3 the base was added last, which rounds otherwise; the unit is per cent.
    tolerance = 2e-5 if version == "1.2.1" else 0
    np.testing.assert_allclose(predicted, real[f"predictions_{version}"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("generation", HANDLES)
def test_every_generation_holds_the_same_trees(generation: str) -> None:
    booster = made_up_booster(0)
    parsed = parse_booster(HANDLES[generation](booster))
    for name in ("base", "features", "offsets", "left", "right", "feature", "value"):
        np.testing.assert_array_equal(getattr(parsed, name), getattr(booster, name), err_msg=name)


def test_a_base_score_of_newer_versions_is_read() -> None:
    document = json_document(made_up_booster(0, base=93.25))
    document["Model"]["learner"]["learner_model_param"]["base_score"] = "[9.325E1]"
    assert parse_booster(ubjson(document)).base == 93.25


def altered(change: Callable[[Any], None]) -> bytes:
    document = json_document(made_up_booster(0))
    change(document["Model"]["learner"])
    return json.dumps(document, separators=(",", ":")).encode()


def first_tree(learner: Any) -> Any:
    return next(
        tree
        for tree in learner["gradient_booster"]["model"]["trees"]
        if len(tree["left_children"]) > 1
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda learner: learner["gradient_booster"].update(name="dart"), "dart"),
        (lambda learner: learner["objective"].update(name="binary:logistic"), "logistic"),
        (lambda learner: learner["learner_model_param"].update(num_class="3"), "3 classes"),
        (lambda learner: learner.pop("objective"), "objective"),
        (lambda learner: learner["gradient_booster"]["model"].update(trees=[]), "ValueError"),
        (lambda learner: first_tree(learner).update(split_type=[1]), "category"),
        (lambda learner: first_tree(learner)["left_children"].__setitem__(0, 999), "outside"),
        (lambda learner: first_tree(learner)["right_children"].__setitem__(0, -1), "outside"),
        (lambda learner: first_tree(learner)["split_indices"].__setitem__(0, 56), "feature"),
        (lambda learner: first_tree(learner)["split_indices"].pop(), "lengths"),
    ],
)
def test_another_kind_of_model_is_one_line(
    change: Callable[[Any], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "surrogate_model.model"
    path.write_bytes(pickled(altered(change)))
    with pytest.raises(ForeignFileError, match=reason) as raised:
        read_booster(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("handle", ["tree\nversion=v3", b"", b"tree\nversion=v3"])
def test_a_model_of_another_library_is_one_line(handle: Any, tmp_path: Path) -> None:
    path = tmp_path / "surrogate_model.model"
    path.write_bytes(pickled(handle))
    with pytest.raises(ForeignFileError, match="no model of xgboost") as raised:
        read_booster(path)
    assert "\n" not in str(raised.value)


BINARY = binary_handle(made_up_booster(0, trees=2, depth=2))
FAILURES = (IndexError, KeyError, TypeError, ValueError, struct.error, OverflowError)


@given(st.integers(0, len(BINARY) - len(b'{"learner":{}}') - 1))
def test_a_cut_off_binary_is_an_error_that_is_caught(length: int) -> None:
    with pytest.raises(FAILURES):
        parse_booster(BINARY[:length])


@given(st.integers(len(b"CONFIG-offset:") + 8, len(BINARY) - 20), st.binary(min_size=4, max_size=4))
def test_an_altered_binary_never_leads_out_of_its_arrays(place: int, data: bytes) -> None:
    try:
        parsed = parse_booster(BINARY[:place] + data + BINARY[place + 4 :])
    except FAILURES:
        return
    assert isinstance(parsed, Booster)
    inner = parsed.left >= 0
    assert (parsed.feature[inner] < parsed.features).all()
