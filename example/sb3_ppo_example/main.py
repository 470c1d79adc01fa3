"""PPO of Stable-Baselines3 on CartPole, recorded as an experiment: curves, checkpoints, and an evaluation at the end.

Run it with `python example/sb3_ppo_example/main.py` after `pip install -e ".[sb3]"`. It trains twice, as there are
two ways to give Stable-Baselines3 the logger; use the one that suits your script. (A model that was given none gets it
from `RlaCallback`.)
"""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy

import rla
from rla import exp_manager, logger
from rla.adapt.stable_baselines3 import RlaCallback, restore

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
TASK = "sb3_demo"
WAYS = ("set_logger", "assign")
EVALUATION_EPISODES = 20


class ShowProgress(BaseCallback):
    """Moves a progress bar."""

    def __init__(self, progress: Progress, description: str, total: int) -> None:
        super().__init__()
        self.progress = progress
        self.bar = progress.add_task(description, total=total)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self.progress.update(self.bar, completed=self.num_timesteps)


def give_logger(model: PPO, way: str) -> None:
    """Let a model record through rla."""
    if way == "set_logger":
        model.set_logger(rla.logger)
    else:
        logger.record = logger.record_tabular
        logger.dump = logger.dump_tabular
        model._logger = logger
        model._custom_logger = True  # or learn() makes a logger of its own, in place of this one


def train(way: str, settings: argparse.Namespace, progress: Progress) -> None:
    """Train one agent as an experiment of the database."""
    exp_manager.set_hyper_param(**vars(settings), way=way)
    exp_manager.add_record_param(["env_id", "seed", "way"])
    exp_manager.configure(TASK, rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    exp_manager.print_args()
    exp_manager.new_saver(max_to_keep=3)

    model = PPO("MlpPolicy", settings.env_id, learning_rate=settings.learning_rate, seed=settings.seed, device="cpu")
    give_logger(model, way)
    record = RlaCallback(save_every=settings.save_every)
    model.learn(settings.total_steps, [record, ShowProgress(progress, f"PPO, {way}", settings.total_steps)])


def evaluate(settings: argparse.Namespace) -> tuple[int, float]:
    """Load the last checkpoint into a new model; return its time step and its mean return."""
    step, saved = exp_manager.load_checkpoint()
    model = PPO("MlpPolicy", settings.env_id, device="cpu")
    restore(model, saved)
    mean_return, _ = evaluate_policy(model, model.get_env(), n_eval_episodes=EVALUATION_EPISODES)
    return step, float(mean_return)


def main() -> None:
    """Train and evaluate, once for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env_id", default="CartPole-v1")
    parser.add_argument("--learning_rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--total_steps", type=int, default=30_000)
    parser.add_argument("--save_every", type=int, default=5_000, help="environment steps between checkpoints")
    settings = parser.parse_args()

    console = Console()
    with Progress(console=console, disable=not console.is_terminal) as progress:
        for way in WAYS:
            train(way, settings, progress)
            step, mean_return = evaluate(settings)
            logger.record_tabular("eval/mean_return", mean_return)
            logger.dump_tabular()
            console.print(f"{way}: the checkpoint of step {step} returns {mean_return:.1f} on average.")
            console.print(f"  weights: {exp_manager.checkpoint_dir}", soft_wrap=True)
    exp_manager.finish()
    console.print(f"tensorboard --logdir {shlex.quote(str(DATA_ROOT / 'log' / TASK))}", soft_wrap=True)
    console.print(f"rla ls --root {shlex.quote(str(DATA_ROOT))}", soft_wrap=True)


if __name__ == "__main__":
    main()
