"""Whichever write, fsync, rename or removal fails: the earlier checkpoint loads, and no half file has a final name."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError


def content_of(framework: str, step: int) -> dict[str, Any]:
    if framework == "plain":
        return {"weights": np.full(1000, step), "step": step}
    torch = pytest.importorskip("torch")
    return {"weights": torch.full((1000,), step), "step": step}


@pytest.mark.parametrize("takes_half", [False, True])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_the_earlier_one_loads_and_the_next_one_is_saved(
    framework: str,
    number: int,
    takes_half: bool,
    begin: Callable[..., Path],
    save_at: Callable[..., str],
    operations: Any,
) -> None:
    content = content_of(framework, 1)
    folder = begin(framework)
    operations.number, operations.takes_half = number, takes_half
    step, refused, nth = 1, set(), 1
    exp_manager.new_saver(max_to_keep=1)
    save_at(step, content)
    while True:
        operations.done.clear()
        operations.fails_at = nth
        refusal = ""
        try:
            save_at(step + 1, content_of(framework, step + 1))
            step += 1
        except CheckpointError as error:
            refusal = str(error)
        assert exp_manager.load_checkpoint()[1]["step"] == step
        if refusal:
            assert os.strerror(number) in refusal
            assert [path.stem for path in folder.iterdir()] == [f"checkpoint_{step}"], "nothing else, not even aside"
        if len(operations.done) < nth:
            break
        refused.add(operations.done[nth - 1][0])
        operations.fails_at = 0
        step += 1
        save_at(step, content_of(framework, step))
        assert [path.stem for path in folder.iterdir()] == [f"checkpoint_{step}"]
        assert exp_manager.load_checkpoint()[1]["step"] == step
        nth += 1
    assert refused == {"append", "fsync", "rename", "remove"}
