"""`ArchiveLogTool` and `MigrateLogTool` copy whole experiments, bring older copies up to date, and count the copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log.log_tools import ArchiveLogTool, MigrateLogTool

from rla import TREES
from rla.database.trees import ExperimentPlace
from rla.errors import BatchError, InvalidNameError, QueryError
from rla.names import LOG

Record = Callable[..., ExperimentPlace]
Write = Callable[..., Path]
Picture = Callable[..., dict[str, tuple[object, ...]]]


def test_an_archive_has_all_seven_trees_and_the_experiments_stay(
    recorded_run: Record, data_root: Path, picture_of: Picture
) -> None:
    recorded_run(lr=0.1)
    before = picture_of(data_root)
    assert ArchiveLogTool(data_root, "demo", "*").archive_log(skip_ask=True) == 7
    after = picture_of(data_root)
    assert {name: what for name, what in after.items() if name.partition("/")[0] != "arc"} == before
    files = {name: what for name, what in before.items() if what[0] is not None}
    assert picture_of(data_root / "arc", only_files=True) == files  # content, mode and time
    assert {path.name for path in (data_root / "arc").iterdir()} == set(TREES)


def test_a_copy_that_is_up_to_date_is_left_and_one_of_an_experiment_that_grew_is_not(
    experiment: Write, data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    grown = experiment("13-05-02-000001", lr=0.2)
    tool = ArchiveLogTool(data_root, "demo", "*")
    assert tool.archive_log(skip_ask=True) == 2
    assert tool.archive_log(skip_ask=True) == 0
    assert "2 experiments are there already, and up to date." in capsys.readouterr().out
    with (grown / "progress.csv").open("a") as stream:
        stream.write("0.25,20,2.0\n")
    assert tool.archive_log(skip_ask=True) == 1
    copy = data_root / "arc" / grown.relative_to(data_root) / "progress.csv"
    assert copy.read_text() == (grown / "progress.csv").read_text()


def test_an_archive_by_another_name(experiment: Write, data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    tool = ArchiveLogTool(data_root, "demo", "*", archive_table_name="paper_2026")
    assert tool.archive_log(skip_ask=True) == 1
    assert (data_root / "paper_2026" / log_dir.relative_to(data_root) / "progress.csv").exists()
    assert not (data_root / "arc").exists()


@pytest.mark.parametrize("name", ["", None, "..", "/tmp", "a/b", "log", ".rla", "~"])
def test_an_archive_is_a_folder_of_the_data_root_and_nobody_elses(
    name: str | None, experiment: Write, data_root: Path
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    with pytest.raises((InvalidNameError, BatchError)):
        ArchiveLogTool(data_root, "demo", "*", name).archive_log(skip_ask=True)  # type: ignore[arg-type]
    assert {path.name for path in data_root.iterdir()} == {"log"}


def test_a_migrated_experiment_belongs_to_its_new_task(recorded_run: Record, data_root: Path) -> None:
    run = recorded_run(lr=0.1)
    tool = MigrateLogTool(data_root, "demo", "*", "final")
    assert tool.migrate_log(skip_ask=True) == 7
    assert tool.migrate_log(skip_ask=True) == 0
    copy = ExperimentPlace(data_root, "final", run.day, run.index_name)
    assert json.loads((copy.path(LOG) / "experiment.json").read_text())["task"] == "final"
    assert (run.path(LOG) / "progress.csv").read_bytes() == (copy.path(LOG) / "progress.csv").read_bytes()


@pytest.mark.parametrize("target", ["", None, "..", "../demo", "/tmp/demo", "~", "demo/../x", "a\nb", "demo"])
def test_a_target_that_is_none_is_refused(
    target: str | None, experiment: Write, data_root: Path, picture_of: Picture
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    before = picture_of(data_root.parent)
    with pytest.raises((InvalidNameError, BatchError)):
        MigrateLogTool(data_root, "demo", "*", target).migrate_log(skip_ask=True)  # type: ignore[arg-type]
    assert picture_of(data_root.parent) == before


def test_no_and_the_end_of_the_input_copy_nothing(
    experiment: Write, data_root: Path, picture_of: Picture, answers: Callable[..., list[str]]
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    before = picture_of(data_root)
    asked = answers("no")
    assert ArchiveLogTool(data_root, "demo", "*").archive_log() == 0
    assert MigrateLogTool(data_root, "demo", "*", "final").migrate_log() == 0
    assert asked == ["\nArchive 1 experiment? [y/N] ", "\nMigrate 1 experiment? [y/N] "]
    assert picture_of(data_root) == before


def test_a_copy_of_some_trees_is_no_copy(data_root: Path) -> None:
    with pytest.raises(QueryError, match="A copy has all trees"):
        ArchiveLogTool(data_root, "demo", "*", "arc", [LOG])
    with pytest.raises(QueryError, match="A copy has all trees"):
        MigrateLogTool(data_root, "demo", "*", "final", optional_log_type=LOG)
