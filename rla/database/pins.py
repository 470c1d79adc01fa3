"""Pins: experiments that nobody may delete, each with a reason.

A pin is a file, `.rla/pins/<task>/<%Y/%m/%d>/<index name>.json`, so that data of older tools can be pinned, too, and
nothing is written into an experiment.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json
from rla.database.trees import ExperimentPlace, name_as_text
from rla.errors import DataRootError
from rla.machine import user_name
from rla.names import INTERNAL

__all__ = ["Pin", "pin", "pins_of", "unpin"]

_FOLDER: Final = f"{INTERNAL}/pins"
_SUFFIX: Final = ".json"
_DAY_LEVELS: Final = 3

Key = tuple[str, str, str]
"""Task, day and index name of an experiment."""


@dataclass(frozen=True)
class Pin:
    """Why an experiment stays.

    Attributes:
        name: ``<task>/<%Y/%m/%d>/<index name>``.
        reason: what people wrote.
        user: who pinned it.
        time: when, in seconds since 1970.
    """

    name: str
    reason: str
    user: str = ""
    time: float = 0.0


def pin(place: ExperimentPlace, reason: str) -> Pin:
    """Pin an experiment; an earlier pin of it is replaced.

    Args:
        place: where it lies.
        reason: why, for those who wonder a year later: ``Table 2``.

    Raises:
        DataRootError: the pin cannot be written.
    """
    path = _path(place)
    pinned = Pin(f"{place.task}/{place.day}/{place.index_name}", reason, user_name(), time.time())
    try:
        files.make_directories(path.parent)
        files.write_atomic(path, json.dumps(vars(pinned), ensure_ascii=False) + "\n")
    except OSError as error:
        raise _not_written(place, path, "written", error) from error
    return pinned


def unpin(place: ExperimentPlace) -> bool:
    """Take the pin of an experiment away; False when it had none.

    Raises:
        DataRootError: it cannot be removed.
    """
    path = _path(place)
    if not os.path.lexists(path):
        return False
    try:
        files.remove(path)
    except OSError as error:
        raise _not_written(place, path, "removed", error) from error
    return True


def pins_of(data_root: Path) -> dict[Key, Pin]:
    """Return all pins of a data root, by task, day and index name; one that cannot be read holds, too."""
    top = os.fspath(data_root / _FOLDER)
    found: dict[Key, Pin] = {}
    for folder, _, names in os.walk(top):
        parts = os.path.relpath(folder, top).split(os.sep)
        for name in sorted(names):
            if name.endswith(_SUFFIX) and len(parts) > _DAY_LEVELS:
                task, day = "/".join(parts[:-_DAY_LEVELS]), "/".join(parts[-_DAY_LEVELS:])
                index_name = name_as_text(name.removesuffix(_SUFFIX))
                found[task, day, index_name] = _read(Path(folder, name), f"{task}/{day}/{index_name}")
    return found


def _read(path: Path, name: str) -> Pin:
    content: Any = None
    try:
        content = parse_json(files.read_regular(path, LARGEST_DOCUMENT))
        return Pin(name, str(content["reason"]), str(content.get("user", "")), float(content.get("time", 0.0)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return Pin(name, "its reason cannot be read")


def _not_written(place: ExperimentPlace, path: Path, what: str, error: OSError) -> DataRootError:
    problem = f"the pin '{path}' cannot be {what}: {error.strerror or error}"
    return DataRootError(str(place.data_root), problem, "Ask its owner to do it.")


def _path(place: ExperimentPlace) -> Path:
    log_name = os.path.basename(place.path_text("log"))  # as the file system has it: names may hold any bytes
    return Path(place.data_root, _FOLDER, place.task, place.day, f"{log_name}{_SUFFIX}")
