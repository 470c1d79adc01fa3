"""Whatever lies in the place of a `progress.csv`, its readers come back soon, with bounded memory, and say why.

What stands before the damage is read. One bad folder never hides the others, so nothing is raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.output.columns import read_columns
from rla.output.last_row import last_row
from rla.output.last_values import read_last_values

GIGABYTE = 1 << 30
MOST_MEGABYTES = 100


def holes(start: bytes, end: bytes = b"") -> Callable[[Path], None]:
    """A file of a gigabyte that takes no room: zeros between a beginning and an end."""

    def make(path: Path) -> None:
        with open(path, "wb") as stream:
            stream.write(start)
            stream.truncate(GIGABYTE)
            stream.seek(0, os.SEEK_END)
            stream.write(end)

    return make


def content(*parts: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(b"".join(parts)) and None


MANY = b",".join(b"key %d" % number for number in range(1_000_000))
LONG_TEXT = b"x" * (30 << 20)

# what it is: how it is made, which rows can be read, what the problem names
HOSTILE: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "zeros in the header": (holes(b"a,b"), 0, "zeros"),
    "zeros in the header, with an end": (holes(b"a,b", b"\n1,2\n"), 0, "zeros"),
    "quoted zeros in the header": (holes(b'a,"b', b'"\n1,2\n'), 0, "header has more than 4 MiB"),
    "zeros in the body": (holes(b"a,b\n1,2\n"), 1, "zeros"),
    "quoted zeros in the body": (holes(b'a,b\n1,2\n3,"'), 1, "line has more than 4 MiB"),
    "a long header": (content(LONG_TEXT, b"\n1,2\n"), 0, "header has more than 4 MiB"),
    "a long last line": (content(b"a,b\n1,2\n3,", LONG_TEXT), 1, "line has more than 4 MiB"),
    "a line of many cells": (content(b"a,b\n1,2\n", b"," * (3 << 20), b"\n"), 1, "more than 100,000 cells"),
    "a line of quotes": (content(b"a,b\n1,2\n", b'"' * (30 << 20)), 1, "line has more than 4 MiB"),
    "a million columns": (content(MANY, b"\n1,2\n"), 0, "header has more than 4 MiB"),
    "200,000 columns": (content(MANY[:2_000_000], b"\n1,2\n"), 0, "more than 100,000 columns"),
    "UTF-16": (content("a,b\n1,2\n".encode("utf-16")), 0, "UTF-8"),
    "Latin-1": (content("a,b,ä\n1,2,3\n".encode("latin-1")), 1, "UTF-8"),
    "no line end": (content(b"a,b"), 0, "no end"),
    "a pipe": (os.mkfifo, 0, "not a regular file"),
    "a folder": (os.mkdir, 0, "not a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path), 0, "symbolic links"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), 0, "not a regular file"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_is_read_as_far_as_it_goes(kind: str, folder: Path) -> None:
    make, rows, problem = HOSTILE[kind]
    folder.mkdir()
    make(folder / "progress.csv")
    newest, columns = read_last_values(folder), read_columns(folder, ["a", "b"])
    assert problem in str(newest.problem)
    assert problem in str(columns.problem)
    assert [newest.values.get(key) for key in "ab"] == ([1, 2] if rows else [None, None])
    found = {key: values.tolist() for key, values in columns.values.items()}
    assert found == ({"a": [1], "b": [2]} if rows else {})
    assert last_row(folder).get("a") == (1 if rows else None)


def test_a_long_line_in_the_midst_does_not_hide_the_newest_values(folder: Path) -> None:
    folder.mkdir()
    content(b"a,b\n1,2\n3,", LONG_TEXT, b"\n5,6\n")(folder / "progress.csv")
    assert read_last_values(folder).values == {"a": 5, "b": 6}
    columns = read_columns(folder, ["a"])
    assert (columns.values["a"].tolist(), "4 MiB" in str(columns.problem)) == ([1], True)


def test_memory_is_bounded(tmp_path: Path, run_python: Callable) -> None:
    for number, (make, _, _) in enumerate(HOSTILE.values()):
        (tmp_path / str(number)).mkdir()
        make(tmp_path / str(number) / "progress.csv")
    (tmp_path / "good").mkdir()
    content(b"a,b\n1,2\n")(tmp_path / "good" / "progress.csv")
    program = """
import sys
from pathlib import Path
from rla.output.columns import read_columns
from rla.output.last_values import read_last_values
def megabytes(folder):
    read_last_values(folder), read_columns(folder, ["a", "b"])
    status = open("/proc/self/status").read()  # getrusage tells the memory of the starting process as well
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10
before = megabytes(Path(sys.argv[1]) / "good")
print(max(megabytes(folder) for folder in Path(sys.argv[1]).iterdir()) - before)
"""
    result = run_python(program, tmp_path)
    assert result.stderr == ""
    assert int(result.stdout) < MOST_MEGABYTES


def test_a_folder_without_records_has_no_problem(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "no such folder"):
        assert read_last_values(folder).problem is None
        assert read_columns(folder, ["a"]).problem is None
    (tmp_path / "progress.csv").touch()
    assert (read_last_values(tmp_path).problem, read_columns(tmp_path, ["a"]).problem) == (None, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_of_another_user_is_told_of(folder: Path, in_a_fork: Callable) -> None:
    folder.mkdir(parents=True)
    content(b"a\n1\n")(folder / "progress.csv")
    (folder / "progress.csv").chmod(0)

    def problems() -> list[str | None]:
        os.chdir(folder)
        os.seteuid(65534)
        return [read_last_values(".").problem, read_columns(".", ["a"]).problem]

    assert in_a_fork(problems) == str(["progress.csv: Permission denied"] * 2)


def test_a_journal_of_pipes_is_told_of(folder: Path) -> None:
    (folder / ".journal").mkdir(parents=True)
    content(b"a,b\n1,2\n")(folder / "progress.csv")
    for name in ("commit", "00000001.journal"):
        os.mkfifo(folder / ".journal" / name)
    newest, columns = read_last_values(folder), read_columns(folder, ["a"])
    assert (newest.values["a"], columns.values["a"].tolist()) == (1, [1])
    assert "not a regular file" in str(newest.problem)
    assert "not a regular file" in str(columns.problem)


def test_a_long_file_that_is_none_is_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("rla.output.last_values", "rla.output.columns", "rla.output.reader"):
        monkeypatch.setattr(f"{module}.LARGEST_WIDTH", 2)
    folder.mkdir()
    content(b"a,b\n1,2\n")(folder / "progress.csv")
    os.mkfifo(folder / "progress.long.csv")
    newest, columns = read_last_values(folder), read_columns(folder, ["a", "c"])
    assert (newest.values, newest.problem) == ({"a": 1, "b": 2}, "progress.long.csv: not a regular file")
    assert (columns.values["a"].tolist(), columns.problem) == ([1], "progress.long.csv: not a regular file")
