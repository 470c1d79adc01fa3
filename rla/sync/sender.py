"""Experiments are brought to the other end: only what changed, what people watch first, nothing twice."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from rla.database.trees import ExperimentPlace
from rla.names import LOG
from rla.sync.digests import Digests
from rla.sync.journal import SENT, Journal, Known, journal_path
from rla.sync.link import Link
from rla.sync.remote import Remote
from rla.sync.remote_experiments import files_of
from rla.sync.report import SyncReport
from rla.sync.selection import LocalFile, checked_trees, content_of
from rla.sync.transport import FILE, Outcome, RemoteFile, Sending, Told, Transport

__all__ = ["Sender"]

_SETTLED_SECONDS: Final = 60.0
"""A file that changed lately may have changed twice within a second: its time tells nothing."""

_AMBIGUOUS_SECONDS: Final = 2.0
"""Two contents of a file that were changed within so short a time may look alike at the other end."""


class Sender:
    """Brings experiments of a data root to the other end, over one connection that it keeps.

    Args:
        data_root: the data root here.
        remotes: addresses of the data root there, in the order they are tried.
        trees: the trees to send; ``all`` is every one.
        told: is told of progress.
    """

    def __init__(
        self, data_root: Path, remotes: Sequence[Remote], trees: Sequence[str] = (LOG,), told: Told | None = None
    ) -> None:
        self.data_root = data_root
        self.trees = checked_trees(trees)
        self._link = Link(remotes, told)
        self._digests = Digests()

    def plan(self, places: Sequence[ExperimentPlace], verify: bool = False) -> list[Sending]:
        """Return what would be sent, without sending it.

        Args:
            places: the experiments.
            verify: whether to ask the other end what it has, rather than believe the notes of earlier transfers.

        Raises:
            SyncError: nobody answers, or a list of files is refused.
        """
        transport = self._link.transport()
        planned: list[Sending] = []
        for place in places:
            with Journal(journal_path(place, transport.remote.identity, SENT), keeps=False) as journal:
                there = self._there(transport, place, journal, verify)
                for file in content_of(place, self.trees).files:
                    sending = _sending(file, journal, there, self._digests)
                    planned += [sending] if sending is not None else []
        return planned

    def send(
        self,
        places: Sequence[ExperimentPlace],
        verify: bool = False,
        until: float | None = None,
        report: SyncReport | None = None,
    ) -> SyncReport:
        """Bring experiments to the other end.

        Args:
            places: the experiments.
            verify: whether to ask the other end what it has, rather than believe the notes of earlier transfers.
            until: a moment of the monotonic clock. What people watch (metrics, text, TensorBoard events) is sent in any
                case; other files stop then, and the next call goes on.
            report: where to write down what was done, also when the connection is lost; a new one when None.

        Raises:
            UnreachableError: nobody answers, or the connection was cut.
            SyncError: the other end refuses us.
        """

        def travel(transport: Transport, place: ExperimentPlace, done: SyncReport) -> None:
            self._send_place(transport, place, done, verify, until)

        return self._link.for_each(places, report, travel)

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    def _send_place(
        self, transport: Transport, place: ExperimentPlace, report: SyncReport, verify: bool, until: float | None
    ) -> None:
        with Journal(journal_path(place, transport.remote.identity, SENT)) as journal:
            _settle(transport, journal)
            there = self._there(transport, place, journal, verify)
            content = content_of(place, self.trees)
            report.notices += content.notices
            watched = [file for file in content.files if file.watched]
            others = [file for file in content.files if not file.watched]
            for group, limit in ((watched, None), (others, until)):
                work = _Work(group, journal, there, limit, report, self._digests)
                for outcome in transport.send(work, limit):
                    work.took(outcome)

    def _there(
        self, transport: Transport, place: ExperimentPlace, journal: Journal, verify: bool
    ) -> dict[str, RemoteFile] | None:
        """Return the files that the other end has of an experiment; None where the journal is believed."""
        if not verify and not journal.is_empty:
            return None
        entries = [entry for tree in self.trees for entry in files_of(transport, place, tree)]
        return {entry.path: entry for entry in entries if entry.kind == FILE}


class _Work:
    """The files of one transfer: yields what has to be sent, and takes down what became of it."""

    def __init__(
        self,
        group: Iterable[LocalFile],
        journal: Journal,
        there: dict[str, RemoteFile] | None,
        until: float | None,
        report: SyncReport,
        digests: Digests,
    ) -> None:
        self._digests = digests
        self._group = group
        self._journal = journal
        self._there = there
        self._until = until
        self._report = report
        self._known: dict[str, Known] = {}

    def __iter__(self) -> Iterator[Sending]:
        begun = False
        for file in self._group:
            if begun and self._until is not None and time.monotonic() >= self._until:
                self._report.unfinished.append(file.path)
                continue
            try:
                sending = _sending(file, self._journal, self._there, self._digests)
            except FileNotFoundError:
                continue  # it was removed meanwhile
            except OSError as error:
                self._report.problems[file.path] = f"it cannot be read: {error.strerror}"
                continue
            if sending is None:
                self._report.unchanged += 1
                continue
            begun = True
            known = self._known[file.path] = _known(file, sending.identity)
            if not sending.offset and sending.modified is not None:
                self._journal.begin(file.path, known)
            yield sending

    def took(self, outcome: Outcome) -> None:
        """Take down how one transfer ended."""
        path = outcome.job.path
        self._report.bytes += outcome.moved
        if outcome.complete:
            self._journal.note(path, self._known[path])
            self._report.moved.append(path)
            return
        self._journal.end(path)
        if outcome.problem is None:
            self._report.unfinished.append(path)
        elif not isinstance(outcome.problem, FileNotFoundError):
            self._report.problems[path] = str(outcome.problem)


def _settle(transport: Transport, journal: Journal) -> None:
    """Ask the other end about files that were on their way when a connection, or this process, was cut off."""
    begun = journal.begun
    folders = {posixpath.dirname(path) for path in begun}
    there = {entry.path: entry for folder in folders for entry in transport.entries(folder) if entry.kind == FILE}
    for path, known in begun.items():
        if _has_arrived(known, there.get(path), journal.get(path)):
            journal.note(path, known)
        else:
            journal.end(path)


def _has_arrived(known: Known, entry: RemoteFile | None, before: Known | None) -> bool:
    """Say whether the file at the other end is the one that was on its way, and not one just like it, sent before."""
    modified = known.modified_ns / 1e9
    like_before = before is not None and abs(before.modified_ns / 1e9 - modified) < _AMBIGUOUS_SECONDS
    return entry is not None and entry.size == known.size and entry.has_time(modified) and not like_before


def _sending(
    file: LocalFile, journal: Journal, there: dict[str, RemoteFile] | None, digests: Digests
) -> Sending | None:
    """Return what has to be sent of a file; None when the other end has it.

    Args:
        file: the file.
        journal: what was sent; it takes down what turns out to be there.
        there: what the other end says that it has; None where the journal is believed.
        digests: tell contents apart.

    Raises:
        OSError: the file cannot be read.
    """
    known = journal.get(file.path)
    if there is not None:
        entry = there.get(file.path)
        if known is None and entry is not None and _same_file(file, entry):
            journal.note(file.path, _known(file, digests.of(file)))
            return None
        if entry is None or (known is not None and entry.size < known.size):
            known = None  # what was sent is no longer there
    offset = 0
    if known is not None:
        offset = _what_stands(file, known, digests)
        if offset == file.size and (there is None or there[file.path].size == file.size):
            if known != _known(file, known.digest):
                journal.note(file.path, _known(file, known.digest))
            return None
    modified = None if file.arrival_counts else file.modified_ns / 1e9
    tail = offset if file.grows and offset < file.size else 0
    return Sending(file.source, file.path, file.size, tail, digests.of(file), modified, file.grows)


def _known(file: LocalFile, digest: str) -> Known:
    return Known(file.size, file.modified_ns, file.inode, digest)


def _same_file(file: LocalFile, entry: RemoteFile) -> bool:
    """Say whether a file that nothing is known of stands at the other end, by size and time, as rsync judges."""
    modified = file.modified_ns / 1e9
    if file.arrival_counts or entry.size != file.size:
        return False
    return entry.has_time(modified) and time.time() - modified > _SETTLED_SECONDS


def _what_stands(file: LocalFile, known: Known, digests: Digests) -> int:
    """Return how many bytes of a file are still those that were sent: all of it where it is the same."""
    if known == _known(file, known.digest):
        return file.size
    if file.size < known.size or known.digest != digests.of(file, known.size):
        return 0
    return known.size
