"""Reading episodes back: those of the file, and those that only the journal of a live or killed run has."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rla.errors import JournalVersionError, warn_quietly
from rla.names import EPISODES_FILE, JOURNAL_FOLDER
from rla.output.csv_blocks import blocks, open_csv
from rla.output.csv_text import complete_lines, parse_rows
from rla.output.episodes.file import COLUMNS, cells_of, split_extra
from rla.output.journal_reader import JournalReader
from rla.output.pipeline import flush_if_open
from rla.output.records import Episodes, Value

if TYPE_CHECKING:
    import pandas

__all__ = ["read_episodes"]

_RECORDS_AT_ONCE: Final = 1024
_TIME: Final = len(COLUMNS) - 1


def read_episodes(directory: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return all episodes of a run, live or dead, without writing anything.

    Args:
        directory: the run's log folder.

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
    journaled = _of_journal(directory / JOURNAL_FOLDER)  # first: what leaves it meanwhile is in the file by then
    rows, extras = _of_file(directory / EPISODES_FILE)
    _add_missing(journaled, rows, extras)
    columns: dict[str, list[Value]] = {
        name: _without_none(row[place] for row in rows) for place, name in enumerate(COLUMNS)
    }
    for name in dict.fromkeys(itertools.chain.from_iterable(extras.values())):
        columns[name] = _without_none(extras.get(row, {}).get(name) for row in range(len(rows)))
    table: pandas.DataFrame = pandas.DataFrame(columns)
    return table


def _without_none(values: Iterable[Value]) -> list[Value]:
    return [math.nan if value is None else value for value in values]


def _of_journal(folder: Path) -> list[Episodes]:
    found: list[Episodes] = []
    try:
        with contextlib.closing(JournalReader(folder)) as reader:
            while records := reader.read(_RECORDS_AT_ONCE):
                found += [record for record in records if isinstance(record, Episodes)]
    except (JournalVersionError, OSError) as error:  # one such run must not hide the others of a list
        warn_quietly(f"the journal '{folder}' cannot be read ({error}); episodes that only it has are missing")
    return found


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
