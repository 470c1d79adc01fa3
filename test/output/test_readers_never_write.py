"""Reading a run changes nothing on disk, and forgives what a dead or a live writer left half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger
from rla.output import journal_writer, writer
from rla.output.fold import fold_dead_run, has_journal
from rla.output.last_row import last_row
from rla.output.reader import read_progress

ROWS = [{"count": count, **({"late": "text"} if count == 20 else {})} for count in range(30)]


def test_reading_a_dead_run_changes_nothing(dead_run: Callable, tree: Callable) -> None:
    folder = dead_run(ROWS)
    before = tree(folder)
    for _ in range(2):
        assert len(read_progress(folder).rows) == 30
        assert last_row(folder)["count"] == 29
        assert has_journal(folder)
        assert len(logger.read_csv(folder / "progress.csv")) == 30
    assert tree(folder) == before


def test_reading_a_folder_without_records_changes_nothing(tmp_path: Path, tree: Callable) -> None:
    assert read_progress(tmp_path).rows == []
    assert last_row(tmp_path) == {}
    assert tree(tmp_path) == {}


def test_reading_a_folder_that_does_not_exist_gives_no_rows(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "no").rows == []
    assert last_row(tmp_path / "no") == {}
    with pytest.raises(FileNotFoundError):
        logger.read_csv(tmp_path / "no" / "progress.csv")


def test_a_row_lacks_the_keys_that_were_not_recorded(dead_run: Callable) -> None:
    folder = dead_run(ROWS)
    for _ in range(2):
        rows = read_progress(folder).rows
        assert rows[20]["late"] == "text"
        assert all("late" not in row for row in rows if row["count"] != 20)
        fold_dead_run(folder)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_of_the_csv_is_forgiven(cut: int, dead_run: Callable) -> None:
    folder = dead_run(ROWS)
    fold_dead_run(folder)
    path = folder / "progress.csv"
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    whole = content[:-cut].count(b"\n") - 1
    assert [row["count"] for row in read_progress(folder).rows] == list(range(whole))
    assert last_row(folder)["count"] == whole - 1


@pytest.mark.parametrize("cut", range(1, 80, 7))
def test_a_torn_last_frame_of_the_journal_is_forgiven(cut: int, dead_run: Callable) -> None:
    folder = dead_run(ROWS)
    (segment,) = (folder / ".journal").glob("*.journal")
    segment.write_bytes(segment.read_bytes()[:-cut])
    counts = [row["count"] for row in read_progress(folder).rows]
    assert counts == list(range(len(counts)))
    assert 26 <= len(counts) <= 29
    assert last_row(folder)["count"] == counts[-1]
    fold_dead_run(folder)
    assert [row["count"] for row in read_progress(folder).rows] == counts


def test_two_readers_see_a_growing_prefix_of_a_live_run(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.01)
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 3000)
    logger.configure(folder, ["csv"])
    dump(step=0, count=0)
    problems: list[str] = []
    finished = threading.Event()
    acknowledged = [1]

    def read() -> None:
        while not finished.is_set():
            before = acknowledged[0]
            counts = [row.get("count") for row in read_progress(folder).rows]
            newest = last_row(folder).get("count", -1)
            if counts != list(range(len(counts))):
                problems.append(f"no prefix: {counts[-5:]} of {len(counts)}")
            if len(counts) < before or newest < before - 1:
                problems.append(f"{before} rows acknowledged, {len(counts)} read, newest {newest}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for count in range(1, 1500):
        dump(step=count, count=count, **({f"late {count}": 1} if count % 300 == 0 else {}))
        acknowledged[0] = count + 1
    finished.set()
    for reader in readers:
        reader.join()
    assert not problems, problems[:5]


@pytest.mark.parametrize("text", ["two\nlines", 'quoted "word"\nand, more', "a,b\nc,d,1,2", '"\n"', "x\r\ny"])
@pytest.mark.parametrize("key", ["a note", "z note"])
def test_the_last_row_is_right_when_its_text_has_several_lines(
    key: str, text: str, folder: Path, dump: Callable
) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, **{key: "plain"})
    dump(step=2, **{key: text})
    logger.close()
    assert read_progress(folder).rows[-1][key] == text
    assert last_row(folder) == read_progress(folder).rows[-1]


def test_a_text_of_200_kilobytes_can_be_read_back(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, note="x" * 200_000, loss=1.5)
    logger.close()
    assert last_row(folder)["loss"] == 1.5
    assert read_progress(folder).rows[0]["note"] == "x" * 200_000
