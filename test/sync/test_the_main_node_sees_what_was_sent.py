"""What arrives on the main node is in its database at once: new runs, new rows, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rla import exp_manager, logger
from rla.database.trees import ExperimentPlace
from rla.query import experiments
from rla.sync.remote import parse_remote
from rla.sync.sender import Sender


def record(step: int) -> None:
    exp_manager.set_timestep(step)
    logger.record_tabular("loss", 1 / (step + 1))
    logger.dump_tabular()
    logger.flush()


def test_runs_rows_and_endings_are_seen(data_root: Path, tmp_path: Path, start: Callable[..., None]) -> None:
    there = tmp_path / "main node"
    there.mkdir()
    assert len(experiments(there)) == 0
    start(lr=0.1)
    log_dir = Path(exp_manager.log_dir)
    place = ExperimentPlace(data_root, "demo_task", "/".join(log_dir.parts[-4:-1]), log_dir.name)
    sender = Sender(data_root, [parse_remote(str(there))])

    record(1)
    sender.send([place])
    (found,) = experiments(there)
    assert (found.status, found.parameters["lr"], found.last["loss"]) == ("running", 0.1, 0.5)

    record(3)
    sender.send([place])
    (found,) = experiments(there)
    assert found.last["loss"] == 0.25

    exp_manager.finish()
    sender.send([place])
    (found,) = experiments(there)
    assert found.status == "finished"
    assert len(experiments(there).load(["loss"])) == 2
