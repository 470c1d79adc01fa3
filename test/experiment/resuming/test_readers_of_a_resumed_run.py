"""Who looks at a run that was resumed sees that it runs, one monotone curve, and what was resumed how."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import ARCHIVE, experiment_data_query
from rla.cli.main import main
from test.experiment.resuming.conftest import Process, record


@pytest.fixture
def rla(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command in this process, and return what it shows: ``rla("ls")``."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["rla", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return run


def test_a_listing_knows_at_once_that_it_runs_again(
    run: Process, process: Process, data_root: Path, settle: Callable[[], None], rla: Callable[..., str]
) -> None:
    run(20).finish()
    settle()
    assert "finished" in rla("ls", "--root", str(data_root))
    process().resume("")
    assert "running" in rla("ls", "--root", str(data_root))


def test_what_is_shown_of_it_tells_of_the_last_resume(
    run: Process, process: Process, data_root: Path, rla: Callable[..., str]
) -> None:
    run(50, lr=0.1).finish()
    process().resume("", at=20)
    process(lr=0.01).resume("", at=20)
    shown = rla("show", "20", "--root", str(data_root))
    assert "2 times, last" in shown
    assert "at step 20" in shown
    assert "with lr=0.01" in shown
    assert "the last one state_20.npz" in shown
    card = json.loads(rla("show", "20", "--root", str(data_root), "--json"))["card"]
    assert [each["step"] for each in card["resumes"]] == [20, 20]


def test_its_twin_of_the_past_loads_what_was_not_left_behind(run: Process, process: Process, data_root: Path) -> None:
    run(50)
    manager = process()
    manager.resume("", at=20)
    record(manager, [30], loss=2.0)
    manager.finish()
    (found,) = experiment_data_query(str(data_root), "demo_task", "*", ARCHIVE).values()
    step, content = found.exp_manager.load_checkpoint(checkpoint_name="state")
    assert (step, content["values"]) == (20, {"note": "at 20"})


def test_the_real_reader_of_tensorboard_sees_one_monotone_curve(run: Process, process: Process) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run(50, formats=("csv", "tensorboard"))
    for at, steps, loss in ((40, [50, 60, 70], 2.0), (50, [60, 70], 3.0)):
        manager = process(formats=("csv", "tensorboard"))
        manager.resume("", at=at)
        record(manager, steps, loss=loss)
    manager.finish()
    (folder,) = {Path(found).parent for found in _event_files(manager.data_root)}
    events = accumulators.EventAccumulator(str(folder)).Reload().Scalars("loss")
    assert [(event.step, event.value) for event in events] == [
        *[(step, 1.0) for step in (10, 20, 30, 40)],
        (50, 2.0),
        *[(60, 3.0), (70, 3.0)],
    ]


def _event_files(root: str) -> list[str]:
    return [f"{folder}/{name}" for folder, _, names in os.walk(root) for name in names if "tfevents" in name]
