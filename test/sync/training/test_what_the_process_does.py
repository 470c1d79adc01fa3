"""The process that sends asks again where a training is silent, and adds up what one transfer did in several parts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.database.trees import ExperimentPlace
from rla.errors import UnreachableError
from rla.sync.background import agent as agent_module
from rla.sync.background.agent import Agent
from rla.sync.background.channel import Channel
from rla.sync.report import SyncReport

PLACE = ExperimentPlace(Path("/data"), "demo", "2026/11/20", "13-05-01-000001_10.0.0.1_&")


class Sender:
    """Answers with one report, or error, after the other; the last one for ever."""

    def __init__(self, *answers: SyncReport | Exception) -> None:
        self.answers = list(answers)
        self.untils: list[float] = []
        self.closed = 0

    def send(self, places: list[ExperimentPlace], until: float) -> SyncReport:
        self.untils.append(until)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


Start = Callable[..., tuple[Sender, Channel]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Let an agent work in a thread: ``start(SyncReport())`` returns its sender and the channel to it."""
    ends: list[tuple[threading.Thread, Channel]] = []

    def begin(*answers: SyncReport | Exception) -> tuple[Sender, Channel]:
        ours, theirs = map(Channel, socket.socketpair())
        sender = Sender(*answers)
        agent = Agent(sender, PLACE, 30.0, theirs)  # type: ignore[arg-type]
        thread = threading.Thread(target=agent.run)
        thread.start()
        ends.append((thread, ours))
        return sender, ours

    yield begin
    for thread, channel in ends:
        channel.send({"do": "end", "seconds": 0.0})
        thread.join(60)
        assert not thread.is_alive()


def heard(channel: Channel, said: str) -> dict[str, Any]:
    """Return the next message of a kind."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for message in channel.receive(1.0):
            if message["said"] == said:
                return message
    raise AssertionError(f"nothing of '{said}' was heard")


def test_a_transfer_in_several_parts_is_one_report(start: Start) -> None:
    parts = [
        SyncReport("main", ["a", "b"], 10, unchanged=3, unfinished=["large"], seconds=1.0),
        SyncReport("main", ["a"], 5, unchanged=5, unfinished=["large"], notices=["left out"], seconds=1.0),
        SyncReport("main", ["large"], 100, unchanged=5, notices=["left out"], seconds=2.0),
    ]
    _, channel = start(*parts)
    channel.send({"do": "wait", "number": 7})
    message = heard(channel, "done")
    assert message["number"] == 7
    assert SyncReport(**message["report"]) == SyncReport(
        "main", ["a", "b", "large"], 115, unchanged=3, notices=["left out"], seconds=4.0
    )


def test_transfers_stop_every_few_seconds_to_let_metrics_through(start: Start) -> None:
    sender, channel = start(SyncReport("main"))
    channel.send({"do": "wait", "number": 1})
    heard(channel, "done")
    assert sender.untils[0] - time.monotonic() <= agent_module.SLICE_SECONDS


def test_a_run_is_sent_now_and_then_though_nobody_asks_once_it_was_asked_for(
    start: Start, monkeypatch: pytest.MonkeyPatch, until: Callable
) -> None:
    monkeypatch.setattr(agent_module, "UNASKED_SECONDS", 0.01)
    monkeypatch.setattr(agent_module, "_LOOK_SECONDS", 0.01)
    sender, channel = start(SyncReport("main"))
    time.sleep(0.1)
    assert sender.untils == []
    channel.send({"do": "send"})
    until(lambda: len(sender.untils) > 5)


def test_a_connection_that_nobody_needs_is_closed(
    start: Start, monkeypatch: pytest.MonkeyPatch, until: Callable
) -> None:
    monkeypatch.setattr(agent_module, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(agent_module, "_LOOK_SECONDS", 0.01)
    sender, channel = start(SyncReport("main"))
    channel.send({"do": "send"})
    until(lambda: sender.closed == 1)
    time.sleep(0.1)
    assert sender.closed == 1


def test_a_file_that_is_refused_is_told_when_it_is_refused_again_and_delays_nothing(start: Start) -> None:
    refused = SyncReport("main", ["log.txt"], problems={"x": "no permission.", "y": "no permission."})
    _, channel = start(refused)
    for number in (1, 2, 3):
        channel.send({"do": "wait", "number": number})
        messages = []
        while not any(message["said"] == "done" for message in messages):
            messages += channel.receive(1.0)
        told = [message for message in messages if message["said"] == "files"]
        assert [(message["path"], message["count"]) for message in told] == ([("x", 2)] if number == 2 else [])


def test_the_end_tells_that_a_file_is_not_there_and_tries_it_once_more(start: Start) -> None:
    sender, channel = start(SyncReport("main", problems={"x": "no permission."}))
    channel.send({"do": "end", "seconds": 60.0})
    assert heard(channel, "ended")["complete"] is False
    assert len(sender.untils) == 2


def test_the_end_tries_again_until_the_time_is_up(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_module, "_LOOK_SECONDS", 0.01)
    sender, channel = start(UnreachableError("silent."), UnreachableError("silent."), SyncReport("main"))
    channel.send({"do": "end", "seconds": 60.0})
    assert heard(channel, "ended")["complete"] is True
    assert len(sender.untils) == 3
