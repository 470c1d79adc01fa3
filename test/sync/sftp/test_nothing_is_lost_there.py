"""At the other end nothing is deleted, shortened or half-written, and no link is followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import SyncError
from rla.sync.sftp import SftpTransport
from rla.sync.ssh.requests import Requests
from rla.sync.transport import Fetching, Sending


def test_the_tail_of_a_file_that_grew_is_appended(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending]
) -> None:
    list(transport.send([sending("log/grows.csv", b"a,b\n1,2\n", grows=True)]))
    before = (there / "log/grows.csv").stat().st_ino

    (outcome,) = transport.send([sending("log/grows.csv", b"a,b\n1,2\n3,4\n", grows=True, offset=8)])

    assert (outcome.complete, outcome.moved) == (True, 4)
    assert (there / "log/grows.csv").read_bytes() == b"a,b\n1,2\n3,4\n"
    assert (there / "log/grows.csv").stat().st_ino == before


@pytest.mark.parametrize("there_now", [None, b"", b"a,b\n", b"a,b\n1,2\n3,"], ids=["gone", "empty", "short", "cut"])
def test_a_tail_is_appended_to_what_it_belongs_to_alone(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending], there_now: bytes | None
) -> None:
    path = there / "log/other.csv"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if there_now is not None:
        path.write_bytes(there_now)

    (outcome,) = transport.send([sending("log/other.csv", b"a,b\n1,2\n3,4\n", grows=True, offset=8)])

    assert outcome.complete, outcome.problem
    assert path.read_bytes() == b"a,b\n1,2\n3,4\n"


@pytest.mark.parametrize("size", [10, 400_000])
@pytest.mark.parametrize("offset", [0, 5])
def test_a_file_that_only_grows_is_never_replaced_by_a_shorter_one(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending], size: int, offset: int
) -> None:
    (there / "log").mkdir(exist_ok=True)
    (there / "log/longer.csv").write_bytes(b"x" * (size + 1))

    (outcome,) = transport.send([sending("log/longer.csv", b"x" * size, grows=True, offset=offset)])

    assert not outcome.complete
    assert "Nothing is shortened there" in str(outcome.problem)
    assert (there / "log/longer.csv").read_bytes() == b"x" * (size + 1)


def test_a_changed_file_replaces_the_old_one_whole(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending]
) -> None:
    for content in (b"an old, longer text", b"new"):
        (outcome,) = transport.send([sending("log/card.json", content)])
        assert outcome.complete
        assert (there / "log/card.json").read_bytes() == content


def test_without_the_extension_a_file_is_replaced_in_steps(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport.session, "extensions", {})
    monkeypatch.setattr(transport, "requests", Requests(str(there), replaces=False))
    for content in (b"first", b"second", b"third" * 100_000):
        (outcome,) = transport.send([sending("log/steps/file", content)])
        assert outcome.complete, outcome.problem
        assert (there / "log/steps/file").read_bytes() == content
    assert [path.name for path in (there / "log/steps").iterdir()] == ["file"]


def test_the_old_file_stays_where_the_new_one_cannot_take_its_name(
    transport: SftpTransport, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport.session, "extensions", {})
    monkeypatch.setattr(transport, "requests", Requests(str(there), replaces=False))
    (there / "log/kept").mkdir(parents=True)
    (there / "log/kept/file").write_bytes(b"old")

    with pytest.raises(SyncError):
        transport.put_in_place("log/kept/nothing-of-this-name", "log/kept/file")

    assert (there / "log/kept/file").read_bytes() == b"old"


@pytest.mark.parametrize("in_steps", [False, True])
def test_a_folder_in_the_place_of_a_file_stays_where_it_is(
    transport: SftpTransport,
    there: Path,
    sending: Callable[..., Sending],
    monkeypatch: pytest.MonkeyPatch,
    in_steps: bool,
) -> None:
    if in_steps:
        monkeypatch.setattr(transport.session, "extensions", {})
        monkeypatch.setattr(transport, "requests", Requests(str(there), replaces=False))
    (there / "log/a folder").mkdir(parents=True, exist_ok=True)
    (there / "log/a folder/kept").write_bytes(b"kept")

    (small, large) = transport.send([sending("log/a folder", b"x" * size, identity=str(size)) for size in (5, 400_000)])

    for outcome in (small, large):
        assert isinstance(outcome.problem, SyncError)
        assert "no regular file at the other end but of the kind 'folder'" in str(outcome.problem)
    assert (there / "log/a folder/kept").read_bytes() == b"kept"


@pytest.mark.parametrize("size", [20, 400_000])
def test_links_are_neither_written_nor_read_through(
    transport: SftpTransport, there: Path, tmp_path: Path, sending: Callable[..., Sending], size: int
) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"y" * 10)
    (there / "log/links").mkdir(parents=True, exist_ok=True)
    whole, tail = sending("log/links/whole", b"x" * size), sending("log/links/tail", b"x" * size, offset=3)
    part = sending("log/links/part", b"x" * size, identity="1")
    for path in (whole.path, tail.path, part.part):
        (there / path).unlink(missing_ok=True)
        (there / path).symlink_to(outside)

    complete = {outcome.job: outcome.complete for outcome in transport.send([whole, tail, part])}

    assert outside.read_bytes() == b"y" * 10
    assert complete[whole]
    assert not (there / whole.path).is_symlink()
    (there / "log/links/read").unlink(missing_ok=True)
    (there / "log/links/read").symlink_to(outside)
    (fetched,) = transport.fetch([Fetching("log/links/read", str(tmp_path / "stolen"), 10)])
    assert "links are not followed" in str(fetched.problem)
    assert not (tmp_path / "stolen").exists()


def test_a_folder_that_is_a_link_is_where_it_leads(
    transport: SftpTransport, there: Path, tmp_path: Path, sending: Callable[..., Sending]
) -> None:
    (tmp_path / "other disk").mkdir()
    (there / "checkpoint").symlink_to(tmp_path / "other disk")

    (outcome,) = transport.send([sending("checkpoint/demo/model", b"weights")])

    assert outcome.complete, outcome.problem
    assert (tmp_path / "other disk/demo/model").read_bytes() == b"weights"


def test_a_file_that_became_shorter_here_is_told_and_not_half_there(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending]
) -> None:
    shrunk = sending("log/shrunk", b"x" * 100)
    Path(shrunk.source).write_bytes(b"x")

    (outcome, other) = transport.send([shrunk, sending("log/fine", b"fine")])

    assert "became shorter" in str(outcome.problem)
    assert not (there / "log/shrunk").exists()
    assert other.complete
