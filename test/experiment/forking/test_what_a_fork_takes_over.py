"""A fork gets rows, checkpoints, results and data of another experiment, and keeps what says what it is itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, read_episodes, read_progress
from rla.database.run_card import load_run_card

Train = Callable[..., ExperimentManager]
Name = Callable[[ExperimentManager], str]


def rows(manager: ExperimentManager) -> list[Any]:
    return [(row["time-step"], row["loss"]) for row in read_progress(manager.log_dir).rows]


def test_it_goes_on_behind_the_last_checkpoint(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    source = train(steps=(0, 10, 20, 30), saved=(10, 20), lr=0.1)
    fork = train(lr=0.2)
    assert fork.fork(name_of(source)) == 20
    assert fork.get_timestep() == 20
    record(fork, (25, 35))
    assert rows(fork) == [(0, 0), (10, 10), (20, 20), (25, 25), (35, 35)]
    everything = read_progress(fork.log_dir, with_abandoned=True)
    assert [row["time-step"] for row in everything.rows] == [0, 10, 20, 30, 25, 35]
    assert list(everything.abandoned) == [False, False, False, True, False, False]


def test_without_a_checkpoint_it_goes_on_behind_the_last_row(train: Train, name_of: Name) -> None:
    source = train(steps=(0, 10, 20))
    fork = train()
    assert fork.fork(name_of(source)) == 20
    assert rows(fork) == [(0, 0), (10, 10), (20, 20)]


def test_it_goes_on_at_any_step_or_checkpoint_that_is_asked_for(
    train: Train, name_of: Name, record: Callable[..., None]
) -> None:
    source = train(steps=(0, 10, 20, 30), saved=(10, 20))
    fork = train()
    assert fork.fork(name_of(source), at="checkpoint_10.npz") == 10
    record(fork, (11,))
    assert rows(fork) == [(0, 0), (10, 10), (11, 11)]
    other = train()
    assert other.fork(name_of(source), at=15) == 15
    record(other, (16,))
    assert rows(other) == [(0, 0), (10, 10), (16, 16)]


def test_files_of_the_four_trees_are_copied(train: Train, name_of: Name) -> None:
    source = train(steps=(0, 10), saved=(10,))
    for folder in (source.results_dir, source.tmp_data_dir, source.checkpoint_dir, source.log_dir):
        Path(folder, "deep").mkdir()
        Path(folder, "deep", "file.txt").write_text(folder)
    fork = train()
    fork.fork(name_of(source))
    for folder in ("results_dir", "tmp_data_dir", "checkpoint_dir", "log_dir"):
        copy = Path(getattr(fork, folder), "deep", "file.txt")
        assert copy.read_text() == getattr(source, folder)
        assert not Path(getattr(fork, folder), ".forking").exists()
    step, saved = fork.load_checkpoint()
    assert (step, saved["weights"]) == (10, 10)


def test_the_experiment_that_is_forked_is_not_touched(
    train: Train, name_of: Name, data_root: Path, picture_of: Callable[..., dict[str, Any]]
) -> None:
    source = train(steps=(0, 10), saved=(10,))
    date, folders = name_of(source), [Path(source.log_dir), Path(source.checkpoint_dir), Path(source.results_dir)]
    source.finish()
    before = [picture_of(folder) for folder in folders]
    fork = train()
    fork.fork(date)
    fork.save_checkpoint({"weights": 11})
    assert [picture_of(folder) for folder in folders] == before


def test_run_card_parameters_and_code_stay_those_of_the_fork(train: Train, name_of: Name) -> None:
    source = train(steps=(0, 10), saved=(10,), lr=0.1)
    source.add_tags("baseline")
    fork = train(lr=0.2)
    fork.fork(name_of(source))
    card, other = load_run_card(fork.log_dir), load_run_card(source.log_dir)
    assert card.parent == other.id != card.id
    assert card.fork["step"] == 10
    assert card.fork["checkpoint"] == "checkpoint_10.npz"
    assert card.fork["name"].startswith("demo/2")
    assert card.tags == []
    assert json.loads(Path(fork.log_dir, "parameter.json").read_text()) == {"lr": 0.2}


def test_texts_of_both_are_kept_in_their_order(train: Train, name_of: Name) -> None:
    source = train(steps=(0,))
    source.logger.backup("first")
    fork = train(lr=0.2)
    fork.print_args()
    fork.fork(name_of(source))
    folder = Path(fork.log_dir)
    fork.finish()
    lines = [line.split(" | ")[-1] for line in (folder / "backup.txt").read_text().splitlines()]
    assert lines[:2] == ["first", "key: lr, value: 0.2"]
    assert lines[2].startswith("forked from demo/2")
    assert lines[2].endswith(" at step 0")


def test_files_that_the_fork_has_already_stay(train: Train, name_of: Name) -> None:
    source = train(steps=(0,))
    Path(source.results_dir, "config.txt").write_text("of the source")
    fork = train()
    Path(fork.results_dir, "config.txt").write_text("of the fork")
    fork.fork(name_of(source))
    assert Path(fork.results_dir, "config.txt").read_text() == "of the fork"


def test_tensorboard_shows_one_curve(train: Train, name_of: Name, record: Callable[..., None]) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    source = train(steps=(0, 10, 20, 30), saved=(20,), log_used=("csv", "tensorboard"))
    fork = train(log_used=("csv", "tensorboard"))
    fork.fork(name_of(source))
    record(fork, (25, 35))
    fork.logger.flush()
    events = accumulator.EventAccumulator(f"{fork.log_dir}tb/events")
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == [0, 10, 20, 25, 35]


def test_episodes_are_taken_over(train: Train, name_of: Name) -> None:
    source = train(steps=(0, 10))
    source.logger.episodes([1.0, 2.0], [3, 4])
    fork = train()
    fork.fork(name_of(source))
    fork.set_timestep(20)
    fork.logger.episodes([5.0], [6])
    fork.logger.dump_tabular()
    fork.logger.flush()
    assert list(read_episodes(fork.log_dir)["return"]) == [1.0, 2.0, 5.0]


def test_links_into_the_experiment_lead_into_the_fork(train: Train, name_of: Name) -> None:
    source = train(steps=(0,))
    Path(source.tmp_data_dir, "buffer").write_text("buffer")
    Path(source.results_dir, "buffer").symlink_to(Path(source.tmp_data_dir, "buffer"))
    fork = train()
    fork.fork(name_of(source))
    assert Path(fork.results_dir, "buffer").readlink() == Path(fork.tmp_data_dir, "buffer")
