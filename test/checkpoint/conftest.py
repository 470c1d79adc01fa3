"""Fixtures for the tests of checkpoints: experiments that save them, and a disk that fails when told to."""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import ARCHIVE, CHECKPOINT, exp_manager, experiment_data_query, files

Setting = dict[str, Any]


@pytest.fixture
def begin(data_root: Path, tmp_path: Path) -> Callable[..., Path]:
    """Begin an experiment of the global manager, and return its checkpoint folder: ``begin("torch")``."""
    code = tmp_path / "code"
    code.mkdir()

    def begin_experiment(framework: str = "plain", root: Path = data_root) -> Path:
        settings = {"DL_FRAMEWORK": framework, "LOG_USED": ["csv"]}
        exp_manager.configure("demo_task", settings, data_root=root, code_root=code)
        exp_manager.log_files_gen()
        return Path(exp_manager.checkpoint_dir)

    return begin_experiment


@pytest.fixture
def save_at() -> Callable[..., str]:
    """Save a checkpoint at a time step: ``save_at(3, {"a": 1})``."""

    def save(step: float, content: dict[str, Any] | None = None, **options: Any) -> str:
        exp_manager.set_timestep(step)
        return exp_manager.save_checkpoint({"step": step} if content is None else content, **options)

    return save


@pytest.fixture
def all_ckps(data_root: Path) -> Callable[[], list[str]]:
    """Return what a query lists for the only experiment."""

    def listed() -> list[str]:
        (found,) = experiment_data_query(data_root, "demo_task", "*", CHECKPOINT).values()
        return found.all_ckps  # type: ignore[union-attr]

    return listed


@pytest.fixture
def archived(data_root: Path) -> Callable[[], Any]:
    """End the experiment, and return the twin that a query of the archive gives."""

    def twin() -> Any:
        exp_manager.finish()
        (found,) = experiment_data_query(data_root, "demo_task", "*", ARCHIVE).values()
        return found.exp_manager  # type: ignore[union-attr]

    return twin


@pytest.fixture
def warned() -> Callable[[], str]:
    """Return what stands in the warn.txt of the current experiment."""

    def read() -> str:
        exp_manager.logger.flush()
        path = Path(exp_manager.log_dir) / "warn.txt"
        return path.read_text() if path.exists() else ""

    return read


class Operations:
    """Writes, fsyncs, renames and removals of `rla.files`, in their order; the n-th can be made to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, str]] = []
        self.fails_at = 0
        self.number = errno.ENOSPC
        self.takes_half = False
        for name in ("append", "fsync", "rename", "remove"):
            monkeypatch.setattr(files, name, self._watched(name, getattr(files, name)))

    def _watched(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(target: Any, *arguments: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else os.fspath(target)
            if "/checkpoint/" not in path:
                return original(target, *arguments)
            self.done.append((name, os.path.basename(os.fspath(arguments[0]) if name == "rename" else path)))
            if len(self.done) == self.fails_at:
                if self.takes_half and name == "append":
                    original(target, arguments[0][: len(arguments[0]) // 2])
                raise OSError(self.number, os.strerror(self.number))
            return original(target, *arguments)

        return operation


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Operations:
    """All that is done to the disk below ``checkpoint/``; ``operations.fails_at = 3`` makes the third one fail."""
    return Operations(monkeypatch)


@pytest.fixture
def killed() -> Callable[[Callable[[], object]], None]:
    """Run a function in a forked process that must end by `kill -9`."""

    def run(program: Callable[[], object]) -> None:
        pid = os.fork()
        if not pid:
            try:
                program()
            except BaseException:
                traceback.print_exc()
            os._exit(4)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"it ended by itself: exit code {os.waitstatus_to_exitcode(status)}"
        assert os.WTERMSIG(status) == signal.SIGKILL

    return run
