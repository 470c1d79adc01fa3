"""A training with `RlaCallback` leaves its rows and episodes, at the time steps of the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("stable_baselines3")

import numpy as np  # noqa: E402
from stable_baselines3 import DQN, PPO, SAC  # noqa: E402
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.logger import configure  # noqa: E402
from stable_baselines3.common.monitor import Monitor  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecMonitor  # noqa: E402

import rla  # noqa: E402
from rla import RLAWarning, read_episodes, read_progress, time_step_holder  # noqa: E402
from rla.adapt.stable_baselines3 import RlaCallback  # noqa: E402

gymnasium = pytest.importorskip("gymnasium")


class Listener(BaseCallback):
    """Remembers each episode that the model is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, float, int, int]] = []

    def _on_step(self) -> bool:
        assert time_step_holder.get_time() == self.num_timesteps
        for number, info in enumerate(self.locals["infos"]):
            if "episode" in info:
                self.found.append((self.num_timesteps, info["episode"]["r"], info["episode"]["l"], number))
        return True


def recorded(folder: Path) -> list[tuple[int, float, int, int]]:
    table = read_episodes(folder)
    return list(zip(table["time-step"], table["return"], table["length"], table["env"], strict=True))


@pytest.mark.parametrize(("algorithm", "number", "steps"), [(PPO, 4, 512), (PPO, 1, 300), (DQN, 4, 400), (SAC, 1, 420)])
def test_each_episode_is_recorded_at_the_time_step_of_its_end(
    algorithm: type, number: int, steps: int, begin: Callable, make_model: Callable
) -> None:
    folder = begin()
    listener = Listener()
    model = make_model(algorithm, number=number)
    model.learn(steps, callback=[RlaCallback(), listener])
    assert len(listener.found) >= 2
    assert recorded(folder) == listener.found
    assert time_step_holder.get_time() == model.num_timesteps >= steps


def test_nothing_but_the_callback_is_needed_for_the_rows(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    make_model(number=4).learn(512, callback=RlaCallback())
    rows = read_progress(folder).rows
    assert [row["time-step"] for row in rows if "rollout/ep_rew_mean" in row] == [128, 256, 384, 512]
    assert [row["time-step"] for row in rows if "train/loss" in row] == [256, 384, 512, 512]
    assert all(row["episode/count"] > 0 for row in rows if "rollout/ep_rew_mean" in row)


def test_what_was_recorded_after_the_last_dump_is_a_row_at_the_end(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    make_model().learn(64, callback=RlaCallback())
    *_, last = read_progress(folder).rows
    assert last["time-step"] == 64
    assert last["train/n_updates"] == 4


def test_a_model_with_a_logger_of_its_own_keeps_it(tmp_path: Path, begin: Callable, make_model: Callable) -> None:
    folder = begin()
    model = make_model()
    model.set_logger(configure(str(tmp_path / "own"), ["csv"]))
    model.learn(256, callback=RlaCallback())
    assert (tmp_path / "own" / "progress.csv").stat().st_size > 100
    (row,) = read_progress(folder).rows  # what the callback itself has recorded
    assert row["episode/count"] == len(read_episodes(folder))
    assert "train/loss" not in row


def test_a_model_that_was_given_the_logger_needs_no_callback_for_its_rows(
    begin: Callable, make_model: Callable
) -> None:
    folder = begin()
    model = make_model()
    model.set_logger(rla.logger)
    model.learn(96)
    assert [row["time-step"] for row in read_progress(folder).rows] == [32, 64, 96]


def test_environments_in_processes_of_their_own_are_recorded_alike(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    env = make_vec_env("CartPole-v1", 2, seed=1, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "fork"})
    make_model(env=env).learn(256, callback=RlaCallback())
    env.close()
    there = recorded(folder)
    folder = begin()
    make_model(number=2).learn(256, callback=RlaCallback())
    assert there == recorded(folder) != []


def test_a_monitor_around_all_environments_counts_too(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    env = VecMonitor(DummyVecEnv([lambda: gymnasium.make("CartPole-v1")] * 2))
    make_model(env=env).learn(256, callback=RlaCallback())
    assert len(read_episodes(folder)) > 4


def test_what_a_monitor_tells_beyond_is_a_column(begin: Callable, make_model: Callable) -> None:
    class Tells(gymnasium.Wrapper):  # type: ignore[misc, name-defined]
        def step(self, action: Any) -> Any:
            *result, info = self.env.step(action)
            return (*result, {**info, "is_success": bool(result[1] > 0), "level": "flat"})

    folder = begin()
    env = Monitor(Tells(gymnasium.make("CartPole-v1")), info_keywords=("is_success", "level"))
    make_model(env=env).learn(128, callback=RlaCallback())
    table = read_episodes(folder)
    assert set(table["level"]) == {"flat"}
    assert table["is_success"].to_list() == [True] * len(table)


def test_names_and_values_that_cannot_be_columns_cost_the_columns_and_one_warning(
    begin: Callable, make_model: Callable
) -> None:
    class Tells(gymnasium.Wrapper):  # type: ignore[misc, name-defined]
        def step(self, action: Any) -> Any:
            *result, info = self.env.step(action)
            return (*result, {**info, "return": 1.0, "place": np.zeros(2)})

    folder = begin()
    env = Monitor(Tells(gymnasium.make("CartPole-v1")), info_keywords=("return", "place"))
    with pytest.warns(RLAWarning, match="episodes are recorded without return, place: ") as caught:
        make_model(env=env).learn(128, callback=RlaCallback())
    assert len(caught) == 1
    assert len(read_episodes(folder)) > 2


def test_environments_without_a_monitor_are_told_of_once(begin: Callable, make_model: Callable) -> None:
    folder = begin()
    env = DummyVecEnv([lambda: gymnasium.make("CartPole-v1")] * 4)
    with pytest.warns(RLAWarning, match="no episodes are recorded.* wrap the environments in VecMonitor") as caught:
        make_model(env=env).learn(2560, callback=RlaCallback())
    assert len(caught) == 1
    assert read_episodes(folder).empty


def test_ends_that_are_no_ends_of_an_episode_are_fine(
    begin: Callable, make_model: Callable, recwarn: pytest.WarningsRecorder
) -> None:
    class Lives(gymnasium.Wrapper):  # type: ignore[misc, name-defined]
        """Each step costs a life, which ends what the model sees, as in games of Atari."""

        def step(self, action: Any) -> Any:
            observation, reward, terminated, truncated, info = self.env.step(action)
            self.over = terminated or truncated
            return observation, reward, True, False, info

        def reset(self, **options: Any) -> Any:
            return self.env.reset(**options) if getattr(self, "over", True) else (self.env.unwrapped.state, {})

    folder = begin()
    make_model(env=Lives(Monitor(gymnasium.make("CartPole-v1")))).learn(256, callback=RlaCallback())
    assert len(read_episodes(folder)) > 4
    assert [warning for warning in recwarn if warning.category is RLAWarning] == []
