"""Every episode of an environment is recorded as it was, and each of its steps counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.wrappers import Autoreset, RecordEpisodeStatistics, TimeLimit  # noqa: E402

from rla import logger, read_episodes, time_step_holder  # noqa: E402
from rla.adapt.gymnasium import record_episodes  # noqa: E402


def play(env: Any, episodes: int) -> list[dict[str, Any]]:
    """Play whole episodes; return the last info of each."""
    last = []
    for _ in range(episodes):
        env.reset()
        done = False
        while not done:
            _, _, terminated, truncated, info = env.step(0)
            done = terminated or truncated
        last.append(info)
    return last


def test_episodes_are_recorded_with_the_time_step_at_which_they_ended(
    recording: Path, scripted: Callable[..., Any]
) -> None:
    play(record_episodes(scripted()), 20)
    table = read_episodes(recording)
    assert len(table) == 20
    assert table["time-step"].to_list() == table["length"].cumsum().to_list()
    assert time_step_holder.get_time() == table["length"].sum()
    assert logger.dump_tabular()["episode/count"] == 20


def test_infos_and_episodes_are_those_of_gymnasium_itself(recording: Path, scripted: Callable[..., Any]) -> None:
    ours = play(record_episodes(scripted()), 20)
    theirs = play(RecordEpisodeStatistics(scripted()), 20)
    table = read_episodes(recording)
    for one, other, found in zip(ours, theirs, table.to_dict("records"), strict=True):
        assert one.keys() == other.keys() == {"episode"}
        assert one["episode"].keys() == other["episode"].keys()
        assert (one["episode"]["r"], one["episode"]["l"]) == (other["episode"]["r"], other["episode"]["l"])
        assert (found["return"], found["length"]) == (other["episode"]["r"], other["episode"]["l"])
        assert one["episode"]["t"] >= 0


def test_infos_that_have_an_episode_already_stay_as_they_are(recording: Path, scripted: Callable[..., Any]) -> None:
    class Tells(gymnasium.Wrapper):  # type: ignore[misc, name-defined]
        def step(self, action: Any) -> Any:
            *result, _ = self.env.step(action)
            return (*result, {"episode": "told"})

    (info,) = play(record_episodes(Tells(scripted())), 1)
    assert info == {"episode": "told"}
    assert len(read_episodes(recording)) == 1


def test_an_episode_that_is_cut_off_by_a_time_limit_has_ended(recording: Path, scripted: Callable[..., Any]) -> None:
    play(record_episodes(TimeLimit(scripted(), 2)), 10)
    assert read_episodes(recording)["length"].max() == 2


def test_an_episode_that_is_reset_before_its_end_is_none_and_its_steps_count(recording: Path) -> None:
    env = record_episodes(gymnasium.make("CartPole-v1"))
    for _ in range(3):
        env.reset(seed=0)
        for step in range(5):
            env.step(step % 2)
    assert read_episodes(recording).empty
    assert time_step_holder.get_time() == 15


def test_a_step_that_only_resets_is_none(recording: Path, scripted: Callable[..., Any]) -> None:
    play(record_episodes(scripted()), 5)
    expected = read_episodes(recording)
    logger.reset()
    time_step_holder.set_time(0)
    logger.configure(recording.with_name("autoreset"), ["csv"])
    env = record_episodes(Autoreset(scripted()))
    env.reset()
    for _ in range(expected["length"].sum() + 4):
        env.step(0)
    found = read_episodes(recording.with_name("autoreset"))
    columns = ["time-step", "return", "length"]
    assert found[columns].to_dict("list") == expected[columns].to_dict("list")


def test_a_script_that_counts_by_itself_has_the_time_step_for_itself(
    recording: Path, scripted: Callable[..., Any]
) -> None:
    time_step_holder.set_time(1000)
    play(record_episodes(scripted(), count_steps=False), 3)
    assert read_episodes(recording)["time-step"].to_list() == [1000] * 3


def test_an_environment_that_is_not_wrapped_leaves_the_run_alone(recording: Path, scripted: Callable[..., Any]) -> None:
    play(record_episodes(scripted()), 3)
    steps = time_step_holder.get_time()
    play(scripted(1), 3)
    assert time_step_holder.get_time() == steps
    assert len(read_episodes(recording)) == 3


def test_what_is_no_environment_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Expected env to be a `gymnasium\.Env`"):
        record_episodes("CartPole-v1")  # type: ignore[call-overload]
