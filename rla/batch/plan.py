"""What a batch operation would do, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rla.batch.record import Entry
from rla.database.trees import ExperimentPlace

__all__ = ["Item", "Outcome", "Plan", "Refusal"]


@dataclass(frozen=True)
class Item:
    """An experiment that a plan is about.

    Attributes:
        place: where it lies.
        trees: its bytes in each tree that the operation touches.
        files: how many files it has there.
        status: as a reader sees it.
        step: its last time step; None when it has recorded none.
        dependents: who depends on it, in words.
        note: what people should know of it.
    """

    place: ExperimentPlace
    trees: dict[str, int]
    files: int = 0
    status: str = ""
    step: float | None = None
    dependents: tuple[str, ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``."""
        return f"{self.place.task}/{self.place.day}/{self.place.index_name}"

    @property
    def size(self) -> int:
        """Its bytes in these trees."""
        return sum(self.trees.values())


@dataclass(frozen=True)
class Refusal:
    """An experiment that an operation does not touch, or could not.

    Attributes:
        name: ``<task>/<%Y/%m/%d>/<index name>``.
        reason: why.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an operation would do.

    Attributes:
        kind: ``delete``, ``archive``, ``migrate`` or ``undo``.
        data_root: the database folder that would be written to.
        items: the experiments that it would be done to.
        refused: those that it would not touch, and why.
        current: how many are as they should be already.
        home: as of `Operation`.
        source: the data root that copies would be made from.
        target_task: the task that copies would go to; None for their own.
        undoes: id of the operation that would be taken back.
        warnings: what people should know before they agree.
    """

    kind: str
    data_root: Path
    items: Sequence[Item]
    refused: Sequence[Refusal] = ()
    current: int = 0
    home: str = ""
    source: Path | None = None
    target_task: str | None = None
    undoes: str | None = None
    warnings: Sequence[str] = ()

    @property
    def size(self) -> int:
        """Bytes of all experiments, in the trees that are touched."""
        return sum(item.size for item in self.items)

    @property
    def files(self) -> int:
        """How many files they have there."""
        return sum(item.files for item in self.items)

    @property
    def trees(self) -> dict[str, int]:
        """Bytes of all experiments by tree, the largest first."""
        sizes: Counter[str] = Counter()
        for item in self.items:
            sizes.update(item.trees)
        return dict(sizes.most_common())

    def entry_of(self, item: Item) -> Entry:
        """Return an experiment as an operation writes it down."""
        place = item.place
        task = self.target_task or place.task
        return Entry(task, place.day, place.index_name, tuple(item.trees), item.size, place.task)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "kind": self.kind,
            "data_root": str(self.data_root),
            "experiments": len(self.items),
            "files": self.files,
            "size": self.size,
            "trees": self.trees,
            "current": self.current,
            "items": [
                {
                    "name": item.name,
                    "status": item.status,
                    "step": item.step,
                    "size": item.size,
                    "files": item.files,
                    "trees": item.trees,
                    "dependents": list(item.dependents),
                    "note": item.note,
                }
                for item in self.items
            ],
            "refused": [vars(refusal) for refusal in self.refused],
            "warnings": list(self.warnings),
        }


@dataclass
class Outcome:
    """What came of a plan.

    Attributes:
        kind: ``delete``, ``archive``, ``migrate`` or ``undo``.
        operation: id of the operation, by which it can be taken back; None when nothing was done.
        done: the experiments that it was done to.
        refused: those that had changed since the plan so that it must not be done.
        failed: those that it could not be done to; they are as they were.
        interrupted: whether it ended before the last one: by Ctrl-C, or by a disk that took neither a step nor the step
            back.
        freed: bytes that became free, of what had been in the trash for longer than it is kept.
    """

    kind: str
    operation: str | None = None
    done: list[Entry] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    failed: list[Refusal] = field(default_factory=list)
    interrupted: bool = False
    freed: int = 0

    @property
    def size(self) -> int:
        """Bytes of the experiments that it was done to."""
        return sum(entry.size for entry in self.done)

    @property
    def places(self) -> int:
        """In how many trees these experiments were, all together."""
        return sum(len(entry.trees) for entry in self.done)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {
            "kind": self.kind,
            "operation": self.operation,
            "done": [entry.full_name for entry in self.done],
            "size": self.size,
            "refused": [vars(refusal) for refusal in self.refused],
            "failed": [vars(refusal) for refusal in self.failed],
            "interrupted": self.interrupted,
            "freed": self.freed,
        }
