"""A data root that cannot be written is answered with its path, the reason and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import RLAError, exp_manager, logger
from rla.errors import DataRootError


def begin(data_root: Path) -> None:
    exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root="/")
    exp_manager.log_files_gen()


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataRootError, match="cannot be used") as caught:
        begin(tmp_path / "data")
    assert str(tmp_path / "data") in str(caught.value)
    assert "data_root" in str(caught.value)
    assert isinstance(caught.value, (OSError, RLAError))
    assert (tmp_path / "data").read_text() == "a file"


def test_a_file_above_the_folder_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataRootError):
        begin(tmp_path / "file" / "data")


def test_a_file_in_place_of_a_tree_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("")
    with pytest.raises(DataRootError):
        begin(tmp_path)


def test_a_file_system_that_refuses_folders_is_an_error_too() -> None:
    with pytest.raises(DataRootError, match="/proc/rla"):
        begin(Path("/proc/rla"))


def test_a_link_that_leads_nowhere_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(tmp_path / "nowhere" / "at" / "all")
    with pytest.raises(DataRootError):
        begin(tmp_path / "data")


def test_a_path_too_long_for_the_system_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(DataRootError):
        begin(tmp_path / ("x" * 300))


def test_there_is_no_experiment_afterwards_and_the_next_try_works(tmp_path: Path) -> None:
    with pytest.raises(DataRootError):
        begin(Path("/proc/rla"))
    assert logger.get_dir() is None
    begin(tmp_path / "data")
    logger.record_tabular("a", 1)
    assert logger.dump_tabular()["a"] == 1
    assert Path(exp_manager.log_dir).is_dir()


def test_nothing_half_made_is_left(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("")
    with pytest.raises(DataRootError):
        begin(tmp_path)
    assert list(tmp_path.glob("*/demo_task/*/*/*/*")) == []
