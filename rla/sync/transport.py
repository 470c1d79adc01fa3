"""What a transport is: a connection to a data root on another machine, with files sent and fetched over it.

Paths are those below the data root at the other end, with ``/`` between their parts: ``log/demo/2026/…/progress.csv``.
Whoever writes a transport derives from `Transport`; where the protocol can open, read and rename single files, from
`rla.sync.file_server.FileServer`, which has the rest. `rla.testing.transport.TransportContract` is its test.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Final

from rla.errors import SyncError
from rla.sync.pace import Pace
from rla.sync.remote import Remote

__all__ = ["FILE", "FOLDER", "LINK", "OTHER", "Fetching", "Outcome", "RemoteFile", "Sending", "Transport"]

FILE: Final = "file"
FOLDER: Final = "folder"
LINK: Final = "link"
OTHER: Final = "other"

PART_SUFFIX: Final = ".part"
PART_FOLDER: Final = ".rla-part"
"""Where a program that has its own names for parts leaves them."""

_PART: Final = re.compile(r"\..*\.[0-9a-f]{16}\.part", re.DOTALL)
_DEEPEST: Final = 64
"""No data root is deeper; a server may claim that its own has no end."""


@dataclass(frozen=True)
class RemoteFile:
    """A file or folder at the other end.

    Attributes:
        path: where it is, below the data root.
        kind: ``file``, ``folder``, ``link`` (never followed) or ``other``.
        size: in bytes.
        modified: when it was last changed, in seconds since 1970 by the clock of the other end; None where that is
            not told.
    """

    path: str
    kind: str
    size: int
    modified: float | None

    def has_time(self, moment: float) -> bool:
        """Say whether it was last changed at a moment, as far as protocols know: they have no fractions of seconds."""
        return self.modified is not None and abs(self.modified - moment) < 1.0


@dataclass(frozen=True)
class Sending:
    """A file that is to be brought to the other end.

    Attributes:
        source: the file here.
        path: where it shall be, below the data root there.
        size: so many bytes from its beginning shall be there; it may have grown since.
        offset: so many of them are there already, and the tail is appended; 0: the whole file is written aside, and
            takes its name once it is complete.
        identity: tells this content from another of the same name, so that a transfer that was cut goes on.
        modified: the time of modification that the file gets there, in seconds since 1970; None: that of its arrival.
        grows: whether the file is only ever appended to, so that a longer one at the other end is never replaced.
    """

    source: str
    path: str
    size: int
    offset: int = 0
    identity: str = ""
    modified: float | None = None
    grows: bool = False

    @property
    def part(self) -> str:
        """Where it is written until it is complete, below the data root."""
        return part_of(self.path, self.identity)


@dataclass(frozen=True)
class Fetching:
    """A file that is to be brought from the other end.

    Attributes:
        path: where it is, below the data root there.
        target: where it shall be here; the folder exists.
        size: so many bytes from its beginning shall be here.
        offset: so many of them are here already, and the tail is appended; 0: the whole file is written aside, and
            takes its name once it is complete.
        identity: tells this content from another of the same name, so that a transfer that was cut goes on.
        modified: the time of modification that the file gets here, in seconds since 1970; None: that of its arrival.
    """

    path: str
    target: str
    size: int
    offset: int = 0
    identity: str = ""
    modified: float | None = None

    @property
    def part(self) -> str:
        """Where it is written until it is complete, beside its target."""
        return part_of(self.target, self.identity)


@dataclass(frozen=True)
class Outcome:
    """How one transfer ended.

    Attributes:
        job: the file that was to travel.
        complete: whether it is there now, under its name.
        moved: bytes of content that travelled.
        problem: why it is not there; None where only the time was up, and the next transfer goes on.
    """

    job: Sending | Fetching
    complete: bool
    moved: int = 0
    problem: OSError | None = None


Told = Callable[[str, int], object]
"""Is told of progress: a path below the data root, and the bytes of it that travelled since the last time."""


def part_of(path: str, identity: str) -> str:
    """Return the name of a file until it is complete: in the same folder, hidden, and its own for each content."""
    folder, name = posixpath.split(path)
    key = hashlib.sha256(f"{name}\0{identity}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    start = name.encode("utf-8", "surrogateescape")[:100].decode("utf-8", "ignore")
    return posixpath.join(folder, f".{start}.{key}{PART_SUFFIX}")


def is_part(name: str) -> bool:
    """Say whether what has this name waits for the rest of its content, or is a folder of such files."""
    return name == PART_FOLDER or _PART.fullmatch(name) is not None


class Transport(ABC):
    """A connection to a data root on another machine; use it in a ``with`` block.

    What it raises is a `SyncError`: `UnreachableError` where the connection is gone (nothing else can be done with it
    then), and others that concern one file alone. It never waits longer than ``remote.timeout`` for an answer, never
    deletes or shortens a file that is not one of its own parts, and follows no link.

    Args:
        remote: where to, and how.
        pace: is asked before bytes travel.

    Attributes:
        protocol: its name in the configuration.
        told: is told of progress; does nothing unless set.
        makes_root: whether `connect` makes the data root where only that is missing, or raises.
    """

    protocol: ClassVar[str]

    def __init__(self, remote: Remote, pace: Pace) -> None:
        self.remote = remote
        self.pace = pace
        self.told: Told = lambda path, count: None
        self.makes_root = True

    def __enter__(self) -> Transport:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def connect(self) -> None:
        """Connect and log in.

        Raises:
            UnreachableError: nobody answers, or not in time.
            HostKeyError: the other end is unknown, or has another key than before.
            LoginRefusedError: user, password or key are not accepted.
            SyncError: the data root there cannot be used.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection; what is under way is given up. Closing twice is fine."""

    @abstractmethod
    def entries(self, folder: str) -> list[RemoteFile]:
        """Return what is in a folder, in no order; nothing where there is no such folder. ``""`` is the data root.

        Raises:
            SyncError: it cannot be listed.
        """

    def walk(self, folder: str) -> Iterator[RemoteFile]:
        """Yield all that is below a folder, folders before their content; links are not followed.

        Raises:
            SyncError: something cannot be listed.
        """
        for entry in sorted(self.entries(folder), key=lambda found: found.path):
            yield entry
            if entry.kind == FOLDER and is_inside(entry.path, folder):
                yield from self.walk(entry.path)

    @abstractmethod
    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        """Bring files to the other end, in their order, and yield how each went once that is known.

        Args:
            sendings: the files; folders are made for them.
            until: a moment of the monotonic clock at which a transfer stops where it stands; the same sending goes on
                from there when it is given again. What was not begun until then is not begun.

        Raises:
            UnreachableError: the connection is gone; what was not yielded may or may not be there.
        """

    @abstractmethod
    def fetch(self, fetchings: Iterable[Fetching], until: float | None = None) -> Iterator[Outcome]:
        """Bring files from the other end, as `send` does in the other direction."""


def is_inside(path: str, folder: str) -> bool:
    """Say whether a path that the other end gave is that of a plain name in a folder, and not endlessly deep."""
    above, name = posixpath.split(path)
    return above == folder and name not in ("", ".", "..") and path.count("/") < _DEEPEST


def is_over(until: float | None) -> bool:
    """Say whether a moment of the monotonic clock has come; None never comes."""
    return until is not None and time.monotonic() >= until


def became_shorter(path: str) -> SyncError:
    """Return the error of a file that has fewer bytes than are to travel."""
    return SyncError(f"'{path}' became shorter before it had travelled.")


def no_data_root(remote: Remote) -> SyncError:
    """Return the error of a data root that is not there, and shall not be made."""
    return SyncError(f"There is no data root at {remote}; is that its path? Nothing was made there.")


def other_end_has_more(sending: Sending, size: int) -> SyncError:
    """Return the error of a file that would become shorter at the other end."""
    return SyncError(
        f"'{sending.path}' has {size:,} bytes at the other end and {sending.size:,} here. Nothing is shortened there: "
        "if this is meant to be, move the file there away first."
    )


def this_end_has_more(fetching: Fetching, size: int) -> SyncError:
    """Return the error of a file that would become shorter here."""
    return SyncError(
        f"'{fetching.target}' has {size:,} bytes here and {fetching.size:,} at the other end. Nothing is shortened: "
        "if this is meant to be, move the file here away first."
    )
