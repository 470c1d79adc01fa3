"""Trainings of Stable-Baselines3: rows, episodes, checkpoints and evaluations, by one callback."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final

from rla import logger as rla_logger
from rla.errors import CheckpointError
from rla.experiment.manager import exp_manager
from rla.names import DEFAULT_CHECKPOINT
from rla.optional import require
from rla.output.logger import process_logger

require("stable_baselines3", "sb3", "2.3")  # before the lines below import it

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from stable_baselines3.common.base_class import BaseAlgorithm  # noqa: E402
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402
from stable_baselines3.common.evaluation import evaluate_policy  # noqa: E402
from stable_baselines3.common.monitor import Monitor  # noqa: E402
from stable_baselines3.common.running_mean_std import RunningMeanStd  # noqa: E402
from stable_baselines3.common.vec_env import (  # noqa: E402
    DummyVecEnv,
    VecEnv,
    VecNormalize,
    unwrap_vec_normalize,
)

__all__ = ["BEST_CHECKPOINT", "RlaCallback", "restore"]

BEST_CHECKPOINT: Final = "best"
"""Name of the checkpoints of models that did better in an evaluation than all before them."""

_OF_MONITOR: Final = frozenset(("r", "l", "t"))
_ENDS_WITHOUT_EPISODE: Final = 50
"""So many ends without an episode of Monitor mean that there is no Monitor; losing a life is such an end, too."""


class RlaCallback(BaseCallback):
    """Records a training of Stable-Baselines3: give it to `model.learn`, and nothing else is needed.

        model = PPO("MlpPolicy", "CartPole-v1")
        model.learn(100_000, callback=RlaCallback(save_every=10_000, eval_env=env, eval_every=10_000))

    - Rows: the model records through rla, unless it was given another logger by `set_logger`. What it recorded after
      its last dump is dumped when the training ends.
    - The time step is the model's ``num_timesteps``, which n environments increase by n.
    - Episodes: each one that ``Monitor`` or ``VecMonitor`` tells of goes to `logger.episodes`, with their
      ``info_keywords`` as further columns.
    - Checkpoints: see `restore` for what is in them. A disk that is full costs a checkpoint and gives one warning.
    - Evaluations: a row with ``eval/return_mean``, ``eval/return_std`` (over the episodes) and ``eval/length_mean``,
      and a checkpoint named ``"best"`` whenever the mean return is higher than ever before.

    Args:
        save_every: time steps between checkpoints; there is one more at the end. None when None.
        eval_env: an environment of its own for evaluations, wrapped like that of the training.
        eval_every: time steps between evaluations.
        eval_episodes: episodes of an evaluation, played with deterministic actions.

    Raises:
        ValueError: a number is not positive, or only one of ``eval_env`` and ``eval_every`` is given. By `learn`: the
            training normalises its observations, and ``eval_env`` does not.
        NotConfiguredError: by `learn`: checkpoints are wanted, and there is no experiment yet.
        CheckpointError: by `learn`: checkpoints are wanted, and those of the configuration are not of torch.
    """

    def __init__(
        self,
        save_every: int | None = None,
        eval_env: gymnasium.Env | VecEnv | None = None,
        eval_every: int | None = None,
        eval_episodes: int = 10,
    ) -> None:
        super().__init__()
        for name, number in (("save_every", save_every), ("eval_every", eval_every), ("eval_episodes", eval_episodes)):
            if number is not None and number < 1:
                raise ValueError(f"RlaCallback({name}={number}): expected a number above 0.")
        if (eval_env is None) != (eval_every is None):
            raise ValueError("RlaCallback: an evaluation needs both, eval_env=… and eval_every=… (in time steps).")
        self.save_every = save_every
        self.eval_env = eval_env if eval_env is None or isinstance(eval_env, VecEnv) else _monitored(eval_env)
        self.eval_every = eval_every
        self.eval_episodes = eval_episodes
        self.best_return = -math.inf
        self._ends_without_episode: float = 0
        self._told: set[str] = set()

    def _init_callback(self) -> None:
        if not self.model._custom_logger:
            self.model.set_logger(rla_logger)  # type: ignore[arg-type]  # it has all that a model calls

    def _on_training_start(self) -> None:
        if self.save_every is not None or self.eval_env is not None:
            _check_that_checkpoints_can_be_saved()
        if self.eval_env is not None and self._statistics().keys() != self._statistics_of_evaluation().keys():
            raise ValueError(
                "eval_env and the environment of the training are not wrapped in VecNormalize alike, so the policy "
                "would see other observations. Wrap it: VecNormalize(eval_env, training=False, norm_reward=False)."
            )
        if self.num_timesteps == 0:  # it begins anew
            self.best_return = -math.inf
        process_logger.clock.set_time(self.num_timesteps)

    def _on_step(self) -> bool:
        process_logger.clock.set_time(self.num_timesteps)
        self._record_episodes()
        if self._is_due(self.eval_every):
            self._evaluate()
        if self._is_due(self.save_every):
            self._save(DEFAULT_CHECKPOINT)
        return True

    def _on_training_end(self) -> None:
        process_logger.dump_tabular(self.num_timesteps)
        if self.save_every is not None and not self._is_due(self.save_every):  # else it has just been saved
            self._save(DEFAULT_CHECKPOINT)

    def _is_due(self, every: int | None) -> bool:
        """Say whether a multiple of ``every`` was reached by the last step of all environments."""
        if every is None:
            return False
        before = self.num_timesteps - self.training_env.num_envs
        return self.num_timesteps // every > before // every

    def _record_episodes(self) -> None:
        for env, info in enumerate(self.locals["infos"]):
            episode = info.get("episode")
            if episode is not None:
                self._record_episode(env, episode)
                self._ends_without_episode = -math.inf
        self._ends_without_episode += np.count_nonzero(self.locals["dones"])
        if self._ends_without_episode >= _ENDS_WITHOUT_EPISODE:
            problem = "no episodes are recorded, as nobody counts them: wrap the environments in VecMonitor"
            self._warn_once("no episodes", problem)

    def _record_episode(self, env: int, episode: Mapping[str, Any]) -> None:
        extra = {name: value for name, value in episode.items() if name not in _OF_MONITOR}
        try:
            process_logger.episodes(episode["r"], episode["l"], env_ids=env, **extra)
        except (TypeError, ValueError) as error:  # the names and values of info_keywords may be anything
            self._warn_once("info_keywords", f"episodes are recorded without {', '.join(extra)}: {error}")
            process_logger.episodes(episode["r"], episode["l"], env_ids=env)

    def _evaluate(self) -> None:
        assert self.eval_env is not None
        current = self._statistics()
        for name, statistics in self._statistics_of_evaluation().items():
            of_training = current[name].copy()
            statistics.mean, statistics.var, statistics.count = of_training.mean, of_training.var, of_training.count
        returns, lengths = evaluate_policy(
            self.model, self.eval_env, self.eval_episodes, return_episode_rewards=True, warn=False
        )
        mean = float(np.mean(returns))
        process_logger.record_tabular("eval/return_mean", mean)
        process_logger.record_tabular("eval/return_std", float(np.std(returns)))
        process_logger.record_tabular("eval/length_mean", float(np.mean(lengths)))
        process_logger.dump_tabular()
        if mean > self.best_return:
            self.best_return = mean
            self._save(BEST_CHECKPOINT)

    def _statistics(self) -> dict[str, RunningMeanStd]:
        return _running_statistics(self.model.get_vec_normalize_env())

    def _statistics_of_evaluation(self) -> dict[str, RunningMeanStd]:
        return _running_statistics(None if self.eval_env is None else unwrap_vec_normalize(self.eval_env))

    def _save(self, name: str) -> None:
        try:
            exp_manager.save_checkpoint(_content(self.model), checkpoint_name=name)
        except CheckpointError as error:  # a full disk, say: the training is worth more
            self._warn_once("checkpoints", str(error))

    def _warn_once(self, about: str, problem: str) -> None:
        if about not in self._told:
            self._told.add(about)
            process_logger.warn_visibly(problem)


def restore(model: BaseAlgorithm, saved: Mapping[str, Any]) -> None:
    """Give a model what a checkpoint of `RlaCallback` holds, so that it plays and learns as the saved one.

        step, saved = exp_manager.load_checkpoint()
        restore(model, saved)
        model.learn(100_000, reset_num_timesteps=False, callback=RlaCallback(save_every=10_000))

    Replay buffers are not in a checkpoint: they are large, and fill again. Nor is the seed of anything random.

    Args:
        model: one that was made with the same algorithm, policy and spaces.
        saved: ``parameters`` (as by `model.get_parameters`, for `model.set_parameters`), ``variables`` (tensors beside
            them, such as the logarithm of SAC's entropy coefficient), ``normalization`` (mean, variance and count of
            ``VecNormalize``, none without it) and ``num_timesteps``.

    Raises:
        ValueError: the checkpoint is of another algorithm, or the model's environment and that of the saved one are
            not wrapped in ``VecNormalize`` alike.
    """
    found = _running_statistics(model.get_vec_normalize_env())
    if found.keys() != saved["normalization"].keys():
        raise ValueError(
            f"The checkpoint has VecNormalize's statistics of {sorted(saved['normalization']) or 'nothing'}, and the "
            f"model's environment those of {sorted(found) or 'nothing'}: wrap it as that of the saved model was."
        )
    model.set_parameters(dict(saved["parameters"]), device=model.device)
    with torch.no_grad():
        for name, value in saved["variables"].items():
            attrgetter(name)(model).copy_(value)
    for name, statistics in found.items():
        told = saved["normalization"][name]
        statistics.mean, statistics.var = told["mean"].cpu().numpy(), told["var"].cpu().numpy()
        statistics.count = told["count"]
    model.num_timesteps = saved["num_timesteps"]


def _check_that_checkpoints_can_be_saved() -> None:
    folder = exp_manager.checkpoint_dir  # raises when there is no experiment
    framework = exp_manager.settings.framework if exp_manager.settings else None
    if framework != "torch":
        raise CheckpointError(
            f"Models of Stable-Baselines3 cannot be saved into '{folder}': the configuration has DL_FRAMEWORK: "
            f"{framework}. Set it to torch, or use RlaCallback() without save_every and eval_env."
        )


def _content(model: BaseAlgorithm) -> dict[str, Any]:
    """Return what a checkpoint of a model holds; see `restore`."""
    _, variables = model._get_torch_save_params()
    return {
        "parameters": model.get_parameters(),
        "variables": {name: attrgetter(name)(model).detach() for name in variables},
        "normalization": {
            name: {
                "mean": torch.as_tensor(statistics.mean),
                "var": torch.as_tensor(statistics.var),
                "count": float(statistics.count),
            }
            for name, statistics in _running_statistics(model.get_vec_normalize_env()).items()
        },
        "num_timesteps": model.num_timesteps,
    }


def _running_statistics(normalization: VecNormalize | None) -> dict[str, RunningMeanStd]:
    """Return the running statistics of a wrapper by name; none without one."""
    if normalization is None:
        return {}
    observations = getattr(normalization, "obs_rms", {})  # it normalises rewards alone, else
    if isinstance(observations, RunningMeanStd):
        observations = {"": observations}
    named = {f"observations.{name}".rstrip("."): statistics for name, statistics in observations.items()}
    return {"returns": normalization.ret_rms, **named}


def _monitored(env: gymnasium.Env) -> VecEnv:
    """Return an environment as Stable-Baselines3 wants it, with its own returns whatever wrappers make of rewards."""
    return DummyVecEnv([lambda: Monitor(env)])
