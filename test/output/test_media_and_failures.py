"""Pictures, sound and tables survive `kill -9`, and never end a training: a full disk costs one warning."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import files, logger
from rla.errors import RecordingError
from rla.output.fold import fold_dead_run

PICTURE = np.zeros((4, 4), np.uint8)


def test_what_was_recorded_survives_kill_9(
    folder: Path, killed: Callable[..., int], events: Callable[[Path], list[Any]]
) -> None:
    """The writer's thread never gets to its work: all is in the journal when a call returns."""
    from rla.output import writer

    def program(acknowledge: Callable[[int], None]) -> None:
        writer.FLUSH_SECONDS = 1e6  # type: ignore[misc]
        logger.configure(folder, ["tensorboard"])
        logger.set_time(5)
        logger.histogram("weights", np.arange(10))
        logger.image("image", PICTURE)
        logger.video("video", [PICTURE] * 2, save=False)
        logger.audio("audio", np.zeros(10), 8000)
        logger.text("text", "text")
        logger.table("table", [{"a": 1}])
        os.kill(os.getpid(), 9)

    killed(program)
    saved = sorted(path.name for path in (folder / "results").iterdir())
    assert saved == ["audio-5.wav", "image-5.png", "table-5.csv"]
    fold_dead_run(folder)
    found = [(value.tag, event.step) for event in events(folder) for value in event.summary.value]
    assert found == [(tag, 5) for tag in ("weights", "image", "video", "audio", "text", "table")]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of results has no room."""
    write = files.write_atomic

    def refuse(path: str | os.PathLike[str], data: bytes | str) -> None:
        if "results" in os.fspath(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data)

    monkeypatch.setattr(files, "write_atomic", refuse)


def test_a_full_disk_is_told_of_once_and_the_training_goes_on(
    folder: Path, full_disk: None, said: list[str], events: Callable[[Path], list[Any]]
) -> None:
    logger.configure(folder, ["csv", "tensorboard"])
    for step in range(3):
        logger.set_time(step)
        assert logger.image("image", PICTURE) is None
        assert logger.table("table", [{"a": 1}]) is None
        logger.record_tabular("loss", step)
        logger.dump_tabular()
    logger.close()
    (warning,) = said
    assert "'image' could not be saved" in warning
    assert "No space left on device" in warning
    tags = [value.tag for event in events(folder) for value in event.summary.value]
    assert tags == ["image", "table", "loss"] * 3
    assert "No space left on device" in (folder / "warn.txt").read_text()


def test_pictures_push_no_rows_out_of_the_memory_while_the_disk_refuses_them(
    folder: Path, disk: Any, said: list[str], events: Callable[[Path], list[Any]], own_pace: None
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1000, 700, 3), dtype=np.uint8)  # 2 MB each
    logger.configure(folder, ["csv", "tensorboard"])
    disk.refuses = ".journal"
    for step in range(3):
        logger.record_tabular("loss", step)
        logger.dump_tabular(step)
        for _ in range(4):
            logger.image("noise", noise, save=False)
        logger.image("small", PICTURE, save=False)
    disk.refuses = None
    logger.close()
    assert len((folder / "progress.csv").read_text().splitlines()) == 4
    assert logger.get_current().dropped_rows == 0
    tags = [value.tag for event in events(folder) for value in event.summary.value]
    assert tags == ["loss", "noise", "small", "loss", "small", "loss", "small"]


def test_in_strict_mode_the_next_dump_raises_it(
    folder: Path, full_disk: None, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_STRICT", "1")
    logger.configure(folder, ["csv"])
    logger.image("image", PICTURE)
    logger.record_tabular("loss", 1)
    with pytest.raises(RecordingError, match="could not be saved"):
        logger.dump_tabular()


def test_results_that_are_no_folder_are_told_of_once(folder: Path, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    (folder / "results").write_text("a file")
    assert [logger.image("image", PICTURE) for _ in range(2)] == [None, None]
    assert len(said) == 1


def test_no_memory_left_is_told_of_once(folder: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from rla.output.media import encoders

    def as_png(picture: np.ndarray) -> bytes:
        raise MemoryError

    monkeypatch.setattr(encoders, "as_png", as_png)
    logger.configure(folder, ["tensorboard"])
    assert [logger.image("image", PICTURE) for _ in range(2)] == [None, None]
    (warning,) = said
    assert "'image' could not be recorded: MemoryError" in warning


def test_a_picture_larger_than_a_segment_of_the_journal_is_shown(
    folder: Path, events: Callable[[Path], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    monkeypatch.setattr("rla.output.journal_writer.SEGMENT_BYTES", 1 << 15)
    logger.configure(folder, ["csv", "tensorboard"])
    for step in range(3):
        logger.image("noise", noise, save=False)
        logger.record_tabular("loss", step)
        logger.dump_tabular(step)
    logger.close()
    tags = [value.tag for event in events(folder) for value in event.summary.value]
    assert tags == ["noise", "loss"] * 3
