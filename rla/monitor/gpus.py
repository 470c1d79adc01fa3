"""The graphics cards that this process may see, asked through NVML or, without its package, through nvidia-smi.

Neither CUDA nor a framework is touched: to initialise them in a process that later forks would break its children.
"""

from __future__ import annotations

import contextlib

from rla.monitor.nvidia_smi import NvidiaSmi
from rla.monitor.nvml import nvml_sources
from rla.monitor.sources import Sources

__all__ = ["find_gpus"]


def find_gpus(asked: str | None, cleanup: contextlib.ExitStack) -> Sources:
    """Return what samples the cards of this process; nothing where there are none.

    Args:
        asked: the value of ``CUDA_VISIBLE_DEVICES``; None where it is not set.
        cleanup: gets what is to be called when nothing is sampled any more.

    Raises:
        Exception: of the package pynvml: the driver is there and cannot be asked.
    """
    if asked is not None and not asked.strip():
        return []
    sources = nvml_sources(asked, cleanup)
    if sources is None and (program := NvidiaSmi.find(asked)) is not None:
        return [("nvidia-smi", program.sample)]
    return sources or []
