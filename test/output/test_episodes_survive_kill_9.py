"""An episode that `logger.episodes` returned from survives `kill -9`, exactly once, whatever its file holds by then."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger, read_episodes
from rla.output import journal_writer, writer
from rla.output.fold import fold_dead_run
from rla.output.writer import Writer

Program = Callable[[Callable[[int], None]], None]


def recording(folder: Path, batches: int, quick: bool) -> Program:
    """Return a program that records batches of three episodes and a row, until it kills itself."""

    def program(acknowledge: Callable[[int], None]) -> None:
        journal_writer.SEGMENT_BYTES = 600
        if quick:
            writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 0.002
        else:
            writer.FLUSH_SECONDS, Writer.wake = 1e6, lambda self: None  # type: ignore[method-assign,misc]
        logger.configure(folder, ["csv"])
        for batch in range(batches):
            logger.episodes([3.0 * batch, 3.0 * batch + 1, 3.0 * batch + 2], [1, 2, 3], batch=batch)
            acknowledge(3 * (batch + 1))
            logger.dump_tabular(step=batch)
            if quick and batch % 5 == 0:
                time.sleep(0.003)
        os.kill(os.getpid(), signal.SIGKILL)

    return program


@pytest.mark.parametrize("quick", [False, True], ids=["before anything was written", "while the writer works"])
def test_they_are_read_before_and_after_they_are_folded(quick: bool, folder: Path, killed: Callable[..., int]) -> None:
    acknowledged = killed(recording(folder, 60, quick))
    assert acknowledged == 180
    expected = [float(number) for number in range(acknowledged)]
    assert read_episodes(folder)["return"].to_list() == expected
    fold_dead_run(folder)
    assert read_episodes(folder)["return"].to_list() == expected
    assert not (folder / ".journal").exists()
    assert len((folder / "episodes.csv").read_text().splitlines()) == acknowledged + 1


def test_a_file_that_was_cut_anywhere_is_completed(tmp_path: Path, killed: Callable[..., int]) -> None:
    whole, dead = tmp_path / "whole", tmp_path / "dead"
    killed(recording(dead, 4, quick=False))
    shutil.copytree(dead, whole)
    fold_dead_run(whole)
    content = (whole / "episodes.csv").read_bytes()
    for size in range(0, len(content) + 1, 7):
        folder = tmp_path / f"cut {size}"
        shutil.copytree(dead, folder)
        (folder / "episodes.csv").write_bytes(content[:size])
        assert read_episodes(folder)["return"].to_list() == list(map(float, range(12))), f"read, cut at {size}"
        fold_dead_run(folder)
        assert (folder / "episodes.csv").read_bytes() == content, f"folded, cut at {size}"


def test_without_a_commit_they_are_folded_as_well(folder: Path, killed: Callable[..., int]) -> None:
    killed(recording(folder, 5, quick=False))
    (folder / ".journal" / "commit").write_bytes(b"")
    fold_dead_run(folder)
    assert len(read_episodes(folder)) == 15


def test_a_clock_that_goes_back_loses_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger.configure(folder, ["csv"])
    logger.episodes([1.0, 2.0])
    logger.flush()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    logger.episodes([3.0])
    logger.reset()
    logger.configure(folder, ["csv"])
    logger.episodes([4.0])
    assert read_episodes(folder)["return"].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert read_episodes(folder)["timestamp"].is_monotonic_increasing


def test_a_disk_that_refuses_the_file_gets_them_later(folder: Path, disk: object, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    logger.episodes(1.0)
    logger.flush()
    disk.refuses = "episodes.csv"  # type: ignore[attr-defined]
    disk.takes_bytes = 5  # type: ignore[attr-defined]
    logger.episodes([2.0, 3.0])
    for _ in range(3):
        logger.flush()
    assert any("episodes" in problem for problem in said)
    disk.refuses = None  # type: ignore[attr-defined]
    logger.close()
    assert read_episodes(folder)["return"].to_list() == [1.0, 2.0, 3.0]
    assert len((folder / "episodes.csv").read_text().splitlines()) == 4


def test_a_forked_child_records_none(folder: Path, in_a_fork: Callable[..., str]) -> None:
    logger.configure(folder, ["csv"])
    logger.episodes(1.0)

    def child() -> int:
        logger.episodes(2.0)
        return 0

    in_a_fork(child)
    assert read_episodes(folder)["return"].to_list() == [1.0]
