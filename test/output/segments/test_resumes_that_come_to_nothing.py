"""A resume after which nothing is recorded changes nothing, and a run that lives is not resumed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import read_episodes, read_progress
from rla.clock import TimeStepHolder
from rla.errors import RunIsAliveError
from rla.output import pipeline
from rla.output.columns import read_columns
from rla.output.follow import Tail
from rla.output.last_values import last_values
from rla.output.logger import Logger
from rla.output.resumes import leads_here, read_resumes

Segment = Callable[..., Logger]


def seen(folder: Path) -> tuple[object, ...]:
    """All that readers say of a run."""
    tail = Tail(folder)
    rows = read_progress(folder).rows
    last = tail.last(3)
    tail.close()
    columns = read_columns(folder, ["loss", "time-step"]).values
    return rows, last, last_values(folder), {key: values.tolist() for key, values in columns.items()}


def test_readers_see_what_they_saw(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    before = seen(folder)
    segment([], resume_at=5)
    segment([], resume_at=3)
    assert seen(folder) == before
    assert len(shown(folder)) == 10
    assert len(read_resumes(folder)) == 2


def test_a_later_resume_goes_on_through_it_or_around_it(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    segment([], resume_at=3)
    resumed = read_resumes(folder)[0].time
    segment([9], resume_at=8)
    assert [row["loss"] for row in read_progress(folder).rows] == [*range(9), 9.2]
    assert [step for step, _ in shown(folder)] == list(range(10))
    segment([6], resume_at=5, saved_at=resumed)  # with a state that it saved before it ended
    assert [row["loss"] for row in read_progress(folder).rows] == [0, 1, 2, 3, 6.3]
    assert [step for step, _ in shown(folder)] == [0, 1, 2, 3, 6]


def test_a_past_that_was_left_can_be_gone_back_to(segment: Segment, folder: Path, shown: Callable) -> None:
    segment(range(10))
    segment(range(4, 6), resume_at=3)
    resumes = read_resumes(folder)
    assert leads_here(resumes, 3, resumes[0].time - 1)
    assert not leads_here(resumes, 8, resumes[0].time - 1)
    segment([9], resume_at=8, saved_at=resumes[0].time - 1)
    assert [row["loss"] for row in read_progress(folder).rows] == [*range(9), 9.2]
    assert leads_here(read_resumes(folder), 8, resumes[0].time - 1)
    steps = [step for step, _ in shown(folder)]
    assert steps == [0, 1, 2, 3, 9], "event files cannot show again what they hid"


def test_a_run_that_lives_is_not_resumed(segment: Segment, folder: Path, in_a_fork: Callable) -> None:
    segment(range(3), close=False)

    def resume() -> str:
        logger = Logger(TimeStepHolder(), on_terminal=False)
        with pytest.raises(RunIsAliveError):
            logger.open(folder, ["csv"], resume_at=1)
        return "refused"

    assert in_a_fork(resume) == "'refused'"
    assert not (folder / "segments.json").exists()


def test_of_two_that_resume_a_run_at_once_one_does(segment: Segment, folder: Path, at_once: Callable) -> None:
    segment(range(10))
    program = """
import sys
from rla.errors import RunIsAliveError
from rla.output.logger import Logger
logger = Logger(on_terminal=False)
print("ready", flush=True)
sys.stdin.read(1)
try:
    logger.open(sys.argv[1], ["csv"], resume_at=5)
except RunIsAliveError:
    print("refused")
else:
    logger.record_tabular("loss", 6.5)
    logger.dump_tabular(6)
    sys.stdin.read()
"""
    answers = [answer for _, answer in at_once(program, [[folder]] * 2)]
    assert sorted(answers) in (["", "refused\n"], ["", ""]), "both are fine where one came after the other"
    resumes = read_resumes(folder)
    assert len(resumes) == 2 - len("".join(answers).split())
    assert read_progress(folder).rows[-1]["loss"] == 6.5


@pytest.mark.parametrize("moment", ["make_output", "JournalWriter", "Writer"])
def test_a_kill_while_it_begins_changes_nothing(
    moment: str, segment: Segment, folder: Path, killed: Callable, shown: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment(range(10))
    before = seen(folder)

    def program(acknowledge: Callable[[int], None]) -> None:
        monkeypatch.setattr(pipeline, moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        Logger(on_terminal=False).open(folder, ["csv", "tensorboard"], resume_at=4)

    killed(program)
    assert seen(folder) == before
    segment([5, 6], resume_at=4)
    assert [row["loss"] for row in read_progress(folder).rows] == [0, 1, 2, 3, 4, 5.1, 6.1]
    assert [step for step, _ in shown(folder)] == [0, 1, 2, 3, 4, 5, 6]


def test_episodes_alone_are_a_beginning_for_episodes(segment: Segment, folder: Path) -> None:
    first = segment([0], close=False)
    for step in range(5):
        first.clock.set_time(step)
        first.episodes(float(step))
    first.close()
    second = segment([], resume_at=2, close=False)
    assert len(read_episodes(folder)) == 5
    second.clock.set_time(3)
    second.episodes(3.5)
    assert list(read_episodes(folder)["return"]) == [0, 1, 2, 3.5]
    second.close()


def test_rows_alone_are_a_beginning_for_episodes_too(segment: Segment, folder: Path) -> None:
    first = segment([0], close=False)
    for step in range(5):
        first.clock.set_time(step)
        first.episodes(float(step))
    first.close()
    segment([3], resume_at=2)
    assert list(read_episodes(folder)["return"]) == [0, 1, 2]


def test_a_file_of_resumes_that_cannot_be_written_leaves_the_run_as_it_was(
    segment: Segment, folder: Path, disk: object
) -> None:
    segment(range(10))
    before = seen(folder)
    disk.refuses = "segments.json"  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="No space left"):
        segment([6], resume_at=5)
    assert seen(folder) == before
    assert not (folder / "segments.json").exists()
    disk.refuses = None  # type: ignore[attr-defined]
    segment([6], resume_at=5)
    assert json.loads((folder / "segments.json").read_text())["segments"][0]["rows"] == 10
