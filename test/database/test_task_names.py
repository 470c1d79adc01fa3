"""A task name is a folder inside the data root, or an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import exp_manager, experiment_data_query
from rla.errors import InvalidNameError

BAD = [
    "",
    " ",
    "/abs",
    "..",
    "a/../b",
    "a//b",
    "~",
    "~/a",
    ".",
    "a\nb",
    "a\0b",
    "a\\b",
    "x" * 300,
    "a/b/c/d/e",
    None,
    3,
]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_task_name_is_refused_by_configure(name: object, tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError, match="demo_task"):
        exp_manager.configure(name, {}, data_root=tmp_path, code_root=tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_task_name_is_refused_by_queries(name: object, tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError):
        experiment_data_query(tmp_path, name, None, "log")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["demo_task", "a task", "größe", "group/task", "v1.0", "task/", "[x]"])
def test_a_plain_name_is_a_folder_in_every_tree(name: str, tmp_path: Path) -> None:
    exp_manager.configure(name, {"LOG_USED": ["csv"]}, data_root=tmp_path, code_root=tmp_path)
    exp_manager.log_files_gen()
    assert (tmp_path / "log" / name).is_dir()
    assert len(experiment_data_query(tmp_path, name, None, "log")) == 1
