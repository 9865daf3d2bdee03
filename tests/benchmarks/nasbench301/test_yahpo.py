"""YAHPO Gym's surrogate: the file's own graph, batched, and the official predictions."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.benchmarks.nasbench301.yahpo import (
    KIND,
    SURROGATE,
    WITHOUT_CONVOLUTION,
    NASBench301Yahpo,
    network_output,
    to_codes,
)
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.search_spaces_ext.nasbench301.genotype import (
    OPERATIONS,
    from_compact,
    from_genotype,
    to_compact,
)
from tests.doubles.nasbench301_data import official_predictions, shared_file
from tests.search_spaces_ext.nasbench301.test_genotype import DARTS_V2


@pytest.fixture(scope="module")
def benchmark() -> NASBench301Yahpo:
    shared_file("yahpo_nb301.onnx")
    pytest.importorskip("onnx", reason="onnx reads the surrogate's file")
    return NASBench301Yahpo()


def codes_by_name(architecture: np.ndarray) -> list[int]:
    """Codes looked up in the file that came with the surrogate."""
    encoding = json.loads(shared_file("encoding.json").read_text(encoding="utf-8"))
    prefix = "NetworkSelectorDatasetInfo_COLON_darts_COLON_"
    names = [f"edge_{cell}_{edge}" for cell in ("normal", "reduce") for edge in range(14)]
    names += [f"inputs_node_{cell}_{node}" for cell in ("normal", "reduce") for node in (3, 4, 5)]
    values = dict.fromkeys(names, "#na#")
    for cell, edges in zip(("normal", "reduce"), to_compact(architecture), strict=True):
        for place, (source, operation) in enumerate(edges):
            edge = (0, 2, 5, 9)[place // 2] + source
            values[f"edge_{cell}_{edge}"] = OPERATIONS[operation]
        for node in (3, 4, 5):
            low, high = sorted(source for source, _ in edges[2 * node - 4 : 2 * node - 2])
            values[f"inputs_node_{cell}_{node}"] = f"{low}_{high}"
    return [encoding[prefix + name][values[name]] for name in names]


def test_the_network_gives_what_the_files_graph_gives(benchmark: NASBench301Yahpo) -> None:
    reference = pytest.importorskip("onnx.reference")
    evaluator = reference.ReferenceEvaluator(str(shared_file("yahpo_nb301.onnx")))
    sampled = benchmark.space.sample(20, np.random.default_rng(0))
    answers = benchmark.query(sampled)
    for row, architecture in enumerate(sampled):
        codes = np.array([codes_by_name(architecture)], np.int32)
        assert np.array_equal(to_codes(sampled[row : row + 1]), codes)
        given = {"x_cat": codes, "x_cont": np.array([[97]], np.float32)}
        accuracy, seconds = evaluator.run(None, given)[0][0]
        assert answers.validation[row] == pytest.approx((0.9624 * accuracy + 2.3157) / 100, 1e-6)
        assert answers.costs["training_seconds"][row] == pytest.approx(seconds, 1e-4)


def test_it_agrees_with_the_official_predictions(benchmark: NASBench301Yahpo) -> None:
    compacts, official = official_predictions()
    given = from_compact(compacts)
    for pairs in (given, benchmark.space.canonical(given)):
        predicted = 100 * benchmark.query(pairs).validation
        assert stats.spearmanr(predicted, official).statistic >= 0.9
        assert np.abs(predicted - official).mean() <= 0.2


def test_answers_do_not_depend_on_what_was_asked_before(benchmark: NASBench301Yahpo) -> None:
    sampled = benchmark.space.sample(600, np.random.default_rng(1))
    whole = NASBench301Yahpo().query(sampled).validation
    parts = [benchmark.query(part).validation for part in np.split(sampled, [1, 2, 40, 500])]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-6)
    assert np.array_equal(benchmark.query(sampled).validation, whole)


def cells_of(operation: int) -> list[tuple[int, int]]:
    return [(source, operation) for _ in range(4) for source in (0, 1)]


@pytest.mark.parametrize("operation", range(7))
def test_normal_cells_without_convolution_are_bounded(operation: int) -> None:
    shared_file("yahpo_nb301.onnx")
    pytest.importorskip("onnx")
    pair = from_compact([(cells_of(operation), cells_of(3))])
    free = NASBench301Yahpo(guard=False).query(pair).validation[0]
    guarded = NASBench301Yahpo().query(pair).validation[0]
    assert free > WITHOUT_CONVOLUTION
    assert guarded == (WITHOUT_CONVOLUTION if operation < 3 else free)


def test_reduction_cells_without_convolution_are_not(benchmark: NASBench301Yahpo) -> None:
    pair = from_genotype(DARTS_V2)[None]
    free = NASBench301Yahpo(guard=False)
    assert np.array_equal(benchmark.query(pair).validation, free.query(pair).validation)


def test_what_a_number_is_made_from_is_said(benchmark: NASBench301Yahpo) -> None:
    assert benchmark.provenance.label == "YAHPO NB301 surrogate (calibrated)"
    assert "without convolution" in benchmark.provenance.validation
    assert set(benchmark.provenance.files) == {"yahpo_nb301.onnx"}
    assert benchmark.provenance.test == ""
    answers = benchmark.query(benchmark.space.sample(3, np.random.default_rng(0)))
    assert np.isnan(answers.test).all()
    assert ((answers.validation > 0.8) & (answers.validation < 1)).all()


@pytest.mark.parametrize("variant", NASBench301Yahpo.variants)
def test_variants_open_under_their_names(benchmark: NASBench301Yahpo, variant: str) -> None:
    opened = NASBench301Yahpo.open(variant)
    assert opened.name == "/".join(filter(None, ["nasbench301_yahpo", variant]))
    assert opened.space.max_degree == (120 if variant == "single" else 3_600)
    assert opened.guard == (variant != "unguarded")


def test_neighbours_of_another_kind_are_refused() -> None:
    with pytest.raises(UserError, match="'product' or 'single'"):
        NASBench301Yahpo(neighbours="both")


@pytest.fixture
def empty_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path


def refused(action: Any) -> str:
    with pytest.raises(UserError) as raised:
        action()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_file_is_one_line(empty_folders: Path) -> None:
    assert "yahpo_nb301.onnx of github.com/slds-lmu" in refused(NASBench301Yahpo)
    with pytest.raises(MissingFileError) as raised:
        NASBench301Yahpo()
    assert raised.value.benchmark == "nasbench301_yahpo"
    assert "No such file" in refused(lambda: SURROGATE.import_network(empty_folders / "no.onnx"))


def test_an_import_outlives_its_file(empty_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    source = shared_file("yahpo_nb301.onnx")
    pytest.importorskip("onnx")
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(empty_folders / "data"))
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(empty_folders / "cache"))
    copy = Path(shutil.copy(source, empty_folders / "copy.onnx"))
    imported = SURROGATE.import_network(copy)
    copy.unlink()
    monkeypatch.setitem(sys.modules, "onnx", None)
    opened = NASBench301Yahpo()
    assert opened.provenance.files == {"yahpo_nb301.onnx": imported.sha256}
    assert imported.kind == KIND


def test_a_damaged_file_is_one_line(empty_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(empty_folders / "cache"))
    path = empty_folders / "bad.onnx"
    for data in (b"", b"\x08\x06garbage", b"\x80\x04."):
        path.write_bytes(data)
        assert str(path) in refused(lambda: SURROGATE.import_network(path))
    assert not list((empty_folders / "cache" / "imported" / "nasbench301_yahpo").glob("yahpo*[!k]"))


def test_a_file_with_other_weights_in_its_graph_is_refused(
    empty_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")

    def altered(arrays: Any, codes: np.ndarray) -> np.ndarray:
        return network_output(arrays, codes) + np.array([1.0, 0.0])

    monkeypatch.undo()
    source = shared_file("yahpo_nb301.onnx")
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(empty_folders / "cache"))
    monkeypatch.setattr("naslib_incremental.benchmarks.nasbench301.yahpo.network_output", altered)
    assert "another network" in refused(lambda: SURROGATE.import_network(source))


def test_a_missing_onnx_package_is_one_line(
    empty_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = empty_folders / "some.onnx"
    path.write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "pip install 'naslib-incremental[nasbench301]'" in refused(
        lambda: SURROGATE.import_network(path)
    )
