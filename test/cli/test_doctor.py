"""`rla doctor` shows all checks for people and for machines, and its exit code says whether there is an error."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner, Result

from rla import exp_manager, logger
from rla.cli.main import _group
from rla.experiment.doctor import examination

REPOSITORY = Path(__file__).resolve().parents[2]
Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what starts interpreters."""
    table = tuple(entry for entry in examination.EXAMINERS if entry[1] != "import time")
    monkeypatch.setattr(examination, "EXAMINERS", table)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(_group, ["doctor", *arguments], prog_name="rla")


def fingerprint(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in root.rglob("*")
    }


@pytest.mark.usefixtures("quick")
def test_all_is_told_in_groups_with_a_last_line(start: Callable[..., None], data_root: Path) -> None:
    start(lr=0.1)
    logger.record_tabular("a", 1)
    logger.dump_tabular()
    exp_manager.finish()
    before = fingerprint(data_root)
    done = doctor("--root", str(data_root))
    assert fingerprint(data_root) == before
    lines = done.output.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == ["environment", "configuration", "data root", "disk", headings[-1]]
    assert headings[-1].endswith(("note.", "notes."))
    assert f"{data_root} (from --root)" in done.output
    assert "1 in the last 30 days: 1 finished" in done.output
    assert done.exit_code == 0


@pytest.mark.usefixtures("quick")
def test_machines_get_a_list_of_checks(data_root: Path) -> None:
    data_root.mkdir()
    found = json.loads(doctor("--root", str(data_root), "--json").output)
    assert {"group", "name", "verdict", "found", "advice", "facts"} == found[0].keys()
    free = next(check for check in found if check["name"] == "free space")
    assert free["facts"]["total"] >= free["facts"]["free"]


@pytest.mark.usefixtures("quick")
def test_an_error_gives_exit_code_1(tmp_path: Path) -> None:
    done = doctor("--root", str(tmp_path / "nothing"))
    assert done.exit_code == 1
    assert "1 error" in done.output.splitlines()[-1]


@pytest.mark.usefixtures("quick")
def test_the_origin_of_the_data_root_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"{tmp_path} (from this folder)" in doctor().output
    config = tmp_path / "rla_config.yaml"
    config.write_text("DATA_ROOT: data\n")
    assert f"{tmp_path / 'data'} (from {config}) is not there yet" in doctor().output
    monkeypatch.setenv("RLA_ROOT", str(tmp_path))
    assert f"{tmp_path} (from $RLA_ROOT)" in doctor().output


@pytest.mark.usefixtures("quick")
def test_a_broken_configuration_is_an_entry_and_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rla_config.yaml").write_text("DATA_ROOT: [1\nREMOTE_SETTING: {password: hunter2}\n")
    done = doctor()
    assert done.exit_code == 1
    assert "free space" in done.output
    assert "hunter2" not in done.output


def test_the_whole_examination_runs_as_a_program_and_says_nothing_else(run_python: Run, tmp_path: Path) -> None:
    (tmp_path / "rla_config.yaml").write_text("DATAROOT: data\n")
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "import time" in done.stdout
    assert "Did you mean 'DATA_ROOT'?" in done.stdout
    assert not any(line != line.rstrip() or "\x1b" in line for line in done.stdout.splitlines())


def test_a_terminal_of_80_columns_is_enough(tmp_path: Path) -> None:
    own, other = pty.openpty()
    program = "import sys; from rla.cli.main import main; sys.argv = ['rla', 'doctor']; main()"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=other, stderr=subprocess.DEVNULL, cwd=tmp_path, env=environment
    ) as process:
        os.close(other)
        shown = b""
        try:
            while block := os.read(own, 4096):
                shown += block
        except OSError:  # the other end is closed
            pass
    os.close(own)
    assert process.returncode == 0
    lines = shown.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert len(lines) > 20
    assert [line for line in lines if len(line) > 80] == []
