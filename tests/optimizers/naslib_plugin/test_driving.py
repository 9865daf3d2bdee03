"""A body that asks takes turns with us, and samples from global generators of its own."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch

from naslib_incremental.optimizers.naslib.driving import Turns


def test_questions_and_answers_alternate() -> None:
    heard = []

    def body(ask: Callable[[int], str]) -> None:
        heard.extend(ask(number) for number in range(3))

    turns: Turns[int, str] = Turns(body, 0)
    assert turns.begin() == 0
    assert turns.answer("a") == 1
    assert turns.answer("b") == 2
    assert turns.answer("c") is None
    assert heard == ["a", "b", "c"]


def test_a_body_that_asks_nothing() -> None:
    turns: Turns[int, int] = Turns(lambda ask: None, 0)
    assert turns.begin() is None


def test_an_error_of_the_body_is_ours() -> None:
    def body(ask: Callable[[int], int]) -> None:
        ask(1)
        raise ArithmeticError("made to fail")

    turns: Turns[int, int] = Turns(body, 0)
    turns.begin()
    with pytest.raises(ArithmeticError, match="made to fail"):
        turns.answer(1)


def test_breaking_off_leaves_no_thread() -> None:
    def body(ask: Callable[[int], int]) -> None:
        while True:
            try:
                ask(1)
            except Exception:  # a search that survives its own errors
                continue

    before = threading.active_count()
    turns: Turns[int, int] = Turns(body, 0)
    turns.begin()
    assert threading.active_count() == before + 1
    turns.end()
    assert threading.active_count() == before


def test_global_generators_are_the_bodys_own() -> None:
    def sampled() -> tuple[float, float, float]:
        return float(np.random.random()), random.random(), float(torch.rand(1))  # noqa: NPY002

    def body(ask: Callable[[tuple[float, ...]], None]) -> None:
        for _ in range(3):
            ask(sampled())

    def play(meanwhile: Callable[[], object]) -> list[tuple[float, ...] | None]:
        turns: Turns[tuple[float, ...], None] = Turns(body, 7)
        questions = [turns.begin()]
        for _ in range(2):
            meanwhile()
            questions.append(turns.answer(None))
        turns.end()
        return questions

    quiet = play(lambda: None)
    assert play(sampled) == quiet
    assert len(set(quiet)) == 3
    numpy_alone = np.random.RandomState(7)
    python_alone = random.Random(7)
    torch_alone = torch.Generator().manual_seed(7)
    for question in quiet:
        assert question is not None
        assert question[0] == numpy_alone.random_sample()
        assert question[1] == python_alone.random()
        assert question[2] == float(torch.rand(1, generator=torch_alone))
    before = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    play(lambda: None)
    after = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())  # noqa: NPY002
    assert (before[0] == after[0]).all()
    assert before[1:] == after[1:]
