"""Rows older than the interval of the fsync, and every checkpoint that was returned from, survive a power cut."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress
from rla.checkpoint.folder import load_checkpoint

pytestmark = pytest.mark.fault

SYNC_SECONDS = 0.2
MARGIN_SECONDS = 1.5
"""A round of the writer, its fsyncs, and a machine that does other things too."""

PROGRAM = """
import numpy
seed, interval, new_key_every, segment_bytes, *mutants = arguments
seed, new_key_every = int(seed), int(new_key_every)
if float(interval):
    writer.FLUSH_SECONDS, writer.SYNC_SECONDS = float(interval) / 4, float(interval)
journal_writer.SEGMENT_BYTES = int(segment_bytes)
if "no fsync" in mutants:
    files.fsync = lambda fd: None
if "progress.csv refuses" in mutants:
    append = files.append
    def refuse(fd, data):
        if os.readlink(f"/proc/self/fd/{fd}").endswith("progress.csv"):
            raise OSError(5, "no")
        append(fd, data)
    files.append = refuse
begin(DL_FRAMEWORK="plain", BACKUP_CONFIG={"backup_code_dir": ["package"] if "code" in mutants else []})
exp_manager.new_saver(max_to_keep=3)
checkpoint_every = random.Random(seed).choice([37, 200, 10**9])
for count in range(10**9):
    dump(count, new_key_every)
    if count % checkpoint_every == 3:
        exp_manager.save_checkpoint({"count": count, "weights": numpy.full(5000, count)})
        tell("checkpoint", count, time.monotonic())
    time.sleep(0.001)
"""


@dataclass
class Cut:
    """What was recorded when the power was cut, and what of it is there after the disk was mounted again."""

    data_root: Path
    acknowledged: list[float]
    moment: float
    checkpoints: list[int]
    new_key_every: int

    def older_than(self, seconds: float) -> int:
        return sum(when < self.moment - seconds for when in self.acknowledged)

    @property
    def old_enough(self) -> int:
        return self.older_than(SYNC_SECONDS + MARGIN_SECONDS)

    @property
    def found(self) -> int:
        (folder,) = self.data_root.glob("log/demo_task/*/*/*/*")
        return len(read_progress(folder).rows)


@pytest.fixture
def cut(disk: Any, record: Callable[..., Any]) -> Callable[..., Cut]:
    """Record on a disk until its power is cut, and mount it again: ``cut(seed=3)``."""

    def run(
        seed: int,
        *mutants: str,
        interval: float = SYNC_SECONDS,
        options: str = "defaults",
        segment_bytes: int = 16 << 20,
        seconds: tuple[float, float] = (2.0, 3.5),
    ) -> Cut:
        choice = random.Random(seed)
        new_key_every = choice.choice([0, 0, 100])
        disk.make(64 << 20)
        root = disk.mount(options) / "data"
        child = record(PROGRAM, seed, interval, new_key_every, segment_bytes, *mutants, root=root)
        child.wait_until_told("row")
        time.sleep(choice.uniform(*seconds))
        moment = time.monotonic()
        disk.cut_power()
        child.kill()
        disk.unmount()
        disk.mount()
        saved = [int(step) for step, when in child.all_told("checkpoint") if float(when) < moment]
        return Cut(root, child.acknowledged, moment, saved, new_key_every)

    return run


def check(cut: Cut, at_least: int, check_rows: Callable[..., Any]) -> None:
    check_rows(cut.data_root, at_least, len(cut.acknowledged) + 1, cut.new_key_every, events_at_least=at_least)
    (folder,) = cut.data_root.glob("checkpoint/demo_task/*/*/*/*")
    for step in cut.checkpoints[-2:]:  # three are kept, and one more may have been saved and not returned from
        found, content = load_checkpoint(folder, step)
        assert (found, content["count"]) == (step, step)
        assert content["weights"].tolist() == [step] * 5000


@pytest.mark.parametrize("options", ["defaults", "commit=1"])
@pytest.mark.parametrize("seed", range(25))
def test_old_rows_and_all_checkpoints_survive(
    seed: int, options: str, cut: Callable[..., Cut], disk: Any, check_rows: Callable[..., Any]
) -> None:
    done = cut(seed, options=options)
    assert done.old_enough > 50, "the round was too short to say anything"
    check(done, done.old_enough, check_rows)


def test_old_rows_survive_with_the_interval_that_users_have(
    cut: Callable[..., Cut], check_rows: Callable[..., Any]
) -> None:
    done = cut(0, interval=0, seconds=(9.0, 11.0))
    at_least = done.older_than(5 + 1 + MARGIN_SECONDS)
    assert at_least > 50
    check(done, at_least, check_rows)


@pytest.mark.parametrize("seed", range(3))
def test_old_rows_survive_where_only_the_journal_has_them(
    seed: int, cut: Callable[..., Cut], check_rows: Callable[..., Any]
) -> None:
    done = cut(seed, "progress.csv refuses", segment_bytes=20_000)
    check(done, done.old_enough, check_rows)


def test_what_survives_has_no_gap_where_segments_are_small(
    cut: Callable[..., Cut], disk: Any, check_rows: Callable[..., Any]
) -> None:
    for seed in range(10):
        done = cut(seed, segment_bytes=1000)
        check(done, done.old_enough, check_rows)
        disk.unmount()


@pytest.mark.xfail(strict=True, reason="the copies of the code are brought to the disk by the system, in its own time")
def test_the_code_of_the_run_survives(
    cut: Callable[..., Cut], tmp_path: Path, fsck: Callable[..., dict[str, Any]]
) -> None:
    package = tmp_path / "code" / "package"
    package.mkdir(parents=True)
    (package / "train.py").write_text("# code\n" * 1000)
    found = fsck(cut(0, "code").data_root)
    assert found["errors"] == 0, found["findings"]


def test_without_fsync_old_rows_are_lost(cut: Callable[..., Cut], disk: Any) -> None:
    """The tests above can fail: where nothing is synced, they would."""
    for seed in range(3):
        done = cut(seed, "no fsync")
        if not done.data_root.is_dir() or done.found < done.old_enough:
            return
        disk.unmount()
    pytest.fail("three power cuts without a single fsync lost nothing that should have been safe")


CUT_BEFORE_THE_NAME_IS_SAFE = """
begin(DL_FRAMEWORK="plain")
rename = files.rename
def slow_rename(source, target):
    rename(source, target)
    if str(target).endswith(".npz"):
        tell("renamed")
        wait_for_the_test()
files.rename = slow_rename
try:
    exp_manager.save_checkpoint({"a": 1})
    tell("answer", "returned")
except errors.CheckpointError:
    tell("answer", "raised")
"""


def test_a_checkpoint_whose_name_never_reached_the_disk_is_not_returned_from(
    disk: Any, record: Callable[..., Any]
) -> None:
    disk.make(64 << 20)
    child = record("from rla import errors\n" + CUT_BEFORE_THE_NAME_IS_SAFE, root=disk.mount() / "data")
    child.wait_until_told("renamed")
    disk.cut_power()
    child.go_on()
    assert child.wait_until_told("answer") == ["raised"]
