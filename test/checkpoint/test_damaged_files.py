"""A damaged checkpoint is an error that names the run folder, the file and the steps that may be tried instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import CheckpointError, CheckpointNotFoundError


@pytest.mark.parametrize("size", [0, 1, 100, 300, -1])
@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_one_that_was_cut_short_names_itself_and_the_others(
    framework: str, size: int, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    folder = begin(framework)
    for step in (1, 2, 3):
        save_at(step)
    path = Path(save_at(4, {"values": list(range(100))}))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError) as refusal:
        exp_manager.load_checkpoint()
    assert not isinstance(refusal.value, CheckpointNotFoundError)
    said = str(refusal.value)
    assert f"'{folder / path.name}'" in said
    assert "damaged or was cut short" in said
    assert all(f"checkpoint_{step}{path.suffix}" in said for step in (1, 2, 3))
    assert len(said.splitlines()) == 1
    assert exp_manager.load_checkpoint(3) == (3, {"step": 3})


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_bytes_of_another_kind_are_refused(
    framework: str, trust: bool, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    begin(framework)
    Path(save_at(1)).write_bytes(b"\x89PNG" + bytes(range(256)) * 10)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        exp_manager.load_checkpoint(trust=trust)


def test_a_flipped_bit_in_the_weights_is_seen(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    np = pytest.importorskip("numpy")
    begin("plain")
    path = Path(save_at(1, {"weights": np.ones(1000)}))
    content = bytearray(path.read_bytes())
    content[content.index(np.ones(10).tobytes()) + 4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="CRC"):
        exp_manager.load_checkpoint()
