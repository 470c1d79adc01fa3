"""Whichever operation of `rla.files` fails, and however: training is the same, one warning, and no record is lost."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rla import exp_manager, files, logger, read_progress
from rla.output import journal_writer, writer

OPERATIONS = ("append", "overwrite", "truncate", "fsync", "rename", "remove", "open_append", "open_for_update")
KINDS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EINTR", "short write")
ROWS = 40


class Faults:
    """A disk that refuses: the n-th calls of some operations, or all calls while ``refuses`` is set.

    Attributes:
        calls: how many calls of those operations there were.
        fired: how many of them failed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: tuple[str, ...] = ()
        self.kind = "EIO"
        self.nth = 0
        self.refuses = False
        self.calls = self.fired = 0
        monkeypatch.setattr(files, "fsync", os.fstat)  # nobody cuts the power here
        for name in OPERATIONS:
            monkeypatch.setattr(files, name, self._fragile(name, getattr(files, name)))

    def begin(self, kind: str, *names: str, nth: int = 0) -> None:
        """Make the n-th call of these operations fail, or all of them from now on."""
        self.kind, self.names, self.nth, self.refuses = kind, names, nth, not nth
        self.calls = self.fired = 0

    def end(self) -> None:
        """Make nothing fail any more."""
        self.nth, self.refuses = 0, False

    def _fragile(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            if name in self.names:
                self.calls += 1
                if self.refuses or self.calls == self.nth:
                    self.fired += 1
                    if self.kind == "short write" and name == "append":
                        original(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                    number = getattr(errno, self.kind, errno.ENOSPC)
                    raise OSError(number, os.strerror(number))
            return original(*arguments)

        return operation


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.0)
    return Faults(monkeypatch)


@pytest.fixture
def begin(start: Callable[..., None], data_root: Path) -> Callable[[], Path]:
    """Begin an experiment in a new data root, and return its log folder."""

    def begin_experiment() -> Path:
        exp_manager.finish()
        shutil.rmtree(data_root, ignore_errors=True)
        start(log_used=("csv", "tensorboard", "log", "json"))
        return Path(exp_manager.log_dir)

    return begin_experiment


def train(before_row: Callable[[int], object] = lambda count: None) -> float:
    """Train a little, recording everything that can be, and return the result."""
    noise, weight = random.Random(1), 1.0
    for count in range(ROWS):
        before_row(count)
        weight += noise.gauss(0, 1)
        logger.record_tabular("count", count)
        logger.record_tabular("weight", weight)
        if count % 10 == 5:
            logger.record_tabular(f"late {count}", count)
        if count % 7 == 0:
            logger.info(f"<text {count}>")
        if count % 9 == 0:
            logger.get_tbx_writer().add_histogram("histogram", np.arange(5), count)
        row = logger.dump_tabular(step=count)
        weight -= row["weight"] * 0.1
        if count % 8 == 0:
            logger.flush()
    return weight


def check_everything(folder: Path, scalars: Callable[..., Any], events: Callable[..., Any]) -> None:
    counts = list(range(ROWS))
    assert [row["count"] for row in read_progress(folder).rows] == counts
    frame = pd.read_csv(folder / "progress.csv")
    assert list(frame["count"]) == counts
    assert scalars(folder)["count"] == [(count, float(count)) for count in counts]
    for late in range(5, ROWS, 10):
        assert frame[f"late {late}"].dropna().to_dict() == {late: late}
        assert scalars(folder)[f"late {late}"] == [(late, float(late))]
    assert [json.loads(line)["count"] for line in (folder / "progress.json").read_text().splitlines()] == counts
    texts = [line[line.index("<text") :] for line in (folder / "log.txt").read_text().splitlines() if "<text" in line]
    assert texts == [f"<text {count}>" for count in range(0, ROWS, 7)]
    shown = [event.step for event in events(folder) for value in event.summary.value if value.tag == "histogram"]
    assert shown == list(range(0, ROWS, 9))


def beginnings(said: list[str]) -> list[str]:
    """Return the warnings that something has begun to fail, without what follows from it."""
    return [text for text in said if "takes records again" not in text and "rla fsck --repair" not in text]


@pytest.fixture
def nth_fails(
    begin: Callable[[], Path], faults: Faults, said: list[str], fsck: Callable[..., Any], data_root: Path,
    scalars: Callable[..., Any], events: Callable[..., Any],
) -> Callable[[str, str, int], bool]:  # fmt: skip
    """Let the n-th call of an operation fail, and say whether there was one: ``nth_fails("append", "EIO", 3)``."""
    begin()
    expected = train()

    def run(name: str, kind: str, nth: int) -> bool:
        folder = begin()
        said.clear()
        faults.begin(kind, name, nth=nth)
        assert train() == expected
        exp_manager.finish()
        faults.end()
        assert fsck(data_root, "--repair")["errors"] == 0
        check_everything(folder, scalars, events)
        assert len(beginnings(said)) <= 1, said
        return faults.fired > 0

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_one_operation_that_fails_changes_nothing(kind: str, nth_fails: Callable[[str, str, int], bool]) -> None:
    sample = random.Random(kind)
    assert sum(nth_fails("append", kind, nth) for nth in sample.sample(range(1, 100), 3)) > 0
    for name in OPERATIONS[1:] if kind == "EIO" else ():
        nth_fails(name, kind, sample.randint(1, 5))


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_whichever_operation_fails_changes_nothing(
    name: str, kind: str, nth_fails: Callable[[str, str, int], bool]
) -> None:
    nth = 1
    while nth_fails(name, kind, nth):
        nth += 1
    assert nth > 1 or name in ("truncate", "open_for_update"), "it is not called at all"


# ---- a disk that refuses for a while -----------------------------------------------------------------------------

EPISODES = {10: True, 20: False, 25: True, 33: False}


@pytest.fixture
def refused(
    begin: Callable[[], Path], faults: Faults, said: list[str], fsck: Callable[..., Any], data_root: Path
) -> Callable[..., tuple[Path, list[list[str]]]]:
    """Let operations fail during some rows, and return the folder and the warnings of each such episode."""
    begin()
    expected = train()

    def run(kind: str, *names: str) -> tuple[Path, list[list[str]]]:
        folder = begin()
        said.clear()
        told: list[list[str]] = []

        def before_row(count: int) -> None:
            if EPISODES.get(count) is True:
                faults.begin(kind, *names)
            elif EPISODES.get(count) is False:
                faults.end()
                logger.flush()
                told.append(beginnings(said))
                said.clear()

        assert train(before_row) == expected
        assert beginnings(said) == []
        exp_manager.finish()
        assert fsck(data_root, "--repair")["errors"] == 0
        return folder, told

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_refuses_for_a_while_gets_everything_later(
    kind: str, refused: Callable[..., Any], scalars: Callable[..., Any], events: Callable[..., Any]
) -> None:
    names = [name for name in OPERATIONS if kind != "short write" or name not in ("truncate", "remove")]
    folder, told = refused(kind, *names)
    check_everything(folder, scalars, events)
    for episode in told:
        assert sum("refuses records" in text for text in episode) == 1
        assert len(episode) == len(set(episode)), "each thing is told of once"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_that_fails_for_a_while_is_done_later(
    name: str, refused: Callable[..., Any], scalars: Callable[..., Any], events: Callable[..., Any]
) -> None:
    folder, _ = refused("EIO", name)
    check_everything(folder, scalars, events)


def test_a_disk_that_refuses_is_told_of_once(refused: Callable[..., Any]) -> None:
    _, told = refused("ENOSPC", *OPERATIONS)
    assert [len(episode) for episode in told] == [1, 1]


def test_short_writes_that_cannot_be_taken_back_leave_no_torn_record(
    refused: Callable[..., Any], scalars: Callable[..., Any], events: Callable[..., Any]
) -> None:
    folder, _ = refused("short write", "append", "truncate")
    check_everything(folder, scalars, events)


def test_without_truncating_torn_records_the_files_are_wrong(
    refused: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    scalars: Callable[..., Any],
    events: Callable[..., Any],
) -> None:
    """The tests above can fail: where nothing is cut off after a short write, they would."""
    monkeypatch.setattr(files, "truncate", lambda fd, size: None)
    folder, _ = refused("short write", "append")
    with pytest.raises(AssertionError):
        check_everything(folder, scalars, events)
