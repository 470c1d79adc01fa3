"""A journal of several segments goes when every output has it; whichever removal fails, no output loses a row."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from rla import files, logger
from rla.output import journal_writer
from rla.output.fold import fold_dead_run, has_journal

ROWS = [{"count": count} for count in range(30)]


@pytest.fixture
def nth_removal_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let one removal fail, and all that come after it in the same call."""

    def fail(nth: int) -> None:
        left = nth
        remove = files.remove

        def fragile(path: Path) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(errno.EIO, "the disk does not remove it")
            remove(path)

        monkeypatch.setattr(files, "remove", fragile)

    return fail


def check(folder: Path, scalars: Callable) -> None:
    assert not has_journal(folder)
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))
    assert scalars(folder)["count"] == [(count, float(count)) for count in range(30)]
    assert len((folder / "progress.json").read_text().splitlines()) == 30


@pytest.mark.parametrize("nth", range(1, 8))
def test_when_a_run_ends_whose_commit_is_old(
    nth: int,
    folder: Path,
    dump: Callable,
    own_pace: None,
    nth_removal_fails: Callable,
    monkeypatch: pytest.MonkeyPatch,
    scalars: Callable,
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 400)
    logger.configure(folder, ["csv", "json", "tensorboard"])
    for row in ROWS:
        dump(step=row["count"], **row)

    def refuse(fd: int, offset: int, data: bytes) -> None:
        raise OSError(errno.EIO, "the commit cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr(files, "overwrite", refuse)
        nth_removal_fails(nth)
        logger.reset()
    fold_dead_run(folder)
    check(folder, scalars)


@pytest.mark.parametrize("nth", range(1, 8))
def test_when_a_dead_run_is_folded(
    nth: int,
    dead_run: Callable,
    nth_removal_fails: Callable,
    monkeypatch: pytest.MonkeyPatch,
    scalars: Callable,
) -> None:
    monkeypatch.setattr(journal_writer, "SEGMENT_BYTES", 400)
    folder = dead_run(ROWS)
    nth_removal_fails(nth)
    with contextlib.suppress(OSError):
        fold_dead_run(folder)
    fold_dead_run(folder)
    check(folder, scalars)
