"""A small DQN on CartPole, as a program: ``dqn.py ROOT new|resume UPDATES [KILL_AT]``; prints a digest.

Killed and resumed, it shall learn, draw and record what it would have if it had never been killed.
"""

from __future__ import annotations

import collections
import hashlib
import os
import random
import signal
import sys
from typing import Any

import gymnasium
import numpy as np
import torch

from rla import exp_manager, logger

SAVE_EVERY, ROW_EVERY = 100, 10


class Buffer:
    """The last transitions."""

    def __init__(self, size: int) -> None:
        self.before, self.after = np.zeros((size, 4), np.float32), np.zeros((size, 4), np.float32)
        self.actions, self.rewards, self.ended = np.zeros(size, np.int64), np.zeros(size, np.float32), np.zeros(size)
        self.position, self.full = 0, False

    def add(self, before: Any, action: int, reward: float, after: Any, ended: bool) -> None:
        here = self.position
        self.before[here], self.after[here] = before, after
        self.actions[here], self.rewards[here], self.ended[here] = action, reward, ended
        self.position = (here + 1) % len(self.actions)
        self.full |= self.position == 0

    def sample(self, number: int, generator: np.random.Generator) -> list[torch.Tensor]:
        rows = generator.integers(len(self.actions) if self.full else self.position, size=number)
        columns = (self.before, self.actions, self.rewards, self.after, self.ended.astype(np.float32))
        return [torch.from_numpy(column[rows]) for column in columns]


class Training:
    """Everything that a training has: networks, an optimizer, an environment, generators, counters."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        self.env: Any = gymnasium.wrappers.NormalizeObservation(gymnasium.make("CartPole-v1"))
        self.env.action_space.seed(seed)
        self.observation, _ = self.env.reset(seed=seed)
        self.online, self.target = network(), network()
        self.target.load_state_dict(self.online.state_dict())
        self.optimizer = torch.optim.Adam(self.online.parameters(), 1e-3)
        self.buffer, self.generator = Buffer(500), np.random.default_rng(seed)
        self.updates, self.episode_return = 0, 0.0
        self.returns: collections.deque[float] = collections.deque(maxlen=10)

    def parts(self) -> dict[str, Any]:
        return {
            "online": self.online,
            "target": self.target,
            "optimizer": self.optimizer,
            "env": self.env,
            "generator": self.generator,
        }

    def save(self) -> None:
        counters = {name: getattr(self, name) for name in ("updates", "episode_return", "observation", "returns")}
        exp_manager.save_state(**self.parts(), **counters, replay_buffer=self.buffer)

    def load(self) -> None:
        self.__dict__.update(exp_manager.load_state(**self.parts(), replay_buffer=self.buffer))

    def act(self) -> int:
        if random.random() < max(0.05, 1 - self.updates / 500):
            return int(self.env.action_space.sample())
        with torch.no_grad():
            return int(self.online(torch.as_tensor(self.observation, dtype=torch.float32)).argmax())

    def step(self) -> None:
        action = self.act()
        after, reward, ended, cut, _ = self.env.step(action)
        self.buffer.add(self.observation, action, reward, after, ended)
        self.observation = after
        self.episode_return += reward
        if ended or cut:
            self.returns.append(self.episode_return)
            logger.ma_record_tabular("return", self.episode_return, 5)
            self.episode_return = 0.0
            self.observation, _ = self.env.reset()
        if self.buffer.full or self.buffer.position > 64:
            self.update()

    def update(self) -> None:
        before, actions, rewards, after, ended = self.buffer.sample(16, self.generator)
        with torch.no_grad():
            goal = rewards + 0.99 * (1 - ended) * self.target(after).max(1).values
        loss = torch.nn.functional.mse_loss(self.online(before).gather(1, actions[:, None])[:, 0], goal)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.updates += 1
        exp_manager.set_timestep(self.updates)
        if self.updates % 100 == 0:
            self.target.load_state_dict(self.online.state_dict())
        if self.updates % ROW_EVERY == 0:
            logger.record_tabular("loss", loss.item())
            logger.record_tabular("last_returns", float(np.mean(self.returns)) if self.returns else 0.0)
            logger.dump_tabular()
        if self.updates % SAVE_EVERY == 0:
            self.save()

    def digest(self) -> str:
        tensors = [*self.online.parameters(), *self.target.parameters()]
        drawn = (random.random(), np.random.rand(), torch.rand(()).item(), self.generator.random())
        told = (self.updates, self.observation.tolist(), self.episode_return, list(self.returns), drawn)
        content = b"".join(tensor.detach().numpy().tobytes() for tensor in tensors)
        return hashlib.sha256(content + self.buffer.before.tobytes() + str(told).encode()).hexdigest()


def network() -> torch.nn.Module:
    layers = torch.nn.Linear(4, 32), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(32, 2)
    return torch.nn.Sequential(*layers)


def train(root: str, new: bool, updates: int, kill_at: int | None = None) -> str:
    """Train until there are so many updates, or the process kills itself; return what there is then."""
    os.makedirs(root, exist_ok=True)
    config = {"LOG_USED": ["csv", "tensorboard"], "DL_FRAMEWORK": "torch"}
    exp_manager.configure("dqn", config, data_root=root, code_root=root)
    training = Training(seed=0 if new else 99)
    if new:
        exp_manager.log_files_gen()
        training.save()
    else:
        exp_manager.resume("")
        training.load()
    while training.updates < updates:
        training.step()
        if training.updates == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    return training.digest()


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, mode, total, *killed_at = sys.argv[1:]
    print(train(folder, mode == "new", int(total), *map(int, killed_at)))
