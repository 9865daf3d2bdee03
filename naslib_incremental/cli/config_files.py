"""Config files: YAML whose keys are option names, read by the parser of the command line.

Files in NASLib's layout are told in these names first.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from naslib_incremental.cli.guard import Parser
from naslib_incremental.cli.naslib_files import is_naslibs, translated
from naslib_incremental.cli.options import ACTIONS, PROGRAM, flag_of, own_names
from naslib_incremental.foundation.errors import UserError


@dataclass(frozen=True)
class ConfigFile:
    """What a config file says.

    Attributes:
        options: values by option name.
        ignored: keys of NASLib's that mean nothing here.
        is_naslibs: it is in NASLib's layout, where optimizer and benchmark have no defaults.
    """

    options: Mapping[str, Any]
    ignored: Sequence[str] = ()
    is_naslibs: bool = False


def read_config_file(path: Path, overrides: Sequence[str] = ()) -> ConfigFile:
    """The option names and values of a config file, ours or NASLib's.

    Names may be written with dashes, as on the command line, or with underscores, as in the configs
    of run folders.

    Args:
        path: YAML.
        overrides: names and values in turn that take the place of the file's, as NASLib's runners
            take them: ``["search.epochs", "20"]``.

    Raises:
        UserError: it cannot be read, is no mapping, or asks for what cannot be done.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("a config file", f"{path} ({reason})", "give another --config") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"YAML in {path}", reason, f"mend {path}") from error
    if not isinstance(found, dict):
        got = type(found).__name__
        raise UserError(f"option names and values in {path}", got, "write lines like 'seeds: 5'")
    _override(found, overrides)
    if not is_naslibs(found):
        return ConfigFile(found)
    return ConfigFile(*translated(found, path), is_naslibs=True)


def _override(found: dict[str, Any], overrides: Sequence[str]) -> None:
    if len(overrides) % 2:
        example = "write e.g. search.epochs 20"
        raise UserError("names and values in turn", f"{overrides[-1]} without a value", example)
    for name, value in zip(overrides[::2], overrides[1::2], strict=True):
        *above, key = name.split(".")
        node = found
        for part in above:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise UserError(f"{part} to be a node for {name}", repr(node), "give another name")
        node[key] = yaml.safe_load(value)


def named_optimizers(config: Mapping[str, Any]) -> list[str]:
    """The optimizers that a config file names."""
    named = config.get("optimizer", [])
    return [str(name) for name in (named if isinstance(named, list) else [named])]


def parse_config(config: Mapping[str, Any], parser: Parser, path: Path) -> dict[str, Any]:
    """Values by destination, checked as if they had been typed.

    Raises:
        UserError: a key is no option of the chosen optimizers, or a value does not fit.
    """
    known = sorted(own_names(parser) - set(ACTIONS))
    typed: list[str] = []
    for key, value in config.items():
        name = str(key).replace("-", "_")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise UserError(
                f"option names of the chosen optimizers as keys of {path}",
                repr(key),
                f"did you mean {close[0]!r}?" if close else f"{PROGRAM} --optimizer NAME --help",
            )
        typed += _typed(flag_of(name), value)
    try:
        return vars(parser.parse_args(typed))
    except UserError as error:
        raise UserError(f"valid values in {path}", error.got, f"mend {path}") from error


def _typed(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    if isinstance(value, list):
        return [flag, *(str(part) for part in value)]
    return [f"{flag}={'none' if value is None else value}"]
