"""`RLA.easy_tf`: checkpoints of a TensorFlow session by functions, and its graph and times in TensorBoard."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rla
from rla import exp_manager
from rla.errors import CheckpointError, ExperimentNotFoundError, MissingPackageError


@pytest.fixture
def begin(data_root: Path) -> Callable[..., Path]:
    """Begin an experiment that saves with TensorFlow, and return its checkpoint folder."""

    def begin_experiment(**hyper_param: object) -> Path:
        exp_manager.set_hyper_param(**hyper_param)
        settings = {"DL_FRAMEWORK": "tensorflow", "LOG_USED": ["csv", "tensorboard"]}
        exp_manager.configure("demo_task", settings, data_root=data_root, code_root=data_root)
        exp_manager.log_files_gen()
        return Path(exp_manager.checkpoint_dir)

    return begin_experiment


@pytest.fixture
def session() -> Iterator[Any]:
    """A default session with two variables."""
    tf = pytest.importorskip("tensorflow.compat.v1", reason="TensorFlow is not installed")
    with tf.Graph().as_default(), tf.Session() as opened:
        tf.get_variable("policy/weights", [2], initializer=tf.ones_initializer())
        tf.get_variable("value/weights", [2], initializer=tf.ones_initializer())
        opened.run(tf.global_variables_initializer())
        yield opened


def grow(session: Any) -> list[float]:
    """Add one to each variable; return the first number of each."""
    import tensorflow.compat.v1 as tf

    session.run([tf.assign_add(variable, [1.0, 1.0]) for variable in tf.global_variables()])
    return [value[0] for value in session.run(tf.global_variables())]


def values(session: Any) -> list[float]:
    import tensorflow.compat.v1 as tf

    return [value[0] for value in session.run(tf.global_variables())]


def test_a_saver_keeps_as_many_as_it_is_told_and_loads_the_last(begin: Callable[..., Path], session: Any) -> None:
    from RLA.easy_tf.saver_tools import load_checkpoint, new_saver, save_checkpoint

    folder = begin()
    saver = new_saver(2, "policy")
    for step in (8, 9, 10):
        grow(session)
        assert save_checkpoint(saver, iter=step) == str(folder / f"checkpoint_{step}.tf")
    assert sorted(os.listdir(folder)) == ["checkpoint_10.tf", "checkpoint_9.tf"]
    grow(session)
    step, saved = load_checkpoint(saver, exp_manager)
    assert step == 10
    assert saved["policy/weights"].tolist() == [4.0, 4.0]
    assert values(session) == [4.0, 5.0]


def test_the_current_time_step_counts_when_none_is_given(begin: Callable[..., Path], session: Any) -> None:
    from RLA.easy_tf.saver_tools import new_saver, save_checkpoint

    folder = begin()
    exp_manager.set_timestep(70)
    save_checkpoint(new_saver(5, None))
    assert os.listdir(folder) == ["checkpoint_70.tf"]


def test_another_folder_may_be_given(session: Any, tmp_path: Path) -> None:
    from RLA.easy_tf.saver_tools import load_checkpoint, new_saver, save_checkpoint

    saver = new_saver(1, "", checkpoint_path=str(tmp_path / "elsewhere"))
    save_checkpoint(saver, 3)
    assert load_checkpoint(saver, str(tmp_path / "elsewhere"))[0] == 3


def test_a_saver_that_the_script_made_itself_will_do(begin: Callable[..., Path], session: Any) -> None:
    import tensorflow.compat.v1 as tf
    from RLA.easy_tf.saver_tools import load_checkpoint, save_checkpoint

    begin()
    saver = tf.train.Saver()
    save_checkpoint(saver, 3)
    grow(session)
    load_checkpoint(saver, exp_manager)
    assert values(session) == [1.0, 1.0]


def test_variables_that_are_not_in_the_checkpoint_are_told(begin: Callable[..., Path], session: Any) -> None:
    import tensorflow.compat.v1 as tf
    from RLA.easy_tf.saver_tools import load_checkpoint, new_saver, save_checkpoint

    begin()
    save_checkpoint(new_saver(1, "policy"), 3)
    with pytest.raises(CheckpointError, match=r"checkpoint_3\.tf.*does not fit.*value/weights"):
        load_checkpoint(tf.train.Saver(), exp_manager)
    with pytest.raises(CheckpointError, match="no variables whose names begin with 'critic'"):
        new_saver(1, "critic")


def test_a_past_experiment_lends_its_weights_and_its_parameters(begin: Callable[..., Path], session: Any) -> None:
    from RLA.easy_tf.saver_tools import load_checkpoint, load_tester_from_record_date, new_saver, save_checkpoint

    begin(lr=0.1, layers=[64, 64])
    record_date = exp_manager.record_date_to_str(exp_manager.record_date)
    saver = new_saver(1, "")
    save_checkpoint(saver, 3)
    grow(session)
    begin(lr=0.5)
    twin = load_tester_from_record_date("demo_task", record_date, fork_hp=False)
    assert exp_manager.hyper_param["lr"] == 0.5
    assert load_checkpoint(saver, twin)[0] == 3
    assert values(session) == [1.0, 1.0]
    load_tester_from_record_date("demo_task", record_date, fork_hp=True)
    assert exp_manager.hyper_param["lr"] == 0.1
    with pytest.raises(ExperimentNotFoundError):
        load_tester_from_record_date("demo_task", "2020/01/01/00-00-00-000000", fork_hp=True)


def test_the_graph_and_the_times_of_a_run_stand_in_tensorboard(begin: Callable[..., Path], session: Any) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    import tensorflow.compat.v1 as tf
    from RLA.easy_tf.tools import run_with_metadata

    begin()
    given = tf.placeholder(tf.float32, [2], name="given")
    exp_manager.add_graph(session)
    result = run_with_metadata(session, [given * 2], {given: [1.0, 2.0]}, "step 1")
    assert result[0].tolist() == [2.0, 4.0]
    events = Path(exp_manager.log_dir) / "tb/events"
    exp_manager.finish()
    found = accumulator.EventAccumulator(str(events)).Reload()
    assert "policy/weights" in {node.name for node in found.Graph().node}
    assert found.Tags()["run_metadata"] == ["step 1"]
    assert found.RunMetadata("step 1").step_stats.dev_stats


def test_without_tensorflow_each_says_what_to_install(
    begin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from RLA.easy_tf import saver_tools, tools

    begin()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    for call in (lambda: saver_tools.new_saver(1, ""), lambda: tools.run_with_metadata(None, [], {}, "a")):
        with pytest.raises(MissingPackageError, match=r"RLA\[tensorflow\]"):
            call()
    assert rla.easy_tf is sys.modules["RLA.easy_tf"]
