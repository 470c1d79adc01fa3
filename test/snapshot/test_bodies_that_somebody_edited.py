"""A body that somebody edited in place is never linked to again, and the manifests of older runs tell of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.take import Snapshot

Keep = Callable[..., tuple[Snapshot, Path]]
TRUE = "x = 1\n" * 100
LONGER = TRUE + "y = 2\n"
SAME_SIZE = "x = 2\n" * 100


@pytest.fixture
def root(project: Callable[..., Path]) -> Path:
    return project({"train.py": TRUE})


def edit(path: Path, content: str) -> None:
    """Change the content in place, as an editor does that keeps the file."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    with open(path, "r+") as stream:
        stream.write(content)
        stream.truncate()
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    path.chmod(mode)


@pytest.mark.parametrize("content", [LONGER, SAME_SIZE, ""])
def test_the_next_run_gets_the_true_content(root: Path, keep: Keep, content: str) -> None:
    _, first = keep(root)
    edit(first / "train.py", content)
    (_, second), (_, third) = keep(root), keep(root)
    assert (second / "train.py").read_text() == (third / "train.py").read_text() == TRUE
    assert not os.path.samefile(first / "train.py", second / "train.py")
    assert os.path.samefile(second / "train.py", third / "train.py")


@pytest.mark.parametrize("content", [LONGER, SAME_SIZE])
def test_the_manifests_of_the_older_runs_tell_of_it(root: Path, keep: Keep, content: str) -> None:
    (older, first), (old, second) = keep(root), keep(root)
    edit(first / "train.py", content)
    new, third = keep(root)
    assert older.manifest.changed(first) == old.manifest.changed(second) == {"train.py": "was changed"}
    assert new.manifest.changed(third) == {}


def test_a_body_that_was_touched_but_not_changed_is_linked_to(root: Path, keep: Keep) -> None:
    _, first = keep(root)
    edit(first / "train.py", TRUE)
    _, second = keep(root)
    assert os.path.samefile(first / "train.py", second / "train.py")


def test_an_edit_with_a_time_in_whole_seconds_is_noticed(root: Path, keep: Keep) -> None:
    _, first = keep(root)
    edit(first / "train.py", SAME_SIZE)
    os.utime(first / "train.py", (1.7e9, 1.7e9))  # as `touch -d`, tar, rsync and some file systems leave it
    _, second = keep(root)
    assert (second / "train.py").read_text() == TRUE


@pytest.mark.parametrize("mode", [0o644, 0o777, 0])
def test_a_body_whose_permissions_somebody_changed_is_not_linked_to(root: Path, keep: Keep, mode: int) -> None:
    _, first = keep(root)
    (first / "train.py").chmod(mode)
    _, second = keep(root)
    assert stat.S_IMODE((second / "train.py").stat().st_mode) == 0o444


def test_a_body_that_is_a_link_is_not_linked_to(root: Path, keep: Keep, data_root: Path, tmp_path: Path) -> None:
    snapshot, _ = keep(root)
    body = data_root / ".rla" / "objects" / snapshot.manifest.files["train.py"]
    body.unlink()
    (tmp_path / "other.py").write_text("other")
    body.symlink_to(f"{tmp_path}{'/' * (len(TRUE) - len(str(tmp_path)) - len('other.py'))}other.py")
    os.utime(body, (1, 1), follow_symlinks=False)
    _, second = keep(root)
    assert (second / "train.py").read_text() == TRUE
    assert not (second / "train.py").is_symlink()


def test_files_that_are_gone_are_told_of(root: Path, keep: Keep) -> None:
    snapshot, code = keep(root)
    (code / "train.py").unlink()
    assert snapshot.manifest.changed(code) == {"train.py": "is gone"}


def test_a_file_that_became_a_folder_is_told_of(root: Path, keep: Keep) -> None:
    snapshot, code = keep(root)
    (code / "train.py").unlink()
    (code / "train.py").mkdir()
    assert "cannot be read" in snapshot.manifest.changed(code)["train.py"]


def test_links_that_are_gone_or_lead_elsewhere_are_told_of(root: Path, keep: Keep) -> None:
    (root / "a.py").symlink_to("train.py")
    (root / "b.py").symlink_to("train.py")
    snapshot, code = keep(root)
    (code / "a.py").unlink()
    (code / "b.py").unlink()
    (code / "b.py").symlink_to("/etc/passwd")
    assert set(snapshot.manifest.changed(code)) == {"a.py", "b.py"}
