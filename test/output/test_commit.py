"""The commit of a journal has two slots, of which one is always whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla.output.commit import SLOT_BYTES, Commit
from rla.output.journal import Position

FIRST = {"csv": (Position(1, 16, 0), 0), "tensorboard": (Position(1, 16, 0), 40)}
SECOND = {"csv": (Position(2, 400, 70), 9000), "tensorboard": (Position(1, 2**40, 60), 2**40)}
THIRD = {"csv": (Position(3, 16, 90), 12_000)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    commit = Commit(tmp_path)
    for state in (FIRST, SECOND, THIRD):
        commit.write(state)
        assert Commit(tmp_path).read() == state
    commit.close()
    return tmp_path / "commit"


def newer_slot(path: Path) -> slice:
    return slice(SLOT_BYTES, 2 * SLOT_BYTES)  # the third turn


def test_the_newer_slot_counts(path: Path) -> None:
    assert Commit(path.parent).read() == THIRD


@pytest.mark.parametrize("damage", ["zeros", "half", "flip", "cut"])
def test_a_torn_slot_leaves_the_older_one(damage: str, path: Path) -> None:
    content = bytearray(path.read_bytes())
    slot = newer_slot(path)
    if damage == "zeros":
        content[slot] = bytes(SLOT_BYTES)
    elif damage == "half":
        content[slot.start + 20 : slot.stop] = bytes(SLOT_BYTES - 20)
    elif damage == "flip":
        content[slot.start + 12] ^= 1
    else:
        del content[slot.start + 15 :]
    path.write_bytes(content)
    assert Commit(path.parent).read() == SECOND


def test_after_a_torn_slot_the_next_write_counts(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[newer_slot(path)] = b"\xff" * SLOT_BYTES
    path.write_bytes(content)
    commit = Commit(path.parent)
    commit.read()
    commit.write(FIRST)
    commit.close()
    assert Commit(path.parent).read() == FIRST


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 2 * SLOT_BYTES, b"\xff" * 2 * SLOT_BYTES])
def test_without_a_whole_slot_there_is_no_commit(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "commit").write_bytes(content)
    assert Commit(tmp_path).read() == {}


def test_without_a_file_there_is_no_commit(tmp_path: Path) -> None:
    assert Commit(tmp_path).read() == {}
    assert list(tmp_path.iterdir()) == []
