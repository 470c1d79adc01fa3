"""What `save_checkpoint` saved, `load_checkpoint` gives back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.errors import CheckpointError


def test_weights_and_optimizer_of_torch_come_back_and_training_goes_on_equally(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    torch = pytest.importorskip("torch")
    begin("torch")

    def agent() -> tuple[Any, Any]:
        policy = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
        return policy, torch.optim.Adam(policy.parameters(), lr=0.01)

    def train(policy: Any, optimizer: Any) -> list[float]:
        losses = []
        for _ in range(5):
            loss = (policy(torch.ones(4, 3)) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    policy, optimizer = agent()
    train(policy, optimizer)
    save_at(20, {"policy": policy.state_dict(), "optimizer": optimizer.state_dict()})
    expected = train(policy, optimizer)

    step, content = exp_manager.load_checkpoint()
    resumed, its_optimizer = agent()
    resumed.load_state_dict(content["policy"])
    its_optimizer.load_state_dict(content["optimizer"])
    assert step == 20
    assert train(resumed, its_optimizer) == expected


def test_plain_arrays_and_values_come_back(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("plain")
    weights = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    save_at(7, {"weights": weights, "best": (1.5, "ppo"), "mask": np.array([True, False])})
    step, content = exp_manager.load_checkpoint()
    assert step == 7
    assert content["weights"].dtype == np.float32
    assert np.array_equal(content["weights"], weights)
    assert content["best"] == (1.5, "ppo")
    assert content["mask"].tolist() == [True, False]


@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_the_states_of_random_generators_come_back(
    framework: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    begin(framework)
    generator = np.random.default_rng(3)
    save_at(1, {"numpy": generator.bit_generator.state})
    expected = generator.random(4)
    again = np.random.default_rng()
    again.bit_generator.state = exp_manager.load_checkpoint()[1]["numpy"]
    assert np.array_equal(again.random(4), expected)


@pytest.mark.parametrize("framework", ["torch", "plain"])
def test_saving_without_a_saver_and_without_content_works(
    framework: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    begin(framework)
    exp_manager.save_checkpoint()
    assert exp_manager.load_checkpoint() == (0, {})


def test_the_two_lines_of_the_readme_work(begin: Callable[..., Path]) -> None:
    pytest.importorskip("torch")
    folder = begin("torch")
    exp_manager.new_saver()
    exp_manager.save_checkpoint()
    assert os.listdir(folder) == ["checkpoint_0.pt"]
    assert exp_manager.load_checkpoint() == (0, {})


def test_the_original_call_with_all_arguments_works(begin: Callable[..., Path]) -> None:
    folder = begin()
    exp_manager.new_saver(2, "policy/", False)
    exp_manager.new_saver(max_to_keep=2, var_prefix=None)
    exp_manager.save_checkpoint({"a": 1}, {"epoch": 3}, "policy")
    assert os.listdir(folder) == ["policy_0.npz"]
    assert exp_manager.load_checkpoint(None, "policy") == (0, {"a": 1})


def test_a_masked_array_comes_back_or_is_refused(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("plain")
    masked = np.ma.MaskedArray([1.0, 2.0], mask=[False, True])
    try:
        save_at(1, {"a": masked})
    except CheckpointError:
        return
    assert np.ma.getmaskarray(exp_manager.load_checkpoint()[1]["a"]).tolist() == [False, True]
