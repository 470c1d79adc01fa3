"""Several seeds in one process, an experiment for each, and one figure with mean and standard error over the seeds.

Run it with `python example/several_seeds/main.py` after `pip install -e ".[demo]"`. Q-learning crosses
the slippery ice of FrozenLake-v1 with two learning rates, five seeds each.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import gymnasium
import numpy as np
from learner import QLearner

from rla import MatplotlibRecorder, exp_manager, logger, read_progress, time_step_holder
from rla.adapt.gymnasium import record_episodes

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
ENV_ID = "FrozenLake-v1"
LEARNING_RATES = {0.1: "#0072B2", 0.5: "#D55E00"}
"""Each with its colour; these two are safe for colour-blind readers."""
RETURN = "episode/return_mean"
ROWS = 50


def train(learning_rate: float, seed: int, total_steps: int) -> str:
    """Learn as an experiment of the database; return its log folder."""
    exp_manager.set_hyper_param(env_id=ENV_ID, learning_rate=learning_rate, seed=seed, total_steps=total_steps)
    exp_manager.add_record_param(["env_id", "learning_rate", "seed"])
    exp_manager.configure("seeds_demo", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()  # ends the experiment before; the time step is 0 again

    learner = QLearner(record_episodes(gymnasium.make(ENV_ID)), learning_rate, seed)
    while time_step_holder.get_time() < total_steps:
        learner.step()
        if time_step_holder.get_time() % max(1, total_steps // ROWS) == 0:
            logger.record_tabular("values/mean", learner.values.mean())
            logger.dump_tabular()  # with the figures of the last 100 episodes
    exp_manager.save_checkpoint({"values": learner.values})
    return exp_manager.log_dir


def draw_curves(folders: dict[float, list[str]]) -> None:
    """Draw the mean over the seeds of each learning rate, with a band of one standard error to both sides."""
    import matplotlib.pyplot as plt

    for learning_rate, color in LEARNING_RATES.items():
        tables = [read_progress(folder).frame().dropna(subset=RETURN) for folder in folders[learning_rate]]
        steps = np.arange(max(table["time-step"].min() for table in tables), tables[0]["time-step"].max() + 1, 100)
        curves = np.array([np.interp(steps, table["time-step"], table[RETURN]) for table in tables])
        mean = curves.mean(axis=0)
        error = curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
        plt.fill_between(steps / 1000, mean - error, mean + error, color=color, alpha=0.25, linewidth=0)
        plt.plot(steps / 1000, mean, color=color, linewidth=1.8, label=f"learning rate {learning_rate}")
    plt.xlim(0, steps[-1] / 1000)
    plt.ylim(0, None)


def main() -> None:
    """Train with all seeds, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many, for each learning rate")
    parser.add_argument("--total_steps", type=int, default=50_000, help="environment steps of each run")
    settings = parser.parse_args()
    if settings.seeds < 2:
        parser.error("one seed has no standard error; give --seeds 2 or more")

    folders = {
        learning_rate: [train(learning_rate, seed, settings.total_steps) for seed in range(settings.seeds)]
        for learning_rate in LEARNING_RATES
    }
    exp_manager.finish()
    figure = MatplotlibRecorder.pretty_plot_wrapper(
        "learning_curves",
        lambda: draw_curves(folders),
        cover=True,
        pretty_plot=True,
        add_timestamp=False,
        results_dir=DATA_ROOT / "results" / "easy_plot",
        title=f"Q-learning on {ENV_ID}, mean ± standard error of {settings.seeds} seeds",
        xlabel="environment steps (thousands)",
        ylabel="return (mean of last 100 episodes)",
    )
    for learning_rate, runs in folders.items():
        last = [read_progress(folder).frame()[RETURN].dropna().iloc[-1] for folder in runs]
        print(f"learning rate {learning_rate}: {np.mean(last):.2f} at the end, from {min(last):.2f} to {max(last):.2f}")
    print(f"Their curves: {figure}")


if __name__ == "__main__":
    main()
