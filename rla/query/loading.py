"""Recorded values of many experiments in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rla.errors import QueryError, did_you_mean
from rla.names import LOG, TIME_STEP
from rla.output.columns import Columns, read_columns
from rla.output.episodes.reading import read_episodes
from rla.query.column_cache import ColumnCache
from rla.query.experiment import Experiment
from rla.query.search import Experiments

if TYPE_CHECKING:
    import pandas

__all__ = ["check_metrics", "load_columns", "load_episodes", "load_metrics", "parameter_names"]

_SHOWN: Final = 20


def load_metrics(
    experiments: Experiments, metrics: str | Sequence[str], parameters: str | Sequence[str]
) -> pandas.DataFrame:
    """Return the rows of many experiments that have one of the metrics; see `Experiments.load`."""
    keys = _names(metrics, "load() needs the names of recorded keys, e.g. ['eval/return']")
    if not keys:
        raise QueryError("load() needs the names of recorded keys, e.g. ['eval/return']; got none.")
    found = list(experiments)
    names = parameter_names(found, parameters)
    columns = [TIME_STEP, *(key for key in keys if key != TIME_STEP)]
    parts = load_columns(found, columns, experiments.index_path)
    check_metrics(found, parts, keys)
    table = _long_table(found, [part.values for part in parts], columns, names)
    labels = _labels(found)
    table.attrs["without"] = [label for label, part in zip(labels, parts, strict=True) if not _length(part.values)]
    table.attrs["problems"] = {
        label: part.problem for label, part in zip(labels, parts, strict=True) if part.problem is not None
    }
    return table


def load_episodes(experiments: Experiments, parameters: str | Sequence[str]) -> pandas.DataFrame:
    """Return the episodes of many experiments; see `Experiments.episodes`."""
    found = list(experiments)
    names = parameter_names(found, parameters)
    parts: list[dict[str, Any]] = []
    for experiment in found:
        try:
            episodes = read_episodes(experiment.log_dir)
        except FileNotFoundError:  # it has no log folder, or vanished
            parts.append({})
            continue
        parts.append({str(name): episodes[name].to_numpy() for name in episodes})
    columns = list(dict.fromkeys(name for part in parts for name in part))
    return _long_table(found, parts, columns, names)


def load_columns(
    found: Sequence[Experiment],
    keys: Sequence[str],
    index: Path | None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[Columns]:
    """Return columns of each of some experiments, from the cache beside the index where their rows are as they were.

    Args:
        found: the experiments.
        keys: what is wanted of each.
        index: the file of the index; None keeps nothing.
        progress: is told how many experiments were read, and how many there are to read.
    """
    parts = []
    with ColumnCache(index) as cache:
        for experiment in found:
            parts.append(_columns_of(experiment, keys, cache))
            progress(len(parts), len(found))
    return parts


def _columns_of(experiment: Experiment, keys: Sequence[str], cache: ColumnCache) -> Columns:
    """Read columns of a run, from the cache where its rows are as they were."""
    log_dir = experiment.place.path_text(LOG)
    stamp = cache.stamp_of(log_dir)
    found = cache.read(experiment.name, keys, stamp)
    if found is None:
        found = read_columns(log_dir, keys)
        cache.keep(experiment.name, keys, stamp, found)
    return found


def check_metrics(found: Sequence[Experiment], parts: Sequence[Columns], keys: Sequence[str]) -> None:
    """Refuse a key that none of the experiments has recorded.

    Raises:
        QueryError: there is one.
    """
    if not found:
        return
    for key in keys:
        if not any(key in part.values for part in parts):
            known = sorted({name for experiment in found for name in experiment.last})
            shown = ", ".join(known[:_SHOWN]) + ", …" * (len(known) > _SHOWN) if known else "none"
            raise QueryError(
                f"None of these {len(found)} experiments has recorded '{key}'.{did_you_mean(key, known)} "
                f"Keys there are: {shown}."
            )


def parameter_names(found: Sequence[Experiment], parameters: str | Sequence[str]) -> list[str]:
    """Return the names of hyper-parameters or facts, each once.

    Raises:
        QueryError: none of the experiments has one of them.
    """
    names = _names(parameters, "parameters are the names of hyper-parameters, e.g. ['lr']")
    for name in names if found else ():
        if not any(name in experiment.flat_parameters or name in experiment.facts for experiment in found):
            known = sorted({key for experiment in found for key in experiment.flat_parameters})
            raise QueryError(
                f"None of these {len(found)} experiments has a hyper-parameter '{name}'.{did_you_mean(name, known)} "
                f"Those there are: {', '.join(known) or 'none'}."
            )
    return names


def _labels(found: Iterable[Experiment]) -> list[str]:
    """Return what experiments are called in a table: ``<task>/<record date>``, or their names where two share one."""
    found = list(found)
    short = [f"{experiment.task}/{experiment.record_date}" for experiment in found]
    several = Counter(short)
    return [label if several[label] == 1 else experiment.name for label, experiment in zip(short, found, strict=True)]


def _names(asked: object, needed: str) -> list[str]:
    """Return names as a list, each once.

    Raises:
        QueryError: they are none.
    """
    names: list[object] = [asked]
    if isinstance(asked, Iterable) and not isinstance(asked, str):
        names = list(dict.fromkeys(asked))
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) < len(names):
        raise QueryError(f"{needed}; got {asked!r}.")
    return texts


def _length(part: Mapping[str, Any]) -> int:
    return len(next(iter(part.values()), ()))


def _long_table(
    found: Sequence[Experiment], parts: Sequence[Mapping[str, Any]], columns: Sequence[str], parameters: Sequence[str]
) -> pandas.DataFrame:
    import numpy
    import pandas

    lengths = list(map(_length, parts))
    codes = numpy.repeat(numpy.arange(len(found)), lengths)
    content: dict[str, Any] = {
        "experiment": pandas.Categorical.from_codes(codes, categories=pandas.Index(_labels(found)))
    }
    for column in columns:
        pieces = [
            part[column] if column in part else numpy.full(length, numpy.nan)
            for part, length in zip(parts, lengths, strict=True)
            if length
        ]
        content[column] = numpy.concatenate(pieces) if pieces else numpy.empty(0)
    for name in parameters:
        values = [experiment.flat_parameters.get(name, experiment.facts.get(name)) for experiment in found]
        content[f"params.{name}" if name in content else name] = pandas.Series(values).array.take(codes)
    table: pandas.DataFrame = pandas.DataFrame(content, copy=False)  # nobody else has these arrays
    return table
