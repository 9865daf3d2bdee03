"""``--ablate`` and ``--variants``: from texts like ``gamma=.9,.95`` to the configs of a study."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from naslib_incremental.cli.guard import Parser
from naslib_incremental.cli.options import ENGINE, PROGRAM, flag_of, optimizer_fields
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.ablation import Ablation, Level
from naslib_incremental.harness.plan import is_trainable
from naslib_incremental.records.study import BASE

# The paper's names (section 5) for options that have longer ones.
SYMBOLS = {"alpha": "shaping_alpha", "N": "neighbours"}
# Settings of a run that an agent is trained with too.
SETTINGS = ("neighbours", "max_steps")
# What a study needs less of than a comparison with baselines; options that are given win.
DEFAULTS: Mapping[str, Any] = {"baselines": False, "start_sets": 1, "episodes": 3_000}
QUICK: Mapping[str, Any] = {"episodes": 1_000}

# Between changes that are made together; 1e+3 is one number.
TOGETHER = re.compile(r"\+(?=[a-zA-Z][\w-]*=)")

Options = Mapping[str, Any]


@dataclass(frozen=True)
class _Texts:
    """One ``name=value,...`` as it was typed: the option meant, and its values by label."""

    name: str
    option: str
    values: Mapping[str, Any]


def study_options(given: Options, optimizers: Sequence[str]) -> dict[str, Any]:
    """The options given, over what a study takes in the place of a run's defaults.

    Raises:
        UserError: there is not exactly one optimizer, or it learns nothing.
    """
    if len(optimizers) != 1 or not is_trainable(optimizers[0]):
        expected = "one optimizer that is trained, for --ablate"
        raise UserError(expected, ", ".join(optimizers), f"{PROGRAM} --list")
    quick = {
        name: field.metadata["quick_ablation"]
        for name, field in optimizer_fields(optimizers[0]).items()
        if "quick_ablation" in field.metadata
    }
    return {**DEFAULTS, **({**QUICK, **quick} if given.get("quick") else {}), **given}


def read_ablation(
    given: Options, optimizer: str, parser: Parser, make_config: Callable[[Options], RunConfig]
) -> Ablation:
    """All configs of a study.

    Args:
        given: all options, ``ablate`` and ``variants`` among them.
        optimizer: whose options are varied.
        parser: reads values as if they had been typed.
        make_config: makes the config of a set of options.

    Raises:
        UserError: a factor is unknown, or a value does not fit.
    """
    names = {*SETTINGS, *(name for name in optimizer_fields(optimizer) if name != ENGINE)}
    factors = [_read(text, names, parser) for text in given["ablate"]]
    changes: dict[str, Options] = {BASE: {}}
    for text in given.get("variants", ()):
        parts = [_read(part, names, parser) for part in TOGETHER.split(text)]
        for combination in product(*(part.values.items() for part in parts)):
            chosen = list(zip(parts, combination, strict=True))
            name = "+".join(f"{part.name}={label}" for part, (label, _) in chosen)
            changes[name] = {part.option: value for part, (_, value) in chosen}

    levels = tuple(
        Level(variant, factor.name, label, make_config({**given, **change, factor.option: value}))
        for variant, change in changes.items()
        for factor in factors
        for label, value in factor.values.items()
    )
    return Ablation(make_config(given), levels)


def _read(text: str, names: set[str], parser: Parser) -> _Texts:
    """What ``gamma=.9,.95`` says."""
    name, equals, listed = text.partition("=")
    values = [value for value in listed.split(",") if value]
    if not equals or not values:
        raise UserError("a factor and its values, like gamma=.9,.95", text, f"{PROGRAM} --help")
    option = name.replace("-", "_")
    option = option if option in names else SYMBOLS.get(name, "")
    if option not in names:
        symbols = {symbol for symbol, meant in SYMBOLS.items() if meant in names}
        known = ", ".join(sorted(symbols | names))
        raise UserError(f"a factor of {known}", repr(name), f"{PROGRAM} --help")
    return _Texts(name, option, dict(_value(option, value, parser) for value in values))


def _value(option: str, text: str, parser: Parser) -> tuple[str, Any]:
    """A value, read as if it had been typed after its option, and its label."""
    if option == "shaping_alpha" and text.lower() == "none":
        # Here no shaping, as in the paper; after the option it is the benchmark's default.
        return "none", 0.0
    value = vars(parser.parse_args([f"{flag_of(option)}={text}"]))[option]
    if value is None:
        return "none", None
    return f"{value:g}" if isinstance(value, float) else str(value), value
