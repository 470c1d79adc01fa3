"""The twin that a query of the archive gives loads checkpoints, whatever the configuration of today says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ARCHIVE, exp_manager, experiment_data_query
from rla.errors import CheckpointNotFoundError


@pytest.mark.parametrize("framework", ["torch", "plain"])
@pytest.mark.parametrize("current", ["torch", "plain", "tensorflow"])
def test_it_loads_whatever_framework_is_current(
    framework: str,
    current: str,
    begin: Callable[..., Path],
    save_at: Callable[..., str],
    tmp_path: Path,
    data_root: Path,
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    begin(framework)
    for step in (9, 10):
        save_at(step)
    save_at(3, checkpoint_name="best")
    begin(current, tmp_path / "elsewhere")
    (found,) = experiment_data_query(data_root, "demo_task", "*", ARCHIVE).values()
    twin = found.exp_manager  # type: ignore[union-attr]
    assert twin.load_checkpoint() == (10, {"step": 10})
    assert twin.load_checkpoint("9") == (9, {"step": 9})
    assert twin.load_checkpoint(checkpoint_name="best") == (3, {"step": 3})


def test_it_loads_where_the_data_root_is_today(
    begin: Callable[..., Path], save_at: Callable[..., str], data_root: Path, tmp_path: Path
) -> None:
    begin()
    save_at(10)
    exp_manager.finish()
    os.rename(data_root, tmp_path / "moved")
    (found,) = experiment_data_query(tmp_path / "moved", "demo_task", "*", ARCHIVE).values()
    assert found.exp_manager.load_checkpoint() == (10, {"step": 10})  # type: ignore[union-attr]


def test_an_experiment_without_checkpoints_says_so(begin: Callable[..., Path], archived: Callable[[], Any]) -> None:
    begin()
    with pytest.raises(CheckpointNotFoundError, match="demo_task"):
        archived().load_checkpoint()
