"""`rla diff` shows what differs: tables and coloured lines for people, JSON for machines."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rla import exp_manager

REPOSITORY = Path(__file__).resolve().parents[2]
RLA = [sys.executable, "-m", "rla.cli.main"]
COLOR = "\x1b["
BEFORE = "import math\n\nWIDTH = 64\nNAMES = ['[bold]a[/bold]', '[/red]', ':smile:']\n"
AFTER = BEFORE.replace("64", "128").replace("[bold]a", "[bold]b")


class Two(NamedTuple):
    """Two experiments, by record date, and the folder of their code."""

    one: str
    other: str
    project: Path


Diff = Callable[..., Any]
Record = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "net").mkdir(parents=True)
    (folder / "net/mlp.py").write_text(BEFORE)
    (folder / "rla_config.yaml").write_text(
        "LOG_USED: [csv]\nDATA_ROOT: ../data\nBACKUP_CONFIG:\n  backup_code_dir: [net]\n"
    )
    return folder


@pytest.fixture
def record(project: Path) -> Record:
    """Record an experiment and return its record date: ``record(lr=0.1)``."""

    def run(task: str = "demo_task", **hyper_param: Any) -> str:
        exp_manager.hyper_param = hyper_param
        exp_manager.configure(task, rla_config=project / "rla_config.yaml")
        exp_manager.log_files_gen()
        name = exp_manager.record_date_to_str(exp_manager.record_date)
        exp_manager.finish()
        return name

    return run


@pytest.fixture
def two(project: Path, record: Record) -> Two:
    one = record(lr=0.1, net={"act": "relu"})
    (project / "net/mlp.py").write_text(AFTER)
    (project / "net/[bold]new.py").write_text("import math\n")
    return Two(one, record(lr=0.2, net={"act": "[bold]tanh"}), project)


@pytest.fixture
def diff(project: Path, rla: Diff, monkeypatch: pytest.MonkeyPatch) -> Diff:
    """Run ``rla diff`` in the folder of the project."""

    def run(*arguments: str, **variables: str) -> Any:
        with monkeypatch.context() as patch:
            patch.chdir(project)
            for name, value in {"COLUMNS": "200", **variables}.items():
                patch.setenv(name, value)
            return rla("diff", *arguments)

    return run


def in_a_pipe(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``rla diff`` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    return subprocess.run(
        [*RLA, "diff", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def on_a_terminal(*arguments: str, folder: Path) -> str:
    """Run ``rla diff`` with a terminal as its output, and return what is shown there."""
    main, side = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    shown = b""
    with subprocess.Popen([*RLA, "diff", *arguments], cwd=folder, env=environment, stdout=side, stdin=side) as process:
        os.close(side)
        try:
            while part := os.read(main, 65536):
                shown += part
        except OSError:  # EIO: the program has ended
            pass
        assert process.wait(timeout=60) == 0
    os.close(main)
    return shown.decode()


def test_it_shows_tables_lines_and_a_summary(two: Two, diff: Diff) -> None:
    done = diff(two.one, two.other)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"- demo_task/{two.one}_")
    assert lines[1].startswith(f"+ demo_task/{two.other}_")
    assert ["lr", "0.1", "0.2"] in [line.split() for line in lines]
    assert ["net/mlp.py", "changed", "+2", "-2"] in [line.split() for line in lines]
    assert "-WIDTH = 64" in lines
    assert "+WIDTH = 128" in lines
    assert lines[-1] == "2 files, 2 hyper-parameters, 0 packages differ."


def test_names_and_contents_with_markup_are_shown_as_they_are(two: Two, diff: Diff) -> None:
    for shown in (diff(two.one, two.other).out, diff(two.one, two.other, FORCE_COLOR="1").out):
        plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
        assert "+++ b/net/[bold]new.py" in plain
        assert "+NAMES = ['[bold]b[/bold]', '[/red]', ':smile:']" in plain
        assert ["net.act", "relu", "[bold]tanh"] in [line.split() for line in plain.splitlines()]


def test_it_has_colours_on_a_terminal_and_none_in_a_pipe(two: Two) -> None:
    shown = on_a_terminal(two.one, two.other, folder=two.project)
    assert "\x1b[32m+WIDTH = 128" in shown
    assert "\x1b[31m-WIDTH = 64" in shown
    piped = in_a_pipe(two.one, two.other, folder=two.project).stdout
    assert "+WIDTH = 128" in piped
    assert COLOR not in piped


def test_colours_can_be_forced_in_a_pipe(two: Two, diff: Diff) -> None:
    assert "\x1b[32m+WIDTH = 128" in diff(two.one, two.other, FORCE_COLOR="1").out


def test_long_lines_of_code_are_not_broken(project: Path, record: Record, diff: Diff) -> None:
    one = record()
    (project / "net/mlp.py").write_text("x" * 3000 + "\n")
    assert "+" + "x" * 3000 in diff(one, record()).out.splitlines()


def test_stat_names_files_without_their_lines(two: Two, diff: Diff) -> None:
    shown = diff(two.one, two.other, "--stat").out
    assert "net/mlp.py" in shown
    assert "WIDTH" not in shown
    assert "2 files" in shown


def test_json_has_everything(two: Two, diff: Diff) -> None:
    found = json.loads(diff(two.one, two.other, "--json").out)
    assert [(change["key"], change["before"], change["after"]) for change in found["parameters"]] == [
        ("lr", 0.1, 0.2),
        ("net.act", "relu", "[bold]tanh"),
    ]
    assert {file["path"]: file["kind"] for file in found["files"]} == {
        "net/mlp.py": "changed",
        "net/[bold]new.py": "added",
    }
    assert "+WIDTH = 128" in found["files"][1]["lines"]


def test_json_is_the_json_that_all_machines_read(record: Record, diff: Diff) -> None:
    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    one = record(clip=1.0)
    found = diff(one, record(clip=float("nan")), "--json").out
    assert [change["key"] for change in json.loads(found, parse_constant=refused)["parameters"]] == ["clip"]


def test_json_can_hold_keys_that_are_no_text(record: Record, diff: Diff) -> None:
    one = record()
    done = diff(one, record(table={(0, 1): "a"}), "--json")
    assert done.code == 0, done.err
    assert [change["key"] for change in json.loads(done.out)["parameters"]] == ["table"]


def test_without_a_second_one_it_is_the_folder_where_one_is(two: Two, diff: Diff) -> None:
    shown = diff(two.one).out
    assert shown.splitlines()[1] == f"+ {two.project}"
    assert "+WIDTH = 128" in shown
    assert "hyper-parameter  " not in shown
    assert diff(two.other).out.splitlines()[-1].startswith("0 files")


def test_equal_ones_differ_in_nothing(record: Record, diff: Diff) -> None:
    one = record(lr=1)
    assert diff(one, record(lr=1)).out.splitlines()[2:] == ["0 files, 0 hyper-parameters, 0 packages differ."]


def test_what_was_changed_after_it_was_recorded_is_noted(two: Two, diff: Diff) -> None:
    (code,) = two.project.parent.glob(f"data/code/demo_task/{two.one}_*/net/mlp.py")
    code.unlink()
    assert "net/mlp.py is gone after it was recorded" in diff(two.one, two.other).out


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("nothing", ".", "'nothing'"),
        ("demo_task", ".", "names 2 experiments"),
        (".", "..", "are folders"),
        ("lr=0.1", "./nowhere", "no folder 'nowhere'"),
    ],
)
def test_a_mistake_is_answered_with_one_message_and_exit_code_2(
    record: Record, project: Path, before: str, after: str, expected: str
) -> None:
    for rate in (0.1, 0.2):
        exp_manager.hyper_param["lr"] = rate
        exp_manager.add_record_param("lr")
        record(lr=rate)
    done = in_a_pipe(before, after, folder=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert expected in done.stderr
    assert done.stderr.count("error") == 1
    assert "Traceback" not in done.stderr


def test_a_task_narrows_what_a_name_means(record: Record, diff: Diff) -> None:
    record()
    record("other_task")
    assert diff("20").code == 2
    assert diff("20", "--task", "other_task").out.startswith("- other_task/")


def test_help_has_examples(diff: Diff) -> None:
    assert "rla diff 13-05-01 ." in diff("--help").out
