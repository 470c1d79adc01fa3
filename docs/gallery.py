"""Makes the pictures of docs/gallery.md: records runs with curves that are made up, then runs the programs of the page.

    python docs/gallery.py            # into docs/gallery
    python docs/gallery.py elsewhere  # into elsewhere/gallery

The runs are recorded as a training script records its own; their random numbers, dates and times are always the same,
so that the pictures are too.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image, PngImagePlugin

from rla.experiment.manager import ExperimentManager
from rla.output.logger import Logger

PAGE = Path(__file__).resolve().with_name("gallery.md")
SCALES = {"Ant-v4": 5000.0, "HalfCheetah-v4": 11000.0, "Hopper-v4": 3200.0}
LEVELS = {"ppo": 0.6, "sac": 0.92, "td3": 0.8}
SPEEDS = {"ppo": 3.5e5, "sac": 1.6e5, "td3": 2.2e5}
SECONDS = {"ppo": 60.0, "sac": 300.0, "td3": 220.0}
"""From one row to the next, of a training that would take hours."""

COLORS = 96
"""So many are enough for lines and bands."""


class Moments(datetime):
    """Record dates: a run each minute, always on the same day."""

    started = 0

    @classmethod
    def now(cls, tz: Any = None) -> Moments:
        """Return the next moment."""
        cls.started += 1
        return cls(2026, 11, 20, 9) + timedelta(minutes=cls.started)


class Run:
    """A run of a training that somebody might have done."""

    def __init__(self, data_root: Path, **hyper_param: object) -> None:
        self.clock = 1.8e9
        self.manager = ExperimentManager(Logger())
        self.manager.set_hyper_param(**hyper_param)
        self.manager.add_record_param(list(hyper_param))
        self.manager.configure("benchmark", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=data_root)
        self.manager.log_files_gen()

    def row(self, step: float, seconds: float = 60.0, **values: float) -> None:
        """Record a row; ``eval_return`` is the key ``eval/return``."""
        self.clock += seconds
        self.manager.time_step_holder.set_time(step)
        for key, value in values.items():
            self.manager.logger.record_tabular(key.replace("_", "/"), value)
        with mock.patch("rla.output.logger.time", SimpleNamespace(time=lambda: self.clock)):
            self.manager.logger.dump_tabular()


def record_benchmark(data_root: Path, seeds: int, rows: int) -> None:
    """Three algorithms on three environments, evaluated at the same steps."""
    random = np.random.default_rng(1)
    for env, scale in SCALES.items():
        for algo, level in LEVELS.items():
            for seed in range(seeds):
                reached = level + random.normal(0, 0.07)
                speed = SPEEDS[algo] * random.lognormal(0, 0.15)
                run = Run(data_root, algo=algo, env_id=env, seed=seed)
                slope = -1.2 if algo == "sac" else -0.8
                for step in np.linspace(0, 1e6, rows).tolist():
                    share = reached * (1 - math.exp(-((step / speed) ** 1.3)))
                    run.row(
                        step,
                        SECONDS[algo],
                        eval_return=scale * (share + random.normal(0, 0.02)),
                        rollout_return=scale * (share * 0.9 + random.normal(0, 0.1)),
                        train_loss=(0.02 + (1 + step / 2e4) ** slope) * random.lognormal(0, 0.15),
                    )
                run.manager.finish()


def record_lengths(data_root: Path, seeds: int, rows: int) -> None:
    """Runs of different length: some were stopped earlier than others."""
    random = np.random.default_rng(2)
    for algo, least in (("sac", 14), ("td3", 9)):
        for seed in range(seeds):
            run = Run(data_root, algo=algo, env_id="Hopper-v4", seed=seed)
            for place in range(int(random.integers(least, 21) * rows / 20) if seed else rows):
                share = LEVELS[algo] * (1 - math.exp(-place / rows * 5)) + 0.05 * math.sin(seed)
                run.row(place * 1e6 / rows, eval_return=3200 * (share + random.normal(0, 0.02)))
            run.manager.finish()


def record_unfinished(data_root: Path, seeds: int, rows: int) -> list[Run]:
    """Runs of a night in which one was killed, one failed, and one goes on; the last is returned."""
    random = np.random.default_rng(3)
    live = []
    for algo in ("sac", "td3"):
        for seed in range(seeds):
            fate = {("sac", 1): "killed", ("td3", 0): "fails", ("td3", 2): "goes on"}.get((algo, seed), "")
            numbers = random.normal(0, 0.03, rows)
            child = os.fork() if fate == "killed" else 0
            if child:
                os.waitpid(child, 0)
                Moments.started += 1
                continue
            run = Run(data_root, algo=algo, env_id="Ant-v4", seed=seed)
            ends = {"killed": 0.7, "fails": 0.55, "goes on": 0.8}.get(fate, 1.0) * rows
            for place in range(int(ends)):
                share = (LEVELS[algo] - 0.02 * seed) * (1 - math.exp(-place / rows * 5))
                run.row(place * 1e6 / rows, eval_return=5000 * (share + float(numbers[place])))
            if fate == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if fate == "goes on":
                live.append(run)
            else:
                run.manager.finish("failed" if fate else "finished")
    return live


def record_sweep(data_root: Path, seeds: int, rows: int) -> None:
    """Twenty-four learning rates and batch sizes."""
    random = np.random.default_rng(4)
    for lr in (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3):
        for batch in (32, 64, 128, 256):
            level = math.exp(-((math.log10(lr) + 3.4 + math.log2(batch / 128) * 0.2) ** 2))
            for seed in range(seeds):
                run = Run(data_root, lr=lr, batch=batch, seed=seed)
                for place in range(rows):
                    share = level * (1 - math.exp(-place / rows * 4))
                    run.row(place * 1e6 / rows, eval_return=3200 * (share + random.normal(0, 0.015)))
                run.manager.finish()


@contextlib.contextmanager
def recorded(folder: Path, seeds: int = 10, rows: int = 50) -> Iterator[None]:
    """Record all runs of the page below a folder; one of them goes on until the end of the block."""
    with (
        mock.patch("rla.experiment.run.datetime", Moments),
        mock.patch("rla.experiment.manager.node_address", return_value="10.0.0.1"),
    ):
        Moments.started = 0
        live = record_unfinished(
            folder / "night", max(3, min(seeds, 6)), rows
        )  # first: a process forks best while it has one thread
        record_benchmark(folder / "data", seeds, rows)
        record_lengths(folder / "lengths", min(seeds, 8), rows)
        record_sweep(folder / "sweep", max(seeds // 5, 1), rows // 2)
    try:
        yield
    finally:
        for run in live:
            run.manager.finish()


def programs(page: Path = PAGE) -> str:
    """Return the programs of the page, which go on from one to the next."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S))


def main(target: Path, seeds: int = 10, rows: int = 50) -> None:
    """Make the pictures in ``target / "gallery"``."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        try:
            with recorded(Path(scratch), seeds, rows):
                exec(compile(programs(), str(PAGE), "exec"), {"__name__": "gallery"})
        finally:
            os.chdir(before)
        target.joinpath("gallery").mkdir(parents=True, exist_ok=True)
        for picture in sorted(Path(scratch, "gallery").iterdir()):
            shrink(picture, target / "gallery" / picture.name)


def shrink(picture: Path, target: Path) -> None:
    """Copy a picture with fewer colours, which makes it a third as large; its manifest stays."""
    with Image.open(picture) as image:
        about = PngImagePlugin.PngInfo()
        about.add_text("rla", str(image.info.get("rla", "")))
        few = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
        few.save(target, "PNG", optimize=True, pnginfo=about)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PAGE.parent)
