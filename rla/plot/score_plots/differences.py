"""How much better one arm is than another, on each task: ``differences(scores, "sac", "td3")``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rla.plot.caption import band_text, estimator_text
from rla.plot.score_plots.scored import ScorePlot, ScoreSource, scored
from rla.plot.statistics.comparison import Difference, compare

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rla.plot.figure.text import Labels

__all__ = ["ALL_TASKS", "Differences", "differences"]

ALL_TASKS: Final = "all tasks"


@dataclass(frozen=True, eq=False, repr=False)
class Differences(ScorePlot):
    """The estimate of one arm less that of another.

    Args:
        scored: the scores.
        arm: the first.
        other: the second.
        rows: task → the difference there; ``"all tasks"`` → that over all of them, where scores are known to be on one
            scale.
    """

    arm: str
    other: str
    rows: dict[str, Difference]

    @property
    def caption(self) -> str:
        way = next(iter(self.rows.values())).way
        what = f"Point: {estimator_text(way.estimator)} of {self.arm} less that of {self.other}"
        several = "Bars are not corrected for their number." if len(self.rows) > 1 else ""
        return self._caption([f"{what}; bar: {band_text(way)} of the difference.", several])

    def draw(
        self,
        axes: Axes | None = None,
        *,
        size: tuple[float, float] | None = None,
        caption: bool | str = True,
        labels: Labels = None,
    ) -> Figure:
        """Draw a row for each task, as `Curves.draw` does."""
        from rla.plot.figure.look import Look
        from rla.plot.figure.score_plots import draw_differences

        return draw_differences(self, axes, Look(size, "none", caption, labels))

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table: ``task``, ``difference``, ``low``, ``high``, ``p_value``."""
        import pandas

        rows = [(task, each.value, each.low, each.high, each.p_value) for task, each in self.rows.items()]
        table: pandas.DataFrame = pandas.DataFrame(rows, columns=["task", "difference", "low", "high", "p_value"])
        return table

    def manifest(self) -> dict[str, Any]:
        way = next(iter(self.rows.values())).way
        settings = {"estimator": way.estimator, "band": way.band, "level": way.level, "n_boot": way.n_boot}
        return self._manifest("differences", arms=[self.arm, self.other], **settings)


def differences(
    scores: ScoreSource,
    arm: str,
    other: str,
    estimator: str = "iqm",
    band: str = "ci",
    *,
    level: float = 0.95,
    n_boot: int = 10_000,
) -> Differences:
    """Return how much better an arm is than another, on each task and, on one scale, over all of them.

    Args:
        scores: what `rla.plot.scores` returns, arm → scores of its runs, or arm → task → scores of its runs.
        arm: the first arm.
        other: the arm whose estimate is taken off.
        estimator: as of `compare`.
        band: as of `compare`: ``"ci"``, or ``"t"`` for fewer than ten runs.
        level: the confidence.
        n_boot: how many draws.

    Raises:
        QueryError: there is no such arm, or no such interval of this estimator.
    """
    found = scored(scores)
    x, y = found.values[found.check_arm(arm)], found.values[found.check_arm(other)]
    how = {"estimator": estimator, "band": band, "level": level, "n_boot": n_boot}
    rows = {task: compare(x[task], y[task], **how) for task in found.tasks}  # type: ignore[arg-type]
    if found.normalized and len(rows) > 1:
        rows[ALL_TASKS] = compare(x, y, **how, runs=(found.ids(arm), found.ids(other)))  # type: ignore[arg-type]
    return Differences(found, arm, other, rows)
