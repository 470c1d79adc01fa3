"""Smoothing of one run's curve, before runs are aggregated; tables and verdicts never see smoothed values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.statistics.series import Curve

__all__ = ["Smoothing", "smoothed", "tensorboard_ema", "time_weighted_ema", "trailing_mean"]

VIEWPORT_SCALE: Final = 1000.0
"""The time-weighted average of W&B forgets as if the range of x were 1,000 points wide."""


@dataclass(frozen=True)
class Smoothing:
    """How each run is smoothed.

    Args:
        kind: ``"trailing"`` (mean of the last points; looks back only), ``"time-weighted"`` (the exponential average of
            W&B, by distance in x) or ``"tensorboard"`` (that of TensorBoard, by number of points).
        amount: the window of ``"trailing"``; the weight of the others, from 0 (nothing) to below 1.
        unit: of the window: ``"points"``, or ``"x"`` for a distance in x, which is the same for runs of any density.
    """

    kind: str
    amount: float
    unit: str = "points"

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            hint = did_you_mean(self.kind, _KINDS)
            raise QueryError(f"'{self.kind}' is no smoothing; expected one of {', '.join(_KINDS)}.{hint}")
        if self.unit not in ("points", "x"):
            raise QueryError(f"'{self.unit}' is no unit of a window; expected points or x.")
        if self.kind == "trailing" and not self.amount > 0:
            raise QueryError(f"A window of {self.amount} holds nothing; expected a number above 0.")
        if self.kind != "trailing" and not 0 <= self.amount < 1:
            raise QueryError(f"The weight of an exponential average is {self.amount}; expected 0 to below 1.")


def smoothed(curves: Sequence[Curve], smoothing: Smoothing | None) -> list[Curve]:
    """Return curves of runs that are drawn together, all smoothed alike."""
    if smoothing is None:
        return list(curves)
    return _KINDS[smoothing.kind](curves, smoothing)


def trailing_mean(curve: Curve, window: float, unit: str = "points") -> Curve:
    """Return the mean of the last points at each point: those in (x - window, x], or so many of them.

    At the beginning the window holds what there is. It looks back only: what it shows at x was known at x.
    Stable-Baselines3 shows returns so (`ep_rew_mean`, 100 episodes).
    """
    if not len(curve):
        return curve
    ends = np.arange(1, len(curve) + 1)
    if unit == "x":
        begins = np.minimum(np.searchsorted(curve.x, curve.x - window, side="right"), ends - 1)
    else:
        begins = np.maximum(ends - max(1, round(window)), 0)
    # Each window is added up by itself: a running sum would carry the rounding of one huge value through all the rest.
    bounds = np.stack([begins, ends], axis=1).ravel()
    base = curve.y[0]  # a constant stays exactly what it is
    sums = np.add.reduceat(np.append(curve.y - base, 0.0), bounds)[::2]
    return replace(curve, y=base + sums / (ends - begins))


def tensorboard_ema(curve: Curve, weight: float) -> Curve:
    """Return the exponential average that TensorBoard shows (its `classicSmoothing`); its slider stands at 0.6.

    ``last = weight * last + (1 - weight) * y``, divided by ``1 - weight ** t`` at the t-th point. It counts points and
    does not see how far apart they are. A constant stays as it is.
    """
    if not weight or len(curve) < 2 or np.all(curve.y == curve.y[0]):
        return curve
    smooth, last, rest = [], 0.0, 1.0
    for value in curve.y.tolist():
        last = weight * last + (1 - weight) * value
        rest *= weight
        smooth.append(last / (1 - rest))
    return replace(curve, y=np.array(smooth))


def time_weighted_ema(curve: Curve, weight: float, extent: float | None = None) -> Curve:
    """Return the exponential average that W&B shows (its time-weighted EMA): it forgets by distance in x.

    With ``w = min(sqrt(weight), 0.999)``: ``a = w ** ((x - x_before) / extent * 1000)``, ``last = a * last + y``,
    ``total = a * total + 1``, and ``last / total`` is shown. Runs logged at different density look alike.

    Args:
        curve: the curve of a run.
        weight: from 0 (nothing) to below 1.
        extent: the range of x that the figure shows; that of the curve by default.
    """
    if not weight or len(curve) < 2:
        return curve
    extent = float(curve.x[-1] - curve.x[0]) if extent is None else extent
    kept = min(weight**0.5, 0.999) ** (np.diff(curve.x) / extent * VIEWPORT_SCALE)
    base = float(curve.y[0])
    smooth, last, total = [base], 0.0, 1.0
    for factor, value in zip(kept.tolist(), (curve.y[1:] - base).tolist(), strict=True):
        last = factor * last + value
        total = factor * total + 1
        smooth.append(base + last / total)
    return replace(curve, y=np.array(smooth))


def _time_weighted(curves: Sequence[Curve], smoothing: Smoothing) -> list[Curve]:
    filled = [curve for curve in curves if len(curve)]
    extent = max((curve.x[-1] for curve in filled), default=1.0) - min((curve.x[0] for curve in filled), default=0.0)
    return [time_weighted_ema(curve, smoothing.amount, float(extent) or 1.0) for curve in curves]


_KINDS: Final[dict[str, Callable[[Sequence[Curve], Smoothing], list[Curve]]]] = {
    "trailing": lambda curves, how: [trailing_mean(curve, how.amount, how.unit) for curve in curves],
    "time-weighted": _time_weighted,
    "tensorboard": lambda curves, how: [tensorboard_ema(curve, how.amount) for curve in curves],
}
