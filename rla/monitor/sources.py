"""What a sampler asks: functions that each return some metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["BYTES_IN_GB", "Source", "Sources"]

Source = Callable[[], Mapping[str, float]]
"""Returns metrics by key, without those that cannot be had; raises when something is wrong."""

Sources = list[tuple[str, Source]]
"""Sources with what they are about; a failure is told once for each name."""

BYTES_IN_GB = 1e9
