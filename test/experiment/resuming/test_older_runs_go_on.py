"""Runs of older tools go on, too: without a run card, without an archive, with checkpoints of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import QueryError
from test.experiment.resuming.conftest import Process, history, record


@pytest.mark.parametrize("status", [None, "finished"])
def test_without_card_or_archive(process: Process, experiment: Callable[..., Path], status: str | None) -> None:
    log = experiment("13-05-01-000001", task="demo_task", status=status, lr=0.1)
    manager = process()
    assert manager.resume("2026/11/20/13-05-01") == 10
    assert manager.hyper_param == {"lr": 0.1}
    record(manager, [20], loss=0.2)
    assert history(manager) == [(10, 0.5), (20, 0.2)]
    card = json.loads((log / "experiment.json").read_text())
    assert card["status"] == "running"
    assert card["resumes"][0]["before"]["status"] == (status or "unknown")
    assert card["resumes"][0]["checkpoint"] is None


def test_checkpoints_of_theirs_are_gone_on_from(
    process: Process, experiment: Callable[..., Path], data_root: Path
) -> None:
    log = experiment("13-05-01-000001", task="demo_task", status=None, rows="loss,time-step,timestamp\n1,500,1\n", lr=1)
    folder = data_root / "checkpoint" / log.relative_to(data_root / "log")
    folder.mkdir(parents=True)
    for name in ("checkpoint-300.pt", "checkpoint-200.pt", "weights_of_mine.bin"):
        (folder / name).write_bytes(b"")
    assert process().resume("13-05-01") == 300


def test_a_folder_that_is_no_run_is_refused(process: Process, data_root: Path) -> None:
    (data_root / "log/demo_task/2026/11/20/tryout").mkdir(parents=True)
    with pytest.raises(QueryError, match="its name has no record date"):
        process().resume("tryout")
