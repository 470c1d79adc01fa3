"""Ranks of a distributed training: one records, the others do not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rla.machine import distributed_rank

__all__ = ["ALL_RANKS_VARIABLE", "recording_rank", "temporary_folder"]

ALL_RANKS_VARIABLE: Final = "RLA_ALL_RANKS"
"""Set to 1, every rank of a distributed training records an experiment of its own, not only rank 0."""


def recording_rank() -> int:
    """Return the rank of this process; 0 where it records, as every rank does that shall."""
    return 0 if os.environ.get(ALL_RANKS_VARIABLE) == "1" else distributed_rank()


def temporary_folder(rank: int) -> Path:
    """Make a folder for what a rank saves that records nothing."""
    import tempfile  # few processes need it

    return Path(tempfile.mkdtemp(prefix=f"rla-rank{rank}-"))
