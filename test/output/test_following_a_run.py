"""Whoever follows a run sees each of its rows once, in order, while they move from the journal into the files."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import files, logger
from rla.output import journal_writer, writer
from rla.output.fold import fold_dead_run
from rla.output.follow import Tail, follow
from rla.output.journal import segments_of
from rla.output.reader import read_progress

PROGRAM = """
import os, sys, time
from rla import logger
from rla.output import journal_writer, writer
folder, rows, starts, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.005, 0.01
journal_writer.SEGMENT_BYTES = 3_000
count = 0
for start in range(starts):
    logger.configure(folder, ["csv"])
    for _ in range(rows):
        logger.record_tabular("count", count)
        if count and count % 400 == 0:
            logger.record_tabular(f"late {count}", "a text\\nof two lines")
        logger.dump_tabular()
        count += 1
        if count % 20 == 0:
            time.sleep(0.002)
    if end == "kill":
        os.kill(os.getpid(), 9)
    logger.close()
"""


@pytest.fixture
def recording(folder: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a process that records ``rows`` rows into the folder, several times over."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(rows: int, starts: int = 1, end: str = "close") -> subprocess.Popen[bytes]:
        program = [sys.executable, "-c", PROGRAM, str(folder), str(rows), str(starts), end]
        process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def followed(folder: Path, process: subprocess.Popen[bytes], pause: float) -> list[dict[str, Any]]:
    """Follow a process to its end."""
    deadline = time.monotonic() + 60

    def lives() -> bool:
        assert time.monotonic() < deadline
        return process.poll() is None

    return [row for rows in follow(folder, 1_000_000, lives, pause=pause) for row in rows]


@pytest.mark.parametrize(
    ("end", "pause"),
    [
        ("close", 0.0),
        ("kill", 0.05),
        pytest.param("kill", 0.0, marks=pytest.mark.fault),
        pytest.param("close", 0.05, marks=pytest.mark.fault),
        ("close", 0.3),
        pytest.param("kill", 0.3, marks=pytest.mark.fault),
    ],
)
def test_each_row_is_seen_once_and_whole(folder: Path, recording: Callable, end: str, pause: float) -> None:
    rows = followed(folder, recording(1500, end=end), pause)
    assert [row["count"] for row in rows] == list(range(1500))
    assert rows == read_progress(folder).rows
    assert [row["late 800"] for row in rows if "late 800" in row] == ["a text\nof two lines"]


@pytest.mark.parametrize("pause", [pytest.param(0.0, marks=pytest.mark.fault), 0.1])
def test_a_run_that_begins_again_in_its_folder_is_gone_on_with(folder: Path, recording: Callable, pause: float) -> None:
    rows = followed(folder, recording(150, starts=8), pause)
    assert [row["count"] for row in rows] == list(range(8 * 150))


def test_what_comes_after_the_last_rows_is_new(folder: Path, dump: Callable, own_pace: None) -> None:
    logger.configure(folder, ["csv"])
    for count in range(20):
        dump(count=count)
    tail = Tail(folder)
    assert [row["count"] for row in tail.last(3)] == [17, 18, 19]
    assert list(tail.new()) == []
    dump(count=20)
    assert [[row["count"] for row in rows] for rows in tail.new()] == [[20]]
    logger.close()
    assert list(tail.new()) == []
    logger.configure(folder, ["csv"])
    dump(count=21)
    assert [[row["count"] for row in rows] for rows in tail.new()] == [[21]]


def test_rows_of_segments_that_went_unread_come_from_the_file(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.0)
    logger.configure(folder, ["csv"])
    dump(count=0)
    tail = Tail(folder)
    assert len(tail.last(5)) == 1
    for count in range(1, 200):
        dump(count=count)
        if count % 50 == 0:
            logger.flush()
    assert min(segments_of(folder / ".journal")) > 2, "segments are gone that nobody has read"
    assert [row["count"] for rows in tail.new() for row in rows] == list(range(1, 200))
    assert [row["count"] for row in Tail(folder).last(190)] == list(range(10, 200))


def test_a_run_that_has_no_rows_yet_is_waited_for(folder: Path, dump: Callable) -> None:
    folder.mkdir()
    tail = Tail(folder)
    assert tail.last(10) == list(tail.new()) == []
    logger.configure(folder, ["csv"])
    dump(count=1)
    assert [row["count"] for rows in tail.new() for row in rows] == [1]


def test_a_run_without_a_csv_is_followed_by_its_journal(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(count=1)
    tail = Tail(folder)
    assert [row["count"] for row in tail.last(10)] == [1]
    dump(count=2)
    assert [row["count"] for rows in tail.new() for row in rows] == [2]


def test_a_file_that_another_tool_writes_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "progress.csv"
    path.write_text("a,b\r\n1,2\r\n3,\r\n")
    tail = Tail(tmp_path)
    assert tail.last(5) == [{"a": 1, "b": 2}, {"a": 3}]
    assert list(tail.new()) == []
    with open(path, "a") as stream:
        stream.write("5,6\r\n7,")
    assert list(tail.new()) == [[{"a": 5, "b": 6}]]
    with open(path, "a") as stream:
        stream.write("8\r\n")
    assert list(tail.new()) == [[{"a": 7, "b": 8}]]


def test_following_writes_nothing(folder: Path, dead_run: Callable, tree: Callable) -> None:
    dead_run([{"count": count} for count in range(30)])
    before = tree(folder)
    assert [len(rows) for rows in follow(folder, 20, lambda: False)] == [20]
    assert tree(folder) == before
    fold_dead_run(folder)
    before = tree(folder)
    assert [len(rows) for rows in follow(folder, 20, lambda: False)] == [20]
    assert tree(folder) == before


def test_a_journal_that_cannot_be_read_is_told_of_once(
    folder: Path, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    logger.configure(folder, ["csv"])
    dump(count=1)
    logger.flush()
    monkeypatch.setattr("rla.output.follow.segments_of", refuse)
    tail = Tail(folder)
    assert [row["count"] for row in tail.last(10)] == [1]
    dump(count=2)
    assert [row["count"] for rows in tail.new() for row in rows] == [2]
    assert list(tail.new()) == []
    assert [text for text in said if "cannot be read" in text] == said[:1]


def test_a_folder_that_vanishes_has_no_new_rows(folder: Path, dead_run: Callable) -> None:
    dead_run([{"count": 1}])
    fold_dead_run(folder)
    tail = Tail(folder)
    assert len(tail.last(5)) == 1
    files.rename(folder, f"{folder}.gone")
    assert list(tail.new()) == []
    assert not folder.exists()
