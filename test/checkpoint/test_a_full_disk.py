"""On a full disk saving says so, the earlier checkpoint stays, and with room again saving works."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    exp_manager.finish()
    subprocess.run(["umount", "-l", str(place)], check=True)


def weights(framework: str, step: int) -> dict[str, Any]:
    array = np.full(50_000, step, np.float32)  # 200 kB
    if framework == "plain":
        return {"weights": array}
    return {"weights": pytest.importorskip("torch").from_numpy(array)}


def fill(path: Path) -> None:
    """Write into a file until the disk is full."""
    with open(path, "wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))


@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_saving_says_so_and_works_again_with_room(
    framework: str, small_disk: Path, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    content = weights(framework, 1)
    folder = begin(framework, small_disk / "data")
    first = Path(save_at(1, content))
    ballast = small_disk / "ballast"
    fill(ballast)

    with pytest.raises(CheckpointError, match="No space left on device") as refusal:
        save_at(2, weights(framework, 2))
    said = str(refusal.value)
    assert str(folder) in said, "the run folder"
    assert f"checkpoint_2{first.suffix}" in said, "the file"
    assert f"stays: {first.name}." in said, "what is still there"
    assert [path.name for path in folder.iterdir()] == [first.name]
    step, loaded = exp_manager.load_checkpoint()
    assert step == 1
    assert float(loaded["weights"].sum()) == 50_000

    ballast.unlink()
    save_at(3, weights(framework, 3))
    step, loaded = exp_manager.load_checkpoint()
    assert step == 3
    assert float(loaded["weights"].sum()) == 150_000


def test_training_goes_on_when_the_script_goes_on(
    small_disk: Path, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("plain", small_disk / "data")
    exp_manager.new_saver(max_to_keep=None)
    refused = 0
    for step in range(1, 21):
        try:
            save_at(step, weights("plain", step))
        except CheckpointError:
            refused += 1
    assert 5 < refused < 20
    assert exp_manager.load_checkpoint()[0] == 20 - refused
    for step in range(1, 21 - refused):
        assert float(exp_manager.load_checkpoint(step)[1]["weights"][0]) == step
