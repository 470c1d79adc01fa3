"""`rla ls`: the experiments of a data root."""

from __future__ import annotations

import click

from rla.cli.common import as_json_option, complete_task, find_data_root, reading_progress, root_option
from rla.cli.listing import listing_options, print_experiments
from rla.database.trees import check_data_root, tasks_of
from rla.errors import printable
from rla.query.search import experiments

__all__ = ["ls"]


@click.command()
@click.argument("task", required=False, shell_complete=complete_task)
@click.argument("pattern", required=False)
@listing_options
@root_option
@as_json_option
def ls(
    task: str | None,
    pattern: str | None,
    limit: int,
    keys: tuple[str, ...],
    sort: str | None,
    names: bool,
    fresh: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """List experiments, the newest last.

    TASK is a task table; all when left out. PATTERN is a glob under the task (a date folder stands for all below it),
    or `re:` and a regular expression. The table has the hyper-parameters that differ; --json has everything.

    \b
    Examples:
      rla ls
      rla ls demo_task '2026/11/*' -n 0
      rla ls demo_task '**lr=0.01*' -k eval/return
      rla ls demo_task --sort -eval/return -n 5
      rla ls --json | jq '.[].status'
    """
    data_root = check_data_root(find_data_root(root))
    with reading_progress() as progress:
        found = experiments(data_root, task, pattern=pattern, fresh=fresh, progress=progress)
        count = len(found)
    print_experiments(found, keys, sort, limit, names, as_json)
    if not count and not as_json and not names:
        what = f"Nothing matches '{pattern}'." if pattern else f"There are no experiments in '{data_root}'."
        click.echo(f"{what} Tasks: {printable(', '.join(tasks_of(data_root))) or 'none'}.")
