"""A forked child records nothing unless it sets up its own; the parent's record stays intact."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import RLAWarning, logger, read_episodes, read_progress
from rla.output.fold import fold_dead_run


@pytest.fixture
def recording(folder: Path, dump: Callable) -> Path:
    logger.configure(folder, ["csv", "tensorboard", "log"])
    dump(step=0, count=0)
    return folder


def test_rows_are_refused_with_one_warning(recording: Path, dump: Callable, in_a_fork: Callable) -> None:
    def child() -> int:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for count in range(10):
                assert dump(count=-count)["count"] == -count
        return len([each for each in caught if each.category is RLAWarning])

    assert in_a_fork(child) == "1"
    dump(step=1, count=1)
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == [0, 1]


def test_episodes_are_refused_with_one_warning(recording: Path, in_a_fork: Callable) -> None:
    def child() -> int:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for count in range(10):
                logger.episodes(float(count), count)
        return len([each for each in caught if each.category is RLAWarning])

    assert in_a_fork(child) == "1"
    logger.episodes(1.0)
    assert read_episodes(recording)["return"].to_list() == [1.0]


def test_the_record_of_the_parent_is_intact_while_children_log_and_end(
    recording: Path, dump: Callable, in_a_fork: Callable, scalars: Callable
) -> None:
    def child() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            for count in range(50):
                dump(count=-count)
                logger.info("from the child")
                logger.warn("from the child")
            logger.flush()
            logger.close()
            logger.reset()

    for count in range(1, 6):
        in_a_fork(child)
        dump(step=count, count=count)
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(6))
    assert [value for _, value in scalars(recording)["count"]] == list(range(6))
    for name in ("log.txt", "warn.txt"):
        assert "from the child" not in (recording / name).read_text()


@pytest.mark.parametrize(
    "formats",
    [
        ("csv", "stdout"),
        ("csv",),
    ],
)
def test_text_goes_to_the_terminal(formats: tuple[str, ...], folder: Path, in_a_fork: Callable) -> None:
    logger.configure(folder, formats)

    def child() -> str:
        terminal = io.StringIO()
        with contextlib.redirect_stdout(terminal):
            logger.info("from the child")
        return terminal.getvalue()

    assert "from the child" in in_a_fork(child)


def test_the_open_row_of_the_parent_is_not_that_of_the_child(recording: Path, in_a_fork: Callable) -> None:
    logger.record_tabular("pending", 1)
    assert in_a_fork(lambda: dict(logger.name_to_value)) == "{}"
    assert logger.dump_tabular()["pending"] == 1


def test_a_child_that_sets_up_its_own_records(
    recording: Path, dump: Callable, in_a_fork: Callable, tmp_path: Path
) -> None:
    def child() -> None:
        logger.configure(tmp_path / "child", ["csv", "tensorboard"])
        for count in range(100, 110):
            dump(step=count, count=count)
        logger.close()

    in_a_fork(child)
    dump(step=1, count=1)
    logger.close()
    assert list(pd.read_csv(tmp_path / "child" / "progress.csv")["count"]) == list(range(100, 110))
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == [0, 1]


def test_a_child_that_is_killed_while_it_records_loses_nothing(
    recording: Path, dump: Callable, killed: Callable, tmp_path: Path
) -> None:
    def child(acknowledge: Callable[[int], None]) -> None:
        logger.configure(tmp_path / "child", ["csv"])
        for count in range(20):
            dump(count=count)
            acknowledge(count + 1)
        os.kill(os.getpid(), 9)

    assert killed(child) == 20
    assert len(read_progress(tmp_path / "child").rows) == 20
    fold_dead_run(tmp_path / "child")
    dump(count=1)
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == [0, 1]


def test_the_lock_of_the_parent_holds_while_and_after_a_child_lives(recording: Path, in_a_fork: Callable) -> None:
    from rla.errors import RunIsAliveError

    def child() -> str:
        try:
            logger.configure(recording, ["csv"])
        except RunIsAliveError:
            return "alive"
        return "recording twice"

    for _ in range(2):
        assert in_a_fork(child) == "'alive'"
    with pytest.raises(RunIsAliveError):
        fold_dead_run(recording)


def test_a_child_that_outlives_its_parents_run_does_not_keep_its_lock(
    folder: Path, dump: Callable, killed: Callable
) -> None:
    """The child of a killed run, a data loader say, must not make the dead run look alive."""
    hold, release = os.pipe()

    def run(acknowledge: Callable[[int], None]) -> None:
        logger.configure(folder, ["csv"])
        dump(count=0)
        if os.fork() == 0:
            with contextlib.suppress(BaseException):
                os.close(release)
                os.close(acknowledge.pipe)  # type: ignore[attr-defined]
                os.read(hold, 1)
            os._exit(0)
        acknowledge(1)
        os.kill(os.getpid(), 9)

    try:
        killed(run)
        fold_dead_run(folder)
        assert len(pd.read_csv(folder / "progress.csv")) == 1
    finally:
        os.close(release)
        os.close(hold)


def test_the_files_of_a_child_stay_open_in_its_own_children(
    recording: Path, in_a_fork: Callable, tmp_path: Path
) -> None:
    def child() -> str:
        stderr = sys.stderr
        sys.stderr = io.StringIO()
        opened = [os.open(tmp_path / f"{number}", os.O_RDWR | os.O_CREAT) for number in range(8)]
        pid = os.fork()
        if not pid:
            os._exit(sum(not os.path.exists(f"/proc/self/fd/{fd}") for fd in opened))
        closed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stderr = stderr
        return f"{closed} closed"

    assert in_a_fork(child) == "'0 closed'"


def test_a_fork_in_the_middle_of_everything_hangs_nobody(
    recording: Path, dump: Callable, in_a_fork: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forks happen while the writer's thread holds its locks; children that log and end must not wait for them."""
    from rla.output import writer

    monkeypatch.setattr(writer, "FLUSH_SECONDS", 0.0001)

    def child() -> None:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dump(count=-1)
            logger.record_mean("m", 1)
            logger.info("text")
            logger.flush()
            logger.close()

    for count in range(1, 40):
        dump(step=count, count=count)
        if count % 4 == 0:
            in_a_fork(child)
    logger.close()
    assert list(pd.read_csv(recording / "progress.csv")["count"]) == list(range(40))
