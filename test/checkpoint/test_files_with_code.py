"""A checkpoint that wants to run code is refused, its code does not run, and trust=True loads it."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import UntrustedPickleError

torch = pytest.importorskip("torch")


class RunsCode:
    """An object whose pickle makes a folder when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self._mark = str(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._mark,)


def test_it_is_refused_and_nothing_runs_until_it_is_trusted(
    begin: Callable[..., Path], save_at: Callable[..., str], tmp_path: Path, archived: Callable[[], Any]
) -> None:
    begin("torch")
    mark = tmp_path / "code_was_run"
    path = save_at(1, {"x": RunsCode(mark)})
    with pytest.raises(UntrustedPickleError, match=r"mkdir.*trust=True") as refusal:
        exp_manager.load_checkpoint()
    assert path in str(refusal.value)
    twin = archived()
    with pytest.raises(UntrustedPickleError, match="mkdir"):
        twin.load_checkpoint()
    assert not mark.exists()
    assert twin.load_checkpoint(trust=True) == (1, {"x": None})
    assert mark.exists()


def test_whole_modules_are_said_once_and_loaded_only_with_trust(
    begin: Callable[..., Path], save_at: Callable[..., str], warned: Callable[[], str]
) -> None:
    begin("torch")
    for step in (1, 2, 3):
        save_at(step, {"policy": torch.nn.Linear(2, 2), "epoch": step})
    assert warned().count("policy (Linear)") == 1
    assert "state_dict()" in warned()
    with pytest.raises(UntrustedPickleError, match="Linear"):
        exp_manager.load_checkpoint()
    step, content = exp_manager.load_checkpoint(trust=True)
    assert step == 3
    assert isinstance(content["policy"], torch.nn.Linear)


@pytest.mark.parametrize("content", [{"agent": {"policy": torch.nn.Linear(2, 2)}}, {"all": [torch.nn.Linear(2, 2)]}])
def test_modules_deeper_inside_are_said_as_well(
    content: dict[str, Any], begin: Callable[..., Path], save_at: Callable[..., str], warned: Callable[[], str]
) -> None:
    begin("torch")
    save_at(1, content)
    assert "state_dict()" in warned()


@pytest.mark.parametrize("value", [collections.deque([1.0]), Path("a"), range(3), np.zeros(2, dtype=[("a", "f4")])])
def test_what_cannot_be_loaded_without_trust_is_said_when_it_is_saved(
    value: object, begin: Callable[..., Path], save_at: Callable[..., str], warned: Callable[[], str]
) -> None:
    begin("torch")
    save_at(1, {"last returns": value})
    try:
        exp_manager.load_checkpoint()
    except Exception:
        assert "trust=True" in warned()


def test_the_refusal_does_not_say_that_what_it_refused_is_read(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    import datetime

    begin("torch")
    save_at(1, {"when": datetime.datetime(2026, 1, 1)})
    with pytest.raises(UntrustedPickleError) as refusal:
        exp_manager.load_checkpoint()
    assert "dates are read" not in str(refusal.value)


def test_an_intact_file_that_needs_trust_is_not_called_damaged(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("torch")
    save_at(1, {"records": np.zeros(2, dtype=[("a", "f4")])})
    with pytest.raises(UntrustedPickleError, match="trust=True"):
        exp_manager.load_checkpoint()
