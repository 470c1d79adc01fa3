"""The previous checkpoint is removed only when the new one is on the disk under its final name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager


@pytest.mark.parametrize(("framework", "suffix"), [("torch", ".pt"), ("plain", ".npz")])
def test_write_fsync_rename_and_then_the_removal(
    framework: str, suffix: str, begin: Callable[..., Path], save_at: Callable[..., str], operations: Any
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    begin(framework)
    exp_manager.new_saver(max_to_keep=1)
    save_at(1)
    operations.done.clear()
    save_at(2)
    kinds = [kind for kind, _ in operations.done]
    assert set(kinds[:-3]) == {"append"}
    assert kinds[-3:] == ["fsync", "rename", "remove"]
    assert operations.done[-2:] == [("rename", f"checkpoint_2{suffix}"), ("remove", f"checkpoint_1{suffix}")]
