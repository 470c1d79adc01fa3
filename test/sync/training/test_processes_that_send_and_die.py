"""When the process that sends dies or cannot be started, there is one warning, and another one takes over."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, logger
from rla.errors import SyncError
from rla.sync.background import training_side as background
from rla.sync.background.backoff import Backoff


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at once, and starts another process soon."""
    monkeypatch.setattr(background, "Backoff", lambda first, longest: Backoff(0.05, 0.1))
    monkeypatch.setattr(background, "_LONGEST_LOOK_SECONDS", 0.02)


def told() -> list[str]:
    logger.flush()
    return Path(exp_manager.log_dir, "warn.txt").read_text().splitlines()


def test_another_one_is_started_and_nothing_is_lost(
    sending: Callable[..., None], dump: Callable[[int], None], agents: Callable, until: Callable,
    data_root: Path, there: Path, content_of: Callable,
) -> None:  # fmt: skip
    sending()
    for count in range(3):
        dump(count)
        assert exp_manager.sync_log_file(wait=True) is not None
        (agent,) = agents(os.getpid())
        agent.kill()
        until(lambda dead=agent.pid: exp_manager.sync_log_file() or {each.pid for each in agents(os.getpid())} - {dead})
    (line,) = told()
    assert "The records of this run are not sent for a while: the process that does it has ended (exit code -9)" in line
    dump(3)
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)


def test_one_that_dies_before_the_end_is_replaced_at_the_end(
    sending: Callable[..., None], dump: Callable[[int], None], agents: Callable, data_root: Path, there: Path,
    content_of: Callable,
) -> None:  # fmt: skip
    sending(every=3600)
    exp_manager.sync_log_file()
    for agent in agents(os.getpid()):
        agent.kill()
    dump(1)
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)


def test_who_waits_for_one_that_dies_is_told(
    sending: Callable[..., None], agents: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending()
    exp_manager.sync_log_file()

    def killed(self: background.BackgroundSync, seconds: float) -> None:
        for agent in agents(os.getpid()):
            agent.kill()
            agent.wait()

    monkeypatch.setattr(background.BackgroundSync, "pause", killed)
    with pytest.raises(SyncError, match="The process that does it has ended"):
        exp_manager.sync_log_file(wait=True)


NO_INTERPRETERS = {
    "/bin/true": "cannot be started (exit code 0)",
    "/bin/cat": "cannot be started",
    "/nowhere/python": "no Python interpreter of its own (sys.executable is '/nowhere/python')",
    "": "no Python interpreter of its own (sys.executable is '')",
}


FIRST, *OTHERS = NO_INTERPRETERS


@pytest.mark.parametrize("executable", [FIRST, *(pytest.param(each, marks=pytest.mark.fault) for each in OTHERS)])
def test_a_program_without_an_interpreter_is_told_once_how_to_send_by_hand(
    sending: Callable[..., None], dump: Callable[[int], None], until: Callable, monkeypatch: pytest.MonkeyPatch,
    executable: str,
) -> None:  # fmt: skip
    sending()
    monkeypatch.setattr(sys, "executable", executable)
    until(lambda: exp_manager.sync_log_file() or [line for line in told() if "by hand: rla push" in line])
    for count in range(20):
        dump(count)
        exp_manager.sync_log_file()
    *others, last = told()
    assert len(others) <= 1
    assert NO_INTERPRETERS[executable] in last
    with pytest.raises(SyncError, match=r"interpreter|cannot be started"):
        exp_manager.sync_log_file(wait=True)


def test_a_bundled_program_never_starts_itself(sending: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    sending()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    exp_manager.sync_log_file()
    assert "this program is a bundle" in told()[0]


def test_one_that_never_begins_is_given_up(
    sending: Callable[..., None], until: Callable, agents: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    odd = tmp_path / "python"
    odd.write_text("#!/bin/sh\nexec sleep 600\n")
    odd.chmod(0o755)
    sending()
    monkeypatch.setattr(sys, "executable", str(odd))
    monkeypatch.setattr(background, "READY_SECONDS", 0.1)
    until(lambda: exp_manager.sync_log_file() or told())
    assert f"'{odd}' does not act as a Python interpreter" in told()[0]


def test_a_system_without_room_for_a_process_is_asked_again(
    sending: Callable[..., None], dump: Callable[[int], None], data_root: Path, there: Path, content_of: Callable,
    until: Callable, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    sending()
    dump(1)
    with monkeypatch.context() as patch:
        patch.setattr(background, "AgentProcess", full)
        until(lambda: exp_manager.sync_log_file() or told())
        assert "could not be started ([Errno 11] Resource temporarily unavailable)" in told()[0]
    until(lambda: exp_manager.sync_log_file() or there.exists())
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)
