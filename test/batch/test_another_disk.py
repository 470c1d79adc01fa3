"""Where the trash and a tree lie on different disks, experiments are copied, compared, and only then removed."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import files
from rla.batch import Outcome, apply, choose, plan_deletion
from rla.names import TREES

Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the data root."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev or not os.access(memory, os.W_OK):
        pytest.skip("there is no second file system to write to")
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["log", "archive_tester", "all"])
def spread(request: pytest.FixtureRequest, data_root: Path, whole: Callable[..., Path], other_disk: Path) -> Path:
    """A data root with experiments of which a tree, or all, lie on the other disk."""
    for second in (1, 2):
        whole(f"13-05-0{second}-000001", lr=second / 10)
    for tree in TREES if request.param == "all" else (request.param,):
        shutil.move(data_root / tree, other_disk / tree)
        (data_root / tree).symlink_to(other_disk / tree)
    return data_root


def test_everything_goes_and_comes_back(
    spread: Path, other_disk: Path, delete: Delete, undo: Undo, looks: Looks
) -> None:
    before, there = looks(spread), looks(other_disk, True)
    delete("**lr=0.1*")
    assert not [path for path in (*looks(spread), *looks(other_disk)) if "lr=0.1" in path or ".moving" in path]
    undo()
    assert looks(spread) == before
    folders_of_experiments = {path for path in there if path.count("/") > 4}
    assert {path: look for path, look in looks(other_disk, True).items() if path in folders_of_experiments} == {
        path: there[path] for path in folders_of_experiments
    }


def full(source: int, target: int, size: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_everything_as_it_was(
    spread: Path, other_disk: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = looks(spread), looks(other_disk)
    plan = plan_deletion(choose(spread, "demo", "*"))
    monkeypatch.setattr(files, "copy_content", full)
    outcome = apply(plan)
    assert (outcome.done, outcome.operation) == ([], None)
    assert {failure.reason for failure in outcome.failed} == {"No space left on device"}
    assert {path for path in looks(other_disk) if ".moving" in path} == set()
    assert (looks(spread), looks(other_disk)) == (before, there)


def test_a_disk_that_is_full_in_the_middle_leaves_everything_as_it_was(
    spread: Path, other_disk: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = looks(spread), looks(other_disk)
    plan = plan_deletion(choose(spread, "demo", "**lr=0.1*"))
    copy, number = files.copy_content, itertools.count()

    def full_for_the_second(source: int, target: int, size: int) -> None:
        (full if next(number) == 1 else copy)(source, target, size)

    monkeypatch.setattr(files, "copy_content", full_for_the_second)
    assert len(apply(plan).failed) == 1
    assert (looks(spread), looks(other_disk)) == (before, there)
