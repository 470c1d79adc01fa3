"""Objects in `output_formats` and the callback of `configure` are called with each row, in the dumping thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger, read_progress


class Collecting:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.threads: list[int] = []

    def writekvs(self, kvs: dict[str, Any]) -> None:
        self.rows.append(kvs)
        self.threads.append(threading.get_ident())

    __call__ = writekvs


class Failing:
    calls = 0

    def writekvs(self, kvs: dict[str, Any]) -> None:
        Failing.calls += 1
        raise RuntimeError("broken")

    def __repr__(self) -> str:
        return "Failing"


@pytest.mark.parametrize("configured", [True, False])
def test_a_format_gets_each_row(configured: bool, folder: Path, dump: Callable) -> None:
    if configured:
        logger.configure(folder, ["csv"])
    collecting = Collecting()
    logger.Logger.CURRENT.output_formats.append(collecting)  # type: ignore[union-attr]
    rows = [dump(step=count, count=count) for count in range(3)]
    logger.dump_tabular()
    assert collecting.rows == rows
    assert set(collecting.threads) == {threading.get_ident()}


def test_a_format_gets_a_copy(folder: Path, dump: Callable) -> None:
    class Greedy:
        def writekvs(self, kvs: dict[str, Any]) -> None:
            kvs.clear()

    logger.configure(folder, ["csv"])
    logger.get_current().output_formats += [Greedy(), Greedy()]
    assert dump(count=1)["count"] == 1
    assert read_progress(folder).rows[0]["count"] == 1


def test_a_failing_format_warns_once_and_stops_nothing(folder: Path, dump: Callable, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    collecting = Collecting()
    logger.get_current().output_formats += [Failing(), collecting]
    for count in range(10):
        dump(count=count)
    assert Failing.calls >= 10
    assert len(collecting.rows) == len(read_progress(folder).rows) == 10
    (text,) = said
    assert "Failing" in text
    assert "RuntimeError: broken" in text


def test_a_failing_format_stops_nothing_where_warnings_are_errors(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    logger.get_current().output_formats.append(Failing())
    dump(count=1)
    assert "broken" in warn_txt(folder)


def warn_txt(folder: Path) -> str:
    logger.flush()
    return (folder / "warn.txt").read_text()


def test_a_failing_format_whose_message_changes_warns_once_too(dump: Callable, said: list[str]) -> None:
    class Changing(Failing):
        def writekvs(self, kvs: dict[str, Any]) -> None:
            raise RuntimeError(f"cannot write row {kvs['count']}")

    logger.get_current().output_formats.append(Changing())
    for count in range(10):
        dump(count=count)
    assert len(said) == 1


def test_the_callback_gets_a_copy_of_each_row_in_the_dumping_thread(folder: Path, dump: Callable) -> None:
    collecting = Collecting()
    logger.configure(folder, ["csv"], log_callback_fn=collecting)
    row = dump(step=3, count=1)
    assert collecting.rows == [row]
    assert collecting.rows[0] is not row
    assert collecting.threads == [threading.get_ident()]
    collecting.rows[0].clear()
    assert read_progress(folder).rows[0]["count"] == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_what_the_callback_raises_goes_through_and_the_row_is_recorded(
    error: type[BaseException], folder: Path, dump: Callable
) -> None:
    def stop(row: dict[str, Any]) -> None:
        raise error("enough")

    logger.configure(folder, ["csv"], log_callback_fn=stop)
    with pytest.raises(error, match="enough"):
        dump(count=1)
    assert read_progress(folder).rows[0]["count"] == 1
    assert logger.dump_tabular() == {}


def test_reset_and_the_next_configure_forget_the_callback(tmp_path: Path, dump: Callable) -> None:
    collecting = Collecting()
    logger.configure(tmp_path / "a", ["csv"], log_callback_fn=collecting)
    logger.get_current().output_formats.append(collecting)
    logger.reset()
    dump(count=1)
    logger.configure(tmp_path / "b", ["csv"], log_callback_fn=collecting)
    logger.configure(tmp_path / "c", ["csv"])
    dump(count=2)
    assert collecting.rows == []
