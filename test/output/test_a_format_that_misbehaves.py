"""A format of the user's that raises where nobody expects it, or counts wrongly, costs the other formats nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from rla import logger
from rla.output import Output, Record, Row, csv_file, register_output, registry, writer
from rla.output.fold import fold_dead_run

MANY = 1000


class Misbehaving(Output):
    """Raises in the method that ``raises_in`` names, and says that it took ``answers`` records where that is set."""

    name = "misbehaving"
    raises_in: ClassVar[str] = ""
    only_once: ClassVar[bool] = False
    answers: ClassVar[Any] = ()
    taken: ClassVar[list[object]] = []

    def __init__(self, directory: Path) -> None:
        pass

    def _do(self, what: str) -> None:
        if what == self.raises_in:
            if self.only_once:
                type(self).raises_in = ""
            raise RuntimeError(f"cannot {what}")

    def write(self, records: Sequence[Record]) -> int:
        if len(self.taken) >= MANY:
            return len(records)  # the test has seen enough, and shall end
        self.taken.extend(record.values[0] for record in records if isinstance(record, Row))
        return len(records) if self.answers == () else self.answers

    def expect(self, keys: Sequence[str]) -> None:
        self._do("expect")

    def settle(self) -> None:
        self._do("settle")

    def size(self) -> int:
        if self.taken:
            self._do("size")
        return 0

    def sync(self) -> None:
        self._do("sync")

    def close(self) -> None:
        self._do("close")


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> type[Misbehaving]:
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.01)
    monkeypatch.setattr(writer, "SYNC_SECONDS", 0.05)
    monkeypatch.setattr(writer, "CLOSE_SECONDS", 1.0)
    monkeypatch.setattr(csv_file, "WIDENING_REST", 1e9)  # rows with new keys wait until the end of the run
    monkeypatch.setattr(Misbehaving, "raises_in", "")
    monkeypatch.setattr(Misbehaving, "answers", ())
    monkeypatch.setattr(Misbehaving, "only_once", False)
    Misbehaving.taken.clear()
    return register_output(Misbehaving)


def wait_for(path: Path) -> None:
    """Wait until something is written, but not long: a broken writer never does."""
    deadline = time.monotonic() + 1
    while not path.stat().st_size and time.monotonic() < deadline:
        time.sleep(0.01)


def record_beside_it(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["misbehaving", "csv", "json"])
    for count in range(60):
        dump(step=count, count=count, **{f"from {count // 7 * 7} on": 1})
        if count == 3:
            wait_for(folder / "progress.csv")
        time.sleep(0.002)  # so that the writer works, and syncs, between the rows
    logger.close()


def assert_the_others_are_complete(folder: Path) -> None:
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(60))
    assert len((folder / "progress.json").read_text().splitlines()) == 60


@pytest.mark.parametrize(
    ("method", "only_once"),
    [
        ("settle", True),
        ("settle", False),
        ("expect", True),
        ("expect", False),
        ("size", True),
        ("size", False),
        ("sync", True),
        ("sync", False),
        ("close", False),
    ],
)
def test_one_that_raises_anywhere_harms_no_other(
    method: str, only_once: bool, misbehaving: type[Misbehaving], folder: Path, dump: Callable, said: list[str]
) -> None:
    misbehaving.raises_in, misbehaving.only_once = method, only_once
    record_beside_it(folder, dump)
    assert_the_others_are_complete(folder)
    assert len(said) <= 2, said


@pytest.mark.parametrize("answer", [None, -1, 0, 10**9, "3", 1.5])
def test_one_that_counts_wrongly_harms_no_other(
    answer: Any, misbehaving: type[Misbehaving], folder: Path, dump: Callable, said: list[str]
) -> None:
    misbehaving.answers = answer
    record_beside_it(folder, dump)
    assert_the_others_are_complete(folder)
    assert len(misbehaving.taken) < MANY, "it is given the same rows for ever"
    assert any("'misbehaving'" in text for text in said), "its author is told"
    assert len(said) <= 2, said


@pytest.mark.parametrize("answer", [None, -1, 10**9, "3", 0])
def test_one_that_counts_wrongly_does_not_keep_a_dead_run_from_being_repaired(
    answer: Any, misbehaving: type[Misbehaving], dead_run: Callable, said: list[str]
) -> None:
    misbehaving.answers = answer
    folder = dead_run([{"count": count} for count in range(30)], formats=("misbehaving", "csv"))
    fold_dead_run(folder)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))


@pytest.mark.parametrize("method", ["expect", "settle", "size", "sync", "close"])
def test_one_that_raises_does_not_keep_a_dead_run_from_being_repaired(
    method: str, misbehaving: type[Misbehaving], dead_run: Callable, said: list[str]
) -> None:
    folder = dead_run([{"count": count} for count in range(30)], formats=("misbehaving", "csv"))
    misbehaving.raises_in = method
    fold_dead_run(folder)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))
