"""Fixtures for the tests of the old tools: what is answered when they ask."""

from __future__ import annotations

import builtins
from collections.abc import Callable

import pytest


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answer the questions that are asked: ``asked = answers("y")``; behind the last answer the input ends."""

    def give(*texts: str) -> list[str]:
        left, asked = list(texts), []

        def answer(question: str = "") -> str:
            asked.append(question)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(builtins, "input", answer)
        return asked

    return give


@pytest.fixture
def nobody_answers(answers: Callable[..., list[str]]) -> list[str]:
    """The questions that were asked, where nobody is there to answer."""
    return answers()
