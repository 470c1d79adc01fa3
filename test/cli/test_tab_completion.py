"""Tab completion offers commands, options, task tables and the newest runs, and is silent about what fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.shell_completion import ShellComplete

from rla.cli import common
from rla.cli.main import _group

REPOSITORY = Path(__file__).resolve().parents[2]

DATES = {
    "walk": ("2026/11/20/13-05-01-000001", "2026/11/21/14-00-00-000001"),
    "run/fast": ("2025/01/02/03-04-05-000006", "2026/11/20/13-05-01-000001"),
}


@pytest.fixture(autouse=True)
def runs(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for task, dates in DATES.items():
        for date in dates:
            (data_root / "log" / task / f"{date}_10.0.0.5_&lr=0.1").mkdir(parents=True)
    (data_root / "log" / "walk" / "2026" / "11" / "21" / "no experiment").mkdir()
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    return data_root


def offered(*words: str) -> list[str]:
    """Return what is offered for the last word of a line."""
    completion = ShellComplete(_group, {}, "rla", "_RLA_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


def test_commands_and_options_are_offered() -> None:
    assert offered("do") == ["doctor"]
    assert {"ls", "show", "fsck", "diff"} <= set(offered(""))
    assert "--version" in offered("--v")
    assert "--repair" in offered("fsck", "--")


@pytest.mark.parametrize(
    "words",
    [["ls", ""], *([name, "--task", ""] for name in ("show", "diff", "fsck", "rm", "archive", "migrate", "pin"))],
)
def test_tasks_are_offered(words: list[str]) -> None:
    assert offered(*words) == ["run/fast", "walk"]
    assert offered(*words[:-1], "w") == ["walk"]


@pytest.mark.parametrize("words", [["show"], ["diff"], ["diff", "."], ["rm"], ["archive"], ["migrate"], ["pin"]])
def test_times_of_runs_are_offered_the_newest_first(words: list[str]) -> None:
    """Two tasks have a run of one time: this one is offered with its day."""
    expected = ["14-00-00-000001", "2026/11/20/13-05-01-000001", "03-04-05-000006"]
    assert offered(*words, "") == expected
    assert offered(*words, "14") == expected[:1]


def test_record_dates_are_offered_to_who_begins_with_the_year() -> None:
    assert offered("show", "2025") == ["2025/01/02/03-04-05-000006"]
    assert offered("show", "2026/11/21/") == ["2026/11/21/14-00-00-000001"]


def test_the_task_and_the_root_of_the_line_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered("show", "--task", "walk", "") == ["14-00-00-000001", "13-05-01-000001"]
    monkeypatch.setenv("RLA_ROOT", str(tmp_path / "nothing"))
    assert offered("show", "") == []
    assert offered("show", "--root", str(tmp_path / "data"), "14") == ["14-00-00-000001"]


def test_of_many_runs_the_newest_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "RUNS_COMPLETED", 1)
    assert offered("show", "") == ["14-00-00-000001"]


def test_trees_and_operations_that_can_be_taken_back_are_offered(runs: Path) -> None:
    from rla.batch import apply, choose, plan_deletion

    assert offered("rm", "--tree", "c") == ["code", "checkpoint"]
    assert offered("trash", "") == ["empty", "list", "restore"]
    assert offered("undo", "") == []
    ids = [apply(plan_deletion(choose(runs, "walk", day))).operation for day in ("2026/11/20", "2026/11/21/14*")]
    assert offered("undo", "") == offered("trash", "restore", "") == ids[::-1]
    assert offered("undo", str(ids[0])[:-7]) == ids[:1]


def test_what_begins_like_a_path_is_completed_as_one() -> None:
    completion = ShellComplete(_group, {}, "rla", "_RLA_COMPLETE")
    assert [(item.type, item.value) for item in completion.get_completions(["diff"], "./s")] == [("dir", "./s")]


@pytest.mark.parametrize("text", ["DATA_ROOT: [1", "DATA_ROOT: [1]", "DATAROOT: data"])
def test_a_broken_configuration_is_not_told_in_the_middle_of_a_line(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RLA_ROOT")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rla_config.yaml").write_text(text)
    assert offered("ls", "") == offered("show", "") == []
    assert capfd.readouterr() == ("", "")


def test_the_protocol_of_the_shells_is_spoken(run_python: Callable[..., CompletedProcess[str]]) -> None:
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    line = {"COMP_WORDS": "rla show 14", "COMP_CWORD": "2"}
    done = run_python(program, env={"_RLA_COMPLETE": "bash_complete", **line})
    assert (done.stdout, done.stderr) == ("plain,14-00-00-000001\n", "")
    for shell in ("bash", "zsh", "fish"):
        assert "_rla_completion" in run_python(program, env={"_RLA_COMPLETE": f"{shell}_source"}).stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "rla"
    command.parent.mkdir()
    program = f"import sys\nsys.path.insert(0, {str(REPOSITORY)!r})\nfrom rla.cli.main import main\nmain()\n"
    command.write_text(f"#!{sys.executable}\n{program}")
    command.chmod(0o755)
    script = f"""
    PATH={command.parent}:$PATH
    eval "$(_RLA_COMPLETE=bash_source rla)"
    complete -p rla
    COMP_WORDS=(rla show 14); COMP_CWORD=2; _rla_completion rla; echo "${{COMPREPLY[@]}}"
    COMPREPLY=(); COMP_WORDS=(rla d); COMP_CWORD=1; _rla_completion rla; echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    registered, run, commands = done.stdout.splitlines()
    assert "-F _rla_completion" in registered
    assert run == "14-00-00-000001"
    assert {"diff", "doctor"} <= set(commands.split())
