"""`rla archive`: copies of experiments below `arc/`."""

from __future__ import annotations

import click

from rla.cli.batch import Words, acting_options, carry_out, check_choice
from rla.cli.choosing import choose_experiments, choosing_options
from rla.cli.common import find_data_root
from rla.names import ARCHIVED

__all__ = ["archive"]


@click.command()
@choosing_options
@click.option("--to", "folder", default=ARCHIVED, show_default=True, help="The folder of the data root for the copies.")
@acting_options
@click.pass_context
def archive(
    context: click.Context,
    what: str | None,
    regex: str | None,
    task: str | None,
    fresh: bool,
    folder: str,
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Copy experiments into the archive of the data root.

    WHAT is a condition (docs/expressions.md), or any part of a name that only one experiment has. Of several given
    together, all must hold. What would happen is shown first, and then asked.

    A copy is whole and compared, or not there; nothing that happens to the experiment changes it. A copy that is older
    than its experiment is replaced, and the older one goes to the trash. `rla undo` takes it back. The exit code is 1
    when nothing matches, 2 when an experiment was left alone.

    \b
    Examples:
      rla archive 'tag == paper'
      rla archive --task demo_task --regex '*' --yes
      rla archive 13-05-01 --to backup
      rla ls --root arc                 what is in the archive
    """
    choice = check_choice(dry_run, yes, as_json)
    chosen = choose_experiments(find_data_root(root), what, task, regex, fresh)
    from rla.batch.archive import plan_archive

    words = Words(
        f"{{}} would be copied to {folder}/", f"Copy {{}} to {folder}/?", "Copying", f"{{}} copied to {folder}/"
    )
    context.exit(carry_out([plan_archive(chosen, folder)], words, choice))
