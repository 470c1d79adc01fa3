"""PPO in a single file, in the style of CleanRL: it knows nothing of rla but one import line.

Run it with `python example/cleanrl_ppo/main.py` after `pip install -e ".[demo,torch]"`. It records into
runs/<environment>__ppo__<seed>__<time>: progress.csv for pandas and plots, and what `tensorboard --logdir runs` shows.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from dataclasses import dataclass, fields

import gymnasium as gym
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

# The line that this script had before:
# from torch.utils.tensorboard import SummaryWriter
from rla.adapt.summary_writer import SummaryWriter


@dataclass
class Args:
    """All settings of a run; each is an option of the command line, too.

    Attributes:
        env_id: the environment, with actions from a list.
        seed: seed of everything random.
        total_timesteps: environment steps of the run.
        num_envs: environments that are stepped together.
        num_steps: steps of each environment between two updates.
        learning_rate: that of the first update; it falls to 0.
        gamma: how much a later reward counts.
        gae_lambda: how far advantages look ahead, between one step (0) and the whole episode (1).
        update_epochs: how often an update goes over its steps.
        num_minibatches: into how many parts it splits them.
        clip_coef: how far an update may move the probability of an action.
        ent_coef: weight of the entropy, which keeps actions varied.
        vf_coef: weight of the value loss.
        max_grad_norm: longest step of the gradient.
    """

    env_id: str = "CartPole-v1"
    seed: int = 1
    total_timesteps: int = 60_000
    num_envs: int = 4
    num_steps: int = 128
    learning_rate: float = 1e-3
    gamma: float = 0.99
    gae_lambda: float = 0.95
    update_epochs: int = 4
    num_minibatches: int = 4
    clip_coef: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5


def parse_args() -> Args:
    """Return the settings, as the command line changes them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(Args):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    return Args(**vars(parser.parse_args()))


def layer(size_in: int, size_out: int, gain: float = 2**0.5) -> nn.Linear:
    """Return a layer with orthogonal weights."""
    linear = nn.Linear(size_in, size_out)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


class Agent(nn.Module):
    """A network that says how good a state is, and one that says what to do there."""

    def __init__(self, observation_size: int, actions: int) -> None:
        super().__init__()
        self.critic = nn.Sequential(
            layer(observation_size, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, gain=1.0)
        )
        self.actor = nn.Sequential(
            layer(observation_size, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, actions, gain=0.01)
        )

    def value(self, observations: torch.Tensor) -> torch.Tensor:
        """Return the expected return from each state."""
        return self.critic(observations).squeeze(-1)

    def policy(self, observations: torch.Tensor) -> Categorical:
        """Return the distribution of actions in each state."""
        return Categorical(logits=self.actor(observations))


def advantages_of(
    rewards: torch.Tensor, values: torch.Tensor, ends: torch.Tensor, last_value: torch.Tensor, args: Args
) -> torch.Tensor:
    """Return generalised advantage estimates (Schulman et al., 2016) of steps; all of shape (steps, environments)."""
    advantages = torch.zeros_like(rewards)
    following, next_value = torch.zeros_like(last_value), last_value
    for step in reversed(range(len(rewards))):
        goes_on = 1.0 - ends[step]
        error = rewards[step] + args.gamma * next_value * goes_on - values[step]
        following = error + args.gamma * args.gae_lambda * goes_on * following
        advantages[step], next_value = following, values[step]
    return advantages


def improve(
    agent: Agent, optimizer: torch.optim.Optimizer, batch: list[torch.Tensor], args: Args
) -> dict[str, torch.Tensor]:
    """Go over the steps of a batch several times, and return what is to be watched, of the last part of them.

    Args:
        agent: it is changed.
        optimizer: that of its weights.
        batch: observations, actions, their old log-probabilities, advantages and returns, one of each for a step.
        args: the settings.
    """
    for _ in range(args.update_epochs):
        for chosen in torch.randperm(len(batch[0])).chunk(args.num_minibatches):
            observations, actions, old_log_probs, advantages, returns = (each[chosen] for each in batch)
            distribution = agent.policy(observations)
            log_ratio = distribution.log_prob(actions) - old_log_probs
            ratio = log_ratio.exp()
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            clipped = ratio.clamp(1 - args.clip_coef, 1 + args.clip_coef)
            policy_loss = -torch.min(ratio * advantages, clipped * advantages).mean()
            value_loss = 0.5 * (agent.value(observations) - returns).pow(2).mean()
            entropy = distribution.entropy().mean()

            optimizer.zero_grad()
            (policy_loss - args.ent_coef * entropy + args.vf_coef * value_loss).backward()
            nn.utils.clip_grad_norm_(agent.parameters(), args.max_grad_norm)
            optimizer.step()
    return {
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": entropy,
        "approx_kl": (ratio - 1 - log_ratio).mean(),
        "clipfrac": (ratio != clipped).float().mean(),
    }


def main() -> None:
    """Train an agent."""
    args = parse_args()
    run_name = f"{args.env_id}__ppo__{args.seed}__{int(time.time())}"
    writer = SummaryWriter(f"runs/{run_name}")
    table = "\n".join(f"|{name}|{value}|" for name, value in vars(args).items())
    writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n{table}")

    torch.manual_seed(args.seed)
    torch.set_num_threads(1)  # the networks are small
    envs = gym.vector.SyncVectorEnv(
        [lambda: gym.make(args.env_id)] * args.num_envs, autoreset_mode=gym.vector.AutoresetMode.SAME_STEP
    )
    agent = Agent(int(np.prod(envs.single_observation_space.shape)), int(envs.single_action_space.n))
    optimizer = torch.optim.Adam(agent.parameters(), lr=args.learning_rate, eps=1e-5)

    shape = (args.num_steps, args.num_envs)
    observations = torch.zeros((*shape, *envs.single_observation_space.shape))
    actions, log_probs, rewards, ends, values = (torch.zeros(shape) for _ in range(5))
    episode_return, episode_length = np.zeros(args.num_envs), np.zeros(args.num_envs, dtype=int)
    recent_returns: deque[float] = deque(maxlen=20)

    global_step, start = 0, time.time()
    observation = torch.as_tensor(envs.reset(seed=args.seed)[0], dtype=torch.float32)
    num_updates = max(1, args.total_timesteps // (args.num_envs * args.num_steps))
    for update in range(num_updates):
        optimizer.param_groups[0]["lr"] = args.learning_rate * (1 - update / num_updates)

        for step in range(args.num_steps):
            global_step += args.num_envs
            with torch.no_grad():
                distribution = agent.policy(observation)
                action = distribution.sample()
                values[step] = agent.value(observation)
            observations[step], actions[step], log_probs[step] = observation, action, distribution.log_prob(action)
            next_observation, reward, terminated, truncated, _ = envs.step(action.numpy())
            done = np.logical_or(terminated, truncated)
            rewards[step], ends[step] = torch.as_tensor(reward), torch.as_tensor(done)
            observation = torch.as_tensor(next_observation, dtype=torch.float32)

            episode_return += reward
            episode_length += 1
            for env in np.flatnonzero(done):
                recent_returns.append(float(episode_return[env]))
                writer.add_scalar("charts/episodic_return", episode_return[env], global_step)
                writer.add_scalar("charts/episodic_length", episode_length[env], global_step)
            episode_return[done], episode_length[done] = 0, 0

        with torch.no_grad():
            advantages = advantages_of(rewards, values, ends, agent.value(observation), args)
        explained_variance = 1 - advantages.var() / (advantages + values).var()
        batch = [each.flatten(0, 1) for each in (observations, actions, log_probs, advantages, advantages + values)]
        losses = improve(agent, optimizer, batch, args)
        writer.add_scalar("charts/learning_rate", optimizer.param_groups[0]["lr"], global_step)
        writer.add_scalar("losses/explained_variance", explained_variance, global_step)
        for name, loss in losses.items():
            writer.add_scalar(f"losses/{name}", loss, global_step)
        writer.add_scalar("charts/SPS", int(global_step / (time.time() - start)), global_step)
        if update % 10 == 9 or update == num_updates - 1:
            mean_return = np.mean(recent_returns) if recent_returns else float("nan")
            print(f"global_step={global_step}, return of the last {len(recent_returns)} episodes={mean_return:.1f}")

    envs.close()
    writer.close()
    print(f"Recorded in runs/{run_name}")


if __name__ == "__main__":
    main()
