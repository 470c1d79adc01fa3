"""All scalars of one global step are one row; the row is written when another step begins, and never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import logger, read_progress, time_step_holder
from rla.adapt.summary_writer import SummaryWriter

Rows = Callable[[Path], list[dict[str, str]]]


def shown(value: object) -> str:
    return "an object" if type(value) is object else repr(value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "first"


@pytest.fixture
def writer(folder: Path) -> SummaryWriter:
    return SummaryWriter(folder)


def steps_of(folder: Path) -> list[Any]:
    return [row["time-step"] for row in read_progress(folder).rows]


def test_the_scalars_of_one_step_are_one_row(writer: SummaryWriter, folder: Path, rows: Rows) -> None:
    for step in (0, 10):
        writer.add_scalar("losses/policy", step + 0.5, step)
        writer.add_scalar("losses/value", step + 1, global_step=step)
    writer.add_scalar("charts/return", 7, 20)
    writer.close()
    assert rows(folder) == [
        {"time-step": "0", "losses/policy": "0.5", "losses/value": "1"},
        {"time-step": "10", "losses/policy": "10.5", "losses/value": "11"},
        {"time-step": "20", "charts/return": "7"},
    ]


def test_a_row_is_there_as_soon_as_another_step_begins(writer: SummaryWriter, folder: Path) -> None:
    writer.add_scalar("a", 1, 5)
    assert steps_of(folder) == []
    writer.add_scalar("a", 2, 6)
    assert steps_of(folder) == [5]


def test_a_smaller_step_begins_a_row_too(writer: SummaryWriter, folder: Path, rows: Rows) -> None:
    for step in (100, 3, 100, 4):
        writer.add_scalar("a", step, step)
    writer.close()
    assert [row["time-step"] for row in rows(folder)] == ["100", "3", "100", "4"]
    assert [row["a"] for row in rows(folder)] == ["100", "3", "100", "4"]


def test_a_tag_that_comes_twice_at_one_step_loses_no_value(
    writer: SummaryWriter, folder: Path, rows: Rows, runs: Callable
) -> None:
    """Two environments of a vector may end an episode in the same step."""
    writer.add_scalar("charts/return", 20, 8)
    writer.add_scalar("charts/length", 21, 8)
    writer.add_scalar("charts/return", 30, 8)
    writer.close()
    assert [row.get("charts/return") for row in rows(folder)] == ["20", "30"]
    assert runs(folder.parent)["first"]["charts/return"] == [(8, 20), (8, 30)]


def test_several_scalars_at_once_are_keys_below_the_main_one(writer: SummaryWriter, folder: Path, rows: Rows) -> None:
    writer.add_scalars("losses", {"policy": 1, "value": np.float32(0.5)}, 3)
    writer.close()
    assert rows(folder) == [{"time-step": "3", "losses/policy": "1", "losses/value": "0.5"}]


def test_flush_writes_the_row_and_the_files(writer: SummaryWriter, folder: Path, rows: Rows) -> None:
    writer.add_scalar("a", 1, 5)
    writer.flush()
    assert [row["time-step"] for row in rows(folder)] == ["5"]
    writer.add_scalar("b", 2, 5)
    writer.flush()
    writer.flush()
    assert [row["time-step"] for row in rows(folder)] == ["5", "5"]


def test_without_a_step_the_current_one_counts(writer: SummaryWriter, folder: Path) -> None:
    writer.add_scalar("a", 1)
    writer.add_scalar("a", 2, 40)
    writer.add_scalar("b", 3)
    time_step_holder.set_time(50)
    writer.add_scalar("a", 4)
    writer.close()
    found = [{key: row[key] for key in row if key != "timestamp"} for row in read_progress(folder).rows]
    assert found == [{"a": 1, "time-step": 0}, {"a": 2, "b": 3, "time-step": 40}, {"a": 4, "time-step": 50}]


def test_the_time_step_of_the_process_is_that_of_the_newest_row(writer: SummaryWriter) -> None:
    for step in (3, 4, 9):
        writer.add_scalar("a", 1, step)
        assert logger.timestep() == step


def test_writing_a_row_leaves_alone_a_time_step_that_the_script_has_set(writer: SummaryWriter) -> None:
    writer.add_scalar("a", 1, 3)
    time_step_holder.set_time(1000)
    writer.flush()
    assert logger.timestep() == 1000


@pytest.mark.parametrize("step", [np.int64(7), np.array(7), 7.9, "7", Decimal(7)], ids=repr)
def test_steps_are_whole_numbers_of_any_kind(writer: SummaryWriter, folder: Path, step: Any) -> None:
    writer.add_scalar("a", 1, step)
    writer.close()
    assert steps_of(folder) == [7]


def test_a_row_that_stays_open_is_written_after_a_while(folder: Path) -> None:
    writer = SummaryWriter(folder, flush_secs=0.1)
    dumped = threading.Event()
    writer._logger.log_callback = lambda row: dumped.set()
    writer.add_scalar("a", 1, 5)
    assert dumped.wait(30)
    assert steps_of(folder) == [5]


def test_what_a_callback_raises_for_a_row_that_stayed_open_reaches_the_training(folder: Path) -> None:
    writer = SummaryWriter(folder, flush_secs=0.1)
    called = threading.Event()

    def stop(row: dict[str, Any]) -> None:
        called.set()
        raise KeyboardInterrupt

    writer._logger.log_callback = stop
    writer.add_scalar("a", 1, 5)
    assert called.wait(30)
    writer._logger.log_callback = None
    while writer._rows._failure is None:  # the thread has called it, and has yet to note what came of it
        threading.Event().wait(0.001)
    with pytest.raises(KeyboardInterrupt):
        writer.add_scalar("a", 2, 6)


def test_rows_of_threads_are_neither_mixed_nor_lost(writer: SummaryWriter, folder: Path) -> None:
    def work(name: str) -> None:
        for step in range(200):
            writer.add_scalar(name, step, step)

    threads = [threading.Thread(target=work, args=(f"thread/{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = read_progress(folder).rows
    for number in range(4):
        points = [(row["time-step"], row[f"thread/{number}"]) for row in found if f"thread/{number}" in row]
        assert points == [(step, step) for step in range(200)]


def test_all_steps_but_the_open_one_survive_kill_9(
    folder: Path, in_a_fork: Callable[..., int], runs: Callable[..., Any]
) -> None:
    def train() -> None:
        writer = SummaryWriter(folder)
        for step in range(500):
            writer.add_scalar("a", step, step)
            writer.add_scalar("b", -step, step)
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_fork(train) == -signal.SIGKILL
    assert [(row["time-step"], row["a"], row["b"]) for row in read_progress(folder).rows] == [
        (step, step, -step) for step in range(499)
    ]
    SummaryWriter(folder).close()  # whoever records there next completes the files
    lines = (folder / "progress.csv").read_text().splitlines()
    assert len(lines) == 500
    assert runs(folder.parent)["first"]["a"] == [(step, step) for step in range(499)]


@pytest.mark.parametrize("end", ["", "raise RuntimeError('the training failed')", "os.kill(os.getpid(), 15)"])
def test_the_last_row_is_written_when_the_process_ends(
    end: str, tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    program = f"""
import os, sys, signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
from rla.adapt.summary_writer import SummaryWriter
writer = SummaryWriter("runs/ended")
writer.add_scalar("a", 1, 1)
writer.add_scalar("a", 2, 2)
{end}
"""
    run_python(program)
    lines = (tmp_path / "runs" / "ended" / "progress.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines] == [["a", "time-step"], ["1", "1"], ["2", "2"]]


@pytest.mark.parametrize(
    "value", [np.arange(3), [1, 2], "high", None, object(), {"a": 1}, np.array([]), 1 + 2j], ids=shown
)
def test_what_is_no_number_is_refused_before_anything_is_recorded(
    writer: SummaryWriter, folder: Path, value: Any
) -> None:
    writer.add_scalar("a", 1, 1)
    with pytest.raises(ValueError, match=r"A scalar is one number; got .* for 'loss'"):
        writer.add_scalar("loss", value, 2)
    with pytest.raises(ValueError, match=r"for 'losses/policy'"):
        writer.add_scalars("losses", {"value": 1, "policy": value}, 2)
    writer.close()
    assert [dict(row, timestamp=0) for row in read_progress(folder).rows] == [{"a": 1, "time-step": 1, "timestamp": 0}]


@pytest.mark.parametrize("step", ["ten", [1, 2], np.arange(3), float("nan"), float("inf"), object()], ids=shown)
def test_a_step_that_is_none_is_refused(writer: SummaryWriter, step: Any) -> None:
    with pytest.raises(ValueError, match="global_step is a whole number or None; got"):
        writer.add_scalar("loss", 1, step)


@pytest.mark.parametrize("tag", [3, None, b"loss", ("a", "b")], ids=repr)
def test_a_tag_that_is_no_text_is_refused(writer: SummaryWriter, tag: Any) -> None:
    with pytest.raises(TypeError, match="A tag is a text such as"):
        writer.add_scalar(tag, 1, 1)
    with pytest.raises(TypeError, match="A tag is a text such as"):
        writer.add_histogram(tag, np.arange(3), 1)
