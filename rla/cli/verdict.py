"""`rla verdict`: is one arm better than another, and may one say so?"""

from __future__ import annotations

import click

from rla.cli.common import (
    as_json_option,
    complete_task,
    find_data_root,
    print_json,
    reading_progress,
    root_option,
)
from rla.cli.listing import fresh_option
from rla.errors import printable
from rla.query.search import experiments

__all__ = ["verdict"]


@click.command()
@click.argument("arms", metavar="CONDITION CONDITION", nargs=-1)
@click.option("-m", "--metric", metavar="KEY", required=True, help="A recorded key, such as eval/return.")
@click.option(
    "--by",
    metavar="KEY",
    default="env_id",
    show_default=True,
    help="The hyper-parameter that is the task; '' for none.",
)
@click.option("--lower-is-better", is_flag=True, help="Low values are good, as of losses.")
@click.option(
    "--score",
    metavar="SCORE",
    default="final",
    show_default=True,
    help="How a run becomes a number: final (mean of the last 10 % of its points), auc, last, best.",
)
@click.option("--until", type=float, metavar="STEP", help="Score the runs up to this time step.")
@click.option("--level", type=float, default=0.95, show_default=True, help="The confidence.")
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@fresh_option
@root_option
@as_json_option
def verdict(
    arms: tuple[str, ...],
    metric: str,
    by: str,
    lower_is_better: bool,
    score: str,
    until: float | None,
    level: float,
    task: str | None,
    fresh: bool,
    root: str | None,
    as_json: bool,
) -> None:
    """Say whether one arm is better than another, and how sure that is.

    Each CONDITION makes an arm; see docs/expressions.md. Or name one hyper-parameter that has two values. The answer is
    better or worse only where the interval of the difference leaves out 0. Beneath it stand the chance that a run of A
    is better than one of B, how many more runs an undecided question takes, and what makes the answer less sure: runs
    that died, arms of unequal size, code that changed, other hyper-parameters that differ. See docs/comparing.md.

    \b
    Examples:
      rla verdict algo=sac algo=td3 -m eval/return
      rla verdict algo -m eval/return --by env_id
      rla verdict lr=0.1 lr=0.01 -m train/loss --lower-is-better --task demo_task
      rla verdict algo=sac algo=td3 -m eval/return --score auc --until 1e6
      rla verdict algo=sac algo=td3 -m eval/return --json | jq -r .sentence
    """
    if len(arms) not in (1, 2):
        raise click.UsageError(
            f"Two conditions are needed, one for each arm, or one hyper-parameter with two values; got {len(arms)}."
        )
    from rla.plot import verdict as judge

    data_root = find_data_root(root)
    with reading_progress() as progress:
        found = judge(
            experiments(data_root, task, fresh=fresh, progress=progress),
            metric,
            arms[0] if len(arms) == 1 else list(arms),
            by=by or None,
            lower_is_better=lower_is_better,
            score=score,
            until=until,
            level=level,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(map(printable, str(found).split("\n"))))
