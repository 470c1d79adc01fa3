"""A policy that was learned on Earth is fine-tuned for Jupiter: its experiment is forked.

    python example/fork_for_fine_tuning/main.py                       # learn on Earth, fork that, fine-tune
    python example/fork_for_fine_tuning/main.py --parent 13-05-01   # another fork of that run: any part of its name
    python example/fork_for_fine_tuning/main.py --parent 13-05-01 --gravity 40

It needs gymnasium. The fork is an experiment of its own: it has the rows and the checkpoints of its parent, goes on at
the parent's time step, and keeps its own hyper-parameters; the parent stays as it is. docs/fork.md tells how.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from policy import Array, cart_pole, evaluated, improved, play

from rla import exp_manager, logger, time_step_holder

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
PRETRAINING, FINE_TUNING = "cart_pole", "cart_pole_fine_tuning"
EARTH = 9.8


def begin(task: str, **hyper_param: float) -> str:
    """Begin an experiment, and return its record date."""
    exp_manager.set_hyper_param(**hyper_param)
    exp_manager.add_record_param(["gravity", "learning_rate", "seed"])
    exp_manager.configure(task, rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    exp_manager.log_files_gen()
    return exp_manager.record_date_to_str(exp_manager.record_date)


def train(weights: Array) -> Array:
    """Improve a policy for ``steps`` more time steps, as the hyper-parameters of the experiment say, and save it."""
    settings = exp_manager.hyper_param
    env = cart_pole(settings["gravity"], settings["seed"])
    generator = np.random.default_rng(settings["seed"])
    last = time_step_holder.get_time() + settings["steps"]
    while time_step_holder.get_time() < last:
        episodes = [play(env, weights, generator) for _ in range(10)]
        lengths = [len(to_come) for _, to_come in episodes]
        weights = improved(weights, episodes, settings["learning_rate"])
        time_step_holder.add_time(sum(lengths))
        logger.record_tabular("return", float(np.mean(lengths)))
        logger.dump_tabular()
    exp_manager.save_checkpoint({"weights": weights}, checkpoint_name="policy")
    return weights


def pretrain(settings: argparse.Namespace) -> str:
    """Learn a policy on Earth, and return the record date of the run."""
    date = begin(
        PRETRAINING, gravity=EARTH, learning_rate=settings.learning_rate, steps=settings.steps, seed=settings.seed
    )
    weights = train(np.zeros(4))
    print(f"{PRETRAINING}/{date} has learned for {time_step_holder.get_time():,} steps on Earth.")
    print(f"  return on Earth: {evaluated(weights, EARTH):.0f}")
    exp_manager.finish()
    return date


def fine_tune(parent: str, settings: argparse.Namespace) -> None:
    """Fork a run, and go on from its policy under another gravity, with a smaller learning rate."""
    gravity, learning_rate = settings.gravity, settings.fine_learning_rate
    date = begin(
        FINE_TUNING, gravity=gravity, learning_rate=learning_rate, steps=settings.fine_steps, seed=settings.seed
    )
    step = exp_manager.fork(parent, task=PRETRAINING)
    _, saved = exp_manager.load_checkpoint(checkpoint_name="policy")
    print(f"{FINE_TUNING}/{date} goes on at step {step:,}: gravity {gravity}, learning rate {learning_rate}.")
    before = evaluated(saved["weights"], gravity)
    weights = train(saved["weights"])
    print(f"  return under this gravity: {before:.0f} of the parent at step {step:,}, ", end="")
    print(f"{evaluated(weights, gravity):.0f} of the fork at step {time_step_holder.get_time():,}")
    print(f"Where it comes from, and what else does: rla history {date} --root {DATA_ROOT}")
    exp_manager.finish()


def main() -> None:
    """Read the settings, learn, and fine-tune."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parent", metavar="RUN", help="fork this run: any part of its name; without, one is made")
    parser.add_argument("--gravity", type=float, default=24.8, help="in m/s², where it is fine-tuned; that of Jupiter")
    parser.add_argument("--learning_rate", type=float, default=2.0, help="on Earth")
    parser.add_argument("--fine_learning_rate", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=20_000, help="on Earth")
    parser.add_argument("--fine_steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    fine_tune(settings.parent or pretrain(settings), settings)


if __name__ == "__main__":
    main()
