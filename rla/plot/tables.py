"""Tables of scores: an estimate with its interval for each arm and task, and which arms are among the best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rla.errors import QueryError
from rla.names import TIME_STEP
from rla.plot import table_text
from rla.plot.arms import ArmChoice, Source
from rla.plot.comparing import ENOUGH, LEAST, chosen_way, difference_of, way_text
from rla.plot.scored_runs import RunScores, scores
from rla.plot.statistics.comparison import holm
from rla.plot.statistics.interval import Way, estimate
from rla.plot.statistics.normalize import Table

if TYPE_CHECKING:
    import numpy as np
    import pandas
    from numpy.typing import NDArray

    OfTasks = Mapping[str, NDArray[np.float64]]

__all__ = ["ALL_TASKS", "Cell", "Row", "ScoreTable", "score_table"]

ALL_TASKS: Final = "all tasks"
"""The name of the row of all tasks together."""

_LEAST_FOR_BOOTSTRAP: Final = 5
_NO_SCALE: Final = "There is no line of all tasks, whose scores have different scales: normalize= makes one."


@dataclass(frozen=True)
class Cell:
    """The scores of an arm on a task.

    Args:
        value: the estimate; NaN where there is no run.
        low: the lower bound of the interval; NaN where there is none.
        high: the upper bound.
        n: how many runs have a score.
        is_among_best: whether it cannot be told from the best of its row.
    """

    value: float
    low: float
    high: float
    n: int
    is_among_best: bool = False


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Args:
        metric: the recorded key.
        task: the task; empty where there are none, `ALL_TASKS` for the pooled row.
        cells: one for each arm.
    """

    metric: str
    task: str
    cells: tuple[Cell, ...]

    @property
    def is_pooled(self) -> bool:
        """Whether it is of all tasks together."""
        return self.task == ALL_TASKS


@dataclass(frozen=True, eq=False, repr=False)
class ScoreTable:
    """Scores by task and arm; ``print(table)`` shows it, `to_markdown` and `to_latex` are for papers.

    Args:
        arms: the legends, the columns.
        rows: the lines.
        way: how the estimates and intervals were made.
        scores: the scores of the runs, one of each metric.
        caption: what the numbers are.
        notes: what a reader should know, a sentence each.
        hints: what who makes the table should know, and is not for a paper.
    """

    arms: tuple[str, ...]
    rows: tuple[Row, ...]
    way: Way
    scores: tuple[RunScores, ...]
    caption: str
    notes: tuple[str, ...]
    hints: tuple[str, ...] = ()

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table with a line for each cell.

        Its columns: ``metric``, ``task``, ``arm``, ``estimate``, ``low``, ``high``, ``n``, ``among_best``.
        """
        import pandas

        table: pandas.DataFrame = pandas.DataFrame(
            [
                (row.metric, row.task, arm, cell.value, cell.low, cell.high, cell.n, cell.is_among_best)
                for row in self.rows
                for arm, cell in zip(self.arms, row.cells, strict=True)
            ],
            columns=["metric", "task", "arm", "estimate", "low", "high", "n", "among_best"],
        )
        return table

    def to_markdown(self) -> str:
        """Return the table as Markdown, with what it shows beneath."""
        return table_text.markdown(self)

    def to_latex(self, caption: str = "", label: str = "") -> str:
        r"""Return the table as LaTeX, for ``\usepackage{booktabs}``.

        Args:
            caption: what the caption begins with, as LaTeX; what the numbers are follows it.
            label: for ``\ref``.
        """
        return table_text.latex(self, caption, label)

    def __repr__(self) -> str:
        return table_text.plain(self)

    def _repr_html_(self) -> str:
        return table_text.html(self)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def score_table(
    source: Source,
    metrics: str | Sequence[str],
    arms: ArmChoice = None,
    *,
    by: str | None = "env_id",
    seed_key: str = "seed",
    x: str = TIME_STEP,
    score: str = "final",
    last: int | None = None,
    until: float | None = None,
    lower_is_better: bool | Sequence[str] = False,
    normalize: Table | None = None,
    estimator: str = "auto",
    band: str = "auto",
    level: float = 0.95,
    n_boot: int = 10_000,
) -> ScoreTable:
    """Return a table of scores: a line for each task, a column for each arm, all of values that are not smoothed.

    Bold is what cannot be told from the best of its row: the interval of the difference to it holds 0, with p-values
    corrected over the arms of the row (Holm). Arms with fewer than 3 runs take no part. A cell without runs is a dash.

    Args:
        source: experiments (`rla.query.experiments`), or the data root whose experiments are meant.
        metrics: recorded keys; each has lines of its own.
        arms: what makes a column; as of `curves`.
        by: the hyper-parameter that makes lines, such as the environment; None for one line.
        seed_key: the hyper-parameter that tells the runs of an arm from each other.
        x: as of `scores`.
        score: how a run becomes a number: ``"final"``, ``"auc"``, ``"last"`` or ``"best"``; see `scores`.
        last: so many points for ``"final"`` instead of a tenth; see `scores`.
        until: score the runs up to this x; see `scores`.
        lower_is_better: whether low scores are good, as of losses; or the metrics of which they are.
        normalize: task → (score that becomes 0, score that becomes 1), of one metric. With several tasks there is a
            line of all of them then; scores on different scales are not pooled.
        estimator: ``"auto"``, or as of `estimate`: the interquartile mean where each cell has 10 runs or more, else the
            mean.
        band: ``"auto"``, or as of `estimate`: bootstrap where each cell has 10 runs or more, else Student's.
        level: the confidence.
        n_boot: draws of the bootstrap.

    Raises:
        DataRootError: there is no such data root.
        QueryError: no experiment has a metric or a key, an arm is empty, several metrics have one scale, or an argument
            is none of those above.
    """
    names = [metrics] if isinstance(metrics, str) else list(dict.fromkeys(metrics))
    low_is_good = _low_is_good(names, lower_is_better)
    if normalize is not None and len(names) > 1:
        raise QueryError(f"normalize has the scale of one metric; here are {len(names)}: make a table of each.")
    found = tuple(
        scores(
            *(source, name, arms),
            by=by,
            seed_key=seed_key,
            x=x,
            score=score,
            last=last,
            until=until,
            lower_is_better=name in low_is_good,
            normalize=normalize,
        )
        for name in names
    )
    numbers = {len(of_task) for each in found for of_arm in each.values.values() for of_task in of_arm.values()} - {0}
    together = len(found[0].tasks) if normalize is not None else 1
    way = chosen_way(estimator, band, level, n_boot, min(numbers, default=0), together)
    rows = tuple(row for each in found for row in _rows(each, way))
    notes = dict.fromkeys([*_notes(rows, way), *(note for each in found for note in each.notes)])
    hints = [] if len(found[0].tasks) == 1 or normalize is not None else [_NO_SCALE]
    caption = _caption(found, rows, way, low_is_good)
    return ScoreTable(found[0].arms, rows, way, found, caption, tuple(notes), tuple(hints))


def _low_is_good(names: Sequence[str], lower_is_better: bool | Sequence[str]) -> list[str]:
    if isinstance(lower_is_better, bool):
        return list(names) if lower_is_better else []
    low = [lower_is_better] if isinstance(lower_is_better, str) else list(lower_is_better)
    if unknown := [name for name in low if name not in names]:
        raise QueryError(f"lower_is_better names '{unknown[0]}'; the metrics of the table are {', '.join(names)}.")
    return low


def _rows(found: RunScores, way: Way) -> Iterator[Row]:
    for task in found.tasks:
        yield _row(found, task, [task], way)
    if len(found.tasks) > 1 and found.normalize is not None:
        yield _row(found, ALL_TASKS, found.tasks, way)


def _row(found: RunScores, name: str, tasks: Sequence[str], way: Way) -> Row:
    of_arms = {arm: {task: found.values[arm][task] for task in tasks} for arm in found.arms}
    cells = [_cell(of_arms[arm], found.run_ids(arm, tasks), way) for arm in found.arms]
    best = _among_best(found, of_arms, cells, way)
    return Row(found.metric, name, tuple(Cell(*_numbers(cell), place in best) for place, cell in enumerate(cells)))


def _numbers(cell: Cell) -> tuple[float, float, float, int]:
    return cell.value, cell.low, cell.high, cell.n


def _cell(of_tasks: OfTasks, runs: list[str], way: Way) -> Cell:
    least, n = min(map(len, of_tasks.values())), len(runs)
    if not least:
        return Cell(math.nan, math.nan, math.nan, n)
    enough = least > 1 and (n >= _LEAST_FOR_BOOTSTRAP or way.band in ("t", "sem", "std", "minmax", "none"))
    own = way if enough else Way(way.estimator, "none", way.level, way.n_boot)
    found = estimate(of_tasks, own.estimator, own.band, level=own.level, n_boot=own.n_boot, runs=runs)
    return Cell(float(found.value), float(found.low), float(found.high), n)


def _among_best(found: RunScores, of_arms: Mapping[str, OfTasks], cells: Sequence[Cell], way: Way) -> set[int]:
    """Return the places of the arms that cannot be told from the best; none where there is nothing to compare."""
    arms = list(of_arms)
    able = [place for place, arm in enumerate(arms) if min(map(len, of_arms[arm].values())) >= LEAST]
    if len(able) < 2:
        return set()
    sign = -1 if found.scoring.lower_is_better else 1
    best = max(able, key=lambda place: sign * cells[place].value)
    others = [place for place in able if place != best]
    tasks = list(of_arms[arms[best]])
    p_values = []
    for place in others:
        pair = arms[best], arms[place]
        ids = found.run_ids(pair[0], tasks), found.run_ids(pair[1], tasks)
        difference = difference_of(of_arms[pair[0]], of_arms[pair[1]], way, ids)
        p_values.append(1.0 if difference is None else difference.p_value)
    alike = holm(p_values) > 1 - way.level
    return {best, *(place for place, is_alike in zip(others, alike, strict=True) if is_alike)}


def _caption(found: Sequence[RunScores], rows: Sequence[Row], way: Way, low_is_good: Sequence[str]) -> str:
    """Return what the numbers are, in sentences."""
    names = {"iqm": "Interquartile mean", "fractional_iqm": "Interquartile mean", "optimality_gap": "Optimality gap"}
    parts = [f"{names.get(way.estimator, way.estimator.capitalize())} over runs, {way_text(way)}."]
    numbers = {cell.n for row in rows if not row.is_pooled for cell in row.cells if cell.n}
    if len(numbers) == 1:
        of_each = " on each task" if any(row.task for row in rows) else ""
        parts.append(f"n = {min(numbers)} runs of each arm{of_each}.")
    parts.append(f"Score: {'; '.join(dict.fromkeys(each.text for each in found))}{_scale(found)}.")
    if low_is_good:
        every = len(low_is_good) == len(found)
        parts.append("Lower is better." if every else f"Lower is better: {', '.join(low_is_good)}.")
    return " ".join(parts)


def _scale(found: Sequence[RunScores]) -> str:
    return ", normalised" if found[0].normalize is not None else ""


def _notes(rows: Sequence[Row], way: Way) -> Iterable[str]:
    """Yield what a reader should know of the cells; what to know of the runs is in the notes of the scores."""
    numbers = [cell.n for row in rows if not row.is_pooled for cell in row.cells if cell.n]
    if way.band not in ("t", "none", "std", "sem", "minmax", "tolerance") and min(numbers, default=0) < ENOUGH:
        yield "The intervals of cells with fewer than 10 runs are optimistic; with fewer than 5 there is none."
    if numbers and min(numbers) < LEAST:
        yield f"Cells with fewer than {LEAST} runs are not compared, and not bold."
