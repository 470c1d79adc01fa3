"""Migrated copies name their new task, lie where they were asked to, and are read like any experiment."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import ARCHIVE, ExperimentManager, experiment_data_query, query
from rla.batch import Outcome, Plan, choose, plan_deletion, plan_migration
from rla.database.archive import read_archive

AllDone = Callable[[Plan], Outcome]
Looks = Callable[..., dict[str, tuple[object, ...]]]
Undo = Callable[..., Outcome]


@pytest.fixture
def recorded(data_root: Path, tmp_path: Path) -> Path:
    """A real experiment with code, and its log folder."""
    (tmp_path / "train.py").write_text("x = 1\n" * 100)
    manager = ExperimentManager()
    manager.set_hyper_param(lr=0.1)
    manager.add_record_param(["lr"])
    config = {"LOG_USED": ["csv"], "BACKUP_CONFIG": {"backup_code_dir": ["train.py"]}}
    manager.configure("demo", config, data_root=data_root, code_root=tmp_path)
    manager.log_files_gen()
    manager.logger.record_tabular("loss", 0.5)
    manager.logger.dump_tabular()
    manager.add_custom_data("note", {"a": 1})
    log_dir = Path(manager.log_dir)
    manager.finish()
    return log_dir


def test_to_another_task(data_root: Path, recorded: Path, all_done: AllDone, looks: Looks) -> None:
    before = looks(data_root, True)
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper/table 2"))
    copy = data_root / "log" / "paper/table 2" / recorded.relative_to(data_root / "log" / "demo")
    card = json.loads((copy / "experiment.json").read_text())
    original = json.loads((recorded / "experiment.json").read_text())
    assert card == {**original, "task": "paper/table 2", "migrated_from": str(data_root / "log" / "demo")}
    archive = read_archive(Path(str(copy).replace("/log/", "/archive_tester/") + ".pkl"))
    assert archive["task_table_name"] == "paper/table 2"
    assert (copy / "experiment.json").stat().st_mtime_ns == (recorded / "experiment.json").stat().st_mtime_ns
    assert copy.stat().st_mtime_ns == recorded.stat().st_mtime_ns
    folders = {path: look for path, look in before.items() if path.count("/") > 0}
    assert {path: look for path, look in looks(data_root, True).items() if path in folders} == folders


def test_copies_are_found_and_read(data_root: Path, recorded: Path, tmp_path: Path, all_done: AllDone) -> None:
    other = tmp_path / "new" / "data"
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper", other))
    (found,) = query.experiments(other, "paper", "lr == 0.1")
    assert (found.status, found.last) == ("finished", {"loss": 0.5})
    ((date, result),) = experiment_data_query(str(other), "paper", "*", ARCHIVE).items()
    assert date == found.record_date
    archived = result.exp_manager
    assert (archived.task_table_name, archived.hyper_param.lr) == ("paper", 0.1)
    assert archived.custom_data["note"] == [{"a": 1}]


def test_code_in_another_data_root_is_kept_in_its_code_store(
    data_root: Path, recorded: Path, tmp_path: Path, all_done: AllDone
) -> None:
    other = tmp_path / "other"
    all_done(plan_migration(choose(data_root, "demo", "*"), "one", other))
    all_done(plan_migration(choose(data_root, "demo", "*"), "two", other))
    first, second = (path.stat() for path in sorted((other / "code").rglob("train.py")))
    (body,) = (path.stat() for path in (other / ".rla" / "objects").iterdir() if path.stat().st_size == 600)
    assert first.st_ino == second.st_ino == body.st_ino
    assert body.st_nlink == 3


def test_a_plan_makes_no_folder(data_root: Path, recorded: Path, tmp_path: Path) -> None:
    plan = plan_migration(choose(data_root, "demo", "*"), None, tmp_path / "new" / "data")
    assert len(plan.items) == 1
    assert not (tmp_path / "new").exists()


def test_archives_of_the_original_stay_as_they_are(
    data_root: Path, experiment: Callable[..., Path], old_archive: bytes, all_done: AllDone
) -> None:
    log_dir = experiment("13-05-01-000001", status=None, lr=0.1)
    archive = data_root / "archive_tester" / log_dir.relative_to(data_root / "log").parent / f"{log_dir.name}.pkl"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(old_archive)
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    copy = Path(str(archive).replace("/demo/", "/paper/"))
    assert copy.read_bytes() == old_archive
    assert copy.stat().st_mtime_ns == archive.stat().st_mtime_ns


@pytest.mark.parametrize("card", ["", "{", "[]", "null", '"text"', '{"task": 3, "own": NaN}'])
def test_run_cards_of_foreign_hands(
    card: str, data_root: Path, experiment: Callable[..., Path], all_done: AllDone
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "experiment.json").write_text(card)
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    copied = Path(str(log_dir).replace("/demo/", "/paper/"), "experiment.json").read_text()
    assert '"task": "paper"' in copied if card.startswith('{"') else copied == card


def test_nothing_is_written_through_a_link(
    data_root: Path, tmp_path: Path, experiment: Callable[..., Path], all_done: AllDone, looks: Looks
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    log_dir.rename(tmp_path / "elsewhere")
    log_dir.symlink_to(tmp_path / "elsewhere")
    card = experiment("13-05-02-000001", lr=0.2) / "experiment.json"
    card.rename(tmp_path / "card")
    card.symlink_to(tmp_path / "card")
    before = looks(tmp_path / "elsewhere", True), (tmp_path / "card").read_text()
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    assert (looks(tmp_path / "elsewhere", True), (tmp_path / "card").read_text()) == before


def test_undo_takes_the_copies_away(
    data_root: Path, recorded: Path, all_done: AllDone, undo: Undo, looks: Looks
) -> None:
    before = {path for path, look in looks(data_root).items() if look[0] != "folder"}
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    undo()
    assert {path for path, look in looks(data_root).items() if look[0] != "folder"} == before
    assert len(query.experiments(data_root)) == 1


def test_a_second_migration_brings_the_copy_up_to_date(
    data_root: Path, recorded: Path, all_done: AllDone, undo: Undo, looks: Looks
) -> None:
    all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    assert plan_migration(choose(data_root, "demo", "*"), "paper").current == 1
    first = looks(data_root / "log" / "paper")
    (recorded / "backup.txt").write_text("a thought of later\n")
    plan = plan_migration(choose(data_root, "demo", "*"), "paper")
    assert [item.note for item in plan.items] == ["takes the place of an earlier copy, which goes to the trash"]
    all_done(plan)
    assert looks(data_root / "log" / "paper") != first
    undo()
    assert looks(data_root / "log" / "paper") == first


def test_a_copy_of_a_living_run_is_brought_up_to_date_and_deleted(
    data_root: Path, live: Callable[..., subprocess.Popen[str]], all_done: AllDone
) -> None:
    live()
    for _ in range(2):
        all_done(plan_migration(choose(data_root, "demo", "*"), "paper"))
    plan = plan_deletion(choose(data_root, "paper", "*"))
    assert (len(plan.items), plan.refused) == (1, [])
    all_done(plan)
