"""The last rows of a run are found from its end, wherever they stand, and hostile files give none of them quickly."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger
from rla.output import csv_blocks
from rla.output.fold import fold_dead_run
from rla.output.follow import Tail
from rla.output.reader import read_progress

ROWS = [
    {"count": count, "text": f'of "{count}",\nof two lines\r', **({"seldom": count / 2} if count % 50 == 7 else {})}
    for count in range(300)
]


def last(folder: Path, number: int, *keys: str) -> list[dict[str, Any]]:
    return Tail(folder, keys).last(number)


@pytest.mark.parametrize("number", [0, 1, 2, 17, 299, 300, 1000])
@pytest.mark.parametrize("span", [1 << 12, 64])
def test_they_are_those_of_all_rows(
    folder: Path, dead_run: Callable, monkeypatch: pytest.MonkeyPatch, number: int, span: int
) -> None:
    monkeypatch.setattr(csv_blocks, "TAIL_BYTES", span)
    dead_run(ROWS)
    expected = read_progress(folder).rows[300 - min(number, 300) :]
    assert len(expected) == min(number, 300)
    assert last(folder, number) == expected
    fold_dead_run(folder)
    assert last(folder, number) == expected


def test_rows_are_found_in_journal_and_file_together(folder: Path, dump: Callable, own_pace: None) -> None:
    for start in (0, 10):
        logger.configure(folder, ["csv"])
        for count in range(start, start + 10):
            dump(count=count, **({"even": True} if count % 2 == 0 else {}))
        if not start:
            logger.close()
    assert [row["count"] for row in last(folder, 15)] == list(range(5, 20))
    assert [row["count"] for row in last(folder, 8, "even")] == list(range(4, 20, 2))


def test_rows_that_have_none_of_the_keys_are_left_out(folder: Path, dead_run: Callable) -> None:
    dead_run(ROWS)
    for _ in range(2):
        assert [row["count"] for row in last(folder, 3, "seldom")] == [157, 207, 257]
        assert [row["count"] for row in last(folder, 2, "seldom", "count")] == [298, 299]
        assert last(folder, 3, "never") == []
        fold_dead_run(folder)


def test_values_without_a_column_belong_to_their_row(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    for count in range(4):
        dump(count=count, **{f"key {number:04}": number + count for number in range(1200)})
    live = last(folder, 2)
    assert live[-1]["key 1199"] == 1202
    logger.close()
    assert (folder / "progress.long.csv").exists()
    assert last(folder, 2) == live
    tail = Tail(folder)
    tail.last(0)
    tail._count = 2  # as if two rows had been seen before they went into the file
    tail._stamp = None
    assert [row for rows in tail.new() for row in rows] == live


def test_a_last_line_that_is_torn_is_no_row(tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_text('a,b\n1,2\n3,"torn')
    assert last(tmp_path, 5) == [{"a": 1, "b": 2}]


def test_lines_with_fewer_cells_than_columns_are_rows(tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_text("a,b,c\n1,2\n,,\n4,5,6\n")
    assert last(tmp_path, 5) == [{"a": 1, "b": 2}, {"a": 4, "b": 5, "c": 6}]


def test_a_folder_or_pipe_in_place_of_the_file_has_no_rows(tmp_path: Path) -> None:
    assert last(tmp_path / "nothing", 5) == []
    (tmp_path / "one/progress.csv").mkdir(parents=True)
    assert last(tmp_path / "one", 5) == []
    (tmp_path / "two").mkdir()
    os.mkfifo(tmp_path / "two/progress.csv")
    tail = Tail(tmp_path / "two")
    assert tail.last(5) == list(tail.new()) == []


@pytest.mark.parametrize("header", [b"a,b\n", b""])
def test_a_line_of_a_gigabyte_takes_little_memory(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "progress.csv"
    path.write_bytes(header)
    os.truncate(path, 1 << 30)  # a sparse file: zeros without a line end
    tracemalloc.start()
    try:
        assert last(tmp_path, 5) == []
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_bytes("a,b\n1,2\n".encode("utf-16"))
    assert isinstance(last(tmp_path, 5), list)
    (tmp_path / "progress.csv").write_bytes(b"a,b\n1,\xff\xfe\n3,4\n")
    assert last(tmp_path, 1) == [{"a": 3, "b": 4}]
