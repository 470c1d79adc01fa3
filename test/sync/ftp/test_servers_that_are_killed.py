"""A server that is killed again and again while it is sent to: all arrives, no file is ever short (K4, N2)."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.password import Password
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending
from test.conftest import REPOSITORY
from test.sync.ftp_servers import PASSWORD, USER, make_certificate

pytestmark = pytest.mark.fault

ROUNDS = 40


class KilledServer:
    """A server in a process of its own, on one port, which is killed and started again."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.folder, self.certificate = folder, certificate
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.kills = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        program = [sys.executable, str(REPOSITORY / "test/sync/ftp_servers.py")]
        self._process = subprocess.Popen(
            [*program, str(self.folder), str(self.certificate), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{self.port}\n"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=60)
            self._process = None
            self.kills += 1


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KilledServer]:
    certificate = make_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (tmp_path / "served/data").mkdir(parents=True)
    killed = KilledServer(tmp_path / "served", certificate)
    yield killed
    killed.kill()


def files_of(here: Path, seed: int) -> dict[str, bytes]:
    """Write files of many sizes; return their content by where they shall be."""
    rng = random.Random(seed)
    contents = {}
    for number in range(30):
        size = rng.choice((0, 10, 4096, 200_000, 6 << 20) if number % 10 == 0 else (10, 4096, 70_000))
        contents[f"log/demo/{number % 4}/{number}.bin"] = rng.randbytes(size)
    for path, content in contents.items():
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_bytes(content)
    return contents


def bring(server: KilledServer, here: Path, contents: dict[str, bytes], rng: random.Random) -> int:
    """Send until all is there, while the server is killed; return how often a file that was told complete was short."""
    remote = Remote("ftps", "/data", "127.0.0.1", server.port, USER, Password(PASSWORD), timeout=10.0)
    open_jobs = {path: Sending(str(here / path), path, len(content)) for path, content in contents.items()}
    short = 0
    while open_jobs:
        server.start()
        killer = threading.Timer(rng.uniform(0.02, 0.4), server.kill)
        if server.kills < ROUNDS:
            killer.start()
        try:
            with transport_to(remote) as transport:
                for outcome in transport.send(list(open_jobs.values())):
                    if outcome.complete:
                        del open_jobs[outcome.job.path]
        except UnreachableError:
            pass
        killer.join() if killer.is_alive() else server.kill()
        short += sum(
            (server.folder / "data" / path).read_bytes() != content
            for path, content in contents.items()
            if (server.folder / "data" / path).exists()
        )
        if server.kills < ROUNDS and not open_jobs:  # once more, from the beginning
            shutil.rmtree(server.folder / "data/log")
            open_jobs = {path: Sending(str(here / path), path, len(content)) for path, content in contents.items()}
    return short


def test_all_arrives_and_no_file_is_ever_short(server: KilledServer, tmp_path: Path) -> None:
    contents = files_of(tmp_path / "here", seed=1)
    assert bring(server, tmp_path / "here", contents, random.Random(2)) == 0
    there = server.folder / "data"
    found = {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert found == contents
    assert server.kills >= ROUNDS


def test_without_names_aside_the_same_test_sees_short_files(
    server: KilledServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sending, "part", property(lambda self: self.path))
    assert bring(server, tmp_path / "here", files_of(tmp_path / "here", seed=1), random.Random(2)) > 0
