"""The check of a data root finds what is damaged, and repairs what is its to repair."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Any

import pytest

from rla import exp_manager, read_progress
from rla.errors import DataRootError
from rla.experiment.fsck import FsckReport, check_data_root_files
from rla.output.logger import Logger

Start = Callable[..., None]
RECORD_AND_DIE = """
for step in range(20):
    time_step_holder.set_time(step)
    logger.record_tabular("value", step * 1.5)
    logger.dump_tabular()
os._exit(1)
"""


@pytest.fixture
def finished(start: Start) -> Path:
    """The log folder of an experiment that has finished."""
    start(lr=0.1)
    exp_manager.logger.record_tabular("value", 1)
    exp_manager.logger.episodes(1.0)
    exp_manager.logger.dump_tabular()
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    return folder


@pytest.fixture
def dead(run_experiment: Callable[..., CompletedProcess[str]], data_root: Path) -> Path:
    """The log folder of a run that recorded twenty rows and was killed."""
    run_experiment(RECORD_AND_DIE)
    (folder,) = data_root.glob("log/demo_task/*/*/*/*")
    assert (folder / ".journal").is_dir()
    return folder


def content(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def problems(report: FsckReport) -> list[str]:
    return [finding.problem for finding in report.findings]


def test_a_run_that_finished_is_in_order(finished: Path, data_root: Path) -> None:
    report = check_data_root_files(data_root)
    assert (report.experiments, report.findings, report.errors) == (1, [], [])


def test_an_empty_data_root_is_in_order(data_root: Path) -> None:
    data_root.mkdir()
    assert check_data_root_files(data_root).as_dict() == {"experiments": 0, "errors": 0, "warnings": 0, "findings": []}


def test_a_missing_data_root_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(DataRootError):
        check_data_root_files(tmp_path / "nowhere")


def test_experiments_of_older_tools_are_in_order(data_root: Path) -> None:
    folder = data_root / "log/demo_task/2022/03/01/21-10-11-000001 a &lr=1"
    folder.mkdir(parents=True)
    (folder / "progress.csv").write_text("a,time-step\n1,0\n")
    assert check_data_root_files(data_root).as_dict()["experiments"] == 1
    assert check_data_root_files(data_root, repair=True).findings == []


def test_a_dead_run_is_found_and_nothing_is_written_without_repair(dead: Path, data_root: Path) -> None:
    before = content(data_root)
    report = check_data_root_files(data_root)
    (finding,) = report.findings
    assert finding.severity == "warning"
    assert finding.experiment == f"demo_task/{'/'.join(dead.parts[-4:])}"
    assert "journal" in finding.problem
    assert "--repair" in finding.advice
    assert not finding.repaired
    assert report.errors == []
    assert content(data_root) == before


def test_a_dead_run_is_repaired_once_and_keeps_all_rows(dead: Path, data_root: Path) -> None:
    rows = read_progress(dead).rows
    assert len(rows) == 20
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.repaired
    assert check_data_root_files(data_root, repair=True).findings == []
    assert len((dead / "progress.csv").read_text().splitlines()) == 21
    assert not (dead / ".journal").exists()
    assert read_progress(dead).rows == rows


def test_a_live_run_is_left_untouched(start_experiment: Callable[..., Popen[str]], data_root: Path) -> None:
    record = "logger.record_tabular('value', 1)\nlogger.dump_tabular()\nlogger.flush()\nprint('ready', flush=True)\n"
    process = start_experiment("sys.stdin.read()\n", ready=record)
    (folder,) = data_root.glob("log/demo_task/*/*/*/*")
    (folder / ".progress.csv.12-3.tmp").write_text("being written")
    before = content(data_root)
    report = check_data_root_files(data_root, repair=True)
    assert (report.experiments, report.findings) == (1, [])
    assert content(data_root) == before
    process.communicate("")
    assert process.returncode == 0
    assert len(read_progress(folder).rows) == 1


def test_a_card_that_cannot_be_read_is_an_error(finished: Path, data_root: Path) -> None:
    (finished / "experiment.json").write_text("{")
    (finding,) = check_data_root_files(data_root, repair=True).errors
    assert "experiment.json" in finding.problem
    assert not finding.repaired
    assert (finished / "experiment.json").read_text() == "{"


@pytest.mark.parametrize("tree", ["log", "code", "hyperparameter"])
def test_parameters_that_cannot_be_read_are_an_error(finished: Path, data_root: Path, tree: str) -> None:
    (path,) = data_root.glob(f"{tree}/demo_task/*/*/*/*/parameter.json")
    path.write_text('{"lr": ')
    (finding,) = check_data_root_files(data_root).errors
    assert tree in finding.problem
    assert "parameter.json" in finding.problem


def test_parameters_nested_too_deep_are_an_error_like_others(finished: Path, data_root: Path) -> None:
    (finished / "parameter.json").write_text("[" * 100_000)
    assert len(check_data_root_files(data_root).errors) == 1


def test_what_was_left_half_written_is_removed_with_repair_alone(finished: Path, data_root: Path) -> None:
    (results,) = data_root.glob("results/demo_task/*/*/*/*")
    (results / "eval").mkdir()
    left = [
        finished / ".experiment.json.12-3.tmp",
        finished / ".progress.csv.wider",
        results / "eval" / ".a.png.1-2.tmp",
    ]
    for path in left:
        path.write_text("half")
    (finding,) = check_data_root_files(data_root).findings
    assert (finding.severity, finding.repaired) == ("warning", False)
    assert "3 half-written" in finding.problem
    assert all(path.exists() for path in left)
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.repaired
    assert not any(path.exists() for path in left)
    assert check_data_root_files(data_root).findings == []


def test_files_of_the_users_are_never_removed(finished: Path, data_root: Path) -> None:
    mine = [finished / name for name in ("notes.tmp", ".hidden", "data.wider", "tb/mine.tmp")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    check_data_root_files(data_root, repair=True)
    assert all(path.exists() for path in mine)


@pytest.mark.parametrize("tree", ["hyperparameter", "code", "archive_tester"])
def test_what_was_left_half_written_in_another_tree_is_found(finished: Path, data_root: Path, tree: str) -> None:
    (path,) = data_root.glob(f"{tree}/demo_task/*/*/*/*")
    left = path.parent / f".{path.name}.12-3.tmp" if tree == "archive_tester" else path / ".parameter.json.12-3.tmp"
    left.write_text("half")
    check_data_root_files(data_root, repair=True)
    assert not left.exists()


@pytest.mark.parametrize("heartbeat", [0.0, 1e12], ids=["stale", "heard of"])
def test_a_run_of_another_host_is_not_repaired(dead: Path, data_root: Path, heartbeat: float) -> None:
    card: dict[str, Any] = json.loads((dead / "experiment.json").read_text())
    (dead / "experiment.json").write_text(json.dumps({**card, "host": "far-away", "heartbeat": heartbeat}))
    if not heartbeat:
        os.utime(dead / "experiment.json", (1e9, 1e9))
    before = content(data_root)
    report = check_data_root_files(data_root, repair=True)
    assert [(finding.repaired, "far-away" in finding.advice) for finding in report.findings] == (
        [] if heartbeat else [(False, True)]
    )
    assert content(data_root) == before


def test_what_another_host_writes_is_not_removed(dead: Path, data_root: Path) -> None:
    card: dict[str, Any] = json.loads((dead / "experiment.json").read_text())
    (dead / "experiment.json").write_text(json.dumps({**card, "host": "far-away", "heartbeat": 0.0}))
    (dead / ".experiment.json.12-3.tmp").write_text("being written over there")
    check_data_root_files(data_root, repair=True)
    assert (dead / ".experiment.json.12-3.tmp").exists()


@pytest.mark.parametrize("name", ["progress.csv", "episodes.csv"])
def test_a_torn_last_line_is_told_and_left_as_it_is(name: str, finished: Path, data_root: Path) -> None:
    with open(finished / name, "a") as stream:
        stream.write("3,4")
    before = content(data_root)
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert f"{name} ends in a torn line of 3 bytes" in finding.problem
    assert content(data_root) == before


@pytest.fixture
def unfinished(finished: Path) -> Path:
    """A place that a process had claimed when it died."""
    claim = finished.parent / "00-00-00-000001_10.0.0.5_"
    claim.mkdir()
    os.utime(claim, (1e9, 1e9))
    return claim


def test_a_place_that_was_just_claimed_is_left_alone(unfinished: Path, data_root: Path) -> None:
    os.utime(unfinished)
    assert check_data_root_files(data_root, repair=True).findings == []
    assert unfinished.exists()


def test_a_place_that_was_claimed_and_never_used_is_found(unfinished: Path, data_root: Path) -> None:
    (finding,) = check_data_root_files(data_root).findings
    assert "died while it was made" in finding.problem
    assert unfinished.exists()


def test_a_place_that_was_claimed_and_never_used_is_removed_with_repair(unfinished: Path, data_root: Path) -> None:
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.repaired
    assert not unfinished.exists()


def test_one_task_can_be_checked_alone(dead: Path, data_root: Path, start: Start) -> None:
    start("other", lr=1)
    exp_manager.finish()
    assert check_data_root_files(data_root, "other").findings == []
    assert check_data_root_files(data_root, "other").experiments == 1


# ---- code and checkpoints -----------------------------------------------------------------------------------------

CODE_OF_ALL = "# shared by all experiments, and longer than the code store's smallest body\n"
CODE_OF_EACH = "# of the experiment with lr={lr}, and longer than the code store's smallest body\n"


@pytest.fixture
def three(tmp_path: Path, data_root: Path) -> list[Path]:
    """The `code/` folders of three experiments: one file is the same in all, one is each experiment's own."""
    project = tmp_path / "project"
    project.mkdir()
    config = project / "rla_config.yaml"
    config.write_text("LOG_USED: [csv]\nBACKUP_CONFIG:\n  backup_code_dir: [all.py, own.py]\n")
    (project / "all.py").write_text(CODE_OF_ALL)
    for lr in range(3):
        (project / "own.py").write_text(CODE_OF_EACH.format(lr=lr))
        exp_manager.set_hyper_param(lr=lr)
        exp_manager.add_record_param("lr")
        exp_manager.configure("demo_task", rla_config=config, data_root=data_root)
        exp_manager.log_files_gen()
    exp_manager.finish()
    return sorted(data_root.glob("code/demo_task/*/*/*/*"))


def name_of(code: Path) -> str:
    return "/".join(code.parts[-5:])


def bodies(data_root: Path) -> set[str]:
    return {path.read_text() for path in data_root.glob(".rla/objects/*-*")}


def test_code_as_it_was_recorded_is_in_order(three: list[Path], data_root: Path) -> None:
    assert check_data_root_files(data_root).as_dict() == {"experiments": 3, "errors": 0, "warnings": 0, "findings": []}


def test_a_body_that_was_changed_is_an_error_of_each_experiment_that_has_it(three: list[Path], data_root: Path) -> None:
    os.chmod(three[0] / "all.py", 0o644)
    (three[0] / "all.py").write_text("# somebody edited it in place\n")
    report = check_data_root_files(data_root, repair=True)
    assert [error.experiment for error in report.errors] == [name_of(code) for code in three]
    assert all("all.py was changed" in error.problem and not error.repaired for error in report.errors)
    assert (three[2] / "all.py").read_text() == "# somebody edited it in place\n"


def test_code_of_one_experiment_that_was_changed_is_an_error_of_that_one(three: list[Path], data_root: Path) -> None:
    (three[1] / "own.py").unlink()
    (three[2] / "all.py").unlink()
    (three[2] / "all.py").write_text(CODE_OF_ALL + "# edited\n")
    first, second = check_data_root_files(data_root).errors
    assert (first.experiment, second.experiment) == (name_of(three[1]), name_of(three[2]))
    assert "own.py is gone" in first.problem
    assert "all.py was changed" in second.problem


def test_a_copy_of_a_file_of_equal_content_is_in_order(three: list[Path], data_root: Path) -> None:
    (three[0] / "all.py").unlink()
    (three[0] / "all.py").write_text(CODE_OF_ALL)
    assert check_data_root_files(data_root).findings == []


def test_many_changed_files_are_named_in_part(tmp_path: Path, data_root: Path, three: list[Path]) -> None:
    config = tmp_path / "project/rla_config.yaml"
    for number in range(5):
        (tmp_path / f"project/{number}.py").write_text("")
    exp_manager.configure(
        "many", rla_config=config, data_root=data_root, run_file=[f"{number}.py" for number in range(5)]
    )
    exp_manager.log_files_gen()
    exp_manager.finish()
    (code,) = data_root.glob("code/many/*/*/*/*")
    for number in range(5):
        (code / f"{number}.py").unlink()
    (error,) = check_data_root_files(data_root, "many").errors
    assert "0.py is gone, 1.py is gone, 2.py is gone and 2 more" in error.problem


def test_code_that_no_experiment_has_is_removed_with_repair_alone_and_that_of_others_stays(
    three: list[Path], data_root: Path
) -> None:
    shutil.rmtree(three[0])
    for path in data_root.glob(f"*/{name_of(three[0])}"):
        shutil.rmtree(path)
    before = bodies(data_root)
    (finding,) = check_data_root_files(data_root).findings
    assert (finding.experiment, finding.severity, finding.repaired) == (".rla/objects", "warning", False)
    assert finding.problem.startswith("2 files of code")  # its own file, and the manifest of its snapshot
    assert bodies(data_root) == before
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.repaired
    gone = before - bodies(data_root)
    assert CODE_OF_EACH.format(lr=0) in gone
    assert len(gone) == 2
    assert [(code / "own.py").read_text() for code in three[1:]] == [CODE_OF_EACH.format(lr=lr) for lr in (1, 2)]
    assert check_data_root_files(data_root).findings == []


def test_code_of_a_task_that_is_not_checked_is_no_garbage(three: list[Path], data_root: Path, start: Start) -> None:
    start("other", lr=1)
    exp_manager.finish()
    before = bodies(data_root)
    assert check_data_root_files(data_root, "other", repair=True).findings == []
    assert bodies(data_root) == before


@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_half_written_checkpoints_are_removed_and_files_of_the_users_are_not(data_root: Path, framework: str) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"], "DL_FRAMEWORK": framework}, data_root, code_root=data_root)
    exp_manager.log_files_gen()
    exp_manager.new_saver(max_to_keep=3)
    exp_manager.save_checkpoint({"weights": [1.0]})
    folder = Path(exp_manager.checkpoint_dir)
    exp_manager.finish()
    (saved,) = folder.iterdir()
    half = folder / f".{saved.name}.4321-7.tmp"
    mine = [folder / name for name in (".hidden", ".notes.tmp", ".best.pt.tmp", "best.pt.tmp", ".git/a.1-1.tmp")]
    for path in (half, *mine):
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    (finding,) = check_data_root_files(data_root).findings
    assert "1 half-written" in finding.problem
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.repaired
    assert not half.exists()
    assert all(path.exists() for path in (saved, *mine))
    assert check_data_root_files(data_root).findings == []


def test_a_process_that_is_killed_while_it_saves_leaves_what_repair_removes(
    run_experiment: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    program = """
from rla import files
exp_manager.new_saver(max_to_keep=3)
exp_manager.save_checkpoint({"weights": [1.0]})
files.rename = lambda source, target: os.kill(os.getpid(), 9)
time_step_holder.set_time(1)
exp_manager.save_checkpoint({"weights": [2.0]})
"""
    run_experiment(program)
    (folder,) = data_root.glob("checkpoint/demo_task/*/*/*/*")
    assert len(list(folder.iterdir())) == 2
    problems_found = problems(check_data_root_files(data_root, repair=True))
    assert any("1 half-written" in problem for problem in problems_found)
    (kept,) = folder.iterdir()
    assert kept.name.startswith("checkpoint_0")


def test_the_file_of_resumes_is_looked_at(finished: Path, data_root: Path) -> None:
    logger = Logger(on_terminal=False)
    logger.open(finished, ["csv"], resume_at=0)
    logger.record_tabular("value", 2)
    logger.dump_tabular(1)
    logger.close()
    assert check_data_root_files(data_root).findings == []
    (finished / "segments.json").write_text((finished / "segments.json").read_text().replace('"rows": 1', '"rows": 7'))
    (finding,) = check_data_root_files(data_root).findings
    assert "has 2 rows, but there were 7 when the run was resumed" in finding.problem
    (finished / "segments.json").write_text("{")
    (finding,) = check_data_root_files(data_root, repair=True).findings
    assert finding.severity == "error"
    assert "segments.json cannot be read" in finding.problem
    assert (finished / "segments.json").read_text() == "{"
