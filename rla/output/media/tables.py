"""Tables: of pandas, of dicts or of columns; as CSV for programs, and as markdown for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rla.output.csv_text import encode_header, encode_rows
from rla.output.media.arrays import described, is_instance
from rla.output.records import Value
from rla.output.table import LONGEST_TEXT, shortened
from rla.output.values import as_value, shown, text_of

__all__ = ["Table", "as_csv", "as_markdown", "as_table", "markdown_table"]

TABLE: Final = "a DataFrame, a list of dicts (rows), or a dict of lists (columns)"

SHOWN_ROWS: Final = 500
"""TensorBoard shows so many rows of a table; the file has all."""


class Table(NamedTuple):
    """Values in rows and columns.

    Attributes:
        columns: a name for each column.
        rows: the rows, each with a value for each column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]


def as_table(rows: Any, call: str) -> Table:
    """Return a table.

    Args:
        rows: a DataFrame of pandas (an index that is more than a numbering becomes columns), dicts of which each is a
            row, or a dict of columns. What a row lacks is None.
        call: what the user called, for messages.

    Raises:
        TypeError: it is none of these.
        ValueError: the columns are of different lengths, or there are none.
    """
    if is_instance(rows, "pandas", "DataFrame"):
        table = _of_frame(rows)
    elif isinstance(rows, Mapping):
        table = _of_columns(rows, call)
    elif isinstance(rows, Iterable) and not isinstance(rows, (str, bytes)):
        table = _of_dicts(list(rows), call)
    else:
        raise TypeError(f"{call} takes {TABLE}; got {described(rows)}.")
    if not table.columns:
        raise ValueError(f"{call} takes {TABLE}; got no columns.")
    return table


def _of_frame(frame: Any) -> Table:
    numbered = type(frame.index).__name__ == "RangeIndex" and frame.index.name is None
    levels = [] if numbered else [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    names = ["index" if level.name is None else level.name for level in levels]
    columns = [_without_gaps(column) for column in (*levels, *(frame.iloc[:, at] for at in range(frame.shape[1])))]
    return Table(
        [_name(name) for name in (*names, *frame.columns)], [_values(row) for row in zip(*columns, strict=True)]
    )


def _without_gaps(column: Any) -> list[Any]:
    """Return the values of a column of pandas; what is missing is None, except in floats, where it is NaN."""
    if str(column.dtype).startswith("float"):
        return list(column)
    return [None if gap else value for value, gap in zip(column, column.isna(), strict=True)]


def _of_dicts(rows: Sequence[Any], call: str) -> Table:
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"{call} takes {TABLE}; row {number} is {described(row)}.")
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return Table([_name(key) for key in keys], [_values(row.get(key) for key in keys) for row in rows])


def _of_columns(columns: Mapping[Any, Any], call: str) -> Table:
    names, found = [_name(key) for key in columns], []
    for name, column in zip(names, columns.values(), strict=True):
        try:
            values = None if isinstance(column, (str, bytes, Mapping)) else list(column)
        except TypeError:  # a number, say
            values = None
        if values is None:
            hint = " For a table of one row, put the dict into a list."
            raise TypeError(f"{call} takes {TABLE}; column '{name}' is {described(column)}.{hint}")
        found.append(values)
    if len({len(column) for column in found}) > 1:
        lengths = ", ".join(f"{len(column)} of '{name}'" for name, column in zip(names, found, strict=True))
        raise ValueError(f"{call} takes columns of one length; got {lengths}.")
    return Table(names, [_values(row) for row in zip(*found, strict=True)])


def _values(row: Iterable[Any]) -> list[Value]:
    return [as_value(value) for value in row]


def _name(key: Any) -> str:
    """Return the name of a column; one of several levels is joined by slashes."""
    return "/".join(map(_name, key)) if isinstance(key, tuple) else text_of(shown(key))


def as_csv(table: Table) -> bytes:
    """Return a table as CSV by the rules of `progress.csv`: texts stand in quotes, numbers don't, None is empty."""
    rows = table.rows
    if len(table.columns) == 1:  # an empty line would be no row to most readers
        rows = [["" if row[0] is None else row[0]] for row in rows]
    return encode_header(table.columns) + (encode_rows(rows) if rows else b"")


def as_markdown(table: Table) -> str:
    """Return a table for people: numbers with six digits, long texts cut, and not too many rows."""
    cells = [[_cell(value) for value in row] for row in table.rows[:SHOWN_ROWS]]
    text = markdown_table(table.columns, cells)
    hidden = len(table.rows) - SHOWN_ROWS
    return text if hidden <= 0 else f"{text}\n\n… and {hidden} more rows"


def _cell(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else shortened(str(value), LONGEST_TEXT)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts as markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(_escaped, line)) + " |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\r", "").replace("\n", " ")
