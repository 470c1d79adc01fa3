"""What cannot be kept is left out and named once; the snapshot goes on."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rla.snapshot.take
from rla import files
from rla.snapshot.manifest import read_manifest
from rla.snapshot.selection import Selection, find_files
from rla.snapshot.store import body_key
from rla.snapshot.take import Snapshot

Project = Callable[..., Path]
Keep = Callable[..., tuple[Snapshot, Path]]


@pytest.fixture
def root(project: Project) -> Path:
    return project({"train.py": "train", "net/mlp.py": "mlp"})


def is_left_out(taken: tuple[Snapshot, Path], name: str, reason: str) -> None:
    """Assert that one file is left out for a reason, is named everywhere, and all others are there."""
    snapshot, code = taken
    assert {path: reason in why for path, why in snapshot.manifest.left_out.items()} == {name: True}
    assert snapshot.notice is not None
    assert f"'{name.encode(errors='backslashreplace').decode()}'" in snapshot.notice
    assert not os.path.lexists(code / name)
    assert (code / "train.py").read_text() == "train"
    assert (code / "net" / "mlp.py").read_text() == "mlp"
    assert in_manifest(code) == (snapshot.manifest.files, snapshot.manifest.left_out)


def in_manifest(code: Path) -> tuple[dict[str, str], dict[str, str]]:
    manifest = read_manifest(code)
    assert manifest is not None
    return manifest.files, manifest.left_out


def test_a_named_pipe(root: Path, keep: Keep) -> None:
    os.mkfifo(root / "pipe")
    is_left_out(keep(root), "pipe", "no regular file")


@pytest.fixture
def pipe(root: Path) -> Iterator[Path]:
    """A named pipe that somebody writes to, so that a test fails instead of waiting."""
    os.mkfifo(root / "pipe")
    with files.descriptor(root / "pipe", os.O_RDWR) as fd:
        os.write(fd, b"x" * 64)
        yield root / "pipe"


def test_a_named_pipe_that_is_listed_is_not_read(root: Path, keep: Keep, pipe: Path) -> None:
    is_left_out(keep(root, names=["train.py", "net", "pipe"]), "pipe", "regular file")


def test_a_file_that_becomes_a_pipe_is_not_read(
    root: Path, keep: Keep, pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finding(selection: Selection) -> object:
        found = find_files(selection)
        found.files["pipe"] = str(pipe)
        found.left_out.clear()
        return found

    monkeypatch.setattr(rla.snapshot.take, "find_files", finding)
    is_left_out(keep(root), "pipe", "regular file")


def test_a_socket(root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        is_left_out(keep(root), "socket", "no regular file")
        snapshot, _ = keep(root, names=["socket", "train.py"])
    assert set(snapshot.manifest.left_out) == {"socket"}


def test_a_device_that_never_ends(root: Path, keep: Keep) -> None:
    snapshot, code = keep(root, single_files=["/dev/zero"])
    assert set(snapshot.manifest.left_out) == {"zero"}
    assert (code / "train.py").exists()


def test_a_file_over_the_limit(root: Path, keep: Keep) -> None:
    (root / "large.bin").write_bytes(bytes(2**20 + 1))
    (root / "just.bin").write_bytes(bytes(2**20))
    taken = keep(root, largest=1 << 20)
    is_left_out(taken, "large.bin", "largest_file_mb: 1.0 of 1 MiB")
    assert (taken[1] / "just.bin").stat().st_size == 2**20


def test_a_name_that_is_not_utf_8_is_kept(root: Path, keep: Keep) -> None:
    name = os.fsdecode(b"n\xe4me.py")
    (root / name).write_text("latin-1")
    snapshot, code = keep(root)
    assert (code / name).read_text() == "latin-1"
    assert in_manifest(code) == (snapshot.manifest.files, {})
    assert len(snapshot.manifest.digest) == 16


def test_a_name_that_is_not_utf_8_can_be_left_out(root: Path, keep: Keep) -> None:
    name = os.fsdecode(b"n\xe4me.py")
    (root / name).symlink_to("/nowhere")
    taken = keep(root)
    is_left_out(taken, name, "/nowhere")
    assert taken[0].notice is not None
    taken[0].notice.encode("utf-8")


def test_a_file_that_is_written_to_all_the_time(root: Path, keep: Keep) -> None:
    (root / "growing.txt").write_bytes(bytes(1 << 20))
    ended = threading.Event()

    def grow() -> None:
        with open(root / "growing.txt", "ab", buffering=0) as stream:
            while not ended.is_set():
                stream.write(b"x")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        taken = keep(root, largest=1 << 30)
    finally:
        ended.set()
        writer.join()
    if "growing.txt" in taken[0].manifest.left_out:
        is_left_out(taken, "growing.txt", "changes")
    else:
        assert taken[0].manifest.files["growing.txt"] == body_key((taken[1] / "growing.txt").read_bytes(), 0o444)


def test_a_file_that_grows_at_each_read(root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "growing.txt").write_text("a")
    read = os.read

    def growing(fd: int, size: int) -> bytes:
        with open(root / "growing.txt", "a") as stream:
            stream.write("b")
        return read(fd, size)

    with monkeypatch.context() as patched:
        patched.setattr(os, "read", growing)
        found = keep(root, names=["growing.txt"])[0].manifest
    assert "changes" in found.left_out["growing.txt"]
    is_left_out(keep(root, names=[".", "nowhere"]), "nowhere", "no such")


def test_a_file_that_is_written_anew_in_the_same_size(root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.read
    numbers = itertools.count(10)

    def rewriting(fd: int, size: int) -> bytes:
        content = read(fd, size)
        (root / "train.py").write_text(f"tra{next(numbers)}")
        os.utime(root / "train.py", (1, next(numbers)))
        return content

    with monkeypatch.context() as patched:
        patched.setattr(os, "read", rewriting)
        found = keep(root, names=["train.py"])[0].manifest
    assert "changes" in found.left_out["train.py"]


def test_a_file_that_vanishes(root: Path, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "gone.py").write_text("gone")

    def finding(selection: Selection) -> object:
        found = find_files(selection)
        (root / "gone.py").unlink()
        return found

    monkeypatch.setattr(rla.snapshot.take, "find_files", finding)
    is_left_out(keep(root), "gone.py", "No such file")


def test_ten_are_named_and_the_others_counted(root: Path, keep: Keep) -> None:
    for number in range(13):
        (root / f"link_{number:02}").symlink_to("/nowhere")
    snapshot, code = keep(root)
    assert snapshot.notice is not None
    assert snapshot.notice.count("link_") == 10
    assert "13" in snapshot.notice
    assert "3 more" in snapshot.notice
    assert "\n" not in snapshot.notice
    assert len(in_manifest(code)[1]) == 13


def test_no_notice_where_nothing_is_left_out(root: Path, keep: Keep) -> None:
    assert keep(root)[0].notice is None


def test_a_line_end_in_a_name_makes_no_second_line_of_the_notice(root: Path, keep: Keep) -> None:
    (root / "two\nlines").symlink_to("/nowhere")
    notice = keep(root)[0].notice
    assert notice is not None
    assert "\n" not in notice
