"""While the training has all the open files that a process may have, recording goes on in those of its own."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import read_progress

PROGRAM = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
segment_bytes, new_key_every, *phases = map(int, arguments)
writer.FLUSH_SECONDS, writer.SYNC_SECONDS = 0.02, 0.05
journal_writer.SEGMENT_BYTES = segment_bytes
begin("csv", "tensorboard", "log", "json")
weight, count = 1.0, 0
opened = []
for number, rows in enumerate(phases):
    while number % 2:
        try:
            opened.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            break
    for _ in range(rows):
        weight = 0.99 * weight + count
        dump(count, new_key_every)
        time.sleep(0.0005)
        count += 1
    if number % 2:
        tell("opened", len(opened))
        wait_for_the_test()
    while opened:
        os.close(opened.pop())
    logger.flush()  # however busy the machine is, what waited is written before the next episode
exp_manager.finish()
tell("result", weight)
"""


@pytest.mark.parametrize("segment_bytes", [2000, pytest.param(16 << 20, marks=pytest.mark.fault)])
@pytest.mark.parametrize("new_key_every", [50, pytest.param(0, marks=pytest.mark.fault)])
def test_training_goes_on_and_everything_is_there_at_any_time(
    new_key_every: int, segment_bytes: int, record: Callable[..., Any], check_rows: Callable[..., Any],
    data_root: Path, log_dir: Callable[[], Path],
) -> None:  # fmt: skip
    child = record(PROGRAM, segment_bytes, new_key_every, 100, 400, 100, 400, 100)
    for episode, rows in ((1, 500), (2, 1000)):
        (opened,) = child.wait_until_told("opened", episode)
        assert int(opened) > 10
        assert [row["count"] for row in read_progress(log_dir()).rows] == list(range(rows))
        child.go_on()
    assert child.end() == 0, child.errors
    weight = 1.0
    for count in range(1100):
        weight = 0.99 * weight + count
    assert child.wait_until_told("result") == [str(weight)]
    check_rows(data_root, 1100, new_key_every=new_key_every)
    assert len(child.warned) <= 2, "one for each episode"
    assert all("Too many open files" in text for text in child.warned)


def test_a_repair_that_cannot_list_a_folder_for_a_moment_loses_nothing(
    record: Callable[..., Any], fsck: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listdir = os.listdir
    left = 0

    def look(path: Any = ".") -> list[str]:
        nonlocal left
        if os.fspath(path).endswith(".journal"):
            left -= 1
            if left == 0:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        names: list[str] = listdir(path)
        return names

    for nth in range(1, 8):
        shutil.rmtree(data_root, ignore_errors=True)
        child = record("begin()\nfor count in range(50): dump(count)\ntell('done')\nwait_for_the_test()")
        child.wait_until_told("done")
        child.kill()
        left = nth
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", look)
            fsck(data_root, "--repair")
        check_rows(data_root, 50)
