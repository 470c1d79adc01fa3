"""Each name of the old modules for time and memory: called once, and its result looked at.

These are `easy_log.time_step`, `easy_log.time_used_recorder`, and the modules of `trackers`.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType, SimpleNamespace

import pytest
from RLA.easy_log import logger, time_step
from RLA.trackers import memory_used_recorder

from rla import timers


@pytest.fixture(params=["easy_log", "trackers"])
def recorder(request: pytest.FixtureRequest) -> ModuleType:
    """`time_used_recorder` of both packages."""
    return importlib.import_module(f"RLA.{request.param}.time_used_recorder")


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the timers."""
    now = [50.0]
    monkeypatch.setattr(timers, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    timers.time_tracker.clear()
    return now


# ---- time_step -------------------------------------------------------------------------------------------------------


def test_TimeStepHolder() -> None:  # noqa: N802  # the name of the class
    holder = time_step.TimeStepHolder(time=5, epoch=1, tf_log=True)
    assert (holder.get_time(), holder.epoch) == (5, 1)
    holder.inc_time()
    holder.add_time(10)
    assert holder.get_time() == 16
    holder.set_time(3)
    assert holder.get_time() == 3
    holder.config(time=0, tf_log=False)
    assert holder.get_time() == 0


def test_time_step_holder() -> None:
    time_step.time_step_holder.set_time(8)
    logger.logkv("loss", 1)
    assert logger.dumpkvs()["time-step"] == 8


# ---- time_used_recorder ----------------------------------------------------------------------------------------------


def test_SingleTimeTracker(recorder: ModuleType, seconds: list[float]) -> None:  # noqa: N802  # the name of the class
    tracker = recorder.SingleTimeTracker(name="rollout")
    with tracker:
        seconds[0] += 2.0
    assert (tracker.name, tracker.calls, tracker.seconds) == ("rollout", 1, 2.0)
    assert recorder.SingleTimeTracker().name == "untitled"


def test_TimeTracker(recorder: ModuleType, seconds: list[float]) -> None:  # noqa: N802  # likewise
    tracker = recorder.TimeTracker()
    with tracker.add("rollout"):
        seconds[0] += 2.0
    with tracker("update"):
        seconds[0] += 6.0
    entry = tracker.statistic_entry("rollout")
    assert entry == {
        "time_used/total calls/rollout": 1.0,
        "time_used/total time cost/rollout": 2.0,
        "time_used/time cost per call/rollout": 2.0,
        "time_used/time cost percentage/rollout": 0.25,
    }
    assert tracker.get_info() == {**entry, **tracker.statistic_entry("update")}
    heard: list[object] = []
    tracker.listener = lambda *record: heard.append(record)
    tracker.log(exclude_lst=["csv"])
    assert ("time_used/total calls/update", 1.0, ["csv"]) in heard
    tracker.clear()
    assert tracker.get_info() == {}


def test_time_tracker(recorder: ModuleType, seconds: list[float]) -> None:
    with recorder.time_tracker("rollout"):
        seconds[0] += 1.5
    recorder.time_tracker.log()
    assert logger.getkvs()["time_used/total time cost/rollout"] == 1.5


def test_time_record_and_time_record_end_and_rc_start_time(recorder: ModuleType, seconds: list[float]) -> None:
    recorder.time_record("save")
    assert recorder.rc_start_time == {"save": 50.0}
    seconds[0] += 0.5
    assert recorder.time_record_end("save") == 0.5
    assert recorder.rc_start_time == {}
    assert logger.getkvs() == {"time_used/save": 0.5}


# ---- memory_used_recorder --------------------------------------------------------------------------------------------


def test_print_large_memory_variable(capsys: pytest.CaptureFixture[str]) -> None:
    def training() -> None:
        buffer = bytes(100 << 20)
        memory_used_recorder.print_large_memory_variable()
        assert len(buffer) == 100 << 20

    thread = threading.Thread(target=training)  # its stack does not reach down to pytest, which sees all other tests
    thread.start()
    thread.join()
    assert "100.000 MiB  buffer (bytes, in training())" in capsys.readouterr().out
