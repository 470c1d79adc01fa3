"""The newest value of each column of a file of which some lines were left behind when its run was resumed.

The whole file is looked at, but of most blocks only the structure: cells become values where they are the newest. It is
done once for each resume, since what comes later belongs to the history, and is read from where this ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rla.output.csv_blocks import CsvFile, blocks, encoding_problem
from rla.output.csv_cells import find_cells
from rla.output.csv_text import parse_block
from rla.output.newest_cells import Newest
from rla.output.records import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["newest_of_history"]


def newest_of_history(file: CsvFile, left: NDArray[np.bool_]) -> tuple[Newest, bool]:
    """Return the newest value of each column in the lines that were not left behind.

    Args:
        file: the file.
        left: shape (lines,), which lines were left behind; what has come since is not looked at.

    Returns:
        What was found, and whether that was the whole file.
    """
    found: dict[int, bytes | Value] = {}
    number, end, problem = 0, file.start, None
    try:
        for block in blocks(file.read, file.start) if file.columns else ():
            problem = problem or encoding_problem(block)
            number += _look_into(block, ~left[number:], len(file.columns), found)
            end += len(block)
            if number > len(left):
                break
    except OSError as error:
        problem = error.strerror
    values = {place: _parsed(text) if isinstance(text, bytes) else text for place, text in found.items()}
    return Newest(values, end, problem), number <= len(left)


def _look_into(block: bytes, counts: NDArray[np.bool_], width: int, found: dict[int, bytes | Value]) -> int:
    """Look for values in a block, and return how many lines it has."""
    plain = block.replace(b"\r\n", b"\n") if b"\r" in block and b'"' not in block else block
    cells = None if b"\r" in plain else find_cells(plain, width)
    if cells is not None:
        found.update(cells.newest_texts(np.flatnonzero(counts[: cells.rows])))
        return cells.rows
    records = parse_block(block)
    for record, wanted in zip(records, counts.tolist(), strict=False):
        if wanted:
            found.update((place, value) for place, value in enumerate(record[:width]) if value is not None)
    return len(records)


def _parsed(text: bytes) -> Value:
    ((value,),) = parse_block(text + b"\n")
    return value
