"""The doctor says when space and inodes will be used up, from what the experiments of the last week wrote."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.experiment.doctor import growth, space
from rla.experiment.doctor.check import ERROR, NOTE, OK, WARNING, Check
from rla.experiment.doctor.growth import measure_growth
from rla.experiment.doctor.space import Volume, check_space, judge_files, judge_space
from rla.experiment.doctor.subject import Deadline, Subject

GB = 1e9
NEVER = 3600.0


@pytest.mark.parametrize(
    ("free", "per_day", "verdict", "told"),
    [
        (500 * GB, 0, OK, "500 GB of 1.0 TB (50%) are free"),
        (500 * GB, 0.1 * GB, OK, "; enough for years"),
        (500 * GB, 5 * GB, OK, "; full in about 3 months"),
        (115 * GB, 5 * GB, NOTE, "; full in about 23 days"),
        (50 * GB, 5 * GB, WARNING, "; full in about 10 days"),
        (50 * GB, 60 * GB, ERROR, "; full in less than a day"),
        (10 * GB, 0, WARNING, "10.0 GB of 1.0 TB (1%) are free"),
        (0.1 * GB, 0, ERROR, "100 MB of 1.0 TB (0%) are free"),
        (0, 5 * GB, ERROR, "0 bytes of 1.0 TB (0%) are free; full in less than a day"),
    ],
)
def test_free_space_is_judged_by_what_is_left_and_for_how_long(
    free: float, per_day: float, verdict: str, told: str
) -> None:
    found = judge_space(Volume(free=free, total=1000 * GB, bytes_per_day=per_day))
    assert found.verdict == verdict
    assert found.found.endswith(told)
    assert bool(found.advice) == (verdict in (WARNING, ERROR))


@pytest.mark.parametrize(
    ("free", "per_day", "verdict", "told"),
    [
        (9_000_000, 0, OK, "9,000,000 of 10,000,000 (90%) are free"),
        (9_000_000, 400_000, NOTE, "; used up in about 22 days"),
        (9_000_000, 9_000_000, WARNING, "; used up in about a day"),
        (100_000, 0, WARNING, "100,000 of 10,000,000 (1%) are free"),
        (999, 0, ERROR, "999 of 10,000,000 (0%) are free"),
    ],
)
def test_free_inodes_are_judged_likewise(free: int, per_day: float, verdict: str, told: str) -> None:
    found = judge_files(Volume(free_files=free, total_files=10_000_000, files_per_day=per_day))
    assert found.verdict == verdict
    assert found.found.endswith(told)


def test_a_small_file_system_that_is_empty_is_no_error() -> None:
    assert judge_space(Volume(free=0.2 * GB, total=0.25 * GB)).verdict == WARNING
    assert judge_files(Volume(free_files=500, total_files=600)).verdict == WARNING


def test_a_small_share_of_a_huge_file_system_is_no_problem() -> None:
    assert judge_space(Volume(free=40e12, total=2e15)).verdict == OK
    assert "8.0 EB" in judge_space(Volume(free=8e18, total=8e18)).found


def test_what_the_file_system_does_not_tell_is_no_problem() -> None:
    assert judge_space(Volume()).verdict == judge_files(Volume(files_per_day=100)).verdict == OK
    assert "no fixed number" in judge_files(Volume(files_per_day=100)).found


def test_a_quota_is_told() -> None:
    assert "a quota may leave you less" in judge_space(Volume(free=GB, total=GB, has_quota=True)).found


def test_a_tree_on_another_file_system_is_told_apart() -> None:
    assert judge_space(Volume(trees=("checkpoint", "results"))).name == "free space of checkpoint, results"


def test_without_runs_there_is_no_forecast(subject: Subject, run_of: Callable[..., Path]) -> None:
    run_of(days_ago=8)
    found = {check.name: check for check in check_space(subject)}
    assert found["free space"].facts["days_left"] is None
    assert "no experiments in the last 7 days" in found["growth"].found


def test_each_file_system_is_judged_with_its_own_growth(subject: Subject, run_of: Callable[..., Path]) -> None:
    (run_of() / "big").write_bytes(b"x" * 1_000_000)
    found = {check.name: check for check in check_space(subject)}
    assert list(found) == ["free space", "free inodes", "growth"]
    assert found["free space"].facts["bytes_per_day"] >= 1_000_000
    assert found["free inodes"].facts["files_per_day"] >= 3


def test_where_nothing_can_be_written_nothing_gets_full(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "is_read_only", lambda _: True)
    assert [check.name for check in check_space(subject)] == ["growth"]


def test_the_days_of_a_young_data_root_are_few(subject: Subject, run_of: Callable[..., Path]) -> None:
    run_of(days_ago=2)
    assert 1 <= measure_growth(subject, Deadline(NEVER)).days <= 3.1  # 3.04 when a clock goes back an hour
    run_of(days_ago=30)
    del subject.days
    assert 5.9 <= measure_growth(subject, Deadline(NEVER)).days <= 7.1


def test_experiments_are_measured_in_all_trees(subject: Subject, run_of: Callable[..., Path]) -> None:
    log = run_of(days_ago=1)
    run_of(days_ago=9)
    inside = log.relative_to(subject.data_root / "log")
    deep = subject.data_root / "checkpoint" / inside / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "weights").write_bytes(b"x" * 400_000)
    (deep / "outside").symlink_to("/usr")
    before = measure_growth(subject, Deadline(NEVER))
    os.link(deep / "weights", subject.data_root / "body")
    after = measure_growth(subject, Deadline(NEVER))
    (device,) = before.bytes_per_day
    assert before.experiments == before.measured == 1
    assert before.files_per_day[device] * before.days == pytest.approx(7)
    assert (before.bytes_per_day[device] - after.bytes_per_day[device]) * after.days == pytest.approx(200_000, rel=0.1)


def test_of_many_experiments_a_part_is_measured(
    subject: Subject, run_of: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(12):
        run_of()
    whole = measure_growth(subject, Deadline(NEVER))
    monkeypatch.setattr(growth, "MOST_MEASURED", 3)
    part = measure_growth(subject, Deadline(NEVER))
    assert (whole.measured, part.measured, part.experiments) == (12, 3, 12)
    assert sum(part.files_per_day.values()) == pytest.approx(sum(whole.files_per_day.values()), rel=0.01)
    (told,) = (check for check in check_space(subject) if check.name == "growth")
    assert told.found.endswith("estimated from 3 of them")


def test_a_walk_that_takes_too_long_is_cut_and_told(
    subject: Subject, run_of: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        run_of()
    found = measure_growth(subject, Deadline(0))
    assert (found.experiments, found.measured, found.is_whole) == (3, 1, False)
    monkeypatch.setattr(space, "Deadline", lambda: Deadline(0))
    told: list[Check] = [check for check in check_space(subject) if check.name == "growth"]
    assert "it may be more" in told[0].found
