"""Unchanged code costs nothing: the `code/` folders of all runs link to the same read-only bodies."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.manifest import read_manifest
from rla.snapshot.selection import Selection
from rla.snapshot.store import TINY, body_key
from rla.snapshot.take import Snapshot, take_snapshot

Project = Callable[..., Path]
Keep = Callable[..., tuple[Snapshot, Path]]
LONG = "x = 1\n" * 100


@pytest.fixture
def root(project: Project) -> Path:
    return project({"train.py": LONG, "net/mlp.py": LONG + "mlp", "net/same.py": LONG, "__init__.py": "", "a.py": "1"})


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def bodies(data_root: Path) -> set[str]:
    return {path.name for path in (data_root / ".rla" / "objects").iterdir()}


def test_a_snapshot_equals_the_project(root: Path, keep: Keep) -> None:
    snapshot, code = keep(root)
    names = {"train.py", "net/mlp.py", "net/same.py", "__init__.py", "a.py"}
    assert set(snapshot.manifest.files) == names
    assert {name: (code / name).read_bytes() for name in names} == {name: (root / name).read_bytes() for name in names}
    assert read_manifest(code) is not None
    assert snapshot.manifest.digest == keep(root)[0].manifest.digest


def test_a_second_snapshot_shares_all_and_adds_no_bodies(root: Path, keep: Keep, data_root: Path) -> None:
    _, first = keep(root)
    before = bodies(data_root)
    _, second = keep(root)
    assert bodies(data_root) == before
    for name in ("train.py", "net/mlp.py", "net/same.py", ".snapshot.json"):
        assert os.path.samefile(first / name, second / name)


def test_equal_files_of_one_snapshot_are_one_body(root: Path, keep: Keep) -> None:
    _, code = keep(root)
    assert os.path.samefile(code / "train.py", code / "net" / "same.py")


def test_a_changed_file_is_the_only_new_body(root: Path, keep: Keep, data_root: Path) -> None:
    _, first = keep(root)
    before = bodies(data_root)
    (root / "train.py").write_text(LONG + "changed")
    snapshot, second = keep(root)
    key_of_manifest = body_key((second / ".snapshot.json").read_bytes(), 0o444)
    assert bodies(data_root) - before == {snapshot.manifest.files["train.py"], key_of_manifest}
    assert (first / "train.py").read_text() == LONG
    assert (second / "train.py").read_text() == LONG + "changed"


@pytest.mark.parametrize(("size", "is_shared"), [(0, False), (1, False), (TINY, False), (TINY + 1, True)])
def test_empty_and_tiny_files_are_copied(project: Project, keep: Keep, size: int, is_shared: bool) -> None:
    root = project({"a.py": "x" * size})
    (_, first), (_, second) = keep(root), keep(root)
    assert os.path.samefile(first / "a.py", second / "a.py") is is_shared
    assert (second / "a.py").read_text() == "x" * size


@pytest.mark.parametrize(("mode", "kept"), [(0o644, 0o444), (0o755, 0o555), (0o600, 0o400), (0o700, 0o500)])
@pytest.mark.parametrize("name", ["train.py", "a.py"])
def test_permissions_are_kept_without_those_for_writing(
    root: Path, keep: Keep, name: str, mode: int, kept: int
) -> None:
    (root / name).chmod(mode)
    _, code = keep(root)
    assert permissions(code / name) == kept


def test_a_file_of_other_permissions_is_another_body(root: Path, keep: Keep) -> None:
    _, first = keep(root)
    (root / "train.py").chmod(0o600)
    _, second = keep(root)
    assert permissions(first / "train.py") == 0o444
    assert permissions(second / "train.py") == 0o400


def test_special_bits_and_writing_for_all_are_not_kept(root: Path, keep: Keep) -> None:
    (root / "train.py").chmod(0o6777)
    _, code = keep(root)
    assert permissions(code / "train.py") == 0o555


def test_a_new_file_has_the_time_of_the_file_that_was_copied(root: Path, keep: Keep) -> None:
    os.utime(root / "a.py", (1e9, 1e9 + 0.25))
    _, code = keep(root)
    assert (code / "a.py").stat().st_mtime == 1e9


def test_something_in_the_place_of_a_file_is_never_overwritten(root: Path, data_root: Path, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text("mine")
    with pytest.raises(FileExistsError):
        take_snapshot(Selection(str(root), names=["."]), data_root, tmp_path / "code")
    assert (tmp_path / "code" / "train.py").read_text() == "mine"
