"""What it costs to bring files to another machine: rsync and SFTP over loopback, beside `cp -r` of the same files.

    python benchmark/sync.py                    all figures, medians of five: some minutes
    python benchmark/sync.py --repeat 1 rsync   by one transport, once

An OpenSSH server of its own runs meanwhile, on a port of the loopback interface. The time of a transfer includes the
login. Files are written below --folder and reach the disk before anything is measured. Bytes on the wire are counted by
a proxy, in both directions, with all that SSH adds to them; the connection is one that is kept, as a training keeps it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending

SMALL_FILES = 5000
SMALL_BYTES = 4096
LARGE_BYTES = 200 << 20
REST_SECONDS = 2
LIMITS = {("rsync", "small"): 6, ("sftp", "small"): 20, ("rsync", "large"): 15, ("sftp", "large"): 15}
ROW = ",".join(["0.12345678901234567"] * 20) + "\n"

SSHD = """
ListenAddress 127.0.0.1
PidFile none
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
SetEnv SHLVL=9
"""
"""The last line keeps bash from reading a .bashrc for each command."""


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[Remote]:
    """Let a server run, and give how to get to it."""
    folder.mkdir()
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("sshd is not installed (apt install openssh-server)")
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kind, key, *_ = (folder / "host.pub").read_text().split()
    (folder / "known_hosts").write_text(f"* {kind} {key}\n")
    (folder / "config").write_text(SSHD.format(folder=folder) + f"Port {port}\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen([program, "-D", "-f", str(folder / "config")], stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(500):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
                    break
                time.sleep(0.02)
            login = {"key_file": str(folder / "key"), "known_hosts": str(folder / "known_hosts"), "agent": False}
            yield Remote("sftp", "", "127.0.0.1", port, timeout=60.0, **login)
        finally:
            server.kill()


class Counter:
    """Passes bytes on to a server, and counts them."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._server))
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
                self.bytes += len(data)
            target.shutdown(socket.SHUT_WR)


def make_files(top: Path, count: int, size: int) -> list[Sending]:
    """Write files as they lie in an experiment, and return how they are sent."""
    sendings = []
    for number in range(count):
        path = f"log/demo/2026/11/20/run/part_{number // 100}/file_{number}"
        source = top / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(os.urandom(size))
        sendings.append(Sending(str(source), path, size, modified=source.stat().st_mtime))
    os.sync()
    return sendings


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes, after the disk has come to rest."""
    os.sync()
    time.sleep(REST_SECONDS)
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def send(remote: Remote, sendings: Sequence[Sending]) -> None:
    """Send files over a new connection."""
    with transport_to(remote) as transport:
        problems = [each.problem for each in transport.send(sendings) if not each.complete]
    assert not problems, problems[0]


def transfers(folder: Path, server: Remote, protocols: Sequence[str], what: str, repeat: int) -> None:
    """Measure many small files, or a large one, in turn with `cp -r`."""
    count, size = (SMALL_FILES, SMALL_BYTES) if what == "small" else (1, LARGE_BYTES)
    top = folder / what
    sendings = make_files(top, count, size)
    ratios: dict[str, list[float]] = {protocol: [] for protocol in protocols}
    copied = []
    for _ in range(repeat):
        copy = folder / "copy"
        copied.append(seconds_of(lambda copy=copy: subprocess.run(["cp", "-r", str(top), str(copy)], check=True)))
        shutil.rmtree(copy)
        for protocol in protocols:
            (folder / "there").mkdir()
            remote = replace(server, protocol=protocol, root=str(folder / "there"))
            ratios[protocol].append(seconds_of(lambda remote=remote: send(remote, sendings)) / copied[-1])
            assert (folder / "there" / sendings[-1].path).stat().st_size == size
            shutil.rmtree(folder / "there")
    shutil.rmtree(top)
    name = f"{count:,} files of 4 KB" if what == "small" else f"a file of {size >> 20} MB"
    for protocol in protocols:
        figure = f"{statistics.median(ratios[protocol]):.1f} x"
        beside = f"cp -r: {statistics.median(copied):.2f} s"
        show(f"{protocol}: {name}", figure, f"{LIMITS[protocol, what]} x", beside)


def rows(folder: Path, server: Remote, protocol: str, appended: int, repeat: int) -> None:
    """Count the bytes on the wire for rows that were appended to a file of 1,000 rows."""
    counter = Counter(server.port or 22)
    source = folder / "here/log/progress.csv"
    source.parent.mkdir(parents=True)
    source.write_text(ROW * 1000)
    (folder / "there").mkdir()
    remote = replace(server, protocol=protocol, root=str(folder / "there"), port=counter.port)
    found = []
    with transport_to(remote) as transport:
        size = 0
        for round_ in range(repeat + 1):
            before = counter.bytes
            now = source.stat()
            sending = Sending(str(source), "log/progress.csv", now.st_size, size, modified=now.st_mtime, grows=True)
            outcome = next(iter(transport.send([sending])))
            assert outcome.complete, outcome.problem
            time.sleep(0.2)  # what is still under way
            if round_:
                found.append(counter.bytes - before)
            size = now.st_size
            with source.open("a") as stream:
                stream.write(ROW * appended)
    for name in ("here", "there"):
        shutil.rmtree(folder / name)
    row = len(ROW) * appended
    count = statistics.median(found)
    rows_ = "one row" if appended == 1 else f"{appended:,} rows"
    show(f"{protocol}: {rows_} appended", f"{count / row:.2f} x", "", f"{count:,.0f} bytes for {row:,}")


def usable(protocols: Sequence[str]) -> list[str]:
    """Return the transports that are there, and say which are not."""
    found = []
    for protocol in protocols:
        try:
            transport_to(Remote(protocol, "/", "127.0.0.1"))
        except ImportError as error:
            print(f"{protocol}: left out, {error}")
        else:
            found.append(protocol)
    return found


def show(what: str, figure: str, limit: str, beside: str) -> None:
    """Print a line of the table."""
    print(f"{what:<32}{figure:>10}{limit:>8}   {beside}", flush=True)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("protocols", nargs="*", metavar="protocol", help="rsync, sftp; both when none is named")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where files are written")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    protocols = usable(options.protocols or ["rsync", "sftp"])
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="rla_sync_") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(ssh_server(folder / "server"))
        show("what", "measured", "limit", "beside")
        for what in ("small", "large"):
            transfers(folder, server, protocols, what, options.repeat)
        for appended in (1, 1000):
            for protocol in protocols:
                rows(folder, server, protocol, appended, options.repeat)


if __name__ == "__main__":
    main()
