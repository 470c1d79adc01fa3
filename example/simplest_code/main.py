"""The main job: six small training runs, recorded, found again, and plotted.

Run it with `make demo`, or with `python example/simplest_code/main.py` after `pip install -e ".[demo]"`.
Two learning rates × three seeds train a policy on CartPole-v1; each run is an experiment of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from agent import PolicyGradient
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rla import (
    ARCHIVE,
    HYPERPARAMETER,
    LOG,
    MatplotlibRecorder,
    exp_manager,
    experiment_data_query,
    logger,
    read_progress,
    single_experiment_query,
    time_step_holder,
    time_tracker,
)

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
TASK = "demo_task"
RETURN = "return/mean_of_100_episodes"
LEARNING_RATES = (0.02, 0.1)
SEEDS = (0, 1, 2)


@dataclass
class Settings:
    """All that a run depends on.

    Attributes:
        env_id: the environment.
        learning_rate: how far the weights go along the gradient.
        seed: seed of everything random.
        discount: how much a later reward counts.
        episodes: episodes of one iteration.
        total_steps: environment steps of the run.
    """

    env_id: str = "CartPole-v1"
    learning_rate: float = 0.02
    seed: int = 0
    discount: float = 0.99
    episodes: int = 8
    total_steps: int = int(os.environ.get("DEMO_STEPS", "200000"))


def train(settings: Settings, progress: Progress) -> str:
    """Train one agent as an experiment of the database, and return its record date."""
    exp_manager.set_hyper_param(**vars(settings))
    exp_manager.add_record_param(["env_id", "learning_rate", "seed"])
    exp_manager.configure(TASK, rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    exp_manager.print_args()

    agent = PolicyGradient(settings.env_id, settings.seed, settings.learning_rate, settings.discount, settings.episodes)
    bar = progress.add_task(f"learning rate {settings.learning_rate}, seed {settings.seed}", total=settings.total_steps)
    while time_step_holder.get_time() < settings.total_steps:
        with time_tracker("play"):
            episodes = agent.play()
        with time_tracker("learn"):
            step_length = agent.learn(episodes)
        for episode in episodes:
            time_step_holder.add_time(len(episode.rewards))
            logger.ma_record_tabular(RETURN, episode.rewards.sum(), 100)
        logger.record_tabular("return/mean", np.mean([episode.rewards.sum() for episode in episodes]))
        logger.record_tabular("policy/step_length", step_length)
        time_tracker.log()
        logger.dump_tabular()
        progress.update(bar, completed=min(time_step_holder.get_time(), settings.total_steps))
    exp_manager.save_checkpoint({"weights": agent.weights})
    return exp_manager.record_date_to_str(exp_manager.record_date)


def show_table(record_dates: list[str], console: Console) -> None:
    """Read the experiments back from the database, and show them as a table."""
    found = experiment_data_query(DATA_ROOT, TASK, None, HYPERPARAMETER)
    table = Table(title=f"{len(record_dates)} experiments of '{TASK}'", title_justify="left")
    table.add_column("record date", no_wrap=True)
    for column in ("rate", "seed", "steps", "last return", "reloaded"):
        table.add_column(column, justify="right")
    for record_date in record_dates:
        parameters: Any = found[record_date].hyper_param
        last = progress_of(record_date).rows[-1]
        table.add_row(
            record_date,
            str(parameters.learning_rate),
            str(parameters.seed),
            str(last["time-step"]),
            f"{last[RETURN]:.1f}" if RETURN in last else "none yet",
            f"{return_of_saved_policy(record_date):.1f}",
        )
    console.print(table)


def return_of_saved_policy(record_date: str) -> float:
    """Load the last checkpoint of an experiment, and return the mean return of ten episodes with its weights."""
    experiment: Any = single_experiment_query(DATA_ROOT, TASK, record_date, ARCHIVE)
    _, saved = experiment.exp_manager.load_checkpoint()
    agent = PolicyGradient(Settings.env_id, seed=0, learning_rate=0.0, discount=1.0, episodes=10)
    agent.weights = saved["weights"]
    return float(np.mean([episode.rewards.sum() for episode in agent.play()]))


def progress_of(record_date: str) -> Any:
    """Return the rows of an experiment."""
    return read_progress(single_experiment_query(DATA_ROOT, TASK, record_date, LOG).dirname)


def draw_curves(record_dates: list[str]) -> None:
    """Draw the curve of each experiment with pyplot, one colour for each learning rate."""
    import matplotlib.pyplot as plt

    found = experiment_data_query(DATA_ROOT, TASK, None, HYPERPARAMETER)
    colors = dict(zip(LEARNING_RATES, ("#0072B2", "#D55E00"), strict=True))  # safe for colour-blind readers
    for record_date in record_dates:
        parameters: Any = found[record_date].hyper_param
        rows = [row for row in progress_of(record_date).rows if RETURN in row]
        plt.plot(
            [row["time-step"] / 1000 for row in rows],
            [row[RETURN] for row in rows],
            color=colors[parameters.learning_rate],
            label=f"learning rate {parameters.learning_rate}" if parameters.seed == SEEDS[0] else None,
            linewidth=1.6,
            alpha=0.85,
        )
    plt.ylim(0, 510)
    plt.xlim(left=0)


def main() -> None:
    """Train, then show what the database knows."""
    console = Console()
    record_dates: list[str] = []
    columns = (TextColumn("{task.description:<30}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        all_runs = progress.add_task("all six runs", total=len(LEARNING_RATES) * len(SEEDS))
        for learning_rate in LEARNING_RATES:
            for seed in SEEDS:
                record_dates.append(train(Settings(learning_rate=learning_rate, seed=seed), progress))
                progress.advance(all_runs)
    exp_manager.finish()

    show_table(record_dates, console)
    figure = MatplotlibRecorder.pretty_plot_wrapper(
        "learning_curves",
        lambda: draw_curves(record_dates),
        cover=True,
        pretty_plot=True,
        add_timestamp=False,
        results_dir=DATA_ROOT / "results" / "easy_plot",
        title="REINFORCE on CartPole-v1, three seeds each",
        xlabel="environment steps (thousands)",
        ylabel="return (mean of last 100 episodes)",
    )
    console.print(f"Their curves:            {shown(figure)}", soft_wrap=True)
    log_folder = shown(DATA_ROOT / "log" / TASK)
    console.print(f"See them in TensorBoard: {program('tensorboard')} --logdir {log_folder}", soft_wrap=True)
    console.print(f"List them again:         {program('rla')} ls --root {shown(DATA_ROOT)}", soft_wrap=True)


def shown(path: str | Path) -> str:
    """Return a path as one types it here."""
    relative = os.path.relpath(path)
    return shlex.quote(str(path) if relative.startswith("..") else relative)


def program(name: str) -> str:
    """Return how to call a program of this environment."""
    return name if shutil.which(name) else shown(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    main()
