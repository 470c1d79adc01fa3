"""Every episode of a vector environment is recorded as it was, and every step of an environment counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv  # noqa: E402
from gymnasium.wrappers.vector import RecordEpisodeStatistics  # noqa: E402

from rla import read_episodes, time_step_holder  # noqa: E402
from rla.adapt.gymnasium import record_episodes  # noqa: E402

STEPS = 60
MODES = list(AutoresetMode)
Found = tuple[int, float, int, int]


def played(envs: list[Any], mode: AutoresetMode) -> tuple[list[Found], int]:
    """Play environments one by one; return time step, return, length and environment of each episode, and all steps."""
    found: list[Found] = []
    time_step, rewards, waits = 0, [[] for _ in envs], [False] * len(envs)
    for env in envs:
        env.reset()
    for _ in range(STEPS):
        ended = []
        for number, env in enumerate(envs):
            if waits[number]:
                env.reset()
                waits[number] = False
                continue
            _, reward, terminated, truncated, _ = env.step(0)
            rewards[number].append(reward)
            time_step += 1
            if terminated or truncated:
                ended.append(number)
        for number in ended:
            found.append((time_step, sum(rewards[number]), len(rewards[number]), number))
            rewards[number] = []
            waits[number] = mode is AutoresetMode.NEXT_STEP
            if not waits[number]:
                envs[number].reset()
    return found, time_step


def recorded(folder: Path) -> list[Found]:
    table = read_episodes(folder)
    return list(zip(table["time-step"], table["return"], table["length"], table["env"], strict=True))


def same(found: Iterable[Found], expected: Iterable[Found]) -> bool:
    return [tuple(pytest.approx(number) for number in one) for one in expected] == list(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
def test_episodes_and_steps_are_those_that_were_played(
    kind: type[VectorEnv], number: int, mode: AutoresetMode, recording: Path, scripted: Callable[..., Any]
) -> None:
    makers = [lambda seed=seed: scripted(seed) for seed in range(number)]
    envs = record_episodes(kind(makers, autoreset_mode=mode))  # type: ignore[call-arg]
    envs.reset()
    for _ in range(STEPS):
        _, _, terminated, truncated, _ = envs.step(np.zeros(number, dtype=int))
        if mode is AutoresetMode.DISABLED and (terminated | truncated).any():
            envs.reset(options={"reset_mask": terminated | truncated})
    envs.close()
    expected, steps = played([scripted(seed) for seed in range(number)], mode)
    assert len(expected) > number * 5
    assert same(recorded(recording), expected)
    assert time_step_holder.get_time() == steps


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_infos_are_those_of_gymnasium_itself(kind: str, mode: AutoresetMode, recording: Path) -> None:
    options = {"vectorization_mode": kind, "vector_kwargs": {"autoreset_mode": mode}}
    ours = record_episodes(gymnasium.make_vec("CartPole-v1", 3, **options))
    theirs = RecordEpisodeStatistics(gymnasium.make_vec("CartPole-v1", 3, **options))
    ours.reset(seed=5)
    theirs.reset(seed=5)
    ended = 0
    for actions in np.random.default_rng(0).integers(0, 2, (120, 3)):
        (*of_ours, our_infos), (*of_theirs, their_infos) = ours.step(actions), theirs.step(actions)
        assert all(np.array_equal(one, other) for one, other in zip(of_ours, of_theirs, strict=True))
        assert our_infos.keys() == their_infos.keys()
        if "episode" not in our_infos:
            continue
        ended += 1
        assert np.array_equal(our_infos["_episode"], their_infos["_episode"])
        for key in ("r", "l", "t"):
            assert our_infos["episode"][key].dtype == their_infos["episode"][key].dtype
        for key in ("r", "l"):
            assert np.array_equal(our_infos["episode"][key], their_infos["episode"][key])
        assert np.array_equal(our_infos["episode"]["t"] > 0, our_infos["_episode"])
        if mode is AutoresetMode.DISABLED:  # all of them: gymnasium 1.4 forgets the others with a mask
            ours.reset(seed=5)
            theirs.reset(seed=5)
    assert ended > 3
    ours.close()
    theirs.close()


def test_an_environment_that_is_a_vector_by_itself_is_counted_alike(recording: Path) -> None:
    envs = record_episodes(gymnasium.make_vec("CartPole-v1", 4, vectorization_mode="vector_entry_point"))
    envs.reset(seed=1)
    resets = 0
    for actions in np.random.default_rng(0).integers(0, 2, (200, 4)):
        *_, infos = envs.step(actions)
        resets += infos["_episode"].sum() if "_episode" in infos else 0
    steps = time_step_holder.get_time()
    assert resets > 10
    assert 4 * 200 - resets <= steps < 4 * 200 - resets + 4  # those that ended with the last step are not reset yet
    assert read_episodes(recording)["length"].sum() <= steps


def test_infos_that_have_episodes_already_stay_as_they_are(recording: Path, scripted: Callable[..., Any]) -> None:
    class Tells(gymnasium.vector.VectorWrapper):  # type: ignore[misc, name-defined]
        def step(self, actions: Any) -> Any:
            *result, infos = self.env.step(actions)
            return (*result, {**infos, "episode": "told"})

    envs = record_episodes(Tells(SyncVectorEnv([scripted] * 2)))
    envs.reset()
    for _ in range(STEPS):
        *_, infos = envs.step(np.zeros(2, dtype=int))
        assert infos == {"episode": "told"}
    assert len(read_episodes(recording)) > 10


def test_it_may_stand_around_gymnasium_s_own_statistics(recording: Path, scripted: Callable[..., Any]) -> None:
    envs = record_episodes(RecordEpisodeStatistics(SyncVectorEnv([scripted] * 2)))
    envs.reset()
    told = []
    for _ in range(STEPS):
        *_, infos = envs.step(np.zeros(2, dtype=int))
        if "episode" in infos:
            told += infos["episode"]["r"][infos["_episode"]].tolist()
    assert read_episodes(recording)["return"].to_list() == pytest.approx(told)


def test_tensors_are_fine_as_rewards(recording: Path) -> None:
    class OfTensors(VectorEnv):  # type: ignore[misc]
        metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012
        num_envs = 2

        def step(self, actions: Any) -> tuple[Any, ...]:
            return None, torch.tensor([1.0, 2.0]), torch.tensor([False, True]), torch.tensor([False, False]), {}

    envs = record_episodes(OfTensors())
    *_, infos = envs.step(None)
    assert recorded(recording) == [(2, 2.0, 1, 1)]
    assert infos["_episode"].tolist() == [False, True]


@pytest.mark.parametrize("mode", ["next step", 3, []])
def test_a_mode_that_gymnasium_does_not_have_is_refused(mode: object, scripted: Callable[..., Any]) -> None:
    envs = SyncVectorEnv([scripted])
    envs.metadata = {"autoreset_mode": mode}
    with pytest.raises(ValueError, match=r"metadata\['autoreset_mode'\] is .*; expected gymnasium.vector.AutoresetM"):
        record_episodes(envs)
