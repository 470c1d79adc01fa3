"""Fixtures for the tests of commands: the command line as a person runs it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from rla.cli.main import main

REPOSITORY = Path(__file__).resolve().parents[2]


class Shown(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def rla(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    """Run a command in this process: ``rla("ls", "--root", data_root)``."""

    def run(*arguments: object) -> Shown:
        monkeypatch.setattr(sys, "argv", ["rla", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Shown(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def runs(data_root: Path, experiment: Callable[..., Path]) -> Path:
    """A data root with three runs of the task ``demo``, each with a checkpoint; one is dead after a few steps."""
    rows = "loss,time-step,timestamp\n0.5,{},1.0\n"
    for number, (status, step) in enumerate([("finished", 9000), ("running", 10), ("finished", 20)], 1):
        card = {"pid": 4_000_000} if status == "running" else {}
        time_of_day = f"13-05-0{number}-000001"
        log_dir = experiment(time_of_day, status=status, rows=rows.format(step), card=card, lr=number / 10)
        checkpoint = data_root / "checkpoint" / log_dir.relative_to(data_root / "log")
        checkpoint.mkdir(parents=True)
        (checkpoint / "weights").write_bytes(bytes(1000 * number))
    return data_root


@pytest.fixture
def look() -> Callable[[Path], dict[str, str]]:
    """Return the hash of each file in a folder, but of those of rla itself."""

    def look_at(folder: Path) -> dict[str, str]:
        paths = [path for path in folder.rglob("*") if path.is_file() and ".rla" not in path.parts]
        return {str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() for path in paths}

    return look_at


@pytest.fixture
def left(data_root: Path) -> Callable[..., list[str]]:
    """Return the learning rates of the runs that are in a tree: ``left("checkpoint")``."""

    def rates(tree: str = "log", root: Path | None = None, task: str = "demo") -> list[str]:
        return sorted(path.name.partition("lr=")[2] for path in (root or data_root).glob(f"{tree}/{task}/*/*/*/*"))

    return rates


class Typed(NamedTuple):
    """What a person saw on a terminal of 80 columns, and the exit code."""

    code: int
    screen: str


@pytest.fixture
def on_terminal() -> Callable[..., Typed]:
    """Run a command in a process with a terminal, and type something when it asks: ``on_terminal("y", "rm", …)``."""

    def run(typed: str, *arguments: object, program: str = "from rla.cli.main import main; main()") -> Typed:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", "TERM": "xterm"}
        process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.argv[0] = 'rla'; {program}", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        seen = _talk(ours, typed)
        return Typed(process.wait(timeout=60), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen).replace("\r\n", "\n"))

    return run


def _talk(terminal: int, typed: str) -> str:
    """Read all that is shown, type when there is a question, and return what was shown."""
    seen, answered = b"", False
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            part = b""
        if not part:
            os.close(terminal)
            return seen.decode()
        seen += part
        if b"[y/N]" in seen and not answered:
            os.write(terminal, typed.encode())
            answered = True
