"""Without an experiment, a `SummaryWriter` records into its own folder, as that of torch does, and beside others."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rla import read_progress
from rla.adapt.summary_writer import SummaryWriter

pytest.importorskip("tensorboard")

Rows = Callable[[Path], list[dict[str, str]]]


def test_the_folder_has_rows_text_and_events_from_the_beginning(in_tmp: Path) -> None:
    writer = SummaryWriter("runs/first")
    folder = in_tmp / "runs" / "first"
    assert list(folder.glob("events.out.tfevents.*"))
    writer.add_scalar("a", 1, 1)
    writer.close()
    assert {"progress.csv", "log.txt", "warn.txt"} <= set(os.listdir(folder))
    assert not (folder / ".journal").exists()


def test_tensorboard_calls_the_runs_by_their_folders(in_tmp: Path, runs: Callable) -> None:
    for name in ("CartPole-v1__ppo__1", "nested/CartPole-v1__ppo__2"):
        with SummaryWriter(f"runs/{name}") as writer:
            writer.add_scalar("a", 1, 1)
    assert runs(in_tmp / "runs") == {
        "CartPole-v1__ppo__1": {"a": [(1, 1.0)]},
        "nested/CartPole-v1__ppo__2": {"a": [(1, 1.0)]},
    }


def test_without_a_name_the_folder_is_called_as_torch_calls_it(in_tmp: Path) -> None:
    writer = SummaryWriter(comment="_lr0.1")
    (name,) = os.listdir("runs")
    assert re.fullmatch(rf"[A-Z][a-z]{{2}}\d\d_\d\d-\d\d-\d\d_{re.escape(socket.gethostname())}_lr0\.1", name)
    assert writer.log_dir == f"runs/{name}"


@pytest.mark.parametrize("keyword", ["log_dir", "logdir"])
def test_the_folder_may_have_either_name(in_tmp: Path, keyword: str) -> None:
    SummaryWriter(**{keyword: Path("runs") / "first"}).close()
    assert (in_tmp / "runs" / "first" / "log.txt").exists()


def test_it_can_be_told_to_write_nothing(in_tmp: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with SummaryWriter("runs/first", write_to_disk=False) as writer:
        writer.add_scalar("a", 1, 1)
        writer.add_scalar("a", 1, 2)
        writer.add_image("image", np.zeros((3, 4, 4)), 1)
        writer.add_text("note", "text")
    assert os.listdir() == []
    assert capfd.readouterr().out == ""


def test_what_is_added_after_closing_is_recorded_too(in_tmp: Path, rows: Rows, runs: Callable) -> None:
    writer = SummaryWriter("runs/first")
    for step in range(3):
        writer.add_scalar("a", step, step)
        writer.close()
        writer.close()
    assert [row["a"] for row in rows(in_tmp / "runs" / "first")] == ["0", "1", "2"]
    assert runs(in_tmp / "runs")["first"]["a"] == [(0, 0), (1, 1), (2, 2)]


def test_a_script_that_changes_its_folder_goes_on_in_the_first_one(in_tmp: Path, rows: Rows) -> None:
    (in_tmp / "elsewhere").mkdir()
    writer = SummaryWriter("runs/first")
    for step in range(3):
        writer.add_scalar(f"key{step}", step, step)
        writer.close()
        os.chdir(in_tmp / "elsewhere")
    assert [row["time-step"] for row in rows(in_tmp / "runs" / "first")] == ["0", "1", "2"]
    assert os.listdir(in_tmp / "elsewhere") == []


def test_two_writers_of_one_folder_share_it(in_tmp: Path, rows: Rows, said: list[str]) -> None:
    train, test = SummaryWriter("runs/first"), SummaryWriter(in_tmp / "runs" / "first")
    train.add_scalar("train/loss", 1, 10)
    test.add_scalar("test/loss", 2, 7)
    train.close()
    test.add_scalar("test/loss", 3, 8)
    test.close()
    assert [row["time-step"] for row in rows(in_tmp / "runs" / "first")] == ["10", "7", "8"]
    assert said == []


def test_writers_of_several_folders_do_not_mix_their_steps(in_tmp: Path, rows: Rows) -> None:
    train, test = SummaryWriter("runs/train"), SummaryWriter("runs/test")
    for step in range(5):
        train.add_scalar("loss", step, step)
        test.add_scalar("loss", -step, 100 * step)
    train.close()
    test.close()
    assert [row["time-step"] for row in rows(in_tmp / "runs" / "train")] == ["0", "1", "2", "3", "4"]
    assert [row["time-step"] for row in rows(in_tmp / "runs" / "test")] == ["0", "100", "200", "300", "400"]


SECOND_PROCESS = """
import os, sys, warnings
from rla.adapt.summary_writer import SummaryWriter
writer = SummaryWriter("runs/first")
writer.add_scalar("a", 2, 2)
writer.close()
print(os.path.relpath(writer.log_dir))
"""


def test_a_folder_that_another_process_records_into_gets_a_subfolder(
    in_tmp: Path, rows: Rows, runs: Callable, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 1, 1)
        done = run_python(SECOND_PROCESS)
        assert done.returncode == 0, done.stderr
        assert "something else records into" in done.stderr
        below = done.stdout.strip()
    assert below.startswith(f"runs/first/{socket.gethostname()}-")
    assert rows(in_tmp / below) == [{"a": "2", "time-step": "2"}]
    assert rows(in_tmp / "runs" / "first") == [{"a": "1", "time-step": "1"}]
    assert len(runs(in_tmp / "runs")) == 2


def test_a_second_process_goes_on_after_the_first(
    in_tmp: Path, rows: Rows, runs: Callable, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 1, 1)
    assert run_python(SECOND_PROCESS).returncode == 0
    assert [row["a"] for row in rows(in_tmp / "runs" / "first")] == ["1", "2"]
    assert runs(in_tmp / "runs") == {"first": {"a": [(1, 1), (2, 2)]}}


def test_it_goes_on_where_torch_has_recorded_before(in_tmp: Path, runs: Callable) -> None:
    pytest.importorskip("torch")
    from torch.utils.tensorboard import SummaryWriter as WriterOfTorch

    with WriterOfTorch("runs/first") as real:
        real.add_scalar("a", 1, 1)
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 2, 2)
    assert runs(in_tmp / "runs") == {"first": {"a": [(1, 1), (2, 2)]}}


def test_a_folder_that_cannot_be_made_is_an_error_at_once(in_tmp: Path) -> None:
    Path("runs").write_text("a file")
    with pytest.raises(OSError, match="runs"):
        SummaryWriter("runs/first")


@pytest.mark.parametrize("address", ["s3://bucket/runs", "gs://bucket/runs"])
def test_an_address_is_no_folder(in_tmp: Path, address: str) -> None:
    with pytest.raises(ValueError, match="records into folders of this machine"):
        SummaryWriter(address)
    assert os.listdir() == []


def test_a_forked_child_records_nothing_and_leaves_the_parents_row(
    in_tmp: Path, rows: Rows, in_a_fork: Callable[..., int]
) -> None:
    writer = SummaryWriter("runs/first")
    writer.add_scalar("a", 1, 1)

    def record() -> None:
        for step in range(5):
            writer.add_scalar("b", step, step)
        writer.flush()
        writer.close()

    def child() -> None:
        with pytest.warns(UserWarning, match="of a forked child are not recorded") as told:
            record()
        assert len(told) == 1

    assert in_a_fork(child) == 0
    writer.add_scalar("a", 2, 2)
    writer.close()
    assert rows(in_tmp / "runs" / "first") == [{"a": "1", "time-step": "1"}, {"a": "2", "time-step": "2"}]


def test_a_forked_child_with_a_writer_of_its_own_records(
    in_tmp: Path, rows: Rows, in_a_fork: Callable[..., int]
) -> None:
    writer = SummaryWriter("runs/first")
    writer.add_scalar("a", 1, 1)

    def child() -> None:
        with SummaryWriter("runs/child") as own:
            own.add_scalar("b", 2, 2)

    assert in_a_fork(child) == 0
    writer.close()
    assert rows(in_tmp / "runs" / "child") == [{"b": "2", "time-step": "2"}]
    assert rows(in_tmp / "runs" / "first") == [{"a": "1", "time-step": "1"}]


def test_forks_in_the_middle_of_everything_hang_nobody(in_tmp: Path, in_a_fork: Callable[..., int]) -> None:
    writer = SummaryWriter("runs/first")
    stop = threading.Event()

    def work() -> None:
        step = 0
        while not stop.is_set():
            step += 1
            writer.add_scalar("thread", step, step)

    thread = threading.Thread(target=work)
    thread.start()

    def child() -> None:
        warnings.simplefilter("ignore")
        writer.add_scalar("b", 1, 1)
        writer.add_scalar("b", 1, 2)
        writer.close()

    try:
        assert [in_a_fork(child) for _ in range(10)] == [0] * 10
    finally:
        stop.set()
        thread.join()
    writer.close()
    steps = [row["time-step"] for row in read_progress("runs/first").rows]
    assert steps == list(range(1, len(steps) + 1))
