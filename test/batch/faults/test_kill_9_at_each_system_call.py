"""`kill -9` at each system call that changes something: nothing is lost, and asking again finishes what was begun.

`strace` kills at the n-th call of one kind. So that it has to be started once for each kind only, it watches a process
that forks the ones to be killed: each makes as many calls without effect first as bring it to the n-th.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

CALLS = {
    "rename": 'os.rename("", "")',
    "mkdir": 'os.mkdir("")',
    "rmdir": 'os.rmdir("")',
    "unlink": 'os.unlink("")',
    "unlinkat": 'os.unlink("", dir_fd=-1)',
    "linkat": 'os.link("", "", follow_symlinks=False)',
    "symlink": 'os.symlink("x", "")',
    "chmod": 'os.chmod("", 0)',
    "fchmod": "os.chmod(1 << 20, 0)",
    "utimensat": 'os.utime("")',
    "fsync": "os.fsync(1 << 20)",
    "write": 'os.write(1 << 20, b"x")',
    "pwrite64": 'os.pwrite(1 << 20, b"x", 0)',
    "ftruncate": "os.ftruncate(1 << 20, 0)",
    "copy_file_range": "os.copy_file_range(1 << 20, 1 << 20, 1)",
    "openat": 'os.open("", 0)',
}
"""The calls, and how each is made without effect."""

AT = {call: 700 if call == "openat" else 250 for call in CALLS}
"""At its call of this number `strace` kills a process."""

EVERY_FIFTH = 5
"""With the trash on another disk operations make a thousand calls: one in so many is tried."""

PARENT = """
import os, pickle, socket, struct, sys
from rla import batch
from rla.batch import applying
applying._KEPT_DAYS = -2
line = socket.socket(fileno=int(sys.argv[1]))
call = compile(sys.argv[2], "call", "eval")

def receive(size):
    parts = b""
    while len(parts) < size:
        part = line.recv(size - len(parts))
        if not part:
            os._exit(0)
        parts += part
    return parts

line.send(b"ready")
while True:
    plan, data, ahead = pickle.loads(receive(*struct.unpack("Q", receive(8))))
    child = os.fork()
    if not child:
        for _ in range(ahead):
            try:
                eval(call)
            except OSError:
                pass
        batch.empty_trash(data) if plan is None else batch.apply(plan)
        os._exit(0)
    line.send(struct.pack("q", os.waitpid(child, 0)[1]))
"""


class Killer:
    """A process that forks processes which are killed at a system call of one kind.

    Args:
        call: the system call; without one, all are written into a file.
        trace: this file.
    """

    def __init__(self, call: str, trace: Path) -> None:
        here, there = socket.socketpair()
        self._line = here
        program = [sys.executable, "-c", PARENT, str(there.fileno()), CALLS.get(call, "0")]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
        watch = ["strace", "-f", "-q", "-o", str(trace), "-e", f"trace={call or ','.join(CALLS)}"]
        if call:
            watch += ["-e", f"inject={call}:signal=KILL:when={AT[call]}"]
        self._process = subprocess.Popen(program, pass_fds=[there.fileno()], env=environment)
        there.close()
        assert self._line.recv(5) == b"ready"
        self._tracer = subprocess.Popen([*watch, "-p", str(self._process.pid)], stderr=subprocess.PIPE)
        while "TracerPid:\t0\n" in Path(f"/proc/{self._process.pid}/status").read_text():
            if self._tracer.poll() is not None:
                said = self._tracer.communicate()[1].decode()
                self.close()
                pytest.skip(f"strace may not look at other processes here: {said}")
            time.sleep(0.01)

    def run(self, plan: Any, data: Path, ahead: int) -> bool:
        """Do what a plan says in a process of its own, and say whether it was killed."""
        request = pickle.dumps((plan, data, ahead))
        self._line.sendall(struct.pack("Q", len(request)) + request)
        (status,) = struct.unpack("q", self._line.recv(8))
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, -signal.SIGKILL), f"it failed: exit code {code}"
        return code != 0

    def close(self) -> None:
        """End it."""
        self._line.close()
        for process in (self._process, self._tracer):
            process.communicate(timeout=60)


@pytest.fixture(scope="session")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Killer, Path]]]:
    """Return what kills at a call, and its trace: ``killer("rename")``."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    folder = tmp_path_factory.mktemp("traces")
    known: dict[str, Killer] = {}

    def get(call: str) -> tuple[Killer, Path]:
        trace = folder / f"{call or 'all'}.txt"
        if call not in known:
            known[call] = Killer(call, trace)
        return known[call], trace

    yield get
    for each in known.values():
        each.close()


@pytest.fixture
def calls_of(lab: Any, killer: Callable[[str], tuple[Killer, Path]]) -> Callable[[Any], dict[str, list[int]]]:
    """Return which calls a case makes that change something, and their numbers among all of that name."""

    def count(case: Any) -> dict[str, list[int]]:
        tracer, trace = killer("")
        plan, before = lab.begin(case).plan, trace.stat().st_size
        assert not tracer.run(plan, lab.data, 0)
        found: dict[str, list[int]] = {}
        total = dict.fromkeys(CALLS, 0)
        with open(trace) as lines:
            lines.seek(before)
            for line in lines:
                if (match := re.match(r"\d+ +(\w+)\((.*)", line)) and match[1] in total:
                    total[match[1]] += 1
                    if match[1] != "openat" or "O_CREAT" in match[2]:
                        found.setdefault(match[1], []).append(total[match[1]])
        assert all(total[call] < AT[call] for call in CALLS)
        return found

    return count


def test_a_kill_at_each_system_call(
    lab: Any, case: Any, killer: Callable[[str], tuple[Killer, Path]], calls_of: Callable[[Any], Any], check: Any
) -> None:
    calls = calls_of(case)
    assert {"rename", "mkdir", "openat", "unlink"} & {*calls}
    step = EVERY_FIFTH if case.elsewhere else 1
    for call, numbers in calls.items():
        kills, _ = killer(call)
        for number in numbers[len(numbers) % step :: step]:
            plan = lab.begin(case).plan
            assert kills.run(plan, lab.data, AT[call] - number), f"it was not killed at {call} {number}"
            check.after_a_kill(case)
