"""Evaluations of `RlaCallback` are rows at their time step, and the best model is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("stable_baselines3")
gymnasium = pytest.importorskip("gymnasium")

import numpy as np  # noqa: E402
from stable_baselines3 import DQN, PPO  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402
from stable_baselines3.common.vec_env import VecNormalize  # noqa: E402

from rla import exp_manager, read_episodes, read_progress  # noqa: E402
from rla.adapt.stable_baselines3 import BEST_CHECKPOINT, RlaCallback, restore  # noqa: E402

Row = dict[str, Any]


class Returning(gymnasium.Env):  # type: ignore[misc, name-defined]
    """Episodes of one step; that of the n-th evaluation returns the n-th number."""

    observation_space = gymnasium.spaces.Box(-4.8, 4.8, (4,))
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, returns: list[float]) -> None:
        self.returns = iter(returns)

    def reset(self, *, seed: int | None = None, options: Row | None = None) -> tuple[Any, Row]:
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, Row]:
        return np.zeros(4, dtype=np.float32), next(self.returns), True, False, {}


def evaluations(folder: Path) -> list[Row]:
    return [row for row in read_progress(folder).rows if "eval/return_mean" in row]


@pytest.mark.parametrize(("algorithm", "number"), [(PPO, 1), (PPO, 4), (DQN, 1)])
def test_they_are_rows_at_the_time_steps_at_which_they_were_due(
    algorithm: type, number: int, begin: Callable, make_model: Callable
) -> None:
    folder = begin()
    env = gymnasium.make("CartPole-v1")
    make_model(algorithm, number=number).learn(256, callback=RlaCallback(eval_env=env, eval_every=100, eval_episodes=4))
    rows = evaluations(folder)
    assert [row["time-step"] for row in rows] == [100, 200]
    for row in rows:
        assert row["eval/return_mean"] == row["eval/length_mean"] > 7
        assert row["eval/return_std"] >= 0


def test_mean_and_deviation_are_those_of_the_episodes(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    env = Returning([1.0, 2.0, 3.0, 10.0, 10.0, 10.0])
    make_model().learn(64, callback=RlaCallback(eval_env=env, eval_every=32, eval_episodes=3))
    first, second = evaluations(folder)
    assert (first["eval/return_mean"], first["eval/length_mean"]) == (2.0, 1.0)
    assert first["eval/return_std"] == pytest.approx(np.std([1.0, 2.0, 3.0]))
    assert (second["eval/return_mean"], second["eval/return_std"]) == (10.0, 0.0)


def test_episodes_of_an_evaluation_are_none_of_the_training(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    model = make_model()
    model.learn(256, callback=RlaCallback(eval_env=gymnasium.make("CartPole-v1"), eval_every=128))
    assert model.num_timesteps == 256
    assert read_episodes(folder)["length"].sum() <= 256


def test_the_best_model_is_kept_and_no_worse_one_after_it(begin: Callable, make_model: Callable) -> None:
    begin()
    env = Returning([1.0, 0.0, 5.0, 5.0, -2.0, 4.0])
    model = make_model()
    callback = RlaCallback(eval_env=env, eval_every=32, eval_episodes=1)
    model.learn(192, callback=callback)
    assert sorted(os.listdir(exp_manager.checkpoint_dir)) == ["best_32.pt", "best_96.pt"]
    step, saved = exp_manager.load_checkpoint(checkpoint_name=BEST_CHECKPOINT)
    assert (step, callback.best_return) == (96, 5.0)
    other = make_model(seed=99)
    restore(other, saved)
    assert other.num_timesteps == 96


def test_a_training_that_goes_on_keeps_its_best_and_one_that_begins_anew_does_not(
    begin: Callable, make_model: Callable
) -> None:
    begin()
    callback = RlaCallback(eval_env=Returning([5.0, 3.0, 3.0]), eval_every=32, eval_episodes=1)
    model = make_model()
    model.learn(32, callback=callback)
    model.learn(32, callback=callback, reset_num_timesteps=False)
    assert sorted(os.listdir(exp_manager.checkpoint_dir)) == ["best_32.pt"]
    begin()
    make_model().learn(32, callback=callback)
    assert sorted(os.listdir(exp_manager.checkpoint_dir)) == ["best_32.pt"]


def test_an_evaluation_sees_observations_as_the_training_does(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    env = VecNormalize(make_vec_env("CartPole-v1", 2, seed=1))
    apart = VecNormalize(make_vec_env("CartPole-v1", 1, seed=2), training=False, norm_reward=False)
    model = make_model(env=env)
    model.learn(128, callback=RlaCallback(eval_env=apart, eval_every=128, eval_episodes=5))
    assert np.array_equal(apart.obs_rms.mean, env.obs_rms.mean)
    assert apart.obs_rms.mean is not env.obs_rms.mean
    (row,) = evaluations(folder)
    assert row["eval/return_mean"] == row["eval/length_mean"]
    assert evaluate_policy(model, apart, 5, warn=False)[0] > 7


def test_an_evaluation_that_would_see_others_is_refused_before_the_training(
    begin: Callable, make_model: Callable
) -> None:
    begin()
    model = make_model(env=VecNormalize(make_vec_env("CartPole-v1", 2, seed=1)))
    with pytest.raises(ValueError, match="not wrapped in VecNormalize alike"):
        model.learn(64, callback=RlaCallback(eval_env=gymnasium.make("CartPole-v1"), eval_every=32))
    assert model.num_timesteps == 0


@pytest.mark.parametrize("options", [{"eval_every": 10}, {"eval_env": Returning([])}])
def test_one_without_the_other_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs both, eval_env=… and eval_every=…"):
        RlaCallback(**options)
