"""Files arrive by SFTP as they are, whatever their names and sizes, small ones many at once; and they come back."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.sync.registry import transport_to
from rla.sync.sftp import SftpTransport
from rla.sync.ssh.requests import described
from rla.sync.ssh.session import Attributes
from rla.sync.transport import FILE, FOLDER, OTHER, Fetching, Sending, is_part
from test.sync.servers import SshServer

SPACES_AND_QUOTES = ["a name with spaces", "'single' \"double\"", "line\nbreak", "tab\there", "trailing "]
ODD_NAMES = [*SPACES_AND_QUOTES, "ünïcödé 中文", "$(touch x); `y` & | *?[z]", "-rf", "~", "%p", "#", "back\\slash"]
UNDECODABLE = os.fsdecode(b"latin-\xe9\xff")


@pytest.mark.parametrize("size", [0, 1, 4096, 262_144, 262_145, 3_000_001])
def test_a_file_of_any_size_comes_and_goes(
    transport: SftpTransport, there: Path, tmp_path: Path, sending: Callable[..., Sending], size: int
) -> None:
    content = random.Random(size).randbytes(size)
    (outcome,) = transport.send([sending(f"log/sizes/{size}", content, modified=1.7e9)])

    assert (outcome.complete, outcome.moved, outcome.problem) == (True, size, None)
    arrived = there / f"log/sizes/{size}"
    assert arrived.read_bytes() == content
    assert arrived.stat().st_mtime == 1.7e9
    (outcome,) = transport.fetch([Fetching(f"log/sizes/{size}", str(tmp_path / "back"), size, modified=1.6e9)])
    assert outcome.complete
    assert (tmp_path / "back").read_bytes() == content
    assert (tmp_path / "back").stat().st_mtime == 1.6e9


def test_odd_names_travel_in_both_directions(
    transport: SftpTransport, there: Path, tmp_path: Path, sending: Callable[..., Sending]
) -> None:
    names = [*ODD_NAMES, UNDECODABLE, "ä" * 127]
    for outcome in transport.send(sending(f"log/{name}/{name}", os.fsencode(name)) for name in names):
        assert outcome.complete, outcome.problem

    assert sorted(os.listdir(there / "log")) == sorted([*names, *(["sizes"] if (there / "log/sizes").exists() else [])])
    found = [entry for entry in transport.walk("log") if entry.kind == FILE and "sizes" not in entry.path]
    assert sorted(entry.path for entry in found) == sorted(f"log/{name}/{name}" for name in names)
    fetchings = [Fetching(each.path, str(tmp_path / str(n)), each.size) for n, each in enumerate(found)]
    for outcome in transport.fetch(fetchings):
        assert outcome.complete, outcome.problem
    assert {Path(each.target).read_bytes() for each in fetchings} == {os.fsencode(name) for name in names}


def test_hundreds_of_small_files_and_large_ones_between_them(
    transport: SftpTransport, there: Path, tmp_path: Path, sending: Callable[..., Sending]
) -> None:
    sizes = [random.Random(number).choice([0, 10, 4096, 40_000]) for number in range(300)]
    sizes[100] = sizes[101] = sizes[299] = 600_000
    contents = {f"code/many/{n % 7}/{n}": random.Random(n).randbytes(size) for n, size in enumerate(sizes)}

    outcomes = list(transport.send(sending(path, content) for path, content in contents.items()))

    assert all(outcome.complete for outcome in outcomes)
    assert sorted(outcome.job.path for outcome in outcomes) == sorted(contents)
    assert {path: (there / path).read_bytes() for path in contents} == contents
    assert not [path for path in there.rglob(".*") if is_part(path.name)]
    (tmp_path / "back").mkdir()
    fetchings = [
        Fetching(path, str(tmp_path / "back" / path.replace("/", "_")), len(contents[path])) for path in contents
    ]
    assert all(outcome.complete for outcome in transport.fetch(fetchings))
    assert {each.path: Path(each.target).read_bytes() for each in fetchings} == contents


def test_a_walk_tells_what_is_there_folders_first(transport: SftpTransport, there: Path) -> None:
    for number in range(150):
        folder = there / f"results/tree/{number % 3}/{number}"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * number)
    (there / "results/tree/link").symlink_to(there)

    found = list(transport.walk("results/tree"))

    by_path = {entry.path: entry for entry in found}
    assert len(by_path) == len(found) == 3 + 150 + 150 + 1
    assert by_path["results/tree/1/100/file"].size == 100
    assert by_path["results/tree/link"].kind == "link"
    seen = {"results/tree"}
    for entry in found:
        assert os.path.dirname(entry.path) in seen
        if entry.kind == FOLDER:
            seen.add(entry.path)


def test_a_folder_that_is_not_there_has_nothing_in_it(transport: SftpTransport, there: Path) -> None:
    (there / "a file").write_bytes(b"x")

    assert transport.entries("log/nobody/was/here") == []
    assert transport.entries("a file") == []
    assert list(transport.walk("nowhere")) == []
    assert transport.status("nowhere/at/all") is None


def test_the_keys_of_a_connection_are_changed_amid_a_transfer(
    server: SshServer, there: Path, tmp_path: Path, sending: Callable[..., Sending], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paramiko.packet.Packetizer.REKEY_BYTES", 1 << 20)  # instead of half a gigabyte
    content = random.Random(0).randbytes(5 << 20)
    with transport_to(server.remote(there)) as transport:
        (sent,) = transport.send([sending("log/rekeyed", content)])
        (fetched,) = transport.fetch([Fetching("log/rekeyed", str(tmp_path / "back"), len(content))])

    assert (sent.complete, fetched.complete) == (True, True)
    assert (there / "log/rekeyed").read_bytes() == (tmp_path / "back").read_bytes() == content


@pytest.mark.parametrize("name", [b"../x", b"/etc/passwd", b"", b"a\0b"])
def test_a_name_that_no_file_system_has_is_seen_and_not_followed(name: bytes) -> None:
    for mode in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        assert described("log", name, Attributes(1, mode, 1)).kind == OTHER
