"""A `checkpoint_name` that is no plain file name is refused, and nothing is written anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import CheckpointError


@pytest.mark.parametrize("name", ["a/b", "../a", "/tmp/a", "..", ".", ".hidden", "a\0b"])
def test_it_is_refused(name: str, begin: Callable[..., Path], save_at: Callable[..., str], data_root: Path) -> None:
    folder = begin()
    before = sorted(data_root.parent.rglob("*"))
    with pytest.raises(CheckpointError, match="plain file name"):
        save_at(1, checkpoint_name=name)
    assert sorted(data_root.parent.rglob("*")) == before
    assert os.listdir(folder) == []


@pytest.mark.parametrize("name", ["n" * 300, "é" * 150])
def test_one_that_is_too_long_is_said_and_leaves_nothing(
    name: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    with pytest.raises(CheckpointError, match="too long for the name of a file"):
        save_at(1, checkpoint_name=name)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("name", ["", None])
def test_an_empty_one_is_the_usual_name(
    name: str | None, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    save_at(1, checkpoint_name=name)
    assert os.listdir(folder) == ["checkpoint_1.npz"]


def test_a_long_name_of_wide_letters_that_the_disk_takes_is_taken(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    name = "策" * 80  # 240 bytes, and 6 for step and suffix
    save_at(1, checkpoint_name=name)
    assert os.listdir(folder) == [f"{name}_1.npz"]
