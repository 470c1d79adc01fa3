"""Content that cannot be written is an error that says where; the earlier checkpoint stays, and nothing half."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError


class Refuses:
    """An object that cannot be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise RuntimeError("not me")

    def __repr__(self) -> str:
        raise RuntimeError("nor as text")


@pytest.mark.parametrize("value", [lambda: None, (n for n in ()), threading.Lock(), Refuses()], ids=type)
@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_the_earlier_one_stays(
    framework: str, value: object, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    folder = begin(framework)
    exp_manager.new_saver(max_to_keep=1)
    first = Path(save_at(1)).name
    with pytest.raises(CheckpointError, match=f"'{folder}/checkpoint_2.*was not saved.*stays: {first}"):
        save_at(2, {"big": np.arange(100_000), "agent": {"hook": value}})
    assert os.listdir(folder) == [first]
    assert exp_manager.load_checkpoint() == (1, {"step": 1})


def test_a_plain_checkpoint_says_which_value_it_is(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("plain")
    with pytest.raises(CheckpointError, match=r"'agent/hooks/1' is <function"):
        save_at(2, {"agent": {"hooks": [1, print_nothing]}})


@pytest.mark.parametrize("array", [np.array([None, 1]), np.zeros(2, dtype=[("a", "f4")])])
def test_arrays_that_numpy_could_only_pickle_are_refused(
    array: Any, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("plain")
    with pytest.raises(CheckpointError, match="'a' is array"):
        save_at(1, {"a": array})


def print_nothing() -> None:
    """Stand for a function of the user's."""
