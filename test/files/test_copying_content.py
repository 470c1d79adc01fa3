"""`copy_content` copies the first bytes of a file, whether the kernel does it or not, all of them or with an error."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files

CONTENT = bytes(range(256)) * 5000


@pytest.fixture(params=["the kernel", "not the kernel", "an older system"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who copies."""

    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    if request.param == "not the kernel":
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    elif request.param == "an older system":
        monkeypatch.delattr(os, "copy_file_range", raising=False)


@pytest.fixture
def copied(tmp_path: Path, by: None) -> Callable[[int], bytes]:
    """Copy so many bytes, and return what came of it."""

    def copy(size: int) -> bytes:
        (tmp_path / "source").write_bytes(CONTENT)
        with files.descriptor(tmp_path / "source", os.O_RDONLY) as source:
            target = files.create_new(tmp_path / "target", 0o600)
            try:
                files.copy_content(source, target, size)
            finally:
                os.close(target)
        return (tmp_path / "target").read_bytes()

    return copy


@pytest.mark.parametrize("size", [0, 1, 4096, len(CONTENT) - 1, len(CONTENT)])
def test_so_many_bytes(size: int, copied: Callable[[int], bytes]) -> None:
    assert copied(size) == CONTENT[:size]


def test_a_file_that_ends_before(copied: Callable[[int], bytes]) -> None:
    assert copied(10 * len(CONTENT)) == CONTENT


def test_a_kernel_that_copies_in_pieces_and_then_stops(
    copied: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = iter((1000, 5000, 0))

    def copy_some(source: int, target: int, size: int) -> int:
        return os.write(target, os.read(source, min(size, next(pieces))))

    monkeypatch.setattr(os, "copy_file_range", copy_some, raising=False)
    assert copied(len(CONTENT)) == CONTENT


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_or_broken_disk_is_told(
    number: int, copied: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", fail, raising=False)
    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        copied(len(CONTENT))


def test_a_new_file_is_never_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "nowhere").symlink_to(tmp_path / "not there")
    for name in ("elsewhere", "link", "nowhere"):
        with pytest.raises(FileExistsError):
            files.create_new(tmp_path / name)
    assert (tmp_path / "elsewhere").read_text() == "x"
    assert not (tmp_path / "not there").exists()


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o755, 0o2750])
def test_permissions_time_and_for_root_the_owner(mode: int, tmp_path: Path) -> None:
    for name in ("source", "target"):
        (tmp_path / name).write_text(name)
    if os.getuid() == 0:
        os.chown(tmp_path / "source", 65534, 65534)
    os.chmod(tmp_path / "source", mode)
    os.utime(tmp_path / "source", ns=(10**18 + 3, 10**18 + 7))
    source = (tmp_path / "source").stat()
    files.set_mode_and_time(tmp_path / "target", source)
    target = (tmp_path / "target").stat()
    assert stat.S_IMODE(target.st_mode) == mode
    assert (target.st_mtime_ns, target.st_uid, target.st_gid) == (source.st_mtime_ns, source.st_uid, source.st_gid)
