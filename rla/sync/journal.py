"""What has travelled, of one experiment and one other end: so that nothing travels twice, not even after a crash.

One line of JSON for each file that arrived, appended once that is known; the last line of a file counts. It is a note
alone: without it, the other end is asked what it has.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from rla import files, locks
from rla.database.trees import ExperimentPlace
from rla.errors import SyncError
from rla.names import INTERNAL

__all__ = ["FETCHED", "SENT", "Journal", "Known", "journal_path"]

SENT: Final = "sent"
FETCHED: Final = "fetched"

_FOLDER: Final = "sync"
_LINES_PER_FILE: Final = 8
"""A journal with more lines for each file, on average, is written anew."""
_FEWEST_LINES: Final = 1000

_STATE: Final = "state"
_BEGUN: Final = "begun"
_ENDED: Final = "ended"


@dataclass(frozen=True)
class Known:
    """A file as it was when it travelled.

    Attributes:
        size: in bytes.
        modified_ns: its time of modification in nanoseconds since 1970, where it came from.
        inode: of the file here.
        digest: SHA-256 of all of it, or of its end where it grows.
        kept_ns: the time of modification of the file here, once it was fetched.
    """

    size: int
    modified_ns: int
    inode: int = 0
    digest: str = ""
    kept_ns: int = 0


def journal_path(place: ExperimentPlace, identity: str, direction: str) -> Path:
    """Return where the journal of an experiment stands.

    Args:
        place: the experiment.
        identity: `Remote.identity` of the other end.
        direction: ``sent`` or ``fetched``.
    """
    return place.data_root / INTERNAL / _FOLDER / identity / place.task / place.day / f"{place.index_name}.{direction}"


class Journal:
    """The journal of one experiment and one other end, held by one process at a time; use it in a ``with`` block.

    Args:
        path: the file; its folders are made. A data root that cannot be written to has none, and that is fine.
        keeps: whether it is written to; one that is not is not locked either.
    """

    def __init__(self, path: Path, keeps: bool = True) -> None:
        self.path = path
        self._keeps = keeps
        self._known: dict[str, Known] = {}
        self._begun: dict[str, Known] = {}
        self._fd: int | None = None

    def __enter__(self) -> Journal:
        """Open it.

        Raises:
            SyncError: another process is just sending, or fetching, the same experiment.
        """
        try:
            if not self._keeps:
                with files.descriptor(self.path, os.O_RDONLY) as fd:
                    self._read(fd)
                return self
            files.make_directories(self.path.parent)
            self._fd = locks.lock(self.path)
        except OSError:
            return self
        if self._fd is None:
            raise SyncError(f"'{self.path.stem}' is just being sent or fetched by another process.")
        if self._read(self._fd):
            self._write_anew(self._fd)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known to have travelled, or to have begun to."""
        return not self._known and not self._begun

    def get(self, path: str) -> Known | None:
        """Return the file of a path below the data root as it was when it last travelled."""
        return self._known.get(path)

    @property
    def begun(self) -> dict[str, Known]:
        """Files that began to travel, as they were then, and of which nobody knows whether they have arrived."""
        return dict(self._begun)

    def begin(self, path: str, known: Known) -> None:
        """Note that a file begins to travel: a process that dies while many are on their way leaves them here."""
        self._begun[path] = known
        self._append({"path": path, **asdict(known), _STATE: _BEGUN})

    def note(self, path: str, known: Known) -> None:
        """Note that a file has arrived."""
        self._begun.pop(path, None)
        self._known[path] = known
        self._append({"path": path, **asdict(known)})

    def end(self, path: str) -> None:
        """Note that a file that began to travel has not arrived."""
        if self._begun.pop(path, None) is not None:
            self._append({"path": path, _STATE: _ENDED})

    def _append(self, entry: dict[str, Any]) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):  # a full disk: the file travels again after a restart
                os.lseek(self._fd, 0, os.SEEK_END)
                files.append(self._fd, _line(entry))

    def _read(self, fd: int) -> bool:
        """Read it, and say whether it should be written anew."""
        lines = 0
        torn = False
        with open(os.dup(fd), "rb") as stream:
            for line in stream:
                lines += 1
                torn = not line.endswith(b"\n")
                with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):  # torn, or damaged
                    self._take(json.loads(line))
        return torn or lines > max(_FEWEST_LINES, _LINES_PER_FILE * len(self._known))

    def _take(self, entry: dict[str, Any]) -> None:
        path, state = entry.pop("path"), entry.pop(_STATE, None)
        self._begun.pop(path, None)
        if state != _ENDED:
            (self._begun if state == _BEGUN else self._known)[path] = Known(**entry)

    def _write_anew(self, fd: int) -> None:
        """Write each file once, over what is there: a crash meanwhile loses notes alone."""
        with contextlib.suppress(OSError):
            files.truncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            entries = [{"path": path, **asdict(known)} for path, known in self._known.items()]
            entries += [{"path": path, **asdict(known), _STATE: _BEGUN} for path, known in self._begun.items()]
            files.append(fd, b"".join(map(_line, entries)))


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry).encode() + b"\n"
