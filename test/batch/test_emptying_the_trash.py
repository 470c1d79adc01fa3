"""What has been in the trash for long enough goes for good, its bytes are counted, and nothing else goes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import ExperimentManager, files
from rla.batch import Outcome, Plan, choose, empty_trash, plan_archive, plan_deletion, trash_of
from rla.batch.trash import kept_days

AllDone = Callable[[Plan], Outcome]
Delete = Callable[..., Outcome]
Undo = Callable[..., Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]

DAY = 86_400.0


def age(data_root: Path, operation: str | None, days: float) -> None:
    """Let an operation have ended some days ago."""
    path = data_root / ".rla" / "operations" / f"{operation}.json"
    content = json.loads(path.read_text())
    moment = time.time() - days * DAY
    path.write_text(json.dumps({**content, "started": moment, "ended": moment}))


def bytes_on_disk(folder: Path) -> int:
    """Return the bytes of all files, each once however many names it has."""
    statuses = [path.lstat() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sum({(status.st_dev, status.st_ino): status.st_size for status in statuses}.values())


def test_what_is_old_enough_goes(data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo) -> None:
    for number in (1, 2, 3):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    operations = [delete(f"**lr=0.{number}*").operation for number in (1, 2, 3)]
    for operation, days in zip(operations, (20, 13.9, 0), strict=True):
        age(data_root, operation, days)
    emptied = empty_trash(data_root, 14 * DAY)
    assert (emptied.operations, emptied.experiments) == (1, 1)
    assert [operation.id for operation in trash_of(data_root)] == operations[1:]
    assert sorted(os.listdir(data_root / ".rla" / "trash")) == operations[1:]
    undo(operations[1])
    assert empty_trash(data_root).operations == 1
    assert (trash_of(data_root), os.listdir(data_root / ".rla" / "trash")) == ([], [])


def test_each_deletion_empties_what_is_older_than_the_configuration_says(
    data_root: Path, whole: Callable[..., Path], delete: Delete
) -> None:
    for number in (1, 2, 3):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    assert kept_days(data_root) == 14
    age(data_root, delete("**lr=0.1*").operation, 5)
    assert delete("**lr=0.2*").freed == 0
    (data_root / "rla_config.yaml").write_text("TRASH_DAYS: 4\n")
    before = bytes_on_disk(data_root / ".rla" / "trash" / trash_of(data_root)[0].id)
    assert delete("**lr=0.3*").freed == before > 1000
    assert len(trash_of(data_root)) == 2


@pytest.mark.parametrize("days", ["0", "-1", ".nan", ".inf"])
def test_what_is_never_old_stays(days: str, data_root: Path, whole: Callable[..., Path], delete: Delete) -> None:
    for number in (1, 2):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    (data_root / "rla_config.yaml").write_text(f"TRASH_DAYS: {days}\n")
    age(data_root, delete("**lr=0.1*").operation, 10_000)
    delete("**lr=0.2*")
    assert len(trash_of(data_root)) == 2


def test_a_configuration_that_cannot_be_used_harms_no_deletion(
    data_root: Path, whole: Callable[..., Path], delete: Delete, undo: Undo, said: list[str]
) -> None:
    whole("13-05-01-000001", lr=0.1)
    (data_root / "rla_config.yaml").write_text("TRASH_DAYS: soon\n")
    assert len(delete("*").done) == 1
    assert any("the trash of" in text and "TRASH_DAYS" in text for text in said)
    assert len(undo().done) == 1


@pytest.fixture
def with_code(data_root: Path, tmp_path: Path) -> Callable[[float], None]:
    """Write a real experiment whose code others share."""
    (tmp_path / "train.py").write_text("x = 1\n" * 1000)

    def run(lr: float) -> None:
        (tmp_path / "own.py").write_text(f"lr = {lr}\n" * 100)
        manager = ExperimentManager()
        manager.set_hyper_param(lr=lr)
        manager.add_record_param(["lr"])
        config = {"LOG_USED": ["csv"], "BACKUP_CONFIG": {"backup_code_dir": ["train.py", "own.py"]}}
        manager.configure("demo", config, data_root=data_root, code_root=tmp_path)
        manager.log_files_gen()
        manager.finish()

    return run


def test_bytes_that_become_free_are_counted_to_the_last(
    data_root: Path, with_code: Callable[[float], None], delete: Delete, all_done: AllDone
) -> None:
    for lr in (0.1, 0.2, 0.3):
        with_code(lr)
    (log_dir,) = (data_root / "log" / "demo").glob("*/*/*/*lr=0.1")
    (log_dir / "large").write_bytes(b"x" * 10_000)
    (log_dir / "the same").hardlink_to(log_dir / "large")
    (log_dir / "link").symlink_to("large")
    all_done(plan_archive(choose(data_root, "demo", "**lr=0.2*")))
    delete("**lr=0.[12]*")
    own = {path for path in (data_root / ".rla" / "objects").iterdir() if path.stat().st_size == 900}
    assert len(own) == 3
    before = bytes_on_disk(data_root)
    records = bytes_on_disk(data_root / ".rla" / "operations")
    emptied = empty_trash(data_root)
    records -= bytes_on_disk(data_root / ".rla" / "operations")
    assert emptied.freed == before - bytes_on_disk(data_root) - records > 10_000
    assert emptied.bodies == 2  # own.py and the manifest of lr=0.1; the archive has the others, and all share train.py
    assert len([path for path in own if path.exists()]) == 2


def test_operations_that_put_nothing_into_the_trash_are_forgotten_with_it(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone
) -> None:
    whole("13-05-01-000001", lr=0.1)
    all_done(plan_archive(choose(data_root, "demo", "*")))
    assert empty_trash(data_root).operations == 0
    assert os.listdir(data_root / ".rla" / "operations") == ["lock"]
    assert len(plan_archive(choose(data_root, "demo", "*")).items) == 0


def test_what_cannot_be_removed_does_not_hold_up_the_rest(
    data_root: Path, whole: Callable[..., Path], delete: Delete, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        whole(f"13-05-0{number}-000001", lr=number / 10)
        delete(f"**lr=0.{number}*")
    remove_tree, first = files.remove_tree, trash_of(data_root)[0].id

    def refuse(path: Path) -> None:
        if first in os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path / "results"))
        remove_tree(path)

    monkeypatch.setattr(files, "remove_tree", refuse)
    size = bytes_on_disk(data_root / ".rla" / "trash" / trash_of(data_root)[1].id)
    emptied = empty_trash(data_root)
    left = data_root / ".rla" / "trash" / f".emptying-{first}"
    assert emptied.problems == (f"'{left}/results' in the trash cannot be removed: Permission denied",)
    assert emptied.freed == size
    monkeypatch.setattr(files, "remove_tree", remove_tree)
    assert empty_trash(data_root).freed == size  # as long as the names are, both have the same
    assert os.listdir(data_root / ".rla" / "trash") == []


def test_what_links_lead_to_stays(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], delete: Delete, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    (tmp_path / "data set").mkdir()
    (tmp_path / "data set" / "images").write_text("x")
    (log_dir / "data").symlink_to(tmp_path / "data set")
    before = looks(tmp_path / "data set", True)
    delete("*")
    empty_trash(data_root)
    assert looks(tmp_path / "data set", True) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if os.getuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_the_disk_agrees(small_disk: Path, whole: Callable[..., Path], data_root: Path) -> None:
    from rla.batch import apply

    log_dir = whole("13-05-01-000001", lr=0.1)
    (log_dir / "large").write_bytes(b"x" * (16 << 20))
    shutil.copytree(data_root, small_disk / "data", symlinks=True)
    apply(plan_deletion(choose(small_disk / "data", "demo", "*")))
    before = os.statvfs(small_disk)
    freed = empty_trash(small_disk / "data").freed
    after = os.statvfs(small_disk)
    gained = (after.f_bfree - before.f_bfree) * after.f_frsize
    assert freed <= gained <= freed + 64 * after.f_frsize
