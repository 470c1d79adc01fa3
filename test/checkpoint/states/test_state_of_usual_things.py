"""Environments, buffers, schedulers and scalers of the usual packages go on exactly, in an object that is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from rla.adapt.gymnasium import record_episodes
from rla.checkpoint.states.giving import give_state
from rla.checkpoint.states.objects import take_state


def through_a_state(old: Any, new: Any) -> list[str]:
    state, left_out = take_state(old)
    give_state(new, state, "it")
    return left_out


def steps(env: Any, number: int) -> list[Any]:
    seen = []
    for _ in range(number):
        observation, reward, ended, cut, info = env.step(env.action_space.sample())
        seen.append((np.array(observation).tolist(), np.array(reward).tolist(), np.array(ended).tolist(), sorted(info)))
        if np.ndim(ended) == 0 and (ended or cut):
            seen.append(env.reset()[0].tolist())
    return seen


def wrapped() -> gymnasium.Env[Any, Any]:
    env = gymnasium.make("CartPole-v1", max_episode_steps=20)
    env = gymnasium.wrappers.RecordEpisodeStatistics(env)
    env = gymnasium.wrappers.NormalizeReward(gymnasium.wrappers.NormalizeObservation(env))
    env.reset(seed=3)
    return env


def recorded() -> gymnasium.Env[Any, Any]:
    env = record_episodes(wrapped())
    env.reset(seed=3)
    return env


def vector() -> gymnasium.vector.VectorEnv[Any, Any, Any]:
    env = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * 3)
    env.reset(seed=3)
    return env


@pytest.mark.parametrize("make", [wrapped, recorded, vector])
def test_environments_go_on_in_the_middle(make: Callable[[], Any]) -> None:
    env, other = make(), make()  # the generator of the actions of the other one is made by its state
    steps(env, 33)
    assert through_a_state(env, other) == []
    assert steps(other, 60) == steps(env, 60)


def test_environments_in_other_processes_are_named() -> None:
    env = gymnasium.vector.AsyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * 2)
    try:
        env.reset(seed=1)
        left_out = take_state(env)[1]
    finally:
        env.close()
    assert any("processes" in name for name in left_out)
    assert any("pipes" in name for name in left_out)


def test_a_simulator_in_c_is_named_once() -> None:
    env = wrapped()
    env.unwrapped.data = memoryview(b"")  # type: ignore[attr-defined]
    (name,) = take_state(env)[1]
    assert name.endswith("data (memoryview)")


@pytest.mark.parametrize(
    "make",
    [
        lambda it: torch.optim.lr_scheduler.CosineAnnealingLR(it, 10),
        lambda it: torch.optim.lr_scheduler.LambdaLR(it, lambda step: 0.9**step),
        lambda it: torch.optim.lr_scheduler.OneCycleLR(it, 0.1, 20),
        lambda it: torch.optim.lr_scheduler.SequentialLR(
            it,
            [torch.optim.lr_scheduler.ConstantLR(it, 0.5), torch.optim.lr_scheduler.ExponentialLR(it, 0.9)],
            [4],
        ),
    ],
    ids=["cosine", "lambda", "one cycle", "sequential"],
)
def test_schedules_of_learning_rates_go_on(make: Any) -> None:
    def begun(number: int) -> Any:
        optimizer = torch.optim.Adam(torch.nn.Linear(1, 1).parameters(), 0.01)
        schedule = make(optimizer)
        for _ in range(number):
            optimizer.step()
            schedule.step()
        return schedule

    def rates(schedule: Any) -> list[float]:
        found = []
        for _ in range(5):
            schedule.optimizer.step()
            schedule.step()
            found += schedule.get_last_lr()
        return found

    old, new = begun(7), begun(0)
    assert through_a_state(old, new) == through_a_state(old.optimizer, new.optimizer) == []
    assert rates(new) == rates(old)


def test_a_scaler_of_gradients_goes_on() -> None:
    old = torch.amp.GradScaler("cpu", init_scale=8.0)
    new = torch.amp.GradScaler("cpu")
    through_a_state(old, new)
    assert new.state_dict() == old.state_dict()
    assert new.get_scale() == 8.0


def test_buffers_and_normalizers_of_stable_baselines3() -> None:
    pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.buffers import ReplayBuffer
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    def made() -> tuple[Any, Any]:
        env = VecNormalize(DummyVecEnv([lambda: gymnasium.make("CartPole-v1")] * 2), gamma=0.9)
        env.seed(5)
        env.reset()
        return env, ReplayBuffer(50, env.observation_space, env.action_space, "cpu", n_envs=2)

    def collected(env: Any, buffer: Any, number: int) -> list[Any]:
        seen = []
        for _ in range(number):
            before, actions = env.get_original_obs(), np.array([0, 1])
            after, rewards, ended, infos = env.step(actions)
            buffer.add(before, env.get_original_obs(), actions, rewards, ended, infos)
            seen += [after.tolist(), rewards.tolist()]
        np.random.seed(1)
        return [*seen, buffer.sample(8).observations.tolist()]

    (env, buffer), (other, its_buffer) = made(), made()
    collected(env, buffer, 30)
    assert through_a_state(env, other) == through_a_state(buffer, its_buffer) == []
    assert collected(other, its_buffer, 30) == collected(env, buffer, 30)
