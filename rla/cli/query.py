"""`rla query`: the experiments that satisfy a condition."""

from __future__ import annotations

import click

from rla.cli.common import as_json_option, find_data_root, reading_progress, root_option
from rla.cli.listing import listing_options, print_experiments
from rla.database.expression import parse
from rla.query.search import experiments

__all__ = ["query"]


@click.command()
@click.argument("condition")
@click.option("--task", help="Look into this task table only.")
@listing_options
@root_option
@as_json_option
def query(
    condition: str,
    task: str | None,
    limit: int,
    keys: tuple[str, ...],
    sort: str | None,
    names: bool,
    fresh: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """List the experiments that satisfy a condition.

    CONDITION compares hyper-parameters, last values and facts of runs, joined by `and`, `or`, `not`; see
    docs/expressions.md. The exit code is 1 when there is none.

    \b
    Examples:
      rla query 'lr < 1e-3 and env_id == Hopper-v4'
      rla query 'eval/return > 900' --sort -eval/return -n 5
      rla query 'status in (dead, failed) and end > 12h ago'
      rla query 'tag == baseline' --names | xargs -n 1 rla show
    """
    with reading_progress() as progress:
        found = experiments(find_data_root(root), task, condition, fresh=fresh, progress=progress)
        count = len(found)
    print_experiments(found, keys, sort, limit, names, as_json, parse(condition).keys())
    if not count:
        if not as_json and not names:
            click.echo("No experiment satisfies this.")
        click.get_current_context().exit(1)
