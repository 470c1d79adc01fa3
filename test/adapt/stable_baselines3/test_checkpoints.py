"""Checkpoints of `RlaCallback` come when they are due, and a model that gets one back plays and learns on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("stable_baselines3")
torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from stable_baselines3 import DQN, PPO, SAC, TD3  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402
from stable_baselines3.common.vec_env import VecNormalize  # noqa: E402

from rla import RLAWarning, exp_manager, files  # noqa: E402
from rla.adapt.stable_baselines3 import RlaCallback, restore  # noqa: E402
from rla.errors import CheckpointError, NotConfiguredError  # noqa: E402


def saved_steps() -> list[int]:
    names = os.listdir(exp_manager.checkpoint_dir)
    return sorted(int(name.removeprefix("checkpoint_").removesuffix(".pt")) for name in names)


def observations(model: Any) -> Any:
    model.get_env().seed(11)
    env = model.get_env()
    found = [env.reset()]
    for _ in range(20):
        found.append(env.step([env.action_space.sample() * 0 for _ in range(env.num_envs)])[0])
    return np.concatenate(found)


@pytest.mark.parametrize(
    ("number", "steps", "every", "expected"),
    [
        (1, 96, 40, [40, 80, 96]),
        (1, 96, 32, [32, 64, 96]),
        (3, 192, 50, [51, 102, 150, 192]),  # the first step of three environments at or behind a multiple
        (4, 128, 3, [116, 120, 124, 128]),
        (2, 64, 1000, [64]),
    ],
)
def test_they_come_whenever_so_many_time_steps_have_passed_and_at_the_end(
    number: int, steps: int, every: int, expected: list[int], begin: Callable, make_model: Callable
) -> None:
    begin()
    exp_manager.new_saver(max_to_keep=4)
    make_model(number=number).learn(steps, callback=RlaCallback(save_every=every))
    assert saved_steps() == expected


def test_none_is_saved_twice(begin: Callable, make_model: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    saved, save = [], exp_manager.save_checkpoint
    monkeypatch.setattr(exp_manager, "save_checkpoint", lambda *given, **named: saved.append(save(*given, **named)))
    for _ in range(2):
        make_model(number=2).learn(128, callback=RlaCallback(save_every=64))
        make_model(number=2).learn(128, callback=RlaCallback(save_every=48))
    names = [os.path.basename(path) for path in saved]
    once = [f"checkpoint_{step}.pt" for step in (64, 128, 48, 96, 128)]
    assert names == once * 2


def test_without_save_every_there_are_none(begin: Callable, make_model: Callable) -> None:
    begin()
    make_model().learn(64, callback=RlaCallback())
    assert saved_steps() == []


@pytest.mark.parametrize("algorithm", [PPO, DQN, SAC, TD3])
def test_a_model_that_gets_one_back_plays_and_learns_as_the_saved_one(
    algorithm: type, begin: Callable, make_model: Callable
) -> None:
    begin()
    model = make_model(algorithm)
    model.learn(64, callback=RlaCallback(save_every=1000))
    step, saved = exp_manager.load_checkpoint()
    other = make_model(algorithm, seed=99)
    seen = observations(model)
    assert not all(map(torch.equal, model.policy.parameters(), other.policy.parameters()))
    restore(other, saved)
    assert (step, other.num_timesteps) == (64, 64)
    assert np.array_equal(model.predict(seen, deterministic=True)[0], other.predict(seen, deterministic=True)[0])
    assert same(model.get_parameters(), other.get_parameters())
    if algorithm is SAC:
        assert other.log_ent_coef.item() == model.log_ent_coef.item() != 0.0
    other.learn(64, reset_num_timesteps=False, callback=RlaCallback(save_every=1000))
    assert saved_steps() == [64, 128]
    assert not same(model.get_parameters(), other.get_parameters())


def same(one: Any, other: Any) -> bool:
    """Say whether nested dicts and lists of tensors are equal."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def test_set_parameters_of_the_model_takes_them_too(begin: Callable, make_model: Callable) -> None:
    begin()
    model = make_model()
    model.learn(64, callback=RlaCallback(save_every=1000))
    other = make_model(seed=99)
    other.set_parameters(exp_manager.load_checkpoint()[1]["parameters"])
    assert same(model.get_parameters(), other.get_parameters())


def test_statistics_of_normalised_observations_come_back(begin: Callable, make_model: Callable) -> None:
    begin()
    model = make_model(env=VecNormalize(make_vec_env("CartPole-v1", 2, seed=1)))
    model.learn(128, callback=RlaCallback(save_every=1000))
    _, saved = exp_manager.load_checkpoint()
    fresh = VecNormalize(make_vec_env("CartPole-v1", 2, seed=1))
    restore(make_model(env=fresh), saved)
    of_saved = model.get_vec_normalize_env()
    for one, other in ((of_saved.obs_rms, fresh.obs_rms), (of_saved.ret_rms, fresh.ret_rms)):
        assert np.array_equal(one.mean, other.mean)
        assert np.array_equal(one.var, other.var)
        assert one.count == other.count > 100
    with pytest.raises(ValueError, match=r"statistics of \['observations', 'returns'\], and .* those of nothing: wrap"):
        restore(make_model(), saved)


def test_those_of_another_algorithm_are_refused(begin: Callable, make_model: Callable) -> None:
    begin()
    make_model().learn(64, callback=RlaCallback(save_every=1000))
    with pytest.raises((ValueError, RuntimeError)):
        restore(make_model(TD3), exp_manager.load_checkpoint()[1])


def test_a_full_disk_costs_checkpoints_and_one_warning_and_the_training_goes_on(
    begin: Callable, make_model: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    model = make_model()
    append = files.append

    def full(fd: int, data: bytes | memoryview) -> None:
        if 64 <= model.num_timesteps < 192 and "/checkpoint/" in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(fd, data)

    monkeypatch.setattr(files, "append", full)
    with pytest.warns(
        RLAWarning, match="was not saved: No space left on device. The last one that was saved"
    ) as caught:
        model.learn(224, callback=RlaCallback(save_every=32))
    assert len(caught) == 1
    assert model.num_timesteps == 224
    assert saved_steps() == [32, 192, 224]


def test_without_an_experiment_they_are_refused_before_the_training(tmp_path: Path, make_model: Callable) -> None:
    model = make_model()
    with pytest.raises(NotConfiguredError):
        model.learn(64, callback=RlaCallback(save_every=32))
    assert model.num_timesteps == 0


def test_a_framework_that_cannot_save_them_is_refused_before_the_training(
    begin: Callable, make_model: Callable
) -> None:
    begin("plain")
    model = make_model()
    with pytest.raises(CheckpointError, match=r"DL_FRAMEWORK: plain\. Set it to torch"):
        model.learn(64, callback=RlaCallback(save_every=32))
    assert model.num_timesteps == 0
    make_model().learn(64, callback=RlaCallback())


@pytest.mark.parametrize("options", [{"save_every": 0}, {"save_every": -5}])
def test_a_number_that_is_not_above_zero_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        RlaCallback(**options)
