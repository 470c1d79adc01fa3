"""The doctor measures `import rla` in fresh interpreters, and names what takes the time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from rla.experiment.doctor import import_time
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.import_time import check_import_time, slowest_packages

Checks = Callable[..., dict[str, Check]]

BARE = """\
import time: self [us] | cumulative | imported package
import time:      9000 |       9000 | site
"""
REPORT = (
    BARE
    + """\
import time:       100 |        100 |   yaml.reader
import time:       250 |        350 | yaml
import time:        90 |         90 |     rla.names
import time:       500 |       1040 | rla
import time:        10 |         10 | typing
import time:         5 |          5 | enum
something that a module printed | with | bars
"""
)


def test_the_packages_that_take_longest_are_found_by_their_own_time() -> None:
    assert slowest_packages(REPORT, BARE) == pytest.approx({"rla": 590e-6, "yaml": 350e-6, "typing": 10e-6})


def test_a_report_that_is_none_names_nothing() -> None:
    assert slowest_packages("import time: no | numbers | here\n", "") == {}


def test_real_interpreters_are_measured(checks: Checks) -> None:
    facts = checks(check_import_time)["import time"].facts
    assert facts["import_seconds"] > facts["bare_seconds"] > 0
    assert "rla" in facts["slowest"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Let the bare interpreter and the import take so many seconds."""

    def set_up(bare: float, whole: float) -> None:
        monkeypatch.setattr(import_time, "_median_seconds", lambda program: bare if program == "pass" else whole)
        report = lambda *arguments: subprocess.CompletedProcess((), 0, "", BARE if "pass" in arguments else REPORT)  # noqa: E731
        monkeypatch.setattr(import_time, "_run", report)

    return set_up


def test_up_to_200_ms_all_is_well(checks: Checks, measured: Callable[..., None]) -> None:
    measured(0.02, 0.12)
    found = checks(check_import_time)["import time"]
    assert (found.verdict, found.found) == (OK, "`import rla` takes 100 ms over a bare Python (6.0 times as long)")


def test_a_slow_import_is_noted_with_what_takes_the_time(checks: Checks, measured: Callable[..., None]) -> None:
    measured(0.02, 0.32)
    found = checks(check_import_time)["import time"]
    assert found.verdict == NOTE
    assert found.found.endswith("most of it: rla 1 ms, yaml 0 ms, typing 0 ms")
    assert found.advice


def test_missing_compiled_files_are_told_as_the_reason(
    checks: Checks, measured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(0.02, 0.32)
    monkeypatch.setattr(import_time, "cache_from_source", lambda _: "/nowhere/import_time.pyc")
    assert "PYTHONDONTWRITEBYTECODE" in checks(check_import_time)["import time"].advice


def test_an_import_that_does_not_end_is_told(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any) -> None:
        raise subprocess.TimeoutExpired("python", 6)

    monkeypatch.setattr(import_time, "_run", hang)
    assert checks(check_import_time)["import time"].verdict == WARNING
