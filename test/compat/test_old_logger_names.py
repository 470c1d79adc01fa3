"""The logger answers to the names of OpenAI baselines' logger."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import Logger, exp_manager, logger, read_progress, time_step_holder


def test_logkv_sets_a_value_and_the_last_one_counts() -> None:
    logger.logkv("loss", 1.0)
    logger.logkv(key="loss", val=2.0)
    logger.logkv("return", value=3.0)
    assert logger.getkvs() == {"loss": 2.0, "return": 3.0}


def test_logkv_leaves_formats_out_and_keeps_to_a_frequency(start: Callable[..., None]) -> None:
    start(lr=0.1)
    for step in range(4):
        time_step_holder.set_time(step)
        logger.logkv("hidden", step, exclude="csv")
        logger.logkv("rare", step, freq=2)
        logger.logkv("always", step)
        logger.dumpkvs()
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    rows = read_progress(folder).rows
    assert [row["always"] for row in rows] == [0, 1, 2, 3]
    assert [row["rare"] for row in rows if row.get("rare") is not None] == [0, 2]
    assert all(row.get("hidden") is None for row in rows)


def test_dumpkvs_returns_the_row_with_its_time_step_and_clears_it() -> None:
    logger.logkv("loss", 1.0)
    row = logger.dumpkvs(step=7)
    assert (row["loss"], row["time-step"]) == (1.0, 7)
    assert row.keys() == {"loss", "time-step", "timestamp"}
    assert logger.getkvs() == {}
    assert time_step_holder.get_time() == 7


def test_dumpkvs_of_an_empty_row_returns_nothing() -> None:
    assert logger.dumpkvs() == {}


def test_logkv_mean_averages_until_the_dump() -> None:
    for value in (1.0, 2.0, 6.0):
        logger.logkv_mean("loss", value)
    assert logger.dumpkvs()["loss"] == pytest.approx(3.0)
    logger.logkv_mean("loss", 10.0)
    assert logger.dumpkvs()["loss"] == pytest.approx(10.0)


def test_logkvs_sets_all_values_of_a_dict() -> None:
    logger.logkvs({"loss": 1, "return": 2}, prefix="train/")
    logger.logkvs({"plain": 3})
    assert logger.getkvs() == {"train/loss": 1, "train/return": 2, "plain": 3}


def test_logkvs_leaves_formats_out(start: Callable[..., None]) -> None:
    start(lr=0.1)
    logger.logkvs({"hidden": 1}, exclude=("csv", "log"))
    logger.logkvs({"shown": 2})
    logger.dumpkvs()
    folder = Path(exp_manager.log_dir)
    exp_manager.finish()
    assert "shown" in (folder / "progress.csv").read_text(encoding="utf-8")
    assert "hidden" not in (folder / "progress.csv").read_text(encoding="utf-8")
    assert "hidden" not in (folder / "log.txt").read_text(encoding="utf-8")


def test_log_key_value_takes_two_lists() -> None:
    logger.log_key_value(["a", "b"], [1, 2], prefix_name="eval/")
    assert logger.getkvs() == {"eval/a": 1, "eval/b": 2}


def test_log_key_value_refuses_lists_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        logger.log_key_value(["a", "b"], [1])


def test_getkvs_is_the_open_row_itself() -> None:
    logger.getkvs()["put"] = 1
    assert logger.getkvs() is logger.name_to_value
    assert logger.dumpkvs()["put"] == 1


def test_get_time_is_the_time_step() -> None:
    time_step_holder.set_time(9)
    assert logger.get_time() == 9


def test_a_logger_of_ones_own_has_the_old_names_too(tmp_path: Path) -> None:
    own = Logger()
    own.open(tmp_path / "own", ("csv",))
    own.logkv("loss", 1.0)
    own.logkv_mean("return", 2.0)
    own.logkv_mean("return", 4.0)
    assert own.dumpkvs()["return"] == pytest.approx(3.0)
    own.close()
    assert read_progress(tmp_path / "own").rows[0]["loss"] == 1.0
    assert logger.getkvs() == {}


def test_an_old_method_can_be_told_from_its_name_of_today_by_nothing() -> None:
    for old, new in {"logkv": "record_tabular", "logkv_mean": "record_mean", "dumpkvs": "dump_tabular"}.items():
        assert getattr(logger, old) == getattr(logger, new)
        assert inspect.signature(getattr(Logger, old)) == inspect.signature(getattr(Logger, new))
