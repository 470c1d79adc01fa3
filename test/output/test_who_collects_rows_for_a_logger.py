"""What collects rows for a logger is asked for the rest before a recording ends, and dumps whole rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import Logger, logger, read_progress
from rla.clock import TimeStepHolder
from rla.output.tensorboard import begin_events_in, events_folder


def steps(folder: Path) -> list[float]:
    return [row["time-step"] for row in read_progress(folder).rows]  # type: ignore[misc]


@pytest.mark.parametrize("end", ["close", "reset", "configure"])
def test_the_rest_is_dumped_before_the_recording_ends(folder: Path, tmp_path: Path, end: str) -> None:
    logger.configure(folder, ["csv"])
    current = logger.get_current()

    def dump_the_rest() -> None:
        current.before_close.discard(dump_the_rest)
        current.dump_row({"a": 1}, 5)

    current.before_close.add(dump_the_rest)
    if end == "configure":
        logger.configure(tmp_path / "next", ["csv"])
        assert steps(tmp_path / "next") == []
    else:
        getattr(logger, end)()
    assert steps(folder) == [5]


def test_one_that_raises_does_not_keep_the_recording_open(folder: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    logger.configure(folder, ["csv"])
    current = logger.get_current()
    current.dump_row({"a": 1}, 5)
    current.before_close.add(stop)
    with pytest.raises(KeyboardInterrupt):
        logger.close()
    current.before_close.clear()
    assert logger.get_dir() is None
    assert steps(folder) == [5]
    assert not (folder / ".journal").exists()


def test_rows_that_are_dumped_whole_are_not_torn_by_dumps_of_other_threads(folder: Path) -> None:
    own = Logger(TimeStepHolder())
    own.open(folder, ["csv"])
    stop = threading.Event()

    def dump() -> None:
        while not stop.is_set():
            own.dump_tabular()

    thread = threading.Thread(target=dump)
    thread.start()
    for step in range(300):
        assert own.dump_row({"a": step, "b": step}, step)["b"] == step
    stop.set()
    thread.join()
    own.close()
    assert [(row["a"], row["b"]) for row in read_progress(folder).rows] == [(step, step) for step in range(300)]


def test_event_files_lie_in_the_folder_itself_where_they_began_there(
    folder: Path, dump: Callable[..., object], tmp_path: Path
) -> None:
    begin_events_in(folder)
    logger.configure(folder, ["tensorboard"])
    dump(step=1, a=1)
    logger.configure(tmp_path / "other", ["tensorboard"])
    assert events_folder(folder) == folder
    assert len(list(folder.glob("events.out.tfevents.*"))) == 2
    assert not (folder / "tb").exists()
    assert events_folder(tmp_path / "other") == tmp_path / "other" / "tb" / "events"


def test_a_folder_that_has_event_files_keeps_its_place_for_them(folder: Path, dump: Callable[..., object]) -> None:
    logger.configure(folder, ["tensorboard"])
    dump(step=1, a=1)
    logger.close()
    begin_events_in(folder)
    assert list(folder.glob("events.out.tfevents.*")) == []
    (folder / "events.out.tfevents.1.of-somebody-else").touch()
    assert events_folder(folder) == folder / "tb" / "events"
