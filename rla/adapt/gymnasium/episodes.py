"""Wrappers that record each episode of an environment and count its steps.

What counts as a step follows the autoreset modes of gymnasium
(https://farama.org/Vector-Autoreset-Mode): the step in which an environment is only reset is none.
"""

from __future__ import annotations

import time
from typing import Any, Final, overload

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from rla.output.logger import process_logger

__all__ = [
    "NEXT_STEP",
    "SAME_STEP",
    "EpisodeRecorder",
    "VectorEpisodeRecorder",
    "as_array",
    "autoreset_mode",
    "record_episodes",
]

_EPISODE: Final = "episode"
"""The key of `info` that gymnasium's own statistics have."""

NEXT_STEP: Final = "NextStep"
SAME_STEP: Final = "SameStep"
DISABLED: Final = "Disabled"


@overload
def record_episodes(env: VectorEnv, count_steps: bool = True) -> VectorEpisodeRecorder: ...
@overload
def record_episodes(env: gymnasium.Env, count_steps: bool = True) -> EpisodeRecorder: ...
def record_episodes(
    env: gymnasium.Env | VectorEnv, count_steps: bool = True
) -> EpisodeRecorder | VectorEpisodeRecorder:
    """Wrap an environment so that its episodes are recorded and its steps are counted.

        envs = record_episodes(gymnasium.make_vec("CartPole-v1", num_envs=8))

    Each step adds to the time step how many environments it went on in: 8 of 8, or fewer in a step that only resets
    some. Each episode that ends, terminated or truncated, goes to `logger.episodes`, with the time step at which it
    ended and, for a vector environment, the number of the environment. An episode that is reset before its end is no
    episode. As with gymnasium's own ``RecordEpisodeStatistics``, in whose place this is used,
    ``info["episode"]`` has ``r``, ``l`` and ``t`` (return, length, seconds) when an episode has ended, and
    ``info["_episode"]`` says of which environments.

    Wrap the environments of the training, and below wrappers that change rewards. Environments that only evaluate stay
    unwrapped: their steps are not those of the training, nor are their episodes.

    Args:
        env: the environment.
        count_steps: whether the time step is counted here; False for scripts that set it themselves.

    Raises:
        TypeError: it is no environment of gymnasium.
        ValueError: its autoreset mode is none of gymnasium's.
    """
    if isinstance(env, VectorEnv):
        return VectorEpisodeRecorder(env, count_steps)
    return EpisodeRecorder(env, count_steps)


def autoreset_mode(env: VectorEnv) -> str:
    """Return when an environment is reset whose episode has ended: ``"NextStep"``, ``"SameStep"`` or ``"Disabled"``.

    Raises:
        ValueError: the environment's autoreset mode is none of gymnasium's.
    """
    mode = (env.metadata or {}).get("autoreset_mode")
    if mode is None:  # as in gymnasium 1.0, which had no other and no name for it
        return NEXT_STEP
    value = getattr(mode, "value", mode)
    if value not in (NEXT_STEP, SAME_STEP, DISABLED):
        raise ValueError(
            f"The environment's metadata['autoreset_mode'] is {mode!r}; expected gymnasium.vector.AutoresetMode."
        )
    return str(value)


class EpisodeRecorder(gymnasium.Wrapper):
    """Records the episodes of one environment; see `record_episodes`.

    Args:
        env: the environment.
        count_steps: whether the time step is counted here.
    """

    def __init__(self, env: gymnasium.Env, count_steps: bool = True) -> None:
        super().__init__(env)
        self._count_steps = count_steps
        self._begin()

    def _begin(self) -> None:
        self._return = 0.0
        self._length = 0
        self._started = time.perf_counter()
        self._ended = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        result = self.env.reset(seed=seed, options=options)
        self._begin()
        return result

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        result = self.env.step(action)
        if self._ended:  # nobody has reset it, so this step did: see gymnasium.wrappers.Autoreset
            self._begin()
            return result
        _, reward, terminated, truncated, info = result
        self._return += float(reward)
        self._length += 1
        if self._count_steps:
            process_logger.clock.inc_time()
        if terminated or truncated:
            self._ended = True
            seconds = round(time.perf_counter() - self._started, 6)
            info.setdefault(_EPISODE, {"r": self._return, "l": self._length, "t": seconds})
            process_logger.episodes(self._return, self._length)
        return result


class VectorEpisodeRecorder(VectorWrapper):
    """Records the episodes of several environments that step together; see `record_episodes`.

    Args:
        env: the environments.
        count_steps: whether the time step is counted here.
    """

    def __init__(self, env: VectorEnv, count_steps: bool = True) -> None:
        super().__init__(env)
        self._count_steps = count_steps
        self._waits_for_reset = autoreset_mode(env) == NEXT_STEP
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        self._started = np.zeros(env.num_envs)
        self._to_reset = np.zeros(env.num_envs, dtype=np.bool_)  # by the step that comes
        self._begin(~self._to_reset)

    def _begin(self, which: NDArray[np.bool_]) -> None:
        self._returns[which] = 0.0
        self._lengths[which] = 0
        self._started[which] = time.perf_counter()
        self._to_reset[which] = False

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        mask = (options or {}).get("reset_mask")  # before the environment takes it out
        result = self.env.reset(seed=seed, options=options)  # type: ignore[arg-type]  # a list of seeds is fine
        self._begin(np.ones(self.num_envs, dtype=np.bool_) if mask is None else mask)
        return result

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        result = self.env.step(actions)
        _, rewards, terminations, truncations, infos = result
        stepped = ~self._to_reset
        self._returns += as_array(rewards)
        self._lengths += 1
        self._begin(~stepped)
        if self._count_steps:
            process_logger.clock.add_time(int(stepped.sum()))
        ended = as_array(terminations) | as_array(truncations)
        if ended.any():
            self._end(ended, infos)
        return result

    def _end(self, ended: NDArray[np.bool_], infos: Any) -> None:
        if isinstance(infos, dict) and _EPISODE not in infos:  # a list has room for nothing that is ours
            seconds = np.round(time.perf_counter() - self._started, 6)
            infos[_EPISODE] = {
                "r": np.where(ended, self._returns, 0.0),
                "l": np.where(ended, self._lengths, 0),
                "t": np.where(ended, seconds, 0.0),
            }
            infos[f"_{_EPISODE}"] = ended
        process_logger.episodes(self._returns[ended], self._lengths[ended], env_ids=np.flatnonzero(ended))
        self._begin(ended)
        if self._waits_for_reset:
            self._to_reset |= ended


def as_array(values: Any) -> NDArray[Any]:
    """Return an array of numpy; environments on a GPU have tensors."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
