"""Of an event file that ends anywhere, or has a damaged byte, TensorBoard reads exactly the records before it."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from rla import logger

LENGTH = struct.Struct("<Q")
AROUND = LENGTH.size + 4 + 4
"""Bytes of a record beside its content: length, checksum of the length, checksum of the content."""


@pytest.fixture
def event_file(folder: Path) -> Path:
    """An event file of scalars, texts and a histogram, with steps that need one byte and nine."""
    logger.configure(folder, ["csv", "tensorboard"])
    writer = logger.get_tbx_writer()
    for step in (0, 1, 300, 2**40, 2**62):
        logger.record_all({"loss": step / 3, "reward": -1.5, "nothing": math.nan, "far": math.inf, "note": "no scalar"})
        logger.dump_tabular(step=step)
    writer.add_text("note", "two\nlines, ünd more", 2**40)
    writer.add_histogram("weights", np.arange(20.0), 5, bins=3)
    logger.text("settings", "| key | value |")
    logger.record_tabular("last", 1)
    logger.dump_tabular(step=7)
    logger.close()
    (path,) = (folder / "tb" / "events").iterdir()
    return path


def ends_of(content: bytes) -> list[int]:
    """Return where each record ends."""
    ends: list[int] = [0]
    while ends[-1] < len(content):
        (length,) = LENGTH.unpack_from(content, ends[-1])
        ends.append(ends[-1] + AROUND + length)
    assert ends[-1] == len(content)
    return ends[1:]


def events_of(path: Path) -> list[Any]:
    return [str(event) for event in EventFileLoader(str(path)).Load()]


def test_the_whole_file_has_all_that_was_recorded(event_file: Path, data_root: Path, fsck: Callable) -> None:
    events = events_of(event_file)
    assert len(events) == len(ends_of(event_file.read_bytes())) == 1 + 5 + 3 + 1
    for text in ("loss", "note", "weights", "settings", "last"):
        assert any(f'"{text}' in event for event in events)
    fsck(data_root)


def test_cut_at_any_byte_it_gives_exactly_the_complete_records(
    event_file: Path, data_root: Path, tmp_path: Path, fsck: Callable
) -> None:
    content, events = event_file.read_bytes(), events_of(event_file)
    ends = ends_of(content)
    cut_file = tmp_path / "events.out.tfevents.1.host"
    for cut in range(len(content) + 1):
        cut_file.write_bytes(content[:cut])
        whole = sum(end <= cut for end in ends)
        assert events_of(cut_file) == events[:whole], f"cut at byte {cut} of {len(content)}"
    fsck(data_root)


def test_with_any_byte_changed_it_gives_exactly_the_records_before(
    event_file: Path, data_root: Path, tmp_path: Path, fsck: Callable
) -> None:
    content, events = event_file.read_bytes(), events_of(event_file)
    ends = ends_of(content)
    damaged_file = tmp_path / "events.out.tfevents.1.host"
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x40
        damaged_file.write_bytes(damaged)
        whole = sum(end <= place for end in ends)
        assert events_of(damaged_file) == events[:whole], f"byte {place} of {len(content)} changed"
    fsck(data_root)


def test_records_without_their_checksum_would_be_seen(event_file: Path, tmp_path: Path) -> None:
    """The check itself: a file whose checksums say nothing is not taken for a whole one."""
    content, events = event_file.read_bytes(), events_of(event_file)
    for end in ends_of(content):
        content = content[: end - 4] + bytes(4) + content[end:]
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(content)
    assert events_of(path) != events
