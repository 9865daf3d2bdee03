"""What drives one of NASLib's optimizers: our space in its eyes, and a stop at every query."""

from __future__ import annotations

import random
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

Question = TypeVar("Question")
Answer = TypeVar("Answer")

Query = Callable[[Architectures], float]
"""From one architecture to its validation accuracy as a fraction."""


class SharedSpace(nn.Module):
    """Stands where NASLib's optimizers expect one of its ``Graph``s.

    Samples, neighbours and features are those of our space, the same for all optimizers that are
    compared. An architecture without neighbours is its own.

    Args:
        space: ours.
        neighbours: N, most neighbours in a neighbourhood.
        query: answers and counts.
        rng: source of samples and neighbours.
    """

    QUERYABLE = True
    OPTIMIZER_SCOPE = None
    instantiate_model = False

    def __init__(
        self, space: SearchSpace, neighbours: int, query: Query, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self._parts = (space, neighbours, query, rng)
        self._space, self._neighbours, self._query, self._rng = self._parts
        self.space_name = space.name
        self.architecture: Architectures = np.empty(0, space.dtype)

    def clone(self) -> SharedSpace:
        """Another object for the same architecture."""
        return self._holding(self.architecture)

    def _holding(self, architecture: Architectures) -> SharedSpace:
        other = SharedSpace(*self._parts)
        other.architecture = architecture
        return other

    def get_type(self) -> str:
        """The space's name."""
        return self.space_name

    def get_hash(self) -> str:
        """The architecture as text."""
        return self._space.to_readable(self.architecture[None])[0]

    def sample_random_architecture(self, dataset_api: Any = None, load_labeled: Any = None) -> None:
        """Become a sample of the default sampler."""
        self.architecture = self._space.sample(1, self._rng)[0]

    def mutate(self, parent: SharedSpace, dataset_api: Any = None) -> None:
        """Become a uniformly random neighbour of ``parent``."""
        self.architecture = self._around(parent.architecture, 1)[0]

    def _around(self, architecture: Architectures, limit: int) -> Architectures:
        shown = self._space.neighbours(architecture[None], limit, self._rng)
        found: Architectures = shown.architectures[shown.mask]
        return found if len(found) else architecture[None]

    def get_nbhd(self, dataset_api: Any = None) -> list[Any]:
        """Up to N neighbours in random order, each in a module of its own as ``arch``."""
        neighbourhood = []
        for neighbour in self._around(self.architecture, self._neighbours):
            module = nn.Module()
            module.arch = self._holding(neighbour)
            neighbourhood.append(module)
        return neighbourhood

    def encode(self, encoding_type: Any = None) -> NDArray[np.float64]:
        """[F] features, the same whatever encoding is asked for."""
        return np.asarray(self._space.encode(self.architecture[None])[0], np.float64)

    def query(self, metric: Any, dataset: Any = None, **_: Any) -> float:
        """Validation accuracy in per cent; one query.

        Raises:
            NotImplementedError: anything else is asked for.
        """
        if metric.name != "VAL_ACCURACY":
            raise NotImplementedError(f"a search sees validation accuracies only, not {metric}")
        return 100 * self._query(self.architecture)


class Turns(Generic[Question, Answer]):
    """Runs ``body``, which asks by calling its argument; only one side runs at a time.

    Its global random states, of numpy, Python and torch, are its own: they begin at ``seed``, and
    those of the caller stay as they are.

    Args:
        body: takes the function that asks.
        seed: of the global generators while ``body`` runs.
    """

    def __init__(self, body: Callable[[Callable[[Question], Answer]], None], seed: int) -> None:
        self._body = body
        self._questions: SimpleQueue[tuple[Question] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Answer] | None] = SimpleQueue()
        self._error: BaseException | None = None
        self._random = _seeded(seed)
        self._thread = Thread(target=self._run, daemon=True)

    def begin(self) -> Question | None:
        """The first question, or None where ``body`` ended without one."""
        return self._turn(self._thread.start)

    def answer(self, answer: Answer) -> Question | None:
        """Answer the last question; the next one, or None where ``body`` ended."""
        return self._turn(lambda: self._answers.put((answer,)))

    def end(self) -> None:
        """Break off at the last question."""
        self._turn(lambda: self._answers.put(None))
        self._thread.join()

    def _turn(self, start: Callable[[], None]) -> Question | None:
        outside = _states()
        _set_states(self._random)
        try:
            start()
            asked = self._questions.get()
        finally:
            self._random = _states()
            _set_states(outside)
        if self._error is not None:
            raise self._error
        return asked[0] if asked else None

    def _run(self) -> None:
        try:
            self._body(self._ask)
        except _Ended:
            pass
        except BaseException as error:
            self._error = error
        self._questions.put(None)

    def _ask(self, question: Question) -> Answer:
        self._questions.put((question,))
        answered = self._answers.get()
        if answered is None:
            raise _Ended
        return answered[0]


class _Ended(BaseException):
    """Not an Exception, so that nothing in ``body`` takes it for an error of its own."""


def _states() -> tuple[Any, Any, Any]:
    return np.random.get_state(), random.getstate(), torch.get_rng_state()  # noqa: NPY002


def _set_states(states: tuple[Any, Any, Any]) -> None:
    np.random.set_state(states[0])  # noqa: NPY002
    random.setstate(states[1])
    torch.set_rng_state(states[2])


def _seeded(seed: int) -> tuple[Any, Any, Any]:
    generator = torch.Generator().manual_seed(seed)
    legacy = np.random.RandomState(seed)
    return legacy.get_state(), random.Random(seed).getstate(), generator.get_state()
