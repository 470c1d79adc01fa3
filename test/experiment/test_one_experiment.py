"""An experiment of the global manager becomes an item of the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rla import LOG, TREES, exp_manager, experiment_data_query, logger, read_progress, time_step_holder


def test_it_has_a_place_in_all_seven_trees(start: Callable[..., None], data_root: Path) -> None:
    start(env_id="CartPole-v1")
    for tree in TREES:
        assert (data_root / tree / "demo_task").is_dir()


def test_its_rows_can_be_read_back_after_it_has_finished(start: Callable[..., None], data_root: Path) -> None:
    start(env_id="CartPole-v1")
    for step in range(3):
        time_step_holder.set_time(step)
        logger.record_tabular("return", step * 1.5)
        logger.dump_tabular()
    exp_manager.finish()
    (result,) = experiment_data_query(data_root, "demo_task", None, LOG).values()
    rows = read_progress(Path(result.dirname)).rows
    assert [row["return"] for row in rows] == [0.0, 1.5, 3.0]
    assert [row["time-step"] for row in rows] == [0, 1, 2]
