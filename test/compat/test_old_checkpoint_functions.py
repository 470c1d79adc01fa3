"""`RLA.easy_torch.save_tools` saves and loads checkpoints of the current experiment."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, time_step_holder


def test_what_the_functions_save_is_what_they_load(start: Callable[..., None]) -> None:
    torch = pytest.importorskip("torch")
    save_tools = importlib.import_module("RLA.easy_torch.save_tools")
    start(lr=0.1)
    time_step_holder.set_time(7)
    save_tools.save_model_dict({"weights": torch.arange(3)})
    step, content = save_tools.load_checkpoint(exp_manager)
    assert step == 7
    assert torch.equal(content["weights"], torch.arange(3))


def test_copytree_leaves_out_what_a_backup_does(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for path in ("a.py", "a.pyc", "net/b.py", "net/keep.pyc", "build/c.py", "log/row", "archive_tester/x"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).touch()
    (project / ".gitignore").write_text("*.pyc\n/build/\n")
    (project / "net" / ".gitignore").write_text("!keep.pyc\n")
    exp_manager.configure("demo_task", {}, data_root=tmp_path, code_root=project, ignore_file_path=".gitignore")
    shutil.copytree(project, tmp_path / "copy", ignore=exp_manager.get_ignore_files)
    kept = sorted(path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*.py*"))
    assert kept == ["a.py", "net/b.py", "net/keep.pyc"]
    assert not (tmp_path / "copy" / "log").exists()
