"""TensorFlow 1: `save_checkpoint()` saves the variables of the default session, `load_checkpoint()` gives them back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError

tf = pytest.importorskip("tensorflow.compat.v1", reason="TensorFlow is not installed")


@contextlib.contextmanager
def session(width: int = 2) -> Iterator[tuple[Any, Any, Any]]:
    """A session, its variables, and what lets them grow."""
    with tf.Graph().as_default(), tf.Session() as opened:
        weights = tf.get_variable("policy/weights", [width], initializer=tf.ones_initializer())
        value = tf.get_variable("value/weights", [3], initializer=tf.zeros_initializer(), use_resource=False)
        grow = [tf.assign_add(weights, tf.ones([width])), tf.assign_add(value, tf.ones([3]))]
        opened.run(tf.global_variables_initializer())
        yield opened, (weights, value), grow


@pytest.mark.parametrize("in_background", [False, True])
def test_variables_come_back_into_the_session(
    in_background: bool, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("tensorflow")
    with session() as (opened, variables, grow):
        exp_manager.new_saver(var_prefix="", max_to_keep=1)  # as the early manual calls it
        opened.graph.finalize()
        opened.run(grow)
        save_at(5, {"epoch": 3}, background=in_background)
        opened.run(grow)
        step, saved = exp_manager.load_checkpoint()
        assert (step, saved["epoch"]) == (5, 3)
        assert [value.tolist() for value in opened.run(variables)] == [[2.0, 2.0], [1.0, 1.0, 1.0]]


def test_a_new_program_gets_them_too(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    with session() as (opened, _, grow):
        opened.run(grow)
        save_at(5)
    with session() as (opened, variables, _):
        opened.graph.finalize()
        exp_manager.load_checkpoint()
        assert opened.run(variables)[0].tolist() == [2.0, 2.0]


def test_without_a_session_they_are_arrays_by_name(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    with session():
        save_at(5, {})
    step, saved = exp_manager.load_checkpoint()
    assert step == 5
    assert {name: array.tolist() for name, array in saved.items()} == {
        "policy/weights": [1.0, 1.0],
        "value/weights": [0.0, 0.0, 0.0],
    }


def test_a_prefix_says_which_variables(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    with session() as (opened, variables, grow):
        exp_manager.new_saver(var_prefix="policy")
        save_at(5, {})
        opened.run(grow)
        assert list(exp_manager.load_checkpoint()[1]) == ["policy/weights"]
        assert [value.tolist() for value in opened.run(variables)] == [[1.0, 1.0], [1.0, 1.0, 1.0]]


def test_saving_adds_nothing_to_the_graph_but_once(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    with session() as (opened, _, _):
        save_at(1)
        before = len(opened.graph.get_operations())
        for step in (2, 3, 4):
            save_at(step)
            exp_manager.load_checkpoint()
        assert len(opened.graph.get_operations()) == before


def test_another_architecture_names_run_and_file(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin("tensorflow")
    with session():
        save_at(5)
    with session(width=4), pytest.raises(CheckpointError, match=r"policy/weights has the shape \(4,\)") as refusal:
        exp_manager.load_checkpoint()
    assert str(folder / "checkpoint_5.tf") in str(refusal.value)


def test_without_a_default_session_saving_says_so(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin("tensorflow")
    with tf.Graph().as_default():
        tf.get_variable("weights", [2])
        with pytest.raises(CheckpointError, match="use `with session:`"):
            save_at(5)
    assert os.listdir(folder) == []


def test_files_of_older_tools_are_listed_by_step_loaded_and_never_removed(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin("tensorflow")
    with session() as (opened, variables, grow):
        saver = tf.train.Saver()
        for step in (9, 100, 20):
            saver.save(opened, str(folder / "checkpoint"), global_step=step)
            opened.run(grow)
        exp_manager.new_saver(max_to_keep=1)
        for step in (30, 40):
            save_at(step)
        listed = [name for name in all_ckps() if name.endswith((".index", ".tf"))]
        assert listed == ["checkpoint-9.index", "checkpoint-20.index", "checkpoint_40.tf", "checkpoint-100.index"]
        assert exp_manager.load_checkpoint(20)[1]["policy/weights"].tolist() == [3.0, 3.0]
        assert np.array_equal(opened.run(variables[0]), [3.0, 3.0])
