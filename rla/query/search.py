"""The answer to a question: experiments, found when they are first looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

from rla.database.expression import parse
from rla.database.index.index import Index
from rla.database.patterns import compile_pattern
from rla.database.trees import check_data_root, check_task_name
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, QueryError
from rla.query.experiment import Experiment
from rla.query.question import Question
from rla.query.rows import read_rows
from rla.query.source import Source, experiments_of

if TYPE_CHECKING:
    import pandas

__all__ = ["Experiments", "experiments"]

_DOCUMENTS_AT_ONCE: Final = 500
_SHOWN: Final = 10
_MOST_COLUMNS: Final = 20


def experiments(
    data_root: str | os.PathLike[str],
    task: str | None = None,
    where: str | None = None,
    *,
    pattern: str | None = None,
    refresh: bool = True,
    fresh: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Experiments:
    """Return the experiments of a data root that satisfy a condition, sorted by record date.

    Nothing is looked at before the answer is: its length, an experiment, a table. Nothing is written into the data
    root; what was found is kept in an index on a disk of this machine (see `docs/query.md`).

    Args:
        data_root: the database folder.
        task: the task table; all when None.
        where: a condition such as ``"lr < 1e-3 and env_id == 'Hopper-v4' and eval/return > 900"``; see
            `docs/expressions.md`.
        pattern: a glob under the task (``2026/11/*``), or ``re:`` and a regular expression.
        refresh: look for what has changed since the last question.
        fresh: read every experiment anew, also those that have long ended.
        progress: is told how many experiments were read, and how many there are to read.

    Raises:
        DataRootError: there is no such data root.
        QueryError: condition or pattern is none; the message points at the place. A key that no experiment has, and a
            task that is not there, are told of when the answer is looked at.
    """
    root = check_data_root(data_root)
    if task is not None:
        task = check_task_name(task)
    question = Question(task, (parse(where),) if where else (), (pattern,) if pattern else ())
    compile_pattern(pattern)
    return Experiments(Source(Index(root, read_rows, progress), refresh, fresh), question)


class Experiments(Sequence[Experiment]):
    """Experiments that satisfy a condition.

    A sequence: its length, experiments by position, slices, iteration. What was found stays found; ask
    `rla.query.experiments` again to see what is new.

    Args:
        source: where they are looked up.
        question: what they satisfy.
        found: ids in the index, where they are known already.
    """

    def __init__(self, source: Source, question: Question, found: Sequence[int] | None = None) -> None:
        self._source = source
        self._question = question
        self._found = found

    @property
    def data_root(self) -> Path:
        """The database folder."""
        return self._source.index.data_root

    @property
    def index_path(self) -> Path | None:
        """The file of the index; None while it is kept in memory."""
        return self._source.index.path

    # ---- narrowing ---------------------------------------------------------------------------------------------------

    def where(self, condition: str) -> Experiments:
        """Return those that also satisfy a condition.

        Raises:
            QueryError: it is none.
        """
        question = replace(self._question, conditions=(*self._question.conditions, parse(condition)))
        return Experiments(self._source, question)

    def matching(self, pattern: str) -> Experiments:
        """Return those whose date and name match a glob, or ``re:`` and a regular expression.

        Raises:
            QueryError: it is none.
        """
        compile_pattern(pattern)
        return Experiments(self._source, replace(self._question, patterns=(*self._question.patterns, pattern)))

    def sorted_by(self, key: str, descending: bool = False) -> Experiments:
        """Return the same experiments in the order of a value; those without it come last.

        Args:
            key: a fact, hyper-parameter or last value, as in conditions: ``eval/return``, ``params.lr``, ``size``.
            descending: the largest first.

        Raises:
            QueryError: the key is no text.
        """
        if not isinstance(key, str):
            raise QueryError(f"sorted_by() needs the name of a value, such as 'eval/return'; got {key!r}.")
        question = replace(self._question, sorting=((key, descending), *self._question.sorting))
        return Experiments(self._source, question)

    # ---- a sequence --------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._ids())

    def __iter__(self) -> Iterator[Experiment]:
        ids = self._ids()
        for start in range(0, len(ids), _DOCUMENTS_AT_ONCE):
            yield from self._load(ids[start : start + _DOCUMENTS_AT_ONCE])

    @overload
    def __getitem__(self, position: int) -> Experiment: ...

    @overload
    def __getitem__(self, position: slice) -> Experiments: ...

    def __getitem__(self, position: int | slice) -> Experiment | Experiments:
        ids = self._ids()
        if isinstance(position, slice):
            chosen = ids[position]
            return Experiments(self._source, replace(self._question, within=chosen), chosen)
        (found,) = self._load([ids[position]]) or (None,)
        if found is None:
            raise ExperimentNotFoundError(f"The experiment at position {position} is not there any more.")
        return found

    def one(self) -> Experiment:
        """Return the only one.

        Raises:
            ExperimentNotFoundError: there is none.
            AmbiguousExperimentError: there are several; the message lists the first.
        """
        if len(self) == 1:
            return self[0]
        asked = " and ".join(self._question.texts()) or "no condition"
        if not len(self):
            raise ExperimentNotFoundError(f"No experiment of '{self.data_root}' satisfies: {asked}.")
        raise AmbiguousExperimentError(asked, [each.name for each in self[-_SHOWN:]], number=len(self))

    def __repr__(self) -> str:
        return (
            f"<{len(self)} experiments of '{self.data_root}'{''.join(f', {each}' for each in self._question.texts())}>"
        )

    def _repr_html_(self) -> str:
        """Return what Jupyter shows: the newest as a table."""
        shown: str = self[-_SHOWN:].to_pandas().to_html(index=False, max_cols=_MOST_COLUMNS)
        return f"<p>{len(self)} experiments, the last of them:</p>{shown}"

    def missing(self, *parameters: str) -> list[dict[str, Any]]:
        """Return what is not there of the grid of some hyper-parameters: ``missing("algo", "env_id", "seed")``.

        Args:
            parameters: names of hyper-parameters (or facts). The grid is made of all values that any of these
                experiments has.

        Returns:
            Each combination of values that none of them has, by name. Experiments without one of the parameters do not
            count.

        Raises:
            QueryError: no experiment has such a hyper-parameter.
        """
        from rla.query.grid import missing_combinations

        return missing_combinations(self, parameters)

    # ---- tables ------------------------------------------------------------------------------------------------------

    def to_pandas(self) -> pandas.DataFrame:
        """Return a table with a line for each experiment.

        Its columns: ``task``, ``record_date``, ``node``, ``status``, ``start`` and ``end`` (local times), ``duration``
        (seconds), ``steps``, ``size`` (bytes), ``tags``; each hyper-parameter by its dotted name; the last value of
        each recorded key. A name that an earlier column has gets ``params.`` or ``last.`` before it.
        """
        from rla.query.tables import table_of

        self.find_sizes()
        return table_of(self)

    def load(self, metrics: str | Sequence[str], parameters: str | Sequence[str] = ()) -> pandas.DataFrame:
        """Return recorded values of all these experiments in one long table, journals of live and killed runs included.

        Args:
            metrics: recorded keys, e.g. ``["eval/return", "train/loss"]``.
            parameters: hyper-parameters to add as columns, e.g. ``["lr", "env_id"]``; a task's name is ``task``.

        Returns:
            A line for each row that has one of the metrics: ``experiment`` (``<task>/<record date>``, categorical),
            ``time-step``, the metrics, the parameters. Experiments without any of the metrics are named in
            ``.attrs["without"]``, what cannot be read in ``.attrs["problems"]``.

        Raises:
            QueryError: no experiment has recorded such a key, or has such a hyper-parameter.
        """
        from rla.query.loading import load_metrics

        return load_metrics(self, metrics, parameters)

    def episodes(self, parameters: str | Sequence[str] = ()) -> pandas.DataFrame:
        """Return all episodes of these experiments in one long table.

        Args:
            parameters: hyper-parameters to add as columns.

        Returns:
            As `rla.read_episodes`, with ``experiment`` before and the parameters behind.

        Raises:
            QueryError: no experiment has such a hyper-parameter.
        """
        from rla.query.loading import load_episodes

        return load_episodes(self, parameters)

    def find_sizes(self) -> None:
        """Find what all of them take on the disk, which the index keeps.

        It is done when sizes are asked for, too, some hundred experiments at a time; all at once takes half as long.
        """
        self._source.index.ask_with_sizes(lambda store: None, ids=self._ids())

    # ---- the index ---------------------------------------------------------------------------------------------------

    def _ids(self) -> Sequence[int]:
        if self._found is None:
            self._found = self._source.answer(self._question)
        return self._found

    def _load(self, ids: Sequence[int]) -> list[Experiment]:
        return experiments_of(self._source.index, ids)
