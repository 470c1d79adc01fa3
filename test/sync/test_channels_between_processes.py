"""Two processes exchange messages without waiting for each other, whatever the other one does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import pytest

from rla.sync.background.channel import Channel

Pair = tuple[Channel, Channel]


@pytest.fixture
def pair() -> Pair:
    one, other = socket.socketpair()
    return Channel(one), Channel(other)


def test_messages_arrive_whole_and_in_order(pair: Pair) -> None:
    here, there = pair
    for number in range(3):
        here.send({"do": "wait", "number": number, "text": "ü\n\udcff"})
    assert there.receive(1.0) == [{"do": "wait", "number": number, "text": "ü\n\udcff"} for number in range(3)]
    assert there.receive() == []


def test_what_the_other_end_does_not_read_waits_and_too_much_of_it_is_dropped(pair: Pair) -> None:
    here, there = pair
    text = "x" * 100_000
    for number in range(200):
        here.send({"number": number, "text": text})
    came: list[int] = []
    while messages := there.receive():
        came += [message["number"] for message in messages]
        here.receive()  # pushes what waits
    assert came == list(range(len(came)))
    assert 10 < len(came) < 100


def test_the_end_of_the_other_one_is_seen_after_its_last_words(pair: Pair) -> None:
    here, there = pair
    there.send({"said": "ended"})
    there.close()
    assert here.receive() == [{"said": "ended"}]
    assert here.closed


@pytest.mark.parametrize("action", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_message_to_nobody_does_no_harm(pair: Pair, action: signal.Handlers) -> None:
    here, there = pair
    there.close()
    before = signal.signal(signal.SIGPIPE, action)
    try:
        for _ in range(3):
            here.send({"do": "send"})
    finally:
        signal.signal(signal.SIGPIPE, before)
    assert here.receive() == []
    assert here.closed
    here.close()
    here.send({"do": "send"})
    here.wait(1.0)
    assert here.receive(1.0) == []


def test_lines_that_are_no_messages_are_left_out() -> None:
    one, other = socket.socketpair()
    other.sendall(b'{"a": 1}\nnonsense\n[1]\n\xff\n\n{"b": 2}\n{"torn"')
    assert Channel(one).receive() == [{"a": 1}, {"b": 2}]


def test_waiting_ends_when_something_comes_and_takes_nothing(pair: Pair, run_at_once: Callable) -> None:
    here, there = pair
    run_at_once(lambda: there.send({"a": 1}))
    here.wait(60.0)
    assert here.receive() == [{"a": 1}]
    here.wait(0.01)


@pytest.fixture
def run_at_once() -> Callable[[Callable[[], None]], None]:
    import threading

    return lambda function: threading.Thread(target=function).start()
