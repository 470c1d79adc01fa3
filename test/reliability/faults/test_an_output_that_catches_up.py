"""An output that failed for a while gets what it missed, each row once, whatever happens while it catches up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import threading
writer.FLUSH_SECONDS, writer.CLOSE_SECONDS = 0.05, 2.0
meanwhile = arguments[0]
begin()
state = {"refuses": False, "count": 0, "meanwhile": False}
append, listdir = files.append, os.listdir

def dump_rows(rows):
    for _ in range(rows):
        dump(state["count"])
        state["count"] += 1

def fragile_append(fd, data):
    if "tfevents" in os.readlink(f"/proc/self/fd/{fd}"):
        if state["refuses"]:
            raise OSError(28, "no room")
        if meanwhile == "rows come" and state["meanwhile"]:
            state["meanwhile"] = False
            other = threading.Thread(target=dump_rows, args=(5,))
            other.start()
            other.join()
    append(fd, data)

def fragile_listdir(path="."):
    if meanwhile == "its journal cannot be listed" and state["meanwhile"] and str(path).endswith(".journal"):
        state["meanwhile"] = False
        raise OSError(24, "too many open files")
    return listdir(path)

files.append, os.listdir = fragile_append, fragile_listdir
dump_rows(10)
logger.flush()
state["refuses"] = True
dump_rows(10)
logger.flush()
dump_rows(10)
logger.flush()
state["refuses"], state["meanwhile"] = False, True
logger.flush()
dump_rows(10)
exp_manager.finish()
tell("end", state["count"])
"""


@pytest.mark.parametrize(
    "meanwhile",
    [
        "nothing happens",
        "rows come",
        "its journal cannot be listed",
    ],
)
def test_an_output_that_catches_up_gets_each_row_once(
    meanwhile: str, record: Callable[..., Any], check_rows: Callable[..., Any], data_root: Path
) -> None:
    child = record(PROGRAM, meanwhile)
    (rows,) = child.wait_until_told("end")
    assert child.end() == 0, child.errors
    assert [text for text in child.warned if "'tensorboard' failed" not in text] == [], "everything was written out"
    check_rows(data_root, int(rows))
