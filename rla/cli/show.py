"""`rla show`: all that is known of one experiment."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import click

from rla.checkpoint.listing import list_checkpoints
from rla.cli.common import as_json_option, console, find_data_root, print_json, print_table, root_option, shown_number
from rla.database.parameters import read_parameters
from rla.database.query import find_run
from rla.database.record import ExperimentRecord
from rla.names import CHECKPOINT, CODE, LOG, TIME_STEP, TIMESTAMP, TREES
from rla.output.reader import last_values
from rla.snapshot.manifest import read_manifest

__all__ = ["show"]

SHOWN_PACKAGES: Final = ("torch", "tensorflow", "jax", "numpy", "gymnasium", "gym", "stable-baselines3", "mujoco")
"""What people look for first; --json has all."""


@click.command()
@click.argument("run")
@click.option("--task", help="Look into this task table only.")
@root_option
@as_json_option
def show(run: str, task: str | None, root: str | None, as_json: bool) -> None:
    """Show what is known of one experiment.

    RUN is any part of its name that only one has: its record date, its time, a tracked hyper-parameter.

    \b
    Examples:
      rla show 2026/11/20/13-05-01-123456
      rla show 13-05-01 --task demo_task
      rla show seed=3 --json
    """
    record = find_run(find_data_root(root), run, task)
    known = _known(record)
    if as_json:
        print_json(known)
    else:
        _print(record, known)


def _known(record: ExperimentRecord) -> dict[str, Any]:
    card = record.run_card()
    plain = read_parameters(record.path)
    manifest = read_manifest(record.place.path(CODE))
    return {
        "name": record.name,
        "status": record.status(),
        "card": asdict(card) if card else None,
        "code_kept": manifest is not None,
        "code_left_out": manifest.left_out if manifest else {},
        "parameters": dict(record.parameters()) if plain is None else plain,
        "last": last_values(record.log_dir),
        "checkpoints": list_checkpoints(record.place.path(CHECKPOINT)),
        "folders": {tree: str(path) for tree in TREES if (path := record.place.path(tree)).exists()},
    }


def _print(record: ExperimentRecord, known: dict[str, Any]) -> None:
    from rich.markup import escape

    terminal = console()
    terminal.print(f"[bold]{escape(record.name)}[/bold]", highlight=False, soft_wrap=True)
    card = known["card"] or {}
    facts = {
        "status": _status(known["status"], card),
        "started": _moment(card.get("start")),
        "ended": _moment(card.get("end")),
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
    print_table(["hyper-parameter", "value"], [[key, str(value)] for key, value in known["parameters"].items()])
    if known["last"]:
        values = {key: value for key, value in known["last"].items() if key != TIMESTAMP}
        print_table(
            ["last values", ""],
            [[TIME_STEP, str(values.pop(TIME_STEP, ""))]] + [[k, shown_number(v)] for k, v in values.items()],
        )
    if checkpoints := known["checkpoints"]:
        number = f"{len(checkpoints)} checkpoint{'s' * (len(checkpoints) != 1)}"
        terminal.print(f"{number}, the newest {escape(checkpoints[-1])}", highlight=False)
    for tree, path in known["folders"].items():
        terminal.print(f"{tree:<15} {escape(path)}", highlight=False, soft_wrap=True)
    logdir = escape(shlex.quote(known["folders"].get(LOG, "")))
    terminal.print(f"\nTensorBoard: tensorboard --logdir {logdir}", highlight=False, soft_wrap=True)


def _status(status: str, card: dict[str, Any]) -> str:
    reason = card.get("reason")
    return f"{status} ({reason})" if reason else status


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
