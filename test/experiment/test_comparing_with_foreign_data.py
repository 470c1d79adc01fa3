"""Comparing an experiment of somebody else's reads only what is its own, and runs no code."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import compare_experiments, exp_manager


@pytest.fixture
def edited(data_root: Path, tmp_path: Path) -> Callable[..., str]:
    """Record an experiment, change what its manifest says was selected, and return its record date."""

    def record(**changes: Any) -> str:
        project = tmp_path / "project"
        project.mkdir()
        (project / "a.py").write_text("a = 1\n")
        config = {"LOG_USED": ["csv"], "BACKUP_CONFIG": {"backup_code_dir": ["a.py"]}}
        exp_manager.configure("demo_task", config, data_root, code_root=project)
        exp_manager.log_files_gen()
        record_date = exp_manager.record_date_to_str(exp_manager.record_date)
        manifest = Path(exp_manager.code_dir) / ".snapshot.json"
        exp_manager.finish()
        content = json.loads(manifest.read_text())
        content["selection"].update(changes)
        manifest.unlink()
        manifest.write_text(json.dumps(content))
        return record_date

    return record


def test_a_manifest_does_not_choose_what_is_read(edited: Callable[..., str], data_root: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of somebody else\n")
    record_date = edited(single_files=[str(tmp_path / "key")], ignore_files=[str(tmp_path / "key")])
    found = compare_experiments(data_root, record_date, str(tmp_path / "project"))
    assert "somebody" not in json.dumps(found.as_dict())


@pytest.mark.parametrize(
    "changes",
    [{"names": [1]}, {"largest": "x"}, {"single_files": [None]}, {"lib_dir": 3}, {"code_root": None}, {"names": "abc"}],
)
def test_a_selection_that_is_none_is_not_followed(
    edited: Callable[..., str], data_root: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    found = compare_experiments(data_root, edited(**changes), str(tmp_path / "project"))
    assert found.files == []


def test_filters_of_a_foreign_repository_are_not_run(
    edited: Callable[..., str], data_root: Path, tmp_path: Path
) -> None:
    record_date = edited()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "a.py").write_text("a = 1\n")
    (foreign / ".gitattributes").write_text("*.py filter=evil\n")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "--all"], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(foreign), *command], check=True)
    mark = tmp_path / "filter_was_run"
    subprocess.run(["git", "-C", str(foreign), "config", "filter.evil.clean", f"touch {mark}; cat"], check=True)
    os.utime(foreign / "a.py", (1, 1))
    compare_experiments(data_root, record_date, str(foreign))
    assert not mark.exists()
