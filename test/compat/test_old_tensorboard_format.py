"""`TensorBoardOutputFormat` writes an event file of its own, with rows, tensorboardX objects and hyper-parameters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from RLA.easy_log.logger import TensorBoardOutputFormat
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from rla import RLAWarning, logger, time_step_holder


def values_of(folder: Path) -> Iterator[tuple[int, Any]]:
    for path in sorted((folder / "events").iterdir()):
        for event in EventFileLoader(str(path)).Load():
            yield from ((event.step, value) for value in event.summary.value)


@pytest.mark.parametrize("framework", ["tensorflow", "torch", None])
def test_rows_become_scalars_at_their_time_step(framework: str | None, tmp_path: Path) -> None:
    board = TensorBoardOutputFormat(str(tmp_path / "tb"), framework)
    board.writekvs({"loss": np.float32(0.5), "done": True, "time-step": 7, "timestamp": 1.5})
    time_step_holder.set_time(9)
    board.writekvs({"loss": 1e300})
    board.close()
    found = [(step, value.tag, value.tensor.float_val[0]) for step, value in values_of(tmp_path / "tb")]
    assert found == [(7, "loss", 0.5), (7, "done", 1.0), (9, "loss", float("inf"))]


def test_a_text_is_told_of_once(tmp_path: Path) -> None:
    board = TensorBoardOutputFormat(tmp_path)
    with pytest.warns(RLAWarning, match="'note' is no number"):
        board.writekvs({"loss": 1, "note": "a"})
    board.writekvs({"loss": 2, "note": "b"})  # a second warning would be an error
    assert [value.tag for _, value in values_of(tmp_path)] == ["loss", "loss"]


def test_its_writer_feeds_the_same_file(tmp_path: Path) -> None:
    board = TensorBoardOutputFormat(tmp_path)
    assert board.writer is board.writer
    board.writer.add_histogram("weights", np.arange(10.0), 3)
    board.writer.flush()
    board.writekvs({"loss": 1})
    assert len(list((tmp_path / "events").iterdir())) == 1
    assert [value.tag for _, value in values_of(tmp_path)] == ["weights", "loss"]


def test_hyper_parameters_show_as_a_text_without_secrets(tmp_path: Path) -> None:
    board = TensorBoardOutputFormat(tmp_path)
    board.add_hyper_params_to_tb({"lr": 0.125, "layers": [64, 64], "api_key": "abc123", "a|b": None})
    ((_, value),) = values_of(tmp_path)
    assert value.metadata.plugin_data.plugin_name == "text"
    table = value.tensor.string_val[0].decode()
    assert "| lr | 0.125 |" in table
    assert "| layers | [64, 64] |" in table
    assert "abc123" not in table


def test_with_metrics_they_show_in_the_tab_for_comparing_too(tmp_path: Path) -> None:
    from tensorboard.plugins.hparams import metadata

    board = TensorBoardOutputFormat(tmp_path)
    time_step_holder.set_time(4)
    board.add_hyper_params_to_tb({"lr": 0.125, "layers": [64, 64], "seed": None}, {"return": np.float32(10)})
    values = {value.tag: (step, value) for step, value in values_of(tmp_path)}
    assert values["return"][0] == 4
    assert values["return"][1].tensor.float_val[0] == 10.0
    start = values[metadata.SESSION_START_INFO_TAG][1].metadata.plugin_data.content
    hparams = metadata.parse_session_start_info_plugin_data(start).hparams
    assert hparams["lr"].number_value == 0.125
    assert hparams["layers"].string_value == "[64, 64]"


def test_a_folder_that_the_run_itself_writes_is_refused(tmp_path: Path) -> None:
    logger.configure(tmp_path, ["tensorboard"])
    with pytest.raises(ValueError, match="get_tbx_writer"):
        TensorBoardOutputFormat(tmp_path / "tb")
    assert len(list((tmp_path / "tb" / "events").iterdir())) == 1
    TensorBoardOutputFormat(tmp_path / "other").close()
