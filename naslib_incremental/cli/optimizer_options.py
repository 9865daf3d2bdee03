"""Options that the chosen optimizers bring: one per field of their dataclasses."""

from __future__ import annotations

import argparse
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from naslib_incremental.cli.options import base_parser, own_names
from naslib_incremental.cli.parser import Parser
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import load_optimizer


def optimizer_fields(name: str) -> dict[str, Field[Any]]:
    """An optimizer's options by name, without those that the run's own options stand for."""
    config_class = load_optimizer(name).config_class
    shared = own_names(base_parser())
    found = fields(config_class) if config_class is not None else ()
    return {field.name: field for field in found if field.name not in shared}


def full_parser(optimizers: Sequence[str]) -> Parser:
    """A parser that also knows the options of the chosen optimizers.

    Raises:
        UserError: an optimizer is unknown, or two have an option of one name and other types.
    """
    parser = base_parser()
    kinds: dict[str, tuple[str, Any]] = {}
    for name in optimizers:
        group = parser.add_argument_group(f"options of {name}")
        hints = get_type_hints(load_optimizer(name).config_class or object)
        for option, field in optimizer_fields(name).items():
            other, kind = kinds.setdefault(option, (name, hints[option]))
            if kind != hints[option]:
                raise UserError(
                    f"one type for the option --{_dashed(option)}",
                    f"two, of {other} and {name}",
                    "run them one at a time",
                )
            if other == name:
                _add_field(group, field, kind)
    return parser


def _add_field(group: argparse._ArgumentGroup, field: Field[Any], hint: Any) -> None:
    flag = f"--{_dashed(field.name)}"
    default = field.default
    shown = "" if default is MISSING or default is None else f" (default: {_shown(default)})"
    described = (str(field.metadata.get("help", "")) + shown).replace("%", "%%")
    if hint is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, help=described)
        return
    convert, several, choices = _converter(hint)
    group.add_argument(
        flag,
        type=convert,
        nargs="+" if several else None,
        choices=choices or field.metadata.get("choices"),
        metavar=None if choices or field.metadata.get("choices") else _metavar(hint),
        help=described,
    )


def _converter(hint: Any) -> tuple[Callable[[str], Any], bool, Sequence[Any] | None]:
    """From an annotation: the type of one value, whether there are several, the choices."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in (int, float, str):
        return hint, False, None
    if origin is Literal:
        return type(arguments[0]), False, arguments
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _converter(arguments[0])[0], True, None
    if origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
        inner = next(argument for argument in arguments if argument is not type(None))
        return _or_none(_converter(inner)[0]), False, None
    raise TypeError(f"an option cannot be of type {hint}")


def _or_none(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        return None if text.lower() == "none" else convert(text)

    converted.__name__ = getattr(convert, "__name__", "value")
    return converted


def _metavar(hint: Any) -> str:
    names = {int: "N", float: "X", str: "TEXT"}
    inner = [argument for argument in get_args(hint) if argument in names]
    return names.get(hint) or (names[inner[0]] if inner else "VALUE")


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return " ".join(str(part) for part in default)
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:,}" if isinstance(default, int) else str(default)


def _dashed(name: str) -> str:
    return name.replace("_", "-")
