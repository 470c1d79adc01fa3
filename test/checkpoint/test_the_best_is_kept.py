"""`new_saver(best="max")` and `save_checkpoint(metric=…)`: the best one stays and is found, in later processes, too."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager, files
from rla.checkpoint.folder import CheckpointFolder, load_checkpoint
from rla.checkpoint.plain import PlainSaver
from rla.errors import CheckpointNotFoundError

RETURNS = {10: 1.0, 20: 7.0, 30: 5.0, 40: -2.0, 50: 6.0}


def listed(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def save_all(save_at: Callable[..., str], returns: dict[int, Any], **options: Any) -> None:
    for step, value in returns.items():
        save_at(step, metric=value, **options)


@pytest.mark.parametrize(("best", "step"), [("max", 20), ("min", 40)])
def test_it_stays_beside_the_last_one_and_is_loaded(
    best: Any, step: int, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best=best)
    save_all(save_at, RETURNS)
    assert listed(folder) == [f"checkpoint_{step}.npz", "checkpoint_50.npz"]
    assert exp_manager.load_checkpoint("best") == (step, {"step": step})
    assert exp_manager.load_checkpoint() == (50, {"step": 50})


def test_one_that_is_not_the_best_any_more_goes(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, {**RETURNS, 60: 8.0, 70: 0.0})
    assert listed(folder) == ["checkpoint_60.npz", "checkpoint_70.npz"]


def test_of_equals_the_first_stays(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, {10: 5, 20: 5, 30: 5})
    assert exp_manager.load_checkpoint("best")[0] == 10


def test_another_process_knows_it(
    begin: Callable[..., Path], save_at: Callable[..., str], archived: Callable[[], Any]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, RETURNS)
    exp_manager.new_saver(max_to_keep=1, best="max")  # knows no more than a new process
    save_all(save_at, {60: 3.0, 70: 2.0})
    assert listed(folder) == ["checkpoint_20.npz", "checkpoint_70.npz"]
    assert archived().load_checkpoint("best") == (20, {"step": 20})


def test_each_name_has_a_best_of_its_own(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, {10: 9.0, 20: 1.0}, checkpoint_name="a")
    save_all(save_at, {10: 2.0, 20: 3.0, 30: 1.0}, checkpoint_name="b")
    assert listed(folder) == ["a_10.npz", "a_20.npz", "b_20.npz", "b_30.npz"]
    assert exp_manager.load_checkpoint("best", "b")[0] == 20


def test_numbers_that_are_none_are_never_the_best(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, {10: float("nan"), 20: np.float32(1.5), 30: float("inf"), 40: None, 50: np.array(1)})
    assert exp_manager.load_checkpoint("best")[0] == 20


def test_one_that_is_replaced_has_the_metric_of_the_second(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=2, best="max")
    save_all(save_at, {10: 9.0, 20: 5.0})
    save_at(10, {"second": True}, metric=1.0)
    assert exp_manager.load_checkpoint("best")[0] == 20
    exp_manager.new_saver(max_to_keep=2)
    save_at(20, {"third": True})
    assert exp_manager.load_checkpoint("best") == (10, {"second": True})


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_kill_at_any_operation_never_calls_a_wrong_one_the_best(
    nth: int, tmp_path: Path, killed: Callable[..., None]
) -> None:
    """Step 1 is saved with 9, step 2 with 5, step 1 again with 1: the best is the first 1, or 2, never the second 1."""

    def program() -> None:
        saving = CheckpointFolder(tmp_path, PlainSaver(), 1, best="max")
        saving.save({"value": 9.0}, 1, metric=9.0)
        saving.save({"value": 5.0}, 2, metric=5.0)
        left = [nth]

        def dying(original: Callable[..., Any]) -> Callable[..., Any]:
            def operation(*arguments: Any) -> Any:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), 9)
                return original(*arguments)

            return operation

        for name in ("fsync", "rename", "remove"):
            setattr(files, name, dying(getattr(files, name)))
        saving.save({"value": 1.0}, 1, metric=1.0)
        saving.save({"value": 1.0}, 3, metric=1.0)
        os.kill(os.getpid(), 9)

    killed(program)
    _, content = load_checkpoint(tmp_path, "best")
    assert content["value"] in (9.0, 5.0)
    assert load_checkpoint(tmp_path)[1]["value"] in (5.0, 1.0)


def test_what_somebody_made_of_the_file_hides_no_checkpoint(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, RETURNS)
    for damage in ("", "[1]", '{"best": "max", "metrics": {"checkpoint_20.npz": "high", "checkpoint_50.npz": 1e999}}'):
        (folder / ".metrics.json").write_text(damage)
        assert exp_manager.load_checkpoint()[0] == 50
        with pytest.raises(CheckpointNotFoundError, match=r"as the best.*checkpoint_20\.npz, checkpoint_50\.npz"):
            exp_manager.load_checkpoint("best")
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_at(60, metric=2.0)
    assert exp_manager.load_checkpoint("best")[0] == 60


def test_when_a_metric_cannot_be_written_nothing_is_removed(
    begin: Callable[..., Path], save_at: Callable[..., str], monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_at(10, metric=5.0)
    with monkeypatch.context() as full:
        full.setattr(files, "write_atomic", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        save_all(save_at, {20: 7.0, 30: 1.0})
    assert listed(folder) == ["checkpoint_10.npz", "checkpoint_20.npz", "checkpoint_30.npz"]
    assert ["the metric of" in text and "No space left" in text for text in said] == [True, True]
    assert exp_manager.load_checkpoint("best")[0] == 10, "which is the best of those that the disk knows of"
    save_at(40, metric=2.0)
    assert listed(folder) == ["checkpoint_20.npz", "checkpoint_40.npz"]
    exp_manager.new_saver(best="max")
    assert exp_manager.load_checkpoint("best")[0] == 20


def test_what_is_written_names_files_and_numbers(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    exp_manager.new_saver(max_to_keep=1, best="max")
    save_all(save_at, RETURNS)
    content = json.loads((folder / ".metrics.json").read_text())
    assert (content["version"], content["best"]) == (1, "max")
    assert {name: content["metrics"][name] for name in listed(folder)} == {
        "checkpoint_20.npz": 7.0,
        "checkpoint_50.npz": 6.0,
    }


def test_without_metrics_there_is_no_file_for_them(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    save_at(1)
    assert os.listdir(folder) == ["checkpoint_1.npz"]


def test_a_metric_without_a_rule_says_what_is_missing(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin()
    with pytest.raises(ValueError, match=r"needs new_saver\(best='max'\)"):
        save_at(1, metric=3.0)
    assert os.listdir(folder) == []


def test_what_is_no_rule_or_no_number_is_refused(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin()
    with pytest.raises(ValueError, match="best is 'max' or 'min'"):
        exp_manager.new_saver(best="highest")  # type: ignore[arg-type]
    exp_manager.new_saver(best="max")
    with pytest.raises(TypeError, match="metric is a number"):
        save_at(1, metric="high")
