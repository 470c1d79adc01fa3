"""How many runs of each arm score above each threshold: ``performance_profiles(scores)``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from rla.plot.caption import band_text
from rla.plot.score_plots.scored import ScorePlot, ScoreSource, scored
from rla.plot.statistics.profile import Profile, performance_profile

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from rla.plot.figure.text import Labels

__all__ = ["PerformanceProfiles", "performance_profiles"]

_THRESHOLDS: Final = 101


@dataclass(frozen=True, eq=False, repr=False)
class PerformanceProfiles(ScorePlot):
    """Performance profiles of arms over the same thresholds.

    Args:
        scored: the scores.
        profiles: arm → its profile.
    """

    profiles: dict[str, Profile]

    @property
    def caption(self) -> str:
        way = next(iter(self.profiles.values())).share.way
        return self._caption([f"Line: share of runs with a score above τ; band: {band_text(way)} at each τ."])

    def draw(
        self,
        axes: Axes | None = None,
        *,
        size: tuple[float, float] | None = None,
        legend: str = "below",
        caption: bool | str = True,
        labels: Labels = None,
        colors: Mapping[str, str] | None = None,
        xlim: tuple[float | None, float | None] | None = None,
    ) -> Figure:
        """Draw a line for each arm, as `Curves.draw` does."""
        from rla.plot.figure.look import Look
        from rla.plot.figure.score_plots import draw_profiles

        return draw_profiles(self, axes, Look(size, legend, caption, labels, colors, xlim=xlim))

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table: ``arm``, ``threshold``, ``share``, ``low``, ``high``, ``n``."""
        import pandas

        parts = [
            pandas.DataFrame(
                {
                    "arm": arm,
                    "threshold": profile.thresholds,
                    "share": profile.share.value,
                    "low": profile.share.low,
                    "high": profile.share.high,
                    "n": profile.share.n,
                }
            )
            for arm, profile in self.profiles.items()
        ]
        table: pandas.DataFrame = pandas.concat(parts, ignore_index=True)
        return table

    def manifest(self) -> dict[str, Any]:
        way = next(iter(self.profiles.values())).share.way
        return self._manifest("performance_profiles", level=way.level, n_boot=way.n_boot)


def performance_profiles(
    scores: ScoreSource, thresholds: ArrayLike | None = None, *, level: float = 0.95, n_boot: int = 2000
) -> PerformanceProfiles:
    """Return for each arm the share of its runs, mean over tasks, with a score above each threshold.

    Args:
        scores: what `rla.plot.scores` returns, arm → scores of its runs, or arm → task → scores of its runs.
        thresholds: by default 101 points from the least score of all arms to the greatest.
        level: the confidence.
        n_boot: how many draws; 10,000 for a figure that is kept, 50,000 for a paper.

    Raises:
        QueryError: scores are pooled that are not on one scale.
    """
    found = scored(scores)
    found.check_scale("A performance profile")
    every = np.concatenate([of_task for of_arm in found.values.values() for of_task in of_arm.values()])
    at = np.linspace(every.min(), every.max(), _THRESHOLDS) if thresholds is None else thresholds
    return PerformanceProfiles(
        found,
        {
            arm: performance_profile(of_arm, at, level=level, n_boot=n_boot, runs=found.ids(arm))
            for arm, of_arm in found.values.items()
        },
    )
