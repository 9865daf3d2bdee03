"""Code that calls for answers, run until its next question: a thread that takes turns with us."""

from __future__ import annotations

import random
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import numpy as np

Question = TypeVar("Question")
Answer = TypeVar("Answer")


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
    import torch

    return np.random.get_state(), random.getstate(), torch.get_rng_state()  # noqa: NPY002


def _set_states(states: tuple[Any, Any, Any]) -> None:
    import torch

    np.random.set_state(states[0])  # noqa: NPY002
    random.setstate(states[1])
    torch.set_rng_state(states[2])


def _seeded(seed: int) -> tuple[Any, Any, Any]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    legacy = np.random.RandomState(seed)
    return legacy.get_state(), random.Random(seed).getstate(), generator.get_state()
