"""`RLA.easy_plot.utils`: the results of the experiments that patterns name."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rla.compat.batch_screen import counted, say
from rla.compat.easy_plot.parameters import check_filter, text_of_parameter, wanted_values, whether_wanted
from rla.compat.easy_plot.result_cls import Result
from rla.database.query import find_experiments
from rla.database.record import ExperimentRecord
from rla.database.trees import check_data_root, check_task_name
from rla.errors import ExperimentNotFoundError, QueryError, RLAError, RLAWarning, did_you_mean
from rla.experiment.query import query_result
from rla.query.question import check_task_is_there

__all__ = ["check_patterns", "results_loader"]

Loaded = Result | Iterable[Result] | None
"""What a loader returns of an experiment: a result, several, or None to leave it out."""


def results_loader(
    data_root: str | os.PathLike[str],
    task_table_name: str,
    regs: str | Sequence[str],
    hp_filter_dict: Mapping[str, Any] | None,
    data_loader_func: Callable[[Any], Loaded],
    verbose: bool,
    data_type: str,
) -> tuple[list[Result], dict[str, list[str]]]:
    """Return the results of the experiments that patterns name, each once, sorted as the patterns are, then by date.

    Args:
        data_root: the database folder.
        task_table_name: the task table.
        regs: patterns under the task: globs such as ``2022/03/01/21-[12]*``, or ``re:`` and a regular expression.
        hp_filter_dict: name → the value, or a list of the values, that runs shall have; compared as texts. A name may
            be dotted (``agent.lr``). None lets all pass.
        data_loader_func: is given what `experiment_data_query` finds of a run (`.dirname` is its folder), and returns
            a `Result`, several, or None to leave the run out. It need not fill in hyper-parameters. A run that it
            cannot read (an `OSError`, a `ValueError` or an error of rla) is left out with a warning.
        verbose: tell which runs were found.
        data_type: the tree to look into, e.g. ``LOG``.

    Returns:
        The results, with their hyper-parameters: those of the parameter files, else of the archive, else of the name.
        And for each pattern the folders (`dirname`) of its results; a run may stand under several patterns.

    Raises:
        ExperimentNotFoundError: no pattern names any run, or the filter lets none pass. Of several patterns, one that
            names none is warned of.
        QueryError: a pattern, the filter or the tree is none; there is no such task.
        DataRootError: there is no such data root.
    """
    root, task = check_data_root(data_root), check_task_name(task_table_name)
    patterns, wanted = check_patterns(regs), check_filter(hp_filter_dict)
    check_task_is_there(root, task)
    found = {pattern: find_experiments(root, task, pattern, data_type) for pattern in patterns}
    _check_found(found, task, data_type)
    filtered = _filtered(found, wanted)
    loaded: dict[str, list[Result]] = {}
    for records in filtered.values():
        for record, parameters in records:
            if record.name not in loaded:
                loaded[record.name] = _load(record, parameters, data_loader_func, data_type)
    reg_group = {
        pattern: [str(result.dirname) for record, _ in records for result in loaded[record.name]]
        for pattern, records in filtered.items()
    }
    for pattern, folders in reg_group.items() if verbose else ():
        say("\n  ".join([f"{task}, '{pattern}': {counted(len(folders), 'result')}", *folders]))
    return [result for results in loaded.values() for result in results], reg_group


def check_patterns(regs: object) -> list[str]:
    """Return patterns as a list, each once; a text is the only one.

    Raises:
        QueryError: they are no texts.
    """
    patterns = [regs] if isinstance(regs, str) else list(regs) if isinstance(regs, Iterable) else [regs]
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise QueryError(f"regs is a list of patterns, such as ['2022/03/01/*']; got {regs!r}.")
    return list(dict.fromkeys(patterns))


def _check_found(found: Mapping[str, Sequence[ExperimentRecord]], task: str, tree: str) -> None:
    """Warn of patterns that name no run; refuse when none does."""
    without = [pattern for pattern, records in found.items() if not records]
    told = " and ".join(f"'{pattern}'" for pattern in without)
    if len(without) == len(found):
        raise ExperimentNotFoundError(
            f"No experiment in {tree}/{task} matches {told}. A pattern is a glob from the date on, such as "
            f"'2022/03/01/21-[12]*', or '**lr=0.1*', or 're:' and a regular expression."
        )
    if without:
        warnings.warn(f"No experiment in {tree}/{task} matches {told}; it is left out", RLAWarning, stacklevel=3)


_WithParameters = list[tuple[ExperimentRecord, Mapping[str, Any]]]


def _filtered(found: Mapping[str, Sequence[ExperimentRecord]], wanted: Mapping[str, Any]) -> dict[str, _WithParameters]:
    """Return the runs that a filter lets pass, with their hyper-parameters."""
    parameters: dict[str, Mapping[str, Any]] = {}
    for record in (record for records in found.values() for record in records):
        if record.name not in parameters:
            parameters[record.name] = record.parameters()
    chosen: dict[str, _WithParameters] = {}
    for pattern, records in found.items():
        known = [(record, parameters[record.name]) for record in records]
        chosen[pattern] = [pair for pair in known if whether_wanted(pair[1], wanted)]
    if not any(chosen.values()):
        _refuse(list(parameters.values()), wanted)
    return chosen


def _refuse(parameters: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> None:
    """Say which part of a filter lets no run pass, and what there is."""
    left = list(parameters)
    for key, value in wanted.items():
        passing = [each for each in left if whether_wanted(each, {key: value})]
        if not passing:
            there = sorted({text_of_parameter(each, key) for each in left})
            names = sorted({name for each in left for name in each})
            hint = did_you_mean(key, names) if key not in names else ""
            raise ExperimentNotFoundError(
                f"None of {counted(len(left), 'run')} has hyper-parameter '{key}' = {' or '.join(wanted_values(value))}"
                f" (hp_filter_dict); there {'is' if len(there) == 1 else 'are'} {', '.join(there)}.{hint}"
            )
        left = passing


def _load(
    record: ExperimentRecord, parameters: Mapping[str, Any], load: Callable[[Any], Loaded], tree: str
) -> list[Result]:
    """Return the results of an experiment; none, and a warning, where they cannot be read."""
    try:
        found = load(query_result(record, tree))
        results = [found] if isinstance(found, Result) else list(found or ())
    except (OSError, ValueError, RLAError) as error:
        warnings.warn(f"'{record.name}' cannot be read: {error}; it is left out", RLAWarning, stacklevel=4)
        return []
    for result in results:
        result.hyper_param = parameters if result.hyper_param is None else result.hyper_param
        result.dirname = str(record.path) if result.dirname is None else result.dirname
    return results
