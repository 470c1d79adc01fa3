"""While an experiment is under way, a `SummaryWriter` records into it, whatever folder it was given."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager, logger, time_step_holder
from rla.adapt.summary_writer import SummaryWriter

pytest.importorskip("tensorboard")

Start = Callable[..., None]
Rows = Callable[[Path], list[dict[str, str]]]


def test_everything_goes_into_the_experiment(start: Start, in_tmp: Path, rows: Rows, views: Callable) -> None:
    start()
    folder = Path(exp_manager.log_dir)
    with SummaryWriter("runs/first") as writer:
        writer.add_text("hyperparameters", "|lr|0.1|")
        writer.add_scalar("losses/policy", 0.5, 10)
        writer.add_scalar("losses/value", 2, 10)
        writer.add_histogram("weights", np.arange(10), 10)
    exp_manager.finish()
    assert not (in_tmp / "runs").exists()
    assert rows(folder) == [{"time-step": "10", "losses/policy": "0.5", "losses/value": "2"}]
    view = views(folder)["tb/events"]
    assert view.Tags()["histograms"] == ["weights"]
    assert [event.step for event in view.Scalars("losses/policy")] == [10]


def test_it_is_said_once_that_the_folder_is_not_used(start: Start) -> None:
    for lr in (1, 2):
        start(lr=lr)
        for name in ("runs/train", "runs/test"):
            SummaryWriter(name).close()
        SummaryWriter().close()
        folder = Path(exp_manager.log_dir)
        exp_manager.finish()
        text = (folder / "log.txt").read_text()
        assert text.count("its log_dir 'runs/train' is not used") == 1
        assert text.count("is not used") == 1


def test_the_writer_tells_the_folder_of_the_experiment(start: Start) -> None:
    start()
    writer = SummaryWriter("runs/first")
    assert writer.log_dir == writer.get_logdir() == exp_manager.log_dir


def test_closing_does_not_end_the_experiment(start: Start, rows: Rows) -> None:
    start()
    folder = Path(exp_manager.log_dir)
    writer = SummaryWriter()
    writer.add_scalar("a", 1, 1)
    writer.close()
    writer.close()
    assert [row["a"] for row in rows(folder)] == ["1"]
    logger.record_tabular("b", 2)
    logger.dump_tabular(2)
    writer.add_scalar("a", 3, 3)
    exp_manager.finish()
    assert [row["time-step"] for row in rows(folder)] == ["1", "2", "3"]
    assert json.loads((folder / "experiment.json").read_text())["status"] == "finished"


def test_the_last_row_of_an_experiment_does_not_reach_the_next(start: Start, rows: Rows) -> None:
    folders = []
    for lr in (1, 2, 3):
        start(lr=lr)
        folders.append(Path(exp_manager.log_dir))
        writer = SummaryWriter()
        for step in range(3):
            writer.add_scalar("lr", lr, step)
    exp_manager.finish()
    assert [[row["lr"] for row in rows(folder)] for folder in folders] == [["1"] * 3, ["2"] * 3, ["3"] * 3]


def test_a_writer_goes_on_in_the_next_experiment(start: Start, rows: Rows) -> None:
    start(lr=1)
    writer = SummaryWriter()
    writer.add_scalar("a", 1, 1)
    start(lr=2)
    folder = Path(exp_manager.log_dir)
    writer.add_scalar("a", 2, 1)
    exp_manager.finish()
    assert rows(folder) == [{"a": "2", "time-step": "1"}]


def test_checkpoints_have_the_step_of_the_newest_scalar(start: Start) -> None:
    start()
    writer = SummaryWriter()
    for step in (100, 200):
        writer.add_scalar("a", 1, step)
    exp_manager.save_checkpoint({"weights": np.zeros(2)})
    assert time_step_holder.get_time() == 200
    assert [name.partition(".")[0] for name in os.listdir(exp_manager.checkpoint_dir)] == ["checkpoint_200"]


def test_what_the_script_records_itself_is_in_the_row(start: Start, rows: Rows) -> None:
    start()
    folder = Path(exp_manager.log_dir)
    writer = SummaryWriter()
    writer.add_scalar("a", 1, 5)
    logger.record_tabular("b", 2)
    writer.add_scalar("a", 1, 6)
    exp_manager.finish()
    assert [row.get("b") for row in rows(folder)] == ["2", None]


def test_the_callback_of_the_experiment_gets_the_rows(data_root: Path) -> None:
    seen: list[dict[str, Any]] = []
    exp_manager.configure(
        "demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root, log_callback_fn=seen.append
    )
    exp_manager.log_files_gen()
    writer = SummaryWriter()
    for step in range(2):
        writer.add_scalar("a", step, step)
    exp_manager.finish()
    assert [row["a"] for row in seen] == [0, 1]


def test_a_callback_that_raises_at_the_last_row_leaves_a_finished_run(data_root: Path) -> None:
    def stop(row: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    exp_manager.configure(
        "demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root, log_callback_fn=stop
    )
    exp_manager.log_files_gen()
    folder = Path(exp_manager.log_dir)
    SummaryWriter().add_scalar("a", 1, 1)
    with pytest.raises(KeyboardInterrupt):
        exp_manager.finish()
    assert json.loads((folder / "experiment.json").read_text())["status"] == "finished"
    assert not (folder / ".journal").exists()
    assert (folder / "progress.csv").read_text().startswith("a,time-step")


def test_media_in_an_experiment_without_tensorboard_are_told_of_once(start: Start, said: list[str]) -> None:
    start(log_used=("csv",))
    writer = SummaryWriter()
    for step in range(3):
        writer.add_histogram("weights", np.arange(3), step)
        writer.add_image("image", np.zeros((3, 4, 4)), step)
        writer.add_scalar("a", 1, step)
    assert len(said) == 1
    assert "'tensorboard' is no output of this run" in said[0]


def test_a_rank_that_records_nothing_records_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, in_tmp: Path, data_root: Path
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    start()
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 1, 1)
        writer.add_scalar("a", 1, 2)
        writer.add_image("image", np.zeros((3, 4, 4)), 1)
        writer.add_text("note", "text")
    assert not (in_tmp / "runs").exists()
    assert not data_root.exists()
