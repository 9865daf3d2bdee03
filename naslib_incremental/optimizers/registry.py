"""Names of optimizers, built-in and plug-in alike."""

from __future__ import annotations

from naslib_incremental.errors import UserError
from naslib_incremental.optimizers.contract import Optimizer
from naslib_incremental.registry import Registry

OPTIMIZERS = Registry("naslib_incremental.optimizers", "optimizer")


def load_optimizer(name: str) -> type[Optimizer]:
    """The optimizer class registered under ``name``.

    Raises:
        UserError: there is none of that name, or what is registered is no optimizer of that name.
    """
    found = OPTIMIZERS.load(name)
    if not (isinstance(found, type) and issubclass(found, Optimizer)):
        raise UserError(
            f"a subclass of naslib_incremental.optimizers.Optimizer as {name!r}",
            repr(found),
            "mend the plug-in's entry point",
        )
    if found.name != name:
        raise UserError(
            f"an optimizer whose name is its entry point's, {name!r}",
            f"{found.__qualname__}.name = {found.name!r}",
            "give the plug-in's class and entry point one name",
        )
    return found
