"""A data root as a lab has it: many experiments, written quickly.

The first experiment is made by rla itself; the others are copies of its files with other parameters, cards and rows.
"""

from __future__ import annotations

import datetime
import json
import os
import random
import shutil
import sys
from pathlib import Path
from typing import Any

from rla import TREES, ExperimentManager

TASKS = ("sac", "td3", "ppo", "dqn", "bc")
ENVIRONMENTS = ("Hopper-v4", "Walker2d-v4", "Ant-v4", "HalfCheetah-v4")
KEYS = [f"train/metric_{number}" for number in range(16)]


def make_lab(data_root: Path, number: int, rows: int = 10, tasks: tuple[str, ...] = TASKS, days: int = 364) -> None:
    """Write a data root.

    Args:
        data_root: where; it must not exist.
        number: how many experiments.
        rows: how many rows each has.
        tasks: the tasks they are spread over.
        days: the days they are spread over.
    """
    template = _template(data_root.with_name(data_root.name + "_template"))
    generator = random.Random(0)
    table = _rows(rows, generator)
    for position in range(number):
        _copy(data_root, template, position, tasks[position % len(tasks)], days, generator, table)


def _template(folder: Path) -> dict[str, Any]:
    """Return the run card of an experiment that rla has made."""
    shutil.rmtree(folder, ignore_errors=True)
    manager = ExperimentManager()
    manager.set_hyper_param(**_parameters(0, random.Random(0)))
    manager.configure("template", {"LOG_USED": ["csv"]}, data_root=folder, code_root=folder)
    manager.log_files_gen()
    manager.finish()
    (card,) = folder.rglob("experiment.json")
    content: dict[str, Any] = json.loads(card.read_text())
    shutil.rmtree(folder)
    return content


def _parameters(position: int, generator: random.Random) -> dict[str, Any]:
    return {
        "env_id": ENVIRONMENTS[position % 4],
        "seed": position % 10,
        "lr": generator.choice([1e-2, 3e-3, 1e-3, 3e-4, 1e-4]),
        "gamma": 0.99,
        "batch_size": generator.choice([64, 128, 256]),
        "agent": {"layers": [256, 256], "activation": "relu", "tau": 0.005, "target_entropy": -3.0},
        **{f"option_{number}": generator.choice(["a", "b", 1, 2.5, True, None]) for number in range(10)},
    }


def _rows(rows: int, generator: random.Random) -> list[str]:
    """Return the lines of several tables; experiments take one each, since random numbers take longest."""
    tables = []
    header = ",".join(["eval/return", *KEYS, "time-step", "timestamp"])
    for _ in range(20):
        lines = [
            ",".join(
                map(repr, [generator.uniform(0, 1000), *(generator.random() for _ in KEYS), step * 1000, 1.8e9 + step])
            )
            for step in range(rows)
        ]
        tables.append("\n".join([header, *lines, ""]))
    return tables


def _copy(
    data_root: Path,
    card: dict[str, Any],
    position: int,
    task: str,
    days: int,
    generator: random.Random,
    tables: list[str],
) -> None:
    moment = datetime.datetime(2025, 1, 1) + datetime.timedelta(days=position % days, microseconds=position * 800_000)
    date = moment.strftime("%Y/%m/%d/%H-%M-%S-%f")
    parameters = _parameters(position, generator)
    name = f"{date}_10.0.0.{position % 5}_&env_id={parameters['env_id']}&seed={parameters['seed']}"
    status = "finished" if position % 20 else "running"  # those are found to be dead
    changed = card | {
        "id": f"{date}_10.0.0.{position % 5}",
        "task": task,
        "record_date": date,
        "index_name": name.rpartition("/")[2],
        "status": status,
        "start": moment.timestamp(),
        "end": moment.timestamp() + 3600,
        "heartbeat": moment.timestamp() + 3600,
        "process_start": 1.0,
        "tags": ["baseline"] if position % 7 == 0 else [],
    }
    as_json = json.dumps(parameters, indent=2)
    folders = {tree: data_root / tree / task / name for tree in TREES}
    for tree, folder in folders.items():
        if tree == "archive_tester":
            os.makedirs(folder.parent, exist_ok=True)
            folder.with_name(f"{folder.name}.pkl").write_bytes(b"\x80\x04}\x94.")
            continue
        os.makedirs(folder)
        if tree in ("log", "code", "hyperparameter"):
            (folder / "parameter.json").write_text(as_json)
            (folder / "parameter.yaml").write_text(as_json)  # JSON is YAML too
    log = folders["log"]
    (log / "experiment.json").write_text(json.dumps(changed, indent=2))
    (log / "progress.csv").write_text(tables[position % len(tables)])
    (folders["checkpoint"] / "checkpoint_1000.npz").write_bytes(b"")


if __name__ == "__main__":
    make_lab(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10)
