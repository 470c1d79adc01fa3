"""A living run can be archived, again and again: each copy is a moment of it, and does not count as alive itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files, query, read_progress
from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_deletion, plan_undo
from rla.batch.undo import find_operation

AllDone = Callable[[Plan], Outcome]
Live = Callable[..., "subprocess.Popen[str]"]

FEWEST_MOMENTS = 6


def steps_of(log_dir: Path) -> list[object]:
    return [row["time-step"] for row in read_progress(log_dir).rows]


def test_each_copy_holds_the_rows_up_to_a_moment(data_root: Path, live: Live, all_done: AllDone) -> None:
    live(pause=0.0005)
    (log_dir,) = (data_root / "log" / "demo").glob("*/*/*/*")
    copy = data_root / "arc" / log_dir.relative_to(data_root)
    earlier: list[object] = []
    moments = 0
    while moments < FEWEST_MOMENTS or len(earlier) < 50:
        moments += 1
        at_least = len(steps_of(log_dir))
        all_done(plan_archive(choose(data_root, "demo", "*")))
        steps = steps_of(copy)
        assert steps == list(range(1, len(steps) + 1))
        assert len(earlier) <= at_least <= len(steps) <= len(steps_of(log_dir))
        assert list(copy.rglob("*.tmp")) == []
        earlier = steps


def test_the_copy_of_a_run_that_ended_is_whole(data_root: Path, live: Live, all_done: AllDone) -> None:
    process = live(pause=0.001)
    all_done(plan_archive(choose(data_root, "demo", "*")))
    process.kill()
    process.wait()
    all_done(plan_archive(choose(data_root, "demo", "*")))
    (log_dir,) = (data_root / "log" / "demo").glob("*/*/*/*")
    assert steps_of(data_root / "arc" / log_dir.relative_to(data_root)) == steps_of(log_dir)
    assert plan_archive(choose(data_root, "demo", "*")).current == 1
    assert [each.status for each in query.experiments(data_root / "arc")] == ["dead"]


def test_the_copy_of_a_living_run_can_be_taken_back(data_root: Path, live: Live, all_done: AllDone) -> None:
    live()
    all_done(plan_archive(choose(data_root, "demo", "*")))
    all_done(plan_undo(find_operation(data_root)))
    assert len(query.experiments(data_root / "arc")) == 0
    assert apply(plan_deletion(choose(data_root, "demo", "*"))).done == []


def test_files_that_the_run_removes_meanwhile_are_no_failure(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    passing = [log_dir / ".progress.csv.7-0.tmp", log_dir / "other", log_dir / "folder" / "file"]
    passing[-1].parent.mkdir()
    for path in passing:
        path.write_text("x")
    opened = files.open_for_reading

    def remove_first(path: str) -> int:
        if Path(path) in passing:
            Path(path).unlink()
        return opened(path)

    monkeypatch.setattr(files, "open_for_reading", remove_first)
    all_done(plan_archive(choose(data_root, "demo", "*")))
    copy = data_root / "arc" / log_dir.relative_to(data_root)
    assert {path.name for path in copy.rglob("*")} == {"experiment.json", "folder", "parameter.json", "progress.csv"}
