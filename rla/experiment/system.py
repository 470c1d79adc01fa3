"""System metrics of experiments, for the manager."""

from __future__ import annotations

import numbers
import threading
from typing import TYPE_CHECKING, Final

from rla.experiment.run import Run
from rla.output.logger import Logger

if TYPE_CHECKING:
    from rla.monitor.monitor import SystemMonitor

__all__ = ["SystemTracking"]

SHORTEST_INTERVAL: Final = 0.1
"""Seconds; what the system counts is too coarse for less."""


class SystemTracking:
    """Records what the machine does while an experiment is under way, once that is asked for."""

    logger: Logger
    _run: Run | None

    def __init__(self) -> None:
        super().__init__()
        self._sample_every: float | None = None
        self._monitor: SystemMonitor | None = None

    def track_system(self, every: float | None = 10) -> None:
        """Record what the machine does, in this experiment and in those that follow in this process.

        A thread of its own samples the machine and sets values of the open row, so they are recorded with the next
        `dump_tabular`: the mean of the samples since the row before. Memory, disk and graphics cards are there at once,
        percentages of the processor after a second. Nothing is sampled before `log_files_gen` or after `finish`, by
        forked children, or by ranks that record nothing. What cannot be had is left out.

        - ``system/cpu_percent``: busy processors of the machine; 100 is all of them
        - ``system/process_cpu_percent``: those of this process and its children; 100 is one processor
        - ``system/memory_percent``: memory of the machine that is not available
        - ``system/process_memory_gb``: resident memory of this process and its children, added up (10⁹ bytes)
        - ``system/disk_free_gb``, ``system/disk_percent``: what the disk of the data root has left (10⁹ bytes), and
          what is taken
        - ``system/gpu0/memory_gb``, ``…/utilization_percent``, ``…/temperature_celsius``, ``…/power_watts``: of each
          whole card of NVIDIA that this process may see (``CUDA_VISIBLE_DEVICES``), numbered as it sees them; with the
          package nvidia-ml-py (extra ``gpu``) or the program nvidia-smi

        Args:
            every: seconds between two samples, at least 0.1; None stops. Another call changes it.

        Raises:
            ValueError: ``every`` is something else.
        """
        if every is not None:
            longest = threading.TIMEOUT_MAX
            is_number = isinstance(every, numbers.Real) and not isinstance(every, bool)
            if not (is_number and SHORTEST_INTERVAL <= every <= longest):
                raise ValueError(
                    f"track_system(every={every!r}): expected the seconds between two samples, {SHORTEST_INTERVAL} or "
                    "more, such as every=10; None stops."
                )
            every = float(every)
        self._sample_every = every
        self._begin_sampling()

    def _begin_sampling(self) -> None:
        """Sample the machine for the current run, as often as was asked for."""
        run = self._run
        every = self._sample_every if run is not None and run.is_mine and not run.temporary else None
        if self._monitor is not None and self._monitor.is_mine and self._monitor.every == every:
            return
        self._end_sampling()
        if run is not None and every is not None:
            from rla.monitor.monitor import SystemMonitor  # only who asks for it needs it

            warn = self.logger.warn_visibly
            self._monitor = SystemMonitor(self.logger.record_mean, warn, run.place.data_root, every)

    def _end_sampling(self) -> None:
        """Sample nothing any more, until the next run."""
        monitor, self._monitor = self._monitor, None
        if monitor is not None:
            monitor.stop()
