"""A small lab, as docs/query.md and docs/tidy.md show it: forty runs of two tasks, on a Friday morning.

Most are real experiments, made under a clock of the test's; what takes days or other machines to happen (runs that
were killed, hosts, commits, users) is written into their cards afterwards.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rla.experiment.manager import ExperimentManager
from rla.machine import process_start
from rla.output.logger import Logger

REPOSITORY = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 20, 9, 30)
HERE = "gpu1"
NODES = {"gpu1": "10.0.0.1", "gpu2": "10.0.0.2"}
COMMITS = {"16": "9f1c2d7e4b08a35c", "17": "9f1c2d7e4b08a35c", "18": "4e07aa1b93d2c6f0", "19": "4e07aa1b93d2c6f0"}
ALGORITHMS: dict[str, dict[str, Any]] = {
    "sac": {"lr": 3e-4, "batch_size": 256, "buffer": {"size": 1_000_000, "prioritized": False}, "entropy": "auto"},
    "td3": {"lr": 1e-3, "batch_size": 100, "buffer": {"size": 1_000_000, "prioritized": False}, "policy_delay": 2},
    "ppo": {"lr": 3e-4, "batch_size": 64, "clip_range": 0.2},
}
DAYS = {"sac": "16", "td3": "17", "ppo": "18"}
RETURNS = {"Hopper-v4": {"sac": 3300, "td3": 3180, "ppo": 2250}, "Walker2d-v4": {"sac": 4450, "td3": 4120, "ppo": 3010}}
STEPS = range(100_000, 1_000_001, 100_000)
HOUR = 3600.0


class Clock:
    """What time it is, and where: both are handed to the modules that ask."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()
        self.host = HERE

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moments = SimpleNamespace(now=lambda: datetime.fromtimestamp(self.now), strptime=datetime.strptime)
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(socket, "gethostname", lambda: self.host)
        monkeypatch.setattr("rla.experiment.run.datetime", moments)
        monkeypatch.setattr("rla.experiment.manager.node_address", lambda: NODES[self.host])


SCRIPT = """import rl

agent = rl.train()
print(rl.evaluate(agent, episodes={episodes}))
"""
COMMAND = f"""#!{sys.executable}
import socket, sys, time
sys.path.insert(0, {str(REPOSITORY)!r})
time.time, socket.gethostname = lambda: {NOW.timestamp()}, lambda: {HERE!r}
from rla.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    """The clock of the lab; while it is there, all go by it."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock.patch(monkeypatch)
        yield clock


@pytest.fixture(scope="module")
def maker(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes the experiments of the lab; a module may have it make more."""
    return Maker(tmp_path_factory.mktemp("lab") / "data", clock)


@pytest.fixture(scope="module")
def lab(maker: Maker, clock: Clock) -> Iterator[Path]:
    """A folder with the lab's data root in ``data`` and its rla_config.yaml.

    While it is there, it is the current folder, the lab's moment and the lab's host, also for the command ``rla``.
    """
    folder = maker.data_root.parent
    make_ablation(maker)
    make_locomotion(maker)
    make_what_cannot_be_made(maker)
    clock.now, clock.host = NOW.timestamp(), HERE
    (folder / "rla_config.yaml").write_text("DATA_ROOT: data\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "rla").write_text(COMMAND)
    (folder / "bin" / "rla").chmod(0o755)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("RLA_CACHE", str(folder / "cache"))
        monkeypatch.setenv("LOGNAME", "ada")
        monkeypatch.delenv("RLA_ROOT", raising=False)
        monkeypatch.setenv("MPLBACKEND", "agg")
        monkeypatch.chdir(folder)
        yield folder


class Maker:
    """Makes experiments in a data root."""

    def __init__(self, data_root: Path, clock: Clock) -> None:
        self.data_root = data_root
        self.clock = clock

    def run(
        self,
        task: str,
        began: str,
        returns: float,
        rows: int = len(STEPS),
        host: str = HERE,
        hours: float = 6.0,
        loss: float = 0.05,
        episodes: bool = False,
        steps: Sequence[int] = STEPS,
        card: dict[str, Any] | None = None,
        **parameters: Any,
    ) -> Path:
        """Make an experiment: ``run("locomotion", "2026-11-19 22:40:13", 3300, seed=0)``; returns its log folder."""
        self.clock.host = host
        self.clock.now = start = datetime.fromisoformat(began).timestamp()
        logger = Logger()
        manager = ExperimentManager(logger)
        manager.set_hyper_param(**parameters)
        manager.add_record_param([key for key in ("algo", "env_id", "lr", "seed") if key in parameters])
        code_root = self.data_root.parent / "code"
        code_root.mkdir(exist_ok=True)
        (code_root / "train.py").write_text(SCRIPT.format(episodes=10 if began > "2026-11-18" else 5))
        kept = {"backup_code_dir": ["train.py"]}
        manager.configure(task, {"LOG_USED": ["csv"], "BACKUP_CONFIG": kept}, self.data_root, code_root=code_root)
        manager.log_files_gen()
        for number, step in enumerate(steps[:rows], 1):
            self.clock.now = start + number * hours * HOUR / len(steps)
            manager.time_step_holder.set_time(step)
            progress = number / len(steps)
            logger.record_tabular("eval/return", round(returns * (1 - (1 - progress) ** 3), 1))
            logger.record_tabular("train/loss", loss if number == len(steps) else 0.5 / number)
            if episodes:
                logger.episodes([returns * progress * part for part in (0.9, 1.1)], [1000, 1000])
            logger.dump_tabular()
        if rows:
            with open(os.path.join(manager.checkpoint_dir, f"checkpoint_{steps[:rows][-1]}.pt"), "wb") as weights:
                weights.truncate(sum(map(len, map(str, parameters.values()))) << 20)
        log_dir = Path(manager.log_dir)
        manager.finish()
        commit = COMMITS.get(began[8:10], "c3a95d10e2f74b86")
        fixed = {
            "packages": {"torch": "2.13.0"},
            "hardware": {},
            "python": "3.11.9",
            "rla_version": "0.7.0",
            "user": "ada",
        }
        fixed |= {"command": ["python", "train.py"], "working_directory": "/home/ada/lab", "pid": 4_000_000}
        fixed |= {"git_commit": commit * 2, "git_branch": "main", "git_dirty": began[8:10] == "18"}
        self.amend(log_dir, **(fixed | (card or {})))
        return log_dir

    def amend(self, log_dir: Path, **fields: Any) -> None:
        """Change fields of a run card."""
        path = log_dir / "experiment.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fields, indent=2) + "\n", encoding="utf-8")


def make_ablation(lab: Maker) -> None:
    """Learning rates of sac, last week; one of the runs took days."""
    for day, (lr, returns) in enumerate({1e-4: 2700, 3e-4: 3290, 1e-3: 2950, 3e-3: 640}.items(), 9):
        for seed in (0, 1):
            began = f"2026-11-{day:02} {10 + 4 * seed}:0{day - 8}:27"
            hours = 61.0 if (lr, seed) == (1e-4, 1) else 5.0
            parameters = {"algo": "sac", "env_id": "Hopper-v4", **ALGORITHMS["sac"], "lr": lr, "seed": seed}
            lab.run("ablation", began, returns - 60 * seed, hours=hours, episodes=lr == 3e-4, **parameters)


def make_locomotion(lab: Maker) -> None:
    """Three algorithms in two environments, five seeds of each but for those that nobody started."""
    missing = {("td3", "Walker2d-v4", 3), ("ppo", "Hopper-v4", 2), ("ppo", "Walker2d-v4", 4)}
    for algo, settings in ALGORITHMS.items():
        for env_id, returns in RETURNS.items():
            for seed in range(5):
                if (algo, env_id, seed) not in missing:
                    parameters = {"algo": algo, "env_id": env_id, "seed": seed, "gamma": 0.99, **settings}
                    began = f"2026-11-{DAYS[algo]} {'09' if env_id == 'Hopper-v4' else '16'}:{5 + 7 * seed:02}:1{seed}"
                    run = {"began": began, "returns": returns[algo] + 97 * (seed * 3 % 5) - 180, **parameters}
                    lab.run("locomotion", **(run | what_happened(algo, env_id, seed)))


def what_happened(algo: str, env_id: str, seed: int) -> dict[str, Any]:
    """Return what was special about a run."""
    now = NOW.timestamp()
    match algo, env_id, seed:
        case "sac", "Walker2d-v4", 3 | 4:  # the machine was started again at three in the morning
            heard = datetime(2026, 11, 20, 3, 12).timestamp()
            killed = {"status": "running", "end": None, "heartbeat": heard}
            return {"began": f"2026-11-19 22:4{seed}:51", "rows": 5, "card": killed}
        case "td3", "Hopper-v4", 4:
            out_of_memory = {"status": "failed", "reason": "RuntimeError: CUDA out of memory"}
            return {"began": "2026-11-19 23:05:30", "rows": 3, "card": out_of_memory}
        case "td3", "Walker2d-v4", 4:
            return {"rows": 6, "card": {"status": "interrupted", "reason": "SIGTERM"}}
        case "ppo", "Hopper-v4", 4:
            return {"returns": 18.0, "loss": float("nan")}
        case "ppo", "Walker2d-v4", 2:
            alive = {"pid": os.getpid(), "process_start": process_start()}
            card = {"status": "running", "end": None, "heartbeat": now - 20, **alive}
            return {"began": "2026-11-20 06:10:02", "rows": 5, "card": card}
        case "ppo", "Walker2d-v4", 3:
            card = {"status": "running", "end": None, "heartbeat": now - 40, "user": "lin"}
            return {"began": "2026-11-20 06:12:44", "rows": 4, "host": "gpu2", "card": card}
    return {"card": {"tags": ["paper"]}} if (algo, seed) == ("sac", 0) else {}


def make_what_cannot_be_made(lab: Maker) -> None:
    """Two runs of an older tool, and one whose parameters were cut off in the middle."""
    for seed in (0, 1):
        name = f"11-2{seed}-03-000000 10.0.0.9 &algo=sac&seed={seed}"
        log_dir = lab.data_root / "log" / "ablation" / "2022" / "03" / "04" / name
        log_dir.mkdir(parents=True)
        (log_dir / "progress.csv").write_text(f"eval/return,time-step\n1210.5,500000\n{2400 + seed}.5,1000000\n")
        os.utime(log_dir / "progress.csv", (datetime(2022, 3, 4, 17, 40).timestamp(),) * 2)
    broken = lab.run("ablation", "2026-11-12 18:30:00", 0, rows=0, algo="sac", seed=2)
    for parameters in lab.data_root.glob(f"*/ablation/*/*/*/{broken.name}/parameter.*"):
        parameters.write_text('{"algo": "sac", "lr": 0.0')
