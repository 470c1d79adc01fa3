"""A transfer that was cut goes on where it stood; until it is complete, no file has its name (N1)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.registry import transport_to
from rla.sync.sftp import SftpTransport
from rla.sync.transport import Fetching, Sending, is_part
from test.sync.proxy import Proxy
from test.sync.servers import SshServer

MEGABYTE = 1 << 20
LARGE = random.Random(0).randbytes(8 * MEGABYTE)


def test_a_large_file_goes_on_from_its_part(
    through: Callable[..., SftpTransport], proxy: Proxy, sending: Callable[..., Sending], tmp_path: Path
) -> None:
    job = sending("checkpoint/model", LARGE, identity="1")
    with through() as transport:
        proxy.cut_at = 5 * MEGABYTE
        with pytest.raises(UnreachableError):
            list(transport.send([job]))
    assert not (tmp_path / "there/checkpoint/model").exists()
    part = (tmp_path / "there" / job.part).stat().st_size
    assert part > MEGABYTE  # what was in buffers when the connection broke is lost with it

    before = proxy.to_server
    with through() as transport:
        (outcome,) = transport.send([job])

    assert outcome.complete
    assert outcome.moved < len(LARGE) - part + MEGABYTE
    assert proxy.to_server - before < len(LARGE) - part + 1.5 * MEGABYTE
    assert (tmp_path / "there/checkpoint/model").read_bytes() == LARGE
    assert not (tmp_path / "there" / job.part).exists()


def test_a_large_file_comes_on_from_its_part(
    through: Callable[..., SftpTransport], proxy: Proxy, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/model").write_bytes(LARGE)
    job = Fetching("model", str(tmp_path / "model"), len(LARGE), identity="1")
    with through() as transport:
        transport.told = lambda path, count: proxy.cut() if proxy.to_client > 4 * MEGABYTE else None
        with pytest.raises(UnreachableError):
            list(transport.fetch([job]))
    assert not (tmp_path / "model").exists()
    assert Path(job.part).stat().st_size > MEGABYTE

    with through() as transport:
        (outcome,) = transport.fetch([job])

    assert outcome.complete
    assert outcome.moved < 7 * MEGABYTE
    assert (tmp_path / "model").read_bytes() == LARGE


def test_when_the_time_is_up_a_large_file_stops_and_goes_on_later(
    through: Callable[..., SftpTransport], sending: Callable[..., Sending], tmp_path: Path
) -> None:
    job = sending("checkpoint/model", LARGE, identity="1")
    moved = 0
    with through() as transport:
        while True:
            (outcome,) = transport.send([job], until=time.monotonic())
            assert outcome.problem is None
            assert outcome.moved > 0
            moved += outcome.moved
            if outcome.complete:
                break
            assert not (tmp_path / "there/checkpoint/model").exists()

    assert (tmp_path / "there/checkpoint/model").read_bytes() == LARGE
    assert moved < 3 * len(LARGE)


def test_when_the_time_is_up_no_further_file_is_begun(
    through: Callable[..., SftpTransport], sending: Callable[..., Sending], tmp_path: Path
) -> None:
    jobs = [sending(f"log/{number}", b"x" * (100 if number % 3 else 400_000)) for number in range(1, 21)]
    with through() as transport:
        outcomes = list(transport.send(jobs, until=time.monotonic()))
        assert [outcome.job for outcome in outcomes if outcome.complete] == jobs[:1]
        assert [outcome.problem for outcome in outcomes] == [None] * 20
        fetchings = [
            Fetching("log/1", str(tmp_path / f"{number}"), 100, offset=0 if number % 3 else 50)
            for number in range(1, 21)
        ]
        fetched = list(transport.fetch(fetchings, until=time.monotonic()))
        assert [outcome.job for outcome in fetched if outcome.complete] == fetchings[:1]
        assert len(fetched) == 20

    assert [path.name for path in (tmp_path / "there/log").iterdir()] == ["1"]


def test_who_asks_for_no_more_results_leaves_nothing_half_done(
    through: Callable[..., SftpTransport], sending: Callable[..., Sending], tmp_path: Path
) -> None:
    with through() as transport:
        outcomes = transport.send(sending(f"log/{number}", b"x" * 100) for number in range(500))
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]
        names = {path.name: path.stat().st_size for path in (tmp_path / "there/log").iterdir()}
        assert not [name for name in names if is_part(name)]
        assert set(names.values()) == {100}
        assert len(names) < 500
        assert transport.status("log/0") is not None


def test_many_small_files_are_there_whole_or_not_at_all(
    through: Callable[..., SftpTransport], proxy: Proxy, sending: Callable[..., Sending], tmp_path: Path
) -> None:
    jobs = [sending(f"log/demo/{number}", random.Random(number).randbytes(3000)) for number in range(200)]
    with through() as transport:
        proxy.cut_at = 400_000
        with pytest.raises(UnreachableError):
            list(transport.send(jobs))
    for job in jobs:
        arrived = tmp_path / "there" / job.path
        assert not arrived.exists() or arrived.stat().st_size == 3000

    with through() as transport:
        assert all(outcome.complete for outcome in transport.send(jobs))

    for job in jobs:
        assert (tmp_path / "there" / job.path).read_bytes() == Path(job.source).read_bytes()


def test_a_server_that_dies_and_returns(tmp_path: Path, sending: Callable[..., Sending]) -> None:
    job = sending("checkpoint/model", LARGE, identity="1")
    with SshServer(tmp_path / "own") as server:
        transport = transport_to(server.remote(tmp_path / "there"))
        transport.told = lambda path, count: server.kill()
        with transport, pytest.raises(UnreachableError):
            list(transport.send([job]))
        with pytest.raises(UnreachableError, match="takes no connections"):
            transport.connect()
        assert not (tmp_path / "there/checkpoint/model").exists()

        server.start()
        transport.told = lambda path, count: None
        with transport:
            (outcome,) = transport.send([job])

    assert outcome.complete
    assert (tmp_path / "there/checkpoint/model").read_bytes() == LARGE
