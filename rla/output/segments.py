"""The segments of a run, from one resume to the next, with what was left behind of each: what `rla history` shows."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rla.names import TIME_STEP, TIMESTAMP
from rla.output.reader import Progress, read_progress
from rla.output.records import Value
from rla.output.resumes import resumes_of

__all__ = ["Segment", "read_segments", "segment_of", "segments_of_rows"]


@dataclass
class Segment:
    """What was recorded from the start of a run, or from a resume, to the next one.

    Attributes:
        number: which one it is; 0 for the first start.
        after: the segment that it goes on from; None for the first start.
        from_step: the time step that it goes on from; None for the first start.
        start: when it began, in seconds since 1970; of the first start, when its first row was recorded.
        first_row: the number of its first row, counted from 0.
        rows: how many rows it has.
        abandoned: how many of them were left behind later.
        to_step: the time step of its last row that has one; None where there is none.
    """

    number: int
    after: int | None = None
    from_step: int | float | None = None
    start: float | None = None
    first_row: int = 0
    rows: int = 0
    abandoned: int = 0
    to_step: int | float | None = None


def read_segments(directory: str | os.PathLike[str]) -> list[Segment]:
    """Return the segments of a run, live or dead, in order; a run that was never resumed has one.

    Args:
        directory: the run's log folder.
    """
    return segments_of_rows(directory, read_progress(directory, with_abandoned=True))


def segments_of_rows(directory: str | os.PathLike[str], progress: Progress) -> list[Segment]:
    """Return the segments of a run whose rows were read already, with all that it left behind."""
    resumes = resumes_of(directory)
    segments = [Segment(0)]
    segments += [Segment(n, each.after, each.step, each.time, each.rows) for n, each in enumerate(resumes, start=1)]
    for number, row, abandoned in zip(progress.numbers, progress.rows, progress.abandoned, strict=True):
        segment = segment_of(segments, number)
        segment.rows += 1
        segment.abandoned += abandoned
        segment.to_step = _number(row.get(TIME_STEP), segment.to_step)
        segment.start = _number(row.get(TIMESTAMP), None) if segment.start is None else segment.start
    return segments


def segment_of(segments: Sequence[Segment], row: int) -> Segment:
    """Return the segment that the row of a number belongs to."""
    return segments[bisect_right(segments, row, key=lambda segment: segment.first_row) - 1]


def _number(value: Value, otherwise: int | float | None) -> int | float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if known else otherwise  # type: ignore[return-value]
