"""Pictures, videos, sound and tables of a training: Q-learning finds its way through a maze.

Run it with `python example/media/main.py` after `pip install -e ".[demo,video]"` (without the extra `video`, videos are
GIFs). Each thing takes one call, goes to TensorBoard, and to a file of `results/` with the time step in its name.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from maze import MOVES, Maze

from rla import exp_manager, logger, read_episodes, time_step_holder
from rla.adapt.gymnasium import record_episodes, record_video

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
SAMPLE_RATE = 8000


def train(settings: argparse.Namespace) -> None:
    """Learn the values of all cells and moves, and show now and then what they look like."""
    films = record_video(Maze(render_mode="rgb_array"), "maze", every_steps=settings.total_steps // 4)
    env = record_episodes(films)
    generator = np.random.default_rng(settings.seed)
    values = np.zeros((env.observation_space.n, env.action_space.n))
    errors: list[float] = []
    cell, _ = env.reset(seed=settings.seed)
    while (step := time_step_holder.get_time()) < settings.total_steps:
        explores = generator.random() < max(0.05, 1 - 2 * step / settings.total_steps)
        action = int(generator.integers(len(MOVES)) if explores else values[cell].argmax())
        following, reward, goal, truncated, _ = env.step(action)
        target = reward + (0.0 if goal else settings.discount * values[following].max())
        errors.append(target - values[cell, action])
        values[cell, action] += settings.learning_rate * errors[-1]
        cell = following if not (goal or truncated) else env.reset()[0]
        if time_step_holder.get_time() % (settings.total_steps // 4) == 0:
            show(values, errors, env.unwrapped.plan)
            errors.clear()


def show(values: np.ndarray, errors: list[float], plan: np.ndarray) -> None:
    """Record a row, and what no row can hold."""
    logger.record_tabular("error/mean", np.abs(errors).mean())
    logger.dump_tabular()
    logger.histogram("error", errors)
    logger.figure("values", value_figure(values, plan))
    logger.image("visited", (values.min(axis=1) < 0).reshape(plan.shape), save=False)  # in TensorBoard alone
    logger.audio("error", tone(errors), SAMPLE_RATE)


def value_figure(values: np.ndarray, plan: np.ndarray) -> Figure:
    """Draw the value of each cell, and the best move from it."""
    walls = plan == "#"
    best = np.ma.masked_where(walls, values.max(axis=1).reshape(plan.shape))
    figure = Figure(figsize=(6.2, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("#3c4252")
    picture = axes.imshow(best, cmap="viridis")
    known = ~walls & (values.min(axis=1).reshape(plan.shape) < 0) & (plan != "G")
    rows, columns = np.nonzero(known)
    moves = np.array(MOVES)[values.argmax(axis=1).reshape(plan.shape)[known]]
    axes.quiver(columns, rows, moves[:, 1], -moves[:, 0], color="white", scale=28, width=0.006, pivot="middle")
    axes.text(*np.argwhere(plan == "G")[0][::-1], "goal", color="#202430", ha="center", va="center", fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(f"after {time_step_holder.get_time():,} steps")
    figure.colorbar(picture, label="value (discounted return)")
    return figure


def tone(errors: list[float]) -> np.ndarray:
    """Return two seconds of sound whose pitch is the error: it falls while the agent learns."""
    stretches = np.array_split(np.abs(errors), 40)
    pitches = np.repeat([200 + 800 * stretch.mean() for stretch in stretches], 2 * SAMPLE_RATE // 40)
    return 0.3 * np.sin(2 * np.pi * np.cumsum(pitches) / SAMPLE_RATE)


def main() -> None:
    """Train, then sum up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learning_rate", type=float, default=0.2)
    parser.add_argument("--discount", type=float, default=0.99)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--total_steps", type=int, default=40_000)
    settings = parser.parse_args()
    exp_manager.set_hyper_param(**vars(settings))
    exp_manager.add_record_param(["learning_rate", "seed"])
    exp_manager.configure("media_demo", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    logger.text("about", "Q-learning in a maze. *values* shows what is learned, *videos/maze* what is done.")

    train(settings)
    episodes = read_episodes(exp_manager.log_dir)
    quarters = np.minimum(4 * episodes["time-step"] // settings.total_steps, 3)
    table = episodes.groupby(quarters)["length"].agg(["count", "mean", "min"]).rename_axis("quarter")
    logger.table("episodes", table)
    print(table.round(1).to_string())
    print(f"Pictures, videos, sounds and the table: {exp_manager.results_dir}")
    exp_manager.finish()


if __name__ == "__main__":
    main()
