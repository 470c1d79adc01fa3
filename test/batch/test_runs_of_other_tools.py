"""A run without a run card lives while a process of this host has one of its files open to write to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla.batch import choose, plan_deletion

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not tell who writes")

HOLD = """
import sys
stream = open(sys.argv[1], sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold() -> Iterator[Callable[[Path, str], None]]:
    """Let another process have a file open: ``hold(path, "ab")``."""
    processes: list[subprocess.Popen[str]] = []

    def start(path: Path, mode: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    yield start
    for process in processes:
        process.kill()
        process.communicate()


Hold = Callable[[Path, str], None]


def reasons(data_root: Path) -> list[str]:
    return [refusal.reason for refusal in plan_deletion(choose(data_root, "demo", "*")).refused]


@pytest.mark.parametrize("mode", ["wb", "ab", "r+b"])
def test_one_that_writes_its_progress(mode: str, data_root: Path, experiment: Callable[..., Path], hold: Hold) -> None:
    log_dir = experiment("13-05-01-000001", status=None, lr=0.1)
    experiment("13-05-01-000001", status=None, lr=0.11)
    hold(log_dir / "progress.csv", mode)
    plan = plan_deletion(choose(data_root, "demo", "*"))
    assert [(refusal.name[-6:], refusal.reason) for refusal in plan.refused] == [
        ("lr=0.1", "it is under way: a process has 'progress.csv' open")
    ]
    assert [item.name[-7:] for item in plan.items] == ["lr=0.11"]


def test_one_that_writes_deep_in_another_tree(data_root: Path, experiment: Callable[..., Path], hold: Hold) -> None:
    log_dir = experiment("13-05-01-000001", status=None, lr=0.1)
    folder = data_root / "results" / log_dir.relative_to(data_root / "log") / "videos" / "first"
    folder.mkdir(parents=True)
    hold(folder / "episode.mp4", "wb")
    assert reasons(data_root) == ["it is under way: a process has 'episode.mp4' open"]


def test_one_whose_folder_is_a_link(
    data_root: Path, tmp_path: Path, experiment: Callable[..., Path], hold: Hold
) -> None:
    log_dir = experiment("13-05-01-000001", status=None, lr=0.1)
    log_dir.rename(tmp_path / "elsewhere")
    log_dir.symlink_to(tmp_path / "elsewhere")
    hold(tmp_path / "elsewhere" / "progress.csv", "ab")
    assert reasons(data_root) == ["it is under way: a process has 'progress.csv' open"]


def test_one_whose_run_card_is_damaged(data_root: Path, experiment: Callable[..., Path], hold: Hold) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "experiment.json").write_text("{")
    assert reasons(data_root) == []
    hold(log_dir / "progress.csv", "ab")
    assert reasons(data_root) == ["it is under way: a process has 'progress.csv' open"]


def test_a_reader_is_not_enough(data_root: Path, experiment: Callable[..., Path], hold: Hold) -> None:
    log_dir = experiment("13-05-01-000001", status=None, lr=0.1)
    hold(log_dir / "progress.csv", "rb")  # TensorBoard, or somebody who looks at it
    assert reasons(data_root) == []
