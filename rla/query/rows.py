"""How the index reads the newest values of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rla.output.last_values import LastValues, read_last_values

__all__ = ["read_rows"]


def read_rows(log_dir: str, before: tuple[Mapping[str, Any], Any] | None) -> LastValues:
    """Return the newest value of each key of a run.

    Args:
        log_dir: its folder in the log tree.
        before: values and state of the last time, to go on from there.
    """
    return read_last_values(log_dir, None if before is None else LastValues(dict(before[0]), before[1] or {}))
