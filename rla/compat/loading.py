"""What an experiment of the past gives to the current one: hyper-parameters, a time step, related variables."""

from __future__ import annotations

import os
import warnings
from argparse import Namespace
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rla.database.attribute_dict import AttributeDict
from rla.database.parameters import lookup
from rla.database.plain_values import as_mapping, escaped
from rla.database.query import find_one
from rla.database.record import ExperimentRecord
from rla.errors import ExperimentNotFoundError, RLAWarning, UnknownParameterError, UntrustedPickleError, did_you_mean
from rla.experiment.archived import ArchivedExperiment
from rla.names import ARCHIVE, CHECKPOINT, HYPERPARAMETER, LOG, MASK, RESULTS, TMP_DATA

__all__ = ["as_namespace", "as_plain_dict", "merged_parameters", "related_variables", "source_of"]

LOADED: tuple[str, str] = ("loaded_task_name", "loaded_date")
"""Names that say where hyper-parameters come from; those of the other experiment would say where *its* came from."""


def source_of(root: str | os.PathLike[str], task: str, record_date: str | datetime) -> ExperimentRecord:
    """Return the one experiment of a record date, whichever of its trees are there.

    Raises:
        ExperimentNotFoundError: there is none.
        AmbiguousExperimentError: there are several; the message lists them.
    """
    missing: ExperimentNotFoundError | None = None
    for tree in (LOG, CHECKPOINT, HYPERPARAMETER, ARCHIVE, RESULTS, TMP_DATA):
        try:
            return find_one(root, task, record_date, tree)
        except ExperimentNotFoundError as error:
            missing = missing or error
    assert missing is not None  # each tree was looked at
    raise missing


def merged_parameters(
    current: Mapping[str, Any], record: ExperimentRecord, kept: Iterable[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the hyper-parameters of an experiment of the past, laid over the current ones.

    Args:
        current: the current ones.
        record: the experiment.
        kept: names of those that stay as they are now; dots go down into nested values.

    Returns:
        The values, and the names of those that are not as they were, sorted. What a file can only hold as a text (an
        object, a secret) stays as it is now.
    """
    stored = record.stored_parameters()
    objects = {pointer.split("/")[1] for pointer, kind in stored.types.items() if kind == "repr" and "/" in pointer}
    loaded = {
        key: value
        for key, value in record.parameters().items()
        if key not in current or (escaped(key) not in objects and value != MASK and key not in LOADED)
    }
    merged: dict[str, Any] = {**current, **loaded}
    for key in kept:
        _keep(key, current, merged)
    changed = [key for key, value in merged.items() if key not in current or not _equal(current[key], value)]
    return merged, sorted(changed)


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # arrays, or any class of the user's
        return False


def _keep(key: str, current: Mapping[str, Any], merged: dict[str, Any]) -> None:
    """Give a hyper-parameter the value that it has now."""
    try:
        value = lookup(current, key)
    except UnknownParameterError:
        hint = did_you_mean(key, list(current))
        warnings.warn(f"hp_to_overwrite names '{key}', which is not set now.{hint}", RLAWarning, stacklevel=5)
        return
    *above, last = [key] if key in current else key.split(".")
    inside: Any = merged
    for name in above:  # nested values of the other experiment are copied, so that nobody else's change
        nested = as_mapping(inside.get(name))
        inside[name] = AttributeDict(nested or {})
        inside = inside[name]
    inside[last] = value


def as_namespace(values: Mapping[str, Any], **more: Any) -> Namespace:
    """Return values as a namespace; dicts in it have attribute access at every depth."""
    nested = {key: AttributeDict({"value": value})["value"] for key, value in {**values, **more}.items()}
    return Namespace(**{str(key): value for key, value in nested.items()})


def related_variables(record: ExperimentRecord, names: Iterable[str] | None, trust: bool) -> dict[str, Any]:
    """Return what was kept beside the checkpoints of an experiment.

    Args:
        record: the experiment.
        names: what is wanted; all when None.
        trust: whether objects that are no plain data are loaded, which may run code of theirs.

    Raises:
        KeyError: there is no such variable; the message lists those there are.
        UntrustedPickleError: one that is wanted by its name is no plain data, and not trusted.
    """
    archived = ArchivedExperiment(record)
    try:
        held = archived.custom_data
        objects = [str(name) for name in archived.state.get("objects", ())]
    except FileNotFoundError:
        held, objects = {}, []
    known = [*(name for name in held if name not in objects), *objects]
    wanted = known if names is None else [names] if isinstance(names, str) else list(names)
    found, left_out = {}, []
    for name in wanted:
        if name not in known:
            raise KeyError(f"'{record.name}' has no variable '{name}'; it has: {', '.join(known) or 'none'}.")
        try:
            found[name] = archived.get_custom_data(name, trust)
        except UntrustedPickleError:
            if names is not None:
                raise
            left_out.append(name)
    if left_out:
        warnings.warn(
            f"{', '.join(left_out)} of '{record.name}' is no plain data, and was not loaded: that may run code. With "
            "'trust_own_archives: true' in the configuration, or trust=True, it is.",
            RLAWarning,
            stacklevel=4,
        )
    return found


def as_plain_dict(values: Any) -> dict[str, Any]:
    """Return hyper-parameters as a dict, whatever kind of mapping they are."""
    return {str(key): value for key, value in (as_mapping(values) or {}).items()}
