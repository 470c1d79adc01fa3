"""A network that loses each packet from one moment on is given up within the timeout; when it is back, all goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending
from test.sync.servers import SshServer, free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

HERE, THERE = "10.222.77.1", "10.222.77.2"


class FarMachine:
    """A machine behind a wire of its own: a network namespace with an SSH server in it.

    Args:
        folder: an empty folder for the server.
    """

    def __init__(self, folder: Path) -> None:
        number = os.getpid() % 100_000
        self.name, self.wire, self.far_wire = f"rla{number}", f"rla{number}a", f"rla{number}b"
        self.server = SshServer(folder)
        self.port = free_port()
        self.known_hosts = folder / "known_far_hosts"
        self.known_hosts.write_text(self.server.line_of_known_hosts(name=f"[{THERE}]:{self.port}"))
        self._process: subprocess.Popen[bytes] | None = None

    def build(self) -> None:
        config = self.server.folder / "sshd_config"
        config.write_text(config.read_text().replace("ListenAddress 127.0.0.1", f"ListenAddress {THERE}"))
        ip("netns", "add", self.name)
        ip("link", "add", self.wire, "type", "veth", "peer", "name", self.far_wire, "netns", self.name)
        ip("addr", "add", f"{HERE}/24", "dev", self.wire)
        ip("link", "set", self.wire, "up")
        self.inside("addr", "add", f"{THERE}/24", "dev", self.far_wire)
        self.inside("link", "set", self.far_wire, "up")
        Path("/run/sshd").mkdir(exist_ok=True)
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or "sshd"
        key = str(self.server.folder / "host_ed25519")
        command = [sshd, "-D", "-e", "-f", str(config), "-p", str(self.port), "-h", key]
        with (self.server.folder / "far_log").open("ab") as log:
            self._process = subprocess.Popen(["ip", "netns", "exec", self.name, *command], stdout=log, stderr=log)

    def inside(self, *words: str) -> None:
        """Run `ip` on the far machine."""
        ip("-n", self.name, *words)

    def lose_everything(self) -> None:
        """Let each answer of the far machine vanish, without a word to anybody."""
        self.inside("route", "add", "blackhole", f"{HERE}/32")

    def recover(self) -> None:
        self.inside("route", "del", "blackhole", f"{HERE}/32")

    def remote(self, root: Path) -> Remote:
        known = str(self.known_hosts)
        return self.server.remote(root, host=THERE, port=self.port, known_hosts=known, timeout=2.0)

    def remove(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
        for words in (("netns", "pids", self.name), ("link", "del", self.wire), ("netns", "del", self.name)):
            done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
            for process in done.stdout.split() if words[1] == "pids" else ():
                os.kill(int(process), 9)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def far_machine(tmp_path: Path) -> Iterator[FarMachine]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and `ip` (package iproute2)")
    machine = FarMachine(tmp_path / "ssh")
    try:
        machine.build()
    except subprocess.CalledProcessError as error:
        machine.remove()
        pytest.skip(f"no network namespace can be made here: {error.stderr!r}")
    yield machine
    machine.remove()


def test_it_is_given_up_in_the_middle_and_at_the_beginning_and_goes_on_afterwards(
    far_machine: FarMachine, tmp_path: Path
) -> None:
    source = tmp_path / "model.pt"
    source.write_bytes(os.urandom(24 << 20))
    sending = Sending(str(source), "checkpoint/model.pt", source.stat().st_size, identity="1")
    remote = far_machine.remote(tmp_path / "there")
    transport = transport_to(remote)
    for _ in range(100):  # until the server listens
        try:
            transport.connect()
            break
        except UnreachableError:
            time.sleep(0.1)

    moved: list[int] = []

    def lose_in_the_middle(path: str, count: int) -> None:
        if not moved:
            far_machine.lose_everything()
        moved.append(count)

    transport.told = lose_in_the_middle
    with pytest.raises(UnreachableError):
        list(transport.send([sending]))
    transport.close()
    assert not (tmp_path / "there/checkpoint/model.pt").exists()
    with pytest.raises(UnreachableError):
        transport_to(remote).connect()

    far_machine.recover()
    with transport_to(remote) as again:
        (outcome,) = again.send([sending])
    assert outcome.complete
    assert (tmp_path / "there/checkpoint/model.pt").read_bytes() == source.read_bytes()
