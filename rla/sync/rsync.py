"""Sending and fetching by the program rsync over SSH, where both ends have it: many files in one go."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rla import files
from rla.errors import SyncError, UnreachableError
from rla.sync.openssh.login import SshLogin
from rla.sync.openssh.rsync_runs import DONE, Rsync, reason
from rla.sync.openssh.travelling import TIMES, Travelled, Traveller, Way, is_near, run_of, way, windows
from rla.sync.pace import Pace
from rla.sync.remote import Remote
from rla.sync.transport import (
    FILE,
    PART_FOLDER,
    Fetching,
    Outcome,
    RemoteFile,
    Sending,
    Transport,
    became_shorter,
    is_over,
    no_data_root,
    other_end_has_more,
    part_of,
    this_end_has_more,
)

__all__ = ["RsyncTransport"]

_HARMLESS: Final = ("No such file or directory", "Not a directory", "file has vanished")

Groups = dict[Way, dict[str, Traveller]]


class RsyncTransport(Transport):
    """Hands files to rsync, over one login of ssh by a key.

    Whole files are written aside and renamed by rsync itself; what was left of a transfer that was stopped waits in a
    folder ``.rla-part`` beside the file. A file has the time of modification that it has at the end it comes from.
    """

    protocol = "rsync"

    def __init__(self, remote: Remote, pace: Pace) -> None:
        super().__init__(remote, pace)
        self._login: SshLogin | None = None
        self._rsync: Rsync | None = None
        self._sent: dict[str, int] = {}

    def connect(self) -> None:
        self.close()
        self._login = SshLogin(self.remote)
        try:
            self._login.open()
            self._rsync = Rsync(self.remote, self._login, self.pace.limit)
            self._find_root(self._rsync)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        login, self._login, self._rsync = self._login, None, None
        self._sent.clear()
        if login is not None:
            login.close()

    def _find_root(self, rsync: Rsync) -> None:
        """Make sure that there is a data root, and make it where only itself is missing."""
        if self.makes_root:
            rsync.make_root()
        elif not rsync.has_root():
            raise no_data_root(self.remote)

    def entries(self, folder: str) -> list[RemoteFile]:
        return list(self._listed(folder, deep=False))

    def walk(self, folder: str) -> Iterator[RemoteFile]:
        return self._listed(folder, deep=True)

    def _listed(self, folder: str, deep: bool) -> Iterator[RemoteFile]:
        found, finished = self._program.listed([f"{folder}/" if folder else "./"], deep)
        yield from (each for each in found if each.path not in (".", folder) and each.path.startswith(folder))
        problems = [line for line in finished.errors if "rsync error" not in line]
        if finished.code != DONE and not all(any(text in line for text in _HARMLESS) for line in problems):
            raise SyncError(f"'{folder or self.remote.root}' cannot be listed: {reason(finished)}.")

    @property
    def _opened(self) -> SshLogin:
        assert self._login is not None
        return self._login

    @property
    def _program(self) -> Rsync:
        if self._rsync is None:
            raise UnreachableError(f"There is no connection to '{self.remote.host}'.")
        return self._rsync

    # ---- sending --------------------------------------------------------------

    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        for window in windows(sendings):
            done = {} if is_over(until) else self._send(window, until)
            yield from (done.get(each.path, Outcome(each, False)) for each in window)

    def _send(self, sendings: Sequence[Sending], until: float | None) -> dict[str, Outcome]:
        """Send files in as few runs as can be: files that go the same way travel together."""
        there = self._there(each.path for each in sendings if each.grows or each.offset)
        done: dict[str, Outcome] = {}
        groups: Groups = {}
        for each in sendings:
            try:
                if (found := self._way_of_sending(each, there.get(each.path))) is None:
                    done[each.path] = Outcome(each, True)
                else:
                    groups.setdefault(found[0], {})[each.path] = found[1]
            except OSError as error:
                done[each.path] = Outcome(each, False, 0, error)
        for how, group in groups.items():
            if not is_over(until):
                done |= self._send_group(how, group, until)
        return done

    def _there(self, paths: Iterable[str]) -> dict[str, RemoteFile]:
        """Return what the other end has of some files."""
        wanted = list(paths)
        return {each.path: each for each in self._program.listed(wanted)[0]} if wanted else {}

    def _way_of_sending(self, sending: Sending, there: RemoteFile | None) -> tuple[Way, Traveller] | None:
        """Return how a file travels; None where all of it is there.

        Raises:
            OSError: it cannot, or must not.
        """
        source = os.path.abspath(sending.source)
        status = _regular(source)
        if status.st_size < sending.size:
            raise became_shorter(source)
        start = 0
        if there is not None:
            if there.kind != FILE:
                raise _no_file(there)
            if sending.grows and there.size > status.st_size:  # rsync sends all that a file has by now
                raise other_end_has_more(sending, there.size)
            if sending.offset and there.size in (sending.offset, self._sent.get(sending.path)):
                start = there.size
                if start == status.st_size:
                    return None
        traveller = Traveller(sending, sending.path, start, status)
        base = _base(source, sending.path)
        if base is not None:
            return way(base, sending, appends=start > 0), traveller
        base = self._stage(source, sending.path)
        return way(base, sending, "--copy-links", appends=start > 0, staged=True), traveller

    def _stage(self, source: str, path: str) -> str:
        """Make a link to a file where the other end shall have it, and return the folder that this is below."""
        base = f"{self._opened.folder}/staged"
        link = f"{base}/{path}"
        files.make_directories(os.path.dirname(link))
        files.remove(link)
        files.symlink(source, link)
        return base

    def _send_group(self, how: Way, group: Mapping[str, Traveller], until: float | None) -> dict[str, Outcome]:
        finished = self._program.send(how.base, group, how.options, run_of(group, how, self.told, until))
        travelled = Travelled(finished, group)
        if travelled.broke_off and TIMES in how.options:
            there = self._there(travelled.claimed)
            travelled.arrived = {path for path, each in there.items() if _came(each, group[path])}
        done: dict[str, Outcome] = {}
        for path, traveller in group.items():
            arrived = path in travelled.arrived
            if arrived and traveller.job.grows:
                self._sent[path] = travelled.claimed[path].size
            problem = _changed(traveller) if arrived else travelled.problem(path)
            done[path] = Outcome(traveller.job, arrived and problem is None, travelled.moved(path), problem)
        if how.staged:
            files.remove_tree(how.base)
        return done

    # ---- fetching -------------------------------------------------------------

    def fetch(self, fetchings: Iterable[Fetching], until: float | None = None) -> Iterator[Outcome]:
        for window in windows(fetchings):
            done = {} if is_over(until) else self._fetch(window, until)
            yield from (done.get(each.path, Outcome(each, False)) for each in window)

    def _fetch(self, fetchings: Sequence[Fetching], until: float | None) -> dict[str, Outcome]:
        there = self._there(each.path for each in fetchings)
        done: dict[str, Outcome] = {}
        groups: Groups = {}
        for each in fetchings:
            try:
                how, traveller = _way_of_fetching(each, there.get(each.path))
                groups.setdefault(how, {})[traveller.path] = traveller
            except OSError as error:
                done[each.path] = Outcome(each, False, 0, error)
        for how, group in groups.items():
            if not is_over(until):
                done |= self._fetch_group(how, group, there, until)
        return done

    def _fetch_group(
        self, how: Way, group: Mapping[str, Traveller], there: Mapping[str, RemoteFile], until: float | None
    ) -> dict[str, Outcome]:
        if how.staged:
            files.make_directories(how.base)
        paths = [each.job.path for each in group.values()]
        finished = self._program.fetch(how.base, paths, how.options, run_of(group, how, self.told, until))
        travelled = Travelled(finished, group)
        if travelled.broke_off and TIMES in how.options:
            travelled.arrived = {
                path for path in travelled.claimed if _is_here(f"{how.base}/{path}", there[group[path].job.path])
            }
        done: dict[str, Outcome] = {}
        for path, traveller in group.items():
            problem: OSError | None = None
            if path in travelled.arrived:
                problem = _settle(traveller.job, f"{how.base}/{path}", how)
            else:
                problem = travelled.problem(path)
            complete = path in travelled.arrived and problem is None
            done[traveller.job.path] = Outcome(traveller.job, complete, travelled.moved(path), problem)
        return done


def _way_of_fetching(fetching: Fetching, there: RemoteFile | None) -> tuple[Way, Traveller]:
    """Return how a file travels.

    What is here of it already is told to the other end by sums, and the rest comes: a file that is no beginning of the
    one there is replaced as a whole.

    Raises:
        OSError: it cannot, or must not.
    """
    if there is None:
        raise SyncError(f"'{fetching.path}' is not at the other end any more.")
    if there.kind != FILE:
        raise _no_file(there)
    if there.size < fetching.size:
        raise became_shorter(fetching.path)
    target = os.path.abspath(fetching.target)
    if os.path.lexists(target) and (size := _regular(target).st_size) > fetching.size and fetching.offset:
        raise this_end_has_more(fetching, size)
    base = _base(target, fetching.path)
    if base is not None:
        return way(base, fetching), Traveller(fetching, fetching.path)
    folder, name = os.path.split(target)
    base = f"{folder}/{PART_FOLDER}/{part_of(name, fetching.path)}"
    return way(base, fetching, "--no-relative", staged=True), Traveller(fetching, os.path.basename(fetching.path))


def _base(place: str, path: str) -> str | None:
    """Return the folder that a file here has the same path below as at the other end; None where there is none."""
    return place.removesuffix(f"/{path}") if place.endswith(f"/{path}") else None


def _settle(fetching: Fetching, path: str, how: Way) -> OSError | None:
    """Give a file that has come its time and its place, and return why this cannot be."""
    try:
        if fetching.modified is not None and not is_near(os.stat(path).st_mtime, fetching.modified):
            files.set_modified(path, fetching.modified)
        if how.staged:
            files.rename(path, fetching.target)
            files.remove_tree(how.base)
            files.remove_directory(os.path.dirname(how.base))
    except OSError as error:
        return error
    return None


def _regular(path: str) -> os.stat_result:
    """Return the status of a file here.

    Raises:
        OSError: it is not there, or something else.
    """
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise SyncError(f"'{path}' is no regular file; links are not followed.")
    return status


def _no_file(there: RemoteFile) -> SyncError:
    return SyncError(f"'{there.path}' is no regular file at the other end but of the kind '{there.kind}'; it is left.")


def _came(there: RemoteFile, traveller: Traveller) -> bool:
    """Say whether what is at the other end is the file that was sent: it gets its time when it is complete."""
    before = traveller.before
    return before is not None and there.size >= traveller.job.size and is_near(there.modified, before.st_mtime)


def _is_here(path: str, there: RemoteFile) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return status.st_size >= there.size and is_near(there.modified, status.st_mtime)


def _changed(traveller: Traveller) -> SyncError | None:
    """Say whether a file changed while it was sent, so that nobody knows what arrived."""
    sending, before = traveller.job, traveller.before
    try:
        after = os.stat(sending.source)
    except OSError:
        return None  # what was open until then arrived
    if sending.grows or before is None:
        return None
    if (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size):
        return None
    return SyncError(f"'{sending.source}' changed while it was sent; it is sent anew.")
