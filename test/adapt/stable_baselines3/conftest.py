"""Small models of Stable-Baselines3, and experiments that they record into."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("stable_baselines3")
torch = pytest.importorskip("torch")

from stable_baselines3 import DQN, PPO, SAC, TD3  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402

from rla import exp_manager  # noqa: E402

SMALL: dict[str, Any] = {"policy_kwargs": {"net_arch": [8]}, "device": "cpu", "seed": 3}
OFF_POLICY: dict[str, Any] = {"learning_starts": 32, "batch_size": 16, "train_freq": 8, "buffer_size": 1000, **SMALL}
SETTINGS: dict[type, tuple[str, dict[str, Any]]] = {
    PPO: ("CartPole-v1", {"n_steps": 32, "batch_size": 32, "n_epochs": 2, **SMALL}),
    DQN: ("CartPole-v1", OFF_POLICY),
    SAC: ("Pendulum-v1", OFF_POLICY),
    TD3: ("Pendulum-v1", OFF_POLICY),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these are slower with several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def make_model() -> Callable[..., Any]:
    """Make a small model: ``make_model(PPO, number=4)``, or ``make_model(PPO, env)``."""

    def make(algorithm: type = PPO, env: Any = None, number: int = 1, **options: Any) -> Any:
        env_id, settings = copy.deepcopy(SETTINGS[algorithm])  # models change what they are given
        return algorithm("MlpPolicy", env or make_vec_env(env_id, number, seed=1), **{**settings, **options})

    return make


@pytest.fixture
def begin(data_root: Path) -> Callable[..., Path]:
    """Begin an experiment of the global manager, and return its log folder."""

    def begin_experiment(framework: str = "torch", formats: tuple[str, ...] = ("csv",)) -> Path:
        settings = {"LOG_USED": list(formats), "DL_FRAMEWORK": framework}
        exp_manager.configure("demo_task", settings, data_root=data_root, code_root=data_root)
        exp_manager.log_files_gen()
        return Path(exp_manager.log_dir)

    return begin_experiment
