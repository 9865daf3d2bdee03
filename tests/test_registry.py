"""Registries of entry points: built-ins and plug-ins alike, collisions refused."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry


def registry(*entries: tuple[str, str]) -> Registry:
    found = [EntryPoint(name, value, "group") for name, value in entries]
    return Registry("group", "optimizer", lambda group: found)


def test_names_are_sorted_and_loaded_on_demand() -> None:
    known = registry(("walk", "math:sqrt"), ("climb", "no_such_module:thing"))
    assert known.names() == ["climb", "walk"]
    assert known.load("walk")(9) == 3


def test_two_packages_with_one_name_are_an_error() -> None:
    with pytest.raises(UserError, match=r"one optimizer named 'walk'.*math:cos and math:sin"):
        registry(("walk", "math:sin"), ("walk", "math:cos")).names()


def test_the_same_entry_seen_twice_is_no_collision() -> None:
    assert registry(("walk", "math:sin"), ("walk", "math:sin")).names() == ["walk"]


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="one of the optimizers climb, walk; got 'fly'"):
        registry(("walk", "math:sin"), ("climb", "math:cos")).load("fly")


def test_broken_plugin_names_what_failed() -> None:
    with pytest.raises(UserError, match="No module named 'no_such_module'"):
        registry(("climb", "no_such_module:thing")).load("climb")
