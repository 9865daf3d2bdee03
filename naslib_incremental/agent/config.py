"""The agent's frozen configuration; every field states its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Literal, get_args, get_type_hints

from naslib_incremental.foundation.errors import UserError


def _option(default: Any, help_line: str, **metadata: Any) -> Any:
    return field(default=default, metadata={"help": help_line, **metadata})


@dataclass(frozen=True)
class AgentConfig:
    """How the Ape-X agent is built and trained; ``of`` makes one from a preset and changes.

    Sizes that the paper does not give (layers, heads, feed-forward) are ours in both presets.
    """

    preset: Literal["default", "paper"] = _option("default", "starting point of all agent options")
    head: Literal["pointer", "cls"] = _option(
        "pointer", "Q head: pointer (ours) or cls (paper, sec. 4)"
    )
    steps: int = _option(
        100_000,
        "environment steps of training (paper, sec. 4: 10 M, pairs of cells 15 M)",
        quick=4_096,
        quick_ablation=25_600,
    )
    lanes: int = _option(256, "environments side by side (paper, sec. 4: 8 workers x 32)")
    neighbours: int = _option(50, "N, most neighbours presented (paper, sec. 3)")
    training_moves: int = _option(16, "most moves of a training episode (paper, sec. 4)")
    shaping_alpha: float | None = _option(
        None,
        "alpha of the reward shaping, 0 for none (paper, sec. 3); default: the benchmark's",
        of_benchmark=attrgetter("shaping_alpha"),
    )
    sampler: str | None = _option(
        None,
        "start sampler of training (paper, sec. 3); default: the space's",
        of_benchmark=lambda benchmark: benchmark.space.samplers[0],
    )
    reward_scale: Literal["spread", "none"] = _option(
        "spread",
        "spread: shaped rewards divided by twice their spread over sampled starts (ours); "
        "none (paper)",
    )
    dimensions: int = _option(64, "T, width of a token (paper, sec. 4: 256, pairs of cells 512)")
    encoder_layers: int = _option(3, "linear layers of the architecture encoder (ours)")
    layers: int = _option(1, "transformer layers (ours)")
    attention_heads: int = _option(4, "attention heads (ours)")
    feed_forward: int = _option(128, "hidden width of the feed-forward layers (ours)")
    gamma: float = _option(0.9, "discount per step (paper, sec. 4)")
    n_step: int = _option(3, "steps of a return (paper, sec. 4)")
    learning_rate: float = _option(1e-3, "Adam's step size (paper, sec. 4: 4e-5)")
    batch_size: int = _option(256, "transitions per update (ours)")
    update_every: int = _option(128, "environment steps per update (ours)")
    learning_starts: int = _option(
        2_048, "transitions in the replay before the first update (ours)"
    )
    target_update_every: int = _option(200, "updates between copies to the target network (ours)")
    gradient_clip: float = _option(10.0, "largest gradient norm (ours)")
    replay_capacity: int = _option(51_200, "transitions kept (paper, sec. 4: 25,000)")
    priority_alpha: float = _option(0.6, "exponent of the priorities (paper, sec. 4)")
    priority_beta: float = _option(0.4, "exponent of the importance weights (paper, sec. 4)")
    epsilon_base: float = _option(0.4, "exploration ladder's base (paper, sec. 4)")
    epsilon_exponent: float = _option(7.0, "exploration ladder's exponent (paper, sec. 4)")
    temperature: float | None = _option(
        None,
        "temperature of the evaluated policy on Q, 0 is greedy (paper); default: chosen on "
        "validation accuracy after training (ours)",
        quick=0.02,
        quick_ablation=0.0,
    )
    stay_margin: float | None = _option(
        None,
        "added to the Q value of staying when evaluated, 0 is the paper's; default: chosen with "
        "the temperature (ours)",
        quick=0.1,
        quick_ablation=0.0,
    )
    device: Literal["auto", "cpu", "cuda"] = _option(
        "cpu",
        "cpu; cuda: environment, replay and learner on the GPU, for enumerable spaces; auto: cuda "
        "where that works (ours)",
    )
    checkpoint_every: int = _option(25_600, "environment steps between checkpoints (ours)")

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            UserError: names the field, the value and what would do.
        """
        positive = (
            "steps lanes neighbours training_moves dimensions encoder_layers layers "
            "attention_heads feed_forward n_step batch_size update_every target_update_every "
            "replay_capacity"
        )
        for name in positive.split():
            value = getattr(self, name)
            if value < 1:
                raise UserError(f"{name} >= 1", str(value), f"raise --{_dashed(name)}")
        if not 0 <= self.gamma <= 1:
            raise UserError("gamma in 0..1", str(self.gamma), "--gamma 0.9")
        if self.dimensions % self.attention_heads:
            raise UserError(
                "dimensions divisible by attention_heads",
                f"{self.dimensions} and {self.attention_heads}",
                "--attention-heads 1",
            )
        hints = get_type_hints(type(self))
        for name in ("preset", "head", "reward_scale", "device"):
            choices = get_args(hints[name])
            if getattr(self, name) not in choices:
                raise UserError(
                    f"{name} of {', '.join(choices)}",
                    repr(getattr(self, name)),
                    f"--{_dashed(name)} {choices[0]}",
                )

    @classmethod
    def of(cls, options: Mapping[str, Any], cells: int = 1) -> AgentConfig:
        """The preset named in ``options`` with the other options put over it.

        Args:
            options: by field name.
            cells: cells of an architecture; the paper's agent is larger for pairs.

        Raises:
            UserError: an option or its value does not exist.
        """
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(options) - known)
        if unknown:
            raise UserError(
                f"agent options of {', '.join(sorted(known))}", unknown[0], "naslib-run --help"
            )
        chosen = cls(preset=options.get("preset", "default"))
        if chosen.preset == "paper":
            chosen = replace(chosen, **PAPER, **(PAPER_PAIRS if cells > 1 else PAPER_SINGLE))
        return replace(chosen, **options)


# The paper to the letter (sections 3 and 4), with our sizes where it gives none.
PAPER: Mapping[str, Any] = {
    "head": "cls",
    "encoder_layers": 3,
    "layers": 2,
    "attention_heads": 8,
    "feed_forward": 512,
    "learning_rate": 4e-5,
    "replay_capacity": 25_000,
    "reward_scale": "none",
    "temperature": 0.0,
    "stay_margin": 0.0,
}
PAPER_SINGLE: Mapping[str, Any] = {"steps": 10_000_000, "dimensions": 256}
PAPER_PAIRS: Mapping[str, Any] = {"steps": 15_000_000, "dimensions": 512}


def _dashed(name: str) -> str:
    return name.replace("_", "-")
