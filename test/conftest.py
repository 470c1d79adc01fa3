"""Fixtures for all tests: a fresh global state around each, and small programs that run in processes of their own."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import TREES, ExperimentManager, RLAWarning, exp_manager, logger, time_step_holder, time_tracker
from rla.compat.deprecation import told
from rla.database.trees import ExperimentPlace
from rla.machine import host_name
from test.warm_python import WarmPython

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""For torch and numpy, here and in all processes that tests start: those that run beside each other share the cores,
and threads that wait for one another in a busy loop take them from all."""

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Hundreds of small programs import rla: one of them compiles it, and keeps it beside the sources for the others."""


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what all tests have imported: torch alone is a million objects."""
    gc.collect()
    gc.freeze()


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
    told.clear()


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


@pytest.fixture(scope="session")
def warm_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmPython]:
    """Runs programs that import torch, in a fraction of the time."""
    python = WarmPython(tmp_path_factory.mktemp("printed"))
    yield python
    python.end()


@pytest.fixture
def recorded_run(data_root: Path, tmp_path: Path) -> Iterator[Callable[..., ExperimentPlace]]:
    """Record an experiment that is in all seven trees: ``recorded_run(steps=(0, 10), lr=0.1)``.

    ``steps`` are the time steps of its rows; with ``finish=False`` it is still under way when the test begins.
    """
    started: list[ExperimentManager] = []
    code = tmp_path / "code_of_runs"

    def record(
        task: str = "demo", steps: Iterable[float] = (0, 10), finish: bool = True, **hyper_param: object
    ) -> ExperimentPlace:
        code.mkdir(exist_ok=True)
        (code / "train.py").write_text("print('training')\n")
        manager = ExperimentManager()
        started.append(manager)
        manager.set_hyper_param(**hyper_param)
        manager.add_record_param(list(hyper_param))
        config = {"LOG_USED": ["csv", "log"], "BACKUP_CONFIG": {"backup_code_dir": ["train.py"]}}
        manager.configure(task, config, data_root=data_root, code_root=code)
        manager.log_files_gen()
        for step in steps:
            manager.time_step_holder.set_time(step)
            manager.logger.record_tabular("loss", 1.0)
            manager.logger.dump_tabular()
        Path(manager.results_dir, "figure.txt").write_text("a figure")
        *_, year, month, day, name = Path(manager.log_dir).parts
        if finish:
            manager.finish()
        return ExperimentPlace(data_root, task, f"{year}/{month}/{day}", name)

    yield record
    for manager in started:
        manager.finish()


@pytest.fixture
def picture_of() -> Callable[..., dict[str, tuple[object, ...]]]:
    """Take a picture of a folder: content, mode and time of each file and folder, and where links lead.

    With ``only_files=True`` nothing is said of folders: their times change when something comes or goes in them.
    """

    def take(top: Path, only_files: bool = False, without: str = ".rla") -> dict[str, tuple[object, ...]]:
        picture: dict[str, tuple[object, ...]] = {}
        for path in sorted(top.rglob("*")):
            if without in path.relative_to(top).parts:
                continue
            status = path.lstat()
            content: object = None
            if path.is_symlink():
                content = os.readlink(path)
            elif path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif only_files:
                continue
            picture[str(path.relative_to(top))] = (content, status.st_mode, status.st_mtime_ns)
        return picture

    return take


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder beside the data root that looks like one; nothing in it may ever change."""
    top = tmp_path / "canary"
    for tree in TREES:
        folder = top / tree / "demo/2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1"
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text("loss,time-step\n1.0,0\n")
        (folder / "progress.csv").chmod(0o640)
    for path in sorted(top.rglob("*"), reverse=True):
        os.utime(path, (1.6e9, 1.6e9))
    return top


@pytest.fixture
def crowded_root(experiment: Callable[..., Path], data_root: Path, canary: Path) -> Path:
    """A data root with tasks of similar names, names that begin alike, and symbolic links that lead to the canary."""
    for number, value in enumerate(("0.1", "0.11", "0.2"), start=1):
        experiment("13-05-01-000001" if number < 3 else "13-05-03-000001", lr=value)
    experiment("13-05-04-000001", day="2026/12/01", lr="0.3")
    for task in ("dem", "demo2", "demo_old"):
        experiment("13-05-01-000001", task=task, lr="0.1")
    for tree in ("code", "checkpoint"):
        shutil.copytree(data_root / "log", data_root / tree)
    day = canary / "log/demo/2026/11/20"
    (data_root / "log/linked").symlink_to(canary / "log/demo")
    (data_root / "log/demo/2026/11/21").symlink_to(day)
    (data_root / "log/demo/2026/11/20/13-05-09-000001_10.0.0.1_&lr=link").symlink_to(next(day.iterdir()))
    return data_root


@pytest.fixture
def as_nobody() -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run a program as a user who owns nothing: ``as_nobody("print(1)", "argument")``."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed, which runs a program as another user")
    with tempfile.TemporaryDirectory() as cache:
        os.chmod(cache, 0o777)

        def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", program]
            return subprocess.run(
                [*command, *map(str, arguments)],
                capture_output=True,
                text=True,
                timeout=100,
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "RLA_CACHE": f"{cache}/own", "HOME": cache},
                check=False,
            )

        yield run


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that all users can look into; the one of pytest is for one of them alone."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        closed = [each for each in Path(folder).parents if each.stat().st_mode & 0o001 == 0]
        if closed:
            pytest.skip(f"other users cannot come into {closed[0]}")
        yield Path(folder)
