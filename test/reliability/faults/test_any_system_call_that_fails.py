"""Whichever system call of a recording process fails: it ends well, trains the same, and loses no row silently.

The faults are injected by `strace` once the experiment is set up. It counts the calls of each thread by itself, so the
n-th call of the training and the n-th call of the writer fail in the same run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

ROWS = 30
KINDS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EINTR")
CALLS = {
    "write": "write",
    "fsync": "fsync,fdatasync",
    "rename": "?rename,?renameat,?renameat2",
    "openat": "openat",
    "ftruncate": "ftruncate",
    "pwrite64": "pwrite64",
    "unlink": "?unlink,?unlinkat",
}

PROGRAM = f"""
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.02, 0.05
journal_writer.SEGMENT_BYTES = 800
if "careless" in arguments:
    append = files.append
    def careless(fd, data):
        try:
            append(fd, data)
        except OSError:
            pass
    files.append = careless
begin()
tell("ready")
wait_for_the_test()
noise, weight = random.Random(1), 1.0
for count in range({ROWS}):
    weight = 0.9 * weight + noise.gauss(0, 1)
    dump(count, 10)
    if count % 7 == 0:
        logger.info("text", count)
    time.sleep(0.01)
exp_manager.finish()
tell("result", weight.hex())
"""


class Run:
    """A training whose system calls fail.

    Attributes:
        data_root: where it has recorded.
        result: what it has trained.
        injected: how many calls failed.
        warned: its warnings.
    """

    def __init__(self, data_root: Path, result: str, injected: int, warned: list[str]) -> None:
        self.data_root = data_root
        self.result = result
        self.injected = injected
        self.warned = warned

    @property
    def card(self) -> dict[str, Any]:
        (path,) = self.data_root.glob("log/demo_task/*/*/*/*/experiment.json")
        card: dict[str, Any] = json.loads(path.read_text())
        return card


@pytest.fixture
def traced(record: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[[str, str, str], Run]]:
    """Train while calls fail: ``traced("write", "ENOSPC", "3")``; without calls, nothing fails."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tracers: list[subprocess.Popen[bytes]] = []
    number = 0

    def run(calls: str = "", kind: str = "", when: str = "", *mutant: str) -> Run:
        nonlocal number
        number += 1
        root, trace = tmp_path / f"data-{number}", tmp_path / f"trace-{number}.txt"
        child = record(PROGRAM, *mutant, root=root)
        child.wait_until_told("ready")
        if calls:
            fault = f"inject={calls}:error={kind}:when={when}"
            command = ["strace", "-f", "-q", "-o", str(trace), "-e", fault, "-p", str(child.process.pid)]
            tracers.append(subprocess.Popen(command, stderr=subprocess.PIPE))
            wait_until_traced(child.process.pid, tracers[-1])
        child.go_on()
        code = child.end()
        assert code == 0, child.errors
        injected = trace.read_text().count("(INJECTED)") if calls else 0
        (result,) = child.wait_until_told("result")
        return Run(root, result, injected, child.warned)

    yield run
    for tracer in tracers:
        tracer.kill()
        tracer.communicate()


def wait_until_traced(process: int, tracer: subprocess.Popen[bytes]) -> None:
    """Wait until all threads of a process are traced; skip where that is forbidden."""
    for _ in range(1000):
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            pytest.skip(f"strace may not look at other processes here: {tracer.stderr.read().decode()}")
        states = []
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(FileNotFoundError):  # it has just ended
                states.append(Path(f"/proc/{process}/task/{thread}/status").read_text())
        if all("TracerPid:\t0\n" not in state for state in states):
            return
        time.sleep(0.01)
    pytest.fail("strace did not attach")


def check(run: Run, expected: Run, check_rows: Callable[..., Any]) -> None:
    assert run.result == expected.result
    assert run.card["dropped_rows"] == 0
    check_rows(run.data_root, ROWS, ROWS, new_key_every=10)
    assert len(beginnings(run)) <= run.injected


def beginnings(run: Run) -> list[str]:
    """Return the warnings that something has begun to fail, without what follows from it."""
    return [text for text in run.warned if "takes records again" not in text and "rla fsck --repair" not in text]


@pytest.mark.parametrize("call", CALLS)
def test_the_nth_call_that_fails_changes_nothing(
    call: str, traced: Callable[..., Run], check_rows: Callable[..., Any]
) -> None:
    expected = traced()
    for nth in range(1, 200):
        run = traced(CALLS[call], KINDS[nth % len(KINDS)], str(nth))
        check(run, expected, check_rows)
        assert len(beginnings(run)) == len(set(beginnings(run))), "each thing is told of once"
        if not run.injected:
            break
    assert nth > 2 or call == "ftruncate", "it is not called at all"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", [1, 4, 11])
@pytest.mark.parametrize("call", ["write", "fsync", "rename", "openat", "write,ftruncate,fsync"])
def test_calls_that_fail_for_a_while_change_nothing(
    call: str, first: int, kind: str, traced: Callable[..., Run], check_rows: Callable[..., Any]
) -> None:
    check(traced(CALLS.get(call, call), kind, f"{first}..{first + 8}"), traced(), check_rows)


def test_all_calls_that_fail_for_a_while_change_nothing(
    traced: Callable[..., Run], check_rows: Callable[..., Any]
) -> None:
    expected = traced()
    for first in (4, 1, 11):
        for kind in KINDS:
            check(traced(",".join(CALLS.values()), kind, f"{first}..{first + 8}"), expected, check_rows)


def test_a_logger_that_ignored_failed_writes_would_lose_rows(
    traced: Callable[..., Run], check_rows: Callable[..., Any]
) -> None:
    """The tests above can fail: with writes whose failure nobody looks at, they would."""
    run = traced("write", "ENOSPC", "5..9", "careless")
    assert run.injected
    with pytest.raises(AssertionError):
        check_rows(run.data_root, ROWS, ROWS, new_key_every=10)
