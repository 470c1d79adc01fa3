"""`progress.long.csv`: the values of keys that have no column in `progress.csv`, a line for each.

It has the columns ``row`` (the line in `progress.csv`, counted from 0 behind its header), ``key`` and ``value``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rla.names import LONG_FILE
from rla.output.base import AppendedFile
from rla.output.csv_blocks import blocks, open_csv
from rla.output.csv_text import complete_lines, encode_header, encode_rows, parse_block
from rla.output.records import Value

__all__ = ["LongFile", "long_values", "read_long"]

_HEADER: Final = encode_header(["row", "key", "value"])


def read_long(directory: Path) -> Iterator[tuple[int, str, Value]]:
    """Yield row, key and value of each line; none when there is no such file.

    Raises:
        OSError: it cannot be read, or not to its end; what comes before was yielded.
    """
    with contextlib.suppress(FileNotFoundError), open_csv(directory / LONG_FILE) as file:
        for block in blocks(file.read, file.start):
            yield from long_values(block)


def long_values(block: bytes) -> list[tuple[int, str, Value]]:
    """Return row, key and value of each line of a block; lines that are no such are left out."""
    return [
        (cells[0], str(cells[1]), cells[2])
        for cells in parse_block(block)
        if len(cells) == 3 and type(cells[0]) is int and cells[0] >= 0 and cells[2] is not None
    ]


class LongFile:
    """The file of a run, made when it is needed.

    Args:
        path: where it stands.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: AppendedFile | None = AppendedFile(path) if path.exists() else None

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        return 0 if self._file is None else self._file.size

    def cut(self, rows: int) -> None:
        """Remove what belongs to later rows than the first ones, and a last line that was cut short."""
        if self._file is None:
            return
        good = 0
        with open(self._path, "rb") as stream:
            for number, line in enumerate(complete_lines(stream)):
                if number and int(line.partition(b",")[0]) >= rows:
                    break
                good += len(line)
        if good != self._file.size:
            self._file.truncate(good)

    def append(self, values: Sequence[tuple[int, str, Value]]) -> None:
        """Append row, key and value of each."""
        if not values:
            return
        if self._file is None:
            self._file = AppendedFile(self._path)
        self._file.append((b"" if self._file.size else _HEADER) + encode_rows(values))

    def truncate(self, size: int) -> None:
        """Take back what was appended since it had a size."""
        if self._file is not None:
            self._file.truncate(size)

    def sync(self) -> None:
        """Wait until the content is on the disk."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
