from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from toy_plugin import ToyLearner, ToyOptions, ToySpace

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry
from naslib_incremental.optimizers import EpisodeSettings, registry


def test_builtins_are_found() -> None:
    assert {"local_search", "random_search", "random_walk"} <= set(registry.OPTIMIZERS.names())


@pytest.mark.usefixtures("toy")
def test_plugin_is_found_like_a_builtin() -> None:
    assert registry.load_optimizer("toy_learner").name == ToyLearner.name


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"local_search.*'nonsense'") as caught:
        registry.load_optimizer("nonsense")
    assert caught.value.setting == "optimizer"


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


@pytest.mark.usefixtures("toy")
class TestConfigure:
    def configure(self, name: str, **options: Any) -> Any:
        return registry.configure(name, options, ToySpace(), EpisodeSettings())

    def test_options_by_name_become_a_typed_config(self) -> None:
        config = self.configure("toy_learner", steps=7)
        assert config == ToyOptions(steps=7)
        made = registry.make_optimizer("toy_learner", ToySpace(), EpisodeSettings(), config)
        assert made.config is config

    def test_without_options_there_is_no_config(self) -> None:
        assert self.configure("random_walk") is None
        made = registry.make_optimizer("random_walk", ToySpace(), EpisodeSettings())
        assert made.config is None

    def test_defaults_where_no_config_is_given(self) -> None:
        made = registry.make_optimizer("toy_learner", ToySpace(), EpisodeSettings())
        assert made.config == ToyOptions()

    @pytest.mark.parametrize(
        ("name", "options", "message", "setting"),
        [
            (
                "toy_learner",
                {"stepps": 7},
                r"an option of toy_learner: .*steps.*'stepps'",
                "stepps",
            ),
            ("random_walk", {"steps": 7}, r"it has none; got 'steps'", "steps"),
            ("toy_learner", {"steps": 0}, r"\(steps must be at least 1\); got steps=0", ""),
            (
                "regularized_evolution",
                {"sample_size": 0},
                r"sample_size of at least",
                "sample_size",
            ),
            ("apex_incremental", {"gamma": 7}, r"gamma in 0\.\.1; got 7", "gamma"),
        ],
    )
    def test_what_is_wrong_is_named(
        self, name: str, options: dict[str, Any], message: str, setting: str
    ) -> None:
        with pytest.raises(UserError, match=message) as caught:
            self.configure(name, **options)
        assert caught.value.setting == setting
        assert "--" not in str(caught.value)
