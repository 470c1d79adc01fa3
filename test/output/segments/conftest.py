"""Fixtures for the tests of resumed runs: segments that are recorded one after the other, what TensorBoard shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.clock import TimeStepHolder
from rla.output.logger import Logger


@pytest.fixture
def segment(folder: Path) -> Iterator[Callable[..., Logger]]:
    """Record rows at some steps: ``segment(range(10))``, then ``segment(range(6, 9), resume_at=5)``.

    ``loss`` is the step and a tenth for each segment so far, so that rows of the same step can be told apart; ``more``
    are further values of each row. With ``close=False`` the logger still records when the test goes on.
    """
    loggers: list[Logger] = []

    def record(
        steps: Iterable[float],
        resume_at: float | None = None,
        saved_at: float | None = None,
        formats: tuple[str, ...] = ("csv", "tensorboard", "json", "log"),
        close: bool = True,
        **more: Any,
    ) -> Logger:
        logger = Logger(TimeStepHolder(), on_terminal=False)
        loggers.append(logger)
        logger.open(folder, formats, resume_at=resume_at, saved_at=saved_at)
        for step in steps:
            logger.record_all({"loss": step + (len(loggers) - 1) / 10, **more})
            logger.dump_tabular(step)
        if close:
            logger.close()
        return logger

    yield record
    for logger in loggers:
        logger.close()


@pytest.fixture
def shown() -> Callable[[Path, str], list[tuple[int, float]]]:
    """What TensorBoard itself shows of a tag: steps and values."""

    def read(folder: Path, tag: str = "loss") -> list[tuple[int, float]]:
        from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator

        # the reader that scripts use, and that of the web page
        plain = event_accumulator.EventAccumulator(str(folder / "tb" / "events"), size_guidance={"scalars": 0})
        page = plugin_event_accumulator.EventAccumulator(str(folder / "tb" / "events"), size_guidance={"tensors": 0})
        plain.Reload()
        page.Reload()
        if tag not in page.Tags()["tensors"]:
            return []
        found = [(each.step, each.tensor_proto.float_val[0]) for each in page.Tensors(tag)]
        assert [(each.step, each.value) for each in plain.Scalars(tag)] == found
        return [(step, round(value, 3)) for step, value in found]

    return read
