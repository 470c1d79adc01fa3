"""Processor, memory and disk of this machine, and the share of them that this process takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from rla.monitor.family import Family
from rla.monitor.sources import BYTES_IN_GB, Sources

__all__ = ["Host"]


class Host:
    """Samples this machine; percentages of time are of the time since the sample before.

    Args:
        folder: the disk that it lies on counts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._family = Family()
        self._has_begun = False
        self._used: tuple[float, float] | None = None

    @property
    def sources(self) -> Sources:
        """All that is sampled here."""
        return [
            ("the processor", self.processor),
            ("the memory", self.memory),
            ("the processes", self.processes),
            ("the disk", self.disk),
        ]

    def processor(self) -> Mapping[str, float]:
        """Return the share of all processors that was busy, nothing at the first call."""
        percent = psutil.cpu_percent()
        if not self._has_begun:  # psutil has no stretch of time to look at yet
            self._has_begun = True
            return {}
        return {"cpu_percent": percent}

    def memory(self) -> Mapping[str, float]:
        """Return the share of the memory that is not available."""
        return {"memory_percent": psutil.virtual_memory().percent}

    def processes(self) -> Mapping[str, float]:
        """Return what this process and its children take, 100 % being one processor.

        The time of children that have ended is counted by the process that waited for them; so is that of children
        which lived between two samples. Resident memory is added up, so that shared pages count once for each process.
        """
        now, seconds, resident = time.monotonic(), 0.0, 0
        for process in self._family.processes():
            try:
                with process.oneshot():
                    used = sum(process.cpu_times()[:4])  # user, system, and both of children that have ended
                    resident += process.memory_info().rss
            except psutil.Error:  # it has ended meanwhile, or is another user's
                continue
            seconds += used
        values = {"process_memory_gb": resident / BYTES_IN_GB}
        seconds = round(seconds, 3)  # the same times may be added in another order, with another last digit
        before, self._used = self._used, (now, seconds)
        if (
            before is not None and now > before[0] and seconds >= before[1]
        ):  # less: a child went without being waited for
            values["process_cpu_percent"] = 100 * (seconds - before[1]) / (now - before[0])
        return values

    def disk(self) -> Mapping[str, float]:
        """Return what the disk has left for this user, and the share of it that is taken."""
        usage = psutil.disk_usage(str(self._folder))
        return {"disk_free_gb": usage.free / BYTES_IN_GB, "disk_percent": usage.percent}
