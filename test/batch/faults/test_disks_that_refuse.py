"""A full disk, a read-only one, folders of another user: what cannot be done is told of, and all is as it was."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager, batch
from rla.batch.undo import find_operation
from rla.errors import DataRootError
from rla.experiment.fsck import check_data_root_files

NOBODY = 65534


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a disk in memory: ``mounted(megabytes)``; skips where that is forbidden."""
    path = tmp_path / "disk"
    path.mkdir()

    def mount(megabytes: int) -> Path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], capture_output=True)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.decode()}")
        return path

    yield mount
    if os.path.ismount(path):
        subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A data root in a folder that all users can look into."""
    if not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp(prefix="rla-test-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def experiments(tmp_path: Path) -> Callable[..., None]:
    """Write experiments with results of so many bytes: ``experiments(data_root, 100, 3_000_000)``."""

    def write(data_root: Path, *sizes: int) -> None:
        for number, size in enumerate(sizes):
            manager = ExperimentManager()
            manager.set_hyper_param(number=number)
            manager.add_record_param(["number"])
            manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=tmp_path)
            manager.log_files_gen()
            manager.logger.record_tabular("loss", 1)
            manager.logger.dump_tabular(step=1)
            (Path(manager.results_dir) / "weights.bin").write_bytes(os.urandom(size))
            manager.finish()

    return write


def files_below(top: Path) -> dict[str, bytes]:
    return {
        path: Path(path).read_bytes()
        for folder, _, names in os.walk(top)
        if "/.rla" not in folder
        for name in names
        if name != "ballast" and (path := f"{folder}/{name}")
    }


def everything(data_root: Path) -> Any:
    return batch.choose(data_root, "demo", "*")


def test_a_full_disk_stops_what_does_not_fit(mounted: Callable[..., Path], experiments: Callable[..., None]) -> None:
    data_root = mounted(12) / "data"
    experiments(data_root, 1000, 6_000_000, 2000)
    with open(data_root.parent / "ballast", "wb") as ballast:
        ballast.write(bytes(2_000_000))
    before = files_below(data_root)
    plan = batch.plan_archive(everything(data_root))
    assert "free on that disk" in "".join(plan.warnings)

    outcome = batch.apply(plan)
    (failed,) = outcome.failed
    assert "number=1" in failed.name
    assert failed.reason == "No space left on device"
    assert len(outcome.done) == 2
    archived = files_below(data_root / "arc")
    assert {path.replace("/arc/", "/"): content for path, content in archived.items()} == {
        path: content for path, content in before.items() if "number=1" not in path
    }
    assert not list(data_root.rglob(".moving-*")), "there is room again for what fits"

    (data_root.parent / "ballast").unlink()
    again = batch.apply(batch.plan_archive(everything(data_root)))
    assert len(again.done) == 1
    assert {path.replace("/arc/", "/") for path in files_below(data_root / "arc")} == {*before}
    assert check_data_root_files(data_root).errors == []


def test_a_disk_without_any_room_begins_nothing(mounted: Callable[..., Path], experiments: Callable[..., None]) -> None:
    data_root = mounted(4) / "data"
    experiments(data_root, 1000, 1000)
    plan = batch.plan_deletion(everything(data_root))
    before = files_below(data_root)
    with contextlib.suppress(OSError), open(data_root.parent / "ballast", "wb", buffering=0) as ballast:
        while ballast.write(bytes(4096)):
            pass
    with pytest.raises(DataRootError, match="No space left on device"):
        batch.apply(plan)
    assert files_below(data_root) == before
    (data_root.parent / "ballast").unlink()
    assert len(batch.apply(plan).done) == 2


def test_a_read_only_disk_begins_nothing(mounted: Callable[..., Path], experiments: Callable[..., None]) -> None:
    data_root = mounted(4) / "data"
    experiments(data_root, 1000, 1000)
    plans = [batch.plan_deletion(everything(data_root)), batch.plan_archive(everything(data_root))]
    before = files_below(data_root)
    subprocess.run(["mount", "-o", "remount,ro", data_root.parent], check=True)
    for plan in plans:
        with pytest.raises(DataRootError, match="Read-only file system"):
            batch.apply(plan)
    assert batch.recover(data_root) == []
    assert files_below(data_root) == before
    assert len(everything(data_root)) == 2


def test_folders_of_another_user_are_left_alone(shared: Path, experiments: Callable[..., None]) -> None:
    experiments(shared, 1000, 1000)
    plan = batch.plan_deletion(everything(shared))
    before = files_below(shared)
    (shared / ".rla").mkdir(exist_ok=True)
    for folder, _, _ in os.walk(shared / ".rla"):
        os.chown(folder, NOBODY, NOBODY)
    outcome = applied_by_nobody(plan)
    assert [each["reason"] for each in outcome["failed"]] == ["Permission denied"] * 2
    assert outcome["done"] == []
    assert files_below(shared) == before
    assert not list(shared.rglob(".moving-*"))
    assert batch.trash_of(shared) == []


def test_one_closed_folder_does_not_hold_up_the_others(shared: Path, experiments: Callable[..., None]) -> None:
    """An experiment whose trees cannot all be moved goes back whole."""
    experiments(shared, 1000, 1000)
    plan = batch.plan_deletion(everything(shared))
    before = files_below(shared)
    for folder, _, _ in os.walk(shared):
        os.chown(folder, NOBODY, NOBODY)
    (closed,) = shared.glob("results/demo/*/*/*/*number=0*")
    os.chown(closed, 0, 0)  # who moves a folder into another one must be able to write to it
    outcome = applied_by_nobody(plan)
    (failed,) = outcome["failed"]
    assert failed["reason"] == "Permission denied"
    assert "number=0" in failed["name"]
    assert len(outcome["done"]) == 1
    assert files_below(shared) == {path: content for path, content in before.items() if "number=0" in path}
    assert len(batch.apply(batch.plan_undo(find_operation(shared))).done) == 1
    assert files_below(shared) == before


def applied_by_nobody(plan: Any) -> dict[str, Any]:
    """Let another user do what a plan says, and return the outcome."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writer, json.dumps(batch.apply(plan).as_dict()).encode())
        except BaseException:
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        told = said.read()
    assert os.waitpid(pid, 0)[1] == 0
    outcome: dict[str, Any] = json.loads(told)
    return outcome
