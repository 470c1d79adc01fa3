"""An output is anybody's code: one that raises, waits or loses its place does not stop the others."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from rla import logger
from rla.output import journal, journal_writer, registry, writer
from rla.output.base import Output
from rla.output.fold import fold_dead_run
from rla.output.records import Record, Row


class Stubborn(Output):
    """Raises at every write while ``broken``; else takes up to ``takes`` records at a time."""

    name: ClassVar[str] = "stubborn"
    broken: ClassVar[bool] = True
    takes: ClassVar[int] = 10**9
    taken: ClassVar[list[object]] = []
    calls: ClassVar[int] = 0

    def __init__(self, directory: Path) -> None:
        pass

    def write(self, records: Sequence[Record]) -> int:
        Stubborn.calls += 1
        if Stubborn.broken:
            raise RuntimeError("never")
        part = records[: Stubborn.takes]
        Stubborn.taken += [record.values[0] for record in part if isinstance(record, Row)]
        return len(part)

    def close(self) -> None:
        if Stubborn.broken:
            raise RuntimeError("not even that")


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Stubborn]]:
    monkeypatch.setitem(registry.OUTPUTS, "stubborn", "stubborn:Stubborn")  # type: ignore[arg-type]
    original = registry._class_of
    monkeypatch.setattr(registry, "_class_of", lambda name: Stubborn if name == "stubborn" else original(name))
    Stubborn.broken, Stubborn.takes, Stubborn.calls = True, 10**9, 0
    Stubborn.taken.clear()
    yield Stubborn
    Stubborn.broken = False


@pytest.mark.usefixtures("own_pace")
def test_one_that_raises_at_every_write_stops_no_other_and_is_told_of_once(
    stubborn: type[Stubborn], folder: Path, dump: Callable, said: list[str], scalars: Callable
) -> None:
    logger.configure(folder, ["stubborn", "csv", "tensorboard"])
    for count in range(50):
        dump(step=count, count=count)
        if count % 10 == 0:
            logger.flush()
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(50))
    assert len(scalars(folder)["count"]) == 50
    assert stubborn.calls > 4
    assert "'stubborn' failed" in said[0]
    assert "rla fsck --repair" in said[1], "the journal stays, since one output has not taken it"
    assert len(said) == 2
    assert "stubborn" in (folder / "warn.txt").read_text()


@pytest.mark.usefixtures("own_pace")
def test_one_that_recovers_gets_every_row_once_and_in_order(
    stubborn: type[Stubborn], folder: Path, dump: Callable, said: list[str]
) -> None:
    logger.configure(folder, ["stubborn", "csv"])
    for count in range(60):
        stubborn.broken = 20 <= count < 40
        dump(count=count)
        if count % 7 == 0:
            logger.flush()
    logger.close()
    assert stubborn.taken == list(range(60))
    assert not (folder / ".journal").exists()


@pytest.mark.usefixtures("own_pace")
def test_each_episode_is_told_of_once(stubborn: type[Stubborn], folder: Path, dump: Callable, said: list[str]) -> None:
    logger.configure(folder, ["stubborn", "csv"])
    for episode in range(3):
        for broken in (True, False):
            stubborn.broken = broken
            for count in range(3):
                dump(count=count)
                logger.flush()
            assert len(said) == episode + 1


@pytest.mark.usefixtures("own_pace")
def test_one_that_takes_a_few_at_a_time_gets_every_row(
    stubborn: type[Stubborn], folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    stubborn.broken, stubborn.takes = False, 3
    logger.configure(folder, ["stubborn", "csv"])
    for count in range(100):
        dump(count=count)
        if count % 40 == 0:
            logger.flush()
    logger.close()
    assert stubborn.taken == list(range(100))
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(100))


def test_the_thread_goes_on_while_one_fails(
    stubborn: type[Stubborn], folder: Path, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.001)
    logger.configure(folder, ["stubborn", "csv"])
    for count in range(50):
        dump(count=count)
    deadline = time.monotonic() + 20
    while len((folder / "progress.csv").read_text().splitlines()) < 51:
        assert time.monotonic() < deadline, "the writer thread has stopped"
        time.sleep(0.005)


@pytest.mark.usefixtures("own_pace")
def test_one_that_keeps_failing_loses_its_oldest_rows_and_the_journal_stays_bounded(
    stubborn: type[Stubborn], folder: Path, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    logger.configure(folder, ["stubborn", "csv"])
    for count in range(1500):
        dump(count=count)
        if count % 20 == 0:
            logger.flush()
            logger.get_current()._pipeline._writer._sync()  # type: ignore[union-attr]
    assert len(journal.segments_of(folder / ".journal")) <= writer.LARGEST_LAG_SEGMENTS + 6
    assert any("it lost" in text for text in said)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(1481))


@pytest.mark.usefixtures("own_pace")
def test_a_csv_that_lost_rows_gets_no_row_twice_from_the_journal(
    folder: Path, disk: Any, dump: Callable, said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 500)
    logger.configure(folder, ["csv"])
    for count in range(1500):
        disk.refuses = "progress.csv" if 100 <= count < 700 else None
        dump(count=count)
        if count % 20 == 0:
            logger.flush()
    assert any("it lost" in text for text in said)
    killed = shutil.copytree(folder, tmp_path / "as a kill -9 would leave it")
    fold_dead_run(killed)
    counts = list(pd.read_csv(killed / "progress.csv")["count"].dropna())  # what was lost may leave empty lines
    assert counts[-1] == 1499
    assert counts == sorted(set(counts))
