"""A copy that `apply` returned from is whole after a power cut; one that was on its way is whole or not there."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import batch
from rla.batch.operations import Operations

pytestmark = pytest.mark.fault

PROGRAM = """
from pathlib import Path
from rla import ExperimentManager, batch
rounds, *mutants = arguments
for number in range(int(rounds)):
    manager = ExperimentManager()
    manager.set_hyper_param(number=number)
    manager.add_record_param(["number"])
    settings = {"LOG_USED": ["csv"], "DL_FRAMEWORK": "plain"}
    manager.configure("demo_task", settings, data_root=data_root, code_root=code_root)
    manager.log_files_gen()
    manager.logger.record_tabular("number", number)
    manager.logger.dump_tabular(step=1)
    manager.new_saver()
    manager.save_checkpoint({"weights": list(range(20_000))})
    Path(manager.results_dir, "figure.svg").write_text("<svg/>" * 9_000)
    manager.finish()
os.sync()  # what is archived has been there for a while
if "no fsync" in mutants:
    files.fsync = lambda fd: None
    files.fsync_directory = lambda path: None
everything = batch.choose(data_root, "demo_task", "*")
if "delete" in mutants:
    batch.apply(batch.plan_deletion(everything))
    tell("done")
tell("ready")
plan = batch.plan_archive(everything)
tell("planned")
batch.apply(plan, lambda done, total: tell("progress"))
tell("done")
wait_for_the_test()
"""


def contents(base: Path) -> dict[str, dict[str, str]]:
    """Return the hashes of the files of each experiment below a folder with the seven trees, by its name."""
    found: dict[str, dict[str, str]] = {}
    for folder, folders, names in os.walk(base):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "arc"]
        for name in names:
            path = os.path.relpath(f"{folder}/{name}", base)
            experiment = next((part for part in path.split("/") if "number=" in part), "")
            experiment = experiment.removesuffix(".pkl").removesuffix(".objects")
            content = hashlib.md5(Path(folder, name).read_bytes()).hexdigest()
            found.setdefault(experiment, {})[path] = content
    return found


@pytest.fixture
def archived(disk: Any, record: Callable[..., Any]) -> Callable[..., Path]:
    """Archive on a disk until its power is cut, mount it again, and return the data root.

    ``archived(3, until="progress", times=2)`` waits for a word of the process first.
    """

    def run(rounds: int, *mutants: str, until: str = "done", times: int = 1, pause: float = 0.0) -> Path:
        disk.make(64 << 20)
        data_root = Path(disk.mount() / "data")
        child = record(PROGRAM, rounds, *mutants, root=data_root)
        child.wait_until_told(until, times)
        time.sleep(pause)
        disk.cut_power()
        child.kill()
        disk.unmount()
        disk.mount()
        return data_root

    return run


def test_a_copy_that_was_returned_from_is_whole(
    archived: Callable[..., Path], fsck: Callable[..., dict[str, Any]]
) -> None:
    data_root = archived(3)
    assert len(contents(data_root)) == 3
    assert contents(data_root / "arc") == contents(data_root)
    (operation,) = Operations(data_root).all()
    assert (operation.state, len(operation.entries)) == ("done", 3)
    assert fsck(data_root)["errors"] == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_copy_that_was_on_its_way_is_whole_or_not_there(
    seed: int, archived: Callable[..., Path], fsck: Callable[..., dict[str, Any]]
) -> None:
    choice = random.Random(seed)
    data_root = archived(8, until="progress", times=choice.randint(1, 6), pause=choice.uniform(0, 0.02))
    originals = contents(data_root)
    assert len(originals) == 8
    batch.recover(data_root)
    copies = contents(data_root / "arc")
    assert copies == {name: originals[name] for name in copies}
    assert not list(data_root.rglob(".moving-*"))
    assert not batch.apply(batch.plan_archive(batch.choose(data_root, "demo_task", "*"))).failed
    assert contents(data_root / "arc") == originals
    assert fsck(data_root)["errors"] == 0


def test_what_was_deleted_is_whole_in_the_trash_or_where_it_was(archived: Callable[..., Path]) -> None:
    data_root = archived(3, "delete")
    batch.recover(data_root)
    trash = {}
    for operation in batch.trash_of(data_root):
        trash |= contents(operation.trash)
    home = contents(data_root)
    assert sorted([*trash, *home]) == sorted({*trash} | {*home}), "each in one place"
    assert len(trash) == 3, "the deletion was returned from"
    assert all(len(found) == len(next(iter(trash.values()))) for found in trash.values())


def test_copies_without_fsync_would_be_lost(archived: Callable[..., Path]) -> None:
    """The tests above can fail: where nothing is synced, they would."""
    data_root = archived(3, "no fsync")
    assert contents(data_root / "arc") != contents(data_root)
