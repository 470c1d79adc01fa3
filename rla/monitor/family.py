"""The processes of a run: its own, and all that it has started."""

from __future__ import annotations

import psutil

__all__ = ["Family"]


class Family:
    """This process and all below it, found without asking each process of the machine at each look.

    Nothing comes to belong here later on, so a process that belongs elsewhere is asked once; on a large machine there
    are thousands. What belongs here stays, also when the process between has ended. (A number that is given out anew
    between two looks is taken for the process that had it before: numbers are given in turn, so that takes long.)
    """

    def __init__(self) -> None:
        present = set(psutil.pids())  # before the children: one that begins meanwhile must not be taken for another's
        own = psutil.Process()
        self._members = {process.pid: process for process in (own, *own.children(recursive=True))}
        self._others = present - self._members.keys()

    def processes(self) -> list[psutil.Process]:
        """Return all that live, or have ended and were not waited for yet."""
        present = set(psutil.pids())
        self._others &= present
        self._members = {pid: process for pid, process in self._members.items() if pid in present}
        strangers: dict[int, tuple[psutil.Process, int]] = {}
        for pid in present - self._others - self._members.keys():
            try:
                process = psutil.Process(pid)
                strangers[pid] = (process, process.ppid())
            except psutil.Error:  # it has ended meanwhile
                continue
        while children := [pid for pid, (_, parent) in strangers.items() if parent in self._members]:
            self._members.update((pid, strangers.pop(pid)[0]) for pid in children)
        self._others |= strangers.keys()
        return list(self._members.values())
