"""One batch operation: what it is to do, and where what it moves lies."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import orjson

from rla.batch.record import DELETION, SCHEMA_VERSION, TRASH, UNDER_WAY, UNDO, Entry
from rla.database.trees import name_as_text

__all__ = ["MOVING", "Operation"]

MOVING: Final = ".moving-"
"""How the folders beside the tasks of a tree begin that hold what is on its way."""


@dataclass
class Operation:
    """One batch operation.

    Attributes:
        data_root: the database folder that is written to.
        id: ``<%Y%m%d-%H%M%S-%f>-<kind>``.
        kind: ``delete``, ``archive``, ``migrate`` or ``undo``.
        home: the folder below the data root whose trees are written to: empty, or ``arc``.
        source: the data root that copies are made from.
        undoes: id of the operation that is taken back.
        state: ``under way`` or ``done``.
        started, ended: seconds since 1970.
        kept_days: for how many days its trash is kept, as the caller said; None: as the configuration says.
        entries: the experiments: those that are planned, in the end those that it moved.
    """

    data_root: Path
    id: str
    kind: str
    home: str = ""
    source: str | None = None
    undoes: str | None = None
    state: str = UNDER_WAY
    started: float = 0.0
    ended: float | None = None
    kept_days: float | None = None
    user: str = ""
    host: str = ""
    pid: int = 0
    command: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def home_base(self) -> Path:
        """The folder whose trees are written to."""
        return self.data_root / self.home if self.home else self.data_root

    @property
    def trash(self) -> Path:
        """Where lies what it took out."""
        return self.data_root / TRASH / self.id

    @property
    def is_copy(self) -> bool:
        """Whether it brings copies in."""
        return self.source is not None

    @property
    def restores(self) -> bool:
        """Whether it takes a deletion back: nothing goes out then."""
        return self.kind == UNDO and (self.undoes or "").endswith(DELETION)

    @property
    def undone_trash(self) -> Path:
        """Where lies what the operation took out that is taken back."""
        return self.trash.with_name(self.undoes or "")

    @property
    def moving(self) -> str:
        """Name of the folder beside the tasks of a tree for what is on its way; readers do not look into it."""
        return f"{MOVING}{self.id}"

    def as_dict(self) -> dict[str, Any]:
        """Return what is known of it as plain data."""
        content = {known.name: getattr(self, known.name) for known in fields(self)}
        content["entries"] = [asdict(entry) for entry in self.entries]
        return content | {"data_root": str(self.data_root), "size": sum(entry.size for entry in self.entries)}

    def encoded(self) -> bytes:
        """Return the operation as it stands on disk."""
        content = {known.name: getattr(self, known.name) for known in fields(self)}
        del content["data_root"]
        content["schema"] = SCHEMA_VERSION
        content["source"] = None if self.source is None else name_as_text(self.source)
        content["command"] = list(map(name_as_text, self.command))
        content["entries"] = [
            [entry.task, entry.day, entry.name, " ".join(entry.trees), entry.size, entry.source_task]
            for entry in self.entries
        ]
        return orjson.dumps(content) + b"\n"
