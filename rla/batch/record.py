"""The record of a batch operation: its words, and what is believed of a record that anybody may have written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from rla.database.trees import ExperimentPlace, check_task_name
from rla.errors import InvalidNameError
from rla.names import INTERNAL, TREES

__all__ = [
    "ARCHIVING",
    "DELETION",
    "DONE",
    "DROPPED",
    "MIGRATION",
    "OUT",
    "PLACED",
    "SCHEMA_VERSION",
    "STAGED",
    "TRASH",
    "UNDER_WAY",
    "UNDO",
    "Entry",
    "check_home",
    "parse_record",
]

DELETION: Final = "delete"
ARCHIVING: Final = "archive"
MIGRATION: Final = "migrate"
UNDO: Final = "undo"
KINDS: Final = (DELETION, ARCHIVING, MIGRATION, UNDO)

STAGED: Final = "staged"
OUT: Final = "out"
PLACED: Final = "placed"
DROPPED: Final = "dropped"
"""Words of the journal, of one experiment: what is to come in is whole, and nothing of it has come in yet; all that was
in its place is out; it is in its place; it could not be put there. The last word counts."""

UNDER_WAY: Final = "under way"
DONE: Final = "done"

TRASH: Final = f"{INTERNAL}/trash"
"""The folder of the data root with what operations took out, a folder for each."""

SCHEMA_VERSION: Final = 1

_MOST_VALUES: Final = 10_000_000
_DAY: Final = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")
_ID: Final = re.compile(rf"[0-9]{{8}}-[0-9]{{6}}-[0-9]{{6}}-({'|'.join(KINDS)})")
_LATEST: Final = 1e11
"""Later moments are none that a calendar knows."""


@dataclass(frozen=True)
class Entry:
    """One experiment of an operation.

    Attributes:
        task, day, name: where it lies in the data root, or where its copy will.
        trees: the trees that the operation moves.
        size: bytes in these trees, as far as they are known.
        source_task: the task that a copy was made from.
    """

    task: str
    day: str
    name: str
    trees: tuple[str, ...]
    size: int = 0
    source_task: str = ""

    @property
    def full_name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``."""
        return f"{self.task}/{self.day}/{self.name}"

    def place(self, base: Path) -> ExperimentPlace:
        """Return its place below a data root, or below a folder of the same shape."""
        return ExperimentPlace(base, self.task, self.day, self.name)


def check_home(home: str) -> str:
    """Return the name of a folder below the data root that can hold copies.

    Raises:
        InvalidNameError: it is none, or belongs to somebody else.
    """
    if check_task_name(home) != home or "/" in home or home.startswith(".") or home in TREES:
        raise InvalidNameError(home, "it is no single folder that copies can lie in")
    return home


def _checked_entry(task: str, day: str, name: str, trees: str, size: int, source_task: str) -> Entry:
    """Return an entry of a record that anybody may have written: it leads to no other place.

    Raises:
        ValueError: it would.
    """
    if not all(isinstance(text, str) for text in (day, name, trees)):
        raise ValueError("a place of an experiment is no text")
    listed = tuple(trees.split())
    if not _DAY.fullmatch(day) or not name or "/" in name or "\0" in name or name in (".", ".."):
        raise ValueError(f"'{day}/{name}' is no place of an experiment")
    if not set(listed) <= set(TREES):
        raise ValueError(f"it names a tree that is none: {trees}")
    return Entry(check_task_name(task), day, name, listed, int(size), source_task and check_task_name(source_task))


def parse_record(number: str, written: bytes) -> dict[str, Any]:
    """Return what the record of an operation says, when all of it is as this version writes it; entries as `Entry`.

    Args:
        number: the id of the operation, as the file is named.
        written: the content of the file.

    Raises:
        ValueError: it is not.
    """
    match = _ID.fullmatch(number)
    if written.count(b",") + written.count(b"[") > _MOST_VALUES:
        raise ValueError(f"it has more than {_MOST_VALUES:,} values")
    content = orjson.loads(written)
    if match is None or not isinstance(content, dict):
        raise ValueError("it is none")
    if (schema := content.pop("schema", None)) != SCHEMA_VERSION:
        raise ValueError(f"it has format {schema}, and this version of rla knows format {SCHEMA_VERSION}")
    kind, undoes = match[1], content.get("undoes")
    ended = content.get("ended")
    is_fit = (
        (content.get("id"), content.get("kind")) == (number, kind)
        and content.get("state") in (UNDER_WAY, DONE)
        and all(isinstance(content.get(key), str) for key in ("home", "user", "host"))
        and isinstance(content.get("source"), str if kind in (ARCHIVING, MIGRATION) else type(None))
        and (undoes is None if kind != UNDO else isinstance(undoes, str) and _ID.fullmatch(undoes) is not None)
        and bool(content["home"]) == (undoes or number).endswith(ARCHIVING)
        and all(
            isinstance(moment, (int, float)) and 0 <= moment < _LATEST
            for moment in (content["started"], ended or 0, content.get("kept_days") or 0)
        )
        and isinstance(content.get("pid"), int)
        and isinstance(content.get("command"), list)
        and all(isinstance(word, str) for word in content["command"])
        and isinstance(content.get("entries"), list)
    )
    if not is_fit:
        raise ValueError("its fields are none of an operation")
    if content["home"]:
        check_home(content["home"])
    content["entries"] = [_checked_entry(*entry) for entry in content["entries"]]
    return content
