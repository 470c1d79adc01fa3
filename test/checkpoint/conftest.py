"""Fixtures for the tests of checkpoints: experiments that save them, and a disk that fails when told to."""

from __future__ import annotations

import copy
import errno
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import ARCHIVE, CHECKPOINT, exp_manager, experiment_data_query, files
from rla.checkpoint.base import FolderSaver
from rla.checkpoint.plain import PlainSaver
from rla.checkpoint.staging import prefix_of

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


class TwoFiles(FolderSaver):
    """A saver of several files, as that of TensorFlow is one: one has the keys of the content, one the values."""

    suffix = ".tf"

    def write_files(self, content: dict[str, Any], prefix: str) -> None:
        for ending, part in (("keys", list(content)), ("values", list(content.values()))):
            with open(f"{prefix}.{ending}", "wb") as stream:
                PlainSaver().write({"": part}, stream)

    def frozen(self, content: dict[str, Any]) -> Callable[[str], None]:
        copied = copy.deepcopy(content)
        return lambda prefix: self.write_files(copied, prefix)

    def read(self, path: str, trust: bool) -> Any:
        prefix = prefix_of(path)
        keys, values = (PlainSaver().read(f"{prefix}.{ending}", trust)[""] for ending in ("keys", "values"))
        return dict(zip(keys, values, strict=True))


@pytest.fixture
def two_files() -> TwoFiles:
    """A saver of several files, for tests without TensorFlow."""
    return TwoFiles()


class Gate:
    """Holds up the thread that writes in the background, before its first byte, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        original = files.make_directories

        def make_directories(path: Path) -> None:
            if threading.current_thread().name == "rla-checkpoint":
                self.reached.set()
                assert self._opened.wait(60)
            original(path)

        monkeypatch.setattr(files, "make_directories", make_directories)

    def open(self) -> None:
        self._opened.set()

    def waited_for(self, call: Callable[[], Any]) -> Any:
        """Call something that must wait for the gate, and return what it returns once the gate is open."""
        returned: list[Any] = []
        caller = threading.Thread(target=lambda: returned.append(call()))
        caller.start()
        caller.join(0.2)
        assert caller.is_alive(), "it did not wait"
        assert not returned
        self.open()
        caller.join(60)
        return returned[0]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A disk that does not go on with a checkpoint in the background until ``gate.open()``."""
    made = Gate(monkeypatch)
    yield made
    made.open()
    exp_manager.finish()
