"""Fixtures for all tests: a fresh global state around each, and small programs that run in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import RLAWarning, exp_manager, logger, time_step_holder, time_tracker
from rla.machine import host_name

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the indexes of all tests; they do not share data roots."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def fresh_global_state(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> Iterator[None]:
    """Each test begins and ends with the global manager, logger and clock as at the start of a process."""
    for variable in ("RANK", "WORLD_SIZE", "RLA_ROOT", "RLA_ALL_RANKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("RLA_CACHE", str(cache_folder))
    reset_everything()
    yield
    reset_everything()


def reset_everything() -> None:
    exp_manager.finish()
    exp_manager.__init__(exp_manager.logger)  # type: ignore[misc]
    logger.reset()
    logger.set_level(logger.INFO)
    time_step_holder.set_time(0)
    time_tracker.clear()


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The warnings of rla that are given during the test, one text for each."""
    texts: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", RLAWarning)

        def keep(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
            if issubclass(category, RLAWarning):
                texts.append(str(message))

        warnings.showwarning = keep  # type: ignore[assignment]
        yield texts


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """A data root that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def start(data_root: Path) -> Callable[..., None]:
    """Start an experiment of the global manager: ``start(lr=0.1)``."""

    def start_experiment(
        task: str = "demo_task", log_used: tuple[str, ...] = ("csv", "tensorboard", "log"), **hyper_param: object
    ) -> None:
        exp_manager.set_hyper_param(**hyper_param)
        exp_manager.add_record_param(list(hyper_param))
        exp_manager.configure(task, {"LOG_USED": list(log_used)}, data_root=data_root, code_root=data_root)
        exp_manager.log_files_gen()

    return start_experiment


@pytest.fixture
def experiment(data_root: Path) -> Callable[..., Path]:
    """Write an experiment: ``experiment("13-05-01-000001", lr=0.1)``; returns its log folder."""

    def write(
        time_of_day: str,
        task: str = "demo",
        day: str = "2026/11/20",
        status: str | None = "finished",
        rows: str | None = "loss,time-step,timestamp\n0.5,10,1.0\n",
        card: dict[str, Any] | None = None,
        **parameters: Any,
    ) -> Path:
        name = f"{time_of_day}_10.0.0.1_&" + "&".join(f"{key}={value}" for key, value in parameters.items())
        log_dir = data_root / "log" / task / day / name
        log_dir.mkdir(parents=True)
        if status is not None:
            content = {"id": f"{day}/{time_of_day}_10.0.0.1", "task": task, "record_date": f"{day}/{time_of_day}"}
            content |= {"node": "10.0.0.1", "index_name": name, "status": status, "host": host_name(), "pid": 0}
            (log_dir / "experiment.json").write_text(json.dumps(content | (card or {})))
        (log_dir / "parameter.json").write_text(json.dumps(parameters))
        if rows is not None:
            (log_dir / "progress.csv").write_text(rows)
        return log_dir

    return write


@pytest.fixture
def settle(data_root: Path) -> Callable[[], None]:
    """Let all folders look as if nothing had changed for years, as they do in a data root of finished work."""

    def age() -> None:
        for folder, _, _ in os.walk(data_root):
            os.utime(folder, (1.7e9, 1.7e9))

    return age


@pytest.fixture
def at_once() -> Callable[..., list[tuple[subprocess.Popen[str], str]]]:
    """Run a program several times at once; each prints "ready", and goes on when it can read a letter.

    ``at_once(program, [[first, arguments], [second, arguments]])`` returns each process with what it printed then.
    """

    def run(program: str, arguments: Iterable[Iterable[object]]) -> list[tuple[subprocess.Popen[str], str]]:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", program, *map(str, each)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )
            for each in arguments
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("x")
            process.stdin.flush()
        return [(process, process.communicate(timeout=120)[0]) for process in processes]

    return run


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in a process of its own: ``run_python("print(1)", "argument")``."""

    def run(
        program: str, *arguments: object, timeout: float = 60, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})}
        return subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run
