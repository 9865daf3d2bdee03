"""Agents that come with the package, so that a search on new data begins at once.

A file holds the networks of some agents that were trained on the same data sets of one space, and a
card that tells what they were trained on, what that cost and which command makes them again. Files
of agents that were trained on all data sets of a space hold the functions of these sources too: no
table is needed to search a data set of one's own. None holds code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from naslib_incremental.foundation.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from naslib_incremental.optimizers.in_context.trainer import TrainerConfig

FOLDER = Path(__file__).parent / "agents"
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Card:
    """What is known of the agents in a file.

    Attributes:
        space: its name.
        version: of the space.
        trained_on: full names of the benchmarks.
        agents: A, how many agents there are.
        steps: environment steps of each while it learned.
        queries: of each, over all benchmarks.
        config: how they were trained, see ``TrainerConfig``.
        seed: of all randomness.
        made_by: the command that makes the file again.
        made_with: versions and device.
    """

    space: str
    version: int
    trained_on: tuple[str, ...]
    agents: int
    steps: int
    queries: int
    config: Mapping[str, Any]
    seed: int
    made_by: str
    made_with: Mapping[str, str]


@dataclass(frozen=True)
class Pretrained:
    """A file of agents.

    Attributes:
        name: of the file, without suffix.
        card: what is known of them.
    """

    name: str
    card: Card

    def networks(self, agent: int) -> dict[str, Tensor]:
        """State of the networks of one agent; numbers go round: agent A is agent 0."""
        state, place = _read(self.name)["networks"], agent % self.card.agents
        return {name: values[place : place + 1].float() for name, values in state.items()}

    def functions(self) -> tuple[dict[str, Tensor], Tensor]:
        """Arrays of the sources' functions, and [N, ...] what was measured, best first.

        Raises:
            UserError: the file holds none.
        """
        state = _read(self.name)
        if "functions" not in state:
            expected = "agents that were trained on all data sets of a space"
            raise UserError(expected, self.name, "train on the data sets that are at hand")
        return state["functions"], state["measured"]


def every() -> list[Pretrained]:
    """All that come with the package, by name."""
    return [Pretrained(path.stem, _card(path.stem)) for path in sorted(FOLDER.glob(f"*{SUFFIX}"))]


def find(
    space: str, version: int, sources: Sequence[str] | None, config: TrainerConfig | None = None
) -> Pretrained | None:
    """Agents that were trained on exactly these sources, in exactly this way.

    Args:
        space: its name.
        version: of the space.
        sources: full names of the benchmarks in any order; None for all of the space.
        config: how they must have been trained; None for however.
    """
    for one in every():
        card = one.card
        if (card.space, card.version) != (space, version):
            continue
        fits = set(card.trained_on) == set(sources) if sources else "functions" in _read(one.name)
        if fits and (config is None or dict(card.config) == asdict(config)):
            return one
    return None


def write(
    name: str,
    card: Card,
    networks: Mapping[str, Tensor],
    functions: Mapping[str, Tensor] | None = None,
    measured: Tensor | None = None,
) -> Path:
    """Write agents into the package.

    Args:
        name: of the file, without suffix.
        card: what is known of them.
        networks: [A, ...] state of ``Networks``; kept in half precision.
        functions: of the sources, where they are to be kept.
        measured: what they were fitted to.
    """
    from naslib_incremental.agent import checkpoint

    state: dict[str, Any] = {
        "card": asdict(card),
        "networks": {key: values.half() for key, values in networks.items()},
    }
    if functions is not None:
        state |= {"functions": dict(functions), "measured": measured}
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}{SUFFIX}"
    checkpoint.write(path, state)
    _read.cache_clear()
    return path


def _card(name: str) -> Card:
    found = _read(name)["card"]
    return Card(**found | {"trained_on": tuple(found["trained_on"])})


@cache
def _read(name: str) -> dict[str, Any]:
    from naslib_incremental.agent import checkpoint

    return checkpoint.read(FOLDER / f"{name}{SUFFIX}")
