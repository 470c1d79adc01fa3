"""rsync is handed many files at once, large ones in their turn, and sends what grew by its tail alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rla.errors import SyncError
from rla.sync.openssh import rsync_runs, travelling
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending, Transport

Runs = list[list[str]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """The arguments of each run of rsync."""
    seen: Runs = []
    right = rsync_runs.start

    def start(command: Sequence[str], env: dict[str, str], stdin: int | None) -> Any:
        seen.append(list(command))
        return right(command, env, stdin)

    monkeypatch.setattr(rsync_runs, "start", start)
    return seen


@pytest.fixture
def transport(ssh_remote: Remote, tmp_path: Path, runs: Runs) -> Iterator[Transport]:
    """A connection to a data root of this test."""
    (tmp_path / "there").mkdir()
    with transport_to(replace(ssh_remote, root=str(tmp_path / "there"))) as made:
        runs.clear()
        yield made


def sending(top: Path, path: str, size: int, **fields: Any) -> Sending:
    source = top / "here" / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(os.urandom(size))
    os.utime(source, (1.7e9, 1.7e9))
    return Sending(str(source), path, size, **{"modified": 1.7e9, **fields})


def test_many_files_travel_in_one_run(transport: Transport, tmp_path: Path, runs: Runs) -> None:
    jobs = [sending(tmp_path, f"log/{number % 7}/{number}", 100) for number in range(200)]
    assert [each.job for each in transport.send(jobs) if each.complete] == jobs
    assert len(runs) == 1


def test_a_large_file_comes_after_what_was_named_before_it(transport: Transport, tmp_path: Path, runs: Runs) -> None:
    jobs = [sending(tmp_path, path, size) for path, size in (("log/x", 10), ("checkpoint/x", 20 << 20), ("log/y", 10))]
    done = []
    for outcome in transport.send(jobs):
        done.append((outcome.job.path, len(runs)))
    assert done == [("log/x", 1), ("checkpoint/x", 2), ("log/y", 3)]


def test_what_a_file_was_sent_beyond_its_size_is_known(transport: Transport, tmp_path: Path, runs: Runs) -> None:
    """rsync sends all that a file has by now, which may be more than was asked for."""
    job = sending(tmp_path, "log/progress.csv", 5000, grows=True)
    content = Path(job.source).read_bytes()
    assert [each.complete for each in transport.send([replace(job, size=3000)])] == [True]
    there = tmp_path / "there/log/progress.csv"
    assert there.read_bytes() == content
    assert [each.moved for each in transport.send([replace(job, offset=3000, size=4000)])] == [0]
    with open(job.source, "ab") as stream:
        stream.write(b"1" * 500)
    runs.clear()
    assert [each.moved for each in transport.send([replace(job, offset=4000, size=5500)])] == [500]
    assert "--append" in runs[-1]
    assert there.read_bytes() == content + b"1" * 500


def test_a_file_that_changes_while_it_is_sent_is_told(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sending(tmp_path, "log/results.json", 100)
    right = rsync_runs.Rsync.send

    def send(*arguments: Any) -> Any:
        finished = right(*arguments)
        Path(job.source).write_bytes(b"other content")
        return finished

    monkeypatch.setattr(rsync_runs.Rsync, "send", send)
    outcome = next(iter(transport.send([job])))
    assert not outcome.complete
    assert "changed while it was sent" in str(outcome.problem)


def test_a_full_disk_is_told(transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit on the size of files stands for it: rsync ends in the middle in both cases."""
    monkeypatch.setattr(travelling, "_BYTES_AT_ONCE", 1 << 30)
    right = rsync_runs.Rsync._travelling
    limited = tmp_path / "rsync with a limit"
    limited.write_text('#!/bin/sh\nulimit -f 8\ntrap "" XFSZ\nexec rsync "$@"\n')
    limited.chmod(0o755)
    monkeypatch.setattr(
        rsync_runs.Rsync, "_travelling", lambda self, run: [*right(self, run), f"--rsync-path='{limited}'"]
    )
    jobs = [sending(tmp_path, path, size) for path, size in (("log/a", 10), ("log/b", 1 << 20), ("log/c", 10))]
    done = list(transport.send(jobs))
    assert done[0].complete
    assert not done[1].complete
    assert isinstance(done[1].problem, SyncError)
    assert "log/b" in str(done[1].problem)
    assert not (tmp_path / "there/log/b").exists()
