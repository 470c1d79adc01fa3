"""Sixteen environments at once, every episode of theirs recorded, and a figure of all of them at the end.

Run it with `python example/vectorized_episodes/main.py` after `pip install -e ".[demo]"`. A linear policy learns to
hold the pole of CartPole-v1. One line wraps the environments; the episodes and the time step need no other.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import gymnasium
import numpy as np
from search import CrossEntropySearch

from rla import MatplotlibRecorder, exp_manager, logger, read_episodes, time_step_holder
from rla.adapt.gymnasium import record_episodes

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
WINDOW = 50


def train(settings: argparse.Namespace) -> None:
    """Learn as an experiment of the database."""
    exp_manager.set_hyper_param(**vars(settings))
    exp_manager.add_record_param(["env_id", "num_envs", "seed"])
    exp_manager.configure("vectorized_demo", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()

    envs = record_episodes(gymnasium.make_vec(settings.env_id, settings.num_envs))
    features, actions = envs.single_observation_space.shape[0], envs.single_action_space.n
    search = CrossEntropySearch(features, actions, settings.seed)
    candidates = np.array([search.candidate() for _ in range(settings.num_envs)])
    observations, _ = envs.reset(seed=settings.seed)
    while time_step_holder.get_time() < settings.total_steps:
        ratings = np.einsum("ef,efa->ea", observations, candidates)
        observations, _, _, _, infos = envs.step(ratings.argmax(axis=1))
        for env in np.flatnonzero(infos.get("_episode", ())):
            if search.tell(candidates[env], infos["episode"]["r"][env]):
                logger.record_tabular("search/spread", search.spread.mean())
                logger.dump_tabular()  # a row with the figures of the last 100 episodes
            candidates[env] = search.candidate()
    exp_manager.save_checkpoint({"weights": search.mean})


def draw_episodes() -> None:
    """Draw each episode as a point, and the mean of the last ones as a line."""
    import matplotlib.pyplot as plt

    episodes = read_episodes(exp_manager.log_dir)  # a DataFrame with a line for each
    thousands = episodes["time-step"] / 1000
    plt.scatter(thousands, episodes["return"], s=9, color="#0072B2", alpha=0.35, linewidths=0, label="an episode")
    mean = episodes["return"].rolling(WINDOW, min_periods=1).mean()
    plt.plot(thousands, mean, color="#D55E00", linewidth=2, label=f"mean of the last {WINDOW}")
    plt.xlim(0, thousands.max())
    plt.ylim(0, None)


def main() -> None:
    """Train, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env_id", default="CartPole-v1")
    parser.add_argument("--num_envs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--total_steps", type=int, default=300_000, help="steps of all environments together")
    settings = parser.parse_args()

    train(settings)
    figure = MatplotlibRecorder.pretty_plot_wrapper(
        "episodes",
        draw_episodes,
        pretty_plot=True,
        title=f"{settings.env_id}, {settings.num_envs} environments",
        xlabel="environment steps (thousands)",
        ylabel="return",
    )
    episodes = read_episodes(exp_manager.log_dir)
    last = episodes["return"].tail(WINDOW).mean()
    print(f"{len(episodes)} episodes; the last {WINDOW} return {last:.1f} on average.")
    print(f"All of them: {exp_manager.log_dir}episodes.csv")
    print(f"As a figure: {figure}")
    exp_manager.finish()


if __name__ == "__main__":
    main()
