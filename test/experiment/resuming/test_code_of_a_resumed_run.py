"""A run that goes on with other code keeps that code, too; all that works on the code of runs knows of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, compare_experiments
from rla.batch import apply, choose, plan_archive, plan_deletion, plan_migration, plan_undo
from rla.batch.undo import find_operation
from rla.experiment.fsck import check_data_root_files
from rla.snapshot.store import CodeStore
from test.experiment.resuming.conftest import Process

OTHER = "print('training, better')\n" * 10


@pytest.fixture
def resumed(run: Process, process: Process, code: Path) -> ExperimentManager:
    """A run that was resumed with other code, and is finished."""
    run(20)
    manager = process()
    (code / "train.py").write_text(OTHER)
    manager.resume("")
    return manager


def problems(root: Path) -> list[str]:
    return [finding.problem for finding in check_data_root_files(root).findings]


def entry_of(manager: ExperimentManager) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(Path(manager.log_dir, "experiment.json").read_text())
    entry: dict[str, Any] = card["resumes"][-1]
    return entry | {"same": entry["code"] == card["code"]}


def test_other_code_is_kept_beside_that_of_the_beginning(resumed: ExperimentManager) -> None:
    code = Path(resumed.code_dir)
    assert (code / ".resumed/1/train.py").read_text() == OTHER
    assert (code / "train.py").read_text() != OTHER
    assert not entry_of(resumed)["same"]


def test_equal_code_is_not_kept_again(run: Process, process: Process) -> None:
    run(20)
    manager = process()
    manager.resume("")
    assert entry_of(manager)["same"]
    assert not Path(manager.code_dir, ".resumed").exists()


def test_it_is_no_garbage_of_the_code_store(resumed: ExperimentManager, data_root: Path) -> None:
    resumed.finish()
    assert CodeStore(data_root).collect_garbage().bodies == 0
    assert problems(data_root) == []


def test_fsck_tells_when_it_was_changed_or_is_gone(resumed: ExperimentManager, data_root: Path) -> None:
    kept = Path(resumed.code_dir, ".resumed/1")
    resumed.finish()
    (kept / "train.py").chmod(0o644)
    (kept / "train.py").write_text("something else")
    assert "the code of segment 1 is not as it was recorded: train.py was changed" in problems(data_root)
    (kept / ".snapshot.json").unlink()
    assert "the code of segment 1 is gone, or cannot be read" in problems(data_root)


def test_a_comparison_takes_the_code_of_the_beginning_and_says_so(resumed: ExperimentManager, data_root: Path) -> None:
    name = Path(resumed.log_dir).name
    resumed.finish()
    found = compare_experiments(data_root, name, name)
    assert found.files == []
    assert any("segment 1 ran with other code" in note for note in found.notes)


def test_it_goes_where_the_run_goes(resumed: ExperimentManager, data_root: Path, tmp_path: Path) -> None:
    kept = Path(resumed.code_dir, ".resumed/1/train.py")
    resumed.finish()
    other = tmp_path / "other"
    assert not apply(plan_migration(choose(data_root, "demo_task", "*"), "demo_task", other)).failed
    assert (other / kept.relative_to(data_root)).read_text() == OTHER
    assert not apply(plan_archive(choose(data_root, "demo_task", "*"))).failed
    assert problems(other) == problems(data_root) == []
    assert not apply(plan_deletion(choose(data_root, "demo_task", "*"))).failed
    assert not kept.exists()
    assert not apply(plan_undo(find_operation(data_root))).failed
    assert kept.read_text() == OTHER
    assert problems(data_root) == []
