"""The curves of a run on the screen: a line of block characters for each metric, and its figures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rla.cli.common import console, counted, print_table, say, shown_number
from rla.names import LONG_FILE, PROGRESS_FILE, TIME_STEP, TIMESTAMP

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Curves", "print_curves", "read_curves"]

METRICS_SHOWN: Final = 8
"""So many metrics have their curve shown, unless all are asked for."""

LARGEST_READ: Final = 512 << 20
"""So many bytes are looked at, a file once for each of its metrics: of a run of a gigabyte, one metric is shown."""

WIDEST: Final = 40
NARROWEST: Final = 10
LONGEST_NAME: Final = 20
"""Longer names take two lines where the terminal is narrow."""

_FIGURES: Final = ("first", "last", "min", "max")


@dataclass(frozen=True)
class Curves:
    """Curves of a run.

    Attributes:
        values: the recorded numbers of each metric that is shown, in the order in which they are.
        left_out: how many others there are.
    """

    values: dict[str, NDArray[Any]]
    left_out: int

    def figures(self) -> dict[str, dict[str, int | float]]:
        """Return the figures of each metric: ``first``, ``last``, ``min``, ``max`` and ``n``."""
        from rla.cli.sparkline import figures_of

        return {metric: figures_of(values) for metric, values in self.values.items()}


def read_curves(directory: Path, last: Mapping[str, Any], every: bool) -> Curves:
    """Read the curves that people look at first; metrics that are no numbers throughout have none.

    Args:
        directory: the run's log folder.
        last: the last values of its metrics.
        every: read all.
    """
    metrics = [
        metric
        for metric, value in last.items()
        if isinstance(value, (bool, int, float)) and metric not in (TIME_STEP, TIMESTAMP)
    ]
    if not metrics:
        return Curves({}, 0)
    from rla.cli.sparkline import by_interest
    from rla.output.columns import read_recorded

    ordered = by_interest(metrics)
    chosen = ordered if every else ordered[: _number_shown(directory)]
    found = read_recorded(directory, chosen).values
    numbers = {metric: found[metric] for metric in chosen if metric in found and found[metric].dtype.kind in "bif"}
    return Curves({metric: values for metric, values in numbers.items() if len(values)}, len(ordered) - len(chosen))


def _number_shown(directory: Path) -> int:
    """Return how many metrics are shown of a run, fewer of a large one."""
    size = 0
    for name in (PROGRESS_FILE, LONG_FILE):
        with contextlib.suppress(OSError):  # it has none
            size += os.stat(directory / name).st_size
    return max(1, min(METRICS_SHOWN, LARGEST_READ // max(size, 1)))


def print_curves(curves: Curves) -> None:
    """Print a table of curves, as wide as the terminal allows; without the lines where it has no such letters."""
    if not curves.values:
        return
    from rla.cli.sparkline import BLOCKS, sparkline

    table = [[metric, *(shown_number(of[name]) for name in _FIGURES)] for metric, of in curves.figures().items()]
    name, *figures = (max(map(len, column)) for column in zip(("metric", *_FIGURES), *table, strict=True))
    terminal = console()
    beside = min(name, LONGEST_NAME) + sum(figures) + 2 * len(figures) + 4  # two spaces between columns
    width = min(max(terminal.width - beside, NARROWEST), WIDEST)
    columns = ["metric", *_FIGURES]
    if BLOCKS.encode(terminal.encoding, "ignore"):
        columns.insert(1, "curve")
        for row, values in zip(table, curves.values.values(), strict=True):
            row.insert(1, sparkline(values, width) if len(values) > 1 else "one value")
    print_table(columns, table, numbers=_FIGURES)
    if curves.left_out:
        say(f"The curves of {counted(curves.left_out, 'more metric')}: rla show --all")
