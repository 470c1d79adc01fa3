"""Who knows the newest values of a run gets those of its later rows by reading these rows alone, or all anew."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger
from rla.output import csv_blocks, journal_writer, last_values, writer
from rla.output.fold import fold_dead_run
from rla.output.last_values import LastValues, read_last_values

HEADER = "a,eval,time-step\n"
LONG = HEADER + "1,77,1\n" + "".join(f"{step},,{step}\n" for step in range(2, 20_000))


@pytest.fixture
def run(folder: Path) -> Path:
    folder.mkdir()
    (folder / "progress.csv").write_text(LONG)
    return folder


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much was read, one number for each time."""
    numbers: list[int] = []
    original = os.pread

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        found = original(descriptor, length, offset)
        numbers.append(len(found))
        return found

    monkeypatch.setattr(csv_blocks.os, "pread", pread)
    return numbers


def stored(found: LastValues) -> LastValues:
    """What an index gives back that has kept it as JSON."""
    return LastValues(found.values, json.loads(json.dumps(found.state)), found.problem)


def append(run: Path, text: str) -> None:
    with open(run / "progress.csv", "a") as stream:
        stream.write(text)


def test_only_later_rows_are_read(run: Path, bytes_read: list[int]) -> None:
    before = read_last_values(run)
    assert sum(bytes_read) >= len(LONG)
    append(run, "5,,20000\n6,,20001\n7,,20")
    bytes_read.clear()
    found = read_last_values(run, stored(before))
    assert found.values == {"a": 6, "eval": 77, "time-step": 20_001}
    assert sum(bytes_read) < 50_000
    append(run, "002\n")
    assert read_last_values(run, stored(found)).values == {"a": 7, "eval": 77, "time-step": 20_002}


def test_a_file_that_is_as_it_was_is_not_read(run: Path, bytes_read: list[int]) -> None:
    before = read_last_values(run)
    bytes_read.clear()
    assert read_last_values(run, before) == before
    assert bytes_read == []


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "1,5,1\n",
        HEADER.replace("eval", "other") + LONG.removeprefix(HEADER) + "8,9,20000\n",
        LONG.replace("77", "78").replace("19999,,19999", "19999,,29999"),
        "a,eval,time-step,late\n" + LONG.removeprefix(HEADER).replace("\n", ",\n") + "1,,20000,4\n",
        HEADER,
        "",
    ],
    ids=["cut", "other keys", "same length", "wider", "no rows", "empty"],
)
@pytest.mark.parametrize("in_place", [True, False])
def test_a_file_that_was_changed_is_read_anew(content: str, in_place: bool, run: Path) -> None:
    before = read_last_values(run)
    if not in_place:
        (run / "progress.csv").unlink()
    (run / "progress.csv").write_text(content)
    os.utime(run / "progress.csv", (1, 1))
    assert read_last_values(run, stored(before)) == read_last_values(run)
    (run / "progress.csv").unlink()
    assert read_last_values(run, before).values == {}


def test_what_was_wrong_is_read_anew(run: Path) -> None:
    (run / "progress.csv").write_bytes(LONG.encode() + b"\0\0\0")
    damaged = read_last_values(run)
    assert damaged.problem is not None
    assert damaged.values["eval"] == 77
    (run / "progress.csv").write_text(LONG)
    assert read_last_values(run, damaged).problem is None


@pytest.mark.usefixtures("own_pace")
def test_a_run_is_followed_through_its_life(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    found = LastValues({})
    for step in range(60):
        dump(step=step, loss=step / 2, **({f"late {step}": step} if step % 7 == 0 else {}))
        if step % 5 == 0:
            logger.flush()
        found = read_last_values(folder, stored(found))
        assert found == read_last_values(folder)
        assert (found.values["loss"], found.values["late 0"]) == (step / 2, 0)
    logger.close()
    found = read_last_values(folder, found)
    assert found == read_last_values(folder)
    assert found.values["late 56"] == 56
    assert "journal" not in found.state


def test_a_run_that_was_killed_is_the_same_before_and_after_it_is_folded(dead_run: Callable) -> None:
    folder = dead_run([{"loss": count, **({"eval": 1} if not count else {})} for count in range(50)])
    before = read_last_values(folder)
    fold_dead_run(folder)
    after = read_last_values(folder, before)
    assert before.values == after.values
    assert after == read_last_values(folder)


@pytest.mark.parametrize("anew", [True, False])
def test_a_live_run_is_never_seen_behind_its_acknowledged_rows(
    anew: bool, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.01)
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 3000)
    logger.configure(folder, ["csv"])
    dump(step=0, count=0, first=1)
    problems: list[str] = []
    acknowledged, finished = [0], threading.Event()

    def read() -> None:
        found = LastValues({})
        while not finished.is_set():
            count = acknowledged[0]
            found = read_last_values(folder, None if anew else stored(found))
            values = found.values
            late = max((int(key[5:]) for key in values if key.startswith("late ")), default=0)
            if values["count"] < count or late < count // 100 * 100 or values["first"] != 1 or found.problem:
                problems.append(f"{count} acknowledged: {values}, {found.problem}")

    reader = threading.Thread(target=read)
    reader.start()
    for count in range(1, 1000):
        dump(step=count, count=count, **({f"late {count}": 1} if count % 100 == 0 else {}))
        acknowledged[0] = count
    finished.set()
    reader.join()
    assert not problems, problems[:5]


def test_what_only_a_lost_journal_had_is_not_kept(dead_run: Callable) -> None:
    folder = dead_run([{"loss": 1}])
    (folder / "progress.csv").write_text("a\n1\n")
    before = read_last_values(folder)
    assert before.values["loss"] == 1
    shutil.rmtree(folder / ".journal")
    assert read_last_values(folder, before).values == {"a": 1}


@pytest.mark.usefixtures("own_pace")
def test_rows_that_move_while_they_are_read_are_not_missed(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = last_values._filed

    def filed(*arguments: Any) -> LastValues:
        """The run writes its rows into the file, and commits, just when its file was read."""
        found = original(*arguments)
        logger.flush()
        return found

    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.0)
    logger.configure(folder, ["csv"])
    dump(step=1, rare=1)
    logger.flush()
    dump(step=2, seldom=2)
    dump(step=3, loss=3)
    monkeypatch.setattr(last_values, "_filed", filed)
    assert {"rare", "seldom", "loss"} <= read_last_values(folder).values.keys()
