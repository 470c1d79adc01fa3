"""A script that records an experiment leaves a copy of its code there: what its configuration lists, and no more."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, files, read_progress
from rla.experiment.fsck import check_data_root_files

REPOSITORY = Path(__file__).resolve().parents[2]
OWN = {".snapshot.json", "parameter.json", "parameter.yaml"}
ALWAYS = {"train.py", "rla_config.yaml"}
SCRIPT = """\
import json
import sys
import warnings
from rla import exp_manager, logger
warnings.simplefilter("always")
exp_manager.configure("demo_task", rla_config="rla_config.yaml", **json.loads(sys.argv[1]))
exp_manager.log_files_gen()
for step in range(3):
    logger.record_tabular("loss", step)
    logger.dump_tabular(step)
"""
CONFIG = """\
LOG_USED: [csv, log]
BACKUP_CONFIG:
  backup_code_dir: {names}
  ignore_code_paths: {ignore}
  largest_file_mb: 1
REMOTE_SETTING:
  ftp_server: host-of-ours
  username: somebody
  password: open-sesame
"""
FILES = {
    "net/mlp.py": "# a module of the network, longer than what is copied into each experiment\n",
    "net/deep/layers.py": "",
    "net/notes.tmp": "",
    "tool.py": "",
    "other.py": "",
}
Notices = Callable[[], list[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, content in {**FILES, "train.py": SCRIPT}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def configure(project: Path) -> Callable[..., None]:
    """Write the configuration: ``configure(["net"], [".gitignore"])``."""

    def write(names: list[str], ignore: list[str]) -> None:
        text = CONFIG.format(names=json.dumps(names), ignore=json.dumps(ignore))
        (project / "rla_config.yaml").write_text(text)

    return write


@pytest.fixture
def run_script(project: Path, configure: Callable[..., None]) -> Callable[..., str]:
    """Run the script and return what it says on stderr: ``run_script(["net"], run_file="tool.py")``."""

    def run(
        names: tuple[str, ...] | list[str] = (),
        ignore: tuple[str, ...] | list[str] = (),
        env: dict[str, str] | None = None,
        **arguments: Any,
    ) -> str:
        configure(list(names), list(ignore))
        done = subprocess.run(
            [sys.executable, "train.py", json.dumps({"data_root": "../data", **arguments})],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


@pytest.fixture
def train(run_script: Callable[..., str], project: Path) -> Callable[..., Path]:
    """Run the script and return the `code/` folder of its experiment; it takes what ``run_script`` takes."""

    def run(*lists: list[str], **arguments: Any) -> Path:
        run_script(*lists, **arguments)
        return max((project / arguments.get("data_root", "../data")).resolve().glob("code/demo_task/*/*/*/*"))

    return run


@pytest.fixture
def notices(data_root: Path) -> Notices:
    """The lines of all experiments' `warn.txt`."""

    def read() -> list[str]:
        return [line for path in sorted(data_root.rglob("warn.txt")) for line in path.read_text().splitlines()]

    return read


def kept(code: Path) -> set[str]:
    return {str(path.relative_to(code)) for path in code.rglob("*") if path.is_symlink() or path.is_file()} - OWN


# ---- what is kept -------------------------------------------------------------------------------------------------


def test_listed_files_and_folders_are_kept_with_their_content(train: Callable[..., Path], notices: Notices) -> None:
    code = train(["net", "tool.py"])
    assert kept(code) == ALWAYS | {"net/mlp.py", "net/deep/layers.py", "net/notes.tmp", "tool.py"}
    assert (code / "net/mlp.py").read_text() == FILES["net/mlp.py"]
    assert (code / "train.py").read_text() == SCRIPT
    assert notices() == []


@pytest.mark.parametrize("ignored", ["", "train.py\n*.yaml\n", "*\n"])
def test_script_and_configuration_are_always_kept(train: Callable[..., Path], project: Path, ignored: str) -> None:
    (project / ".gitignore").write_text(ignored)
    assert kept(train(["net/deep"], [".gitignore"])) >= ALWAYS


def test_the_secrets_of_the_configuration_are_masked_and_nothing_else(
    train: Callable[..., Path], project: Path
) -> None:
    copy = (train() / "rla_config.yaml").read_text()
    expected = (project / "rla_config.yaml").read_text()
    for secret in ("host-of-ours", "somebody", "open-sesame"):
        expected = expected.replace(secret, '"***"')
    assert copy == expected


def test_ignore_files_of_the_configuration_leave_out(train: Callable[..., Path], project: Path) -> None:
    (project / "ignored.txt").write_text("*.tmp\ndeep/\n")
    assert kept(train(["net"], ["ignored.txt"])) == ALWAYS | {"net/mlp.py", "ignored.txt"}


def test_an_ignore_file_of_the_call_replaces_those_of_the_configuration(
    train: Callable[..., Path], project: Path
) -> None:
    (project / "ignored.txt").write_text("*.tmp\n")
    (project / "other.txt").write_text("deep/\n")
    code = train(["net"], ["ignored.txt"], ignore_file_path="other.txt")
    assert kept(code) == ALWAYS | {"net/mlp.py", "net/notes.tmp", "other.txt"}
    code = train(["net"], ["ignored.txt"], ignore_file_path=["other.txt", "ignored.txt"])
    assert kept(code) == ALWAYS | {"net/mlp.py", "other.txt", "ignored.txt"}


def test_run_files_are_kept_though_they_are_ignored_or_lie_elsewhere(
    train: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    (project / ".gitignore").write_text("other.py\n")
    (tmp_path / "launch.sh").write_text("python train.py\n")
    code = train(["tool.py"], [".gitignore"], run_file=["other.py", "../launch.sh"])
    assert kept(code) == ALWAYS | {"tool.py", "other.py", "launch.sh", ".gitignore"}


def test_another_folder_of_code_is_taken_when_one_is_given(train: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/theirs.py").write_text("")
    assert kept(train(["."], code_root="../elsewhere")) == {"theirs.py", "train.py"}


@pytest.mark.parametrize("data_root", [".", "results/data"])
def test_data_inside_the_project_is_left_out_from_the_first_experiment_on(
    train: Callable[..., Path], project: Path, data_root: str
) -> None:
    for _ in range(2):
        assert kept(train(["."], data_root=data_root)) == ALWAYS | FILES.keys()


def test_two_experiments_share_the_bodies_of_their_code(train: Callable[..., Path], data_root: Path) -> None:
    one, other = train(["net"]), train(["net"])
    assert one != other
    assert (one / "net/mlp.py").samefile(other / "net/mlp.py")
    bodies = sorted(path for path in data_root.glob(".rla/objects/*") if path.name != "lock")
    train(["net"])
    assert [path for path in bodies if path.stat().st_nlink < 4] == []


# ---- what is left out ---------------------------------------------------------------------------------------------


def test_all_that_is_left_out_is_told_in_one_notice(
    train: Callable[..., Path], project: Path, tmp_path: Path, notices: Notices
) -> None:
    (project / "net/table.py").write_text("1,\n" * 500_000)
    (project / "net/elsewhere.py").symlink_to(tmp_path)
    os.mkfifo(project / "net/pipe")
    (project / "dangling.py").symlink_to("nowhere.py")
    names = ["net", "nett", "../data", "dangling.py", "tool.py"]
    code = train(names, [".gitgnore"])
    (notice,) = notices()
    for expected in (
        "leaves out 7 of",
        "'nett': there is no such file or folder. Did you mean 'net'?",
        "'.gitgnore': there is no such ignore file.",
        "'../data': it lies outside the code root",
        "'dangling.py': it leads nowhere",
        "'net/table.py': it is larger than BACKUP_CONFIG.largest_file_mb: 1.4 of 1 MiB",
        "'net/pipe': it is no regular file",
        "'net/elsewhere.py': it is a link to",
    ):
        assert expected in notice
    assert kept(code) == ALWAYS | {"net/mlp.py", "net/deep/layers.py", "net/notes.tmp", "tool.py"}
    assert set(json.loads((code / ".snapshot.json").read_text())["left_out"]) == {
        *(".gitgnore", "nett", "../data", "dangling.py", "net/table.py", "net/pipe", "net/elsewhere.py")
    }


def test_a_notice_of_very_many_names_ten_of_them(train: Callable[..., Path], notices: Notices) -> None:
    code = train([f"missing_{number}" for number in range(30)])
    (notice,) = notices()
    assert "leaves out 30 of" in notice
    assert notice.count("there is no such file or folder") == 10
    assert "20 more" in notice
    assert len(json.loads((code / ".snapshot.json").read_text())["left_out"]) == 30


def test_a_listed_pipe_is_left_out_and_the_training_goes_on(
    project: Path, configure: Callable[..., None], data_root: Path, notices: Notices
) -> None:
    def waits(*_: object) -> None:
        raise RuntimeError("it waits for somebody to write into the pipe")

    os.mkfifo(project / "pipe")
    configure(["pipe", "tool.py"], [])
    exp_manager.configure("demo_task", rla_config=project / "rla_config.yaml", data_root=data_root)
    before = signal.signal(signal.SIGALRM, waits)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        exp_manager.log_files_gen()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    exp_manager.finish()
    assert "'pipe'" in notices()[0]


@pytest.mark.parametrize(
    ("argument", "given", "expected"),
    [
        ("run_file", "tol.py", "Did you mean 'tool.py'?"),
        ("run_file", ["tool.py", "nowhere.py"], "nowhere.py"),
        ("ignore_file_path", ".gitgnore", ".gitgnore"),
    ],
)
def test_an_argument_that_does_not_exist_warns_and_the_training_goes_on(
    run_script: Callable[..., str], data_root: Path, argument: str, given: object, expected: str
) -> None:
    said = run_script(["net"], **{argument: given})
    assert said.count("RLAWarning") == 1
    assert argument in said
    assert expected in said
    assert len(list(data_root.rglob("progress.csv"))) == 1


def test_a_name_that_does_not_exist_is_said_on_stderr_where_the_terminal_is_no_output(
    run_script: Callable[..., str],
) -> None:
    assert run_script(["nett"]).count("Did you mean 'net'?") == 1


# ---- a disk that is full, and other ranks -------------------------------------------------------------------------


def test_a_full_disk_warns_and_the_training_goes_on(
    project: Path, configure: Callable[..., None], data_root: Path, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[str] = []

    def full_after_two(path: str, data: bytes, mode: int, modified: int) -> None:
        if len(created) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        created.append(path)
        create(path, data, mode, modified)

    create = files.create_file
    monkeypatch.setattr(files, "create_file", full_after_two)
    configure(["net", "tool.py"], [])
    exp_manager.configure("demo_task", rla_config=project / "rla_config.yaml", data_root=data_root)
    exp_manager.log_files_gen()
    exp_manager.logger.record_tabular("loss", 1)
    exp_manager.logger.dump_tabular()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    (notice,) = notices()
    assert "not complete" in notice
    assert os.strerror(errno.ENOSPC) in notice
    assert [row["loss"] for row in read_progress(log_dir).rows] == [1]
    card = json.loads(Path(log_dir, "experiment.json").read_text())
    assert (card["status"], card["code"]) == ("finished", None)
    assert check_data_root_files(data_root).errors == []


def test_another_rank_keeps_no_code_and_leaves_nothing_behind(
    run_script: Callable[..., str], data_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    run_script(["net"], env={"RANK": "1", "WORLD_SIZE": "2", "TMPDIR": str(tmp_path / "tmp")})
    assert not data_root.exists()
    assert list((tmp_path / "tmp").iterdir()) == []
