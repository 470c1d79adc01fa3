"""`read_json` gives the rows of a `progress.json` as a table, those that only the journal of a run has too."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import logger


def test_rows_come_back_as_read_csv_gives_them(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv", "json"])
    dump(step=0, loss=0.1, note="text", done=True, nothing=None)
    dump(step=1, loss=math.nan, far=-math.inf, big=2**70)
    dump(step=2.5, loss=math.inf)
    logger.close()
    table = logger.read_json(folder)
    assert set(table.columns) == {"loss", "note", "done", "nothing", "far", "big", "time-step", "timestamp"}
    csv = logger.read_csv(folder)
    pd.testing.assert_frame_equal(table[list(csv.columns)], csv)
    assert table["loss"].tolist()[::2] == [0.1, math.inf]
    assert table["big"][1] == 2**70


def test_the_folder_and_the_file_are_the_same(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["json"])
    dump(step=3, loss=0.5)
    logger.close()
    for path in (folder, folder / "progress.json", str(folder / "progress.json")):
        assert logger.read_json(path)["loss"].tolist() == [0.5]


def test_a_live_run_of_this_process_shows_all_rows(folder: Path, dump: Callable, own_pace: None) -> None:
    logger.configure(folder, ["json"])
    for step in range(3):
        dump(step=step, loss=step)
    assert logger.read_json(folder)["loss"].tolist() == [0, 1, 2]


def test_a_killed_run_shows_all_rows_once_and_nothing_is_written(dead_run: Callable, tree: Callable) -> None:
    folder = dead_run([{"loss": number} for number in range(5)])
    before = tree(folder)
    assert logger.read_json(folder)["loss"].tolist() == [0, 1, 2, 3, 4]
    assert tree(folder) == before


def test_rows_that_stand_in_the_file_and_in_the_journal_are_shown_once(
    folder: Path, dump: Callable, own_pace: None, tmp_path: Path
) -> None:
    logger.configure(folder, ["json"])
    dump(step=0, loss=0)
    dump(step=math.nan, loss=1)  # NaN is no step that could be compared
    logger.flush()
    dump(step=1, loss=2)
    copy = tmp_path / "copy"  # as it would be after kill -9
    (copy / ".journal").mkdir(parents=True)
    for path in [folder / "progress.json", *(folder / ".journal").iterdir()]:
        (copy / path.relative_to(folder)).write_bytes(path.read_bytes())
    assert len((copy / "progress.json").read_text().splitlines()) == 2
    assert logger.read_json(copy)["loss"].tolist() == [0, 1, 2]


def test_files_of_other_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"a": 1, "b": NaN}\n{"a": null, "c": "x"}\n{"a": Infinity}\n')
    table = logger.read_json(path)
    assert list(table.columns) == ["a", "b", "c"]
    assert table["a"].tolist()[::2] == [1, math.inf]
    assert math.isnan(table["a"][1])


@pytest.mark.parametrize("end", ['{"a": 3', '{"a"', "{", '{"a": 3}'])
def test_a_last_line_that_is_cut_short_is_left_out(end: str, tmp_path: Path) -> None:
    (tmp_path / "progress.json").write_text('{"a": 1}\n{"a": 2}\n' + end)
    assert logger.read_json(tmp_path)["a"].tolist() == [1, 2]


@pytest.mark.parametrize("line", ["nonsense", "[1, 2]", "1", '{"a": \udcff}'])
def test_another_line_that_is_no_json_object_is_an_error_that_names_it(line: str, tmp_path: Path) -> None:
    (tmp_path / "progress.json").write_bytes(b'{"a": 1}\n' + line.encode("utf-8", "surrogateescape") + b'\n{"a": 2}\n')
    with pytest.raises(ValueError, match="Line 2 of"):
        logger.read_json(tmp_path)


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "progress.json").write_text("")
    assert logger.read_json(tmp_path).shape == (0, 0)


def test_where_there_is_none_the_error_says_which_format_makes_one(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, loss=1)
    with pytest.raises(FileNotFoundError, match="'json' is among its formats"):
        logger.read_json(folder)
