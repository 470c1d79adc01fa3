"""Scores by arm and task, and what is known of where they come from: what figures of scores are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rla.errors import QueryError, did_you_mean
from rla.plot.caption import number_range, sentences
from rla.plot.drawable import Drawable
from rla.plot.scored_runs import RunScores
from rla.version import __version__

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ScorePlot", "ScoreSource", "Scored", "scored"]


ScoreSource: TypeAlias = "RunScores | Mapping[str, ArrayLike | Mapping[str, ArrayLike]]"
"""What `rla.plot.scores` returns; or arm → scores of shape (runs,), or arm → task → scores of shape (runs,)."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores by arm and task.

    Args:
        values: arm → task → the scores of its runs, shape (runs,).
        metric: what the scores are of.
        score: how a run became a number; empty if that is not known.
        normalized: whether they are on one scale; None if that is not known.
        runs: arm → the ids of its runs; draws are seeded with them.
        experiments: arm → the names of its experiments.
        data_root: where these are.
        notes: what a reader should know.
    """

    values: Mapping[str, Mapping[str, NDArray[np.float64]]]
    metric: str = "score"
    score: str = ""
    normalized: bool | None = None
    runs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    experiments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    data_root: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def arms(self) -> list[str]:
        """The legends, in order."""
        return list(self.values)

    @property
    def tasks(self) -> list[str]:
        """The tasks, in order."""
        return list(next(iter(self.values.values())))

    def ids(self, *arms: str) -> list[str]:
        """Return the ids of the runs of arms, empty if they are not known."""
        return [run for arm in arms for run in self.runs.get(arm, ())]

    def check_arm(self, arm: str) -> str:
        """Return an arm.

        Raises:
            QueryError: there is none of this name.
        """
        if arm not in self.values:
            listed = ", ".join(map(repr, self.arms[:8]))
            raise QueryError(f"There is no arm '{arm}'; expected one of {listed}.{did_you_mean(arm, self.arms)}")
        return arm

    def check_scale(self, what: str) -> None:
        """Raise QueryError if tasks are pooled whose scores are not on one scale."""
        if self.normalized is False and len(self.tasks) > 1:
            raise QueryError(
                f"{what} pools {len(self.tasks)} tasks, whose scores are not on one scale. Pass to rla.plot.scores "
                "normalize={task: (score that becomes 0, score that becomes 1)}."
            )

    def numbers_text(self) -> str:
        """Return how many runs there are, as a caption says it."""
        counts = [len(scores) for of_arm in self.values.values() for scores in of_arm.values()]
        runs = number_range(counts)
        where = f" and task, {len(self.tasks)} tasks" if len(self.tasks) > 1 else ""
        return f"n = {runs} {'run' if runs == '1' else 'runs'} per arm{where}."

    def score_text(self) -> str:
        """Return what a score is, as a caption says it."""
        if self.normalized is None:
            return ""  # the user knows
        scale = "normalised " if self.normalized else ""
        return f"Score: {scale}{self.metric}{f', {self.score}' if self.score else ''}."


def scored(source: ScoreSource) -> Scored:
    """Return scores by arm and task.

    Raises:
        QueryError: there are none, they are curves, or the arms have different tasks.
    """
    if isinstance(source, RunScores):
        experiments: dict[str, list[str]] = {arm: [] for arm in source.arms}
        for run in source.runs:
            experiments[run.arm].append(run.experiment)
        ids = {arm: tuple(source.run_ids(arm)) for arm in source.arms}
        about = (source.metric, source.text, source.normalize is not None, ids, experiments, source.data_root)
        return _checked(Scored(source.values, *about, tuple(source.notes)))
    values = {
        str(arm): {str(task): np.asarray(scores, np.float64) for task, scores in _by_task(of_arm).items()}
        for arm, of_arm in source.items()
    }
    return _checked(Scored({arm: {task: _there(each) for task, each in of.items()} for arm, of in values.items()}))


def _by_task(scores: ArrayLike | Mapping[str, ArrayLike]) -> Mapping[str, ArrayLike]:
    return scores if isinstance(scores, Mapping) else {"": scores}


def _there(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores of runs that have one."""
    return scores[~np.isnan(scores)] if scores.ndim == 1 else scores


def _checked(found: Scored) -> Scored:
    if not found.values:
        raise QueryError("There are no scores to plot; expected arm → scores of its runs.")
    for arm, of_arm in found.values.items():
        if list(of_arm) != found.tasks:
            raise QueryError(f"The arm '{arm}' has the tasks {list(of_arm)}, the first arm {found.tasks}.")
        for task, scores in of_arm.items():
            where = f" on {task}" if task else ""
            if np.ndim(scores) != 1:
                raise QueryError(
                    f"The scores of '{arm}'{where} have shape {np.shape(scores)}; expected one number a run."
                )
            if not len(scores):
                raise QueryError(f"'{arm}' has no score{where}: leave the arm or the task out.")
    return found


@dataclass(frozen=True, eq=False, repr=False)
class ScorePlot(Drawable):
    """What figures of scores have in common.

    Args:
        scored: the scores.
    """

    scored: Scored

    def sources(self) -> tuple[Path | None, list[str]]:
        names = {name for names in self.scored.experiments.values() for name in names}
        return self.scored.data_root, sorted(names)

    def _manifest(self, kind: str, **settings: Any) -> dict[str, Any]:
        return {
            "rla": __version__,
            "kind": kind,
            "metrics": [self.scored.metric],
            "settings": {"score": self.scored.score, "tasks": self.scored.tasks, **settings},
            "runs": {arm: list(self.scored.experiments.get(arm, ())) for arm in self.scored.arms},
        }

    def _caption(self, what: Iterable[str]) -> str:
        return sentences([self.scored.numbers_text(), *what, self.scored.score_text()], self.scored.notes)
