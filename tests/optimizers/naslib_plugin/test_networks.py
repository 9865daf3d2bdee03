"""The final architecture is a network that trains, on the real NASLib's search spaces."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from tests.optimizers.naslib_plugin.conftest import is_standin
from tests.optimizers.naslib_plugin.fakes import CLASSES, Config, Data

# Warnings of NASLib and of what it uses are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

OUTPUTS = {"TransNASMicro": 100, "TransNASMacro": 100}
"""Classes of the data set of ``Data``, where they are not ten."""


@pytest.fixture(scope="module", params=CLASSES)
def data(request: pytest.FixtureRequest, naslib: ModuleType) -> Data:
    naslib.load_naslib()
    if is_standin():
        pytest.skip("the stand-in has no networks")
    found = Data(request.param)
    if request.param in OUTPUTS:
        found.space = type(found.space)(dataset=found.dataset)
    return found


def search(naslib: ModuleType, data: Data, save: Path) -> Any:
    """An optimizer after a search of three queries, and its trainer."""
    (save / "search").mkdir()
    node = Config(epochs=3, seed=1, checkpoint_freq=3)
    evaluation = Config(
        {"checkpoint_freq": 1, "epochs": 1, "learning_rate": 0.05, "learning_rate_min": 0.0}
    )
    evaluation |= {"momentum": 0.9, "weight_decay": 0.0, "grad_clip": 5, "drop_path_prob": 0.0}
    config = Config(dataset=data.dataset, save=str(save), search=node, evaluation=evaluation)
    optimizer = naslib.RandomSearch(config)
    optimizer.adapt_search_space(data.space, dataset_api=data.dataset_api)
    trainer = import_module("naslib.defaults.trainer").Trainer(optimizer, config, True)
    trainer.search()
    return optimizer, trainer


@pytest.fixture(scope="module")
def found(naslib: ModuleType, data: Data, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return search(naslib, data, tmp_path_factory.mktemp("save"))


def images(classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((4, 3, 32, 32), generator=generator)
    return x, torch.randint(classes, (4,), generator=generator)


def outputs(data: Data) -> int:
    return 10 if data.dataset == "cifar10" else 100


def test_it_is_naslibs_own_network(data: Data, found: Any) -> None:
    """Parameters and shapes are those of NASLib's network for the same spec."""
    final = found[0].get_final_architecture()
    assert data.accuracy(final) == pytest.approx(found[0].record.answers.max(), rel=1e-6)
    own = data.space.clone()
    own.set_spec(found[0].benchmark.conversion.to_spec(best(found[0])))
    own.parse()
    assert own.get_hash() == final.get_hash()
    shapes = [part.shape for part in own.parameters()]
    assert [part.shape for part in final.parameters()] == shapes
    assert len(shapes) > 20


def best(optimizer: Any) -> Any:
    return optimizer.record.asked[int(optimizer.record.answers.argmax())]


def test_it_learns(data: Data, found: Any) -> None:
    """Forward, backward and steps of SGD: the loss on four images falls."""
    network = found[0].get_final_architecture()
    x, y = images(outputs(data))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    losses = []
    for _ in range(4):
        scores = network(x)
        assert scores.shape == (4, outputs(data))
        loss = torch.nn.functional.cross_entropy(scores, y)
        optimizer.zero_grad()
        loss.backward()
        with_gradients = [p for p in network.parameters() if p.grad is not None]
        assert len(with_gradients) > 20
        assert all(torch.isfinite(part.grad).all() for part in with_gradients)
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["synflow", "grad_norm"])
def test_zero_cost_proxies_take_it(data: Data, found: Any, name: str) -> None:
    network = found[0].get_final_architecture()
    x, y = images(outputs(data))
    # Tasks of TransNAS-Bench-101 have soft labels.
    labels = y if data.dataset == "cifar10" else torch.nn.functional.one_hot(y, 100).float()
    loader = DataLoader(TensorDataset(x, labels), batch_size=4)
    proxy = import_module("naslib.predictors.zerocost").ZeroCost(method_type=name)
    proxy.train_loader = loader
    assert proxy.query(network, dataloader=loader) > 0


def test_it_is_retrained(data: Data, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """NASLib's own retraining takes it, where it is told not to look it up."""
    _, trainer = found
    network = trainer.optimizer.get_final_architecture()
    loader = DataLoader(TensorDataset(*images(outputs(data))), batch_size=4)
    monkeypatch.setattr(trainer, "build_eval_dataloaders", lambda _: (loader, None, loader))
    network.QUERYABLE = False
    (Path(trainer.config.save) / "eval").mkdir(exist_ok=True)
    top1 = trainer.evaluate(retrain=True, best_arch=network)
    assert 0 <= top1 <= 100


def test_none_is_built_where_none_is_wanted(naslib: ModuleType, data: Data, tmp_path: Path) -> None:
    data.space.instantiate_model = False
    try:
        optimizer, _ = search(naslib, data, tmp_path)
    finally:
        data.space.instantiate_model = True
    final = optimizer.get_final_architecture()
    assert not final.instantiate_model
    assert not final.is_parsed
    assert data.accuracy(final) == pytest.approx(optimizer.record.answers.max(), rel=1e-6)
