"""`rla why`: what groups of experiments differ in."""

from __future__ import annotations

from typing import Any, Final

import click

from rla.cli.common import (
    as_json_option,
    complete_task,
    counted,
    find_data_root,
    print_json,
    print_table,
    reading_progress,
    root_option,
    say,
    shown_number,
)
from rla.cli.listing import fresh_option
from rla.query.comparing import ABSENT, PARAMETERS, Difference, Explanation, Variation, explain
from rla.query.search import experiments

__all__ = ["why"]

_LONGEST_NAME: Final = 20
_LONGEST_VALUE: Final = 100
_LONGEST_COMMIT: Final = 12
_VARIATIONS: Final = 20


@click.command()
@click.argument("groups", metavar="CONDITION CONDITION...", nargs=-1)
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@fresh_option
@root_option
@as_json_option
def why(groups: tuple[str, ...], task: str | None, fresh: bool, root: str | None, as_json: bool) -> None:
    """Say in what groups of experiments differ: what is constant inside each, and not the same in all.

    Each CONDITION makes a group; see docs/expressions.md. Compared are hyper-parameters, the task, the code (commit,
    branch, uncommitted changes), the machine, the user, and versions of Python, rla and packages (those of packages
    when there are no more than 200 runs: they stand in the run cards alone). `-` is a value that no run of the group
    has.

    \b
    Examples:
      rla why algo=sac algo=td3
      rla why 'eval/return > 900' 'eval/return < 100' --task demo_task
      rla why 'status == finished' 'status in (dead, failed)'
      rla why 'date == today' 'date == yesterday' --json | jq .differences
    """
    if len(dict.fromkeys(groups)) < 2:
        raise click.UsageError("At least two different conditions are needed, one for each group.")
    data_root = find_data_root(root)
    with reading_progress() as progress:
        every = experiments(data_root, task, fresh=fresh, progress=progress)
        found = explain({condition: every.where(condition) for condition in groups})
    if as_json:
        print_json(_as_item(found))
    else:
        _print(found)


def _print(found: Explanation) -> None:
    names = [group.name for group in found.groups]
    short = all(len(name) <= _LONGEST_NAME for name in names)
    columns = names if short else [f"({number})" for number in range(1, len(names) + 1)]
    for column, group in zip(columns, found.groups, strict=True):
        called = group.name if short else f"{column} {group.name}"
        click.echo(f"{called}: {counted(group.size, 'experiment')}")
    if found.overlapping:
        click.echo(f"{counted(found.overlapping, 'experiment')} in more than one group!")
    if found.differences:
        print_table(["key", *columns], [_row(difference) for difference in found.differences])
    else:
        click.echo("\nNothing that is constant inside each group differs between them.\n")
    if found.variations:
        shown = ", ".join(map(_told, found.variations[:_VARIATIONS]))
        left = len(found.variations) - _VARIATIONS
        more = f" and {left} more" if left > 0 else ""
        say(f"Vary inside a group (number of values in each): {shown}{more}.")
    click.echo(f"{counted(found.shared, 'other key')} with one value everywhere.")
    if found.without_packages:
        click.echo(f"Versions of packages were not compared: {found.without_packages}.")


def _called(change: Difference | Variation) -> str:
    return change.key if change.kind == PARAMETERS else f"{change.kind}.{change.key}"


def _row(difference: Difference) -> list[str]:
    longest = _LONGEST_COMMIT if difference.key == "commit" and difference.kind != PARAMETERS else _LONGEST_VALUE
    return [_called(difference), *(_cell(value, longest) for value in difference.values)]


def _cell(value: Any, longest: int) -> str:
    text = "-" if value is ABSENT else "none" if value is None else shown_number(value)
    return text if len(text) <= longest else text[:longest] if longest == _LONGEST_COMMIT else f"{text[: longest - 1]}…"


def _told(variation: Variation) -> str:
    return f"{_called(variation)} {'/'.join(map(str, variation.counts))}"


def _as_item(found: Explanation) -> dict[str, Any]:
    names = [group.name for group in found.groups]
    return {
        "groups": [{"name": group.name, "experiments": group.size} for group in found.groups],
        "overlapping": found.overlapping,
        "differences": [
            {
                "kind": each.kind,
                "key": each.key,
                "values": {name: value for name, value in zip(names, each.values, strict=True) if value is not ABSENT},
            }
            for each in found.differences
        ],
        "variations": [
            {"kind": each.kind, "key": each.key, "counts": dict(zip(names, each.counts, strict=True))}
            for each in found.variations
        ],
        "shared": found.shared,
        "without_packages": found.without_packages,
    }
