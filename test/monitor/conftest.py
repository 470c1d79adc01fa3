"""Fixtures for the tests of system metrics: what a monitor says, and programs that answer like nvidia-smi."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import exp_manager, logger
from rla.monitor import monitor as monitor_module
from rla.monitor.monitor import SystemMonitor
from rla.monitor.nvidia_smi import NvidiaSmi

LONGEST_WAIT = 60.0

EATS_MEMORY = "import sys; data = bytearray(b'x' * 100_000_000); print('ready', flush=True); sys.stdin.read()"
PROGRAMS = {
    "eats memory": EATS_MEMORY,
    "eats the processor": "print('ready', flush=True)\nwhile True: pass",
    "has a child that eats memory": f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {EATS_MEMORY!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print('ready', flush=True)
sys.stdin.read()
child.communicate()
""",
}

Start = Callable[[str], "subprocess.Popen[bytes]"]


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not true():
        assert time.monotonic() < deadline, f"not seen within {LONGEST_WAIT:g} s: {what}"
        time.sleep(0.005)


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    """Wait for another thread: ``until(lambda: heard.values, "a sample")``."""
    return wait_until


@pytest.fixture
def sampled() -> Callable[..., dict[str, float]]:
    """Wait until the open row of the global logger has some keys, and dump it."""

    def wait(*keys: str) -> dict[str, float]:
        wait_until(lambda: set(keys) <= set(logger.name_to_value), ", ".join(keys))
        return logger.dump_tabular()

    return wait


@pytest.fixture
def child() -> Iterator[Start]:
    """Start a program, or one of `PROGRAMS`, as a child of this process, and wait until it has said ``ready``."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAMS.get(program, program)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


class Heard:
    """What a monitor has recorded and warned of."""

    def __init__(self) -> None:
        self.records: list[tuple[str, float]] = []
        self.warnings: list[str] = []

    @property
    def values(self) -> dict[str, float]:
        return dict(self.records)

    def count(self, key: str) -> int:
        return sum(recorded == key for recorded, _ in list(self.records))

    def record(self, key: str, value: float) -> None:
        self.records.append((key, value))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def monitor(tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SystemMonitor]]:
    """Start a monitor that is in a hurry; its records and warnings are in ``heard``."""
    started: list[SystemMonitor] = []
    monkeypatch.setattr(monitor_module, "REST", 0)

    def start(every: float = 0.01) -> SystemMonitor:
        started.append(SystemMonitor(heard.record, heard.warnings.append, tmp_path, every))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(autouse=True)
def no_cards_of_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests bring their own cards: there is no pynvml, no nvidia-smi but that of the test, and nothing is hidden."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if "real_gpu" in request.node.nodeid:
        return
    monkeypatch.setitem(sys.modules, "pynvml", None)
    if "nvidia_smi" not in request.fixturenames:
        monkeypatch.setattr(NvidiaSmi, "find", lambda asked: None)


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a shell script in PATH that is called nvidia-smi: ``nvidia_smi("echo …")``."""

    def write(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return program

    return write


@pytest.fixture
def answers(nvidia_smi: Callable[[str], Path]) -> Callable[[str], Path]:
    """Put a nvidia-smi in PATH that answers with a text, if it is asked for the columns that we expect."""

    def write(text: str) -> Path:
        columns = "--query-gpu=uuid,memory.used,utilization.gpu,temperature.gpu,power.draw"
        check = f'[ "$*" = "{columns} --format=csv,noheader,nounits" ] || {{ echo "Invalid: $*"; exit 2; }}'
        return nvidia_smi(f"{check}\ncat <<'END'\n{text}END")

    return write


@pytest.fixture
def warned() -> Callable[[], list[str]]:
    """Return the lines of warn.txt of the current experiment."""

    def read() -> list[str]:
        logger.flush()
        path = Path(exp_manager.log_dir) / "warn.txt"
        return path.read_text().splitlines() if path.exists() else []

    return read
