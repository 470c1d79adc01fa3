"""`rla show` draws the curves of a run's metrics, those first that people look at first."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger, time_step_holder
from rla.cli import curves

Command = Callable[..., Any]


@pytest.fixture
def record(start: Callable[..., None]) -> Callable[..., None]:
    """Record a run: ``record({"loss": 1.0}, {"loss": 0.5})`` has two rows."""

    def run(*rows: Mapping[str, Any]) -> None:
        start(log_used=("csv",), lr=0.1)
        for step, row in enumerate(rows):
            time_step_holder.set_time(step)
            for key, value in row.items():
                logger.record_tabular(key, value)
            logger.dump_tabular()
        exp_manager.finish()

    return run


@pytest.fixture
def table(rla: Command, data_root: Path) -> Callable[..., dict[str, list[str]]]:
    """Show the run, and return the words of each line of the table of curves, by metric."""

    def shown(*options: str) -> dict[str, list[str]]:
        done = rla("show", "lr=", "--root", data_root, *options)
        assert done.code == 0, done.err
        lines = done.out.splitlines()
        starts = [place for place, line in enumerate(lines) if line.split()[:2] == ["metric", "curve"]]
        if not starts:
            return {}
        table = lines[starts[0] + 2 :]
        return {
            line.split()[0]: line.split()[1:] for line in table[: [bool(line.strip()) for line in table].index(False)]
        }

    return shown


@pytest.fixture
def as_json(rla: Command, data_root: Path) -> Callable[..., dict[str, Any]]:
    def shown(*options: str) -> dict[str, Any]:
        curves: dict[str, Any] = json.loads(rla("show", "lr=", "--root", data_root, "--json", *options).out)["curves"]
        return curves

    return shown


Table = Callable[..., dict[str, list[str]]]


def test_each_metric_has_a_line_with_its_figures(record: Callable[..., None], table: Table, as_json: Command) -> None:
    record(*({"loss": 4.0 - step, "eval/return": step} for step in range(4)))
    assert table() == {"eval/return": ["▁▃▆█", "0", "3", "0", "3"], "loss": ["█▆▃▁", "4", "1", "1", "4"]}
    assert as_json() == {
        "eval/return": {"first": 0, "last": 3, "min": 0, "max": 3, "n": 4},
        "loss": {"first": 4.0, "last": 1.0, "min": 1.0, "max": 4.0, "n": 4},
    }


def test_rows_that_have_no_value_of_a_metric_are_no_gaps_in_it(record: Callable[..., None], table: Table) -> None:
    record(
        *(
            {"loss": math.nan if 2 < step < 7 else step, **({"eval": step} if step % 3 == 0 else {})}
            for step in range(10)
        )
    )
    assert table()["eval"][0] == "▁▃▆█"
    assert table()["loss"][:2] == ["▁▁▂", "▇██"]


def test_a_run_of_one_row_has_no_curve_and_says_so(record: Callable[..., None], table: Table) -> None:
    record({"loss": 0.5})
    assert table() == {"loss": ["one", "value", "0.5", "0.5", "0.5", "0.5"]}


def test_texts_have_no_curve_and_hide_no_other(record: Callable[..., None], table: Table, as_json: Command) -> None:
    record({"loss": 1, "phase": "warm-up", "mixed": "a"}, {"loss": 0, "phase": "train", "mixed": 2})
    assert list(table()) == list(as_json()) == ["loss"]


def test_a_run_without_rows_has_no_table(record: Callable[..., None], table: Table, as_json: Command) -> None:
    record()
    assert table() == as_json() == {}


def test_eight_are_shown_and_the_others_on_request(
    record: Callable[..., None], table: Table, as_json: Command, rla: Command, data_root: Path
) -> None:
    metrics = [f"loss/{letter}" for letter in "abcdefghi"]
    record(*({**dict.fromkeys(metrics, step), "return": step} for step in range(2)))
    assert list(table()) == list(as_json()) == ["return", *metrics[:7]]
    assert list(table("--all")) == list(as_json("--all")) == ["return", *metrics]
    assert "The curves of 2 more metrics: rla show --all\n" in rla("show", "lr=", "--root", data_root).out
    assert "more metric" not in rla("show", "lr=", "--root", data_root, "--all").out


def test_of_a_large_run_fewer_are_read(
    record: Callable[..., None], table: Table, monkeypatch: pytest.MonkeyPatch, data_root: Path
) -> None:
    record(*({"loss": step, "return": step, "steps": step} for step in range(9)))
    (file,) = data_root.glob("log/*/*/*/*/*/progress.csv")
    monkeypatch.setattr(curves, "LARGEST_READ", 2 * file.stat().st_size)
    assert list(table()) == ["return", "loss"]
    monkeypatch.setattr(curves, "LARGEST_READ", 1)
    assert list(table()) == ["return"]
    assert len(table("--all")) == 3


def test_80_columns_are_enough(record: Callable[..., None], on_terminal: Callable[..., Any], data_root: Path) -> None:
    values = [
        {"episode/success_mean": -1.234567e-05 * step, "a/metric/of/a/very/long/name": step} for step in range(60)
    ]
    record(*values)
    screen = on_terminal("", "show", "lr=", "--root", data_root).screen
    (line,) = (line for line in screen.splitlines() if line.strip().startswith("episode/success_mean  █"))
    assert len(line) <= 80
    assert line.split()[1] == "███▇▇▆▆▆▅▅▄▄▃▃▃▂▂▁▁▁"


def test_where_there_are_no_blocks_the_figures_are_shown_alone(
    record: Callable[..., None], run_python: Command, data_root: Path
) -> None:
    record({"loss": 2.0}, {"loss": 1.0})
    program = "import sys; from rla.cli.main import main; sys.argv[0] = 'rla'; main()"
    done = run_python(program, "show", "lr=", "--root", data_root, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if "loss" in line and line.count("|") > 3)
    assert [cell.strip() for cell in line.strip("|").split("|")] == ["loss", "2", "1", "1", "2"]
