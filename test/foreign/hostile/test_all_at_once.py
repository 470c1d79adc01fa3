"""A data root full of harm is listed whole, in little memory and time, without a character that moves a terminal."""

from __future__ import annotations

import json
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from click.testing import Result

from rla import HYPERPARAMETER, RLAWarning, experiment_data_query

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


def test_each_command_says_them_all_in_plain_text(
    full: dict[str, Any], data_root: Path, canary: Path, rla: Callable[..., Result]
) -> None:
    for command in (["ls", "-n", "0"], ["query", "-n", "0", "status == unreadable"]):
        for form in ([], ["--json"], ["--names"]):
            done = rla(*command, *form, "--root", data_root)
            assert done.exit_code == 0, done.stderr
            assert CONTROL.search(done.stdout) is None
            assert all(date.rpartition("/")[2][:8] in done.stdout for date in full)
            assert ("os.system" in done.stdout) == (form != ["--names"])
    assert not canary.exists()


def test_the_check_of_the_files_goes_through_all_of_them(
    full: dict[str, Any], data_root: Path, canary: Path, rla: Callable[..., Result]
) -> None:
    shown = rla("fsck", "--root", data_root)
    assert (shown.exit_code, CONTROL.search(shown.stdout)) == (1, None)
    report = json.loads(rla("fsck", "--root", data_root, "--json").stdout)
    assert report["experiments"] == len(full) + 3
    assert report["errors"] == 19  # of rows, of parameter.json and of run cards; yaml and archives are not looked at
    assert not canary.exists()


def test_the_older_query_goes_on(full: dict[str, Any], data_root: Path, canary: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RLAWarning)
        older = experiment_data_query(data_root, "demo", None, HYPERPARAMETER)
    assert list(older)[3:] == list(full)
    assert older["2026/11/20/13-01-01-000001"].hyper_param == {"lr": 0.1}  # type: ignore[union-attr]
    assert not canary.exists()


def test_a_checkpoint_with_code_is_listed_and_not_loaded(
    full: dict[str, Any], data_root: Path, canary: Path, rla_process: Callable[..., CompletedProcess[bytes]]
) -> None:
    (folder,) = (data_root / "checkpoint" / "demo").glob("*/*/*/*")
    (folder / "checkpoint_10.pt").write_bytes(b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR.")
    done = rla_process("show", "13-00-01", "--root", data_root)
    assert b"checkpoint_10.pt" in done.stdout
    assert not canary.exists()
