"""`rla rm`: experiments go to the trash."""

from __future__ import annotations

import click

from rla.cli.batch import Words, acting_options, carry_out, check_choice
from rla.cli.choosing import choose_experiments, choosing_options
from rla.cli.common import find_data_root
from rla.cli.plans import trees_in_words
from rla.names import TREES

__all__ = ["rm"]


@click.command()
@choosing_options
@click.option(
    "--tree",
    "trees",
    type=click.Choice(TREES),
    metavar="TREE",
    multiple=True,
    help="Only what lies in this tree, such as checkpoint; may be given several times.",
)
@acting_options
@click.pass_context
def rm(
    context: click.Context,
    what: str | None,
    regex: str | None,
    task: str | None,
    fresh: bool,
    trees: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Move experiments to the trash; `rla undo` brings them back.

    WHAT is a condition (docs/expressions.md), or any part of a name that only one experiment has. Of several given
    together, all must hold. What would happen is shown first, and then asked.

    Pinned experiments (`rla pin`) and those under way are left alone. The trash is emptied of what is older than
    TRASH_DAYS of rla_config.yaml whenever experiments are deleted; `rla trash empty` frees the disk at once. The exit
    code is 1 when nothing matches, 2 when an experiment was left alone.

    \b
    Examples:
      rla rm 13-05-01
      rla rm 'steps < 5000 and status == dead' --dry-run
      rla rm --task demo_task --regex '2026/11/*'
      rla rm 'age > 90d' --tree checkpoint --tree tmp_data
      rla rm 'tag == debug' --yes
    """
    choice = check_choice(dry_run, yes, as_json)
    chosen = choose_experiments(find_data_root(root), what, task, regex, fresh)
    from rla.batch.deletion import plan_deletion

    plan = plan_deletion(chosen, trees or TREES)
    context.exit(carry_out([plan], _words(trees, len(chosen)), choice))


def _words(trees: tuple[str, ...], matched: int) -> Words:
    if not trees:
        return Words("{} would go to the trash", "Move {} to the trash?", "Moving", "{} went to the trash")
    named = trees_in_words(trees)
    return Words(
        f"{{}} would lose {named}",
        f"Move {named} of {{}} to the trash?",
        "Moving",
        f"{named} of {{}} went to the trash",
        f"None of {matched:,} has anything in {named}." if matched else "No experiment matches.",
    )
