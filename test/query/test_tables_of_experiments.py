"""Experiments as tables of pandas: one line for each, or their recorded rows and episodes in one long table."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rla import exp_manager, logger, read_progress
from rla.errors import QueryError
from rla.query import column_cache, experiments, loading

ROWS = "eval/return,loss,time-step,timestamp\n1.5,0.5,10,1.0\n,0.25,20,2.0\n2.5,nan,30,3.0\n"


@pytest.fixture
def two(experiment: Callable[..., Path], data_root: Path) -> Path:
    experiment("13-05-01-000001", rows=ROWS, lr=0.1, agent={"tau": 0.5})
    experiment("13-05-02-000002", rows="loss,time-step\n7.0,1\n", lr=0.2)
    return data_root


def test_a_line_for_each_experiment(two: Path) -> None:
    table = experiments(two).to_pandas()
    assert list(table["record_date"]) == ["2026/11/20/13-05-01-000001", "2026/11/20/13-05-02-000002"]
    assert list(table["lr"]) == [0.1, 0.2]
    assert list(table["agent.tau"])[:1] == [0.5]
    assert list(table["eval/return"])[:1] == [2.5]
    assert table["steps"].tolist() == [30, 1]
    assert table["start"].dtype.kind == "M"
    assert str(table["start"][0]) == "2026-11-20 13:05:01.000001"


def test_a_name_that_an_earlier_column_has_gets_a_prefix(experiment: Callable[..., Path], data_root: Path) -> None:
    experiment("13-05-01-000001", rows="lr,status,time-step\n0.5,1,1\n", status="finished", card={}, lr=0.1)
    table = experiments(data_root).to_pandas()
    assert (table["lr"][0], table["last.lr"][0], table["status"][0], table["last.status"][0]) == (
        0.1,
        0.5,
        "finished",
        1,
    )


def test_none_is_a_table_without_lines(two: Path) -> None:
    assert len(experiments(two, where="lr > 5").to_pandas()) == 0
    assert list(experiments(two, where="lr > 5").load("loss")) == ["experiment", "time-step", "loss"]


def test_a_line_for_each_row_that_has_a_metric(two: Path) -> None:
    table = experiments(two).load(["eval/return", "loss"], parameters=["lr", "task"])
    assert list(table) == ["experiment", "time-step", "eval/return", "loss", "lr", "task"]
    assert table["experiment"].dtype == "category"
    assert list(table["experiment"].unique()) == ["demo/2026/11/20/13-05-01-000001", "demo/2026/11/20/13-05-02-000002"]
    assert table["time-step"].tolist() == [10, 20, 30, 1]
    np.testing.assert_equal(table["eval/return"].tolist(), [1.5, math.nan, 2.5, math.nan])
    assert table["lr"].tolist() == [0.1, 0.1, 0.1, 0.2]
    assert table["task"].tolist() == ["demo"] * 4


def test_runs_without_the_metric_are_named(two: Path) -> None:
    table = experiments(two).load("eval/return")
    assert table["time-step"].tolist() == [10, 30]
    assert table.attrs["without"] == ["demo/2026/11/20/13-05-02-000002"]
    assert table.attrs["problems"] == {}


def test_a_metric_or_parameter_that_none_has_is_an_error_with_the_nearest(two: Path) -> None:
    with pytest.raises(QueryError, match=r"these 2 experiments has recorded 'eval/retrun'.*mean 'eval/return'"):
        experiments(two).load("eval/retrun")
    with pytest.raises(QueryError, match=r"hyper-parameter 'agent\.tua'.*Did you mean 'agent\.tau'"):
        experiments(two).load("loss", "agent.tua")
    with pytest.raises(QueryError, match="needs the names of recorded keys"):
        experiments(two).load([])


def test_rows_that_only_a_journal_has(run_python: Callable, data_root: Path) -> None:
    done = run_python(
        "import os, signal, sys\nfrom rla import exp_manager, logger\n"
        "exp_manager.configure('demo', {'LOG_USED': ['csv']}, data_root=sys.argv[1], code_root=sys.argv[1])\n"
        "exp_manager.log_files_gen()\n"
        "for step in range(3000):\n    logger.record_tabular('loss', step * 0.5)\n    logger.dump_tabular(step)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        data_root,
    )
    assert done.returncode == -signal.SIGKILL
    found = experiments(data_root)
    for _ in range(2):
        assert found.load("loss")["loss"].tolist() == [step * 0.5 for step in range(3000)]
    assert found.one().last == {"loss": 2999 * 0.5}
    assert found.one().status == "dead"


def test_a_run_of_this_process_is_flushed_first(start: Callable[..., None], data_root: Path) -> None:
    start()
    for step in range(3):
        logger.record_tabular("loss", step)
        logger.dump_tabular(step)
        assert experiments(data_root).load("loss")["loss"].tolist() == list(range(step + 1))


def test_what_was_read_is_kept_until_the_file_changes(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = experiments(two)
    first = found.load(["loss", "eval/return"])
    with monkeypatch.context() as patch:
        patch.setattr(loading, "read_columns", lambda *_: pytest.fail("it was read again"))
        pd.testing.assert_frame_equal(experiments(two).load(["loss", "eval/return"]), first)
    with open(found[0].log_dir / "progress.csv", "a") as stream:
        stream.write("9.5,9.25,40,4.0\n")
    assert experiments(two).load("loss")["loss"].tolist()[3:] == [9.25, 7.0]
    assert experiments(two).load(["loss", "eval/return"])["loss"].tolist()[3:] == [9.25, 7.0]


@pytest.mark.parametrize("damage", ["other content", "flipped bits", "no table", "gone"])
def test_a_cache_that_is_damaged_only_costs_time(damage: str, two: Path) -> None:
    found = experiments(two)
    first = found.load("loss")
    assert found.index_path is not None
    (path,) = found.index_path.parent.glob(f"{found.index_path.stem}.columns*")
    if damage == "other content":
        path.write_bytes(b"no database" * 1000)
    elif damage == "gone":
        path.unlink()
    else:
        connection = sqlite3.connect(path)
        change = (
            "DROP TABLE columns" if damage == "no table" else "UPDATE columns SET content = zeroblob(length(content))"
        )
        connection.execute(change)
        connection.commit()
        connection.close()
    for _ in range(2):
        pd.testing.assert_frame_equal(experiments(two).load("loss"), first)


def test_the_cache_stays_bounded(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_cache, "LARGEST_BYTES", 40_000)
    found = experiments(two)
    assert found.index_path is not None
    for number in range(40):
        (found[0].log_dir / "progress.csv").write_text("loss,time-step\n" + f"{number}.5,1\n" * 100)
        for keys in (["loss"], ["loss", "time-step"], ["time-step", "loss"]):
            assert len(experiments(two).load(keys)) == 101
    (path,) = found.index_path.parent.glob(f"{found.index_path.stem}.columns*.sqlite")
    assert os.path.getsize(path) < 100_000


def test_the_same_values_as_the_reader_of_one_run(two: Path) -> None:
    found = experiments(two)
    (run,) = (each for each in found if each.parameters["lr"] == 0.1)
    expected = read_progress(run.log_dir).frame()
    table = found.where("lr == 0.1").load(["eval/return", "loss", "timestamp"])
    for key in ("eval/return", "loss", "time-step", "timestamp"):
        np.testing.assert_array_equal(table[key], expected[key])


def test_episodes_of_all_runs(start: Callable[..., None], data_root: Path) -> None:
    for seed in range(3):
        start(seed=seed)
        if seed:
            logger.episodes([1.0 * seed, 2.0 * seed], lengths=[5, 6], env_ids=[0, 1])
    exp_manager.finish()
    table = experiments(data_root).episodes(parameters="seed")
    assert table["return"].tolist() == [1.0, 2.0, 2.0, 4.0]
    assert table["seed"].tolist() == [1, 1, 2, 2]
    assert len(table["experiment"].unique()) == 2


def test_jupyter_shows_a_table(two: Path) -> None:
    shown = experiments(two)._repr_html_()
    assert "2 experiments" in shown
    assert "13-05-02-000002" in shown
