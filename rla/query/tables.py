"""Experiments as a table of pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rla.query.experiment import Experiment

if TYPE_CHECKING:
    import pandas

__all__ = ["moment", "table_of"]

_FACTS: Final[dict[str, Callable[[Experiment], Any]]] = {
    "task": lambda experiment: experiment.task,
    "record_date": lambda experiment: experiment.record_date,
    "node": lambda experiment: experiment.node,
    "status": lambda experiment: experiment.status,
    "start": lambda experiment: moment(experiment.facts.get("start")),
    "end": lambda experiment: moment(experiment.facts.get("end")),
    "duration": lambda experiment: experiment.facts.get("duration"),
    "steps": lambda experiment: experiment.step,
    "size": lambda experiment: experiment.facts.get("size"),
    "tags": lambda experiment: experiment.tags,
}


def moment(seconds: Any) -> datetime | None:
    """Return the local time of a moment in seconds since 1970; None where it is none that there ever was."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def table_of(experiments: Iterable[Experiment]) -> pandas.DataFrame:
    """Return a table with a line for each experiment; `Experiments.to_pandas` tells its columns."""
    import pandas

    facts: dict[str, list[Any]] = {name: [] for name in _FACTS}
    parameters: list[Mapping[str, Any]] = []
    last: list[Mapping[str, Any]] = []
    for experiment in experiments:
        for name, read in _FACTS.items():
            facts[name].append(read(experiment))
        parameters.append(experiment.flat_parameters)
        last.append(experiment.last)
    columns: dict[str, list[Any]] = dict(facts)
    for prefix, rows in (("params.", parameters), ("last.", last)):
        for key in dict.fromkeys(key for row in rows for key in row):
            columns[f"{prefix}{key}" if key in columns else key] = [row.get(key) for row in rows]
    table: pandas.DataFrame = pandas.DataFrame({name: pandas.Series(values) for name, values in columns.items()})
    for name in ("start", "end"):
        table[name] = pandas.to_datetime(table[name])
    return table
