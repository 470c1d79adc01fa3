"""The connection to the other end, by the first of its addresses that answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rla.database.trees import ExperimentPlace
from rla.errors import HostKeyError, LoginRefusedError, SyncError, UnreachableError
from rla.names import LOG
from rla.sync.pace import Pace
from rla.sync.paths import path_below
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.report import SyncReport
from rla.sync.transport import Told, Transport

__all__ = ["Link"]

Travel = Callable[[Transport, ExperimentPlace, SyncReport], object]
"""What is done for one experiment."""


class Link:
    """Keeps one connection, and makes it anew after it was cut.

    Args:
        remotes: addresses of the same data root, in the order they are tried.
        told: is told of progress.
        makes_root: whether a data root that is missing is made.
    """

    def __init__(self, remotes: Sequence[Remote], told: Told | None = None, makes_root: bool = True) -> None:
        if not remotes:
            raise SyncError("There is no address to connect to. Name one, or set REMOTE_SETTING.ftp_server.")
        self._remotes = remotes
        self._told = told
        self._makes_root = makes_root
        self._pace = Pace(remotes[0].bandwidth_limit)
        self._transport: Transport | None = None

    def transport(self) -> Transport:
        """Return the transport, connected.

        Raises:
            SyncError: no address answers; the error of the first that refused us counts more than silence.
        """
        if self._transport is not None:
            return self._transport
        problems: list[SyncError] = []
        for remote in self._remotes:
            transport = transport_to(remote, self._pace)
            transport.makes_root = self._makes_root
            if self._told is not None:
                transport.told = self._told
            try:
                transport.connect()
            except SyncError as error:
                transport.close()
                problems.append(error)
                if isinstance(error, (HostKeyError, LoginRefusedError)):
                    break  # another address of a machine that refuses us would be no better, and might be worse
            except BaseException:
                transport.close()
                raise
            else:
                self._transport = transport
                return transport
        raise problems[-1] if len(problems) == 1 or not isinstance(problems[-1], UnreachableError) else _all(problems)

    def for_each(self, places: Sequence[ExperimentPlace], report: SyncReport | None, travel: Travel) -> SyncReport:
        """Let something be done for each experiment; what concerns one of them alone holds up no other.

        Args:
            places: the experiments.
            report: where to write down what was done, also when the connection is lost; a new one when None.
            travel: does it, given the transport, an experiment and the report.

        Raises:
            UnreachableError: nobody answers, or the connection was cut.
            SyncError: the other end refuses us.
        """
        done = SyncReport() if report is None else report
        started = time.monotonic()
        try:
            transport = self.transport()
            done.remote = str(transport.remote)
            for place in places:
                try:
                    travel(transport, place, done)
                except UnreachableError:
                    raise
                except SyncError as error:
                    done.problems[path_below(place, LOG)] = str(error)
        except UnreachableError:
            self.close()
            raise
        finally:
            done.seconds += time.monotonic() - started
        return done

    @property
    def remote(self) -> Remote:
        """The address in use, or the first to be tried."""
        return self._transport.remote if self._transport is not None else self._remotes[0]

    def close(self) -> None:
        """End the connection; the next call of `transport` makes a new one."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


def _all(problems: Sequence[SyncError]) -> SyncError:
    return UnreachableError("None of the addresses answers. " + " ".join(str(problem) for problem in problems))
