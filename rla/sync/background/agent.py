"""The process beside a training that sends its records: the training starts it, and it ends with the training.

It is told all through its standard input, the password too: command lines and environments are seen by others. When the
training ends without a word, as by `kill -9`, it makes one last attempt to bring the rest to the main node.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from rla.database.trees import ExperimentPlace
from rla.errors import HostKeyError, LoginRefusedError, RLAError, RLAWarning, UnreachableError
from rla.sync.background.backoff import Backoff
from rla.sync.background.channel import Channel, Message
from rla.sync.remote import Remote
from rla.sync.report import SyncReport
from rla.sync.sender import Sender

__all__ = ["Agent", "main"]

SLICE_SECONDS: Final = 5.0
"""A transfer stops so often to send what is new of the metrics, and to hear what is asked for."""

LAST_ATTEMPT_SECONDS: Final = 60.0
"""So long it tries to bring the rest away when the training is gone."""

REFUSED_SECONDS: Final = 900.0
"""A login that was refused is not tried before: servers lock accounts."""

UNASKED_SECONDS: Final = 300.0
"""A run whose steps take hours is sent all the same: on the main node it would look as if its machine were gone."""

IDLE_SECONDS: Final = 60.0
"""A connection that nobody needed for so long is closed."""

_LOOK_SECONDS: Final = 1.0
_NICE: Final = 10


class Agent:
    """Sends the records of one run whenever that is asked for.

    Args:
        sender: sends; it connects again after it was closed.
        place: the run.
        every: seconds between two transfers.
        channel: where requests come from and answers go to.
        parent_lives: says whether the training still runs; the channel alone does not tell while forked children have
            it, too.
    """

    def __init__(
        self,
        sender: Sender,
        place: ExperimentPlace,
        every: float,
        channel: Channel,
        parent_lives: Callable[[], bool] = lambda: True,
    ) -> None:
        self._sender = sender
        self._place = place
        self._slice = max(0.2, min(every, SLICE_SECONDS))
        self._channel = channel
        self._parent_lives = parent_lives
        self._unreachable = Backoff(1.0, 300.0)
        self._failing = Backoff(15.0, 300.0)
        self._retry_at = 0.0
        self._refused: Exception | None = None
        self._told: dict[str, str] = {}
        self._noticed: set[str] = set()
        self._suspects: set[str] = set()
        self._lasting = False
        self._pending = self._complete = False
        self._waiting: list[int] = []
        self._report: SyncReport | None = None
        self._deadline: float | None = None
        self._used_at = self._sent_at = math.inf

    def run(self) -> None:
        """Do what is asked for until the training ends."""
        while True:
            self._listen()
            now = time.monotonic()
            if self._deadline is None and (self._channel.closed or not self._parent_lives()):
                signal.alarm(round(LAST_ATTEMPT_SECONDS + SLICE_SECONDS))  # the end, whatever it is doing then
                self._end_at(now + LAST_ATTEMPT_SECONDS)
            self._pending |= now - self._sent_at > UNASKED_SECONDS
            if self._pending and now >= self._retry_at:
                self._send()
            elif now - self._used_at > IDLE_SECONDS:
                self._close()
            if self._deadline is not None and self._has_ended():
                self.say("ended", complete=self._complete)
                self._close()
                return

    def say(self, what: str, **more: Any) -> None:
        """Tell the training something."""
        self._channel.send({"said": what, **more})

    # ---- what is asked for ------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Wait for requests until there is something to do."""
        now = time.monotonic()
        pause = max(0.0, self._retry_at - now) if self._pending else _LOOK_SECONDS
        if self._channel.closed:
            time.sleep(min(pause, _LOOK_SECONDS))
            return
        for message in self._channel.receive(min(pause, _LOOK_SECONDS)):
            self.take(message)

    def take(self, message: Message) -> None:
        """Take note of what the training asks for."""
        asked = message.get("do")
        self._pending = True
        if asked == "wait":
            self._waiting.append(message["number"])
            self._try_now()
        elif asked == "end":
            self._end_at(time.monotonic() + message["seconds"])

    def _end_at(self, deadline: float) -> None:
        """Send once more what is there, and end then."""
        self._deadline = deadline
        self._pending, self._complete = True, False
        self._try_now()

    def _try_now(self) -> None:
        """Do not wait any longer, except for a server that has refused us."""
        if self._refused is None:
            self._retry_at = 0.0
        elif time.monotonic() < self._retry_at:
            self._answer(self._refused)

    def _has_ended(self) -> bool:
        assert self._deadline is not None
        now = time.monotonic()
        hopeless = self._lasting or (self._refused is not None and now < self._retry_at)
        return not self._pending or hopeless or now >= self._deadline

    # ---- sending ----------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        """Send for a while, the metrics first."""
        until = time.monotonic() + self._slice
        try:
            report = self._sender.send([self._place], until=min(until, self._deadline or until))
        except Exception as error:  # whatever it is: the training goes on, and so does this
            self._failed(error)
            return
        self._used_at = self._sent_at = time.monotonic()
        self._refused = None
        self._unreachable.reset()
        self._failing.reset()
        self._merge(report)
        self._recovered(report)
        if report.unfinished:
            self._retry_at = 0.0
            return
        # files that did not travel are tried again with the next transfer; at the end, once more
        self._pending = bool(report.problems) and self._deadline is not None
        self._retry_at = self._used_at + _LOOK_SECONDS if self._pending else 0.0
        self._complete = not report.problems
        self._answer(None)

    def _failed(self, error: Exception) -> None:
        """Note that nobody could be reached, and when to try again."""
        self._close()
        now = time.monotonic()
        self._refused = error if isinstance(error, (LoginRefusedError, HostKeyError)) else None
        if self._refused is not None:
            self._retry_at = now + REFUSED_SECONDS
        elif self._deadline is not None:
            self._retry_at = now + _LOOK_SECONDS
        else:
            backoff = self._unreachable if isinstance(error, UnreachableError) else self._failing
            self._retry_at = now + backoff.pause()
        kind = _kind_of(error)
        if kind not in self._told:
            self._told[kind] = str(error)
            self.say("problem", **_described(error))
        self._answer(error)

    def _recovered(self, report: SyncReport) -> None:
        """Tell what has become well, and which files refuse to travel again and again."""
        if self._told.keys() - {"files"}:
            self._told = {kind: text for kind, text in self._told.items() if kind == "files"}
            self.say("recovered", remote=report.remote)
        lasting = self._suspects & report.problems.keys()
        self._suspects = set(report.problems)
        self._lasting = bool(lasting)
        if lasting and "files" not in self._told:
            self._told["files"] = path = min(lasting)
            self.say("files", path=path, text=report.problems[path], count=len(report.problems))
        elif not report.problems:
            self._told.pop("files", None)
        for notice in report.notices:
            self.notice(notice)

    def notice(self, text: str) -> None:
        """Tell something that people should know, once."""
        if text not in self._noticed:
            self._noticed.add(text)
            self.say("notice", text=text)

    def _merge(self, report: SyncReport) -> None:
        """Add to what those learn who wait: the newest state, and all that has travelled."""
        before = self._report
        if self._waiting and before is not None:
            seconds, unchanged = before.seconds + report.seconds, before.unchanged
            moved = list(dict.fromkeys(before.moved + report.moved))
            report = replace(report, moved=moved, bytes=before.bytes + report.bytes, seconds=seconds)
            report = replace(report, unchanged=unchanged, notices=list(dict.fromkeys(before.notices + report.notices)))
        self._report = report

    def _answer(self, error: Exception | None) -> None:
        """Answer those who wait."""
        for number in self._waiting:
            if error is not None:
                self.say("done", number=number, **_described(error))
            elif self._report is not None:
                self.say("done", number=number, report=asdict(self._report))
        self._waiting.clear()
        self._report = None

    def _close(self) -> None:
        self._used_at = math.inf
        with contextlib.suppress(Exception):  # the other end may be gone
            self._sender.close()


def _kind_of(error: Exception) -> str:
    return type(error).__name__


def _described(error: Exception) -> dict[str, str]:
    explained = isinstance(error, (OSError, RLAError))
    return {"error": _kind_of(error), "text": str(error) if explained else f"{_kind_of(error)}: {error}"}


def main() -> None:
    """Be the agent of the process that started this one, and end with it."""
    channel = _channel()
    agent: Agent | None = None
    try:
        for name in ("SIGINT", "SIGHUP", "SIGTERM"):  # it ends when the training does, which may be a little later
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.nice(_NICE)
        parent = os.getppid()
        for message in _first_messages(channel):
            if agent is None:
                agent = _agent_of(message, channel, lambda: os.getppid() == parent)
            else:
                agent.take(message)
        if agent is not None:
            warnings.showwarning = _teller(agent)
            agent.say("ready")
            agent.run()
    except BaseException as error:  # whatever ends it, the training is told
        channel.send({"said": "failed", "text": f"{type(error).__name__}: {error}"})
    finally:
        channel.flush(_LOOK_SECONDS)
        os._exit(0)  # threads of a library that wait for a dead server keep nothing alive


def _teller(agent: Agent) -> Callable[..., None]:
    """Return what shows warnings of ours in the training; those of other packages concern nobody there."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, RLAWarning):
            agent.notice(str(message))

    return show


def _channel() -> Channel:
    """Return the channel to the training, of which programs that are started from here have nothing."""
    end = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Channel(end)


def _first_messages(channel: Channel) -> list[Message]:
    """Return what came with the first reading: the assignment, and requests that may have been as fast."""
    while not channel.closed:
        if messages := channel.receive(_LOOK_SECONDS):
            return messages
    return []


def _agent_of(message: Message, channel: Channel, parent_lives: Callable[[], bool]) -> Agent:
    sys.path += [folder for folder in message["path"] if folder not in sys.path]
    data_root = Path(message["data_root"])
    remotes = [Remote.from_plain(each) for each in message["remotes"]]
    place = ExperimentPlace(data_root, message["task"], message["day"], message["index_name"])
    return Agent(Sender(data_root, remotes, message["trees"]), place, message["every"], channel, parent_lives)
