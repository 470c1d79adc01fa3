"""A data root that is a file or is not there is one clear message: an error in the library, exit code 2 in a shell."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from rla import HYPERPARAMETER, experiment_data_query
from rla.errors import DataRootError
from rla.experiment.fsck import check_data_root_files
from rla.query import experiments, find_run


@pytest.fixture(params=["a file", "nothing", "a circle", "a pipe"])
def none(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "data"
    if request.param == "a file":
        path.write_text("no folder")
    elif request.param == "a circle":
        path.symlink_to(path)
    elif request.param == "a pipe":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "ask",
    [
        experiments,
        lambda root: find_run(root, "x"),
        lambda root: experiment_data_query(root, "demo", None, HYPERPARAMETER),
        check_data_root_files,
    ],
    ids=["experiments", "find_run", "older query", "fsck"],
)
def test_the_library_says_so_at_once(none: Path, ask: Callable[[Path], object]) -> None:
    problem = "it is a file, not a folder" if none.exists() else "there is no such folder"
    with pytest.raises(DataRootError) as caught:
        ask(none)
    assert str(caught.value) == (
        f"The data root '{none}' cannot be used: {problem}. Give the folder that holds log/ and the other trees."
    )


@pytest.mark.parametrize("wrong", ["", "~nobody_of_that_name/data", "a\0b", None, 3], ids=repr)
def test_what_is_no_path_is_the_same_error(wrong: str) -> None:
    with pytest.raises(DataRootError, match="there is no such folder"):
        experiments(wrong)


@pytest.mark.parametrize("command", [["ls"], ["query", "lr < 1"], ["show", "x"], ["diff", "x", "y"], ["fsck"]])
def test_each_command_ends_with_code_2_and_one_message(
    tmp_path: Path, command: list[str], rla_process: Callable[..., CompletedProcess[bytes]]
) -> None:
    (tmp_path / "data").write_text("no folder")
    done = rla_process(*command, "--root", tmp_path / "data")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: The data root '")
    assert b"it is a file, not a folder" in done.stderr
    assert b"Traceback" not in done.stderr
