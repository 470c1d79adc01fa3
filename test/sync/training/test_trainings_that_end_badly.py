"""However a training ends, its last rows and its status get to the main node."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

ENDS = {
    "signal.raise_signal(signal.SIGTERM)": ("interrupted", -signal.SIGTERM),
    "sys.exit(3)": ("failed", 3),
    "raise ValueError('diverged')": ("failed", 1),
    "raise KeyboardInterrupt": ("interrupted", -signal.SIGINT),
    "": ("finished", 0),
}
FIRST, *OTHERS = ENDS


def progress_at(root: Path) -> int:
    """Return how many rows have arrived."""
    return sum(len(path.read_text().splitlines()) - 1 for path in root.rglob("progress.csv"))


@pytest.mark.parametrize("end", [FIRST, *(pytest.param(end, marks=pytest.mark.fault) for end in OTHERS)])
def test_the_status_and_all_rows_arrive(
    training: Callable, data_root: Path, there: Path, content_of: Callable, end: str
) -> None:
    process = training(f"exp_manager.sync_log_file()\nfor step in range(50):\n    dump(step)\n{end}")
    _, errors = process.communicate(timeout=60)
    status, code = ENDS[end]
    assert process.returncode == code, errors
    (card,) = there.rglob("experiment.json")
    assert json.loads(card.read_text())["status"] == status
    assert progress_at(there) == 50
    assert content_of(there) == content_of(data_root)


HEIR = """
import subprocess
for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        os.set_inheritable(fd, True)
    except OSError:
        pass
subprocess.Popen(["sleep", "600"], close_fds=False)
"""

KILLED = """
count = dump_until(arrived)
{before}
for step in range(100):
    dump(count + step)
logger.flush()
print("go", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "before",
    [
        "",
        pytest.param("if not os.fork():\n    time.sleep(600)", marks=pytest.mark.fault),
        pytest.param(HEIR, marks=pytest.mark.fault),
    ],
    ids=["alone", "with a forked child", "with a program that has all open files of it"],
)
def test_kill_9_leaves_a_process_that_sends_the_rest_and_ends(
    training: Callable,
    agents: Callable,
    until: Callable,
    data_root: Path,
    there: Path,
    content_of: Callable,
    before: str,
) -> None:
    process = training(KILLED.format(before=before), REMOTE_SETTING={"every": 3600})
    assert process.stdout.readline() == "go\n"
    (agent,) = agents(process.pid)
    children = [child for child in agent.parent().children() if child.pid != agent.pid]
    assert content_of(there) != content_of(data_root)
    process.kill()
    process.wait()
    try:
        agent.wait(timeout=60)
        assert content_of(there) == content_of(data_root)
    finally:
        for child in children:
            child.kill()


@pytest.mark.fault
def test_signals_for_the_whole_group_do_not_end_the_process_that_sends(
    training: Callable, agents: Callable, until: Callable, data_root: Path, there: Path, content_of: Callable
) -> None:
    process = training("count = dump_until(arrived)\nprint('go', flush=True)\nsys.stdin.read()")
    assert process.stdout.readline() == "go\n"
    (agent,) = agents(process.pid)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        agent.send_signal(number)
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM
    assert content_of(there) == content_of(data_root)
    assert b'"interrupted"' in next(there.rglob("experiment.json")).read_bytes()


@pytest.mark.fault
def test_a_run_that_shall_not_wait_at_its_end_leaves_the_rest_to_the_process(
    training: Callable, agents: Callable, until: Callable, data_root: Path, there: Path, content_of: Callable
) -> None:
    program = "exp_manager.sync_log_file()\nfor step in range(50):\n    dump(step)\nexp_manager.finish()\n"
    process = training(program, REMOTE_SETTING={"wait_at_end": 0})
    output, errors = process.communicate(timeout=60)
    assert (output, errors) == ("", "")
    until(lambda: content_of(there) == content_of(data_root))
