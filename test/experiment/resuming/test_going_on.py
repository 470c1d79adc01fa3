"""A run goes on in one line: in its own folders, from a checkpoint, a step or a file, and nothing of it is lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress
from rla.errors import CheckpointNotFoundError, QueryError
from test.experiment.resuming.conftest import Process, history, record


def test_it_goes_on_from_its_last_checkpoint(run: Process, process: Process) -> None:
    first = run(50)
    folder = first.log_dir
    manager = process()
    assert manager.resume("") == 40
    assert manager.get_timestep() == 40
    assert manager.log_dir == folder
    record(manager, [50, 60], loss=2.0)
    assert history(manager) == [(10, 1.0), (20, 1.0), (30, 1.0), (40, 1.0), (50, 2.0), (60, 2.0)]


def test_without_checkpoints_it_goes_on_behind_its_last_row(run: Process, process: Process) -> None:
    run(50, save=0)
    assert process().resume("") == 50


@pytest.mark.parametrize("at", [20, 20.0, "state_20.npz", "anywhere/state_20.npz"])
def test_it_goes_on_from_an_earlier_step_or_file(run: Process, process: Process, at: Any) -> None:
    run(50)
    manager = process()
    assert manager.resume("", at=at) == 20
    assert manager.load_state() == {"note": "at 20"}
    record(manager, [30], loss=2.0)
    assert history(manager) == [(10, 1.0), (20, 1.0), (30, 2.0)]


def test_the_name_of_a_series_of_checkpoints_means_its_last_one(run: Process, process: Process) -> None:
    run(50).save_checkpoint({"w": 1}, checkpoint_name="policy")
    assert process().resume("", at="policy") == 50
    assert process().resume("", at="state") == 40
    with pytest.raises(QueryError, match=r"no checkpoint 'policy' .* policy_50.npz \(left behind\)"):
        process().resume("", at="policy")


def test_the_moment_that_names_it_names_it(run: Process, process: Process) -> None:
    moment: datetime = run(20).record_date
    assert process().resume(moment) == 20


def test_what_was_recorded_stays_in_the_files(run: Process, process: Process) -> None:
    log = Path(run(50).log_dir)
    manager = process()
    before = (log / "progress.csv").read_bytes()
    manager.resume("", at=20)
    record(manager, [30], loss=2.0)
    manager.finish()
    assert (log / "progress.csv").read_bytes().startswith(before)
    shown = read_progress(log, with_abandoned=True)
    assert [row["time-step"] for row, left in zip(shown.rows, shown.abandoned, strict=True) if left] == [30, 40, 50]


def test_checkpoints_that_were_left_behind_are_not_the_last_ones(run: Process, process: Process) -> None:
    run(50)
    manager = process()
    manager.resume("", at=20)
    record(manager, [30], loss=2.0)
    again = process()
    assert again.resume("") == 20
    assert again.load_state() == {"note": "at 20"}


def test_behind_all_checkpoints_none_is_loaded_unasked(run: Process, process: Process) -> None:
    run(50)
    manager = process()
    manager.resume("", at=10)
    with pytest.raises(CheckpointNotFoundError, match=r"went back behind all checkpoints 'state' .* steps: 20, 40"):
        manager.load_state()
    assert manager.load_state(at=40) == {"note": "at 40"}


def test_a_past_that_was_left_is_gone_back_to_by_its_file(run: Process, process: Process) -> None:
    run(50)
    manager = process()
    manager.resume("", at=20)
    record(manager, [30], loss=2.0)
    again = process()
    assert again.resume("", at="state_40.npz") == 40
    record(again, [50], loss=3.0)
    assert history(again) == [(10, 1.0), (20, 1.0), (30, 1.0), (40, 1.0), (50, 3.0)]


def test_a_resume_after_which_nothing_was_recorded_changes_no_history(run: Process, process: Process) -> None:
    before = history(run(50))
    process().resume("", at=20)
    manager = process()
    manager.resume("", at=50)
    assert history(manager) == before


def test_its_name_and_its_parameter_files_stay(run: Process, process: Process, data_root: Path) -> None:
    name = Path(run(20, lr=0.1, tracked=["lr"]).log_dir).name
    files = {path: path.read_bytes() for path in data_root.rglob("parameter.*")}
    manager = process(lr=0.5)
    manager.resume("")
    manager.finish()
    assert name.endswith("_&lr=0.1")
    assert [path.name for path in data_root.glob("log/*/*/*/*/*")] == [name]
    assert {path: path.read_bytes() for path in data_root.rglob("parameter.*")} == files


def test_it_goes_on_in_a_data_root_that_was_moved(run: Process, process: Process, data_root: Path) -> None:
    run(50).finish()
    moved = data_root.rename(data_root.with_name("moved"))
    manager = process(root=moved)
    assert manager.resume("") == 40
    assert manager.load_state() == {"note": "at 40"}
    assert manager.log_dir.startswith(str(moved))
    assert not data_root.exists()
