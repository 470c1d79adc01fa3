"""Runs of few time steps are told by the rows they recorded, journals included, and never by what lies in their folder.

An older tool deleted a run of a million steps because its folder had one more folder in it, and runs that had just
started. Here a run is small when the largest time step of its rows is below the bound; one without rows has 0; one of
which that cannot be told, or that lives, stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log.log_tools import DeleteLogTool, Filter

from rla.database.trees import ExperimentPlace
from rla.errors import QueryError
from rla.names import CODE, LOG
from rla.output.csv_text import complete_lines

REPOSITORY = Path(__file__).resolve().parents[3]
Write = Callable[..., Path]
Record = Callable[..., ExperimentPlace]
HEADER = "loss,time-step,timestamp\n"


def delete_small(data_root: Path, bound: float = 1000, task: str = "demo") -> int:
    small = Filter()
    small.config(type=Filter.SMALL_TIMESTEP, timstep_bound=bound)
    return DeleteLogTool(data_root, task, "*", small).delete_small_timestep_log(skip_ask=True)


def test_a_long_run_stays_whatever_folders_lie_in_its_own(recorded_run: Record, data_root: Path) -> None:
    long, short = recorded_run(steps=(0, 1_000_000), lr=0.1), recorded_run(steps=(0, 10), lr=0.2)
    for run in (long, short):
        (run.path(LOG) / "videos" / "old" / "more").mkdir(parents=True)
    assert delete_small(data_root) == 7
    assert (long.path(LOG) / "progress.csv").exists()
    assert not short.path(LOG).exists()


def test_a_long_run_stays_whatever_is_missing_in_its_folder(experiment: Write, data_root: Path) -> None:
    long = experiment("13-05-01-000001", rows=f"{HEADER}0.5,1000000,1.0\n", status=None, lr=0.1)
    (long / "parameter.json").unlink()
    assert delete_small(data_root) == 0
    assert (long / "progress.csv").exists()


@pytest.mark.parametrize(
    ("rows", "is_small"),
    [
        (f"{HEADER}0.5,999,1.0\n", True),
        (f"{HEADER}0.5,1000,1.0\n", False),  # not below the bound
        (f"{HEADER}0.5,5000,1.0\n0.5,3,2.0\n", False),  # time went back
        (f"{HEADER}0.5,999.5,1.0\n0.5,,2.0\n0.5,nan,2.0\n", True),
        (f"{HEADER}0.5,2.5e3,1.0\n0.5,nan,2.0\n", False),
        (f"{HEADER}0.5,inf,1.0\n", False),
        (f'{HEADER}0.5,"step 7",1.0\n0.5,2000,1.0\n', False),
        (f"{HEADER}0.5,-5,1.0\n", True),
        (HEADER, True),
        ("", True),
        (None, True),
        (f"{HEADER}0.5,10,1.0\n0.5,99999", True),  # a torn last line is no row
        ("loss,total_timesteps\n0.5,2000000\n", False),  # of another tool: nobody can tell
        (f'{HEADER}0.5,"step 7",1.0\n', False),
    ],
    ids=lambda value: None if isinstance(value, bool) else repr(value)[-40:],
)
def test_the_largest_time_step_of_the_rows_decides(
    rows: str | None, is_small: bool, experiment: Write, data_root: Path
) -> None:
    log_dir = experiment("13-05-01-000001", rows=rows, lr=0.1)
    assert delete_small(data_root) == (1 if is_small else 0)
    assert log_dir.exists() is not is_small


def test_rows_that_only_the_journal_of_a_killed_run_has_count(
    run_python: Callable[..., subprocess.CompletedProcess[str]], data_root: Path
) -> None:
    program = """
import os, signal, sys, time
from rla import exp_manager, logger
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for step in (0, 1_000_000, 5):  # the last row does not tell how far it got
    logger.record_tabular("loss", 1.0)
    logger.dump_tabular(step)
    time.sleep(0.2 if step == 0 else 0.0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run_python(program, data_root).returncode == -9
    (log_dir,) = data_root.glob("log/demo/*/*/*/*")
    if (log_dir / "progress.csv").exists():
        with (log_dir / "progress.csv").open("rb") as stream:
            assert len(list(complete_lines(stream))) <= 2, "the journal has nothing that the file lacks"
    assert delete_small(data_root, bound=1_000_000) == 0
    assert delete_small(data_root, bound=1_000_001) > 0
    assert not log_dir.exists()


def test_a_run_that_has_just_started_stays_as_long_as_it_lives(recorded_run: Record, data_root: Path) -> None:
    living = recorded_run(steps=(), finish=False, lr=0.1)
    ended = recorded_run(steps=(), lr=0.2)
    assert delete_small(data_root) == 7
    assert (living.path(LOG) / "experiment.json").exists()
    assert not ended.path(LOG).exists()


def test_a_run_of_another_process_stays_until_it_is_killed(data_root: Path) -> None:
    program = """
import sys
from rla import exp_manager
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
print("ready", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(data_root)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert delete_small(data_root) == 0
        assert list(data_root.glob("log/demo/*/*/*/*"))
        process.kill()
        process.wait()
    assert delete_small(data_root) > 0
    assert not list(data_root.glob("log/demo/*/*/*/*"))


def test_a_long_run_that_lives_is_not_even_spoken_of(
    recorded_run: Record, data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long, short = recorded_run(steps=(0, 5000), finish=False, lr=0.1), recorded_run(steps=(1,), finish=False, lr=0.2)
    assert delete_small(data_root) == 0
    out = capsys.readouterr().out
    assert long.index_name not in out
    assert f"{short.index_name}\n      it is under way" in out


def test_a_run_without_its_log_stays(recorded_run: Record, data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = recorded_run(steps=(0, 1_000_000), lr=0.1)
    assert DeleteLogTool(data_root, "demo", "*", None).delete_related_log(True, delete_log_types=[LOG]) == 1
    assert delete_small(data_root) == 0
    assert run.path(CODE).exists()
    assert "whether it is short cannot be told: it has no folder in 'log'" in capsys.readouterr().out


def test_a_run_whose_rows_cannot_be_read_stays(
    experiment: Write, data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, pipe = experiment("13-05-01-000001", rows=None, lr=0.1), experiment("13-05-02-000001", rows=None, lr=0.2)
    (folder / "progress.csv").mkdir()
    os.mkfifo(pipe / "progress.csv")
    assert delete_small(data_root) == 0
    assert capsys.readouterr().out.count("whether it is short cannot be told: ") == 2


def test_the_filter_counts_whichever_method_is_called(experiment: Write, data_root: Path) -> None:
    long = experiment("13-05-01-000001", rows=f"{HEADER}0.5,5000,1.0\n", lr=0.1)
    experiment("13-05-02-000001", lr=0.2)
    small = Filter()
    small.config(Filter.SMALL_TIMESTEP, 1000)
    assert DeleteLogTool(data_root, "demo", "*", small).delete_related_log(skip_ask=True) == 1
    assert long.exists()


def test_without_a_bound_nothing_is_small(experiment: Write, data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    with pytest.raises(QueryError, match="timstep_bound is a number of time steps"):
        DeleteLogTool(data_root, "demo", "*", Filter()).delete_small_timestep_log(skip_ask=True)
    assert log_dir.exists()
