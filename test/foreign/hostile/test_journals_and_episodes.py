"""Journals and episodes that no run of ours wrote are read as far as they make sense, without waiting for anything."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ormsgpack
import pytest

from rla import RLAWarning
from rla.output.codec import frame
from rla.query import Experiment, experiments

pytestmark = pytest.mark.timeout(30)
SEGMENT = "00000001.journal"
HEADER = struct.pack("<4sHHQ", b"RLAJ", 2, 0, 1)  # one row of the run before it: the one in the file
EPISODES = "time-step,return,length,env,timestamp,extra\n10,1.5,5,0,1.0,\n"


@pytest.fixture
def run(make_hostile: Callable[..., str], data_root: Path, good: Callable[[int], str]) -> Path:
    """The log folder of a good experiment."""
    return data_root / "log" / "demo" / f"{good(1)}_10.0.0.1_&lr=0.1"


@pytest.fixture
def journal(run: Path) -> Path:
    folder = run / ".journal"
    folder.mkdir()
    return folder


def only(data_root: Path) -> Experiment:
    (found,) = experiments(data_root)
    return found


def row(values: list[Any], step: Any = 20) -> bytes:
    keys = ormsgpack.packb((16, ["loss", "time-step"], {}))
    return frame(1, keys) + frame(2, ormsgpack.packb((16, step, 1.0, values)))


def test_a_row_of_the_journal_is_seen(journal: Path, data_root: Path) -> None:
    (journal / SEGMENT).write_bytes(HEADER + row([0.25, 20]))
    assert only(data_root).last == {"loss": 0.25}


@pytest.mark.parametrize(
    "content",
    [
        row([0.25, 20, 3]),
        row([0.25]),
        row("text"),  # type: ignore[arg-type]
        row({}),  # type: ignore[arg-type]
        frame(2, b"no msgpack"),
        frame(1, ormsgpack.packb((16, [1, None], {}))),
        frame(5, ormsgpack.packb((0, 1, 1.0, [1, 2], ormsgpack.packb((0, ["a"], {}))))),
        frame(6, ormsgpack.packb((1, "now", {"return": 5}))),
        frame(6, ormsgpack.packb((1, 1.0, {"length": [1]}))),
        frame(6, ormsgpack.packb((1, 1.0, {"return": [1.0], "length": [1, 2]}))),
        frame(3, ormsgpack.packb([])),
        struct.pack("<IIB", 1 << 31, 0, 2) + b"short",
    ],
    ids=range(12),
)
def test_records_that_make_no_sense_end_the_journal(journal: Path, data_root: Path, content: bytes) -> None:
    (journal / SEGMENT).write_bytes(HEADER + row([0.25, 20]) + content + row([0.125, 30]))
    found = experiments(data_root)
    assert found[0].last == {"loss": 0.25}
    assert found.load("loss")["loss"].tolist()[-1] == 0.25
    assert len(found.episodes()) == 0


def test_a_record_of_gigabytes_in_a_hole_of_the_file_is_none(journal: Path, data_root: Path) -> None:
    with open(journal / SEGMENT, "wb") as stream:
        stream.write(HEADER + row([0.25, 20]) + struct.pack("<IIB", (1 << 32) - 1, 0, 2))
        stream.seek(6 << 30)
        stream.write(b"x")
    assert only(data_root).last == {"loss": 0.25}


@pytest.mark.parametrize("name", [SEGMENT, "commit", "lock"])
def test_a_pipe_in_the_place_of_a_file_of_the_journal_is_not_waited_for(
    journal: Path, run: Path, data_root: Path, name: str
) -> None:
    card = (run / "experiment.json").read_text().replace('"finished"', f'"running", "host": "{socket.gethostname()}"')
    (run / "experiment.json").write_text(card)
    if name != SEGMENT:
        (journal / SEGMENT).write_bytes(HEADER + row([0.25, 20]))
    os.mkfifo(journal / name)
    found = only(data_root)
    assert (found.status, found.problem) in (("dead", None), ("unreadable", ".journal: not a regular file"))


@pytest.mark.parametrize("name", ["²².journal", "٣.journal", "-1.journal", f"{'9' * 200}.journal", ".journal"])
def test_names_that_are_no_segments_are_passed_over(journal: Path, data_root: Path, name: str) -> None:
    (journal / name).write_bytes(b"RLAJ")
    (journal / SEGMENT).write_bytes(HEADER + row([0.25, 20]))
    assert only(data_root).last == {"loss": 0.25}


@pytest.mark.parametrize(
    ("line", "returns"),
    [
        ('20,2.5,5,0,2.0,"{broken}"\n', [1.5, 2.5]),
        ('20,2.5,5,0,2.0,"' + '{""a"":' * 5_000 + '}"\n', [1.5, 2.5]),
        ("20,2.5\n", [1.5, 2.5]),
        ("20,2.5,5,0,never,\n", [1.5, 2.5]),
        ("20,2.5,5,0,2.0,,,,,,,,\n", [1.5, 2.5]),
    ],
    ids=["broken", "deep", "short", "no time", "long"],
)
def test_a_line_of_episodes_that_is_none_hides_no_other(run: Path, data_root: Path, line: str, returns: list) -> None:
    (run / "episodes.csv").write_text(EPISODES + line)
    assert experiments(data_root).episodes()["return"].tolist() == returns


def test_episodes_of_gigabytes_are_read_up_to_where_they_end(run: Path, data_root: Path) -> None:
    with open(run / "episodes.csv", "wb") as stream:
        stream.write(EPISODES.encode())
        stream.seek(4 << 30)
        stream.write(b"x\n")
    with pytest.warns(RLAWarning, match=r"episodes\.csv' cannot be read to its end"):
        assert experiments(data_root).episodes()["return"].tolist() == [1.5]
