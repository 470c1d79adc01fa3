"""`rla push`: experiments go to another data root."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rla.cli.choosing import find_experiments
from rla.cli.common import complete_run, counted, find_data_root, reading_progress, say
from rla.cli.transfer_options import chosen_trees, end_options, find_settings, since_option
from rla.cli.transfers import PUSH, carry_out, complain, ends_by_ctrl_c, show_plan

if TYPE_CHECKING:
    from rla.database.trees import ExperimentPlace
    from rla.sync.by_hand.leftovers import Leftover

__all__ = ["push"]


@click.command()
@click.argument("what", nargs=-1, metavar="[PATTERN]...", shell_complete=complete_run)
@click.option("--to", "address", metavar="ADDRESS", help="The other data root; the main node when left out.")
@click.option("--where", metavar="CONDITION", help="Those that satisfy a condition, too (docs/expressions.md).")
@since_option
@click.option("--verify", is_flag=True, help="Ask the other end what it has, rather than believe what was noted.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and stop.")
@end_options
@click.pass_context
def push(
    context: click.Context,
    what: tuple[str, ...],
    address: str | None,
    where: str | None,
    since: str | None,
    verify: bool,
    dry_run: bool,
    task: str | None,
    trees: tuple[str, ...],
    all_trees: bool,
    config: str | None,
    root: str | None,
    as_json: bool,
) -> None:
    """Send experiments to another data root.

    PATTERN is a glob under the task (a date folder stands for all below it), `re:` and a regular expression, or any
    part of a name that only one experiment has; several mean all that any of them names, none means all.

    ADDRESS is ssh://user@host/srv/data (also sftp, rsync, ftps, ftp; /~/data is in the home folder there),
    user@host:data as scp takes it, or a folder. Without --to, it is the main node of REMOTE_SETTING (docs/sync.md).

    Only what changed is sent, metrics first, checkpoints last, and nothing is deleted there. Rows that only the journal
    of a dead run holds are written into its files first. After Ctrl-C (exit code 130) the same command goes on. The
    exit code is 1 when a file could not be sent.

    \b
    Examples:
      rla push
      rla push '2026/11/*' --task demo_task --to ssh://main/srv/data
      rla push --since 2d --where 'status == finished' --all-trees
      rla push 13-05-01 --tree log --tree checkpoint --dry-run
    """
    with ends_by_ctrl_c(context):
        from rla.database.trees import check_data_root
        from rla.sync.by_hand.addresses import remotes_at
        from rla.sync.by_hand.leftovers import find_leftovers, fold_leftovers
        from rla.sync.by_hand.transfers import Push

        data_root = check_data_root(find_data_root(root))
        settings = find_settings(config, root, data_root)
        remotes = remotes_at(address, settings, config is not None)
        transfer = Push(data_root, remotes, chosen_trees(trees, all_trees, settings), verify)
        places = _chosen(data_root, what, task, where, since)
        leftovers = (find_leftovers if dry_run else fold_leftovers)(places)
        if dry_run:
            context.exit(show_plan(transfer, places, PUSH, as_json, leftovers))
        if not as_json:
            _tell_of(leftovers)
    try:
        context.exit(carry_out(transfer, places, PUSH, as_json, leftovers))
    finally:
        transfer.close()


def _chosen(
    data_root: Path, what: Sequence[str], task: str | None, where: str | None, since: str | None
) -> list[ExperimentPlace]:
    """Return the experiments that are meant, sorted by task and record date.

    Raises:
        QueryError: one of the patterns matches nothing, or something cannot be understood.
    """
    from rla.sync.by_hand.choosing import begun_since, name_of, nothing_matches, read_since

    begin = None if since is None else read_since(since)
    places: dict[str, ExperimentPlace] = {}
    with reading_progress() as progress:
        for each in what or (None,):
            found = find_experiments(data_root, each, task, False, progress)
            if each is not None and not len(found):
                every = find_experiments(data_root, None, task, False, progress)
                raise nothing_matches(each, [known.place for known in every], str(data_root))
            found = found if where is None else found.where(where)
            places |= {name_of(known.place): known.place for known in found}
    chosen = [places[name] for name in sorted(places)]
    return chosen if begin is None else begun_since(chosen, begin)


def _tell_of(leftovers: Sequence[Leftover]) -> None:
    folded = [each for each in leftovers if each.rows is not None]
    if folded:
        rows = counted(sum(each.rows or 0 for each in folded), "row")
        say(f"{counted(len(folded), 'dead run')} had a journal: {rows} were written out into progress.csv.")
    complain({f"log/{each.name}": each.problem for each in leftovers if each.problem is not None}, [])
