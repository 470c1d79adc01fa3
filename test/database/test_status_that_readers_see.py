"""Readers do not believe a card that says `running`: lock, process and heartbeat are asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rla import locks
from rla.database.run_card import RunCard, observed_status, read_run_card, update_run_card, write_run_card
from rla.machine import host_name, process_is_alive, process_start

HOUR = 3600.0
NOW = 1.7e9


def card(**changes: Any) -> RunCard:
    known: dict[str, Any] = dict.fromkeys(("id", "task", "record_date", "node", "index_name"), "x")
    return RunCard(**{**known, "host": host_name(), "pid": os.getpid(), **changes})


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended and was waited for."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_without_a_card_the_status_is_unknown(tmp_path: Path) -> None:
    assert observed_status(None, tmp_path) == "unknown"


@pytest.mark.parametrize("status", ["finished", "failed", "interrupted"])
def test_an_end_that_the_run_noted_itself_is_believed(tmp_path: Path, status: str, ended: int) -> None:
    assert observed_status(card(status=status), tmp_path) == status
    assert observed_status(card(status=status, pid=ended), tmp_path) == status


def test_a_run_of_this_host_whose_process_lives_is_running(tmp_path: Path) -> None:
    assert observed_status(card(process_start=process_start()), tmp_path) == "running"


def test_a_run_of_this_host_whose_process_is_gone_is_dead(tmp_path: Path, ended: int) -> None:
    assert observed_status(card(pid=ended), tmp_path) == "dead"


def test_a_number_that_another_process_has_now_is_dead(tmp_path: Path) -> None:
    started = process_start()
    assert started is not None
    assert observed_status(card(process_start=started - HOUR), tmp_path) == "dead"


def test_a_heartbeat_of_now_does_not_make_a_dead_process_live(tmp_path: Path, ended: int) -> None:
    assert observed_status(card(pid=ended, heartbeat=1e12), tmp_path) == "dead"


def test_a_held_lock_alone_tells_that_a_run_of_this_host_lives(tmp_path: Path, ended: int) -> None:
    (tmp_path / ".journal").mkdir()
    held = locks.lock(tmp_path / ".journal" / "lock")
    assert held is not None
    assert observed_status(card(pid=ended), tmp_path) == "running"
    os.close(held)
    assert observed_status(card(pid=ended), tmp_path) == "dead"


def test_a_process_that_ended_but_was_not_waited_for_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    started = process_start(process.pid)
    assert observed_status(card(pid=process.pid, process_start=started), tmp_path) == "running"
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    assert observed_status(card(pid=process.pid, process_start=started), tmp_path) == "dead"
    process.wait()


def test_a_run_of_another_host_is_running_until_it_was_not_heard_of_for_long(tmp_path: Path, ended: int) -> None:
    other = card(host="another host", pid=ended, heartbeat=1e9)
    assert observed_status(other, tmp_path, now=1e9 + 60) == "running"
    assert observed_status(other, tmp_path, now=1e9 + HOUR) == "stale"


def test_a_run_of_another_host_is_not_judged_by_a_process_of_this_one(tmp_path: Path) -> None:
    other = card(host="another host", process_start=process_start(), heartbeat=1e9)
    assert observed_status(other, tmp_path, now=1e9 + HOUR) == "stale"


def came(folder: Path, moment: float, **changes: Any) -> RunCard:
    """Let the card of a run of another host have come at a moment."""
    write_run_card(folder, card(host="another host", **changes))
    os.utime(folder / "experiment.json", (moment, moment))
    return card(host="another host", **changes)


@pytest.mark.parametrize("heartbeat", [NOW - HOUR, NOW - 24 * HOUR, NOW - 60, NOW + HOUR, 0.0, 1e12])
def test_a_card_that_has_just_come_is_a_sign_of_life_whatever_the_other_clock_says(
    tmp_path: Path, heartbeat: float
) -> None:
    assert observed_status(came(tmp_path, NOW - 60, heartbeat=heartbeat), tmp_path, now=NOW) == "running"


@pytest.mark.parametrize("heartbeat", [NOW - HOUR, NOW - 2 * HOUR, NOW + HOUR, 1e12])
def test_a_run_is_stale_a_quarter_of_an_hour_after_its_card_came(tmp_path: Path, heartbeat: float) -> None:
    other = came(tmp_path, NOW, heartbeat=heartbeat)
    assert observed_status(other, tmp_path, now=NOW + 890) == "running"
    assert observed_status(other, tmp_path, now=NOW + 910) == "stale"


def test_a_heartbeat_counts_where_it_is_later_than_the_file_as_in_a_copy(tmp_path: Path) -> None:
    other = came(tmp_path, NOW - HOUR, heartbeat=NOW - 60)
    assert observed_status(other, tmp_path, now=NOW) == "running"


def test_a_file_server_that_is_a_little_ahead_makes_no_run_stale(tmp_path: Path) -> None:
    assert observed_status(came(tmp_path, NOW + 5, heartbeat=NOW - HOUR), tmp_path, now=NOW) == "running"


def test_a_file_of_the_far_future_is_no_sign_of_life(tmp_path: Path) -> None:
    assert observed_status(came(tmp_path, NOW + 24 * HOUR, heartbeat=NOW - HOUR), tmp_path, now=NOW) == "stale"


def test_where_every_time_is_still_to_come_a_run_counts_as_running(tmp_path: Path) -> None:
    other = came(tmp_path, NOW + 24 * HOUR, heartbeat=NOW + 24 * HOUR)
    assert observed_status(other, tmp_path, now=NOW) == "running"


def test_a_tag_is_no_sign_of_life(tmp_path: Path) -> None:
    came(tmp_path, NOW - HOUR, heartbeat=NOW - HOUR)
    tagged = update_run_card(tmp_path, lambda changing: changing.tags.append("paper"))
    assert tagged.tags == ["paper"]
    assert observed_status(tagged, tmp_path, now=NOW) == "stale"


@pytest.mark.parametrize("pid", [0, -1, 2**40])
def test_a_number_that_is_no_process_is_not_alive(pid: int) -> None:
    assert not process_is_alive(pid, 1.0)


def test_a_card_comes_back_as_it_was_written_with_fields_of_later_versions(tmp_path: Path) -> None:
    written = card(tags=["a"], types={"/a": "tuple"}, reason="ü\nx", extra={"gpu": {"count": 2}})
    write_run_card(tmp_path, written)
    assert read_run_card(tmp_path) == written


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff", b"null", b"[" * 100_000])
def test_a_card_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "experiment.json").write_bytes(content)
    assert read_run_card(tmp_path) is None


@pytest.mark.parametrize(
    "changes", [{"host": "another host", "heartbeat": "yesterday"}, {"pid": "12"}, {"process_start": "noon"}]
)
def test_a_card_with_values_of_a_wrong_kind_does_not_stop_the_reader(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_run_card(tmp_path, card(**changes))
    assert observed_status(read_run_card(tmp_path), tmp_path) in ("unknown", "dead", "stale", "running")
