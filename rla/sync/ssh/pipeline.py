"""Many jobs at once over one connection, each of them a generator that yields requests and is sent the answers."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar

from rla.errors import SyncError
from rla.sync.ssh.session import Reply, Request, SftpSession, Ticket

__all__ = ["Steps", "at_once"]

Result = TypeVar("Result")
Steps = Generator[list[Request], list[Reply], Result]


class _Job(Generic[Result]):
    """Steps that were begun, and the requests whose answers they wait for."""

    def __init__(self, session: SftpSession, steps: Steps[Result]) -> None:
        self._session, self._steps = session, steps
        self._tickets: list[Ticket] = []
        self.results: list[Result] = []

    def go_on(self) -> bool:
        """Take the next step where the answers to the last have come, and say whether that could be done."""
        if self.results or any(ticket.reply is None for ticket in self._tickets):
            return False
        replies = [ticket.reply for ticket in self._tickets if ticket.reply is not None]
        try:
            requests = self._steps.send(replies) if replies else next(self._steps)
        except StopIteration as end:
            self.results.append(end.value)
        else:
            self._tickets = [self._session.ask(request) for request in requests]
        return True


def at_once(session: SftpSession, jobs: Iterable[Steps[Result]], most: int) -> Iterator[Result]:
    """Do jobs, some of them at once, and yield their results as they come.

    Args:
        session: whom the steps ask.
        jobs: what is to be done; each is begun in its turn. A step asks one thing at least.
        most: how many may be under way.
    """
    waiting = iter(jobs)
    under_way: list[_Job[Result]] = []
    try:
        while True:
            while len(under_way) < most and (steps := next(waiting, None)) is not None:
                under_way.append(_Job(session, steps))
                under_way[-1].go_on()
            if not under_way:
                return
            moved = [job for job in under_way if job.go_on()]
            done = [job for job in under_way if job.results]
            if not moved and not done:  # otherwise a step may have taken in the answers that another one waits for
                session.receive()
            under_way = [job for job in under_way if not job.results]
            for job in done:
                yield job.results[0]
    except GeneratorExit:  # nobody wants the results; what was begun is brought to its end all the same
        with contextlib.suppress(SyncError):
            for job in under_way:
                while not job.results:
                    if not job.go_on():
                        session.receive()
        raise
