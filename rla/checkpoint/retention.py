"""Which checkpoints stay: the last few, one for each so many steps, and the best by a metric."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.checkpoint.listing import step_of
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json

__all__ = ["BEST", "Metrics", "Retention", "as_metric", "best_of"]

BEST: Final = ("max", "min")
METRICS_FILE: Final = ".metrics.json"
"""Beside the checkpoints; what begins with a dot is none of them."""


@dataclass(frozen=True)
class Retention:
    """The rules by which checkpoints of one name stay.

    Args:
        max_to_keep: the last so many stay; all when None, 0 or negative.
        keep_every: the first one at or behind each multiple of so many time steps stays for ever; none when None.
        best: ``"max"`` or ``"min"``: the one of the highest or lowest metric stays; none when None.

    Raises:
        ValueError: one of them is something else.
    """

    max_to_keep: int | None = 5
    keep_every: float | None = None
    best: str | None = None

    def __post_init__(self) -> None:
        if self.max_to_keep is not None and not isinstance(self.max_to_keep, int):
            raise ValueError(f"max_to_keep is a whole number, or None to keep all; got {self.max_to_keep!r}.")
        number = isinstance(self.keep_every, (int, float)) and not isinstance(self.keep_every, bool)
        if self.keep_every is not None and not (number and 0 < self.keep_every < math.inf):
            raise ValueError(f"keep_every is a number of time steps above 0, or None; got {self.keep_every!r}.")
        if self.best is not None and self.best not in BEST:
            raise ValueError(f"best is 'max' or 'min' (of the metric of save_checkpoint), or None; got {self.best!r}.")

    def superfluous(self, saved: Sequence[str], metrics: Mapping[str, float]) -> list[str]:
        """Return which files may go.

        Args:
            saved: files of one name, in the order in which they were saved.
            metrics: the metrics of files; others have none.
        """
        if self.max_to_keep is None or self.max_to_keep <= 0:
            return []
        staying = {*self._milestones(saved), best_of(saved, metrics, self.best)}
        return [file for file in saved[: -self.max_to_keep] if file not in staying]

    def _milestones(self, saved: Iterable[str]) -> Iterable[str]:
        """Return the file of the lowest step behind each multiple of ``keep_every``, from the first multiple on."""
        if self.keep_every is None:
            return ()
        first: dict[float, tuple[int, str]] = {}
        for file in saved:
            step = step_of(file)
            if step is not None and step >= self.keep_every:
                multiple = step // self.keep_every
                first[multiple] = min(first.get(multiple, (step, file)), (step, file))
        return [file for _, file in first.values()]


def best_of(saved: Iterable[str], metrics: Mapping[str, float], best: str | None) -> str | None:
    """Return the file of the best metric, the first one of equals; None when no file has one, or nobody asks."""
    rated = [file for file in saved if file in metrics]
    if not rated or best is None:
        return None
    return (max if best == "max" else min)(rated, key=metrics.__getitem__)


def as_metric(value: Any) -> float | None:
    """Return a metric as a number: None for NaN and infinities, which are never the best.

    Raises:
        TypeError: it is no number.
    """
    try:
        number = float(value)
    except Exception as error:  # scalars of foreign packages come here, too
        raise TypeError(f"metric is a number, such as the mean return; got a {type(value).__name__}.") from error
    return number if math.isfinite(number) else None


class Metrics:
    """The metrics of checkpoints, kept in a small file beside them.

    Args:
        folder: the folder of the checkpoints.

    Attributes:
        best: whether the highest (``"max"``) or the lowest (``"min"``) is the best; None when nobody has said.
        values: a number for each file that has one.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._path = Path(folder) / METRICS_FILE
        self.best: str | None = None
        self.values: dict[str, float] = {}
        try:
            content = parse_json(files.read_regular(self._path, LARGEST_DOCUMENT))
        except (OSError, ValueError):  # there is none, or it was damaged by a foreign hand: nothing is known then
            return
        if isinstance(content, dict):
            self.best = content.get("best") if content.get("best") in BEST else None
            found = content.get("metrics")
            for file, value in found.items() if isinstance(found, dict) else ():
                if isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
                    self.values[file] = float(value)

    def write(self, best: str | None, values: Mapping[str, float]) -> None:
        """Replace the file, where it would say something new.

        Raises:
            OSError: it could not be written; what it said before still stands there.
        """
        if (best, dict(values)) != (self.best, self.values):
            content = {"version": 1, "best": best, "metrics": dict(values)}
            files.write_atomic(self._path, json.dumps(content, indent=2, sort_keys=True) + "\n")
            self.best, self.values = best, dict(values)
