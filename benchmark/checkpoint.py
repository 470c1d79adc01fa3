"""How long `save_checkpoint` holds up a training: at once and in the background, in turn in one process.

    python benchmark/checkpoint.py                        100 MB of torch's tensors (arrays of numpy without torch)
    python benchmark/checkpoint.py --megabytes 500        more of them
    python benchmark/checkpoint.py --folder /data         on another disk

`at once` is until the file is on the disk; `background` until all is copied; `rest` until that file is on the disk as
well, which nobody waits for. The ratio is that of the medians of the first two. `training` compares steps of a small
network while a checkpoint is written with steps while none is: 1.00 is no cost.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of one matrix product wait for each other on busy machines
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rla import exp_manager
from rla.checkpoint import background

TENSORS = 20


def content_of(megabytes: int) -> tuple[str, dict[str, Any]]:
    """Return the framework, and weights of so many megabytes."""
    size = megabytes * 1_000_000 // TENSORS // 4
    try:
        import torch
    except ImportError:
        return "plain", {f"layer {n}": np.random.default_rng(n).random(size, np.float32) for n in range(TENSORS)}
    return "torch", {f"layer {n}": torch.rand(size) for n in range(TENSORS)}


def step() -> None:
    """Do what a training does in a millisecond or so: some Python, some numbers."""
    weights = np.ones((120, 120), np.float32)
    for _ in range(10):
        weights = np.tanh(weights @ weights / 120)
    sum(number * number for number in range(2_000))


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def steps_per_second(while_true: Callable[[], bool]) -> float:
    """Return how fast the training is as long as something holds."""
    begin, number = time.perf_counter(), 0
    while while_true() or not number:
        step()
        number += 1
    return number / (time.perf_counter() - begin)


def main() -> None:
    """Print the medians, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--folder", default=None)
    arguments = parser.parse_args()
    framework, content = content_of(arguments.megabytes)
    at_once, in_background, rest, beside, alone = ([] for _ in range(5))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        exp_manager.configure("benchmark", {"DL_FRAMEWORK": framework, "LOG_USED": ["csv"]}, folder, code_root=folder)
        exp_manager.log_files_gen()
        exp_manager.new_saver(max_to_keep=2)
        for number in range(arguments.rounds + 1):
            exp_manager.set_timestep(2 * number)
            foreground = seconds(lambda: exp_manager.save_checkpoint(content))
            exp_manager.set_timestep(2 * number + 1)
            blocked = seconds(lambda: exp_manager.save_checkpoint(content, background=True))
            begin = time.perf_counter()
            speed = steps_per_second(lambda: not background.wait(0))
            written = time.perf_counter() - begin
            until = time.perf_counter() + written
            undisturbed = steps_per_second(lambda until=until: time.perf_counter() < until)
            if number:  # the first one warms up
                figures = (foreground, blocked, written, speed, undisturbed)
                for found, figure in zip((at_once, in_background, rest, beside, alone), figures, strict=True):
                    found.append(figure)
        exp_manager.finish()
    name = f"{arguments.megabytes} MB of {framework}, {arguments.rounds} rounds"
    print(f"{name}: median (fastest to slowest)")
    for title, found in (("at once", at_once), ("background", in_background), ("rest", rest)):
        shown = f"{statistics.median(found):.3f} s ({min(found):.3f} to {max(found):.3f})"
        print(f"  {title:<11} {shown}")
    print(f"  ratio       {statistics.median(in_background) / statistics.median(at_once):.2f}")
    slower = statistics.median(one / other for one, other in zip(alone, beside, strict=True))
    print(f"  training    {slower:.2f} times as long a step while a checkpoint is written")


if __name__ == "__main__":
    main()
