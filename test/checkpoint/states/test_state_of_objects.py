"""What of an object can be kept is kept as plain data, and given back to one like it, in place."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from rla.checkpoint.states.giving import give_state
from rla.checkpoint.states.objects import take_state, taken_value
from rla.errors import CheckpointError


class Normalizer:
    def __init__(self) -> None:
        self.mean, self.count = np.zeros(3), 1e-4
        self.window: deque[float] = deque(maxlen=4)


class Agent:
    def __init__(self) -> None:
        self.normalizer = Normalizer()
        self.generator = np.random.default_rng(0)
        self.shared = self.normalizer.mean
        self.settings = {"layers": [32, 32], "name": None}
        self.callback = print


def copied(value: Any) -> dict[str, Any]:
    state, left_out = take_state(value)
    assert left_out == []
    return state


def test_plain_attributes_come_back_at_every_depth() -> None:
    agent, other = Agent(), Agent()
    agent.normalizer.mean += 5
    agent.normalizer.window.extend(range(9))
    agent.settings["name"] = "a"
    give_state(other, copied(agent))
    assert other.normalizer.mean.tolist() == [5, 5, 5]
    assert other.normalizer.window == deque([5, 6, 7, 8], maxlen=4)
    assert other.normalizer.window.maxlen == 4
    assert other.settings == {"layers": [32, 32], "name": "a"}
    assert other.callback is print


def test_arrays_are_filled_in_place_so_that_whoever_shares_them_sees_it() -> None:
    agent, other = Agent(), Agent()
    agent.normalizer.mean[:] = 2
    give_state(other, copied(agent))
    assert other.shared is other.normalizer.mean
    assert other.shared.tolist() == [2, 2, 2]


def test_an_object_that_is_in_itself_is_taken_once() -> None:
    agent = Agent()
    agent.normalizer.owner = agent  # type: ignore[attr-defined]
    give_state(agent, copied(agent))


@pytest.mark.parametrize(
    "make",
    [random.Random, np.random.default_rng, np.random.RandomState, torch.Generator],
    ids=["random", "Generator", "RandomState", "torch"],
)
def test_generators_go_on_where_they_were(make: Any) -> None:
    def numbers(generator: Any) -> list[float]:
        if isinstance(generator, torch.Generator):
            return torch.rand(5, generator=generator).tolist()
        return [float(generator.random()) for _ in range(5)]

    generator, other = make(), make()
    numbers(generator)
    state = copied(generator)
    expected = numbers(generator)
    give_state(other, state)
    assert numbers(other) == expected


def test_networks_and_optimizers_say_themselves_what_their_state_is() -> None:
    def trained() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
        network = torch.nn.Linear(3, 2)
        optimizer = torch.optim.Adam(network.parameters())
        network(torch.ones(3)).sum().backward()
        optimizer.step()
        return network, optimizer

    (network, optimizer), (other, its_optimizer) = trained(), trained()
    give_state(other, copied(network))
    give_state(its_optimizer, copied(optimizer))
    assert torch.equal(other.weight, network.weight)
    assert its_optimizer.state_dict()["state"][0]["exp_avg"].equal(optimizer.state_dict()["state"][0]["exp_avg"])


def test_an_environment_goes_on_in_the_middle_of_its_episode() -> None:
    def make() -> gymnasium.Env[Any, Any]:
        env = gymnasium.wrappers.NormalizeObservation(gymnasium.make("CartPole-v1", max_episode_steps=30))
        env.reset(seed=3)
        env.action_space.seed(3)
        return env

    def steps(env: gymnasium.Env[Any, Any], number: int) -> list[Any]:
        seen = []
        for _ in range(number):
            observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            seen.append((observation.tolist(), reward, terminated, truncated))
            if terminated or truncated:
                seen.append(env.reset()[0].tolist())
        return seen

    env, other = make(), make()
    steps(env, 17)
    state = copied(env)
    expected = steps(env, 200)
    steps(other, 5)
    give_state(other, state)
    assert steps(other, 200) == expected


def test_environments_in_a_list_are_kept_one_by_one() -> None:
    envs = [Agent(), Agent()]
    envs[1].settings["name"] = "second"
    others = [Agent(), Agent()]
    give_state(others, copied(envs))
    assert [each.settings["name"] for each in others] == [None, "second"]


def test_what_cannot_be_taken_is_named() -> None:
    agent = Agent()
    agent.window = memoryview(b"")  # type: ignore[attr-defined]
    _, left_out = take_state(agent)
    assert left_out == ["window (memoryview)"]


def test_a_state_of_another_architecture_is_refused_with_what_the_framework_says() -> None:
    state = copied(torch.nn.Linear(3, 2))
    with pytest.raises(CheckpointError, match=r"'policy' does not fit the Linear.*size mismatch for weight"):
        give_state(torch.nn.Linear(4, 2), state, "policy")


def test_a_state_with_objects_that_are_missing_is_refused() -> None:
    agent, other = Agent(), Agent()
    del other.__dict__["generator"]
    with pytest.raises(CheckpointError, match="has a 'generator'; the Agent has none"):
        give_state(other, copied(agent), "agent")


def test_plain_values_have_no_state() -> None:
    assert all(map(taken_value, (1, "a", None, np.zeros(3), torch.ones(2), [1, {"a": (2, 3)}])))
    assert not any(map(taken_value, (Agent(), [Agent()], torch.nn.Linear(1, 1), np.random.default_rng())))
