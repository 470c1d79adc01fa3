"""The scripts of `rla_scripts/` work where the folder was copied to: they show, ask once on stdin, and act then."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.batch import apply, plan_undo
from rla.batch.undo import find_operation
from rla.compat.scripts import configuration_beside, data_root_beside
from rla.compat.scripts import run as run_main
from rla.database.trees import ExperimentPlace
from rla.errors import ConfigError
from rla.names import LOG

REPOSITORY = Path(__file__).resolve().parents[3]
Record = Callable[..., ExperimentPlace]
Picture = Callable[..., dict[str, tuple[object, ...]]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def scripts(tmp_path: Path, data_root: Path) -> Path:
    """The folder of the scripts, copied into a project, with its DATA_ROOT edited."""
    folder = tmp_path / "project" / "rla_scripts"
    shutil.copytree(REPOSITORY / "rla_scripts", folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = folder / "rla_script_config.py"
    text, changes = re.subn("(?m)^DATA_ROOT = .*$", f"DATA_ROOT = {str(data_root)!r}", config.read_text())
    assert changes == 1
    config.write_text(text)
    return folder


@pytest.fixture
def run(scripts: Path, tmp_path: Path) -> Run:
    """Run a script from a folder that has nothing to do with it: ``run("view_expt", "--regex", "*")``."""

    def run_script(name: str, *arguments: object, answer: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(scripts / f"{name}.py"), *map(str, arguments)],
            input=answer,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            check=False,
        )

    return run_script


def test_delete_asks_and_deletes_what_was_shown(
    run: Run, recorded_run: Record, data_root: Path, picture_of: Picture
) -> None:
    experiment = recorded_run(lr=0.1)
    before = picture_of(data_root, only_files=True)
    asked = ("delete_expt", "--task_table_name", "demo", "--regex", "*")
    for answer in ("n\n", ""):  # no, and the end of the input
        done = run(*asked, answer=answer)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Delete 1 experiment? [y/N]" in done.stdout
        assert "Nothing was changed." in done.stdout
        assert picture_of(data_root, only_files=True) == before
    done = run(*asked, answer="y\n")
    assert done.returncode == 0
    assert experiment.index_name in done.stdout
    assert "1 experiment: 7 folders and files moved to the trash." in done.stdout
    assert picture_of(data_root, only_files=True) == {}
    apply(plan_undo(find_operation(data_root)))
    assert picture_of(data_root, only_files=True) == before


def test_delete_of_small_runs(run: Run, experiment: Callable[..., Path], data_root: Path) -> None:
    small = experiment("13-05-01-000001", lr=0.1)
    large = experiment("13-05-02-000001", rows="loss,time-step\n0.5,5000\n", lr=0.2)
    small_ts = ("--delete_type", "small_ts", "--timestep_bound", 1000)
    done = run("delete_expt", "--task_table_name", "demo", "--regex", "*", *small_ts, answer="y\n")
    assert done.returncode == 0, done.stderr
    assert not small.exists()
    assert large.exists()


def test_a_bound_without_small_ts_deletes_nothing(run: Run, experiment: Callable[..., Path]) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    for options in (("--timestep_bound", 1000), ("--delete_type", "small_ts")):
        done = run("delete_expt", "--task_table_name", "demo", "--regex", "*", *options, answer="y\n")
        assert done.returncode == 2
        assert "belong together" in done.stderr
    assert log_dir.exists()


def test_archive_and_migrate_copy(run: Run, recorded_run: Record, data_root: Path) -> None:
    place = recorded_run(lr=0.1)
    done = run("archive_expt", "--task_table_name", "demo", "--regex", "*", answer="y\n")
    assert "1 experiment: 7 folders and files archived." in done.stdout, done.stderr
    done = run("migrate_expt", "--task_table", "demo", "--target_task_table", "final", "--regex", "*", answer="y\n")
    assert "1 experiment: 7 folders and files migrated." in done.stdout, done.stderr
    for copy in (
        ExperimentPlace(data_root / "arc", "demo", place.day, place.index_name),
        ExperimentPlace(data_root, "final", place.day, place.index_name),
        place,
    ):
        assert (copy.path(LOG) / "progress.csv").exists()


def test_view_asks_for_each(run: Run, experiment: Callable[..., Path]) -> None:
    for number in (1, 2, 3):
        (experiment(f"13-05-0{number}-000001", lr=number) / "backup.txt").write_text(f"note {number}\n")
    done = run("view_expt", "--task_table_name", "demo", "--regex", "*", answer="y\nn\n")
    assert done.returncode == 0
    assert [line for line in ("note 1", "note 2", "note 3") if line in done.stdout] == ["note 1"]


def test_the_plotter_says_where_its_list_is(run: Run, experiment: Callable[..., Path], tmp_path: Path) -> None:
    experiment("13-05-01-000001", lr=0.1)
    done = run("start_pretty_plotter", "--task_table_name", "demo", "--regex", "*", "--location", "list.json")
    assert done.stdout == "written: list.json\n"
    assert '"lr": 0.1' in (tmp_path / "list.json").read_text()


def test_send_and_download_ask_and_go_by_the_configuration_of_the_project(
    run: Run, scripts: Path, experiment: Callable[..., Path], data_root: Path, tmp_path: Path
) -> None:
    setting = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: ../main\n"
    (scripts.parent / "rla_config.yaml").write_text(setting)
    log_dir = experiment("13-05-01-000001", lr=0.1)
    weights = data_root / "checkpoint" / log_dir.relative_to(data_root / "log") / "weights"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"w")
    asked = ("send_expt", "--task_table_name", "demo", "--regex", "*", "--trees", "log", "checkpoint")
    done = run(*asked, answer="n\n")
    assert "Send 1 experiment? [y/N]" in done.stdout, done.stderr
    assert "Nothing was changed." in done.stdout
    assert not list(tmp_path.glob("main/*/*"))
    done = run(*asked, answer="y\n")
    assert f"Send 1 experiment to {tmp_path / 'main'}: 4 files, " in done.stdout, done.stderr
    assert "4 files sent (" in done.stdout
    shutil.rmtree(data_root)
    data_root.mkdir()
    done = run("download_expt", "--task_table_name", "demo", "--regex", "2026/*", answer="y\n")
    assert "3 files downloaded (" in done.stdout, done.stderr
    assert (log_dir / "progress.csv").exists()
    assert not weights.exists()  # REMOTE_SETTING.trees is [log], and nothing else was said


def test_the_configuration_is_named_or_the_nearest_or_that_of_the_data_root(scripts: Path, data_root: Path) -> None:
    script = str(scripts / "send_expt.py")
    with pytest.raises(ConfigError, match="There is no configuration file at"):
        configuration_beside(script)
    data_root.mkdir()
    for folder in (data_root, scripts.parent, scripts):
        (folder / "rla_config.yaml").write_text("")
        assert configuration_beside(script) == folder / "rla_config.yaml"
    assert configuration_beside(script, "lab.yaml") == Path("lab.yaml")


def test_early_copies_call_the_configuration_config(
    run: Run, scripts: Path, experiment: Callable[..., Path], data_root: Path
) -> None:
    experiment("13-05-01-000001", lr=0.1)
    (scripts / "rla_script_config.py").unlink()
    relative = os.path.relpath(data_root, scripts)  # meant from the folder of the file, not from where it is run
    (scripts / "config.py").write_text(f"DATA_ROOT = {relative!r}\n")
    assert "Delete 1 experiment?" in run("delete_expt", "--task_table_name", "demo", "--regex", "*").stdout


def test_as_it_comes_the_data_root_is_the_project(run: Run, scripts: Path) -> None:
    shutil.copy(REPOSITORY / "rla_scripts" / "rla_script_config.py", scripts)
    done = run("delete_expt", "--task_table_name", "demo", "--regex", "*")
    assert done.stdout == f"There is no task 'demo' in '{scripts.parent}'. Tasks: none.\n"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (None, "There is no configuration file at"),
        ("DATA_ROOT = ''", "DATA_ROOT in '{config}' is ''; expected the folder that holds log/ and the other trees"),
        ("ROOT = 'x'", "DATA_ROOT in '{config}' is nothing"),
        ("DATA_ROOT = ", "'{config}' cannot be run: SyntaxError"),
    ],
)
def test_a_configuration_that_is_none_is_told(config: str | None, told: str, scripts: Path) -> None:
    path = scripts / "rla_script_config.py"
    path.unlink()
    if config is not None:
        path.write_text(config + "\n")
    with pytest.raises(ConfigError, match=re.escape(told.format(config=path))):
        data_root_beside(str(scripts / "delete_expt.py"))


def test_errors_are_shown_in_a_line(run: Run, scripts: Path) -> None:
    (scripts / "rla_script_config.py").write_text("DATA_ROOT = 'nowhere'\n")
    done = run("delete_expt", "--task_table_name", "demo", "--regex", "*")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: The data root '{scripts / 'nowhere'}' cannot be used: there is no such folder. "
        "Give the folder that holds log/ and the other trees.\n"
    )


def test_ctrl_c_ends_a_script_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        run_main(interrupted)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_the_readme_names_each_script() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in (REPOSITORY / "rla_scripts").glob("*.py")}
    assert names == set(re.findall(r"\w+\.py", readme)) & names
    assert len(names) == 8


def test_the_page_names_the_options_of_each_script(scripts: Path) -> None:
    page = (REPOSITORY / "docs" / "batch_scripts.md").read_text(encoding="utf-8")
    for script in sorted(scripts.glob("*_*.py")):
        if script.name == "rla_script_config.py":
            continue
        options = set(re.findall(r'add_argument\(\s*"(--\w+)"', script.read_text(encoding="utf-8")))
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{script.name}` |"))
        assert options == set(re.findall(r"--\w+", row)), script.name
        assert len(options) >= 2
