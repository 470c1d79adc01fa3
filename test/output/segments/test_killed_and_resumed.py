"""A run that is killed at random and resumed from a random earlier step, again and again, has the history of one that
never was."""

from __future__ import annotations

import math
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import files, read_episodes, read_progress
from rla.names import TIME_STEP, TIMESTAMP
from rla.output import history, writer
from rla.output.columns import read_columns
from rla.output.follow import Tail
from rla.output.last_values import last_values

STEPS = 400

PROGRAM = """
import os, random, sys, threading, time
from rla import logger, time_step_holder
from rla.output import journal_writer, writer
folder, start, steps, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
writer.FLUSH_SECONDS, writer.SYNC_SECONDS, journal_writer.SEGMENT_BYTES = 0.01, 0.02, 5_000
random.seed(seed)
first = max(start + random.choice([0, 1]), 0)  # the row of the step itself may come again
logger.process_logger.open(folder, ["csv", "tensorboard", "log"], resume_at=None if start < 0 else start)

def kill():
    time.sleep(random.uniform(0.0, 0.3))
    os.kill(os.getpid(), 9)

if seed:
    threading.Thread(target=kill).start()
acknowledged = os.open(folder + ".step", os.O_WRONLY | os.O_CREAT)
for step in range(first, steps):
    time_step_holder.set_time(step)
    if step % 7 == 0:
        logger.episodes(step / 2, step, success=step % 2)
    logger.record_tabular("count", step)
    if step % 5 == 0:
        logger.record_tabular("sparse", step / 4)
    if step % 90 == 50:
        logger.record_tabular(f"late {step}", "a, text\\n" + str(step))
    logger.dump_tabular()
    os.pwrite(acknowledged, b"%012d" % step, 0)
    if seed:
        time.sleep(0.0005)
while seed:
    time.sleep(1)
logger.close()
"""


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != TIMESTAMP} for row in rows]


def what_is_seen(folder: Path, shown: Callable) -> dict[str, Any]:
    """All that readers say of a run, but for the clock."""
    tail = Tail(folder)
    episodes = read_episodes(folder).drop(columns=[TIMESTAMP, "env"])
    columns = read_columns(folder, [TIME_STEP, "count", "sparse", "episode/count"]).values
    seen = {
        "rows": without_time(read_progress(folder).rows),
        "tail": without_time(tail.last(50)),
        "last": without_time([last_values(folder)]),
        "episodes": episodes.to_dict("list"),
        "columns": {key: [None if math.isnan(each) else each for each in column] for key, column in columns.items()},
        "sparse": shown(folder, "sparse"),
        "return": shown(folder, "episode/return_mean"),
    }
    tail.close()
    return seen


def kill_and_resume(
    rounds: int, folder: Path, run_python: Callable, shown: Callable, seed: int, program: str = PROGRAM
) -> None:
    chance = random.Random(seed)
    recorded, start = 0, -1
    for number in range(1, rounds + 1):
        done = run_python(program, folder, start, STEPS, seed * 1000 + number)
        assert done.returncode == -signal.SIGKILL, done.stderr
        rows = read_progress(folder).rows
        assert [row["count"] for row in rows] == list(range(len(rows)))
        steps = Path(f"{folder}.step")
        if steps.exists() and (text := steps.read_text()):
            assert len(rows) > int(text), "no acknowledged row is lost"
        everything = read_progress(folder, with_abandoned=True).rows
        assert len(everything) >= recorded, "no row ever goes"
        recorded = len(everything)
        if rows:
            start = chance.randrange(max(len(rows) - 150, 0), len(rows))
        steps.unlink(missing_ok=True)
    done = run_python(program, folder, start, STEPS, 0)
    assert done.returncode == 0, done.stderr
    never = folder.with_name("never killed")
    assert run_python(PROGRAM, never, -1, STEPS, 0).returncode == 0
    assert what_is_seen(folder, shown) == what_is_seen(never, shown)


def test_three_kills_change_nothing(folder: Path, run_python: Callable, shown: Callable) -> None:
    kill_and_resume(3, folder, run_python, shown, seed=1)


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(2, 4))
def test_fifty_kills_change_nothing(seed: int, folder: Path, run_python: Callable, shown: Callable) -> None:
    kill_and_resume(50, folder, run_python, shown, seed)


@pytest.mark.fault
def test_event_files_that_hide_nothing_would_be_seen(folder: Path, run_python: Callable, shown: Callable) -> None:
    mutant = "from rla.output.restart import Restart\nRestart.before = lambda self, record: (None, None)\n"
    with pytest.raises(AssertionError, match=r"sparse|return"):
        kill_and_resume(3, folder, run_python, shown, 1, mutant + PROGRAM)


@pytest.mark.fault
def test_rows_of_a_step_that_counted_twice_would_be_seen(
    folder: Path, run_python: Callable, shown: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_the_first(steps: Any, resumes: Any, starts: Any, last: int = 0) -> Any:
        steps = steps.copy()
        steps[[start for start in starts if start < len(steps)]] = math.nan
        return left_behind(steps, resumes, starts, last)

    left_behind = history.left_behind
    monkeypatch.setattr(history, "left_behind", without_the_first)
    with pytest.raises(AssertionError):
        kill_and_resume(6, folder, run_python, shown, 1)


OPERATIONS = ("append", "overwrite", "truncate", "fsync", "rename", "remove", "open_append", "touch_directory")


@pytest.mark.parametrize("nth", [*range(1, 22), 25, 30, 40])
def test_a_kill_at_any_file_operation_leaves_the_old_history_or_the_new(
    nth: int, folder: Path, killed: Callable, segment: Callable, shown: Callable
) -> None:
    segment(range(10))

    def program(acknowledge: Callable[[int], None]) -> None:
        writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 0.001
        left = [nth]
        for name in OPERATIONS:
            die_at(left, name)
        again = segment([], resume_at=4, close=False)
        for step in range(5, 1000):
            again.record_tabular("loss", step + 0.5)
            again.dump_tabular(step)
            acknowledge(step)

    acknowledged = killed(program)
    rows = [row["loss"] for row in read_progress(folder).rows]
    if acknowledged or len(rows) != 10:
        assert rows == [*range(5), *(step + 0.5 for step in range(5, len(rows)))]
        assert len(rows) >= acknowledged + 1
    else:
        assert rows == list(range(10))
    segment([5, 6], resume_at=4)
    assert [row["loss"] for row in read_progress(folder).rows] == [0, 1, 2, 3, 4, 5.1, 6.1]
    assert shown(folder) == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5.1), (6, 6.1)]


def die_at(left: list[int], name: str) -> None:
    original = getattr(files, name)

    def operation(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    setattr(files, name, operation)
