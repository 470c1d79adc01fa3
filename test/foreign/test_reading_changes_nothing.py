"""Whatever is asked of a data root, not one bit of it changes: no file, no permission, no time of change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ARCHIVE, TREES, experiment_data_query, single_experiment_query
from rla.query import experiments

one_format = pytest.mark.parametrize("name_format", ["with spaces"], indirect=True)
StateOf = Callable[[Path], dict[str, tuple[Any, ...]]]
REPOSITORY = Path(__file__).resolve().parents[2]

READ_EVERYTHING = """
import sys, warnings
from click.testing import CliRunner
from rla import TREES, experiment_data_query
from rla.cli.main import _group
from rla.database.trees import tasks_of
from rla.query import experiments

def read_everything(root):
    every = experiments(root)
    count = len(every)
    every.to_pandas(), every.load("loss"), every.episodes(), len(every.where("lr < 0.1"))
    for each in every:
        each.parameters, each.last, each.sizes, each.record().run_card()
    list(experiments(root, fresh=True)), list(experiments(root, refresh=False))
    names = [each.name for each in every]
    for arguments in (["ls"], ["ls", "--json"], ["query", "lr < 0.1"], ["fsck"], ["doctor"],
                      ["show", names[0]], ["diff", names[0], names[-1]]):
        CliRunner().invoke(_group, [*arguments, "--root", str(root)], catch_exceptions=False)
    for task in tasks_of(every.data_root):
        for tree in TREES:
            for result in experiment_data_query(root, task, None, tree).values():
                if tree == "archive_tester":
                    result.exp_manager.custom_data, result.exp_manager.hyper_param
    return count

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(read_everything(sys.argv[1]))
"""


@pytest.fixture
def data_root(open_place: Path) -> Path:
    """A data root that other users can look into."""
    return open_place / "data"


def read_everything(root: Path) -> int:
    program: dict[str, Any] = {"__name__": "reader"}
    exec(READ_EVERYTHING, program)
    return int(program["read_everything"](root))


@one_format
def test_a_data_root_of_the_original_is_the_same_afterwards(original: Path, state_of: StateOf) -> None:
    before = state_of(original)
    assert read_everything(original) == 10
    assert state_of(original) == before


@one_format
def test_a_data_root_that_may_only_be_read_is_read_by_another_user(
    original: Path, state_of: StateOf, as_nobody: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    for folder, _, names in os.walk(original):
        os.chmod(folder, 0o555)
        for name in names:
            os.chmod(f"{folder}/{name}", 0o444)
    before = state_of(original)
    done = as_nobody(READ_EVERYTHING, original)
    assert done.stdout == "10\n", done.stderr
    assert state_of(original) == before


def test_a_run_that_lives_changes_only_by_its_own_process(data_root: Path, state_of: StateOf, tmp_path: Path) -> None:
    program = (
        "import sys; from rla import exp_manager, logger\n"
        "exp_manager.set_hyper_param(lr=0.01); exp_manager.add_record_param(['lr'])\n"
        "exp_manager.configure('demo', {'LOG_USED': ['csv', 'tensorboard']}, data_root=sys.argv[1], code_root='.')\n"
        "exp_manager.log_files_gen()\n"
        "for step in range(3):\n"
        "    logger.record_tabular('loss', step); logger.dump_tabular()\n"
        "print('ready', flush=True); sys.stdin.read()\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program, str(data_root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    try:
        assert run.stdout is not None
        assert "ready" in iter(run.stdout.readline, "").__next__()
        os.kill(run.pid, signal.SIGSTOP)  # it lives, and writes nothing of its own meanwhile
        os.waitpid(run.pid, os.WUNTRACED)
        before = state_of(data_root)
        (only,) = experiments(data_root)
        assert (only.status, only.last["loss"]) == ("running", 2)
        assert read_everything(data_root) == 1
        assert state_of(data_root) == before
    finally:
        os.kill(run.pid, signal.SIGCONT)
        run.kill()
        run.communicate()


@one_format
def test_a_single_query_of_every_tree_changes_nothing(original: Path, state_of: StateOf) -> None:
    before = state_of(original)
    asked = 0
    for tree in TREES:
        for date in experiment_data_query(original, "demo_task", None, tree):
            result = single_experiment_query(original, "demo_task", date, tree)
            asked += 1
            if tree == ARCHIVE:
                assert result.exp_manager.hyper_param.agent.layers == [64, 64]  # type: ignore[union-attr]
    assert asked == 16
    assert state_of(original) == before
