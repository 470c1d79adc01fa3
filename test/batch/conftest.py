"""Experiments with all their trees, what a folder looks like to the last bit, and the four operations in one call."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from rla.batch import Outcome, Plan, apply, choose, plan_deletion, plan_undo
from rla.batch.undo import find_operation
from rla.names import TREES

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def old_archive() -> bytes:
    """An archive as the original wrote it: an instance of its class."""
    return b"\x80\x02cRLA.easy_log.tester\nTester\n)\x81}X\x0b\x00\x00\x00hyper_paramX\x02\x00\x00\x00lrsb."


Look = dict[str, tuple[object, ...]]


@pytest.fixture
def looks() -> Callable[..., Look]:
    """Return all that a folder holds: kind, permissions, modification time, and content or destination."""
    return _look_of


def _look_of(top: Path, with_folder_times: bool = False) -> Look:
    found: Look = {}
    for folder, folders, names in os.walk(top):
        if ".rla" in folders:
            folders.remove(".rla")
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            inside = os.path.relpath(path, top)
            if stat.S_ISLNK(kind):
                found[inside] = ("link", os.readlink(path))
            elif stat.S_ISDIR(kind):
                found[inside] = ("folder", stat.S_IMODE(status.st_mode))
                if with_folder_times:
                    found[inside] += (status.st_mtime_ns,)
            elif stat.S_ISREG(kind):
                digest = hashlib.md5(Path(path).read_bytes()).hexdigest()
                found[inside] = ("file", stat.S_IMODE(status.st_mode), status.st_mtime_ns, digest)
            else:
                found[inside] = ("other", kind)
    return found


@pytest.fixture
def whole(data_root: Path, experiment: Callable[..., Path]) -> Callable[..., Path]:
    """Write an experiment that is in all seven trees: ``whole("13-05-01-000001", lr=0.1)``; returns its log folder."""

    def write(time_of_day: str, **more: object) -> Path:
        log_dir = experiment(time_of_day, **more)
        _fill(data_root, log_dir)
        return log_dir

    return write


def _fill(data_root: Path, log_dir: Path) -> None:
    """Write something into the six other trees of an experiment."""
    import pickle

    inside = log_dir.relative_to(data_root / "log")
    for tree in TREES:
        path = data_root / tree / inside
        if tree == "archive_tester":
            path.parent.mkdir(parents=True, exist_ok=True)
            content = {"task_table_name": inside.parts[0], "hyper_param": {"lr": 0.1}}
            Path(f"{path}.pkl").write_bytes(pickle.dumps(content))
            Path(f"{path}.objects").write_bytes(b"objects")
        elif tree != "log":
            (path / "inside").mkdir(parents=True)
            (path / "inside" / f"of_{tree}").write_bytes(tree.encode() * 100)
    (data_root / "code" / inside / "empty folder").mkdir()
    (data_root / "checkpoint" / inside / "inside" / "of_checkpoint").chmod(0o640)
    (data_root / "results" / inside / "newest").symlink_to("inside/of_results")
    os.utime(data_root / "checkpoint" / inside / "inside" / "of_checkpoint", ns=(10**18 + 1, 10**18 + 7))


@pytest.fixture
def delete(data_root: Path, all_done: Callable[[Plan], Outcome]) -> Callable[..., Outcome]:
    """Delete experiments that match a glob: ``delete("**lr=0.1*")``; nothing may be refused."""

    def run(pattern: str = "*", task: str = "demo", trees: Collection[str] = TREES) -> Outcome:
        plan = plan_deletion(choose(data_root, task, pattern), trees)
        assert plan.refused == []
        return all_done(plan)

    return run


@pytest.fixture
def undo(data_root: Path, all_done: Callable[[Plan], Outcome]) -> Callable[..., Outcome]:
    """Take an operation back, the last one by default; nothing may be refused."""

    def run(operation: str | None = None, root: Path | None = None) -> Outcome:
        plan = plan_undo(find_operation(root or data_root, operation))
        assert plan.refused == []
        return all_done(plan)

    return run


@pytest.fixture
def all_done() -> Callable[[Plan], Outcome]:
    """Apply a plan of which all must be done."""

    def run(plan: Plan) -> Outcome:
        outcome = apply(plan)
        assert (outcome.refused, outcome.failed, outcome.interrupted) == ([], [], False)
        assert len(outcome.done) == len(plan.items)
        return outcome

    return run


@pytest.fixture
def as_owner(data_root: Path, as_nobody: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[[str], str]:
    """Run a program with the data root as argument, as a user who owns it and is not root; returns what it prints."""

    def run(program: str) -> str:
        subprocess.run(["chown", "-R", "65534:65534", str(data_root)], check=True)
        result = as_nobody(program, data_root)
        assert result.stderr == ""
        return result.stdout

    return run


RUN = """
import sys, time
from rla import exp_manager, logger, time_step_holder
exp_manager.set_hyper_param(lr=0.1)
exp_manager.add_record_param(["lr"])
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
step = 0
print("ready", flush=True)
while True:
    step += 1
    time_step_holder.set_time(step)
    logger.record_tabular("loss", step * 0.5)
    logger.dump_tabular()
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def live(data_root: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a run in another process that records until it is killed: ``live(pause=0.01)``."""
    data_root.mkdir(exist_ok=True)
    processes: list[subprocess.Popen[str]] = []

    def start(pause: float = 0.01) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(data_root), str(pause)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
