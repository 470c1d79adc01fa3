"""`rla du`: what a data root takes on the disk."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import click

from rla.cli.common import (
    as_json_option,
    complete_task,
    console,
    find_data_root,
    print_json,
    print_table,
    reading_progress,
    root_option,
    shown_size,
)
from rla.cli.listing import fresh_option, short_names
from rla.query.disk_usage import CODE_STORE, DiskUsage, disk_usage

__all__ = ["du"]

Line = tuple[list[str], Mapping[str, int]]
"""What a line is called, and its bytes by tree."""

_GAP: Final = 3
_WIDTH: Final = len("999 MiB ")
_WORDS: Final = {CODE_STORE: "the code store, shared by all", ".rla/trash": "the trash", "arc": "archived copies"}


@click.command()
@click.argument("task", required=False, shell_complete=complete_task)
@click.option(
    "--by",
    type=click.Choice(["task", "tree", "experiment"]),
    default="task",
    show_default=True,
    help="What the lines are.",
)
@click.option("-n", "--limit", default=20, show_default=True, help="Show so many, the largest; 0 for all.")
@fresh_option
@root_option
@as_json_option
def du(task: str | None, by: str, limit: int, fresh: bool, root: str | None, as_json: bool) -> None:
    """Show what experiments take on the disk, by task and tree.

    Without a TASK, also what lies outside of experiments: the code store, the trash, archived copies. Code that several
    experiments share counts in the code store, once. Sizes are those of files (1 KiB is 1024 bytes), as they were when
    first asked for after an experiment had changed; --fresh looks again.

    \b
    Examples:
      rla du
      rla du demo_task --by tree
      rla du --by experiment -n 5
      rla du --json | jq .outside
    """
    largest = (limit if limit > 0 else -1) if by == "experiment" else 0
    with reading_progress() as progress, _walking() as walking:
        usage = disk_usage(
            find_data_root(root), task, largest, by != "experiment" and task is None, fresh, progress, walking
        )
    if as_json:
        print_json(_as_item(usage, by))
    elif not usage.tasks and not usage.outside:
        click.echo("There are no experiments.")
    elif by == "experiment":
        _print_experiments(usage)
    elif by == "tree":
        _print_trees(usage)
    else:
        _print_tasks(usage, limit)


@contextlib.contextmanager
def _walking() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many files have been looked at, when those are more than a few."""
    if not sys.stderr.isatty():
        yield lambda files: None
        return
    from rich.console import Console

    status = Console(stderr=True).status("")

    def show(files: int) -> None:
        status.update(f"Looking at what lies outside of experiments: {files} files")
        status.start()  # nothing happens where it has started

    try:
        yield show
    finally:
        status.stop()


def _print_tasks(usage: DiskUsage, limit: int) -> None:
    shown = list(usage.tasks)[: limit if limit > 0 else None]
    lines = [([task, str(usage.experiments[task])], usage.tasks[task]) for task in shown]
    if len(usage.tasks) > 1:
        lines.append(([f"all {len(usage.tasks)} tasks", str(sum(usage.experiments.values()))], usage.trees))
    _print_sizes(["task", "runs"], lines, usage.trees, texts=1)
    if len(shown) < len(usage.tasks):
        click.echo(f"{len(shown)} of {len(usage.tasks)} tasks, the largest; -n 0 shows all.")
    _print_outside(usage)


def _print_experiments(usage: DiskUsage) -> None:
    lines = [
        ([each.task, name], each.sizes) for each, name in zip(usage.largest, short_names(usage.largest), strict=True)
    ]
    if len(usage.tasks) < 2:
        lines = [(labels[1:], sizes) for labels, sizes in lines]
    labels = ["task", "record_date"][len(usage.tasks) < 2 :]
    _print_sizes(labels, lines, usage.trees, texts=len(labels))
    shown = sum(sum(each.sizes.values()) for each in usage.largest)
    number = sum(usage.experiments.values())
    click.echo(
        f"{len(usage.largest)} of {number} experiments: {shown_size(shown)} of {shown_size(usage.in_experiments)}."
    )


def _print_trees(usage: DiskUsage) -> None:
    total = usage.in_experiments
    rows = [[tree, shown_size(size), f"{100 * size / total:.0f} %"] for tree, size in usage.trees.items()]
    _print_numbers(["tree", "size", "share"], [*rows, ["all trees", shown_size(total), ""]], texts=1)
    _print_outside(usage)


def _print_outside(usage: DiskUsage) -> None:
    number = sum(usage.experiments.values())
    sizes = {f"{number} experiments": usage.in_experiments}
    sizes |= {_WORDS.get(folder, folder): size for folder, size in usage.outside.items()}
    if not usage.outside:
        return
    sizes["everything"] = sum(sizes.values())
    width = max(map(len, sizes))
    for what, size in sizes.items():
        click.echo(f"{what:<{width}}   {shown_size(size):>8}")


def _print_sizes(labels: list[str], lines: Sequence[Line], trees: Mapping[str, int], texts: int) -> None:
    """Print lines of sizes: a column for each tree, the largest first, as many as the terminal is wide."""
    fixed = sum(
        max(len(label), *(len(line[0][place]) for line in lines), 0) + _GAP for place, label in enumerate(labels)
    )
    room = console().width - fixed - _WIDTH
    shown, others = _fitting(list(trees), room)
    rows = [
        [
            *line_labels,
            *(_cell(sizes.get(tree, 0)) for tree in shown),
            *([_cell(sum(sizes.get(tree, 0) for tree in others))] if others else []),
            shown_size(sum(sizes.values())),
        ]
        for line_labels, sizes in lines
    ]
    _print_numbers([*labels, *shown, *(["others"] if others else []), "total"], rows, texts)
    if others:
        click.echo(f"others: {', '.join(others)}")


def _fitting(trees: list[str], room: int) -> tuple[list[str], list[str]]:
    """Return the trees that get a column each, and those that share one."""
    widths = [max(len(tree), _WIDTH) + _GAP for tree in trees]
    if sum(widths) <= room:
        return trees, []
    number = 0
    while number < len(trees) and sum(widths[: number + 1]) <= room - _WIDTH - _GAP:
        number += 1
    return trees[:number], trees[number:]


def _cell(size: int) -> str:
    return shown_size(size) if size else ""


def _print_numbers(columns: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> None:
    """Print a table whose columns stand at the right, but for the first ones."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    padded = [
        [
            cell if place < texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in (columns, *rows)
    ]
    print_table(padded[0], padded[1:])


def _as_item(usage: DiskUsage, by: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "experiments": sum(usage.experiments.values()),
        "total": usage.in_experiments + sum(usage.outside.values()),
        "trees": usage.trees,
        "tasks": [
            {"task": task, "experiments": usage.experiments[task], "total": sum(sizes.values()), "trees": sizes}
            for task, sizes in usage.tasks.items()
        ],
        "outside": usage.outside,
    }
    if by == "experiment":
        item["largest"] = [
            {"name": each.name, "total": sum(each.sizes.values()), "trees": each.sizes} for each in usage.largest
        ]
    return item
