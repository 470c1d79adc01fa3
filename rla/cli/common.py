"""What the commands share: the data root, tables for people, JSON for machines."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from rla.config import load_settings

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "as_json_option",
    "console",
    "find_data_root",
    "print_json",
    "print_table",
    "root_option",
    "shown_number",
    "with_progress_bar",
]

ROOT_VARIABLE: Final = "RLA_ROOT"
CONFIG_FILE: Final = "rla_config.yaml"
STATUS_COLORS: Final = {
    "running": "cyan",
    "finished": "green",
    "failed": "red",
    "dead": "red",
    "interrupted": "yellow",
    "stale": "yellow",
}

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")


def find_data_root(given: str | None) -> Path:
    """Return the data root: what was given, else $RLA_ROOT, else by the nearest rla_config.yaml, else this folder."""
    named = given or os.environ.get(ROOT_VARIABLE)
    if named:
        return Path(named).expanduser()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_FILE).is_file():
            return load_settings(folder / CONFIG_FILE).data_root or folder
    return here


def root_option(function: Function) -> Function:
    """Give a command the option --root."""
    return click.option("--root", metavar="FOLDER", help="The data root.")(function)


def as_json_option(function: Function) -> Function:
    """Give a command the option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(function)


def console() -> Console:
    """Return the terminal; without one, lines are as long as they need to be."""
    from rich.console import Console

    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=1000)


def with_progress_bar(description: str) -> Callable[[list[Item]], Iterable[Item]]:
    """Return a function that goes through a list with a progress bar on stderr, silent when that is no terminal."""

    def go_through(items: list[Item]) -> Iterable[Item]:
        from rich.console import Console
        from rich.progress import track

        terminal = Console(stderr=True)
        return track(items, description, console=terminal, transient=True, disable=not terminal.is_terminal)

    return go_through


def print_json(content: Any) -> None:
    """Print plain data as JSON; what JSON cannot hold is written as text."""
    click.echo(json.dumps(_strict(content), indent=2, ensure_ascii=False, default=str))


def _strict(content: Any) -> Any:
    """Return the content with NaN and infinities as texts, as parameter.json has them: JSON has no such numbers."""
    if isinstance(content, dict):
        return {key: _strict(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_strict(value) for value in content]
    return str(content) if isinstance(content, float) and not math.isfinite(content) else content


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print a table; a column called ``status`` is coloured."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("record_date", "status", "severity", "tree"))
    for row in rows:
        cells = [
            Text(cell, style=STATUS_COLORS.get(cell, "") if column == "status" else "")
            for column, cell in zip(columns, row, strict=True)
        ]
        table.add_row(*cells)
    console().print(table)


def shown_number(value: Any) -> str:
    """Return a value as people read it in a table: floats with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
