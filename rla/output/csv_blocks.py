"""Whole records of a CSV file in blocks of bounded size, from a place on to the end, or from the end backwards.

What stands in the file may be anything: a record of a gigabyte, the zeros of a power cut, no text at all. Then the
blocks end with an error that says what is wrong; what came before can be used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from rla import files
from rla.output.csv_text import parse_header

__all__ = [
    "CsvFile",
    "blocks",
    "blocks_from_end",
    "count_records",
    "encoding_problem",
    "end_of_records",
    "first_zero",
    "open_csv",
    "told",
    "without_blank_lines",
]

LONGEST_RECORD: Final = 4 << 20
"""So many bytes may a record have, the header too; longer ones are damage, and nothing behind them is looked at."""

MOST_COLUMNS: Final = 100_000
"""So many columns may a file have. Our own have up to 1,000; other tools know no limit."""

HEAD_BYTES: Final = 1 << 14
"""Most runs are shorter: one read has all of them."""

BLOCK_BYTES: Final = 1 << 18
TAIL_BYTES: Final = 1 << 12
TAIL_GROWTH: Final = 8
LARGEST_TAIL: Final = 1 << 20

_BLANK_LINES: Final = re.compile(rb"\n\n+")

Read = Callable[[int, int], bytes]
"""Returns the bytes of a file from one place up to another, fewer at its end."""


class CsvFile(NamedTuple):
    """A CSV file that is open.

    Attributes:
        read: reads it.
        read_into: reads from a place on into a buffer, and returns how many bytes there were.
        status: what the system says of it.
        columns: the cells of its header; none when it is empty.
        start: where its records begin.
        header: its header, as it stands there.
    """

    read: Read
    read_into: Callable[[memoryview, int], int]
    status: os.stat_result
    columns: list[str]
    start: int
    header: bytes


@contextlib.contextmanager
def open_csv(path: str | os.PathLike[str]) -> Iterator[CsvFile]:
    """Open a file for reading.

    Raises:
        OSError: it is not there, no regular file, or its first record is no header; the text says why.
    """
    descriptor, status = files.regular_descriptor(path)
    try:
        head = os.pread(descriptor, HEAD_BYTES, 0)
        whole = len(head) < HEAD_BYTES

        def read(begin: int, end: int) -> bytes:
            return head[begin:end] if whole or end <= HEAD_BYTES else os.pread(descriptor, end - begin, begin)

        def read_into(buffer: memoryview, begin: int) -> int:
            return os.preadv(descriptor, [buffer], begin)

        header = _header(read)
        columns = parse_header(header) if header else []
        yield CsvFile(read, read_into, status, columns, len(header), header)
    finally:
        os.close(descriptor)


def _header(read: Read) -> bytes:
    for length in (HEAD_BYTES, LARGEST_TAIL, LONGEST_RECORD):
        start = read(0, length)
        end = _first_end(start, inside_quotes=False)
        if first_zero(start[: end or None]) >= 0:
            raise OSError(errno.EILSEQ, "its header holds zeros: it is no text, or not in UTF-8")
        if end or len(start) < length:
            break
    if not end and start:
        raise _too_long("its header") if len(start) == length else OSError(errno.EILSEQ, "its header has no end")
    if start.count(b",", 0, end) >= MOST_COLUMNS:
        raise OSError(errno.EFBIG, f"it has more than {MOST_COLUMNS:,} columns")
    return start[:end]


def told(name: str, error: OSError) -> str:
    """Return a text for people that says what is wrong with a file."""
    return f"{name}: {error.strerror or error}"


def encoding_problem(text: bytes) -> str | None:
    """Return what is wrong with the encoding of whole records; they can be read all the same."""
    try:
        if not text.isascii():
            text.decode()
    except UnicodeDecodeError as error:
        return f"it is not in UTF-8 (byte 0x{text[error.start]:02x} in {text[max(error.start - 10, 0) :][:20]!r})"
    return None


def _too_long(what: str) -> OSError:
    return OSError(errno.EFBIG, f"{what} has more than {LONGEST_RECORD >> 20} MiB")


def blocks(read: Read, start: int) -> Iterator[bytes]:
    """Yield the complete records behind a place, in blocks that end where a record ends.

    A last record that is not complete is left out. Memory is bounded by `LONGEST_RECORD`.

    Args:
        read: reads the file.
        start: where a record begins.

    Raises:
        OSError: a record is too long, or zeros stand outside of quotes; what comes before was yielded.
    """
    rest = b""
    while stretch := read(start, start + max(BLOCK_BYTES, len(rest))):
        start += len(stretch)
        block = rest + stretch if rest else stretch
        zero = first_zero(block)
        end = _last_end(block if zero < 0 else block[:zero])
        if end:
            yield _usable(block[:end] if end < len(block) else block)
        if zero >= 0:
            raise OSError(errno.EILSEQ, "zeros stand in it, as after a power cut, and nothing behind them is read")
        rest = block[end:]
        if len(rest) > LONGEST_RECORD:
            raise _too_long("a line")


def end_of_records(read: Read, start: int) -> tuple[int, OSError | None]:
    """Return where the last complete record ends, by looking at the whole file, and what ends it before its end."""
    end = start
    try:
        for block in blocks(read, start):
            end += len(block)
    except OSError as error:
        return end, error
    return end, None


def count_records(read: Read, start: int) -> int:
    """Return how many complete records stand behind a place."""
    found = 0
    with contextlib.suppress(OSError):
        for block in blocks(read, start):
            # line ends inside of quotes belong to values
            found += sum(part.count(b"\n") for part in block.split(b'"')[::2])
    return found


def blocks_from_end(read: Read, start: int, end: int) -> Iterator[bytes]:
    """Yield the records between two places in blocks, the last block first; the first ones are small.

    Args:
        read: reads the file.
        start: where a record begins.
        end: where a record ends.

    Raises:
        OSError: a record is too long, or the end is inside of quotes; what comes behind it was yielded.
    """
    span = TAIL_BYTES
    while end > start:
        begin = max(end - span, start)
        block = read(begin, end)
        if len(block) < end - begin:
            raise OSError(errno.ESTALE, "it was cut while it was read")
        if begin > start:
            # where the end is outside of quotes, their number says whether the beginning is inside
            skipped = _first_end(block, inside_quotes=_is_odd(block))
            block = block[skipped:]
            if not skipped or not block:  # not one whole record
                if span >= LONGEST_RECORD:
                    raise _too_long("a line")
                span = min(span * TAIL_GROWTH, LONGEST_RECORD)
                continue
            begin += skipped
        elif _is_odd(block):
            raise OSError(errno.EILSEQ, "a quote is not closed")
        yield _usable(block)
        end = begin
        span = min(span * TAIL_GROWTH, LARGEST_TAIL)


def _usable(block: bytes) -> bytes:
    """Return a block whose records can be parsed in bounded memory.

    Raises:
        OSError: they cannot.
    """
    if len(block) > LARGEST_TAIL and block.count(b",") > MOST_COLUMNS:
        outside = block.split(b'"')[::2]
        if sum(part.count(b",") for part in outside) > MOST_COLUMNS * sum(part.count(b"\n") for part in outside):
            raise OSError(errno.EFBIG, f"a line has more than {MOST_COLUMNS:,} cells")
    return block


def without_blank_lines(block: bytes) -> bytes:
    """Return a block without lines that have nothing in them, where that is easily done: they say nothing."""
    return _BLANK_LINES.sub(b"\n", block) if b"\n\n" in block and b'"' not in block else block


def _is_odd(block: bytes) -> bool:
    """Say whether a block has an odd number of quotes."""
    return b'"' in block and block.count(b'"') % 2 == 1


def _first_end(block: bytes, inside_quotes: bool) -> int:
    """Return where the first record of a block ends; 0 when none does."""
    if not inside_quotes and b'"' not in block:
        return block.find(b"\n") + 1
    block = _without_pairs(block)
    begin = 0
    while True:
        quote = block.find(b'"', begin)
        if not inside_quotes:
            newline = block.find(b"\n", begin, quote if quote >= 0 else len(block))
            if newline >= 0:
                return newline + 1
        if quote < 0:
            return 0
        begin, inside_quotes = quote + 1, not inside_quotes


def _last_end(block: bytes) -> int:
    """Return where the last complete record ends in a block that begins with one; 0 when none does."""
    if b'"' not in block:
        return block.rfind(b"\n") + 1
    block = _without_pairs(block)
    inside_quotes = _is_odd(block)
    end = len(block)
    while True:
        quote = block.rfind(b'"', 0, end)
        if not inside_quotes:
            newline = block.rfind(b"\n", quote + 1, end)
            if newline >= 0:
                return newline + 1
        if quote < 0:
            return 0
        end, inside_quotes = quote, not inside_quotes


def _without_pairs(block: bytes) -> bytes:
    """Return a block without doubled quotes: there may be many, and they change nothing about what is inside."""
    return block.replace(b'""', b"  ")


def first_zero(block: bytes) -> int:
    """Return where the first zero outside of quotes stands in a block that begins with a record; -1 when none does."""
    zero, before, quotes = block.find(b"\0"), 0, 0
    while zero >= 0:
        quotes += block.count(b'"', before, zero)
        if quotes % 2 == 0:
            return zero
        before = zero
        closing = block.find(b'"', zero)
        zero = block.find(b"\0", closing) if closing >= 0 else -1
    return -1
