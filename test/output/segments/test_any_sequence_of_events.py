"""Whatever is recorded, killed, closed and resumed: all readers say what a model says that is a list."""

from __future__ import annotations

import json
import math
import os
import signal
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rla.clock import TimeStepHolder
from rla.names import TIMESTAMP
from rla.output import journal_writer, writer
from rla.output.columns import read_columns
from rla.output.fold import fold_dead_run
from rla.output.follow import Tail
from rla.output.last_values import LastValues, read_last_values
from rla.output.logger import Logger
from rla.output.reader import read_progress
from rla.output.table_readers import read_events_table

KEYS = ("always", "often", "seldom")


@dataclass(frozen=True)
class Part:
    """What one process does: the steps of its rows, with the keys of each; how it ends, and whether it is repaired."""

    resume_at: int | None
    rows: list[tuple[int, frozenset[str]]]
    killed: bool
    writes: bool
    repaired: bool


keys = st.sets(st.sampled_from(KEYS[1:])).map(lambda some: frozenset(some) | {KEYS[0]})
steps = st.one_of(st.just([]), st.lists(st.integers(0, 15), max_size=6, unique=True).map(sorted))
parts = st.builds(
    Part,
    st.one_of(st.none(), st.integers(0, 15)),
    steps.flatmap(lambda chosen: st.tuples(*(st.tuples(st.just(step), keys) for step in chosen)).map(list)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def play(part: Part, folder: Path, number: int) -> None:
    """Do a part in a process of its own."""
    pid = os.fork()
    if not pid:
        try:
            journal_writer.SEGMENT_BYTES = 300
            writer.FLUSH_SECONDS = 0.001 if part.writes else 1e6
            writer.Writer.wake = lambda self: None  # type: ignore[method-assign]
            logger = Logger(TimeStepHolder(), on_terminal=False)
            logger.open(folder, ["csv", "tensorboard"], resume_at=part.resume_at)
            for place, row in enumerate(values_of(part, number)):
                logger.record_all({key: value for key, value in row.items() if key != "time-step"})
                logger.dump_tabular(row["time-step"])
                if part.writes and place == 2:
                    logger.flush()
            if part.killed:
                os.kill(os.getpid(), signal.SIGKILL)
            logger.close()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) == part.killed
    if part.repaired:
        fold_dead_run(folder)


def values_of(part: Part, number: int) -> list[dict[str, float]]:
    return [{**dict.fromkeys(some, number * 100 + step), "time-step": step} for step, some in part.rows]


def goes_on(history: list[dict[str, float]], part: Part, number: int, resumed: int | None) -> list[dict[str, float]]:
    """The model: what a run's history is after a part.

    ``resumed`` is where the segment began that the part belongs to, when nothing was recorded in it before.
    """
    new = values_of(part, number)
    if not new or resumed is None:
        return history + new
    return [row for row in history if resumed >= row["time-step"] < new[0]["time-step"]] + new


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != TIMESTAMP} for row in rows]


NOTHING = Part(5, [], killed=False, writes=True, repaired=False)
ROWS = [(step, frozenset(KEYS[:1])) for step in range(10)]


@settings(max_examples=10, deadline=None)
@given(st.lists(parts, min_size=2, max_size=5))
@example([Part(None, ROWS, False, True, False), NOTHING, Part(None, ROWS[7:], False, True, False)])
@example([Part(None, ROWS, False, True, False), NOTHING, Part(7, ROWS[8:9], True, False, False), NOTHING])
def test_readers_say_what_the_model_says(chosen: list[Part]) -> None:
    check(chosen)


@pytest.mark.load
@settings(max_examples=500, deadline=None)
@given(st.lists(parts, min_size=2, max_size=8))
def test_readers_say_what_the_model_says_of_five_hundred(chosen: list[Part]) -> None:
    check(chosen)


def check(chosen: list[Part]) -> None:
    known: LastValues | None = None
    history: list[dict[str, float]] = []
    recorded, resumed = 0, None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, part in enumerate(chosen):
            play(part, folder, number)
            resumed = part.resume_at if part.resume_at is not None else resumed
            history = goes_on(history, part, number, resumed)
            recorded, resumed = recorded + len(part.rows), None if part.rows else resumed
            known = compare(folder, history, recorded, known)


def compare(folder: Path, history: list[dict[str, float]], recorded: int, known: LastValues | None) -> LastValues:
    assert without_time(read_progress(folder).rows) == history
    everything = read_progress(folder, with_abandoned=True)
    assert len(everything.rows) == recorded
    assert len(everything.abandoned) - sum(everything.abandoned) == len(history)
    for key in KEYS:
        column = read_columns(folder, ["time-step", key]).values
        pairs = [(row["time-step"], row[key]) for row in history if key in row]
        assert list(zip(column.get("time-step", []), column.get(key, []), strict=False)) == pairs
    newest: dict[str, float] = {}
    for row in history:
        newest.update(row)
    for found in (read_last_values(folder), read_last_values(folder, known)):
        assert without_time([dict(found.values)]) == [newest]
    with closing(Tail(folder)) as tail:
        assert without_time(tail.last(4)) == history[-4:]
    table = read_events_table(folder)
    shown = {} if KEYS[0] not in table else table[KEYS[0]].dropna().to_dict()
    assert shown == {row["time-step"]: row[KEYS[0]] for row in history}
    assert not any(math.isnan(step) for step in shown)
    return LastValues(found.values, json.loads(json.dumps(found.state)), found.problem)
