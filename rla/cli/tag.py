"""`rla tag`: the tags of experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    find_data_root,
    print_json,
    print_table,
    reading_progress,
    root_option,
    with_progress_bar,
)
from rla.cli.listing import fresh_option
from rla.database.tags import Tagged, change_tags, check_tags
from rla.query.naming import find_run
from rla.query.search import experiments
from rla.query.tags import tags_in_use

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["tag"]

_SHOWN: Final = 20


def _complete_first(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a run, where none was typed before."""
    return [] if ctx.params.get(str(param.name)) else complete_run(ctx, param, incomplete)


@click.command()
@click.argument("names", metavar="[RUN] [TAG]...", nargs=-1, shell_complete=_complete_first)
@click.option("-r", "--remove", metavar="TAG", multiple=True, help="Take this tag away; may be given several times.")
@click.option("--where", metavar="CONDITION", help="All experiments that satisfy this, in place of RUN.")
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@fresh_option
@root_option
@as_json_option
@click.pass_context
def tag(
    context: click.Context,
    names: tuple[str, ...],
    remove: tuple[str, ...],
    where: str | None,
    task: str | None,
    fresh: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Give experiments tags, take tags away, or show them.

    RUN is any part of a name that only one experiment has; with --where, all arguments are tags. Without tags to give
    or take away, those that are there are shown.

    Tags have letters, digits and _ - . : / and live in the run card, experiment.json. A run that is under way keeps
    what it is given. Experiments of older tools have no card, and so no tags. The exit code is 2 when one could not be
    changed; the others are.

    \b
    Examples:
      rla tag 13-05-01 baseline paper/figure-3
      rla tag 13-05-01 --remove baseline
      rla tag --where 'lr == 0.001 and status == finished' baseline
      rla tag 13-05-01                  the tags of one
      rla tag                           all tags, and how many have them
      rla query 'tag == baseline'       who has one
    """
    data_root = find_data_root(root)
    if where is None and not names:
        if remove:
            raise click.UsageError("Whose tags? Name a RUN, or say it with --where.")
        with reading_progress() as progress:
            counts = tags_in_use(data_root, task, fresh, progress)
        _print_counts(counts, as_json)
        return
    tags = check_tags(names if where is not None else names[1:])  # before a long look for experiments
    if where is None:
        run = find_run(data_root, names[0], task)
        card = run.run_card()
        known = [Tagged(run.place, card.tags if card else [])]
    else:
        with reading_progress() as progress:
            found = experiments(data_root, task, where, fresh=fresh, progress=progress)
            known = [Tagged(each.place, each.tags) for each in found]
    if not tags and not remove:
        _print(known, as_json, changing=False)
        return
    places = [each.place for each in known]
    done = change_tags(with_progress_bar("Tagging")(places) if len(places) > 1 else places, tags, remove)
    _print(done, as_json, changing=True)
    context.exit(2 if any(each.problem for each in done) else 0)


def _print_counts(counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        print_json(counts)
    elif counts:
        print_table(["tag", "experiments"], [[name, str(count)] for name, count in counts.items()])
    else:
        click.echo("No experiment has a tag; `rla tag RUN TAG` gives one.")


def _print(experiments: Sequence[Tagged], as_json: bool, changing: bool) -> None:
    for each in experiments:
        if each.problem:
            click.echo(f"{click.style('error:', fg='red', bold=True)} {each.name}: {each.problem}.", err=True)
    fine = [each for each in experiments if not each.problem]
    if as_json:
        print_json([_as_item(each) for each in experiments])
    elif len(experiments) == 1:
        for each in fine:
            click.echo(f"{each.name}: {_listed(each)}")
    else:
        if fine:
            rows = [[each.place.task, each.record_date, _listed(each)] for each in fine[:_SHOWN]]
            print_table(["task", "record_date", "tags"], rows)
        more = f"; the first {_SHOWN} are shown" if len(fine) > _SHOWN else ""
        changed = f", {sum(each.changed for each in fine)} changed" if changing else ""
        click.echo(f"{len(fine)} experiments{changed}{more}.")


def _listed(each: Tagged) -> str:
    return ", ".join(each.tags) or "no tags"


def _as_item(each: Tagged) -> dict[str, Any]:
    return {"name": each.name, "tags": each.tags, "changed": each.changed, "problem": each.problem}
