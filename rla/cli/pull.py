"""`rla pull`: experiments come from another data root."""

from __future__ import annotations

import os
from pathlib import Path

import click

from rla.cli.common import find_data_root
from rla.cli.transfer_options import chosen_trees, end_options, find_settings, since_option
from rla.cli.transfers import PULL, carry_out, ends_by_ctrl_c, show_plan
from rla.errors import DataRootError

__all__ = ["check_data_root_to_be", "pull"]


@click.command()
@click.argument("what", nargs=-1, metavar="[PATTERN]...")
@click.option("--from", "address", metavar="ADDRESS", help="The other data root; the main node when left out.")
@since_option
@click.option("--dry-run", is_flag=True, help="Show what would be fetched, and stop.")
@end_options
@click.pass_context
def pull(
    context: click.Context,
    what: tuple[str, ...],
    address: str | None,
    since: str | None,
    dry_run: bool,
    task: str | None,
    trees: tuple[str, ...],
    all_trees: bool,
    config: str | None,
    root: str | None,
    as_json: bool,
) -> None:
    """Fetch experiments from another data root.

    PATTERN is a glob under the task (a date folder stands for all below it), `re:` and a regular expression, or any
    part of a name that only one experiment there has; several mean all that any of them names, none means all.

    ADDRESS is ssh://user@host/srv/data (also sftp, rsync, ftps, ftp; /~/data is in the home folder there),
    user@host:data as scp takes it, or a folder. Without --from, it is the main node of REMOTE_SETTING (docs/sync.md).

    Only what changed is fetched, metrics first, checkpoints last. Names that would lead out of the data root are
    refused, each with a warning. After Ctrl-C (exit code 130) the same command goes on. The exit code is 1 when a file
    could not be fetched.

    \b
    Examples:
      rla pull --from ssh://main/srv/data --since 2026-11-01
      rla pull '2026/11/20' --task demo_task
      rla pull 13-05-01 --tree log --tree checkpoint
      rla pull --from /mnt/old_disk/data --all-trees --dry-run
    """
    with ends_by_ctrl_c(context):
        from rla.sync.by_hand.addresses import check_is_there, remotes_at
        from rla.sync.by_hand.choosing import begun_since, read_since
        from rla.sync.by_hand.transfers import Pull

        data_root = check_data_root_to_be(find_data_root(root))
        settings = find_settings(config, root, data_root)
        remotes = remotes_at(address, settings, config is not None)
        check_is_there(remotes)
        begin = None if since is None else read_since(since)
        transfer = Pull(data_root, remotes, chosen_trees(trees, all_trees, settings))
        places = transfer.experiments(task, what)
        places = places if begin is None else begun_since(places, begin)
        if dry_run:
            context.exit(show_plan(transfer, places, PULL, as_json, ()))
    try:
        context.exit(carry_out(transfer, places, PULL, as_json))
    finally:
        transfer.close()


def check_data_root_to_be(data_root: Path) -> Path:
    """Return a data root that is there, or can be made.

    Raises:
        DataRootError: it is no folder, or stands in none.
    """
    if os.path.exists(data_root) and not os.path.isdir(data_root):
        raise DataRootError(str(data_root), "it is a file, not a folder", "Give a folder for the experiments.")
    if not os.path.isdir(data_root.absolute().parent):
        above = data_root.absolute().parent
        raise DataRootError(str(data_root), f"there is no folder '{above}'", "Make it first, or give another one.")
    return data_root
