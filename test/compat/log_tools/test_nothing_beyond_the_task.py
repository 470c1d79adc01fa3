"""The old tools and the scripts refuse what names nothing or leads elsewhere, and touch nothing beyond the task."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from RLA.easy_log.log_tools import (
    ArchiveLogTool,
    BasicLogTool,
    DeleteLogTool,
    Filter,
    MigrateLogTool,
    PrettyPlotterTool,
    ViewLogTool,
)
from RLA.easy_log.tools import DeleteLogTool as EarlyDeleteLogTool

from rla.batch import apply, plan_undo
from rla.batch.undo import find_operation
from rla.errors import DataRootError, InvalidNameError, QueryError

REPOSITORY = Path(__file__).resolve().parents[3]
Picture = Callable[..., dict[str, tuple[object, ...]]]

REFUSED = ["", None, ".", "..", "/", "/abs", "../*", "~", "~/*", "2026/../../dem/*", "re:", "re:(", b"*"]
NOTHING = ["[", "*\n", "demo/*", "2026/11/20/13-05-01-000001_10.0.0.1_&lr=0", "\0"]


def small() -> Filter:
    chosen = Filter()
    chosen.config(Filter.SMALL_TIMESTEP, 1000)
    return chosen


CALLS: dict[str, Callable[[Any, Any, Any], object]] = {
    "delete": lambda root, task, regex: DeleteLogTool(root, task, regex, None).delete_related_log(skip_ask=True),
    "small": lambda root, task, regex: DeleteLogTool(root, task, regex, small()).delete_small_timestep_log(True),
    "early": lambda root, task, regex: EarlyDeleteLogTool(root, "", task, regex, {}).delete_related_log(skip_ask=True),
    "archive": lambda root, task, regex: ArchiveLogTool(root, task, regex).archive_log(skip_ask=True),
    "migrate": lambda root, task, regex: MigrateLogTool(root, task, regex, "target").migrate_log(skip_ask=True),
    "view": lambda root, task, regex: ViewLogTool(root, task, regex).view_log(skip_ask=True),
    "plotter": lambda root, task, regex: len(PrettyPlotterTool(root, task, regex).gen_json(regex)["experiments"]),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_names_nothing_or_leads_elsewhere_is_refused(
    call: str, crowded_root: Path, picture_of: Picture, tmp_path: Path
) -> None:
    before = picture_of(tmp_path)
    for regex in REFUSED:
        with pytest.raises(QueryError):
            CALLS[call](crowded_root, "demo", regex)
    for regex in NOTHING:
        assert CALLS[call](crowded_root, "demo", regex) == 0
    for task in ("", None, ".", "..", "../demo", "/demo", "~", "demo/../dem", b"demo"):
        with pytest.raises(InvalidNameError):
            CALLS[call](crowded_root, task, "*")
    for task in ("*", "dem?", "log"):
        assert CALLS[call](crowded_root, task, "*") == 0
    for root in ("", None, crowded_root / "nowhere"):
        with pytest.raises(DataRootError):
            CALLS[call](root, "demo", "*")
    assert picture_of(tmp_path) == before


@pytest.mark.parametrize("call", ["delete", "small", "early"])
def test_a_task_that_is_a_link_is_left_alone(
    call: str, crowded_root: Path, picture_of: Picture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = picture_of(tmp_path)
    assert CALLS[call](crowded_root, "linked", "*") == 0
    assert "a symbolic link leads from 'log/linked/2026/11/20' to" in capsys.readouterr().out
    assert picture_of(tmp_path) == before


@pytest.mark.parametrize("call", ["delete", "small", "early", "archive", "migrate"])
def test_all_of_a_task_is_not_more_than_the_task(
    call: str, crowded_root: Path, canary: Path, picture_of: Picture
) -> None:
    outside, files = picture_of(canary), picture_of(crowded_root, only_files=True)
    CALLS[call](crowded_root, "demo", "*")
    after = picture_of(crowded_root, only_files=True)
    gone = files.keys() - after.keys()
    assert bool(gone) is (call in ("delete", "small", "early"))
    assert {name.split("/")[1] for name in gone} <= {"demo"}
    assert {name: after.get(name) for name in files.keys() - gone} == {
        name: files[name] for name in files.keys() - gone
    }
    apply(plan_undo(find_operation(crowded_root)))
    assert picture_of(crowded_root, only_files=True) == files
    assert picture_of(canary) == outside


def test_a_pattern_is_known_to_be_one() -> None:
    tool = BasicLogTool()
    good = [*NOTHING, "2022/03/01/21-[12]*", "*", "re:lr"]
    assert [regex for regex in (*REFUSED, *good) if tool.is_valid_index(regex)] == good


def test_an_early_project_is_a_name(crowded_root: Path, tmp_path: Path) -> None:
    for name in ("..", "../canary", str(tmp_path / "canary"), "~"):
        with pytest.raises(InvalidNameError):
            EarlyDeleteLogTool(crowded_root, name, "demo", "*", {})


def test_through_the_scripts(crowded_root: Path, canary: Path, picture_of: Picture, tmp_path: Path) -> None:
    folder = tmp_path / "project" / "rla_scripts"
    shutil.copytree(REPOSITORY / "rla_scripts", folder)
    (folder / "rla_script_config.py").write_text(f"DATA_ROOT = {str(crowded_root)!r}\n")
    outside, before = picture_of(canary), picture_of(crowded_root)
    asked = [("demo", regex) for regex in ("", f"{canary}/*", "../*", "~", "*\n")]
    asked += [(task, "*") for task in ("../demo", "linked", str(canary / "log/demo"))]
    processes = [
        subprocess.Popen(
            [sys.executable, str(folder / "delete_expt.py"), f"--task_table_name={task}", f"--regex={regex}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=canary,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        for task, regex in asked
    ]
    for (task, regex), process in zip(asked, processes, strict=True):
        out, err = process.communicate("y\n", timeout=60)
        is_none = regex == "*\n" or task == "linked"
        assert process.returncode == (0 if is_none else 2), (task, regex, out, err)
        assert out if is_none else err.startswith("error: "), (task, regex, out, err)
    assert picture_of(crowded_root) == before
    assert picture_of(canary) == outside
