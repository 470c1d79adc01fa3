"""`rla tail`: the last rows of an experiment, and those that come."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    console,
    find_data_root,
    print_json_line,
    reading_progress,
    root_option,
    shown_number,
)
from rla.cli.listing import by_interest
from rla.database.record import ExperimentRecord
from rla.database.run_card import RUNNING
from rla.errors import ExperimentNotFoundError, QueryError, did_you_mean, printable
from rla.names import TIME_STEP, TIMESTAMP
from rla.output.follow import Tail, follow
from rla.output.last_values import last_values
from rla.query.naming import find_run
from rla.query.search import experiments

__all__ = ["print_rows", "tail"]

Values = dict[str, Any]

_GAP: Final = "   "
_NARROWEST: Final = 9
_WIDEST: Final = 24
_UNKNOWN: Final = "unknown"
_ENDINGS: Final = {
    "finished": "The run has finished.",
    "failed": "The run has failed",
    "interrupted": "The run was interrupted",
    "dead": "The run is dead: its process is gone without a word.",
    "stale": "The run is stale: its host was not heard of for long.",
    _UNKNOWN: "The run is not there any more.",
}


@click.command()
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with new rows until the run ends, or Ctrl-C.")
@click.option("-n", "--lines", "number", default=10, show_default=True, help="Begin with so many rows.")
@click.option(
    "-k", "--key", "keys", multiple=True, help="Show this key, and rows that have it; several times for more."
)
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@root_option
@as_json_option
def tail(
    run: str | None,
    following: bool,
    number: int,
    keys: tuple[str, ...],
    task: str | None,
    root: str | None,
    as_json: bool,
) -> None:
    """Show the last rows of an experiment.

    RUN is any part of a name that only one experiment has; the newest experiment when left out. Rows of a run that is
    under way or was killed are all there, those that no file has yet, too. The table has the keys that fit; --json has
    all, a line for each row.

    \b
    Examples:
      rla tail
      rla tail 13-05-01 -n 100 -k eval/return
      rla tail -f
      rla tail -f --json | jq -c '[."time-step", .loss]'
    """
    record = _newest(find_data_root(root), task) if run is None else find_run(find_data_root(root), run, task)
    status = record.status()
    title = f"{printable(record.name)}  {status}"
    show = _as_json(keys) if as_json else _Table(keys).show
    if not following:
        with contextlib.closing(Tail(record.log_dir, keys)) as end:
            rows = end.last(max(number, 0))
        _check_keys(record, keys, rows)
        _say_which(title, as_json, run is None)
        if rows:
            show(rows)
        else:
            click.echo("It has no rows.", err=as_json)
        return
    _say_which(title, as_json, run is None)
    if status == _UNKNOWN:
        click.echo("It has no run card that says when it ends: Ctrl-C does.", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        for rows in follow(record.log_dir, max(number, 0), _watch(record, status), keys):
            show(rows)
        click.echo(_ending(record), err=as_json)


def _say_which(title: str, as_json: bool, is_news: bool) -> None:
    if not as_json or is_news:
        click.echo(title, err=as_json)


def _newest(data_root: Path, task: str | None) -> ExperimentRecord:
    with reading_progress() as progress:
        found = list(experiments(data_root, task, progress=progress)[-1:])
    if not found:
        raise ExperimentNotFoundError(f"There are no experiments in '{data_root}'.")
    return found[0].record()


def _watch(record: ExperimentRecord, status: str) -> Callable[[], bool]:
    """Return what says whether a run may still write; of one without a run card nobody knows."""
    if status == _UNKNOWN:
        return record.log_dir.is_dir
    return lambda: record.status() == RUNNING


def _ending(record: ExperimentRecord) -> str:
    card = record.run_card()
    status = record.status()
    told = _ENDINGS.get(status, f"The run is {status}.")
    reason = f": {printable(card.reason)}" if card is not None and card.reason else ""
    return told if told.endswith(".") else f"{told}{reason}."


def _check_keys(record: ExperimentRecord, keys: Sequence[str], rows: Sequence[Values]) -> None:
    """Refuse a key that the run has not recorded.

    Raises:
        QueryError: there is one.
    """
    if missing := [key for key in keys if not any(key in row for row in rows)]:
        known = sorted({*last_values(record.log_dir), *(key for row in rows for key in row)})
        for key in missing:
            if key not in known:
                listed = ", ".join(known) or "none"
                raise QueryError(f"No row has '{key}'.{did_you_mean(key, known)} Keys there are: {listed}.")


def _as_json(keys: Sequence[str]) -> Callable[[list[Values]], None]:
    wanted = {TIME_STEP, TIMESTAMP, *keys}

    def show(rows: list[Values]) -> None:
        for row in rows:
            print_json_line({key: value for key, value in row.items() if key in wanted} if keys else row)

    return show


def print_rows(rows: list[Values]) -> None:
    """Print rows as a table, with the columns that fit."""
    _Table(()).show(rows)


class _Table:
    """A table that grows: its columns are chosen by the first rows, and again when later ones have new keys.

    Args:
        keys: the columns; those that fit when empty.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(dict.fromkeys(key for key in keys if key != TIME_STEP))
        self._counts: Counter[str] = Counter()
        self._widths: dict[str, int] = {}

    def show(self, rows: list[Values]) -> None:
        """Print rows, below a header where the columns change."""
        counts = Counter(key for row in rows for key in row if key not in (TIME_STEP, TIMESTAMP))
        new = counts.keys() - self._counts.keys()
        self._counts += counts
        if new or not self._widths:
            self._choose_columns(rows)
        for row in rows:
            click.echo(self._line({key: _cell(key, row.get(key)) for key in self._widths}))

    def _choose_columns(self, rows: list[Values]) -> None:
        widths = {TIME_STEP: _width(TIME_STEP, rows)}
        room = console().width - widths[TIME_STEP]
        left_out = []
        for key in self._keys or by_interest(self._counts):
            width = _width(key, rows)
            if self._keys or width + len(_GAP) <= room:
                widths[key] = width
                room -= width + len(_GAP)
            else:
                left_out.append(key)
        if widths.keys() == self._widths.keys():
            return
        self._widths = widths
        if left_out:
            click.echo(_told(left_out, console().width))
        click.echo()
        click.echo(click.style(self._line({key: _short(key) for key in widths}), bold=True))

    def _line(self, cells: Values) -> str:
        return _GAP.join(cells[key].rjust(width) for key, width in self._widths.items()).rstrip()


def _width(key: str, rows: Sequence[Values]) -> int:
    return max(_NARROWEST, len(_short(key)), *(len(_cell(key, row.get(key))) for row in rows))


def _cell(key: str, value: Any) -> str:
    if key == TIME_STEP and isinstance(value, float):
        return f"{value:.12g}"
    return _short(shown_number(value))


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _told(left_out: Sequence[str], width: int) -> str:
    """Return a line that names keys without a column, as many as it has room for."""
    line = f"{len(left_out)} more keys (-k KEY shows one): "
    room = width - len(line) - len(", …")
    names: list[str] = []
    for name in map(_short, left_out):
        room -= len(name) + len(", ")
        if room < 0:
            return f"{line}{''.join(f'{each}, ' for each in names)}…"
        names.append(name)
    return line + ", ".join(names)
