"""`scoped_configure` records a block somewhere else; afterwards all is as it was before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger, read_progress, time_step_holder


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    return tmp_path / "inner"


def column(folder: Path, key: str = "loss") -> list[Any]:
    return [row.get(key) for row in read_progress(folder).rows]


def test_rows_and_text_of_the_block_go_to_its_folder_alone(folder: Path, inner: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv", "log"])
    dump(step=0, loss=0)
    with logger.scoped_configure(inner, ["csv", "log"]):
        assert logger.get_dir() == str(inner)
        logger.info("from the block")
        dump(step=1, loss=1)
    assert logger.get_dir() == str(folder)
    dump(step=2, loss=2)
    logger.info("from behind it")
    logger.close()
    assert (column(folder), column(inner)) == ([0, 2], [1])
    assert "from the block" in (inner / "log.txt").read_text()
    assert "from the block" not in (folder / "log.txt").read_text()
    assert "from behind it" not in (inner / "log.txt").read_text()


def test_the_open_row_its_averages_and_frequencies_wait(folder: Path, inner: Path) -> None:
    logger.configure(folder, ["csv"])
    record, values = logger.record_tabular, logger.name_to_value
    logger.record_tabular("open", 1)
    logger.record_tabular("hidden", 1, exclude="csv")
    logger.record_mean("mean", 2.0)
    logger.ma_record_tabular("ma", 10.0, 2)
    logger.record_tabular("rare", 1, freq=100)
    with logger.scoped_configure(inner, ["csv"]):
        assert dict(logger.name_to_value) == {}
        logger.record_mean("mean", 100.0)
        logger.ma_record_tabular("ma", 100.0, 1)
        logger.record_tabular("rare", 2, freq=100)
        record("hidden", 5)
        assert dict(values) == {"mean": 100.0, "ma": 100.0, "rare": 2, "hidden": 5}
    assert dict(values) == {"open": 1, "hidden": 1, "mean": 2.0, "rare": 1}
    logger.record_mean("mean", 4.0)
    logger.ma_record_tabular("ma", 20.0, 2)
    logger.record_tabular("rare", 3, freq=100)
    row = logger.dump_tabular()
    assert (row["mean"], row["ma"], row["rare"]) == (3.0, 15.0, 1)
    assert column(folder, "hidden") == [None]
    assert column(folder, "open") == [1]


def test_who_holds_the_averages_and_frequencies_sees_those_that_count_now(inner: Path) -> None:
    averages, recorded_at = logger.get_current().averages, logger.get_current().recorded_at
    logger.ma_record_tabular("outer", 1.0, 1, freq=1)
    with logger.scoped_configure(inner, ["csv"]):
        assert averages == recorded_at == {}
        logger.ma_record_tabular("inner", 1.0, 1, freq=1)
        assert list(averages) == list(recorded_at) == ["inner"]
    assert list(averages) == list(recorded_at) == ["outer"]


def test_also_after_an_exception(folder: Path, inner: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("open", 1)

    def fail() -> None:
        with logger.scoped_configure(inner, ["csv"]):
            dump(step=1, loss=1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert column(inner) == [1]
    assert not (inner / ".journal").exists()
    assert logger.dump_tabular()["open"] == 1
    assert column(folder, "open") == [1]


def test_formats_callback_level_and_warnings_are_those_of_the_block(folder: Path, inner: Path, dump: Callable) -> None:
    rows: list[dict[str, Any]] = []

    class Collecting:
        def writekvs(self, kvs: dict[str, Any]) -> None:
            rows.append(kvs)

    called: list[dict[str, Any]] = []
    logger.configure(folder, ["csv"], log_callback_fn=called.append)
    logger.get_current().output_formats.append(Collecting())
    logger.set_level(logger.ERROR)
    with logger.scoped_configure(inner, ["csv"]):
        assert logger.get_current().level == logger.INFO
        logger.set_level(logger.DEBUG)
        dump(step=1, loss=1)
        logger.reset()
    assert rows == called == []
    assert logger.get_current().level == logger.ERROR
    dump(step=2, loss=2)
    assert [row["loss"] for row in rows] == [row["loss"] for row in called] == [2]


def test_blocks_may_be_nested(tmp_path: Path, dump: Callable) -> None:
    folders = [tmp_path / name for name in "abc"]
    with logger.scoped_configure(folders[0], ["csv"]):
        with logger.scoped_configure(folders[1], ["csv"]):
            with logger.scoped_configure(folders[2], ["csv"]):
                dump(loss=2)
            dump(loss=1)
        dump(loss=0)
    assert logger.get_dir() is None
    assert [column(folder) for folder in folders] == [[0], [1], [2]]


def test_without_a_folder_a_new_one_is_made(dump: Callable) -> None:
    with logger.scoped_configure():
        folder = Path(logger.get_dir() or "")
        dump(loss=1)
    assert column(folder) == [1]
    assert (folder / "log.txt").exists()


def test_the_time_step_goes_on(inner: Path) -> None:
    with logger.scoped_configure(inner, ["csv"]):
        time_step_holder.set_time(5)
    assert logger.timestep() == 5


def test_the_block_may_end_or_change_its_own_recording(folder: Path, tmp_path: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    with logger.scoped_configure(tmp_path / "a", ["csv"]):
        dump(loss=1)
        logger.close()
    with logger.scoped_configure(tmp_path / "a", ["csv"]):
        logger.configure(tmp_path / "b", ["csv"])
        dump(loss=2)
    dump(loss=3)
    assert [column(each) for each in (folder, tmp_path / "a", tmp_path / "b")] == [[3], [1], [2]]
