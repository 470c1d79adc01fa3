"""An archived copy is complete, up to date when it is archived again, and nobody's but its own."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import ExperimentManager, query
from rla.batch import Outcome, Plan, apply, choose, plan_archive, plan_deletion
from rla.errors import InvalidNameError

AllDone = Callable[[Plan], Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]
Undo = Callable[..., Outcome]


def plan_of(data_root: Path, folder: str = "arc") -> Plan:
    return plan_archive(choose(data_root, "demo", "*"), folder)


def without_copies(look: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    return {path: what for path, what in look.items() if path.split("/")[0] != "arc"}


def experiments_in(look: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    """Leave out trees, tasks and dates."""
    return {path: what for path, what in look.items() if path.count("/") > 4}


def test_a_copy_has_all_trees_with_their_times_and_permissions(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    (log_dir / "closed").mkdir()
    (log_dir / "closed" / "file").write_text("x")
    (log_dir / "closed").chmod(0o500)
    before = looks(data_root, True)
    all_done(plan_of(data_root))
    assert experiments_in(looks(data_root / "arc", True)) == experiments_in(before)
    assert without_copies(looks(data_root, True)) == before
    assert len(query.experiments(data_root)) == len(query.experiments(data_root / "arc")) == 1


def test_what_has_not_changed_is_not_copied_again(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    whole("13-05-01-000001", lr=0.1)
    all_done(plan_of(data_root))
    before = looks(data_root, True)
    plan = plan_of(data_root)
    assert (plan.items, plan.current) == ([], 1)
    assert looks(data_root, True) == before


def test_what_has_changed_takes_the_place_of_the_copy_and_undo_brings_the_copy_back(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone, undo: Undo, looks: Looks
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    whole("13-05-02-000001", lr=0.2)
    all_done(plan_of(data_root))
    first = looks(data_root / "arc")
    with (log_dir / "progress.csv").open("a") as stream:
        stream.write("0.25,20,2.0\n")
    assert looks(data_root / "arc") == first  # a file of its own
    plan = plan_of(data_root)
    assert ([item.name[-6:] for item in plan.items], plan.current) == (["lr=0.1"], 1)
    assert plan.items[0].note == "takes the place of an earlier copy, which goes to the trash"
    all_done(plan)
    assert looks(data_root / "arc") == without_copies(looks(data_root))
    undo()
    assert looks(data_root / "arc") == first
    undo()
    assert [path for path, what in looks(data_root / "arc").items() if what[0] == "file"] == []


def test_trees_that_the_experiment_has_no_more_stay_in_the_archive(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    all_done(plan_of(data_root))
    all_done(plan_deletion(choose(data_root, "demo", "*"), trees=["checkpoint"]))
    assert plan_of(data_root).items == []
    (log_dir / "new").write_text("x")
    all_done(plan_of(data_root))
    inside = log_dir.relative_to(data_root / "log")
    assert (data_root / "arc" / "checkpoint" / inside / "inside" / "of_checkpoint").is_file()
    assert (data_root / "arc" / "log" / inside / "new").is_file()


def test_code_of_the_code_store_is_linked_and_takes_no_room(data_root: Path, tmp_path: Path, all_done: AllDone) -> None:
    (tmp_path / "train.py").write_text("x = 1\n" * 100)
    manager = ExperimentManager()
    config = {"LOG_USED": ["csv"], "BACKUP_CONFIG": {"backup_code_dir": ["train.py"]}}
    manager.configure("demo", config, data_root=data_root, code_root=tmp_path)
    manager.log_files_gen()
    manager.finish()
    all_done(plan_of(data_root))
    bodies = {path.stat().st_ino for path in (data_root / ".rla" / "objects").iterdir() if path.stat().st_size > 64}
    copies = list((data_root / "arc" / "code").rglob("train.py"))
    assert len(copies) == 1
    assert {path.stat().st_ino for path in copies} <= bodies


def test_links_to_the_experiment_itself_lead_to_the_copy(
    data_root: Path, whole: Callable[..., Path], all_done: AllDone
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    inside = log_dir.relative_to(data_root / "log")
    best = data_root / "checkpoint" / inside / "inside" / "of_checkpoint"
    (log_dir / "best").symlink_to(best)
    (log_dir / "itself").symlink_to(log_dir)
    (log_dir / "elsewhere").symlink_to("/usr/lib")
    (log_dir / "closed").mkdir()
    (log_dir / "closed" / "best").symlink_to(best)
    (log_dir / "closed").chmod(0o500)
    all_done(plan_of(data_root))
    copy = data_root / "arc" / "log" / inside
    copy_of_best = str(data_root / "arc" / "checkpoint" / inside / "inside" / "of_checkpoint")
    assert os.readlink(copy / "best") == os.readlink(copy / "closed" / "best") == copy_of_best
    assert (os.readlink(copy / "itself"), os.readlink(copy / "elsewhere")) == (str(copy), "/usr/lib")
    assert stat.S_IMODE((copy / "closed").stat().st_mode) == 0o500
    assert (copy / "closed").stat().st_mtime_ns == (log_dir / "closed").stat().st_mtime_ns
    assert plan_of(data_root).current == 1


def test_a_tree_that_is_a_link_stays_one_and_the_plan_says_so(
    data_root: Path, tmp_path: Path, whole: Callable[..., Path], all_done: AllDone
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    folder = data_root / "checkpoint" / log_dir.relative_to(data_root / "log")
    folder.rename(tmp_path / "large disk")
    folder.symlink_to(tmp_path / "large disk")
    plan = plan_of(data_root)
    assert plan.items[0].note == "'checkpoint' is a symbolic link, and so is its copy"
    all_done(plan)
    copy = data_root / "arc" / folder.relative_to(data_root)
    assert os.readlink(copy) == str(tmp_path / "large disk")


def test_a_copy_that_cannot_be_whole_is_not_there(
    data_root: Path, whole: Callable[..., Path], looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rla import files

    whole("13-05-01-000001", lr=0.1)
    copy = files.copy_content

    def fail(source: int, target: int, size: int) -> None:
        if size == len("checkpoint") * 100:
            raise OSError(28, "No space left on device")
        copy(source, target, size)

    monkeypatch.setattr(files, "copy_content", fail)
    outcome = apply(plan_of(data_root))
    assert (outcome.done, outcome.operation) == ([], None)
    assert [failure.reason for failure in outcome.failed] == ["No space left on device"]
    assert [path for path, what in looks(data_root / "arc").items() if what[0] != "folder" or "lr=" in path] == []


def test_another_folder(data_root: Path, whole: Callable[..., Path], all_done: AllDone, undo: Undo) -> None:
    whole("13-05-01-000001", lr=0.1)
    all_done(plan_of(data_root, "paper"))
    assert len(query.experiments(data_root / "paper")) == 1
    assert not (data_root / "arc").exists()
    undo()
    assert len(query.experiments(data_root / "paper")) == 0


@pytest.mark.parametrize(
    "folder", ["", ".", "..", "/abs", "a/b", "~", ".rla", "log", "archive_tester", ".hidden", "a\nb"]
)
def test_a_folder_that_is_none(folder: str, data_root: Path, whole: Callable[..., Path]) -> None:
    whole("13-05-01-000001", lr=0.1)
    with pytest.raises(InvalidNameError):
        plan_of(data_root, folder)
