"""`rla ls`: the experiments of a data root."""

from __future__ import annotations

from typing import Any

import click

from rla.cli.common import as_json_option, console, find_data_root, print_json, print_table, root_option, shown_number
from rla.database.query import find_experiments
from rla.database.record import ExperimentRecord
from rla.database.trees import check_data_root, tasks_of
from rla.errors import did_you_mean
from rla.names import LOG, TIME_STEP, TIMESTAMP
from rla.output.reader import last_values

__all__ = ["ls"]

_METRICS_SHOWN = 2
_WIDE = 110
"""From so many columns of the terminal on, there is room for more."""


@click.command()
@click.argument("task", required=False)
@click.argument("pattern", required=False)
@click.option("-n", "--limit", default=50, show_default=True, help="Show so many of the newest; 0 for all.")
@click.option("-k", "--key", "keys", multiple=True, help="Show the last value of this key; may be given several times.")
@root_option
@as_json_option
def ls(
    task: str | None, pattern: str | None, limit: int, keys: tuple[str, ...], root: str | None, as_json: bool
) -> None:
    """List experiments, the newest last.

    TASK is a task table; all when left out. PATTERN is a glob under the task (a date folder stands for all below it),
    or `re:` and a regular expression.

    \b
    Examples:
      rla ls
      rla ls demo_task '2026/11/*' -n 0
      rla ls demo_task '**lr=0.01*' -k eval/return
      rla ls --json | jq '.[].status'
    """
    data_root = check_data_root(find_data_root(root))
    tasks = [task] if task else tasks_of(data_root, LOG)
    records = [record for each in tasks for record in find_experiments(data_root, each, pattern)]
    records.sort(key=lambda record: record.record_date)
    shown = records[-limit:] if limit > 0 else records
    items = [_item(record) for record in shown]
    if as_json:
        print_json(items)
    elif not items:
        known = tasks_of(data_root, LOG)
        if task and task not in known:
            problem = f"There is no task '{task}' in '{data_root}'.{did_you_mean(task, known)}"
        else:
            problem = f"Nothing matches '{pattern}'." if pattern else f"There are no experiments in '{data_root}'."
        click.echo(f"{problem} Tasks: {', '.join(known) or 'none'}.")
    else:
        _print(items, len(tasks) > 1, keys)
        if len(shown) < len(records):
            console().print(f"{len(shown)} of {len(records)} experiments, the newest; -n 0 shows all.")


def _item(record: ExperimentRecord) -> dict[str, Any]:
    last = last_values(record.log_dir)
    return {
        "task": record.place.task,
        "record_date": record.record_date,
        "node": record.node,
        "status": record.status(),
        "parameters": record.tracked,
        "step": last.get(TIME_STEP),
        "last": {key: value for key, value in last.items() if key not in (TIME_STEP, TIMESTAMP)},
        "path": str(record.path),
    }


def _print(items: list[dict[str, Any]], several_tasks: bool, keys: tuple[str, ...]) -> None:
    named = list(dict.fromkeys(key for item in items for key in item["parameters"]))
    alike = {key for key in named if len(items) > 1 and len({item["parameters"].get(key) for item in items}) == 1}
    parameters = [key for key in named if key not in alike]
    metrics = list(keys) or _metrics(items)[: 1 if console().width < _WIDE else _METRICS_SHOWN]
    columns = (["task"] if several_tasks else []) + ["record_date", "status", *parameters, "step", *metrics]
    rows = []
    for item in items:
        head = ([item["task"]] if several_tasks else []) + [item["record_date"], item["status"]]
        values = [item["parameters"].get(key, "") for key in parameters]
        last = [shown_number(item["last"].get(key)) for key in metrics]
        rows.append([*head, *values, shown_number(item["step"]), *last])
    print_table(columns, rows)
    if alike:
        same = ", ".join(f"{key}={items[0]['parameters'][key]}" for key in named if key in alike)
        console().print(f"in all of them: {same}", highlight=False, markup=False)


def _metrics(items: list[dict[str, Any]]) -> list[str]:
    """Return the keys that may be shown: returns and rewards first, no timers."""
    numeric = {key for item in items for key, value in item["last"].items() if isinstance(value, (int, float))}
    candidates = sorted(key for key in numeric if not key.startswith("time_used/"))
    candidates.sort(key=lambda key: not any(word in key.lower() for word in ("return", "rew")))
    return candidates
