"""Options as fields of frozen dataclasses: what a field's metadata may say, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, asdict, dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from naslib_incremental.foundation.errors import UserError


@dataclass(frozen=True)
class Options:
    """Base of options that are checked when they are made.

    A field has a default, and metadata: ``"help"``, its help line, and where they are wanted

    - ``"least"`` and ``"most"``: its bounds, both allowed themselves;
    - ``"quick"``: its value in a first look, ``"quick_ablation"`` in one of an ablation;
    - ``"of_benchmark"``: from a benchmark to what a None stands for;
    - ``"identity"``: False for an option that says where work is done and changes no number.

    Raises:
        UserError: a value is none of a field's choices, or out of its bounds; names the field.
    """

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for option in fields(self):
            _check(option, hints[option.name], getattr(self, option.name))


def option_values(config: Any, *, identity: bool = False) -> dict[str, Any]:
    """Options by name, as plain values.

    Args:
        config: an instance of a dataclass of options, None where there are none.
        identity: only those that change a number.
    """
    if config is None:
        return {}
    values = asdict(config)
    for option in fields(config):
        if identity and not option.metadata.get("identity", True):
            del values[option.name]
    return values


def refuse_unknown(given: Iterable[str], config_class: type[Any] | None, owner: str) -> None:
    """Check that every given option is a field of ``config_class``, if there is one.

    Args:
        given: names of options.
        config_class: the dataclass of ``owner``'s options, None where it has none.
        owner: for the message.

    Raises:
        UserError: names the first that is not.
    """
    known = sorted(option.name for option in fields(config_class)) if config_class else []
    for option in given:
        if option not in known:
            expected = f"an option of {owner}: {', '.join(known) or 'it has none'}"
            raise UserError(expected, repr(option), "leave it out", setting=option)


def _check(option: Field[Any], hint: Any, value: Any) -> None:
    choices = get_args(hint) if get_origin(hint) is Literal else (value,)
    if value not in choices:
        expected = f"{option.name} of {', '.join(choices)}"
        raise UserError(expected, repr(value), f"take {choices[0]}", option.name)
    least, most = option.metadata.get("least"), option.metadata.get("most")
    if value is None or least is None or least <= value <= (value if most is None else most):
        return
    bounds = f"of at least {least}" if most is None else f"in {least}..{most}"
    advice = "leave it out" if option.default is None else f"give another, such as {option.default}"
    raise UserError(f"{option.name} {bounds}", str(value), advice, option.name)
