"""A run recorded in one folder can be run again from its `code/` folder alone, and gives the same values."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "scripts/train.py", "--seed", "3"]
PROJECT = {
    "rla_config.yaml": """\
LOG_USED: [csv]
DATA_ROOT: .
BACKUP_CONFIG:
  backup_code_dir: [walker, scripts]
  ignore_code_paths: [.gitignore]
REMOTE_SETTING:
  password: open-sesame
""",
    ".gitignore": "*.log\n__pycache__/\n",
    "walker/__init__.py": "",
    "walker/policy.py": """\
from walker.layers.linear import Linear


def policy(seed):
    return Linear(seed, "walker/sizes.txt")
""",
    "walker/layers/__init__.py": "",
    "walker/layers/linear.py": """\
import numpy as np


class Linear:
    def __init__(self, seed, sizes):
        self.random = np.random.default_rng(seed)
        self.weights = self.random.normal(size=[int(size) for size in open(sizes).read().split()])

    def step(self):
        self.weights = np.tanh(self.weights @ self.random.normal(size=self.weights.shape))
        return float(np.abs(self.weights).sum())
""",
    "walker/sizes.txt": "7 7\n",
    "walker/debug.log": "not kept\n",
    "scripts/train.py": """\
import argparse
import sys

sys.path.insert(0, ".")
from rla import exp_manager, logger
from walker.current import policy

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int)
settings = parser.parse_args()
exp_manager.set_hyper_param(**vars(settings))
exp_manager.add_record_param(["seed"])
exp_manager.configure("walk", rla_config="rla_config.yaml")
exp_manager.log_files_gen()
walker = policy(settings.seed)
for step in range(20):
    logger.record_tabular("size", walker.step())
    logger.dump_tabular(step)
""",
}


def train(folder: Path, **variables: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    done = subprocess.run(COMMAND, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def only(folder: Path, tree: str) -> Path:
    (found,) = folder.glob(f"{tree}/walk/*/*/*/*")
    return found


def rows(folder: Path) -> list[dict[str, Any]]:
    with open(only(folder, "log") / "progress.csv", newline="") as stream:
        return [{key: value for key, value in row.items() if key != "timestamp"} for row in csv.DictReader(stream)]


def card(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((only(folder, "log") / "experiment.json").read_text())
    return content


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, content in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "walker/current.py").symlink_to("policy.py")
    return folder


@pytest.fixture
def again(project: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a project that was run and moved away, and the copy of its code that was run again."""
    train(project)
    moved = project.rename(tmp_path / "moved")
    shutil.copytree(only(moved, "code"), tmp_path / "again", symlinks=True)
    train(tmp_path / "again")
    return moved, tmp_path / "again"


def test_it_records_the_same_values(again: tuple[Path, Path]) -> None:
    first, second = map(rows, again)
    assert len(first) == 20
    assert len({row["size"] for row in first}) == 20
    assert second == first


def test_its_code_is_the_same(again: tuple[Path, Path]) -> None:
    first, second = map(card, again)
    assert first["code"] is not None
    assert second["code"] == first["code"]
    assert second["command"] == first["command"]


def test_it_leaves_nothing_out(again: tuple[Path, Path]) -> None:
    for folder in again:
        assert json.loads((only(folder, "code") / ".snapshot.json").read_text())["left_out"] == {}


def test_another_seed_of_the_same_code_gives_other_values(again: tuple[Path, Path], tmp_path: Path) -> None:
    moved, _ = again
    shutil.copytree(only(moved, "code"), tmp_path / "third", symlinks=True)
    path = tmp_path / "third/walker/sizes.txt"
    path.unlink()
    path.write_text("8 8\n")
    train(tmp_path / "third")
    assert rows(tmp_path / "third") != rows(moved)
    assert card(tmp_path / "third")["code"] != card(moved)["code"]


def test_a_whole_project_that_is_kept_can_be_run_again(project: Path, tmp_path: Path) -> None:
    config = (project / "rla_config.yaml").read_text()
    (project / "rla_config.yaml").write_text(config.replace("[walker, scripts]", "[.]"))
    train(project)
    shutil.copytree(only(project, "code"), tmp_path / "again", symlinks=True)
    train(tmp_path / "again")
    assert rows(tmp_path / "again") == rows(project)
    assert card(tmp_path / "again")["code"] == card(project)["code"]


def test_a_project_that_is_reached_through_a_link_can_be_run_again(project: Path, tmp_path: Path) -> None:
    """The shell knows the folder by the link, Python by its true path."""
    (tmp_path / "link").symlink_to(project)
    train(tmp_path / "link", PWD=str(tmp_path / "link"))
    shutil.copytree(only(project, "code"), tmp_path / "again", symlinks=True)
    train(tmp_path / "again")
    assert rows(tmp_path / "again") == rows(project)
