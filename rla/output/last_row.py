"""The newest row of a run, found from the ends of its files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rla.names import JOURNAL_FOLDER, LONG_FILE, PROGRESS_FILE
from rla.output.csv_blocks import blocks_from_end, count_records, end_of_records, open_csv
from rla.output.csv_file import LARGEST_WIDTH
from rla.output.journal_tail import newest_rows
from rla.output.long_file import long_values
from rla.output.newest_cells import newest_record
from rla.output.reader import row_of
from rla.output.records import Value

__all__ = ["last_row"]


def last_row(directory: str | os.PathLike[str]) -> dict[str, Value]:
    """Return the newest row of a run, without reading all the others; empty when there is none."""
    directory = Path(directory)
    for row in newest_rows(directory / JOURNAL_FOLDER)[-1:]:
        return {key: value for key, value in row.items_for("csv").items() if value is not None}
    try:
        with open_csv(directory / PROGRESS_FILE) as file:
            record, behind = newest_record(file)
            found = row_of(file.columns, record)
            if len(file.columns) >= LARGEST_WIDTH:
                found.update(_without_column(directory, count_records(file.read, file.start) - 1 - behind))
    except OSError:
        return {}  # none yet, or nothing that can be read
    return found


def _without_column(directory: Path, number: int) -> dict[str, Value]:
    """Return the values of a row that have no column; their lines stand together, and those of later rows behind."""
    found: dict[str, Value] = {}
    with contextlib.suppress(OSError), open_csv(directory / LONG_FILE) as file:
        for block in blocks_from_end(file.read, file.start, end_of_records(file.read, file.start)[0]):
            lines = long_values(block)
            found = {**{key: value for row, key, value in lines if row == number}, **found}
            if any(row < number for row, _, _ in lines):
                break
    return found
