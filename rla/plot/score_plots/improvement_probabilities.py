"""How likely a run of one arm is better than one of another: ``improvement_probabilities(scores)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from rla.errors import QueryError
from rla.plot.caption import band_text
from rla.plot.score_plots.scored import Scored, ScorePlot, ScoreSource, scored
from rla.plot.statistics.comparison import probability_of_improvement
from rla.plot.statistics.interval import Interval

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rla.plot.figure.text import Labels

__all__ = ["ImprovementProbabilities", "improvement_probabilities"]


@dataclass(frozen=True, eq=False, repr=False)
class ImprovementProbabilities(ScorePlot):
    """Probabilities of improvement of pairs of arms.

    Args:
        scored: the scores.
        pairs: (arm, other arm) → how likely a run of the first is better than one of the other, with its interval.
    """

    pairs: dict[tuple[str, str], Interval]

    @property
    def caption(self) -> str:
        way = next(iter(self.pairs.values())).way
        return self._caption(
            [
                "P(A > B): how likely a run of A is better than one of B on the same task; equal scores count half.",
                f"Bar: {band_text(way)}.",
            ]
        )

    def draw(
        self,
        axes: Axes | None = None,
        *,
        size: tuple[float, float] | None = None,
        caption: bool | str = True,
        labels: Labels = None,
    ) -> Figure:
        """Draw a row for each pair, as `Curves.draw` does."""
        from rla.plot.figure.look import Look
        from rla.plot.figure.score_plots import draw_improvements

        return draw_improvements(self, axes, Look(size, "none", caption, labels))

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table: ``arm``, ``other``, ``probability``, ``low``, ``high``."""
        import pandas

        rows = [
            (arm, other, float(found.value), float(found.low), float(found.high))
            for (arm, other), found in self.pairs.items()
        ]
        table: pandas.DataFrame = pandas.DataFrame(rows, columns=["arm", "other", "probability", "low", "high"])
        return table

    def manifest(self) -> dict[str, Any]:
        way = next(iter(self.pairs.values())).way
        pairs = [list(pair) for pair in self.pairs]
        return self._manifest("improvement_probabilities", pairs=pairs, level=way.level, n_boot=way.n_boot)


def improvement_probabilities(
    scores: ScoreSource,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    level: float = 0.95,
    n_boot: int = 2000,
) -> ImprovementProbabilities:
    """Return how likely a run of one arm has a better score than one of another on the same task.

    Args:
        scores: what `rla.plot.scores` returns, arm → scores of its runs, or arm → task → scores of its runs.
        pairs: (arm, other arm); by default all pairs, each in the direction in which it is .5 or more.
        level: the confidence.
        n_boot: how many draws; 10,000 for a figure that is kept, 50,000 for a paper.

    Raises:
        QueryError: there is no such arm, or one arm only.
    """
    found = scored(scores)
    if len(found.arms) < 2:
        raise QueryError(f"There is one arm, '{found.arms[0]}'; expected two or more to compare.")
    asked = list(combinations(found.arms, 2)) if pairs is None else list(pairs)
    results: dict[tuple[str, str], Interval] = {}
    for pair in asked:
        result = _of_pair(pair, found, level, n_boot)
        if pairs is None and result.value < 0.5:
            pair = pair[::-1]
            result = _of_pair(pair, found, level, n_boot)
        results[pair] = result
    return ImprovementProbabilities(found, results)


def _of_pair(pair: tuple[str, str], found: Scored, level: float, n_boot: int) -> Interval:
    x, y = (found.values[found.check_arm(arm)] for arm in pair)
    runs = (found.ids(pair[0]), found.ids(pair[1]))
    return probability_of_improvement(x, y, level=level, n_boot=n_boot, runs=runs)
