"""Estimates of each arm over all tasks, several beside each other: ``interval_estimates(scores)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rla.plot.caption import band_text
from rla.plot.score_plots.scored import ScorePlot, ScoreSource, scored
from rla.plot.statistics.interval import Interval, Way, estimate

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rla.plot.figure.text import Labels

__all__ = ["IntervalEstimates", "interval_estimates"]

_ESTIMATORS: Final = ("median", "iqm", "mean")


@dataclass(frozen=True, eq=False, repr=False)
class IntervalEstimates(ScorePlot):
    """Estimates of arms, with intervals.

    Args:
        scored: the scores.
        intervals: arm → estimator → the estimate with its interval.
        way: band, level and number of draws.
    """

    intervals: dict[str, dict[str, Interval]]
    way: Way

    @property
    def caption(self) -> str:
        return self._caption([f"Line: estimate; bar: {band_text(self.way)}."])

    def draw(
        self,
        axes: Axes | Sequence[Axes] | None = None,
        *,
        size: tuple[float, float] | None = None,
        caption: bool | str = True,
        labels: Labels = None,
        colors: dict[str, str] | None = None,
    ) -> Figure:
        """Draw a row for each arm, a column for each estimator; as `Curves.draw`, with as many axes as estimators."""
        from rla.plot.figure.look import Look
        from rla.plot.figure.score_plots import draw_intervals

        return draw_intervals(self, axes, Look(size, "none", caption, labels, colors))

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table: ``arm``, ``estimator``, ``estimate``, ``low``, ``high``, ``n``."""
        import pandas

        rows = [
            (arm, estimator, float(found.value), float(found.low), float(found.high), int(found.n))
            for arm, of_arm in self.intervals.items()
            for estimator, found in of_arm.items()
        ]
        table: pandas.DataFrame = pandas.DataFrame(rows, columns=["arm", "estimator", "estimate", "low", "high", "n"])
        return table

    def manifest(self) -> dict[str, Any]:
        estimators = list(next(iter(self.intervals.values())))
        way = {"band": self.way.band, "level": self.way.level, "n_boot": self.way.n_boot}
        return self._manifest("interval_estimates", estimators=estimators, **way)


def interval_estimates(
    scores: ScoreSource,
    estimators: Sequence[str] | None = None,
    *,
    band: str = "ci",
    level: float = 0.95,
    n_boot: int = 2000,
) -> IntervalEstimates:
    """Return estimates of each arm over all of its tasks, as rliable's plot of interval estimates shows them.

    Args:
        scores: what `rla.plot.scores` returns, arm → scores of its runs, or arm → task → scores of its runs.
        estimators: as of `estimate`; by default median, IQM and mean, and the optimality gap of scores that are known
            to be normalised.
        band: as of `estimate`.
        level: the confidence.
        n_boot: how many draws; 10,000 for a figure that is kept, 50,000 for a paper.

    Raises:
        QueryError: there is no such estimator or interval, or scores are pooled that are not on one scale.
    """
    found = scored(scores)
    found.check_scale("An estimate over tasks")
    gap = ["optimality_gap"] if found.normalized else []
    asked = [estimators] if isinstance(estimators, str) else list(estimators or [*_ESTIMATORS, *gap])
    intervals = {
        arm: {name: estimate(of_arm, name, band, level=level, n_boot=n_boot, runs=found.ids(arm)) for name in asked}
        for arm, of_arm in found.values.items()
    }
    return IntervalEstimates(found, intervals, Way(asked[0], band, level, n_boot))
