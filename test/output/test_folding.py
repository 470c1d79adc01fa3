"""Folding the journal of a dead run: complete, once, and again after it was interrupted."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import files, logger
from rla.errors import RunIsAliveError
from rla.output.fold import fold_dead_run, has_journal
from rla.output.last_row import last_row
from rla.output.reader import read_progress

ROWS = [{"count": count, **({"late": 1.5} if count == 20 else {})} for count in range(30)]


def test_it_returns_how_many_rows_were_missing(dead_run: Callable) -> None:
    assert fold_dead_run(dead_run(ROWS)) == 30


def test_the_second_time_it_changes_nothing(dead_run: Callable, tree: Callable) -> None:
    folder = dead_run(ROWS)
    fold_dead_run(folder)
    before = tree(folder)
    assert fold_dead_run(folder) == 0
    assert tree(folder) == before


def test_a_folder_without_a_journal_is_left_alone(tmp_path: Path, tree: Callable) -> None:
    (tmp_path / "progress.csv").write_text("a\n1\n")
    before = tree(tmp_path)
    assert fold_dead_run(tmp_path) == 0
    assert tree(tmp_path) == before


def test_a_live_run_is_refused(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(count=1)
    with pytest.raises(RunIsAliveError):
        fold_dead_run(folder)
    assert has_journal(folder)


@pytest.mark.parametrize("nth", range(1, 16))
def test_it_can_be_repeated_after_the_disk_refused_its_nth_write(
    nth: int, dead_run: Callable, monkeypatch: pytest.MonkeyPatch, scalars: Callable
) -> None:
    folder = dead_run(ROWS)
    left = [nth]

    def fragile(original: Callable) -> Callable:
        def operation(*arguments: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "no space")
            return original(*arguments)

        return operation

    with monkeypatch.context() as patch:
        for name in ("append", "truncate", "rename", "remove", "open_append", "fsync"):
            patch.setattr(files, name, fragile(getattr(files, name)))
        with contextlib.suppress(OSError):  # some failures are no reason to stop
            fold_dead_run(folder)
    assert [row["count"] for row in read_progress(folder).rows] == list(range(30))
    fold_dead_run(folder)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))
    assert scalars(folder)["count"] == [(count, float(count)) for count in range(30)]
    assert scalars(folder)["late"] == [(20, 1.5)]
    assert len((folder / "progress.json").read_text().splitlines()) == 30
    assert not has_journal(folder)


def test_lines_of_text_reach_their_files_too(folder: Path, killed: Callable) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        logger.configure(folder, ["log"])
        logger.warn("careful")
        logger.backup("described")
        os.kill(os.getpid(), 9)

    killed(program)
    fold_dead_run(folder)
    assert "careful" in (folder / "warn.txt").read_text()
    assert "described" in (folder / "backup.txt").read_text()
    assert "careful" in (folder / "log.txt").read_text()


def test_each_line_of_text_stands_there_once(folder: Path, killed: Callable) -> None:
    def program(acknowledge: Callable[[int], None]) -> None:
        logger.configure(folder, ["log"])
        for number in range(10):
            logger.warn(f"<{number}>")
            if number == 5:
                logger.flush()
        os.kill(os.getpid(), 9)

    killed(program)
    fold_dead_run(folder)
    for name in ("warn.txt", "log.txt"):
        text = (folder / name).read_text()
        assert [text.count(f"<{number}>") for number in range(10)] == [1] * 10


def test_a_run_without_a_csv_keeps_its_rows_in_its_other_files(dead_run: Callable, scalars: Callable) -> None:
    folder = dead_run(ROWS, formats=("tensorboard",))
    assert len(read_progress(folder).rows) == 30
    fold_dead_run(folder)
    assert scalars(folder)["count"] == [(count, float(count)) for count in range(30)]


def test_the_csv_is_completed_from_the_journal_even_when_the_commit_is_lost(dead_run: Callable) -> None:
    folder = dead_run(ROWS)
    (folder / ".journal" / "commit").unlink()
    assert last_row(folder)["count"] == 29
    assert fold_dead_run(folder) == 30
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))


def test_a_copy_of_the_folder_is_folded_like_the_folder(dead_run: Callable, tmp_path: Path) -> None:
    folder = dead_run(ROWS)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert fold_dead_run(copy) == fold_dead_run(folder)
    assert (copy / "progress.csv").read_bytes() == (folder / "progress.csv").read_bytes()


def test_the_commit_of_an_earlier_run_that_died_while_closing_misleads_nobody(
    folder: Path, dead_run: Callable, dump: Callable, scalars: Callable
) -> None:
    dead_run([{"count": count} for count in range(200)])
    logger.configure(folder, ["csv", "tensorboard"])
    for count in range(200, 400):
        dump(step=count, count=count)
    logger.flush()
    writer = logger.get_current()._pipeline._writer  # type: ignore[union-attr]
    for _ in range(6):
        writer._sync()
    commit = (folder / ".journal" / "commit").read_bytes()
    logger.close()
    (folder / ".journal").mkdir()
    (folder / ".journal" / "commit").write_bytes(commit)  # the process died before it could remove this
    dead_run([{"count": count} for count in range(400, 700)])
    fold_dead_run(folder)
    assert [value for _, value in scalars(folder)["count"]] == list(range(700))
