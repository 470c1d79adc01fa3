"""`rla pin`: experiments that nobody may delete."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    counted,
    find_data_root,
    print_json,
    print_table,
    reading_progress,
    root_option,
    say,
    shown_moment,
)
from rla.cli.listing import fresh_option
from rla.cli.plans import date_of_name, shown_names
from rla.database.pins import Pin, pins_of, unpin
from rla.database.pins import pin as pin_place
from rla.database.trees import ExperimentPlace, check_data_root
from rla.errors import AmbiguousExperimentError, printable
from rla.names import TREES

if TYPE_CHECKING:
    from rla.database.pins import Key

__all__ = ["pin"]

_SHOWN: Final = 10


@click.command()
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("--reason", metavar="TEXT", help="Why it must stay, for those who wonder in a year.")
@click.option("--remove", is_flag=True, help="Take the pin away.")
@click.option("--where", metavar="CONDITION", help="All experiments that satisfy this, in place of RUN.")
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@fresh_option
@root_option
@as_json_option
@click.pass_context
def pin(
    context: click.Context,
    run: str | None,
    reason: str | None,
    remove: bool,
    where: str | None,
    task: str | None,
    fresh: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Pin experiments, so that nobody deletes them, or show the pins.

    RUN is any part of a name that only one experiment has. `rla rm` and `rla undo` leave pinned experiments alone, and
    say why. A pin is a file in `.rla/pins` of the data root: nothing is written into the experiment. The exit code is 1
    when no experiment satisfies --where.

    \b
    Examples:
      rla pin 13-05-01 --reason 'Table 2'
      rla pin --where 'tag == paper' --reason 'Table 2'
      rla pin                           all pins
      rla pin 13-05-01 --remove
    """
    data_root = check_data_root(find_data_root(root))
    if run is not None and where is not None:
        raise click.UsageError("Give a RUN or --where, not both.")
    if run is None and where is None:
        if remove or reason is not None:
            raise click.UsageError("Which experiment? Name a RUN, or say it with --where.")
        pins = {key: each for key, each in pins_of(data_root).items() if task in (None, key[0])}
        _print(pins, data_root, as_json)
        return
    if not remove and not (reason or "").strip():
        raise click.UsageError("Why must it stay? Say it with --reason 'Table 2' (or take the pin away with --remove).")
    if remove and run is not None:
        places = [_pinned(data_root, run, task)]
    else:
        places = _chosen(data_root, run, where, task, fresh)
    if not places and not as_json:
        click.echo("No experiment satisfies this.")
    elif remove:
        removed = [place for place in places if unpin(place)]
        _tell([_name_of(place) for place in removed], "not pinned any more", as_json)
    else:
        why = str(reason).strip()
        _tell([pin_place(place, why).name for place in places], f"pinned: {why}", as_json)
    context.exit(0 if places else 1)


def _chosen(
    data_root: Path, run: str | None, where: str | None, task: str | None, fresh: bool
) -> list[ExperimentPlace]:
    from rla.query.naming import find_run
    from rla.query.search import experiments

    if run is not None:
        return [find_run(data_root, run, task).place]
    with reading_progress() as progress:
        return [each.place for each in experiments(data_root, task, where, fresh=fresh, progress=progress)]


def _pinned(data_root: Path, run: str, task: str | None) -> ExperimentPlace:
    """Return the place of a pinned experiment, also of one that is not there any more."""
    from rla.query.naming import find_run

    found = [key for key, each in pins_of(data_root).items() if run in each.name and task in (None, key[0])]
    if len(found) > 1:
        exact = [key for key in found if run in ("/".join(key), date_of_name("/".join(key)))]
        if len(exact) != 1:
            raise AmbiguousExperimentError(run, ["/".join(key) for key in found[-_SHOWN:]], number=len(found))
        found = exact
    return _place(data_root, found[0]) if found else find_run(data_root, run, task).place


def _place(data_root: Path, key: Key) -> ExperimentPlace:
    return ExperimentPlace(data_root, *key)


def _name_of(place: ExperimentPlace) -> str:
    return f"{place.task}/{place.day}/{place.index_name}"


def _tell(names: Sequence[str], what: str, as_json: bool) -> None:
    if as_json:
        print_json(names)
    elif len(names) == 1:
        click.echo(printable(f"{names[0]}: {what}"))
    else:
        say(f"{counted(len(names), 'experiment')} {what}")


def _print(pins: dict[Key, Pin], data_root: Path, as_json: bool) -> None:
    if as_json:
        print_json([vars(each) | {"is_there": _is_there(data_root, key)} for key, each in pins.items()])
    elif not pins:
        click.echo("No experiment is pinned; `rla pin RUN --reason TEXT` pins one.")
    else:
        names = shown_names([each.name for each in pins.values()])
        rows = [
            [
                name,
                each.reason if _is_there(data_root, key) else f"{each.reason} (it is not there any more)",
                each.user,
                shown_moment(each.time) if each.time else "",
            ]
            for name, (key, each) in zip(names, pins.items(), strict=True)
        ]
        print_table(["record_date", "reason", "by", "since"], rows)


def _is_there(data_root: Path, key: Key) -> bool:
    return any(os.path.lexists(_place(data_root, key).path_text(tree)) for tree in TREES)
