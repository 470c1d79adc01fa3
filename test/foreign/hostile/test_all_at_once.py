"""A data root full of harm is listed whole, in little memory and time, without a character that moves a terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from click.testing import Result

pytestmark = pytest.mark.timeout(120)

LIST = """
import json, sys
from rla.query import experiments
found = experiments(sys.argv[1])
listed = [[each.record_date, each.status, each.problem or ""] for each in found]
found.to_pandas(), found.load("loss"), found.episodes()
status = open("/proc/self/status").read()  # what getrusage tells has the memory of the process that started this one
print(json.dumps([listed, int(status.partition("VmHWM:")[2].split()[0]) * 1024]))
"""

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def full(
    good: Callable[[int], str], make_hostile: Callable[..., str], every_hostile: dict[str, Any], data_root: Path
) -> dict[str, Any]:
    """Return what is hostile by record date; there are three good ones among them."""
    made = {make_hostile(each, minute): each for minute, each in enumerate(every_hostile.values())}
    for minute in range(3):
        good(minute)
    (data_root / "checkpoint" / "demo" / "2026/11/20" / "13-00-01-000001_10.0.0.1_&lr=0.0").mkdir(parents=True)
    return made


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is told by /proc")
def test_all_are_listed_in_less_than_300_megabytes_and_nothing_is_run(
    full: dict[str, Any], data_root: Path, canary: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    done = run_python(LIST, data_root, timeout=60)
    assert done.returncode == 0, done.stderr
    listed, peak = json.loads(done.stdout)
    assert [status for _, status, _ in listed[:3]] == ["finished"] * 3
    assert [date for date, status, _ in listed[3:] if status == "unreadable"] == list(full)
    for (_, _, problem), hostile in zip(listed[3:], full.values(), strict=True):
        assert re.search(hostile.problem, problem, re.DOTALL), problem
    assert peak < 300e6
    assert not canary.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls", "-n", "0"],
        ["ls", "-n", "0", "--json"],
        ["ls", "-n", "0", "--names"],
        ["query", "-n", "0", "status == unreadable"],
        ["query", "-n", "0", "status == unreadable", "--json"],
        ["fsck"],
        ["fsck", "--json"],
    ],
    ids=" ".join,
)
def test_each_command_says_them_all_in_plain_text(
    full: dict[str, Any],
    data_root: Path,
    canary: Path,
    arguments: list[str],
    rla: Callable[..., Result],
) -> None:
    done = rla(*arguments, "--root", data_root)
    shown = done.stdout
    assert done.exit_code == (1 if arguments[0] == "fsck" else 0), done.stderr
    assert CONTROL.search(shown) is None
    if arguments[0] != "fsck":  # which looks at what is on the disk, and not at archives
        assert all(date.rpartition("/")[2][:8] in shown for date in full)
    if "--json" in arguments:
        json.loads(shown)
    elif "--names" not in arguments and arguments[0] != "fsck":
        assert "os.system" in shown
        assert "zeros stand in it" in shown
    assert not canary.exists()


def test_a_checkpoint_with_code_is_listed_and_not_loaded(
    full: dict[str, Any], data_root: Path, canary: Path, rla_process: Callable[..., CompletedProcess[bytes]]
) -> None:
    (folder,) = (data_root / "checkpoint" / "demo").glob("*/*/*/*")
    (folder / "checkpoint_10.pt").write_bytes(b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR.")
    done = rla_process("show", "13-00-01", "--root", data_root)
    assert b"checkpoint_10.pt" in done.stdout
    assert not canary.exists()
