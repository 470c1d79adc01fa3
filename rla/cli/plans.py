"""What a plan of a batch operation looks like to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import click

from rla.cli.columns import GAP, by_worth, short_dates, shown_step
from rla.cli.common import console, counted, print_table, say, shown_moment, shown_size
from rla.database.index_name import parse_index_name
from rla.names import TREES

if TYPE_CHECKING:
    from rla.batch.operation import Operation
    from rla.batch.plan import Item, Plan

__all__ = ["by_and_when", "copies", "date_of_name", "print_plan", "shown_names", "trees_in_words"]

_SHOWN: Final = 20
_SHOWN_REASONS: Final = 10
_FEW_TASKS: Final = 3


def print_plan(plan: Plan, what: str) -> None:
    """Show a plan: its experiments, their sizes, who depends on them, and those that it would not touch.

    Args:
        plan: the plan.
        what: what would happen, with the experiments to be filled in: ``"{} would go to the trash"``.
    """
    if plan.items:
        _print_items(plan.items[:_SHOWN], len(plan.items))
        if plan.current:
            say(f"{copies(plan.current)} up to date already.")
        say(what.format(f"{counted(len(plan.items), 'experiment')} of {_tasks(plan.items)}") + f": {_sizes(plan)}.")
    names = [(item.name, word) for item in plan.items for word in item.dependents]
    _print_reasons("Who depends on them:", "who", names)
    _print_reasons("To know:", "what", [(item.name, item.note) for item in plan.items if item.note])
    _print_reasons("Left alone:", "why", [(refusal.name, refusal.reason) for refusal in plan.refused])
    for warning in plan.warnings:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {warning}", err=True)


def shown_names(names: Sequence[str]) -> list[str]:
    """Return names of experiments as short as commands still take them, their tasks in front when there are several."""
    dates = short_dates([date_of_name(name) for name in names])
    tasks = [_task_of(name) for name in names]
    return dates if len(set(tasks)) < 2 else [f"{task} {date}" for task, date in zip(tasks, dates, strict=True)]


def copies(number: int) -> str:
    """Return a number of copies as a subject: ``1 copy is``."""
    return "1 copy is" if number == 1 else f"{number:,} copies are"


def date_of_name(name: str) -> str:
    """Return the record date of ``<task>/<%Y/%m/%d>/<index name>``; of no index name, its day and name."""
    *_, year, month, day, index_name = name.split("/")
    index = parse_index_name(index_name)
    return f"{year}/{month}/{day}/{index.time if index else index_name}"


def by_and_when(operation: Operation) -> str:
    """Return who did something, and when: ``2026-11-20 09:30 by ada on gpu1``."""
    by = f" by {operation.user}" if operation.user else ""
    return f"{shown_moment(operation.started)}{by}{f' on {operation.host}' if operation.host else ''}"


def trees_in_words(trees: Iterable[str]) -> str:
    """Return trees as a list, in the order in which they are always named."""
    known = [tree for tree in TREES if tree in set(trees)]
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}" if known else "nothing"


def _task_of(name: str) -> str:
    return "/".join(name.split("/")[:-4])


def _print_items(items: Sequence[Item], number: int) -> None:
    tasks = [item.place.task for item in items]
    columns = {
        "task": tasks if len(set(tasks)) > 1 else [],
        "record_date": short_dates([date_of_name(item.name) for item in items]),
        "status": [item.status for item in items],
    }
    numbers = {
        "step": [shown_step(item.step) for item in items],
        "size": [shown_size(item.size) for item in items],
    }
    room = console().width - sum(_width(name, cells) for name, cells in (columns | numbers).items() if any(cells))
    columns |= _what_differs(items, room) | numbers
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    print_table(list(columns), zip(*columns.values(), strict=True), numbers=tuple(numbers))
    if len(items) < number:
        say(f"{len(items)} of {number:,} are shown; --dry-run --json has all.")


def _what_differs(items: Sequence[Item], room: int) -> dict[str, list[str]]:
    """Return columns of tracked hyper-parameters that tell experiments apart, as many as there is room for."""
    indices = [parse_index_name(item.place.index_name) for item in items]
    tracked = [index.parameters if index else {} for index in indices]
    longest_first = sorted(tracked, key=len, reverse=True)
    every = {key: [each.get(key, "") for each in tracked] for names in longest_first for key in names}
    differing = {key: cells for key, cells in every.items() if len(set(cells)) > 1 or len(items) == 1}
    chosen = set()
    for key in by_worth(differing):
        if (width := _width(key, differing[key])) <= room:
            room -= width
            chosen.add(key)
    return {key: cells for key, cells in differing.items() if key in chosen}


def _width(name: str, cells: Iterable[str]) -> int:
    return max(len(name), *map(len, cells)) + GAP


def _tasks(items: Sequence[Item]) -> str:
    tasks = sorted({item.place.task for item in items})
    return ", ".join(tasks) if len(tasks) <= _FEW_TASKS else f"{len(tasks)} tasks"


def _sizes(plan: Plan) -> str:
    if plan.undoes is not None:  # how much lies in which tree was not written down
        return shown_size(plan.size)
    files = f" in {counted(plan.files, 'file')}" if plan.files else ""
    trees = {tree: size for tree, size in plan.trees.items() if size}
    listed = ", ".join(f"{tree} {shown_size(size)}" for tree, size in trees.items())
    return f"{shown_size(plan.size)}{files}" + (f" ({listed})" if len(trees) > 1 else "")


def _print_reasons(title: str, column: str, reasons: Sequence[tuple[str, str]]) -> None:
    if not reasons:
        return
    shown = reasons[:_SHOWN_REASONS]
    names = shown_names([name for name, _ in shown])
    click.echo(f"\n{title}")
    print_table(["record_date", column], zip(names, (reason for _, reason in shown), strict=True))
    if len(shown) < len(reasons):
        say(f"{len(shown)} of {len(reasons):,} are shown; --dry-run --json has all.")
