"""A table of scores as text: for a terminal, for Markdown, for LaTeX, for Jupyter."""

from __future__ import annotations

import html as html_module
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rla.plot.rounding import Rounding, rounding_for

if TYPE_CHECKING:
    from rla.plot.tables import Cell, Row, ScoreTable

__all__ = ["html", "latex", "latex_text", "markdown", "plain"]

WIDTH: Final = 80

NOTHING: Final = "–"
"""A cell without runs."""

_SYMMETRIC: Final = ("t", "sem", "std")

_LATEX: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "–": "--",
    "±": r"$\pm$",
    **{sign: f"\\{sign}" for sign in "_%&#${}"},
}


@dataclass(frozen=True)
class _Style:
    """How a kind of text is written: names of arms and tasks, numbers, numbers that are among the best."""

    name: Callable[[str], str]
    number: Callable[[str], str]
    best: Callable[[str], str]


def plain(table: ScoreTable) -> str:
    """Return a table for a terminal of 80 columns; where it is wider, some of its columns stand beneath the others."""
    has_best = _has_best(table)
    style = _Style(_one_line, lambda text: f"{text}  " if has_best else text, lambda text: f"{text[:-1]}*")
    rows, labels = _texts(table, style)
    rows[0][labels:] = [f"{head}  " if has_best else head for head in rows[0][labels:]]
    parts = [_title(table), *("\n".join(_aligned(block, labels)) for block in _blocks(rows, labels))]
    about = f"* {_meaning(table)}\n{table.caption}" if has_best else table.caption
    parts += ["\n".join(textwrap.fill(line, WIDTH) for line in about.splitlines())]
    notes = "\n".join(textwrap.fill(note, WIDTH, initial_indent="- ", subsequent_indent="  ") for note in _notes(table))
    return "\n\n".join([*parts, notes] if notes else parts)


def markdown(table: ScoreTable) -> str:
    """Return a table as GitHub writes tables, with caption and notes beneath."""
    rows, labels = _texts(table, _Style(_markdown_text, str, lambda text: f"**{text}**"))
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    rule = ["-" * width if place < labels else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    shown = [f"| {' | '.join(_padded(row, widths, labels))} |" for row in [rows[0], rule, *rows[1:]]]
    notes = [f"- {_markdown_text(note)}" for note in _notes(table)]
    return "\n".join([*shown, "", _markdown_text(_about(table)), *([""] if notes else []), *notes]) + "\n"


def latex(table: ScoreTable, caption: str = "", label: str = "") -> str:
    """Return a table for booktabs; all text of it is escaped, what the caller passes is not."""
    rows, labels = _texts(table, _Style(latex_text, latex_text, lambda text: rf"\textbf{{{text}}}"))
    columns = "l" * labels + "r" * len(table.arms)
    about = latex_text(" ".join([_about(table), *table.notes]))
    lines = [f"    {' & '.join(row)} \\\\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            f"  \\caption{{{f'{caption} ' if caption else ''}{about}}}",
            *([f"  \\label{{{label}}}"] if label else []),
            f"  \\begin{{tabular}}{{{columns}}}",
            r"    \toprule",
            lines[0],
            r"    \midrule",
            *lines[1:],
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def html(table: ScoreTable) -> str:
    """Return what Jupyter shows."""
    escape = html_module.escape
    rows, _ = _texts(table, _Style(escape, escape, lambda text: f"<b>{text}</b>"))
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows[1:])
    notes = "".join(f"<li>{escape(note)}</li>" for note in _notes(table))
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(_about(table))}</p>"
    return shown + (f"<ul>{notes}</ul>" if notes else "")


def latex_text(text: str) -> str:
    """Return a text as LaTeX shows it, in a line."""
    return "".join(_LATEX.get(sign, sign) for sign in _one_line(text))


def _markdown_text(text: str) -> str:
    """Escape what Markdown would take for marks; underscores inside of a word are none."""
    escaped = re.sub(r"([\\|*`<])", r"\\\1", _one_line(text))
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _title(table: ScoreTable) -> str:
    return ", ".join(dict.fromkeys(row.metric for row in table.rows))


def _notes(table: ScoreTable) -> tuple[str, ...]:
    return (*table.notes, *table.hints)


def _has_best(table: ScoreTable) -> bool:
    return any(cell.is_among_best for row in table.rows for cell in row.cells)


def _meaning(table: ScoreTable) -> str:
    return f"cannot be told from the best of its row (p > {1 - table.way.level:.2g}, corrected after Holm)."


def _about(table: ScoreTable) -> str:
    bold = f" Bold: {_meaning(table)}" if _has_best(table) else ""
    return f"{_title(table)}. {table.caption}{bold}"


def _texts(table: ScoreTable, style: _Style) -> tuple[list[list[str]], int]:
    """Return the heads of the columns and the lines beneath, and how many columns are labels."""
    has_tasks = any(row.task for row in table.rows)
    has_metrics = len(table.scores) > 1 or not has_tasks
    rows = [[*["metric"] * has_metrics, *["task"] * has_tasks, *map(style.name, table.arms)]]
    show_n = len({cell.n for row in table.rows for cell in row.cells if cell.n and not row.is_pooled}) > 1
    for row in table.rows:
        texts = _cell_texts(row, table.way.band in _SYMMETRIC, show_n)
        cells = [
            (style.best if cell.is_among_best else str)(style.number(text))
            for text, cell in zip(texts, row.cells, strict=True)
        ]
        rows.append([*[style.name(row.metric)] * has_metrics, *[style.name(row.task)] * has_tasks, *cells])
    return rows, has_metrics + has_tasks


def _cell_texts(row: Row, is_symmetric: bool, show_n: bool) -> list[str]:
    rounding = rounding_for([cell.value for cell in row.cells], [(cell.high - cell.low) / 2 for cell in row.cells])
    return [_cell_text(cell, rounding, is_symmetric, show_n) for cell in row.cells]


def _cell_text(cell: Cell, rounding: Rounding, is_symmetric: bool, show_n: bool) -> str:
    if math.isnan(cell.value):
        return NOTHING
    text = rounding.text(cell.value)
    if not math.isnan(cell.low) and is_symmetric:
        text += f" ± {rounding.text((cell.high - cell.low) / 2)}"
    elif not math.isnan(cell.low):
        text += f" [{rounding.text(cell.low)}, {rounding.text(cell.high)}]"
    return f"{text} (n={cell.n})" if show_n else text


def _padded(row: Sequence[str], widths: Sequence[int], labels: int) -> list[str]:
    return [
        cell.ljust(width) if place < labels else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _aligned(rows: Sequence[Sequence[str]], labels: int) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_padded(row, widths, labels)).rstrip() for row in rows]
    return [lines[0], "-" * min(WIDTH, max(map(len, lines))), *lines[1:]]


def _blocks(rows: Sequence[Sequence[str]], labels: int) -> list[list[list[str]]]:
    """Return the columns in blocks that fit the width, each with the labels, and with one column at least."""
    widths = [2 + max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = WIDTH + 2 - sum(widths[:labels])
    blocks: list[list[int]] = [[]]
    for column in range(labels, len(widths)):
        if blocks[-1] and sum(widths[each] for each in blocks[-1]) + widths[column] > room:
            blocks.append([])
        blocks[-1].append(column)
    return [[[*row[:labels], *(row[column] for column in block)] for row in rows] for block in blocks]
