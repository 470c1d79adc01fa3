"""Checkpoints of TensorFlow 2: what it saves itself is restored by name, all else is plain; its own tools read them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


def policy(*units: int) -> Any:
    model = tf.keras.Sequential([tf.keras.layers.Dense(width) for width in units or (4, 2)])
    model(tf.ones((1, 3)))
    return model


def train(model: Any, optimizer: Any) -> list[float]:
    losses = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(tf.ones((2, 3))) ** 2)
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        losses.append(float(loss))
    return losses


def test_a_training_goes_on_equally(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    model, optimizer = policy(), tf.keras.optimizers.Adam(0.1)
    train(model, optimizer)
    save_at(3, {"policy": model, "optimizer": optimizer, "epoch": 7})
    expected = train(model, optimizer)

    step, saved = exp_manager.load_checkpoint()
    assert (step, saved["epoch"]) == (3, 7)
    resumed, its_optimizer = policy(), tf.keras.optimizers.Adam(0.5)
    saved["policy"].restore(resumed)
    saved["optimizer"].restore(its_optimizer)  # which has no variables yet
    assert train(resumed, its_optimizer) == expected


def test_variables_tensors_and_arrays_are_arrays(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    model = policy()
    save_at(3, {"variable": tf.Variable([1.0, 2.0]), "nested": [tf.range(3)], "weights": model.weights})
    saved = exp_manager.load_checkpoint()[1]
    assert saved["variable"].tolist() == [1.0, 2.0]
    assert saved["nested"][0].dtype == np.int32
    other = policy()
    other.set_weights(saved["weights"])
    assert all(np.array_equal(*pair) for pair in zip(other.get_weights(), model.get_weights(), strict=True))


def test_later_training_does_not_change_what_is_saved_in_the_background(
    begin: Callable[..., Path], save_at: Callable[..., str], gate: Any
) -> None:
    begin("tensorflow")
    model, optimizer = policy(), tf.keras.optimizers.Adam(0.1)
    before = model.get_weights()
    save_at(3, {"policy": model}, background=True)
    train(model, optimizer)
    gate.open()
    restored = policy()
    exp_manager.load_checkpoint()[1]["policy"].restore(restored)
    assert all(np.array_equal(*pair) for pair in zip(restored.get_weights(), before, strict=True))
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_tensorflow_itself_reads_the_folder(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("tensorflow")
    model = policy()
    save_at(3, {"policy": policy()})
    path = save_at(3, {"policy": model})
    prefix = tf.train.latest_checkpoint(path)
    assert prefix is not None
    restored = policy()
    tf.train.Checkpoint(policy=restored).read(prefix).assert_consumed()
    assert np.array_equal(restored.get_weights()[0], model.get_weights()[0])


def test_the_last_few_are_kept(
    begin: Callable[..., Path], save_at: Callable[..., str], all_ckps: Callable[[], list[str]]
) -> None:
    folder = begin("tensorflow")
    exp_manager.new_saver(max_to_keep=2)
    module = tf.Module()
    module.count = tf.Variable(0)
    for step in (8, 9, 10, 11):
        module.count.assign(step)
        save_at(step, {"module": module}, background=step % 2 == 0)
    assert all_ckps() == ["checkpoint_10.tf", "checkpoint_11.tf"]
    assert sorted(os.listdir(folder)) == ["checkpoint_10.tf", "checkpoint_11.tf"]
    exp_manager.load_checkpoint(10)[1]["module"].restore(module)
    assert int(module.count) == 10


@pytest.mark.parametrize("units", [(5, 2), (4, 2, 2)])
def test_another_architecture_names_run_and_file(
    units: tuple[int, ...], begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin("tensorflow")
    save_at(3, {"policy": policy()})
    with pytest.raises(CheckpointError, match=r"'policy' of .* does not fit: ") as refusal:
        exp_manager.load_checkpoint()[1]["policy"].restore(policy(*units))
    assert str(folder / "checkpoint_3.tf") in str(refusal.value)


def test_content_that_it_cannot_save_leaves_nothing(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    folder = begin("tensorflow")
    for in_background in (False, True):
        with pytest.raises(CheckpointError, match="'values/nested/model' is <Sequential"):
            save_at(3, {"nested": {"model": policy()}}, background=in_background)
        assert os.listdir(folder) == []
