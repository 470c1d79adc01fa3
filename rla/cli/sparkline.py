"""Curves as lines of block characters, the figures beside them, and which metrics people look at first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.monitor.monitor import PREFIX as SYSTEM
from rla.timers import PREFIX as TIMERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BLOCKS", "by_interest", "figures_of", "sparkline"]

BLOCKS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = " "
FLAT: Final = 0.4
"""How high a constant is drawn."""

_GOALS: Final = frozenset(
    ("return", "returns", "ret", "reward", "rewards", "rew", "score", "scores", "success", "successes", "win", "solved")
)
_EVALUATIONS: Final = frozenset(("eval", "evaluation", "evaluate", "test", "validation"))
_SPREADS: Final = frozenset(("std", "min", "max", "var", "count"))
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def sparkline(values: NDArray[Any], width: int = 40) -> str:
    """Return a curve as one line of block characters, from its lowest to its highest value.

    Args:
        values: numbers, (n,).
        width: so many characters at most; where there are more values, a character is the mean of its share of them,
            without NaN. NaN alone is a gap, and a constant a line in the middle.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = values[np.isfinite(values)]
    scale = float(np.abs(finite).max(initial=0.0)) or 1.0
    bins = min(width, len(values))
    if not bins:
        return ""
    heights = _means(values / scale, bins)
    there = heights[np.isfinite(heights)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 0.0)
    levels = (heights - low) / (high - low) if high > low else heights - low + FLAT
    places = np.clip(np.nan_to_num(levels, posinf=1.0, neginf=0.0) * len(BLOCKS), 0, len(BLOCKS) - 1).astype(int)
    return "".join(GAP if np.isnan(level) else BLOCKS[place] for level, place in zip(levels, places, strict=True))


def _means(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Return the mean of each of so many shares of the values, without NaN; NaN where nothing else is."""
    starts = np.arange(bins) * len(values) // bins
    known = ~np.isnan(values)
    counts = np.add.reduceat(known.astype(np.int64), starts)
    with np.errstate(invalid="ignore", divide="ignore"):  # plus and minus infinity have no mean
        means: NDArray[np.float64] = np.add.reduceat(np.where(known, values, 0.0), starts) / counts
    return means


def figures_of(values: NDArray[Any]) -> dict[str, int | float]:
    """Return ``first``, ``last``, ``min`` and ``max`` of a metric, and ``n``, how many values it has.

    Args:
        values: numbers, (n,), at least one; NaN is no minimum and no maximum, unless there is nothing else.
    """
    values = values.astype(np.int64) if values.dtype.kind == "b" else values
    known = values[~np.isnan(values)]
    least, most = (known.min().item(), known.max().item()) if len(known) else (np.nan, np.nan)
    return {"first": values[0].item(), "last": values[-1].item(), "min": least, "max": most, "n": len(values)}


def by_interest(keys: Iterable[str]) -> list[str]:
    """Return metrics in the order in which people look at them; those of one kind stay in their order.

    Returns, rewards, scores and successes come first, those of evaluations before others; then all other metrics, then
    the spread of the first ones, then timers and what the machine does.
    """

    def rank(key: str) -> int:
        if key.startswith((SYSTEM, TIMERS)):
            return 4
        words = {word.lower() for word in _WORDS.findall(key)}
        if not words & _GOALS:
            return 2
        return 3 if words & _SPREADS else 0 if words & _EVALUATIONS else 1

    return sorted(keys, key=rank)
