"""A job that a cluster may take from its machine at any time: it saves its state, ends, and goes on when it is back.

    sbatch example/preempted_job/job.sh

Slurm sends SIGUSR1 two minutes before the job's time is over, and SIGTERM when somebody more important needs the
machine. The training takes note of it, ends its step, saves its state and leaves with exit code 75; Slurm starts the
same job again, with the same number, and this program finds by that number what it has to go on with. Without Slurm,
``--job NAME`` is the number, and ``kill -USR1`` the cluster.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from pathlib import Path

import gymnasium
import numpy as np

from rla import exp_manager, logger, query, time_step_holder

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))
TASK = "preempted_demo"


class Learner:
    """Q-learning with a table (Watkins, 1989).

    Args:
        actions: how many there are.
        seed: of its random actions.
    """

    def __init__(self, actions: int, seed: int) -> None:
        self.values: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(actions))
        self.generator = np.random.default_rng(seed)
        self.actions = actions

    def act(self, state: int) -> int:
        """Return the best action, or now and then a random one."""
        if self.generator.random() < 0.1:
            return int(self.generator.integers(self.actions))
        return int(self.values[state].argmax())

    def learn(self, state: int, action: int, reward: float, following: int, ended: bool) -> None:
        """Bring a value nearer to what was seen."""
        goal = reward + (0.0 if ended else 0.99 * self.values[following].max())
        self.values[state][action] += 0.1 * (goal - self.values[state][action])


def begin(job: str) -> bool:
    """Go on with the run that this job has begun, or begin one; say whether it goes on."""
    tag = f"job:{job}"
    exp_manager.watch_preemption("SIGUSR1", "SIGTERM")
    known = query.experiments(DATA_ROOT, TASK, f"tag == '{tag}'") if DATA_ROOT.is_dir() else []
    if known:
        exp_manager.resume(known[-1].record_date)
        return True
    exp_manager.add_tags(tag)
    exp_manager.log_files_gen()
    return False


def main() -> None:
    """Train until all steps are done, or until the machine is wanted back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", default=os.environ.get("SLURM_JOB_ID", "by-hand"), help="what the job is called")
    parser.add_argument("--total_steps", type=int, default=100_000)
    parser.add_argument("--seconds_for_a_step", type=float, default=0.0, help="make it last, to try it out")
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    exp_manager.set_hyper_param(seed=settings.seed, total_steps=settings.total_steps)
    exp_manager.configure(TASK, rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)

    env = gymnasium.make("CliffWalking-v1", max_episode_steps=200)
    state, _ = env.reset(seed=settings.seed)
    learner, total = Learner(int(env.action_space.n), settings.seed), 0.0
    if begin(settings.job):
        values = exp_manager.load_state(learner=learner, env=env)
        state, total = values["state"], values["total"]
        print(f"goes on at step {time_step_holder.get_time()}", flush=True)

    def save() -> None:
        exp_manager.save_state(learner=learner, env=env, state=state, total=total)

    while time_step_holder.get_time() < settings.total_steps:
        if time_step_holder.get_time() % 10_000 == 0:
            save()  # against crashes, which send no signal
        exp_manager.stop_if_preempted(save)
        action = learner.act(state)
        following, reward, ended, cut, _ = env.step(action)
        learner.learn(state, action, float(reward), following, ended)
        state, total = following, total + float(reward)
        time_step_holder.inc_time()
        if ended or cut:
            logger.ma_record_tabular("return", total, 20)
            logger.dump_tabular()
            state, total = env.reset()[0], 0.0
        time.sleep(settings.seconds_for_a_step)
    exp_manager.finish()
    print(f"done: the values add up to {sum(row.sum() for row in learner.values.values())!r}")


if __name__ == "__main__":
    main()
