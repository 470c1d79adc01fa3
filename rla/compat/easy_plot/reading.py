"""What runs have recorded, as the tables that `CsvResult` holds. Nothing is written into a data root."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rla.compat.batch_screen import counted, progress_bar, say
from rla.compat.easy_plot.result_cls import CsvResult
from rla.database.index_name import parse_index_name
from rla.database.parameters import read_parameters
from rla.database.record import ExperimentRecord
from rla.database.trees import ExperimentPlace
from rla.errors import DataRootError, QueryError, RLAError, RLAWarning
from rla.names import JOURNAL_FOLDER, LOG, PROGRESS_FILE, TIME_STEP, TREES
from rla.output.columns import Columns, read_columns
from rla.output.reader import read_progress
from rla.query.column_cache import ColumnCache
from rla.query.search import experiments

if TYPE_CHECKING:
    import pandas

__all__ = ["load_results", "progress_of", "record_of"]

_DATED_PARTS = 4


def load_results(
    root_dir_or_dirs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    names: str | Sequence[str] | None,
    x_bound: float | None,
    enable_progress: bool = True,
    use_buf: bool = False,
    verbose: bool = False,
) -> list[CsvResult]:
    """Return what all runs in some folders, and in the folders below them, have recorded.

    Args:
        root_dir_or_dirs: a folder or several: that of one run, of a day, of a task.
        names: recorded keys; all when None or empty.
        x_bound: rows with a later time step are left out; None keeps all.
        enable_progress: read the rows; otherwise a result has its folder and hyper-parameters alone.
        use_buf: keep the columns in the cache of this user, where they come from at once the next time. Nothing is
            ever written into the folders of runs.
        verbose: tell which runs were found.

    Returns:
        A result for each run, sorted by folder. One that cannot be read is left out with a warning.

    Raises:
        DataRootError: there is no such folder.
        QueryError: names are no texts.
    """
    tops = [root_dir_or_dirs] if isinstance(root_dir_or_dirs, (str, os.PathLike)) else list(root_dir_or_dirs)
    folders = sorted({folder for top in tops for folder in _runs_below(os.path.expanduser(os.fspath(top)))})
    results = []
    with progress_bar("Reading runs") as progress:
        for number, folder in enumerate(folders, start=1):
            result = _result_of(folder, _names(names), x_bound, enable_progress, use_buf)
            results += [] if result is None else [result]
            progress(number, len(folders))
    if verbose:
        say("\n  ".join([counted(len(results), "run"), *(str(result.dirname) for result in results)]))
    return results


def _names(names: str | Sequence[str] | None) -> list[str]:
    listed = [names] if isinstance(names, str) else list(names or ())
    if not all(isinstance(name, str) for name in listed):
        raise QueryError(f"names are those of recorded keys, such as ['eval/return']; got {names!r}.")
    return listed


def _runs_below(top: str) -> Iterator[str]:
    if not os.path.isdir(top):
        raise DataRootError(top, "there is no such folder", "Give a folder with runs, such as <data root>/log/<task>.")
    for folder, subfolders, files_there in os.walk(top):
        if PROGRESS_FILE in files_there or JOURNAL_FOLDER in subfolders:
            subfolders.clear()  # what lies in the folder of a run is its own
            yield folder


def _result_of(
    folder: str, names: Sequence[str], x_bound: float | None, enable_progress: bool, use_buf: bool
) -> CsvResult | None:
    record = record_of(folder)
    try:
        hyper_param: Any = record.parameters() if record else read_parameters(Path(folder))
        if hyper_param is None and (index := parse_index_name(os.path.basename(folder))) is not None:
            hyper_param = index.parameters
        progress = progress_of(folder, names, x_bound, use_buf) if enable_progress else None
    except (OSError, ValueError, RLAError) as error:
        warnings.warn(f"'{folder}' cannot be read: {error}; it is left out", RLAWarning, stacklevel=3)
        return None
    return CsvResult(progress=progress, dirname=folder, hyper_param=hyper_param or {})


def record_of(folder: str) -> ExperimentRecord | None:
    """Return the experiment that a folder of a data root belongs to; None for a folder of another kind."""
    parts = os.path.abspath(folder).split(os.sep)
    *above, year, month, day, name = parts if len(parts) > _DATED_PARTS else ["", "", "", "", ""]
    index = parse_index_name(name)
    for position in range(len(above) - 1, 0, -1):
        task = "/".join(above[position + 1 :])
        if above[position] in TREES and task and index is not None:
            place = ExperimentPlace(Path(os.sep.join(above[:position]) or os.sep), task, f"{year}/{month}/{day}", name)
            record_date = f"{place.day}/{index.time}"
            return ExperimentRecord(place, above[position], record_date, index.node, index.parameters)
    return None


def progress_of(folder: str, names: Sequence[str], x_bound: float | None, use_buf: bool) -> pandas.DataFrame:
    """Return the rows of a run that have one of some keys, those of a journal included.

    Args:
        folder: its folder in the log tree.
        names: recorded keys; all when empty.
        x_bound: rows with a later time step are left out; None keeps all.
        use_buf: keep the columns in the cache of this user.

    Returns:
        A table with the time step and those of the keys that the run has. Rows that cannot be read are warned of.
    """
    import pandas

    if names:
        columns = _cached_columns(folder, names) if use_buf else read_columns(folder, [TIME_STEP, *names])
        table: pandas.DataFrame = pandas.DataFrame(columns.values)
        if columns.problem is not None:
            left = f"{counted(len(table), 'row')} of it could be read" if len(table) else "it is left out"
            warnings.warn(f"'{folder}' cannot be read to its end: {columns.problem}; {left}", RLAWarning, stacklevel=5)
    else:
        table = read_progress(folder).frame()
    if x_bound is not None and TIME_STEP in table:
        x = pandas.to_numeric(table[TIME_STEP], errors="coerce")
        table = table[~(x > x_bound)].reset_index(drop=True)
    return table


def _cached_columns(folder: str, names: Sequence[str]) -> Columns:
    """Read columns through the cache that belongs to the data root; without one where the folder is in none."""
    keys = list(dict.fromkeys([TIME_STEP, *names]))
    record = record_of(folder)
    if record is None or record.tree != LOG:
        return read_columns(folder, keys)
    with ColumnCache(experiments(record.place.data_root).index_path) as cache:
        stamp = cache.stamp_of(Path(folder))
        found = cache.read(record.name, keys, stamp)
        if found is None:
            found = read_columns(folder, keys)
            cache.keep(record.name, keys, stamp, found)
    return Columns({key: np.array(values) for key, values in found.values.items()}, found.problem)
