"""Graphics cards through the program nvidia-smi, which comes with NVIDIA's driver."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from typing import Final

from rla.errors import printable
from rla.monitor.sources import BYTES_IN_GB
from rla.monitor.visible_devices import visible_devices

__all__ = ["NvidiaSmi"]

LONGEST_RUN: Final = 10.0
"""Seconds after which the program is given up: a driver in trouble lets it wait for ever."""

COLUMNS: Final = {
    "memory.used": ("memory_gb", 2**20 / BYTES_IN_GB),  # in MiB
    "utilization.gpu": ("utilization_percent", 1.0),
    "temperature.gpu": ("temperature_celsius", 1.0),
    "power.draw": ("power_watts", 1.0),
}
"""What is asked for → its key, and the factor to its unit."""

NO_CARD: Final = (6, 9, 12)
"""Exit codes of a machine without a card or without its driver (manual of nvidia-smi, "Return value")."""


class NvidiaSmi:
    """Asks nvidia-smi.

    Args:
        program: its path.
        asked: the value of ``CUDA_VISIBLE_DEVICES``; None where it is not set.
    """

    def __init__(self, program: str, asked: str | None) -> None:
        self._command = [program, f"--query-gpu=uuid,{','.join(COLUMNS)}", "--format=csv,noheader,nounits"]
        self._asked = asked
        self._given_up = False

    @classmethod
    def find(cls, asked: str | None) -> NvidiaSmi | None:
        """Return the program of this machine; None where there is none."""
        program = shutil.which("nvidia-smi")
        return None if program is None else cls(program, asked)

    def sample(self) -> Mapping[str, float]:
        """Return the metrics of all cards of this process, without those that a card does not have.

        Raises:
            OSError: the program failed, or did not answer in time; it is not asked again then.
        """
        if self._given_up:
            return {}
        lines = [line.split(",") for line in self._answer().splitlines()]
        cards = [cells for cells in lines if cells[0].startswith("GPU-") and len(cells) == 1 + len(COLUMNS)]
        values: dict[str, float] = {}
        for number, device in enumerate(visible_devices([cells[0] for cells in cards], self._asked)):
            if isinstance(device, str):  # a part of a card, of which the program says nothing here
                continue
            for cell, (key, factor) in zip(cards[device][1:], COLUMNS.values(), strict=True):
                with contextlib.suppress(ValueError):  # [N/A], [Insufficient Permissions], …
                    values[f"gpu{number}/{key}"] = float(cell) * factor
        return values

    def _answer(self) -> str:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is meant for the training
        )
        try:
            answer, _ = process.communicate(timeout=LONGEST_RUN)
        except subprocess.TimeoutExpired:
            self._given_up = True
            _kill(process)
            raise TimeoutError(f"no answer within {LONGEST_RUN:g} s; it is not asked again") from None
        if process.returncode in NO_CARD:
            self._given_up = True
            return ""
        if process.returncode:
            said = next((line for line in answer.splitlines() if line.strip()), "it said nothing")
            raise OSError(f"exit code {process.returncode}: {printable(said)[:200]}")
        return answer


def _kill(process: subprocess.Popen[str]) -> None:
    """End a program and what it has started; one that hangs in the driver is left to the system."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
