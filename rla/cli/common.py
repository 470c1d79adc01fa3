"""What the commands share: the data root, tables for people, JSON for machines."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import click

from rla.config import load_settings
from rla.errors import printable
from rla.names import LOG

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console

__all__ = [
    "as_json_option",
    "complete_run",
    "complete_task",
    "console",
    "counted",
    "find_data_root",
    "nearest_config",
    "print_json",
    "print_json_line",
    "print_table",
    "reading_progress",
    "root_option",
    "say",
    "shown_duration",
    "shown_moment",
    "shown_number",
    "shown_size",
    "with_progress_bar",
]

ROOT_VARIABLE: Final = "RLA_ROOT"
CONFIG_FILE: Final = "rla_config.yaml"
STATUS_COLORS: Final = {
    "running": "cyan",
    "finished": "green",
    "failed": "red",
    "dead": "red",
    "unreadable": "red",
    "interrupted": "yellow",
    "stale": "yellow",
}

RUNS_COMPLETED: Final = 200
"""Tab completion offers the newest ones."""

_SHOWN_EACH: Final = 100
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")

_LONGEST_CELL: Final = 500

_NO_TEXT: Final = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal would take for a command, turns lines around, or cannot encode."""

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")


def find_data_root(given: str | None) -> Path:
    """Return the data root: what was given, else $RLA_ROOT, else by the nearest rla_config.yaml, else this folder."""
    named = given or os.environ.get(ROOT_VARIABLE)
    if named:
        return Path(named).expanduser()
    config = nearest_config()
    return Path.cwd() if config is None else load_settings(config).data_root or config.parent


def nearest_config() -> Path | None:
    """Return the rla_config.yaml of this folder, or of the nearest folder above that has one."""
    here = Path.cwd()
    return next((path for folder in (here, *here.parents) if (path := folder / CONFIG_FILE).is_file()), None)


def root_option(function: Function) -> Function:
    """Give a command the option --root."""
    return click.option("--root", metavar="FOLDER", help="The data root.")(function)


def as_json_option(function: Function) -> Function:
    """Give a command the option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(function)


def complete_task(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a task table; nothing where there is no data root that can be read."""
    return _quietly(lambda: [task for task in _tasks(ctx) if task.startswith(incomplete)])


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of one of the newest experiments: its time, or its record date from the year on.

    A time that several of them have is offered as record date. What begins like a path is completed as a folder.
    """
    from click.shell_completion import CompletionItem

    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="dir")]
    return [CompletionItem(name) for name in _quietly(lambda: _runs(ctx, incomplete))]


def _runs(ctx: click.Context, incomplete: str) -> list[str]:
    from itertools import islice

    from rla.database.newest import newest_experiments

    tasks = [task] if (task := ctx.params.get("task")) else _tasks(ctx)
    places = islice(newest_experiments(find_data_root(ctx.params.get("root")), tasks), RUNS_COMPLETED)
    dates = [f"{place.day}/{re.split('[_ ]', place.index_name, maxsplit=1)[0]}" for place in places]
    times = [date.rpartition("/")[2] for date in dates]
    short = [date if times.count(time) > 1 else time for date, time in zip(dates, times, strict=True)]
    named = [name for name in short if name.startswith(incomplete)]
    return list(dict.fromkeys(named or [date for date in dates if date.startswith(incomplete)]))


def _tasks(ctx: click.Context) -> list[str]:
    from rla.database.trees import tasks_of

    return tasks_of(find_data_root(ctx.params.get("root")), LOG)


def _quietly(find: Callable[[], list[str]]) -> list[str]:
    """Return what is found, nothing where that fails: in the middle of a line there is no place for messages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return find()
        except Exception:
            return []


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


@contextlib.contextmanager
def reading_progress() -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on stderr while experiments are read into the index, when that is more than a little."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("Reading experiments", visible=False)

        def show(done: int, total: int) -> None:
            if done % _SHOWN_EACH == 0:
                bars.update(task, completed=done, total=total, visible=total > _SHOWN_EACH)

        yield show


def print_json(content: Any) -> None:
    """Print plain data as JSON; what JSON cannot hold is written as text."""
    click.echo(_json_text(content, indent=2))


def print_json_line(content: Any) -> None:
    """Print plain data as JSON on a line of its own; as `print_json` otherwise."""
    click.echo(_json_text(content))


def _json_text(content: Any, indent: int | None = None) -> str:
    text = json.dumps(_strict(content), indent=indent, ensure_ascii=False, default=str)
    return text if text.isascii() else _NO_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _strict(content: Any) -> Any:
    """Return the content with NaN and infinities as texts, as parameter.json has them: JSON has no such numbers."""
    if isinstance(content, dict):
        return {key: _strict(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_strict(value) for value in content]
    return str(content) if isinstance(content, float) and not math.isfinite(content) else content


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str | None = None,
    numbers: Container[str] = (),
) -> None:
    """Print a table; a column called ``status`` is coloured, those named as numbers stand at the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        unbroken = column in ("record_date", "status", "severity", "tree")
        side: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(_brief(column), overflow="fold", no_wrap=unbroken, justify=side)
    for row in rows:
        cells = [
            Text(_brief(cell), style=STATUS_COLORS.get(cell, "") if column == "status" else "")
            for column, cell in zip(columns, row, strict=True)
        ]
        table.add_row(*cells)
    console().print(table)


def _brief(cell: str) -> str:
    """Return a cell as a terminal takes it; what is longer than anybody reads there is cut."""
    return printable(cell if len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}… ({len(cell):,} characters)")


def counted(number: int, what: str) -> str:
    """Return a number of things: ``1 file``, ``1,200 files``."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def say(line: str) -> None:
    """Print a line of text; a terminal shows it broken between words."""
    terminal = console()
    terminal.print(printable(line), highlight=False, markup=False, soft_wrap=not terminal.is_terminal)


def shown_number(value: Any) -> str:
    """Return a value as people read it in a table: floats with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def shown_moment(seconds: float) -> str:
    """Return a moment in seconds since 1970 as local time: ``2026-11-20 13:05``."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (ValueError, OverflowError, OSError, TypeError):  # no date that there ever was
        return str(seconds)


def shown_duration(seconds: float) -> str:
    """Return a duration in its two largest units: ``2d 13h``, ``5h 0min``, ``40s``."""
    if not math.isfinite(seconds):
        return str(seconds)
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} {int(seconds % size // smaller)}{name}"
    return f"{seconds:.0f}s"


def shown_size(number: float) -> str:
    """Return a number of bytes with three digits and a unit of 1024: ``1.25 GiB``."""
    size, unit = float(number), _UNITS[0]
    for unit in _UNITS:
        if size < 999.5 or unit == _UNITS[-1]:
            break
        size /= 1024
    digits = 0 if unit == _UNITS[0] or size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{size:.{digits}f} {unit}"
