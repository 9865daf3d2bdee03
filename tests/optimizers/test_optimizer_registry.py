from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest
from toy_plugin import ToyLearner

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry
from naslib_incremental.optimizers import registry


def test_builtins_are_found() -> None:
    assert {"local_search", "random_search", "random_walk"} <= set(registry.OPTIMIZERS.names())


@pytest.mark.usefixtures("toy")
def test_plugin_is_found_like_a_builtin() -> None:
    assert registry.load_optimizer("toy_learner").name == ToyLearner.name


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"local_search.*'nonsense'.*--list"):
        registry.load_optimizer("nonsense")


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def register(name: str, value: str) -> None:
        group = registry.OPTIMIZERS.group
        found = Registry(group, "optimizer", lambda _: [EntryPoint(name, value, group)])
        monkeypatch.setattr(registry, "OPTIMIZERS", found)

    return register


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("other", "toy_plugin:ToyLearner", "ToyLearner.name = 'toy_learner'"),
        ("toy", "toy_plugin:ToySpace", "subclass"),
        ("toy", "toy_plugin:VERTICES", "subclass"),
        ("toy", "toy_plugin:Missing", "import"),
    ],
)
def test_entry_that_is_no_optimizer_of_that_name(
    entry: Callable[[str, str], None], name: str, value: str, message: str
) -> None:
    entry(name, value)
    with pytest.raises(UserError, match=message):
        registry.load_optimizer(name)
