"""Rows as text of a CSV file, and back.

Texts stand in quotes and everything else does not, so a reader that looks knows the text "1.5" from the number, and an
empty text from none. Any other reader of CSV files reads the same file.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

import orjson

from rla.output.records import Value

__all__ = [
    "Gap",
    "complete_lines",
    "encode_header",
    "encode_rows",
    "gap",
    "parse_block",
    "parse_file",
    "parse_header",
    "parse_rows",
    "text_cell",
]

_BLOCK_BYTES: Final = 1 << 18
_LINES: Final = 1024

Gap = orjson.Fragment
"""Empty cells of a row."""

_CELL: Final = re.compile(r'("[^"]*(?:""[^"]*)*"[^,]*|[^,]*)(,|$)')
_QUOTED: Final = re.compile(rb'"[^"]*("|$)')
_SIMPLE_TEXT: Final = re.compile(rb'"[^",\\\x00-\x1f]*"')
_NUMBERS: Final = b"0123456789+-.eE,\n"
_WORDS: Final = {b"True": b"true", b"False": b"false", b"nan": b"NaN", b"inf": b"Infinity", b"-inf": b"-Infinity"}
_LETTERS: Final = bytes(set(b"".join(_WORDS)))
_WORD: Final = re.compile(rb"(?<=[,\[])(?:True|False|nan|-?inf)(?=[,\]])")


def encode_header(columns: Sequence[str]) -> bytes:
    """Return the first line of a file."""
    text = io.StringIO(newline="")
    # Python quotes a lone carriage return from 3.13 on only; zeros that stand in no quotes are damage
    special = any("\r" in column or "\0" in column for column in columns)
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if special else csv.QUOTE_MINIMAL).writerow(columns)
    return text.getvalue().encode("utf-8", "backslashreplace")


def gap(cells: int) -> Gap:
    """Return what stands for so many empty cells in a row, at the price of one."""
    return orjson.Fragment(b"," * (cells - 1))


def encode_rows(rows: Sequence[Sequence[Value | Gap]]) -> bytes:
    """Return lines of cells, one for each row.

    Many rows of numbers are encoded at once as JSON, whose numbers are those of CSV, in a fifth of the time that
    Python's csv module takes. JSON has no NaN and quotes texts in another way: such rows are written cell by cell.
    """
    try:
        encoded = orjson.dumps(rows)
    except TypeError:  # integers of more than 64 bits
        return _encode_cells(rows)
    if b'"' in encoded or (b"null" in encoded and encoded.count(b"null") != sum(row.count(None) for row in rows)):
        return _encode_cells(rows)
    lines = encoded[2:-2].replace(b"],[", b"\n")
    if b"null" in lines:
        lines = lines.replace(b"null", b"")
    return lines.replace(b"true", b"True").replace(b"false", b"False") + b"\n"


def _encode_cells(rows: Sequence[Sequence[Value | Gap]]) -> bytes:
    return "".join([",".join(map(_cell, row)) + "\n" for row in rows]).encode("utf-8", "backslashreplace")


def _cell(value: Value | Gap) -> str:
    if value is None:
        return ""
    if isinstance(value, Gap):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        return text_cell(value)
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        return f"{'-' * (value < 0)}0{abs(value)}"  # readers of JSON would take it for a float
    return repr(value)


def text_cell(text: str) -> str:
    """Return the cell of a text."""
    return '"' + text.replace('"', '""') + '"'


def complete_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the records of a CSV file with their line end; one that is not complete is left out.

    A line end inside quotes belongs to the value. Zeros that stand in no quotes are a stretch that never reached the
    disk before a power cut; nothing behind it is trusted.
    """
    parts: list[bytes] = []
    inside_quotes = False
    for line in stream:
        if b"\0" in line and b"\0" in _QUOTED.sub(b"", b"".join((*parts, line))):
            return
        if line.count(b'"') % 2:
            inside_quotes = not inside_quotes
        if not inside_quotes and line.endswith(b"\n"):
            yield b"".join((*parts, line)) if parts else line
            parts.clear()
        else:
            parts.append(line)


def parse_header(line: bytes) -> list[str]:
    """Return the cells of one record of a CSV file as texts."""
    return [_unquoted(cell) if cell.startswith('"') else cell for cell in _cells(line)]


def parse_rows(lines: Sequence[bytes]) -> list[list[Value]]:
    """Return the values of complete records of a CSV file; an empty cell is None.

    What stands in quotes is a text; of the rest, what reads as a number or bool is one.
    """
    found = _parse_simple(b"".join(lines))
    return [list(map(_value, _cells(line))) for line in lines] if found is None else found


def parse_block(block: bytes) -> list[list[Value]]:
    """Return the values of a block of complete records, as `parse_rows` does of a list of them."""
    unquoted = b'"' not in block
    # other tools end lines as Windows does
    found = _parse_simple(block.replace(b"\r\n", b"\n") if unquoted and b"\r" in block else block)
    if found is not None:
        return found
    records = block.splitlines(keepends=True) if unquoted and b"\r" not in block else complete_lines(io.BytesIO(block))
    return [list(map(_value, _cells(record))) for record in records]


def _parse_simple(block: bytes) -> list[list[Value]] | None:
    """Return the values of many complete records at once, as those of JSON; None where that cannot be done.

    Numbers, bools and NaN can stand there, and texts without commas, line ends and what JSON escapes.
    """
    rest, texts = _SIMPLE_TEXT.subn(b"", block) if b'"' in block else (block, 0)
    if 2 * texts != block.count(b'"') or rest.translate(None, _NUMBERS + _LETTERS):
        return None
    array = _as_json(block)
    if rest.translate(None, _NUMBERS):
        array = _WORD.sub(lambda word: _WORDS[word[0]], array)
    loads: Callable[[bytes], Any] = json.loads if b"n" in rest else orjson.loads  # only one knows NaN and Infinity
    try:
        found: list[list[Value]] = loads(array)
    except ValueError:  # numbers that are none of JSON: 01, 1., or our integers of more than 64 bits
        return None
    return found


def parse_file(stream: BinaryIO) -> Iterator[list[list[Value]]]:
    """Yield the values of the records behind a place of a CSV file, many at once; see `parse_rows`."""
    while block := stream.read(_BLOCK_BYTES):
        block += stream.readline()
        if block.endswith(b"\n") and (found := _parse_simple(block)) is not None:
            yield found
            continue
        stream.seek(-len(block), io.SEEK_CUR)
        records = list(itertools.islice(complete_lines(stream), _LINES))
        yield [list(map(_value, _cells(record))) for record in records]
        if len(records) < _LINES:  # the end, or damage
            return


def _as_json(block: bytes) -> bytes:
    array = b"[[" + block.removesuffix(b"\n").replace(b"\n", b"],[") + b"]]"
    array = array.replace(b",,", b",null,").replace(b",,", b",null,")
    return array.replace(b"[,", b"[null,").replace(b",]", b",null]")


def _cells(line: bytes) -> list[str]:
    """Return the cells of one record as they stand there, quotes included."""
    text = line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        return text.split(",")
    cells, position, end = [], 0, ","
    while end:
        found = _CELL.match(text, position)
        if found is None:  # a quote that is never closed
            cells.append(text[position:])
            break
        position, end = found.end(), found[2]
        cells.append(found[1])
    return cells


def _unquoted(cell: str) -> str:
    return cell[1:].removesuffix('"').replace('""', '"')


def _value(cell: str) -> Value:
    """Return the number in a cell, or its text."""
    if cell == "":
        return None
    if cell.startswith('"'):
        return _unquoted(cell)
    for convert in (int, float):
        try:
            return convert(cell) if "_" not in cell else cell
        except ValueError:
            continue
    return {"True": True, "False": False}.get(cell, cell)
