"""A fork that cannot be made changes nothing, and says what was expected, what came and what to do."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, copying, read_progress
from rla.database.run_card import load_run_card
from rla.errors import (
    AmbiguousExperimentError,
    DataRootError,
    ExperimentNotFoundError,
    NotConfiguredError,
    QueryError,
)
from rla.experiment import fork_copies
from rla.experiment.fsck import check_data_root_files

Train = Callable[..., ExperimentManager]
Name = Callable[[ExperimentManager], str]


@pytest.fixture
def source(train: Train, name_of: Name) -> str:
    """The record date of an experiment with rows up to step 20 and a checkpoint of step 10."""
    manager = train(steps=(0, 10, 20), saved=(10,))
    Path(manager.results_dir, "figure.txt").write_text("a figure")
    date = name_of(manager)
    manager.finish()
    return date


def assert_untouched(manager: ExperimentManager, steps: list[int]) -> None:
    """Check that an experiment goes on with its own rows alone, and that no copy is left anywhere."""
    card = load_run_card(manager.log_dir)
    assert (card.status, card.parent, card.fork) == ("running", None, {})
    manager.set_timestep(99)
    manager.logger.record_tabular("loss", 99)
    manager.logger.dump_tabular()
    assert [row["time-step"] for row in read_progress(manager.log_dir).rows] == [*steps, 99]
    folders = [manager.log_dir, manager.checkpoint_dir, manager.results_dir, manager.tmp_data_dir]
    assert [name for folder in folders for name in os.listdir(folder) if "fork" in name or "figure" in name] == []


def test_there_must_be_an_experiment(source: str) -> None:
    with pytest.raises(
        NotConfiguredError, match=r"fork\(\) needs more than was set up. Call exp_manager.log_files_gen"
    ):
        ExperimentManager().fork(source)


def test_a_name_that_means_none_or_several(source: str, train: Train) -> None:
    fork = train()
    with pytest.raises(ExperimentNotFoundError, match=r"has '1999/01/01' in its name"):
        fork.fork("1999/01/01")
    with pytest.raises(AmbiguousExperimentError, match="names 2 experiments"):
        fork.fork("demo")
    assert_untouched(fork, [])


def test_an_experiment_into_itself(train: Train, name_of: Name) -> None:
    fork = train()
    with pytest.raises(QueryError, match=r"is the current experiment; it cannot be forked into itself"):
        fork.fork(name_of(fork))
    assert_untouched(fork, [])


def test_one_that_has_rows_already(source: str, train: Train) -> None:
    fork = train(steps=(0,))
    with pytest.raises(QueryError, match=r"has recorded rows already, .* Call fork\(\) after log_files_gen\(\)"):
        fork.fork(source)
    assert_untouched(fork, [0])
    other = train()
    other.logger.episodes([1.0], [2])
    with pytest.raises(QueryError, match="has recorded episodes already"):
        other.fork(source)


def test_one_whose_collected_rows_come_when_the_logger_closes(source: str, train: Train) -> None:
    fork = train()

    def dump_the_rest() -> None:
        fork.logger.before_close.discard(dump_the_rest)
        fork.logger.record_tabular("loss", 1)
        fork.logger.dump_tabular(5)

    fork.logger.before_close.add(dump_the_rest)
    with pytest.raises(QueryError, match="has recorded rows already"):
        fork.fork(source)
    assert_untouched(fork, [5])


def test_a_second_fork_of_one_experiment(source: str, train: Train) -> None:
    fork = train()
    fork.fork(source)
    with pytest.raises(QueryError, match=r"was forked from '.*' already"):
        fork.fork(source)


def test_a_step_or_checkpoint_that_the_source_does_not_have(source: str, train: Train) -> None:
    fork = train()
    with pytest.raises(QueryError, match="cannot go on at step 30; it has come to step 20"):
        fork.fork(source, at=30)
    with pytest.raises(QueryError, match=r"no checkpoint 'chekpoint' to go on from. Did you mean 'checkpoint'\?"):
        fork.fork(source, at="chekpoint")
    assert_untouched(fork, [])


def test_damaged_segments_of_the_source(source: str, train: Train, data_root: Path) -> None:
    (log_dir,) = data_root.glob(f"log/demo/{source}*")
    (log_dir / "segments.json").write_text("nonsense")
    fork = train()
    with (
        pytest.warns(UserWarning, match=r"segments\.json"),
        pytest.raises(QueryError, match=r"segments\.json is damaged"),
    ):
        fork.fork(source)
    assert_untouched(fork, [])


def test_a_disk_that_is_full_while_copies_are_made(source: str, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    fork = train()
    with monkeypatch.context() as patched:
        patched.setattr(copying.files, "copy_content", raise_full)
        with pytest.raises(OSError, match="No space left"):
            fork.fork(source)
    assert_untouched(fork, [])


def test_a_disk_that_refuses_the_last_step_ends_the_experiment(
    source: str, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = train()
    log_dir = Path(fork.log_dir)
    with monkeypatch.context() as patched:
        patched.setattr(fork_copies.ForkCopies, "move_in", raise_full)
        with pytest.raises(DataRootError, match="No space left"):
            fork.fork(source)
    assert load_run_card(log_dir).status == "failed"
    assert not (log_dir / ".forking").exists()


def test_copies_that_a_killed_process_has_left_are_found_and_removed(train: Train, data_root: Path) -> None:
    fork = train(steps=(0,))
    folders = [Path(fork.log_dir, ".forking"), Path(fork.tmp_data_dir, ".forking")]
    fork.finish()
    for folder in folders:
        folder.mkdir()
        (folder / "progress.csv").write_text("half a li")
    (found,) = check_data_root_files(data_root).findings
    assert found.problem == "2 folder(s) of a fork that was cut off"
    assert check_data_root_files(data_root, repair=True).findings[0].repaired
    assert not any(folder.exists() for folder in folders)


def raise_full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_ranks_that_record_nothing_copy_nothing_and_load_from_the_source(
    source: str, train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rank = train()
    assert rank.fork(source) == 10
    assert rank.get_timestep() == 10
    assert os.listdir(rank.checkpoint_dir) == []
    assert rank.load_checkpoint() == (10, {"weights": 10})
    assert Path(rank.log_dir).is_relative_to(tmp_path)
