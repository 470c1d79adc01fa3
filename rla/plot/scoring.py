"""How a run becomes one number, and which stretch of x counts for it: the same for all runs that are compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.run_scores import area_under_curve, best_so_far, final_score
from rla.plot.statistics.series import Curve

__all__ = ["BROKEN_OFF", "SCORES", "Scoring", "Stretch", "common_stretch", "up_to"]

SCORES: Final = ("final", "auc", "best", "last")

BROKEN_OFF: Final = 0.5
"""A run that came less far than this share of its arm's longest does not say where the comparison ends."""

FAR_ENOUGH: Final = 0.95
"""A run that reaches this share of the common stretch counts; the stretch then ends where it does."""


@dataclass(frozen=True)
class Scoring:
    """How a run becomes one number; `rla.plot.scores` describes each."""

    score: str = "final"
    last: int | None = None
    until: float | None = None
    lower_is_better: bool = False

    def __post_init__(self) -> None:
        if self.score not in SCORES:
            hint = did_you_mean(str(self.score), SCORES)
            raise QueryError(f"score='{self.score}' is none of {', '.join(SCORES)}.{hint}")
        if self.last is not None and (self.score != "final" or self.last < 1):
            raise QueryError(f"last={self.last} goes with score='final', and is 1 or more; got score='{self.score}'.")
        if self.until is not None and not math.isfinite(self.until):
            raise QueryError(f"until={self.until} is no place on x; expected a number such as 1e6.")

    @property
    def text(self) -> str:
        """What stands under a table: ``mean of the last 10 % of the points``."""
        if self.score == "final":
            return f"mean of the last {'10 % of the' if self.last is None else self.last} points of each run"
        best = "lowest" if self.lower_is_better else "highest"
        return {
            "auc": "mean height of each run's curve",
            "best": f"{best} point of each run (optimistic)",
            "last": "last point of each run",
        }[self.score]

    def of(self, curve: Curve, low: float, high: float) -> float:
        """Return the score of a run between two x; NaN where the run does not reach from one to the other."""
        cut = up_to(curve, high)
        if not len(cut) or not curve.x[-1] >= high:
            return math.nan
        if self.score == "auc":
            return area_under_curve(curve, low, high)
        if self.score == "best":
            return float(best_so_far(cut, lowest=self.lower_is_better).y[-1])
        return float(cut.y[-1]) if self.score == "last" else final_score(cut, last=self.last)


@dataclass(frozen=True)
class Stretch:
    """The stretch of x of which scores are taken.

    Args:
        low: where the last run begins that counts; only an area begins there.
        high: where the first run ends that counts. NaN where no run has values.
        longest: where the longest run ends.
    """

    low: float
    high: float
    longest: float


def up_to(curve: Curve, high: float) -> Curve:
    """Return a curve without what lies beyond an x."""
    there = curve.x <= high
    return replace(curve, x=curve.x[there], y=curve.y[there])


def common_stretch(
    arms: Iterable[Sequence[Curve]], until: float | None = None, broken_off: float = BROKEN_OFF
) -> Stretch:
    """Return the stretch of x that the runs of several arms have in common, on one task.

    It ends where the first finished run ends. Runs that are not finished, or that came less than half as far as the
    longest of their arm, do not say so (unless an arm has no others): one that died early would cut all others. Those
    that do not come as far as the stretch have no score.

    Args:
        arms: the curves of each arm.
        until: ends it there instead.
        broken_off: the share of the longest run of its arm, below which a run does not say where the stretch ends.
    """
    of_arms = [[curve for curve in curves if len(curve)] for curves in arms]
    curves = [curve for of_arm in of_arms for curve in of_arm]
    if not curves:
        return Stretch(math.nan, math.nan, math.nan)
    begin = min(float(curve.x[0]) for curve in curves)
    high = min(_end(of_arm, begin, broken_off) for of_arm in of_arms if of_arm) if until is None else until
    enough = begin + FAR_ENOUGH * (high - begin)
    counting = [curve for curve in curves if curve.x[-1] >= enough]
    high = min([high, *(float(curve.x[-1]) for curve in counting)])
    low = max((float(curve.x[0]) for curve in counting if curve.x[0] <= high), default=math.nan)
    return Stretch(low, high, max(float(curve.x[-1]) for curve in curves))


def _end(curves: Sequence[Curve], begin: float, broken_off: float) -> float:
    longest = max(float(curve.x[-1]) for curve in curves)
    far = [curve for curve in curves if curve.x[-1] - begin >= broken_off * (longest - begin)]
    return min(float(curve.x[-1]) for curve in [each for each in far if each.finished] or far)
