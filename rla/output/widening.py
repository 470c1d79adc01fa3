"""A wider version of a CSV file: columns are added at the end, old lines are padded and not parsed."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from rla import files
from rla.output.base import AppendedFile
from rla.output.csv_text import complete_lines, encode_header

__all__ = ["widen"]

BLOCK_BYTES: Final = 1 << 16
RECORDS: Final = 256
REST_FACTOR: Final = 3.0
"""Whoever pads a block holds the interpreter, which the training needs; so many times as long is rested after it."""


def widen(path: Path, columns: Sequence[str], added: int, in_a_hurry: bool) -> AppendedFile:
    """Put a wider version in the place of a file that ends with a complete line.

    Args:
        path: the file.
        columns: all columns of the new header.
        added: how many of them are new.
        in_a_hurry: do not rest: somebody waits.

    Returns:
        The new file.

    Raises:
        OSError: it could not be written; the file is as it was.
    """
    aside = path.with_name(f".{path.name}.wider")
    files.remove(aside)
    wider = AppendedFile(aside)
    try:
        wider.append(encode_header(columns))
        with open(path, "rb") as stream:
            for block in _padded(stream, b"," * added + b"\n"):
                busy = time.thread_time()
                wider.append(block)
                if not in_a_hurry:
                    time.sleep(REST_FACTOR * (time.thread_time() - busy))
        wider.sync()
        files.rename(aside, path)
    except BaseException:
        wider.close()
        files.remove(aside)
        raise
    wider.path = path
    return wider


def _padded(stream: BinaryIO, end: bytes) -> Iterator[bytes]:
    """Yield the lines behind the header, in blocks, each line with another end."""
    lines = complete_lines(stream)
    next(lines, None)
    while block := stream.read(BLOCK_BYTES):
        block += stream.readline()
        if b'"' in block:  # a line end inside quotes belongs to the value
            stream.seek(-len(block), io.SEEK_CUR)
            while records := list(itertools.islice(lines, RECORDS)):
                yield b"".join(record[:-1] + end for record in records)
            return
        yield block.replace(b"\n", end)
