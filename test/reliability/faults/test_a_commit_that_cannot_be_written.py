"""How far the outputs are is noted in the journal; where that cannot be written, a killed run still loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PROGRAM = """
writer.FLUSH_SECONDS = writer.SYNC_SECONDS = 0.01
journal_writer.SEGMENT_BYTES = 500
begin("csv", "tensorboard", "json", "log")
rows, refuses = int(arguments[0]), arguments[1] == "refuses"
overwrite = files.overwrite
for count in range(rows):
    if count == 10 and refuses:
        def refuse(fd, offset, data):
            raise OSError(5, "no")
        files.overwrite = refuse
    dump(count, 10)
    logger.flush()
tell("done")
wait_for_the_test()
"""


@pytest.mark.parametrize(
    "disk",
    [
        "takes it",
        "refuses",
    ],
)
def test_a_killed_run_whose_commit_is_old_is_folded_whole(
    disk: str, record: Callable[..., Any], check_rows: Callable[..., Any], data_root: Any
) -> None:
    child = record(PROGRAM, 60, disk)
    child.wait_until_told("done")
    child.kill()
    check_rows(data_root, 60, 60, new_key_every=10)
