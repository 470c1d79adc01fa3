"""`rla diff`: what differs between two experiments, or an experiment and a folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    console,
    find_data_root,
    print_json,
    print_table,
    root_option,
)
from rla.errors import printable
from rla.experiment.difference import Change, ExperimentDifference, compare_experiments

__all__ = ["diff"]

_LINE_COLORS: Final = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@click.argument("before", shell_complete=complete_run)
@click.argument("after", required=False, shell_complete=complete_run)
@click.option("--task", shell_complete=complete_task, help="Look for experiments in this task table only.")
@click.option("--stat", is_flag=True, help="Name the files that differ, without their lines.")
@root_option
@as_json_option
def diff(before: str, after: str | None, task: str | None, stat: bool, root: str | None, as_json: bool) -> None:
    """Show what differs between two experiments: code, hyper-parameters, packages, commit.

    BEFORE and AFTER are any part of a name that only one experiment has, the path of one of its folders, or another
    folder such as `.` or `./src`: then the code that lies there now is compared with what the experiment kept. AFTER is
    the folder that the code of BEFORE came from, when left out.

    \b
    Examples:
      rla diff 13-05-01 14-10-00
      rla diff 13-05-01
      rla diff 13-05-01 .
      rla diff seed=3 seed=4 --stat --task demo_task
      rla diff 13-05-01 14-10-00 --json | jq .parameters
    """
    found = compare_experiments(find_data_root(root), before, after, task)
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found, stat)


def _print(found: ExperimentDifference, stat: bool) -> None:
    from rich.text import Text

    terminal = console()
    for sign, color, name in zip("-+", ("red", "green"), found.names, strict=True):
        terminal.print(Text(f"{sign} {printable(name)}", style=color), soft_wrap=True)
    for title, changes in (
        ("hyper-parameter", found.parameters),
        ("package", found.packages),
        ("environment", found.facts),
    ):
        if changes:
            print_table([title, "before", "after"], [_cells(change) for change in changes])
    if found.files:
        print_table(
            ["file", "change", "lines"], [[printable(file.path), file.kind, _count(file.lines)] for file in found.files]
        )
    for line in [] if stat else _lines(found):
        terminal.print(Text(printable(line.expandtabs()), style=_color(line)), soft_wrap=True)
    for note in found.notes:
        terminal.print(Text(f"note: {printable(note)}", style="yellow"), soft_wrap=True)
    counts = {"file": len(found.files), "hyper-parameter": len(found.parameters), "package": len(found.packages)}
    shown = (f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items())
    terminal.print(Text(f"{', '.join(shown)} differ."))


def _cells(change: Change) -> list[str]:
    values = ["" if value is None else str(value) for value in (change.before, change.after)]
    return [change.key, *(value[:12] if change.key == "git_commit" else value for value in values)]


def _count(lines: list[str]) -> str:
    added, removed = (sum(line.startswith(sign) for line in lines[2:]) for sign in "+-")
    return f"+{added} -{removed}" if len(lines) > 1 else (lines[0] if lines else "")


def _lines(found: ExperimentDifference) -> Iterator[str]:
    for file in found.files:
        if len(file.lines) > 1:
            yield from (*file.lines, "")


def _color(line: str) -> str:
    return "bold" if line.startswith(("--- ", "+++ ")) else _LINE_COLORS.get(line[:1], "")
