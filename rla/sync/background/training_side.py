"""A training has its records sent by a process of its own, so that no transfer ever holds up a step.

The training asks for a transfer from time to time, and hears then what has become of those before. There is no thread,
and nobody waits for anybody.
"""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Final

from rla import errors
from rla.database.trees import ExperimentPlace
from rla.errors import SyncError
from rla.sync.background.agent_process import AgentProcess, interpreter_problem
from rla.sync.background.backoff import Backoff
from rla.sync.background.channel import Message
from rla.sync.not_sent import NotSent, find_not_sent
from rla.sync.remote import Remote
from rla.sync.report import SyncReport
from rla.sync.selection import checked_trees

__all__ = ["BackgroundSync"]

READY_SECONDS: Final = 60.0
"""An interpreter that has not begun by then is none."""

_MOST_FALSE_STARTS: Final = 3
_LAST_STARTS: Final = 2
_LOOK_SECONDS: Final = 0.5
_SHORTEST_LOOK_SECONDS: Final = 0.01
_LONGEST_LOOK_SECONDS: Final = 1.0
_LONG_LIFE_SECONDS: Final = 60.0
_NEVER: Final = float("inf")

_GONE: Final = "The process that sends the records has ended."
_REFUSALS: Final = ("LoginRefusedError", "HostKeyError")


class BackgroundSync:
    """Has one run sent by a process beside this one. Only `begin_to_wait` and `outcome` raise.

    Where several threads use it, each holds ``lock`` meanwhile, except for `pause`.

    Args:
        place: the run.
        remotes: the main node, by each of its addresses.
        trees: what is sent of the run.
        every: seconds between two transfers, at least.
        config: the configuration file; None where there is none.
        wait_at_end: seconds that `end` waits at most; with 0 the process goes on alone, for a minute at most.
        warn: is called with a sentence about what is wrong, once for each episode.
        inform: is called with a sentence about what is well again.
    """

    def __init__(
        self,
        place: ExperimentPlace,
        remotes: Sequence[Remote],
        trees: Sequence[str],
        every: float,
        config: str | None,
        wait_at_end: float,
        warn: Callable[[str], object],
        inform: Callable[[str], object],
    ) -> None:
        self.remotes = tuple(remotes)
        self._place = place
        self._trees = tuple(trees)
        self._every = every
        self._config = config
        self._wait_at_end = wait_at_end
        self._warn = warn
        self._inform = inform
        self.lock = threading.RLock()
        self._pid = os.getpid()
        self._agent: AgentProcess | None = None
        self._ready = False
        self._complete: bool | None = None
        self._false_starts = 0
        self._pauses = Backoff(2.0, 300.0)
        self._start_at = self._ask_at = 0.0
        self._numbers = 0
        self._asked: dict[int, AgentProcess] = {}
        self._done: dict[int, Message] = {}
        self._problem = self._failure = ""
        self._told_of_death = False
        _all.add(self)

    @property
    def is_mine(self) -> bool:
        """Whether it belongs to this process, and not to the one that this process was forked from."""
        return self._pid == os.getpid()

    @property
    def look_again(self) -> float:
        """Seconds until `look` is of use again."""
        return min(max(self._every, _SHORTEST_LOOK_SECONDS), _LONGEST_LOOK_SECONDS)

    # ---- while the run goes on --------------------------------------------------------------------------------------

    def look(self) -> None:
        """Hear what has happened, start the process where there is none, and ask for a transfer when it is time."""
        self._hear()
        now = time.monotonic()
        if now >= self._ask_at and (agent := self._running()) is not None:
            self._ask_at = now + self._every
            agent.channel.send({"do": "send"})

    def begin_to_wait(self) -> int:
        """Ask for a transfer now, and return its number, for `outcome`.

        Raises:
            SyncError: there is no process that could do it.
        """
        self._hear()
        self._start_at = self._start_at if self._start_at == _NEVER else 0.0
        agent = self._running()
        if agent is None:
            raise SyncError(self._problem or _GONE)
        self._numbers += 1
        self._asked[self._numbers] = agent
        agent.channel.send({"do": "wait", "number": self._numbers})
        return self._numbers

    def outcome(self, number: int) -> SyncReport | None:
        """Return what a transfer did; None while it is under way.

        Raises:
            SyncError: nobody could be reached, or the process has ended.
        """
        self._hear()
        message = self._done.pop(number, None)
        if message is None and self._agent is self._asked[number]:
            return None
        del self._asked[number]
        if message is None:
            raise SyncError(self._problem or _GONE)
        if "report" in message:
            return SyncReport(**message["report"])
        kind = getattr(errors, message["error"], SyncError)
        raise (kind if issubclass(kind, SyncError) else SyncError)(message["text"])

    def pause(self, seconds: float) -> None:
        """Wait until there is something to hear, and so many seconds at most."""
        if self._agent is not None:
            self._agent.channel.wait(seconds)

    # ---- what is heard ----------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        agent = self._agent
        if agent is None or not self.is_mine:
            return
        for message in agent.channel.receive():
            self._take(message)
        if agent.channel.closed:
            self._note_death(agent)
        elif not self._ready and agent.age > READY_SECONDS:
            self._give_up(f"'{sys.executable}' does not act as a Python interpreter")

    def _take(self, message: Message) -> None:
        said, text = message["said"], message.get("text", "")
        if said == "ready":
            self._ready = True
        elif said == "done":
            self._done[message["number"]] = message
        elif said == "ended":
            self._complete = message["complete"]
        elif said == "recovered":
            self._problem = ""
            self._inform(f"The records of this run are sent again, to {message['remote']}.")
        elif said == "files":
            more = f" and {message['count'] - 1} more" if message["count"] > 1 else ""
            self._warn(f"'{message['path']}'{more} cannot be sent, the rest is: {text}")
        elif said == "notice":
            self._warn(text)
        elif said == "problem":
            self._problem = text
            self._warn(_sentence(message["error"], text))
        elif said == "failed":
            self._failure = text

    # ---- the process ------------------------------------------------------------------------------------------------

    def _running(self) -> AgentProcess | None:
        """Return the process, started where there is none; None where there can be none now."""
        if self._agent is not None or not self.is_mine or time.monotonic() < self._start_at:
            return self._agent
        if (problem := interpreter_problem()) is not None:
            self._give_up(problem)
            return None
        try:
            self._agent = AgentProcess(self._place, self.remotes, self._trees, self._every)
        except (OSError, RuntimeError) as error:  # an interpreter that ends may refuse, too
            self._put_off(f"the process that does it could not be started ({error})")
            return None
        self._ready = False
        return self._agent

    def _note_death(self, agent: AgentProcess) -> None:
        """Take note that the process is gone, and of when another one is started."""
        lived, code = agent.age, agent.end()
        self._agent = None
        if self._complete is not None:
            return
        if self._ready and lived > _LONG_LIFE_SECONDS:
            self._pauses.reset()
        self._false_starts = 0 if self._ready else self._false_starts + 1
        reason = self._failure or f"exit code {code}"
        if self._false_starts < _MOST_FALSE_STARTS:
            self._put_off(f"the process that does it has ended ({reason}); another one is started")
        else:
            self._give_up(f"the process that does it cannot be started ({reason})")

    def _put_off(self, problem: str) -> None:
        self._start_at = self._ask_at = time.monotonic() + self._pauses.pause()
        self._problem = _capital(problem)
        if not self._told_of_death:
            self._told_of_death = True
            self._warn(f"The records of this run are not sent for a while: {problem}.")

    def _give_up(self, problem: str) -> None:
        agent, self._agent = self._agent, None
        if agent is not None:
            agent.kill()
        self._start_at = self._ask_at = _NEVER
        self._problem = _capital(problem)
        self._warn(f"The records of this run are not sent: {problem}. To do it by hand: {self.command}")

    def abandon(self) -> None:
        """Let go of the process: it ends by itself, or belongs to the process that this one was forked from."""
        agent, self._agent = self._agent, None
        if agent is not None:
            agent.forget()

    # ---- the end ----------------------------------------------------------------------------------------------------

    def end(self) -> bool:
        """Ask for the last transfer, wait for it, and end the process.

        Returns:
            Whether everything is at the other end, as far as this was waited for; `not_sent` says what is not.
        """
        if not self.is_mine:
            return True
        deadline = time.monotonic() + self._wait_at_end
        self._told_of_death = True  # it makes no difference any more
        self._hear()
        if not self._wait_at_end:
            self._running()
            self.abandon()
            return True
        try:
            for _ in range(_LAST_STARTS):
                self._start_at = self._start_at if self._start_at == _NEVER else 0.0
                if self._complete is None and (agent := self._running()) is not None:
                    self._wait_for_end(agent, deadline)
        finally:  # also for who is tired of waiting, and presses Ctrl-C
            agent, self._agent = self._agent, None
            if agent is not None and self._complete is None:
                agent.kill()
            elif agent is not None:
                agent.end()
        return bool(self._complete)

    def _wait_for_end(self, agent: AgentProcess, deadline: float) -> None:
        """Wait until a process has ended by itself, has died, or the time is up."""
        left = deadline - time.monotonic()
        if left > 0:
            agent.channel.send({"do": "end", "seconds": max(0.1, left - _LOOK_SECONDS)})
        while self._agent is agent and self._complete is None and (left := deadline - time.monotonic()) > 0:
            self.pause(left)
            self._hear()

    @property
    def command(self) -> str:
        """The command that sends the run by hand."""
        place = self._place
        words = ["rla", "push", f"{place.task}/{place.day}/{place.index_name}", "--root", str(place.data_root)]
        if self._config is not None:  # it has the login, too
            return shlex.join([*words, "--config", self._config])
        trees = [word for tree in checked_trees(self._trees) for word in ("--tree", tree)]
        return shlex.join([*words, "--to", str(self.remotes[0]), *trees])

    @property
    def not_sent(self) -> NotSent:
        """What has not reached the other end, by the notes of what was sent."""
        try:
            return NotSent(*find_not_sent(self._place, self.remotes, self._trees), self._problem)
        except Exception:  # notes or folders that cannot be read: then nobody knows how much
            return NotSent(problem=self._problem)


def _sentence(kind: str, text: str) -> str:
    """Return what people read; the problem comes last, since it may end with a command."""
    if kind == "UnreachableError":
        return f"The records of this run cannot be sent at the moment. The training goes on; it is tried again. {text}"
    when = "in a quarter of an hour" if kind in _REFUSALS else "later"
    return f"The records of this run are not sent. The training goes on; it is tried again {when}. {text}"


def _capital(problem: str) -> str:
    return f"{problem[0].upper()}{problem[1:]}."


_all: weakref.WeakSet[BackgroundSync] = weakref.WeakSet()


def _after_fork() -> None:
    for each in list(_all):
        each.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
