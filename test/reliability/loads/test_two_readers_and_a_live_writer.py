"""Whoever reads a live run sees its rows from the first on, whole and in order, each time at least as many.

Readers see every row that was acknowledged before they began, and write nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROW = """
import sys
keys = int(sys.argv.pop())

def row_of(count):
    row = {"count": count, "half": count / 2, "name": f"row {count}, 'quoted'", "even": count % 2 == 0}
    if count == 0:
        row.update({f"key {key}": key for key in range(keys)})
    if count % 200 >= 100:
        row[f"late {count // 200}"] = count
    if keys and count % 3 == 0:
        row[f"only {count}"] = count
    return row
"""

WRITER = (
    ROW
    + """
import os, sys, time
from rla import files, logger
from rla.output import journal_writer, writer
folder, rows, pace, mutant = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "widened in place"
writer.FLUSH_SECONDS, writer.SYNC_SECONDS, journal_writer.SEGMENT_BYTES = 0.005, pace, int(pace * 100_000)
rename = files.rename

def widen_in_place(source, target):
    if str(target).endswith("progress.csv"):
        with open(source, "rb") as wider, open(target, "wb") as stream:
            content = wider.read()
            stream.write(content[:len(content) // 2])
            stream.flush()
            time.sleep(0.3)
            stream.write(content[len(content) // 2:])
    rename(source, target)

if mutant:
    files.rename = widen_in_place
logger.configure(folder, ["csv"])
acknowledged = os.open(sys.argv[1] + ".count", os.O_WRONLY | os.O_CREAT)
for count in range(rows):
    if count == 10:
        print("ready", flush=True)
        sys.stdin.readline()
    logger.record_all(row_of(count))
    logger.dump_tabular(step=count)
    os.pwrite(acknowledged, b"%012d" % (count + 1), 0)
    time.sleep(0.0003)
logger.close()
print("closed", flush=True)
"""
)

READER = (
    ROW
    + """
import errno, json, os, select, sys, warnings
from rla import read_progress
from rla.output.last_row import last_row
folder, root, read_only = sys.argv[1], sys.argv[2], sys.argv[3] == "read-only"
warnings.simplefilter("error")
read_progress(folder + "-of nobody").frame()  # what is imported late is imported now
problems, writes, snapshots, least = [], [], 0, 0
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")

def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING or event in CHANGES:
        if str(arguments[0]).startswith(root):
            writes.append(f"{event} {arguments[0]}")

def acknowledged():
    with open(folder + ".count") as stream:
        return int(stream.read())

def check(row, count):
    ours = {key: value for key, value in row.items() if key not in ("time-step", "timestamp")}
    if ours != row_of(count) or row["time-step"] != count:
        problems.append(f"row {count} is {row}")

def look():
    global least
    least = max(least, acknowledged())
    rows = read_progress(folder).rows
    if len(rows) < least:
        problems.append(f"{len(rows)} rows, {least} were there before")
    for count, row in enumerate(rows):
        check(row, count)
    least = max(least, len(rows))
    newest = last_row(folder)
    check(newest, newest.get("count", -1))
    if newest.get("count", -1) < least - 1:
        problems.append(f"last row {newest}, {least} were there before")
    least = max(least, newest.get("count", -1) + 1)

if read_only:
    try:
        open(os.path.join(root, "mine"), "w")
    except OSError as error:
        assert error.errno == errno.EROFS
    else:
        raise SystemExit("the place can be written to")
sys.addaudithook(watch)
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0] and len(problems) < 5:
    look()
    snapshots += 1
look()
print(json.dumps({"snapshots": snapshots, "rows": least, "problems": problems[:5], "writes": writes[:5]}))
"""
)


def read_while_writing(
    running: Callable,
    folder: Path,
    data_root: Path,
    rows: int,
    mutant: str = "",
    inside: Sequence[str] = (),
    keys: int = 0,
    pace: float = 0.5,
) -> list[dict[str, Any]]:
    """Let two readers look at a run from its first rows to its end, and return what they saw.

    Args:
        running: runs a program.
        folder: the log folder.
        data_root: where readers must write nothing.
        rows: how many rows are recorded.
        mutant: what the writer does wrongly.
        inside: a command that becomes the reader.
        keys: how many keys the first row has beside the usual ones; later rows have new ones if any.
        pace: the segments of the journal that all files have passed are removed so often, in seconds.
    """
    folder.parent.mkdir(parents=True)
    with contextlib.ExitStack() as children:
        writer = children.enter_context(running(WRITER, folder, rows, pace, mutant, keys))
        assert writer.stdout.readline() == "ready\n"
        arguments = (folder, data_root, "read-only" if inside else "", keys)
        readers = [children.enter_context(running(READER, *arguments, inside=inside)) for _ in range(2)]
        for reader in readers:
            assert reader.stdout.readline() == "ready\n"
        writer.stdin.write("go\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "closed\n"
        answers = [json.loads(reader.communicate("stop\n")[0]) for reader in readers]
    os.unlink(f"{folder}.count")
    return answers


def check_readers(answers: list[dict[str, Any]], rows: int) -> None:
    for answer in answers:
        assert (answer["problems"], answer["writes"]) == ([], [])
        assert answer["rows"] == rows
        assert answer["snapshots"] > 0


ROWS = pytest.mark.parametrize("rows", [1500, pytest.param(40_000, marks=pytest.mark.load)])


@ROWS
def test_two_readers_see_valid_prefixes_and_write_nothing(
    rows: int, running: Callable, folder: Path, data_root: Path, fsck: Callable, record_property: Callable
) -> None:
    answers = read_while_writing(running, folder, data_root, rows)
    record_property("snapshots", [answer["snapshots"] for answer in answers])
    check_readers(answers, rows)
    fsck(data_root)


@pytest.mark.load
def test_readers_that_are_slower_than_the_writer_see_valid_prefixes(
    running: Callable, folder: Path, data_root: Path, fsck: Callable
) -> None:
    """While they read the file, the segments of the journal that stand behind it are removed."""
    answers = read_while_writing(running, folder, data_root, 40_000, pace=0.02)
    fsck(data_root)
    check_readers(answers, 40_000)


@pytest.mark.parametrize("rows", [100, pytest.param(6000, marks=pytest.mark.load)])
def test_two_readers_of_a_run_with_more_keys_than_columns(
    rows: int, running: Callable, folder: Path, data_root: Path, fsck: Callable
) -> None:
    check_readers(read_while_writing(running, folder, data_root, rows, keys=980), rows)
    assert (folder / "progress.long.csv").exists()
    fsck(data_root)


@pytest.fixture
def read_only_place(data_root: Path) -> list[str]:
    """A command whose program sees the data root on a read-only mount that nobody else sees."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, str(data_root)]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare")
    data_root.mkdir()
    if subprocess.run([*command, "true"], capture_output=True, timeout=30, check=False).returncode:
        pytest.skip("mounting needs root")
    data_root.rmdir()
    return command


@pytest.mark.load
@ROWS
def test_two_readers_on_a_read_only_mount_see_the_same(
    rows: int, running: Callable, folder: Path, data_root: Path, fsck: Callable, read_only_place: list[str]
) -> None:
    check_readers(read_while_writing(running, folder, data_root, rows, inside=read_only_place), rows)
    fsck(data_root)


@pytest.mark.load
def test_a_file_that_is_widened_in_place_would_be_seen(running: Callable, folder: Path, data_root: Path) -> None:
    """The check itself: it must fail where readers can see half a file."""
    answers = read_while_writing(running, folder, data_root, 1500, mutant="widened in place", pace=0.02)
    with pytest.raises(AssertionError):
        check_readers(answers, 1500)
