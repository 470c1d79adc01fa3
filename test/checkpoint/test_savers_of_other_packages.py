"""Another package adds a saver by an entry point; a broken one harms nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SAVER = """
import json
from rla.checkpoint.base import CheckpointSaver

class MySaver(CheckpointSaver):
    suffix = ".mine"

    def write(self, content, stream):
        stream.write(json.dumps(content).encode())

    def read(self, path, trust):
        with open(path) as stream:
            return json.load(stream)
"""
BEGIN = """
import os, sys
from rla import CHECKPOINT, exp_manager, experiment_data_query

def begin(framework):
    settings = {"DL_FRAMEWORK": framework, "LOG_USED": ["csv"]}
    exp_manager.configure("demo_task", settings, data_root=sys.argv[1], code_root=sys.argv[1])
    exp_manager.log_files_gen()

def save(step, **options):
    exp_manager.set_timestep(step)
    return exp_manager.save_checkpoint({"step": step}, **options)
"""


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run_with(tmp_path: Path, run_python: Run, data_root: Path) -> Run:
    """Run a program where a distribution is installed: ``run_with({"mine": "mine_saver:MySaver"}, program)``."""

    def run(entry_points: dict[str, str], program: str) -> CompletedProcess[str]:
        site = tmp_path / "site"
        information = site / "mine_saver-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: mine-saver\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (information / "entry_points.txt").write_text("\n".join(["[rla_checkpoint_savers]", *lines, ""]))
        (site / "mine_saver.py").write_text(SAVER)
        (site / "broken_saver.py").write_text("1 / 0\n")
        (site / "wrong_saver.py").write_text("class Saver:\n    suffix = '.wrong'\n")
        return run_python(BEGIN + program, data_root, env={"PYTHONPATH": f"{REPOSITORY}:{site}"})

    return run


MINE = {"mine": "mine_saver:MySaver"}


def test_it_saves_keeps_the_last_ones_and_loads(run_with: Run) -> None:
    done = run_with(
        MINE,
        """
begin("mine")
exp_manager.new_saver(max_to_keep=2)
for step in (8, 9, 10):
    save(step)
    save(step, checkpoint_name="best")
assert sorted(os.listdir(exp_manager.checkpoint_dir)) == ["best_10.mine", "best_9.mine", "checkpoint_10.mine",
    "checkpoint_9.mine"], os.listdir(exp_manager.checkpoint_dir)
assert exp_manager.load_checkpoint() == (10, {"step": 10})
assert exp_manager.load_checkpoint("9", "best") == (9, {"step": 9})
""",
    )
    assert done.returncode == 0, done.stderr


def test_its_files_are_loaded_whatever_framework_is_current(run_with: Run) -> None:
    done = run_with(
        {"broken": "broken_saver:Saver", **MINE},
        """
begin("mine")
folder = exp_manager.checkpoint_dir
save(3)
begin("plain")
from rla.checkpoint.folder import load_checkpoint
assert load_checkpoint(folder) == (3, {"step": 3})
save(4)
assert exp_manager.load_checkpoint() == (4, {"step": 4})
""",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("The checkpoint saver 'broken'") == 1


def test_its_files_are_listed_by_step(run_with: Run) -> None:
    done = run_with(
        MINE,
        """
begin("mine")
for step in (10, 9):
    save(step)
    os.utime(exp_manager.checkpoint_dir + f"checkpoint_{step}.mine", (1e9 - step, 1e9 - step))
open(exp_manager.checkpoint_dir + "notes.txt", "w").close()
(found,) = experiment_data_query(sys.argv[1], "demo_task", "*", CHECKPOINT).values()
assert found.all_ckps == ["notes.txt", "checkpoint_9.mine", "checkpoint_10.mine"], found.all_ckps
""",
    )
    assert done.returncode == 0, done.stderr


def test_a_missing_name_suggests_the_nearest(run_with: Run) -> None:
    done = run_with(
        MINE, "begin('mine'); save(1, checkpoint_name='policy')\nexp_manager.load_checkpoint(None, 'polcy')"
    )
    assert "CheckpointNotFoundError" in done.stderr
    assert "Did you mean 'policy'?" in done.stderr


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("broken_saver:Saver", "division by zero"),
        ("no_such_module:Saver", "no_such_module"),
        ("mine_saver:Missing", "Missing"),
        ("wrong_saver:Saver", "does not derive from"),
        ("mine_saver", "mine_saver"),
    ],
)
def test_a_broken_one_says_so_when_it_is_used_and_the_others_work(run_with: Run, entry: str, problem: str) -> None:
    done = run_with(
        {"broken": entry, **MINE},
        """
from rla.errors import CheckpointError
begin("broken")
try:
    exp_manager.new_saver()
except CheckpointError as error:
    print(error)
for framework in ("mine", "plain"):
    begin(framework)
    save(1)
    assert exp_manager.load_checkpoint() == (1, {"step": 1})
""",
    )
    assert done.returncode == 0, done.stderr
    assert "'broken'" in done.stdout
    assert problem in done.stdout


def test_a_misspelt_one_is_suggested_when_it_is_configured(run_with: Run) -> None:
    done = run_with({"jax-orbax": "mine_saver:MySaver"}, "begin('jax-orbx')")
    assert "ConfigValueError" in done.stderr
    assert "Did you mean 'jax-orbax'?" in done.stderr


def test_without_its_package_its_files_say_so(run_with: Run) -> None:
    done = run_with(
        {},
        """
begin("plain")
open(exp_manager.checkpoint_dir + "checkpoint_3.mine", "w").close()
exp_manager.load_checkpoint()
""",
    )
    assert "CheckpointNotFoundError" in done.stderr
    assert "checkpoint_3.mine" in done.stderr
    assert "package" in done.stderr
