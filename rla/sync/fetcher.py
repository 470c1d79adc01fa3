"""Experiments are brought here from another data root: only what changed, and nothing here is lost for it."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rla import files
from rla.database.trees import ExperimentPlace
from rla.errors import SyncError, printable
from rla.names import LOG, RUN_CARD_FILE
from rla.sync.journal import FETCHED, Journal, Known, journal_path
from rla.sync.link import Link
from rla.sync.paths import below, check_inside, path_below, problem_of_path
from rla.sync.remote import Remote
from rla.sync.remote_experiments import experiments_of, files_of
from rla.sync.report import SyncReport
from rla.sync.selection import checked_trees, grows, travels
from rla.sync.transport import FILE, FOLDER, Fetching, Outcome, RemoteFile, Told, Transport

__all__ = ["Fetcher"]


class Fetcher:
    """Brings experiments from another data root here, over one connection that it keeps.

    Args:
        data_root: the data root here.
        remote: the data root there.
        trees: the trees to fetch; ``all`` is every one.
        told: is told of progress.
    """

    def __init__(
        self, data_root: Path, remote: Remote, trees: Sequence[str] = (LOG,), told: Told | None = None
    ) -> None:
        self.data_root = data_root
        self.trees = checked_trees(trees)
        self._link = Link([remote], told, makes_root=False)

    def experiments(self, task: str | None = None, pattern: str | None = None) -> list[ExperimentPlace]:
        """Return the experiments that the other end has, as places in the data root here.

        Args:
            task: the task table; all when None.
            pattern: a glob under the task, or ``re:`` and a regular expression; None for all.

        Raises:
            SyncError: nobody answers, or the other end refuses us.
            QueryError: the pattern is none.
            InvalidNameError: the task name cannot be one.
        """
        return experiments_of(self._link.transport(), self.data_root, self.trees, task, pattern)

    def plan(self, places: Sequence[ExperimentPlace]) -> list[Fetching]:
        """Return what would be fetched, without fetching it.

        Raises:
            SyncError: nobody answers, or a list of files is refused.
        """
        transport = self._link.transport()
        planned: list[Fetching] = []
        for place in places:
            with Journal(journal_path(place, transport.remote.identity, FETCHED), keeps=False) as journal:
                planned += _Work(self, transport, place, journal, SyncReport(), None, makes_folders=False)
        return planned

    def fetch(
        self, places: Sequence[ExperimentPlace], until: float | None = None, report: SyncReport | None = None
    ) -> SyncReport:
        """Bring experiments here.

        Args:
            places: the experiments, as `experiments` returns them.
            until: a moment of the monotonic clock at which it stops; the next call goes on.
            report: where to write down what was done, also when the connection is lost; a new one when None.

        Raises:
            UnreachableError: nobody answers, or the connection was cut.
            SyncError: the other end refuses us.
        """

        def travel(transport: Transport, place: ExperimentPlace, done: SyncReport) -> None:
            with Journal(journal_path(place, transport.remote.identity, FETCHED)) as journal:
                work = _Work(self, transport, place, journal, done, until)
                for outcome in transport.fetch(work, until):
                    work.took(outcome)

        return self._link.for_each(places, report, travel)

    def close(self) -> None:
        """End the connection."""
        self._link.close()


class _Work:
    """The files of one experiment that have to be fetched; takes down what became of them."""

    def __init__(
        self,
        fetcher: Fetcher,
        transport: Transport,
        place: ExperimentPlace,
        journal: Journal,
        report: SyncReport,
        until: float | None,
        makes_folders: bool = True,
    ) -> None:
        self._root = os.fspath(fetcher.data_root)
        self._trees = fetcher.trees
        self._transport = transport
        self._place = place
        self._journal = journal
        self._report = report
        self._until = until
        self._makes_folders = makes_folders
        self._checked: set[str] = set()
        self._entries: dict[str, RemoteFile] = {}

    def __iter__(self) -> Iterator[Fetching]:
        # all is listed before anything is fetched: not every protocol can do both at once
        for entry in list(self._remote_files()):
            if self._until is not None and time.monotonic() >= self._until:
                self._report.unfinished.append(entry.path)
                continue
            try:
                fetching = self._fetching(entry)
            except OSError as error:
                self._report.problems[printable(entry.path)] = str(error)
                continue
            if fetching is None:
                self._report.unchanged += 1
                continue
            self._entries[entry.path] = entry
            yield fetching

    def _remote_files(self) -> Iterator[RemoteFile]:
        """Yield the files that the other end has of the experiment; names that are no good are told of."""
        for tree in self._trees:
            top = path_below(self._place, tree)
            found = [each for each in files_of(self._transport, self._place, tree) if _travels(each.path, top)]
            for entry in sorted(found, key=_turn):
                problem = problem_of_path(entry.path)
                if problem is None and entry.kind not in (FILE, FOLDER):
                    problem = f"it is a {entry.kind}"
                if problem is not None:
                    self._report.notices.append(f"'{printable(entry.path)}' was not fetched: {problem}.")
                elif entry.kind == FILE:
                    yield entry

    def _fetching(self, entry: RemoteFile) -> Fetching | None:
        """Return what has to be fetched of a file; None when it is here.

        Raises:
            OSError: it may not, or cannot, be written here.
        """
        target = below(self._root, entry.path)
        self._prepare(os.path.dirname(target))
        here = _status(target)
        known = self._journal.get(entry.path)
        modified_ns = int((entry.modified or 0.0) * 1e9)
        growing = grows(entry.path)
        if here is not None:
            if known is not None and (known.size, known.modified_ns) == (entry.size, modified_ns):
                return None
            if known is None and _same_file(here, entry):
                self._journal.note(entry.path, Known(entry.size, modified_ns, here.st_ino, "", here.st_mtime_ns))
                return None
            if growing and here.st_size > entry.size:
                raise SyncError(f"it has {here.st_size:,} bytes here and {entry.size:,} there; nothing is shortened")
            changed_here = known is not None and known.kept_ns != here.st_mtime_ns
            if changed_here and not growing:
                raise SyncError("it changed here since it was fetched; move it away to get the one from there")
        offset = here.st_size if here is not None and growing and 0 < here.st_size < entry.size else 0
        card = posixpath.basename(entry.path) == RUN_CARD_FILE
        version = f"{self._transport.remote.identity} {entry.size} {modified_ns}"
        return Fetching(entry.path, target, entry.size, offset, version, None if card else entry.modified)

    def _prepare(self, folder: str) -> None:
        """Make a folder of the experiment, once it is sure that no link in it leads elsewhere."""
        if folder not in self._checked:
            tree = os.path.relpath(folder, self._root).split(os.sep)[0]
            check_inside(os.path.dirname(self._place.path_text(tree)), folder)
            if self._makes_folders:
                files.make_directories(folder)
            self._checked.add(folder)

    def took(self, outcome: Outcome) -> None:
        """Take down how one transfer ended."""
        path = outcome.job.path
        self._report.bytes += outcome.moved
        if outcome.complete and isinstance(outcome.job, Fetching):
            entry = self._entries[path]
            here = os.stat(outcome.job.target)
            modified_ns = int((entry.modified or 0.0) * 1e9)
            self._journal.note(path, Known(entry.size, modified_ns, here.st_ino, "", here.st_mtime_ns))
            self._report.moved.append(path)
        elif outcome.problem is None:
            self._report.unfinished.append(path)
        else:
            self._report.problems[printable(path)] = str(outcome.problem)


def _travels(path: str, top: str) -> bool:
    return all(travels(part) for part in path.removeprefix(top).strip("/").split("/"))


def _turn(entry: RemoteFile) -> tuple[bool, str]:
    """Return what files of a tree are sorted by: the run card, which may say that all is over, comes last."""
    return posixpath.basename(entry.path) == RUN_CARD_FILE, entry.path


def _status(target: str) -> os.stat_result | None:
    """Return the status of the file that stands here; None when there is none.

    Raises:
        SyncError: something else is there.
    """
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        return None
    if not os.path.isfile(target) or os.path.islink(target):
        raise SyncError("something that is no file has its name here")
    return status


def _same_file(here: os.stat_result, entry: RemoteFile) -> bool:
    """Say whether a file that nothing is known of is here, by size and time, as rsync judges."""
    return here.st_size == entry.size and entry.has_time(here.st_mtime)
