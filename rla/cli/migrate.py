"""`rla migrate`: copies of experiments in another task, or in another data root."""

from __future__ import annotations

import click

from rla.cli.batch import Words, acting_options, carry_out, check_choice
from rla.cli.choosing import choose_experiments, choosing_options
from rla.cli.common import complete_task, find_data_root

__all__ = ["migrate"]


@click.command()
@choosing_options
@click.option("--to-task", shell_complete=complete_task, help="The task for the copies; their own by default.")
@click.option("--to-root", metavar="FOLDER", help="The data root for the copies, made when it is missing.")
@acting_options
@click.pass_context
def migrate(
    context: click.Context,
    what: str | None,
    regex: str | None,
    task: str | None,
    fresh: bool,
    to_task: str | None,
    to_root: str | None,
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Copy experiments to another task, or to another data root.

    WHAT is a condition (docs/expressions.md), or any part of a name that only one experiment has. Of several given
    together, all must hold. What would happen is shown first, and then asked.

    The copies name their new task; the experiments stay as they are. To move them, delete them with `rla rm` when the
    copies are there. A copy that is older than its experiment is replaced, and the older one goes to the trash. `rla
    undo` (with --root, where the copies are elsewhere) takes it back. The exit code is 1 when nothing matches, 2 when
    an experiment was left alone.

    \b
    Examples:
      rla migrate 'tag == baseline' --to-task baselines
      rla migrate --task demo_task --regex '*' --to-root /mnt/large/data
      rla migrate 13-05-01 --to-task demo_task --to-root ~/mine --dry-run
    """
    choice = check_choice(dry_run, yes, as_json)
    if to_task is None and to_root is None:
        raise click.UsageError("Where to? Give --to-task, --to-root, or both.")
    chosen = choose_experiments(find_data_root(root), what, task, regex, fresh)
    from rla.batch.migration import plan_migration

    place = " of ".join(
        ([f"the task {to_task}"] if to_task else []) + ([f"the data root {to_root}"] if to_root else [])
    )
    words = Words(f"{{}} would be copied to {place}", f"Copy {{}} to {place}?", "Copying", f"{{}} copied to {place}")
    context.exit(carry_out([plan_migration(chosen, to_task, to_root)], words, choice))
