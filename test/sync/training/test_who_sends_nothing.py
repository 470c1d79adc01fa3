"""`sync_log_file()` stands in one script for all machines: where nothing is to be sent, it does nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.sync.report import SyncReport


@pytest.fixture(params=[False, True], ids=["at once", "waiting"])
def wait(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_the_main_node(sending: Callable[..., None], there: Path, agents: Callable, wait: bool) -> None:
    sending(is_master_node=True)
    assert exp_manager.sync_log_file(wait=wait) is None
    assert agents(os.getpid()) == []
    assert not there.exists()


def test_a_node_that_is_not_set_up_to_send(start: Callable[..., None], agents: Callable, wait: bool) -> None:
    start()
    assert exp_manager.sync_log_file(wait=wait) is None
    assert agents(os.getpid()) == []


def test_a_rank_that_records_nothing(
    sending: Callable[..., None], there: Path, agents: Callable, wait: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    sending()
    assert exp_manager.sync_log_file(wait=wait) is None
    assert agents(os.getpid()) == []


def test_a_forked_child_and_its_end_disturbs_nobody(
    sending: Callable[..., None], dump: Callable[[int], None], agents: Callable, data_root: Path, there: Path,
    content_of: Callable, wait: bool,
) -> None:  # fmt: skip
    sending()
    exp_manager.sync_log_file()
    child = os.fork()
    if not child:
        try:
            exp_manager._look_at = 0.0  # type: ignore[attr-defined]  # much later
            nothing = exp_manager.sync_log_file(wait=wait) is None and agents(os.getpid()) == []
            exp_manager.finish()
            os._exit(0 if nothing else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    dump(1)
    assert isinstance(exp_manager.sync_log_file(wait=True), SyncReport)
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)


def test_a_forked_child_with_an_experiment_of_its_own_sends_that(
    sending: Callable[..., None], data_root: Path, there: Path, content_of: Callable
) -> None:
    sending()
    exp_manager.sync_log_file()
    child = os.fork()
    if not child:
        try:
            sending(task="of the child")
            exp_manager.sync_log_file()
            exp_manager.finish()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    exp_manager.finish()
    assert {path.split("/")[1] for path in content_of(there)} == {"demo", "of the child"}
    assert content_of(there) == content_of(data_root)
