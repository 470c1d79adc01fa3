"""What the system refuses to link is copied: a snapshot is complete on any disk."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rla.files
from rla.snapshot.take import Snapshot

Keep = Callable[..., tuple[Snapshot, Path]]
CONTENTS = {"train.py": "x = 1\n" * 100, "net/mlp.py": "y = 2\n" * 100, "a.py": "1"}


@pytest.fixture
def root(project: Callable[..., Path]) -> Path:
    return project(CONTENTS)


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def is_complete(code: Path) -> None:
    assert {name: (code / name).read_text() for name in CONTENTS} == CONTENTS
    assert {(code / name).stat().st_mode & 0o777 for name in CONTENTS} == {0o444}
    assert (code / ".snapshot.json").exists()


def test_a_body_of_too_many_links_is_replaced_by_a_new_one(
    root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = keep(root)
    link = os.link
    refused: list[object] = []

    def refuse_once(source: str, target: str, **options: bool) -> None:
        if target.endswith("/train.py") and not refused:
            refused.append(source)
            raise OSError(errno.EMLINK, "Too many links")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", refuse_once)
    (_, second), (_, third) = keep(root), keep(root)
    assert len(refused) == 1
    is_complete(second)
    assert not os.path.samefile(first / "train.py", second / "train.py")
    assert os.path.samefile(second / "train.py", third / "train.py")
    assert os.path.samefile(first / "net" / "mlp.py", second / "net" / "mlp.py")


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EMLINK])
def test_a_system_that_never_links_gets_copies(
    root: Path, keep: Keep, data_root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    keep(root)

    def refuse(source: object, target: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(rla.files, "link", refuse)
    for _ in range(2):
        is_complete(keep(root)[1])
    assert [path.name for path in (data_root / ".rla" / "objects").iterdir() if path.suffix == ".tmp"] == []


def test_a_code_tree_on_another_disk_gets_copies(root: Path, keep: Keep, data_root: Path, other_disk: Path) -> None:
    data_root.mkdir()
    (data_root / "code").symlink_to(other_disk)
    for _ in range(2):
        is_complete(keep(root)[1])
    assert (data_root / "code").is_symlink()


def test_a_store_on_another_disk_is_of_no_use_and_harms_nobody(
    root: Path, keep: Keep, data_root: Path, other_disk: Path
) -> None:
    data_root.mkdir()
    (data_root / ".rla").symlink_to(other_disk)
    for _ in range(2):
        is_complete(keep(root)[1])


def test_a_file_in_the_place_of_the_store_harms_nobody(root: Path, keep: Keep, data_root: Path) -> None:
    data_root.mkdir()
    (data_root / ".rla").write_text("")
    is_complete(keep(root)[1])


def test_a_store_that_was_removed_meanwhile_is_made_anew(root: Path, keep: Keep, data_root: Path) -> None:
    keep(root)
    (data_root / ".rla").rename(data_root / "removed")
    (_, second), (_, third) = keep(root), keep(root)
    is_complete(second)
    assert os.path.samefile(second / "train.py", third / "train.py")


def test_a_full_disk_is_said_and_leaves_no_body_that_is_torn(
    root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(fd: int, data: bytes) -> None:
        os.write(fd, data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(rla.files, "append", fill)
        with pytest.raises(OSError, match="No space"):
            keep(root)
    is_complete(keep(root)[1])
