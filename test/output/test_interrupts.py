"""A KeyboardInterrupt inside a dump, caught by the script, damages nothing that was or will be recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import files, logger
from rla.output.reader import read_progress


@pytest.mark.parametrize("moment", ["before the write", "after the write"])
def test_rows_before_and_after_an_interrupt_are_all_there(
    moment: str, folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger.configure(folder, ["csv", "tensorboard"])
    for step in range(5):
        dump(step=step, count=step)
    append = files.append

    def interrupted(fd: int, data: bytes) -> None:
        if threading.current_thread() is threading.main_thread():
            if moment == "after the write":
                append(fd, data)
            raise KeyboardInterrupt
        append(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dump(step=5, other=5, count=5)
    for step in range(6, 10):
        dump(step=step, count=step)
    logger.close()
    counts = [row["count"] for row in read_progress(folder).rows]
    assert counts in ([*range(5), *range(6, 10)], [*range(10)])
    assert not (folder / ".journal").exists()


@pytest.mark.parametrize("every", [0, 50], ids=["same keys", "new keys"])
def test_a_flush_ends_while_another_thread_goes_on_recording(every: int, folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    finished = threading.Event()

    def record() -> None:
        count = 0
        while not finished.is_set():
            count += 1
            logger.record_tabular(f"late {count}" if every and count % every == 0 and count < 5000 else "a", 1)
            logger.dump_tabular()

    recording = threading.Thread(target=record)
    recording.start()
    flushing = threading.Thread(target=logger.flush)
    flushing.start()
    flushing.join(20)
    ended = not flushing.is_alive()
    finished.set()
    recording.join()
    flushing.join()
    assert ended


def test_a_journal_that_was_not_read_to_its_end_stays(
    folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever keeps the writer from reading all of it, the rows are not thrown away."""
    from rla.errors import RLAWarning
    from rla.output.journal_reader import JournalReader

    logger.configure(folder, ["csv"])
    dump(step=0, count=0)
    logger.flush()
    monkeypatch.setattr(JournalReader, "read", lambda self, limit: [])
    dump(step=1, count=1)
    with pytest.warns(RLAWarning, match="fsck --repair"):
        logger.close()
    monkeypatch.undo()
    assert [row["count"] for row in read_progress(folder).rows] == [0, 1]
