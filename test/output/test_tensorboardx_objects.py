"""Objects of tensorboardX and texts go into the same event file as the scalars."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla import exp_manager, logger
from rla.errors import NotConfiguredError
from rla.output.fold import fold_dead_run


def tags_of(events: list, plugin: str = "") -> list[str]:
    return [value.tag for event in events for value in event.summary.value if plugin in str(value.metadata)]


def test_histograms_images_and_texts_stand_beside_the_scalars(folder: Path, dump: Callable, events: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    writer = logger.get_tbx_writer()
    dump(step=1, loss=1.0)
    writer.add_histogram("weights", np.arange(100.0), 1)
    writer.add_image("picture", np.zeros((3, 4, 5), dtype=np.uint8), 1)
    writer.add_text("note", "**bold**", 1)
    dump(step=2, loss=2.0)
    logger.close()
    (path,) = (folder / "tb" / "events").iterdir()
    assert path.stat().st_size > 0
    found = events(folder)
    assert tags_of(found, "histograms") == ["weights"]
    assert tags_of(found, "images") == ["picture"]
    assert tags_of(found, "text") == ["note/text_summary"]
    assert tags_of(found, "scalars") == ["loss", "loss"]


def test_they_survive_kill_9(folder: Path, killed: Callable, events: Callable) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        logger.configure(folder, ["tensorboard"])
        logger.get_tbx_writer().add_histogram("weights", np.arange(100.0), 1)
        logger.text("note", "text")
        os.kill(os.getpid(), 9)

    killed(program)
    fold_dead_run(folder)
    assert tags_of(events(folder), "histograms") == ["weights"]
    assert tags_of(events(folder), "text") == ["note"]


def test_the_writer_is_the_same_for_the_same_run_and_a_new_one_for_a_new_run(tmp_path: Path) -> None:
    logger.configure(tmp_path / "a", ["tensorboard"])
    first = logger.get_tbx_writer()
    assert logger.get_tbx_writer() is first
    logger.configure(tmp_path / "b", ["tensorboard"])
    assert logger.get_tbx_writer() is not first


def test_its_flush_brings_the_file_up_to_date_and_its_close_does_not_end_the_run(
    folder: Path, dump: Callable, events: Callable, scalars: Callable, own_pace: None
) -> None:
    logger.configure(folder, ["tensorboard"])
    writer = logger.get_tbx_writer()
    writer.add_scalar("a", 1.0, 1)
    writer.flush()
    assert scalars(folder)["a"] == [(1, 1.0)]
    writer.close()
    dump(step=2, b=2)
    logger.close()
    assert scalars(folder)["b"] == [(2, 2.0)]


def test_there_is_none_before_anything_is_recorded() -> None:
    with pytest.raises(NotConfiguredError):
        logger.get_tbx_writer()


def test_there_is_none_without_the_format_tensorboard(folder: Path) -> None:
    logger.configure(folder, ["csv"])
    with pytest.raises(NotConfiguredError, match="tensorboard"):
        logger.get_tbx_writer()


def test_the_hyper_parameters_show_in_the_text_tab(start: Callable, events: Callable) -> None:
    start(lr=0.125, env_id="CartPole-v1")
    log_dir = Path(exp_manager.log_dir)
    exp_manager.finish()
    texts = [
        value.tensor.string_val[0].decode()
        for event in events(log_dir)
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "text"
    ]
    assert any("lr" in text and "0.125" in text and "CartPole-v1" in text for text in texts)


def test_a_text_with_a_lone_surrogate_does_not_stop_the_training(folder: Path, events: Callable) -> None:
    logger.configure(folder, ["tensorboard"])
    logger.text("tag \udc80", "text \udc80")
    logger.close()
    assert len(tags_of(events(folder), "text")) == 1
