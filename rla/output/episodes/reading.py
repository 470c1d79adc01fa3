"""Reading episodes back: those of the file, and those that only the journal of a live or killed run has."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import os
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rla.errors import JournalVersionError, warn_quietly
from rla.names import EPISODES_FILE, JOURNAL_FOLDER, TIMESTAMP
from rla.output.csv_blocks import blocks, open_csv
from rla.output.csv_rows import count_rows_within
from rla.output.csv_text import complete_lines, parse_rows
from rla.output.episodes.arguments import LENGTH, RETURN
from rla.output.episodes.file import COLUMNS, cells_of, split_extra
from rla.output.journal_reader import JournalReader
from rla.output.pipeline import flush_if_open
from rla.output.records import Episodes, Value
from rla.output.resumes import Resume, resumes_of

if TYPE_CHECKING:
    import pandas

__all__ = ["read_episodes"]

_RECORDS_AT_ONCE: Final = 1024
_RETURN, _LENGTH, _TIME = map(COLUMNS.index, (RETURN, LENGTH, TIMESTAMP))


def read_episodes(directory: str | os.PathLike[str], with_abandoned: bool = False) -> pandas.DataFrame:
    """Return the episodes of a run, live or dead, without writing anything; of a resumed one those of its history.

    Args:
        directory: the run's log folder.
        with_abandoned: return all that were ever recorded; ``attrs["abandoned"]`` of the table says of each whether it
            was left behind when the run went on from an earlier step.

    Returns:
        A table with a line for each episode, in the order in which they ended: ``time-step``, ``return``, ``length``
        (environment steps), ``env``, ``timestamp`` (seconds since 1970), and a column for each extra name; what is not
        known of an episode is NaN. It is empty where a run has told of none.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    import pandas

    directory = Path(directory)
    if not os.path.isdir(directory):  # unlike that of pathlib, it never raises
        raise FileNotFoundError(f"There is no folder '{directory}'; expected the log folder of a run.")
    flush_if_open(directory)
    rows, extras, abandoned = _all_episodes(directory)
    if not with_abandoned and any(abandoned):
        kept = [number for number, left in enumerate(abandoned) if not left]
        extras = {place: extras[number] for place, number in enumerate(kept) if number in extras}
        rows = [rows[number] for number in kept]
    columns: dict[str, list[Value]] = {
        name: _without_none(row[place] for row in rows) for place, name in enumerate(COLUMNS)
    }
    for name in dict.fromkeys(itertools.chain.from_iterable(extras.values())):
        columns[name] = _without_none(extras.get(row, {}).get(name) for row in range(len(rows)))
    table: pandas.DataFrame = pandas.DataFrame(columns)
    if with_abandoned:
        table.attrs["abandoned"] = abandoned
    return table


def last_episodes(directory: Path, number: int, step: int | float) -> tuple[dict[str, list[Value]], int]:
    """Return the last values of each column among the episodes that a resumed run goes on with, and how many these are.

    Args:
        directory: the run's log folder.
        number: how many values at most.
        step: the time step of the episodes that are about to be recorded.
    """
    rows, extras, abandoned = _all_episodes(directory, step)
    found: dict[str, deque[Value]] = {}
    for place, (row, left) in enumerate(zip(rows, abandoned, strict=True)):
        told = {} if left else {RETURN: row[_RETURN], LENGTH: row[_LENGTH], **extras.get(place, {})}
        for name, value in told.items():
            if value is not None:
                found.setdefault(name, deque(maxlen=number)).append(value)
    return {name: list(values) for name, values in found.items()}, len(rows) - sum(abandoned)


def _all_episodes(
    directory: Path, next_step: Value = None
) -> tuple[list[Sequence[Value]], dict[int, dict[str, Value]], list[bool]]:
    """Return the cells of each episode, the extra values by its number, and whether it was left behind.

    Args:
        directory: the run's log folder.
        next_step: the time step of episodes that are about to be recorded; None when none are.
    """
    journaled, rows_until = _of_journal(directory / JOURNAL_FOLDER)  # first: what leaves it is in the file by then
    rows, extras = _of_file(directory / EPISODES_FILE)
    _add_missing(journaled, rows, extras)
    resumes = resumes_of(directory)  # after the episodes: one that is noted later has none of them
    if not resumes:
        return rows, extras, [False] * len(rows)
    from rla.output.history import as_steps, left_behind

    steps = as_steps([*(row[0] for row in rows), *([] if next_step is None else [next_step])])
    last = _last_with_rows(directory, resumes, rows_until)
    left: list[bool] = left_behind(steps, resumes, [each.episodes for each in resumes], last).tolist()
    return rows, extras, left[: len(rows)]


def _last_with_rows(directory: Path, resumes: Sequence[Resume], rows_until: int | None) -> int:
    """Return the last segment that has a row; the first start when none has."""
    rows = count_rows_within(directory) if rows_until is None else rows_until
    bounds = [*(each.rows for each in resumes), rows]
    return max((n for n in range(1, len(bounds)) if bounds[n - 1] < bounds[n]), default=0)


def _without_none(values: Iterable[Value]) -> list[Value]:
    return [math.nan if value is None else value for value in values]


def _of_journal(folder: Path) -> tuple[list[Episodes], int | None]:
    """Return the episodes of a journal, and how many rows the run has; None where it has no journal."""
    found: list[Episodes] = []
    rows = None
    try:
        with contextlib.closing(JournalReader(folder)) as reader:
            while records := reader.read(_RECORDS_AT_ONCE):
                found += [record for record in records if isinstance(record, Episodes)]
            rows = reader.position.rows if reader.position.segment else None
    except (JournalVersionError, OSError) as error:  # one such run must not hide the others of a list
        warn_quietly(f"the journal '{folder}' cannot be read ({error}); episodes that only it has are missing")
    return found, rows


def _of_file(path: Path) -> tuple[list[Sequence[Value]], dict[int, dict[str, Value]]]:
    """Return the cells of each line, and the extra values of those that have any, by the line's number."""
    rows: list[Sequence[Value]] = []
    extras: dict[int, dict[str, Value]] = {}
    try:
        with open_csv(path) as file:
            for block in blocks(file.read, file.start):
                halves = list(map(split_extra, complete_lines(io.BytesIO(block))))
                for number, (_, extra) in enumerate(halves, len(rows)):
                    with contextlib.suppress(ValueError, RecursionError):  # of a foreign hand
                        if extra:
                            extras[number] = json.loads(extra)
                cells = parse_rows([line for line, _ in halves])
                rows += [row + [None] * (len(COLUMNS) - len(row)) for row in cells]
    except FileNotFoundError:
        pass
    except OSError as error:  # as with rows, what comes before is there
        warn_quietly(f"'{path}' cannot be read to its end ({error.strerror}); further episodes are missing")
    return rows, extras


def _add_missing(
    journaled: Iterable[Episodes], rows: list[Sequence[Value]], extras: dict[int, dict[str, Value]]
) -> None:
    """Add the episodes that came after those of the file; timestamps only grow."""
    last = rows[-1][_TIME] if rows else None
    newest = float(last) if isinstance(last, (int, float)) else 0.0
    have = sum(1 for _ in itertools.takewhile(lambda row: row[_TIME] == newest, reversed(rows)))
    for episodes in journaled:
        if episodes.time >= newest:
            for cells, extra in itertools.islice(cells_of(episodes), have if episodes.time == newest else 0, None):
                if extra:
                    extras[len(rows)] = extra
                rows.append(cells)
