"""What cannot be resumed is refused before anything changes, and the message says what to do."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from rla import ExperimentManager
from rla.errors import (
    AmbiguousExperimentError,
    ExperimentNotFoundError,
    NotConfiguredError,
    QueryError,
    RunIsAliveError,
)
from test.experiment.resuming.conftest import Process, record


def test_one_that_is_alive(
    start_experiment: Callable[..., Popen[str]], process: Process, data_root: Path, picture_of: Callable[..., Any]
) -> None:
    start_experiment("time.sleep(600)")
    manager = process()
    before = picture_of(data_root, only_files=True)
    with pytest.raises(RunIsAliveError, match="it can be resumed once that process has ended"):
        manager.resume("")
    assert picture_of(data_root, only_files=True) == before


def test_one_of_this_very_process(run: Process) -> None:
    manager = run(20)
    with pytest.raises(RunIsAliveError):
        manager.resume("")
    record(manager, [30])
    assert manager.get_timestep() == 30


@pytest.mark.parametrize(("silence", "allowed"), [(5, False), (3600, True)])
def test_one_of_another_host_is_alive_until_it_is_silent(
    run: Process, process: Process, silence: float, allowed: bool
) -> None:
    first = run(20)
    path = Path(first.log_dir, "experiment.json")
    first.finish()
    card = json.loads(path.read_text())
    card |= {"status": "running", "host": "far-away", "heartbeat": time.time() - silence}
    path.write_text(json.dumps(card))
    os.utime(path, (time.time() - silence,) * 2)
    manager = process()
    if allowed:
        assert manager.resume("") == 20
    else:
        with pytest.raises(RunIsAliveError, match=r"on far-away has ended \(heard of \d+ seconds ago; after 15 min"):
            manager.resume("")


def test_names_that_mean_none_or_several(run: Process, process: Process) -> None:
    run(20, seed=1, tracked=["seed"])
    run(20, seed=2, tracked=["seed"])
    with pytest.raises(ExperimentNotFoundError, match="has '1999/01/01' in its name"):
        process().resume("1999/01/01")
    with pytest.raises(AmbiguousExperimentError, match=r"seed=1[^$]*seed=2"):
        process().resume("20")
    assert process().resume("seed=2") == 20


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (70, "it has come to step 50. Checkpoints are at: 20, 40"),
        (-1, "cannot go on at step -1"),
        (float("nan"), "cannot go on at step nan"),
        ("policy", "no checkpoint 'policy' to go on from. Those there are: state_20.npz, state_40.npz"),
        ("state_30.npz", "Did you mean 'state_"),
    ],
)
def test_steps_and_checkpoints_that_are_not_there(run: Process, process: Process, at: Any, message: str) -> None:
    run(50)
    with pytest.raises(QueryError, match=message):
        process().resume("", at=at)


def test_before_it_is_configured() -> None:
    with pytest.raises(NotConfiguredError, match="configure"):
        ExperimentManager().resume("")


def test_damaged_segments_are_told_and_nothing_is_lost(run: Process, process: Process) -> None:
    first = run(20)
    path = Path(first.log_dir, "segments.json")
    first.finish()
    path.write_text('{"schema": 1, "segm')
    manager = process()
    with pytest.raises(OSError, match="bring it back from a copy, or remove it"):
        manager.resume("")
    assert path.read_text() == '{"schema": 1, "segm'
    path.unlink()
    assert manager.resume("") == 20


def test_a_card_that_cannot_be_written_ends_the_resume(
    run: Process, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(20)
    path = Path(first.log_dir, "experiment.json")
    first.finish()
    before = path.read_bytes()
    manager = process()

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("rla.experiment.run.write_run_card", refuse)
        with pytest.raises(OSError, match="No space left on device"):
            manager.resume("")
    assert path.read_bytes() == before
    assert manager.logger.get_dir() is None
    assert manager.resume("") == 20
