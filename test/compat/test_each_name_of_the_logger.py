"""Each name of `RLA.easy_log.logger` that records or shows: called once, and its result looked at."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

from RLA.easy_log import logger, time_step
from tensorboard.compat.proto import summary_pb2

from rla import read_progress

Row = dict[str, Any]


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_logkv_and_record_tabular() -> None:
    logger.logkv("loss", 0.5)
    logger.record_tabular("return", 7, exclude=("csv",), freq=3)
    assert logger.getkvs() == {"loss": 0.5, "return": 7}


def test_logkv_mean() -> None:
    logger.logkv_mean("loss", 1)
    logger.logkv_mean("loss", 2)
    assert logger.getkvs() == {"loss": 1.5}


def test_logkvs() -> None:
    logger.logkvs({"loss": 1, "return": 2}, prefix="train/", exclude="csv")
    assert logger.getkvs() == {"train/loss": 1, "train/return": 2}


def test_log_key_value() -> None:
    logger.log_key_value(["loss", "return"], [1, 2], prefix_name="train/")
    assert logger.getkvs() == {"train/loss": 1, "train/return": 2}


def test_dumpkvs_and_dump_tabular() -> None:
    time_step.time_step_holder.set_time(4)
    for dump in (logger.dumpkvs, logger.dump_tabular):
        logger.logkv("loss", 1)
        row = dump()
        assert row.keys() == {"loss", "time-step", "timestamp"}
        assert row["time-step"] == 4
    assert logger.getkvs() == logger.dumpkvs() == {}


def test_ma_record_tabular_and_ma_dict() -> None:
    for value in (1, math.nan, 2, 6):
        logger.ma_record_tabular("loss", value, record_len=2, ignore_nan=True)
    assert logger.getkvs() == {"loss": 4.0}
    assert list(logger.ma_dict) == ["loss"]
    assert list(logger.ma_dict["loss"].values) == [2.0, 6.0]
    logger.ma_dict.clear()
    logger.ma_record_tabular("loss", 10, record_len=2)
    assert logger.getkvs() == {"loss": 4.0}
    logger.reset()
    assert logger.ma_dict == {}


def test_lst_print_dict() -> None:
    logger.set_time(6)
    logger.logkv("loss", 1, freq=10)
    assert logger.lst_print_dict == {"loss": 6}
    logger.set_time(7)
    logger.logkv("loss", 2, freq=10)
    assert logger.getkvs() == {"loss": 1}
    logger.lst_print_dict.pop("loss")
    logger.logkv("loss", 3, freq=10)
    assert logger.getkvs() == {"loss": 3}


def test_log_from_tf_summary() -> None:
    value = summary_pb2.Summary.Value(tag="loss", simple_value=0.5)
    logger.log_from_tf_summary(summary_pb2.Summary(value=[value]))
    assert logger.getkvs() == {"loss": 0.5}


def test_timestep_and_get_time_and_set_time() -> None:
    logger.set_time(12)
    assert logger.timestep() == logger.get_time() == time_step.time_step_holder.get_time() == 12


def test_open_time_tracker_and_log_time_tracker() -> None:
    with logger.open_time_tracker("rollout"):
        pass
    logger.log_time_tracker()
    assert logger.getkvs()["time_used/total calls/rollout"] == 1.0


def test_ProfileKV_and_profile() -> None:  # noqa: N802  # the name of the class
    @logger.profile("step")
    def step() -> int:
        return 3

    with logger.ProfileKV("env"):
        assert step() == 3
    row = dict(logger.getkvs())
    assert row["wait_env"] >= row["wait_step"] > 0


# ---- the logger itself -----------------------------------------------------------------------------------------------


def test_configure_and_get_dir_and_reset(tmp_path: Path) -> None:
    rows: list[Row] = []
    logger.configure(str(tmp_path / "run"), ["csv"], comm=None, framework="tensorflow", log_callback_fn=rows.append)
    assert logger.get_dir() == str(tmp_path / "run")
    logger.logkv("loss", 1)
    row = logger.dumpkvs()
    logger.reset()
    assert logger.get_dir() is None
    assert rows == [row] == read_progress(tmp_path / "run").rows


def test_scoped_configure(tmp_path: Path) -> None:
    logger.logkv("open", 1)
    with logger.scoped_configure(dir=str(tmp_path / "eval"), format_strs=["csv"], comm=None):
        logger.logkv("loss", 2)
        logger.dumpkvs()
    assert logger.getkvs() == {"open": 1}
    assert read_progress(tmp_path / "eval").rows[0]["loss"] == 2


def test_get_current_and_Logger_CURRENT_and_DEFAULT() -> None:  # noqa: N802  # names of attributes
    assert logger.get_current() is logger.Logger.CURRENT is logger.Logger.DEFAULT
    logger.logkv("loss", 1)
    assert logger.get_current().name_to_value == {"loss": 1}


def test_set_comm() -> None:
    logger.set_comm(None)
    logger.Logger.CURRENT.set_comm(None)
    logger.logkv("loss", 1)
    assert logger.getkvs() == {"loss": 1}


def test_the_methods_of_a_Logger(tmp_path: Path) -> None:  # noqa: N802  # the name of the class
    stream, rows = io.StringIO(), []
    formats = [logger.HumanOutputFormat(stream)]
    own = logger.Logger(str(tmp_path), formats, [], [], comm=None, log_callback_fn=rows.append)
    own.logkv("loss", 1, exclude="csv")
    own.logkv_mean("return", 2)
    row = own.dumpkvs()
    own.set_level(logger.WARN)
    own.log("hidden", level=logger.INFO)
    own.set_comm(None)
    own.close()
    assert own.get_dir() == str(tmp_path)
    assert rows == [row]
    assert "| return" in stream.getvalue()
    assert "hidden" not in stream.getvalue()
