"""`segments.json`: where a run was gone on with from an earlier step, an entry for each time.

What a run records between two such moments is a *segment* of it; the first start is segment 0, and the n-th entry
begins segment n. Nothing of the other files is touched by a resume: with these entries readers tell which rows belong
to the run's history, and which were left behind (`history`).
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.errors import warn_quietly
from rla.names import SEGMENTS_FILE
from rla.output.values import as_value

__all__ = [
    "Resume",
    "add_resume",
    "checked_step",
    "is_resumed",
    "leads_here",
    "read_resumes",
    "resumes_of",
    "stamp_of_resumes",
]

_SCHEMA: Final = 1
_MOST_BYTES: Final = 8 << 20
_LARGEST: Final = 1e300

Step = int | float


@dataclass(frozen=True)
class Resume:
    """One time that a run was gone on with from an earlier step.

    Attributes:
        rows: how many rows the run had before, those that were left behind included.
        episodes: how many episodes, likewise.
        step: the time step that it went on from.
        after: the segment that had reached this step; mostly the one before.
        time: when that was, in seconds since 1970.
    """

    rows: int
    episodes: int
    step: Step
    after: int
    time: float


def read_resumes(directory: str | os.PathLike[str]) -> list[Resume]:
    """Return the resumes of a run, in order; none where it never was resumed.

    Args:
        directory: the run's log folder.

    Raises:
        OSError: the file is there, but cannot be read.
        ValueError: it is damaged.
    """
    try:
        content = files.read_regular(f"{os.fspath(directory)}/{SEGMENTS_FILE}", _MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        document = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return _checked(document)


def resumes_of(directory: str | os.PathLike[str], tell: Callable[[str], object] = warn_quietly) -> list[Resume]:
    """Return the resumes of a run, for readers: where they cannot be read, there are none, and ``tell`` is told why."""
    try:
        return read_resumes(directory)
    except (OSError, ValueError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        tell(f"{SEGMENTS_FILE} of '{os.fspath(directory)}' cannot be read ({reason}); rows that were left are shown")
        return []


def _checked(document: Any) -> list[Resume]:
    """Return what a document says.

    Raises:
        ValueError: it is none of ours.
    """
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise ValueError(f"it is no object with schema {_SCHEMA}")
    entries = document.get("segments")
    if not isinstance(entries, list):
        raise ValueError("it has no list of segments")
    found: list[Resume] = []
    before = Resume(0, 0, 0, 0, 0)
    for number, entry in enumerate(entries, start=1):
        values = entry if isinstance(entry, dict) else {}
        if not (
            _is_count(values.get("rows"), before.rows)
            and _is_count(values.get("episodes"), before.episodes)
            and _is_count(values.get("after"), 0)
            and values["after"] < number
            and _is_number(values.get("step"))
            and _is_number(values.get("time"))
        ):
            raise ValueError(f"segment {number} is none: {str(entry)[:200]}")
        before = Resume(values["rows"], values["episodes"], values["step"], values["after"], values["time"])
        found.append(before)
    return found


def _is_count(value: Any, least: int) -> bool:
    return type(value) is int and least <= value < 1 << 62


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -_LARGEST < value < _LARGEST  # NaN is not


def is_resumed(directory: str | os.PathLike[str]) -> bool:
    """Say whether a run was ever resumed, without looking when and how."""
    return os.path.lexists(f"{os.fspath(directory)}/{SEGMENTS_FILE}")


def stamp_of_resumes(directory: str | os.PathLike[str]) -> str | None:
    """Return what changes when a run is resumed; None where it never was."""
    try:
        found = os.stat(f"{os.fspath(directory)}/{SEGMENTS_FILE}")
    except OSError:
        return None
    return f"{found.st_mtime_ns},{found.st_size},{found.st_ino}"


def add_resume(directory: Path, rows: int, episodes: int, step: Step, saved: float | None) -> list[Resume]:
    """Note that a run goes on from an earlier step, before anything new is recorded. The caller holds the run's lock.

    Args:
        directory: the run's log folder.
        rows: how many rows it has.
        episodes: how many episodes.
        step: the time step that it goes on from.
        saved: when the state that it goes on with was saved, in seconds since 1970, which says in which segment that
            was; the last one that recorded anything when None.

    Returns:
        All resumes of the run, the new one last.

    Raises:
        OSError: the file cannot be written, or what stands there cannot be read; it is as it was.
    """
    path = directory / SEGMENTS_FILE
    try:
        known = read_resumes(directory)
    except ValueError as error:
        advice = "bring it back from a copy, or remove it: then all rows count that were recorded until now"
        raise OSError(errno.EILSEQ, f"it is damaged ({error}); {advice}", os.fspath(path)) from error
    after = _last_with_records(known, rows, episodes) if saved is None else segment_at(known, saved)
    known.append(Resume(rows, episodes, step, after, time.time()))
    content = {"schema": _SCHEMA, "segments": [asdict(each) for each in known]}
    files.write_atomic(path, json.dumps(content, indent=1) + "\n")
    files.touch_directory(directory.parent)  # indexes of other readers look at folders that have changed
    return known


def _last_with_records(resumes: Sequence[Resume], rows: int, episodes: int) -> int:
    """Return the last segment of a run that has recorded something.

    Args:
        resumes: of the run.
        rows: how many rows it has.
        episodes: how many episodes.
    """
    counts = [*((each.rows, each.episodes) for each in resumes), (rows, episodes)]
    return max((number for number in range(1, len(counts)) if counts[number - 1] != counts[number]), default=0)


def checked_step(step: Any) -> Step:
    """Return the time step that a run shall go on from, as a number of Python.

    Raises:
        ValueError: it is no finite number.
    """
    number = as_value(step)
    if not _is_number(number):
        raise ValueError(f"resume_at is {step!r}; expected a finite number: the time step to go on from.")
    return number  # type: ignore[return-value]


def segment_at(resumes: Sequence[Resume], moment: float) -> int:
    """Return the segment that was recorded at a moment, in seconds since 1970."""
    return max((number for number, each in enumerate(resumes, start=1) if each.time <= moment), default=0)


def leads_here(resumes: Sequence[Resume], step: Step, saved: float) -> bool:
    """Say whether a state of the run lies on the way to where the run stands now, and was not left behind.

    Args:
        resumes: of the run.
        step: the time step of the state, of a checkpoint for example.
        saved: when it was saved, in seconds since 1970.
    """
    wanted, segment = segment_at(resumes, saved), len(resumes)
    while segment > wanted:
        if step > resumes[segment - 1].step:
            return False
        segment = resumes[segment - 1].after
    return segment == wanted
