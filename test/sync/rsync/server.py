"""An OpenSSH server of our own on a port of the loopback interface, for tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rla.sync.remote import Remote

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIG = """
ListenAddress 127.0.0.1
PidFile none
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
SetEnv SHLVL=9 {environment}
"""
# bash reads the user's .bashrc, which may be slow, where it takes itself for the first shell of a network login


@contextlib.contextmanager
def ssh_server(folder: Path, environment: str = "") -> Iterator[Remote]:
    """Let a server run, and give how to get to it; its root is the folder ``root``, which is not there yet."""
    if SSHD is None or shutil.which("ssh-keygen") is None:
        pytest.skip("there is no sshd (package openssh-server)")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kind, key, *_ = (folder / "host.pub").read_text().split()
    (folder / "known hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    (folder / "config").write_text(CONFIG.format(folder=folder, environment=environment) + f"Port {port}\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        _wait_for(server, port, folder / "log")
        yield Remote(
            *("rsync", str(folder / "root"), "127.0.0.1", port),
            key_file=str(folder / "key"),
            agent=False,
            known_hosts=str(folder / "known hosts"),
            timeout=20.0,
        )
    finally:
        server.kill()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(500):
        if server.poll() is not None:
            pytest.skip(f"sshd does not run here: {log.read_text(errors='replace')[-300:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as probe:
            if probe.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    raise TimeoutError("sshd does not listen")
