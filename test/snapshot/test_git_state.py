"""The state of the repository around the code is noted: commit, branch, and whether something is not committed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.git import GitState, read_git_state
from rla.snapshot.take import Snapshot

Git = Callable[..., bytes]


def state_of(folder: Path) -> GitState:
    state = read_git_state(str(folder))
    assert state is not None
    return state


@pytest.fixture
def repository(project: Callable[..., Path], git: Git) -> Path:
    root = project({"train.py": "a\n", "net/mlp.py": "b\n"})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_clean_repository(repository: Path, git: Git) -> None:
    commit = git(repository, "rev-parse", "HEAD").decode().strip()
    assert state_of(repository) == GitState(str(repository), commit, "main", "", False)


def test_a_folder_of_a_repository_has_its_state(repository: Path) -> None:
    assert state_of(repository / "net").commit == state_of(repository).commit


def test_a_branch_of_any_name(repository: Path, git: Git) -> None:
    git(repository, "switch", "-q", "-c", "feature/größe(1)")
    assert state_of(repository).branch == "feature/größe(1)"


def test_a_detached_head_has_no_branch(repository: Path, git: Git) -> None:
    git(repository, "checkout", "-q", "--detach")
    state = state_of(repository)
    assert (state.branch, len(state.commit)) == ("", 40)


def test_a_repository_without_a_commit(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    assert state_of(tmp_path) == GitState(str(tmp_path), "", "main", "", False)


def test_a_changed_file_makes_it_dirty(repository: Path) -> None:
    (repository / "train.py").write_text("changed\n")
    assert state_of(repository).dirty
    assert state_of(repository / "net").dirty


@pytest.mark.parametrize("change", ["add", "rm", "chmod"])
def test_what_is_staged_makes_it_dirty(repository: Path, git: Git, change: str) -> None:
    if change == "add":
        (repository / "new.py").write_text("new\n")
        git(repository, "add", "new.py")
    elif change == "rm":
        git(repository, "rm", "-q", "--cached", "train.py")
    else:
        (repository / "train.py").chmod(0o755)
    assert state_of(repository).dirty


def test_a_file_that_git_does_not_know_does_not_make_it_dirty(repository: Path) -> None:
    (repository / "notes.txt").write_text("new\n")
    assert not state_of(repository).dirty


def test_a_worktree_has_a_state_of_its_own(repository: Path, git: Git, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    (tmp_path / "other" / "train.py").write_text("changed\n")
    assert (state_of(tmp_path / "other").branch, state_of(tmp_path / "other").dirty) == ("other", True)
    assert (state_of(repository).branch, state_of(repository).dirty) == ("main", False)


def test_where_no_repository_is_nothing_is_known(tmp_path: Path) -> None:
    assert read_git_state(str(tmp_path)) is None
    assert read_git_state(str(tmp_path / "nowhere")) is None


def test_a_bare_repository_is_none_to_us(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "-q", "--bare")
    assert read_git_state(str(tmp_path)) is None


def test_without_the_program_git_nothing_is_known_and_the_code_is_kept(
    repository: Path, monkeypatch: pytest.MonkeyPatch, keep: Callable[..., tuple[Snapshot, Path]]
) -> None:
    (repository / "train.py").write_text("changed\n")
    monkeypatch.setenv("PATH", str(repository))
    assert read_git_state(str(repository)) is None
    snapshot, code = keep(repository)
    assert snapshot.git is None
    assert snapshot.notice is None
    assert (code / "train.py").read_text() == "changed\n"


def test_a_repository_that_is_broken_is_none(repository: Path, keep: Callable[..., tuple[Snapshot, Path]]) -> None:
    (repository / ".git" / "HEAD").write_text("nonsense")
    snapshot, code = keep(repository)
    assert snapshot.git is None
    assert (code / "train.py").exists()


def test_asking_writes_nothing_into_the_repository(repository: Path) -> None:
    os.utime(repository / "train.py", (1, 1))
    before = (repository / ".git" / "index").read_bytes()
    assert not state_of(repository).dirty
    assert (repository / ".git" / "index").read_bytes() == before
    assert not (repository / ".git" / "index.lock").exists()
