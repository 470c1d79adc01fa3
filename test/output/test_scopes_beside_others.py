"""`scoped_configure` beside threads, forks, ranks, experiments and disks that refuse: no recording is lost or mixed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import Logger, exp_manager, logger, read_progress
from rla.errors import ConfigValueError, RecordingError, RunIsAliveError


@pytest.fixture
def inner(tmp_path: Path) -> Path:
    return tmp_path / "inner"


def column(folder: Path, key: str = "loss") -> list[Any]:
    return [row.get(key) for row in read_progress(folder).rows]


@pytest.mark.parametrize("wrong", ["same folder", "no such format", "a file"])
def test_a_block_that_cannot_begin_leaves_all_as_it_was(
    wrong: str, folder: Path, tmp_path: Path, dump: Callable
) -> None:
    logger.configure(folder, ["csv"])
    logger.record_tabular("open", 1)
    (tmp_path / "file").write_text("mine")
    directory, formats, error = {
        "same folder": (folder, ["csv"], RunIsAliveError),
        "no such format": (tmp_path / "inner", ["cvs"], ConfigValueError),
        "a file": (tmp_path / "file", ["csv"], OSError),
    }[wrong]
    with pytest.raises(error), logger.scoped_configure(directory, formats):  # type: ignore[call-overload]
        raise AssertionError("the block was entered")
    assert logger.get_dir() == str(folder)
    assert dump(loss=1)["open"] == 1
    assert column(folder) == [1]


def test_rows_of_other_threads_are_never_lost(folder: Path, inner: Path) -> None:
    logger.configure(folder, ["csv"])
    stop = threading.Event()
    recorded = []

    def train() -> None:
        while not stop.is_set():
            logger.record_tabular("count", len(recorded))
            if row := logger.dump_tabular():
                recorded.append(row["count"])

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(20):
            before = len(recorded)
            with logger.scoped_configure(inner, ["csv"]):
                while len(recorded) < before + 2:
                    stop.wait(0.001)
    finally:
        stop.set()
        thread.join()
    assert sorted(column(folder, "count") + column(inner, "count")) == sorted(recorded)


def test_a_dump_that_is_under_way_ends_before_the_block_begins(
    folder: Path, inner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger.configure(folder, ["csv"])
    taken, begun = threading.Event(), threading.Event()
    take = Logger.take

    def slow_take(self: Logger) -> Any:
        row = take(self)
        if threading.current_thread() is thread:
            taken.set()
            begun.wait(0.3)
        return row

    monkeypatch.setattr(Logger, "take", slow_take)
    logger.record_tabular("loss", 1)
    thread = threading.Thread(target=logger.dump_tabular)
    thread.start()
    assert taken.wait(20)
    with logger.scoped_configure(inner, ["csv"]):
        begun.set()
        thread.join()
    assert (column(folder), column(inner)) == ([1], [])


def test_an_experiment_that_ends_inside_is_written_out(start: Callable, inner: Path, dump: Callable) -> None:
    start(lr=0.1)
    log_dir = Path(exp_manager.log_dir)
    dump(step=1, loss=1)
    with logger.scoped_configure(inner, ["csv"]):
        dump(step=2, loss=2)
        exp_manager.finish()
        assert not (log_dir / ".journal").exists()
        assert not (inner / ".journal").exists()
    assert logger.get_dir() is None
    assert (column(log_dir), column(inner)) == ([1], [2])


def test_an_experiment_that_begins_inside_goes_on_behind(start: Callable, inner: Path, dump: Callable) -> None:
    with logger.scoped_configure(inner, ["csv"]):
        dump(step=2, loss=2)
        start(lr=0.1)
    dump(step=3, loss=3)
    assert logger.get_dir() == exp_manager.log_dir.rstrip("/")
    assert (column(Path(exp_manager.log_dir)), column(inner)) == ([3], [2])


def test_what_fails_in_the_block_is_raised_where_the_environment_asks_for_it(
    folder: Path, inner: Path, dump: Callable, disk: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_STRICT", "1")
    logger.configure(folder, ["csv"])
    with logger.scoped_configure(inner, ["csv"]):
        disk.refuses = "inner/.journal"
        with pytest.raises(RecordingError, match="the disk refuses"):
            dump(loss=1)
        disk.refuses = None
    dump(loss=2)
    assert (column(folder), column(inner)) == ([2], [1])


def test_a_rank_that_records_nothing_records_nothing_in_the_block_either(inner: Path, dump: Callable) -> None:
    logger.get_current().mute()
    with logger.scoped_configure(inner, ["csv"]):
        dump(loss=1)
    assert logger.get_current().muted
    assert not inner.exists()


def test_a_forked_child_inside_has_neither_recording(
    folder: Path, inner: Path, dump: Callable, in_a_fork: Callable, said: list[str]
) -> None:
    logger.configure(folder, ["csv"])
    with logger.scoped_configure(inner, ["csv"]):
        in_a_fork(lambda: dump(loss=9))

        def leave_the_block() -> None:
            logger.get_current().close_all()
            dump(loss=9)

        in_a_fork(leave_the_block)
        dump(loss=1)
    dump(loss=0)
    logger.close()
    assert (column(folder), column(inner)) == ([0], [1])
    with logger.scoped_configure(folder, ["csv"]):  # no child holds its lock
        pass


def test_a_program_that_ends_inside_leaves_whole_files(run_python: Callable, tmp_path: Path) -> None:
    done = run_python(
        "from rla import logger\nlogger.configure('outer', ['csv'])\n"
        "logger.record_tabular('loss', 0)\nlogger.dump_tabular()\n"
        "block = logger.scoped_configure('inner', ['csv'])\nblock.__enter__()\n"
        "logger.record_tabular('loss', 1)\nlogger.dump_tabular()\n"
    )
    assert done.returncode == 0, done.stderr
    for name, value in (("outer", 0), ("inner", 1)):
        assert not (tmp_path / name / ".journal").exists()
        assert column(tmp_path / name) == [value]
