"""Each key that was ever recorded has its newest value, however long ago that was; finding it is cheap."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import logger, read_progress
from rla.output import csv_file
from rla.output.last_values import last_values, read_last_values

Lines = Iterator[str]


def table(folder: Path, header: str, lines: Lines | list[str], end: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "progress.csv").write_text(end.join([header, *lines, ""]), newline="")
    return folder


def test_a_key_that_is_recorded_seldom_is_found_far_back(folder: Path) -> None:
    table(folder, "eval,loss,time-step", [f"{step if step == 7 else ''},0.5,{step}" for step in range(100_000)])
    assert last_values(folder) == {"eval": 7, "loss": 0.5, "time-step": 99_999}


def test_a_key_of_the_first_half_of_a_large_file_is_found(folder: Path) -> None:
    cells = ",".join(["0.1234567890123456"] * 18)
    lines = (f"{cells},{'1.5' if step < 30_000 else ''},{step}" for step in range(60_000))
    header = ",".join([f"key {number}" for number in range(18)] + ["eval", "time-step"])
    values = last_values(table(folder, header, lines))
    assert (values["eval"], values["key 3"], values["time-step"], len(values)) == (1.5, 0.1234567890123456, 59_999, 20)


@pytest.mark.parametrize("note", ['"plain"', '"a, b"', '"two\nlines"', '"say ""hi"""'])
@pytest.mark.parametrize("rows", [300, 30_000])
def test_texts_are_found_where_lines_end_inside_of_them(rows: int, note: str, folder: Path) -> None:
    table(folder, "eval,loss,note", [f"{'' if row else '2.5'},0.25,{note}" for row in range(rows)])
    assert last_values(folder) == {"eval": 2.5, **read_progress(folder).rows[-1]}


@pytest.mark.parametrize("rows", [3, 3_000, 30_000])
def test_files_of_the_original_tools_are_read(rows: int, folder: Path) -> None:
    """Lines end as on Windows, and a key that came late is missing in the lines before, comma and all."""
    lines = [f"{row},0.5" if row else "0,,7.5" for row in range(rows)] + ["5,,", "6,"]
    assert last_values(table(folder, "steps,loss,late", lines, end="\r\n")) == {"steps": 6, "loss": 0.5, "late": 7.5}


def test_a_line_for_a_row_that_was_lost_has_no_values(folder: Path) -> None:
    assert last_values(table(folder, "a,time-step", ["1,1", ",", ","])) == {"a": 1, "time-step": 1}


def test_keys_without_column_are_there(folder: Path, dump: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("rla.output.last_values", "rla.output.csv_file"):
        monkeypatch.setattr(f"{module}.LARGEST_WIDTH", 5)
    assert csv_file.LARGEST_WIDTH == 5
    logger.configure(folder, ["csv"])
    for step in range(20):
        dump(step=step, **{f"key {number}": step for number in range(8) if number < 6 or step < 4})
    logger.close()
    values = last_values(folder)
    assert [values[f"key {number}"] for number in range(8)] == [19] * 6 + [3, 3]
    with open(folder / "progress.long.csv", "a") as stream:
        stream.write('20,"key 7",99\nno line of ours\n20\n')  # of a row that was never finished
    assert last_values(folder) == values


def test_a_short_run_is_read_without_numpy(folder: Path, run_python: Callable) -> None:
    table(folder, "a,b,time-step", [f"{step},0.5,{step}" for step in range(200)])
    program = (
        "import sys\nfrom rla.output.last_values import last_values\n"
        "assert last_values(sys.argv[1])['a'] == 199\nprint('numpy' in sys.modules)"
    )
    result: subprocess.CompletedProcess[str] = run_python(program, folder)
    assert (result.stdout, result.stderr) == ("False\n", "")


def test_rows_that_only_the_journal_has_count(dead_run: Callable, tree: Callable) -> None:
    folder = dead_run([{"loss": 0.5, **({"eval": count} if count == 3 else {})} for count in range(3_000)])
    before = tree(folder)
    found = read_last_values(folder)
    assert (found.values["eval"], found.values["time-step"], found.problem) == (3, 2_999, None)
    assert tree(folder) == before


@pytest.mark.usefixtures("own_pace")
def test_the_rows_of_a_live_run_are_newer_than_those_of_its_file(folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    dump(step=1, loss=1.0, eval=10)
    logger.flush()
    dump(step=2, loss=0.5, new="text")
    assert {key: value for key, value in last_values(folder).items() if key != "timestamp"} == {
        "eval": 10,
        "loss": 0.5,
        "new": "text",
        "time-step": 2,
    }
