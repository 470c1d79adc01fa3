"""A value that TensorBoard cannot show as a scalar goes to the other outputs, with one warning for each key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import logger, read_progress


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["csv", "tensorboard", "json", "log"])
    return folder


def test_the_other_outputs_get_it(recording: Path, dump: Callable, said: list[str], scalars: Callable) -> None:
    dump(stage="warm-up", loss=0.5)
    logger.close()
    assert read_progress(recording).rows[0]["stage"] == "warm-up"
    assert "warm-up" in (recording / "log.txt").read_text()
    assert "warm-up" in (recording / "progress.json").read_text()
    assert scalars(recording) == {"loss": [(0, 0.5)]}


def test_there_is_one_warning_for_each_key_and_not_for_each_row(
    recording: Path, dump: Callable, said: list[str]
) -> None:
    for count in range(200):
        dump(stage=f"stage {count}", task="a" if count % 2 else 3, loss=0.5)
    logger.close()
    assert len(said) == 2
    assert sorted(text.split("'")[1] for text in said) == ["stage", "task"]
    assert (recording / "warn.txt").read_text().count("is no number") == 2


def test_a_value_that_is_excluded_from_tensorboard_is_not_warned_of(recording: Path, said: list[str]) -> None:
    logger.record_tabular("stage", "warm-up", exclude="tensorboard")
    logger.dump_tabular()
    logger.close()
    assert said == []


@pytest.mark.parametrize("value", [None, float("nan"), float("-inf"), True, 10**400])
def test_none_and_numbers_of_any_kind_are_not_warned_of(
    value: Any, recording: Path, dump: Callable, said: list[str]
) -> None:
    dump(value=value, loss=0.5)
    logger.close()
    assert said == []


def test_without_tensorboard_nothing_is_said(folder: Path, dump: Callable, said: list[str]) -> None:
    logger.configure(folder, ["csv", "log"])
    dump(stage="warm-up")
    logger.close()
    assert said == []


def test_the_warning_shows_only_the_start_and_the_end_of_a_long_text(
    recording: Path, dump: Callable, said: list[str]
) -> None:
    dump(stage="a" * 10_000_000 + "z")
    logger.close()
    (warning,) = said
    assert len(warning) < 1000
    assert "z'" in warning
