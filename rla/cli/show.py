"""`rla show`: all that is known of one experiment."""

from __future__ import annotations

import itertools
import os
import shlex
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import click

from rla.checkpoint.listing import list_checkpoints
from rla.cli.common import (
    as_json_option,
    complete_run,
    complete_task,
    console,
    find_data_root,
    print_json,
    print_table,
    root_option,
    shown_number,
)
from rla.cli.curves import Curves, print_curves, read_curves
from rla.cli.listing import without_path
from rla.database.index.entry import read_entry
from rla.database.pins import pins_of
from rla.database.record import ExperimentRecord
from rla.errors import ExperimentNotFoundError, printable
from rla.experiment.resume_point import last_checkpoint
from rla.names import CHECKPOINT, CODE, LOG, TIME_STEP, TIMESTAMP, TREES
from rla.query.naming import find_run
from rla.snapshot.manifest import read_manifest

__all__ = ["show"]

SHOWN_PACKAGES: Final = ("torch", "tensorflow", "jax", "numpy", "gymnasium", "gym", "stable-baselines3", "mujoco")
"""What people look for first; --json has all."""

MOST_SHOWN: Final = 1_000
"""So many hyper-parameters and last values are shown; more are no table for people."""


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--task", shell_complete=complete_task, help="Look into this task table only.")
@click.option("--all", "every", is_flag=True, help="The curves of all metrics, not of some.")
@root_option
@as_json_option
def show(run: str, task: str | None, every: bool, root: str | None, as_json: bool) -> None:
    """Show what is known of one experiment, and the curves of its metrics.

    RUN is any part of its name that only one has: its record date, its time, a tracked hyper-parameter. Returns,
    rewards and successes come first among the metrics.

    \b
    Examples:
      rla show 2026/11/20/13-05-01-123456
      rla show 13-05-01 --task demo_task
      rla show seed=3 --json
    """
    record = find_run(find_data_root(root), run, task)
    known = _known(record)
    curves = read_curves(record.place.path(LOG), known["last"] or {}, every)
    if as_json:
        print_json({**known, "curves": curves.figures()})
    else:
        _print(record, known, curves)


def _known(record: ExperimentRecord) -> dict[str, Any]:
    from rla.query.rows import read_rows

    found = read_entry(record.place, read_rows, time.time())
    if found is None:
        raise ExperimentNotFoundError(f"'{record.name}' is not there any more.")
    card = found.card
    manifest = read_manifest(record.place.path(CODE))
    place = record.place
    pinned = pins_of(place.data_root).get((place.task, place.day, place.index_name))
    return {
        "name": record.name,
        "status": found.status,
        "pin": asdict(pinned) if pinned else None,
        "problem": found.problem,
        "card": asdict(card) if card else None,
        "code_kept": manifest is not None,
        "code_left_out": manifest.left_out if manifest else {},
        "parameters": found.parameters.plain,
        "last": found.last,
        "checkpoints": list_checkpoints(record.place.path(CHECKPOINT)),
        "last_checkpoint": last_checkpoint(record.place.path(LOG), record.place.path(CHECKPOINT)),
        "folders": {tree: path for tree in TREES if os.path.exists(path := record.place.path_text(tree))},
    }


def _print(record: ExperimentRecord, known: dict[str, Any], curves: Curves) -> None:
    from rich.markup import escape

    terminal = console()
    terminal.print(f"[bold]{escape(printable(record.name))}[/bold]", highlight=False, soft_wrap=True)
    card = known["card"] or {}
    facts = {
        "status": _status(known["status"], card),
        "started": _moment(card.get("start")),
        "ended": _moment(card.get("end")),
        "forked": _forked(card),
        "resumed": _resumed(card.get("resumes", [])),
        "problem": without_path(known["problem"] or "", record.place),
        "pinned": _pinned(known["pin"]),
    }
    if card:
        facts |= {
            "machine": f"{card['host']} ({card['node']}), process {card['pid']}, user {card['user']}",
            "command": shlex.join(card["command"]),
            "in": card["working_directory"],
            "software": _software(card),
            "hardware": _hardware(card["hardware"]),
            "code": _code(card, gone=card["code"] is not None and not known["code_kept"]),
            "left out of it": ", ".join(known["code_left_out"]),
            "tags": ", ".join(card["tags"]),
        }
    print_table(["run", ""], [[key, value] for key, value in facts.items() if value])
    parameters = {key: str(value) for key, value in itertools.islice(known["parameters"].items(), MOST_SHOWN)}
    print_table(["hyper-parameter", "value"], [[key, value] for key, value in parameters.items()])
    if len(known["parameters"]) > MOST_SHOWN:
        terminal.print(f"… and {len(known['parameters']) - MOST_SHOWN} more, all in --json", highlight=False)
    print_curves(curves)
    if known["last"]:
        values = {key: value for key, value in known["last"].items() if key not in (TIMESTAMP, TIME_STEP)}
        shown = list(itertools.islice(values.items(), MOST_SHOWN))
        print_table(
            ["last values", ""],
            [[TIME_STEP, str(known["last"].get(TIME_STEP, ""))]] + [[k, shown_number(v)] for k, v in shown],
        )
        if len(values) > MOST_SHOWN:
            terminal.print(f"… and {len(values) - MOST_SHOWN} more, all in --json", highlight=False)
    if checkpoints := known["checkpoints"]:
        number = f"{len(checkpoints)} checkpoint{'s' * (len(checkpoints) != 1)}"
        last = printable(known["last_checkpoint"] or checkpoints[-1])
        terminal.print(f"{number}, the last one {escape(last)}", highlight=False)
    for tree, path in known["folders"].items():
        terminal.print(f"{tree:<15} {escape(printable(path))}", highlight=False, soft_wrap=True)
    if LOG in known["folders"]:
        logdir = escape(shlex.quote(printable(known["folders"][LOG])))
        terminal.print(f"\nTensorBoard: tensorboard --logdir {logdir}", highlight=False, soft_wrap=True)


def _status(status: str, card: dict[str, Any]) -> str:
    reason = card.get("reason")
    return f"{status} ({reason})" if reason else status


def _forked(card: dict[str, Any]) -> str:
    """Return from which run, and where in it, a run was forked."""
    fork, parent = card.get("fork") or {}, card.get("parent")
    if not parent:
        return ""
    return f"from {fork.get('name') or parent}" + (f" at step {fork['step']}" if "step" in fork else "")


def _resumed(resumes: list[dict[str, Any]]) -> str:
    """Return how often a run was gone on with, and of the last time when, where and what was different then."""
    if not resumes:
        return ""
    last = resumes[-1]
    words = [_moment(last.get("time")), f"at step {last.get('step')}"]
    words += [f"on {last['host']}"] if last.get("host") else []
    changed = last.get("changed")
    shown = [f"{key}={values[-1]}" for key, values in changed.items() if values] if isinstance(changed, dict) else []
    times = "once" if len(resumes) == 1 else f"{len(resumes)} times, last"
    return f"{times} {' '.join(filter(None, words))}" + (f", with {', '.join(shown)}" if shown else "")


def _pinned(pin: dict[str, Any] | None) -> str:
    if pin is None:
        return ""
    return f"{pin['reason']} ({', '.join(filter(None, (pin['user'], _moment(pin['time']))))})"


def _software(card: dict[str, Any]) -> str:
    shown = [f"{name} {card['packages'][name]}" for name in SHOWN_PACKAGES if name in card["packages"]]
    known = len(card["packages"])
    all_of_them = f" ({known} packages, all in --json)" if known else ""
    return f"Python {card['python']}, rla {card['rla_version']}" + "".join(f", {each}" for each in shown) + all_of_them


def _hardware(facts: dict[str, Any]) -> str:
    words = {"cores": "{} cores", "memory_gib": "{} GiB of memory", "gpu_driver": "driver {}"}
    lists = {key: value if isinstance(value, list) else [value] for key, value in facts.items()}
    return ", ".join(words.get(key, "{}").format(each) for key, values in lists.items() for each in values)


def _code(card: dict[str, Any], gone: bool) -> str:
    snapshot = f"snapshot {card['code']}{' (gone since)' * gone}" if card["code"] else "no snapshot"
    if card["git_commit"] is None:
        return snapshot
    branch = f" on {card['git_branch']}" if card["git_branch"] else ""
    remote = f" of {card['git_remote']}" if card["git_remote"] else ""
    dirty = ", with changes (uncommitted.patch)" if card["git_dirty"] else ""
    return f"{snapshot}; commit {card['git_commit'][:12] or 'none yet'}{branch}{remote}{dirty}"


def _moment(seconds: float | None) -> str:
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S") if seconds else ""
    except (ValueError, OverflowError, OSError):  # no date that there ever was
        return str(seconds)
