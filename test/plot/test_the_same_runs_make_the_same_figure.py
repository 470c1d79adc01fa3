"""The same runs have the same numbers to the last bit: in another process, in a copy, in any order, from the cache."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rla.plot import Curves, curves

PROGRAM = """
import hashlib, json, sys
from rla.plot import curves
found = curves(sys.argv[1], ["return", "loss"], "algo")
digest = hashlib.sha256()
for panel in found.panels:
    for arm, band in panel.bands.items():
        for array in (band.x, band.centre, band.low, band.high, band.n, band.values):
            digest.update(array.tobytes())
print(json.dumps([digest.hexdigest(), found.arms, found.notes, found.manifest()]))
"""


def numbers(found: Curves) -> list[Any]:
    return [
        [panel.metric, panel.task, arm, band.runs, *(each.tolist() for each in (band.x, band.centre, band.low, band.n))]
        for panel in found.panels
        for arm, band in panel.bands.items()
    ]


def record_some(record: Callable) -> None:
    random = np.random.default_rng(0)
    for algo in ("sac", "td3"):
        for seed in range(5):
            steps = np.sort(random.choice(1000, 30, replace=False)).tolist()
            rows = [(step, {"return": random.normal(), "loss": random.normal()}) for step in steps]
            record(rows, algo=algo, seed=seed)


def test_in_other_processes_and_from_the_cache(record: Callable, data_root: Path, run_python: Callable) -> None:
    record_some(record)
    answers = [run_python(PROGRAM, data_root, env={"PYTHONHASHSEED": seed}) for seed in ("0", "1", "1")]
    assert [answer.stderr for answer in answers] == [""] * 3
    first, second, again = [json.loads(answer.stdout) for answer in answers]
    assert first == second == again


def test_in_a_copy_of_the_data_root_and_with_runs_in_another_order(
    record: Callable, data_root: Path, tmp_path: Path
) -> None:
    record_some(record)
    found = numbers(curves(data_root, "return", "algo"))
    copy = tmp_path / "copy"
    shutil.copytree(data_root, copy, symlinks=True)
    assert numbers(curves(copy, "return", "algo")) == found
    by_name = {"sac": "algo=sac", "td3": "algo=td3"}
    turned = dict(reversed(by_name.items()))
    assert sorted(numbers(curves(data_root, "return", turned))) == sorted(found)
    assert curves(data_root, "return", turned).arms == ("td3", "sac")
