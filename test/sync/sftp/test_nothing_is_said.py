"""Whatever happens to a connection, nothing of it is printed, and the process ends when the program does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from test.sync.proxy import BlackHole, Proxy
from test.sync.servers import SshServer

PROGRAM = """
import logging, sys
from rla.errors import SyncError
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending
if "noisy" in sys.argv:
    logging.basicConfig(level=logging.DEBUG)
remote = dict(host="127.0.0.1", agent=False, key_file=sys.argv[1], timeout=0.5)
for port, known in (each.split("=", 1) for each in sys.argv[2:5]):
    transport = transport_to(Remote("sftp", sys.argv[5], port=int(port), known_hosts=known, **remote))
    try:
        transport.connect()
        for outcome in transport.send([Sending(sys.argv[1], "log/x", 50)] * 3000):
            pass
    except SyncError as error:
        print(type(error).__name__)
    else:
        print("sent")
"""


def test_errors_are_raised_and_nothing_is_printed_or_lingers(
    server: SshServer, tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    for noisy in ("", "noisy"):
        with BlackHole() as hole, Proxy(server.port) as proxy:
            proxy.cut_at = 30_000
            known = tmp_path / "known"
            known.write_text(server.line_of_known_hosts(name=f"[127.0.0.1]:{proxy.port}"))
            cases = [f"{hole.port}={known}", f"{proxy.port}={empty}", f"{proxy.port}={known}"]

            done = run_python(PROGRAM, server.key_file, *cases, tmp_path / "there", noisy, timeout=30)

        assert (done.stdout.split(), done.stderr) == (["UnreachableError", "HostKeyError", "UnreachableError"], "")
