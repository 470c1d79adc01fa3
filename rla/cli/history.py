"""`rla history`: the segments of an experiment, what it left behind, and what was forked from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from rla.cli.common import (
    STATUS_COLORS,
    as_json_option,
    complete_run,
    complete_task,
    console,
    counted,
    find_data_root,
    print_json,
    print_table,
    root_option,
    say,
    shown_moment,
)
from rla.cli.tail import print_rows
from rla.database.index_name import parse_index_name
from rla.errors import printable
from rla.output.reader import Progress, read_progress
from rla.output.segments import Segment, segment_of, segments_of_rows
from rla.query.lineage import Relative, family_of
from rla.query.naming import find_run

__all__ = ["history"]

_SHOWN_CHILDREN = 20


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--abandoned", is_flag=True, help="Show the rows, too, that were left behind.")
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@root_option
@as_json_option
def history(run: str, abandoned: bool, task: str | None, root: str | None, as_json: bool) -> None:
    """Show how an experiment went on.

    Shown are where it was resumed, what it left behind, and what was forked from it.

    RUN is any part of its name that only one experiment has. Each time that it goes on from an earlier step begins a
    segment. Rows beyond that step were left behind: they stay in its files, but are no part of its history. An
    experiment that was forked has the segments of the one that it was forked from before its own. The tree shows all
    that were forked from one another, each with the time step at which it was.

    \b
    Examples:
      rla history 13-05-01
      rla history 13-05-01 --abandoned
      rla history seed=3 --json | jq '.segments[-1].from_step'
    """
    record = find_run(find_data_root(root), run, task)
    progress = read_progress(record.log_dir, with_abandoned=True)
    segments = segments_of_rows(record.log_dir, progress)
    family = family_of(record)
    left = _left_behind(segments, progress) if abandoned else {}
    if as_json:
        known = [asdict(each) for each in segments]
        for segment, rows in left.items():
            known[segment]["abandoned_rows"] = rows
        print_json({"name": record.name, "status": record.status(), "segments": known, "family": asdict(family)})
        return
    say(f"{record.name}  {record.status()}")
    _print(segments, progress)
    for segment, rows in left.items():
        click.echo(f"\nLeft behind of segment {segment}:")
        print_rows(rows)
    if family.children:
        click.echo("\nForks:")
        _print_tree(family, record.name)


def _left_behind(segments: list[Segment], progress: Progress) -> dict[int, list[dict[str, Any]]]:
    """Return the rows that were left behind, by the number of their segment."""
    found: dict[int, list[dict[str, Any]]] = {}
    for number, row, left in zip(progress.numbers, progress.rows, progress.abandoned, strict=True):
        if left:
            found.setdefault(segment_of(segments, number).number, []).append(row)
    return found


def _print(segments: list[Segment], progress: Progress) -> None:
    columns = ["segment", "start", "from step", "to step", "rows", "left behind"]
    jumps = any(each.after not in (None, each.number - 1) for each in segments)
    if jumps:
        columns.insert(3, "of segment")
    cells = []
    for each in segments:
        row = [str(each.number), "" if each.start is None else shown_moment(each.start), _step(each.from_step)]
        row += ["" if each.after is None else str(each.after)] if jumps else []
        cells.append([*row, _step(each.to_step), str(each.rows), str(each.abandoned or "")])
    print_table(columns, cells, numbers=[name for name in columns if name != "start"])
    left = sum(progress.abandoned)
    rows = counted(len(progress.rows) - left, "row")
    say(f"{rows} in its history" + (f", {left:,} left behind (--abandoned shows them)." if left else "."))


def _print_tree(family: Relative, shown: str) -> None:
    """Print the tree of a family, in which one experiment is the one that was asked for."""
    from rich.text import Text
    from rich.tree import Tree

    def label(each: Relative) -> Text:
        at = "" if each.at is None else f"at {_step(each.at)}: "
        status = each.status or "not in this data root"
        text = Text(f"{at}{_brief_name(each.name)}  ", style="bold" if each.name == shown else "")
        text.append(status, style=STATUS_COLORS.get(status, "dim"))
        return text.append("  (this one)" if each.name == shown else "")

    tree = Tree(label(family), guide_style="dim")
    waiting = [(family, tree)]
    while waiting:
        each, branch = waiting.pop()
        for child in each.children[:_SHOWN_CHILDREN]:
            waiting.append((child, branch.add(label(child))))
        if len(each.children) > _SHOWN_CHILDREN:
            branch.add(f"and {len(each.children) - _SHOWN_CHILDREN:,} more (--json has all)")
    console().print(tree)


def _brief_name(name: str) -> str:
    """Return the name of an experiment without its node, as words that a terminal can break between."""
    folder, _, index_name = name.rpartition("/")
    index = parse_index_name(index_name) if name.count("/") > 3 else None  # else it is an id, without a task
    tracked = [f"{key}={value}" for key, value in index.parameters.items()] if index else []
    return printable(" ".join([f"{folder}/{index.time if index else index_name}", *tracked]))


def _step(step: int | float | None) -> str:
    return "" if step is None else printable(f"{step:.12g}" if isinstance(step, float) else str(step))
