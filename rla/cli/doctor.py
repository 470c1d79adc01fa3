"""`rla doctor`: is all well with environment, disk and data root?"""

from __future__ import annotations

import os
import warnings
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Final

import click

from rla.cli.common import (
    ROOT_VARIABLE,
    as_json_option,
    console,
    find_data_root,
    nearest_config,
    print_json,
    root_option,
    with_progress_bar,
)
from rla.errors import RLAError
from rla.experiment.doctor.check import ERROR, Check
from rla.experiment.doctor.examination import examine, summary
from rla.experiment.doctor.subject import Subject

__all__ = ["doctor"]

_COLORS: Final = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}


@click.command()
@root_option
@as_json_option
@click.pass_context
def doctor(context: click.Context, root: str | None, as_json: bool) -> None:
    """Say whether environment, disk and data root are fine, and what will go wrong soon.

    It looks at Python and packages, the configuration, the data root and its runs, the file system, free space and
    inodes with a forecast, and clocks. Nothing is written. The exit code is 1 when there is an error.

    \b
    Examples:
      rla doctor
      rla doctor --root /data/experiments
      rla doctor --json | jq '.[] | select(.verdict != "ok")'
    """
    checks = examine(_subject(root), with_progress_bar("Examining"))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        _print(checks)
    context.exit(1 if any(check.verdict == ERROR for check in checks) else 0)


def _subject(root: str | None) -> Subject:
    config = nearest_config()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of the checks tells what is wrong with the configuration
        try:
            data_root = find_data_root(root)
        except (RLAError, OSError):
            data_root = config.parent if config is not None else Path.cwd()
    by_variable = "$" + ROOT_VARIABLE if os.environ.get(ROOT_VARIABLE) else ""
    origin = "--root" if root else by_variable or (str(config) if config is not None else "this folder")
    return Subject(data_root, origin, config)


def _print(checks: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    terminal = console()
    for group, found in groupby(checks, lambda check: check.group):
        terminal.print(Text(group, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        for width in (2 + len("warning"), len("optional packages")):
            table.add_column(width=width)
        table.add_column(overflow="fold")
        for check in found:
            text = f"{check.found}\n→ {check.advice}" if check.advice else check.found
            table.add_row(Text(f"  {check.verdict}", style=_COLORS[check.verdict]), Text(check.name), Text(text))
        with terminal.capture() as shown:
            terminal.print(table)
        for line in shown.get().splitlines():
            click.echo(line.rstrip())
        click.echo()
    terminal.print(Text(summary(checks), style="bold"))
