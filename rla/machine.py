"""What this machine and this process are called, and whether another process still lives."""

from __future__ import annotations

import functools
import getpass
import os
import socket
import sys

__all__ = ["distributed_rank", "host_name", "node_address", "process_is_alive", "process_start", "user_name"]

NO_NETWORK = "noip"

_RANK_VARIABLES = (("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"))
"""Variables of torchrun, Open MPI and MPICH. Slurm's own are left out: `srun -n 8` also starts 8 separate runs."""


def host_name() -> str:
    """Return the name of this host."""
    return socket.gethostname()


def user_name() -> str:
    """Return the name of this user, or the number where there is no name; empty where there is neither."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container whose user has no name
        return str(os.getuid()) if hasattr(os, "getuid") else ""


@functools.lru_cache(maxsize=1)
def node_address() -> str:
    """Return the address by which other machines reach this one, or ``noip`` without a network.

    The system is asked which address it would use for a far host; nothing is sent.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 of RFC 5737: never a real host
            address = str(probe.getsockname()[0])
    except OSError:
        try:
            address = socket.gethostbyname(host_name())
        except OSError:
            return NO_NETWORK
    return NO_NETWORK if address.startswith(("127.", "0.")) else address


def process_start(pid: int | None = None) -> float | None:
    """Return when a process started, in seconds since 1970, or None when there is no such process."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


def process_is_alive(pid: int, started: float | None) -> bool:
    """Say whether the process with this number runs and is the one that started then.

    Args:
        pid: number of the process on this host.
        started: its start in seconds since 1970; None accepts any process with the number.
    """
    start = process_start(pid)
    if start is None:
        return False
    if pid != os.getpid() and _is_zombie(pid):
        return False
    # The clock of the host may be set while a run is under way, which moves what the system reports a little.
    return started is None or abs(start - started) < 5.0


def _is_zombie(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def distributed_rank() -> int:
    """Return the rank of this process in its distributed training, 0 where there is none."""
    for rank_variable, size_variable in _RANK_VARIABLES:
        rank, size = os.environ.get(rank_variable, ""), os.environ.get(size_variable, "")
        if rank.isdigit() and size.isdigit() and int(size) > 1:
            return int(rank)
    # mpi4py outside of a launcher that sets variables; only asked where the script itself uses it
    mpi = sys.modules.get("mpi4py.MPI")
    return int(mpi.COMM_WORLD.Get_rank()) if mpi is not None else 0
