"""A training that goes on where it stood after whatever ended it.

    python example/resume_after_crash/main.py                      # end it when you like: Ctrl-C, kill -9, a power cut
    rla ls --root example/resume_after_crash                       # it is dead, or interrupted
    python example/resume_after_crash/main.py --resume 13-05-01    # any part of its name

It needs torch and gymnasium. It ends with the numbers that it would have had without the crash: what is learned, what
is drawn at random and what is recorded go on from the last state. docs/resume.md tells how.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
from pathlib import Path

import gymnasium
import numpy as np
import torch
from agent import DQN

from rla import exp_manager, logger, time_step_holder

HERE = Path(__file__).resolve().parent
DATA_ROOT = Path(os.environ.get("RLA_ROOT", HERE))


def train(settings: argparse.Namespace, resume: str | None, crash_at: int) -> None:
    """Train from the beginning, or from the last state of a run."""
    env = gymnasium.make("CartPole-v1")
    observation, _ = env.reset(seed=settings.seed)
    agent = DQN(env, settings.hidden, settings.learning_rate, settings.total_steps)
    parts = {"online": agent.online, "target": agent.target, "optimizer": agent.optimizer, "env": env}
    episode_return = 0.0

    if resume is None:
        exp_manager.log_files_gen()
    else:
        exp_manager.resume(resume)
        values = exp_manager.load_state(**parts, replay_buffer=agent.buffer)
        observation, episode_return = values["observation"], values["episode_return"]
        print(f"It goes on at step {time_step_holder.get_time():,}.")

    while (step := time_step_holder.get_time()) < settings.total_steps:
        if step % settings.save_every == 0:
            now = {"observation": observation, "episode_return": episode_return}
            exp_manager.save_state(**parts, **now, replay_buffer=agent.buffer)
        if step == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)  # no goodbye, as from the kernel when the memory is full
        action = agent.act(observation, step)
        following, reward, ended, cut, _ = env.step(action)
        agent.buffer.add(observation, action, float(reward), following, ended)
        observation, episode_return = following, episode_return + float(reward)
        time_step_holder.inc_time()
        if agent.buffer.count > 200:
            logger.record_mean("loss", agent.learn())
        if step % 200 == 0:
            agent.target.load_state_dict(agent.online.state_dict())
        if ended or cut:
            logger.ma_record_tabular("return/mean_of_20_episodes", episode_return, 20)
            logger.dump_tabular()
            observation, episode_return = env.reset()[0], 0.0
    exp_manager.save_checkpoint({"policy": agent.online.state_dict()}, checkpoint_name="policy")
    last = float(sum(parameter.sum() for parameter in agent.online.parameters()))
    print(f"Its weights add up to {last!r}.")


def main() -> None:
    """Read the settings, and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resume", metavar="RUN", help="go on with this run: any part of its name")
    parser.add_argument("--crash_at", type=int, default=-1, help="kill the process at this step, to try it out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--total_steps", type=int, default=30_000)
    parser.add_argument("--save_every", type=int, default=1_000)
    settings = parser.parse_args()
    resume, crash_at = settings.resume, settings.crash_at
    del settings.resume, settings.crash_at  # they belong to this process, not to the run

    random.seed(settings.seed)
    np.random.seed(settings.seed)
    torch.manual_seed(settings.seed)
    exp_manager.set_hyper_param(**vars(settings))
    exp_manager.add_record_param(["learning_rate", "seed"])
    exp_manager.configure("resume_demo", rla_config=HERE / "rla_config.yaml", data_root=DATA_ROOT)
    train(settings, resume, crash_at)
    exp_manager.finish()


if __name__ == "__main__":
    main()
