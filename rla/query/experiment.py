"""One experiment of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from rla.database.index.documents import decode
from rla.database.index.facts import SIZE_FACTS
from rla.database.index.sizes import Sizes
from rla.database.index_name import parse_index_name
from rla.database.parameters import dotted
from rla.database.plain_values import restore
from rla.database.record import ExperimentRecord
from rla.database.trees import ExperimentPlace
from rla.names import LOG, TIME_STEP, TIMESTAMP

__all__ = ["Experiment"]


class _Facts(Mapping[str, Any]):
    """Facts of an experiment by name. Its sizes are found when one of them is asked for, or all facts are.

    Args:
        known: the other facts.
        sizes: finds what it takes.
    """

    def __init__(self, known: dict[str, Any], sizes: Callable[[], Sizes]) -> None:
        self._known = known
        self._sizes = sizes

    @cached_property
    def _all(self) -> dict[str, Any]:
        sizes = self._sizes()
        by_tree = {f"size.{tree}": size for tree, size in sizes.bytes.items()}
        return self._known | {"size": sum(sizes.bytes.values())} | by_tree

    def __getitem__(self, name: str) -> Any:
        return (self._all if name in SIZE_FACTS else self._known)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


class Experiment:
    """An experiment as the index knows it.

    Args:
        data_root: the database folder.
        task: the task table it belongs to.
        day: ``%Y/%m/%d`` of its record date.
        index_name: name of its folder.
        parameters: its hyper-parameters, as a document of the index.
        types: notes of their types, likewise.
        details: returns its facts and last values, likewise.
        sizes: finds what it takes.

    Attributes:
        task: the task table it belongs to.
        name: ``<task>/<%Y/%m/%d>/<index name>``.
    """

    def __init__(
        self,
        data_root: Path,
        task: str,
        day: str,
        index_name: str,
        parameters: bytes,
        types: bytes,
        details: Callable[[], tuple[bytes, bytes]],
        sizes: Callable[[], Sizes],
    ) -> None:
        self.task = task
        self.name = f"{task}/{day}/{index_name}"
        self._place = (data_root, task, day, index_name)
        self._typed: dict[str, Any] | None = None
        self._parameters, self._types, self._details, self._sizes = parameters, types, details, sizes

    def __repr__(self) -> str:
        return f"Experiment({self.name!r}, status={self.status!r})"

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What is known of the run by name: ``status``, ``start``, ``host``, …; moments in seconds since 1970."""
        return _Facts(decode(self._details()[0]), self._sizes)

    @cached_property
    def place(self) -> ExperimentPlace:
        """Where it lies, in each tree."""
        return ExperimentPlace(*self._place)

    @property
    def record_date(self) -> str:
        """``%Y/%m/%d/%H-%M-%S-%f``; of a folder that is no experiment's, its day and name."""
        index = parse_index_name(self.place.index_name)
        return f"{self.place.day}/{index.time if index else self.place.index_name}"

    @property
    def node(self) -> str:
        """Address of the machine that ran it; empty when the name does not tell."""
        return str(self.facts.get("node", ""))

    @property
    def status(self) -> str:
        """As a reader sees it: ``running``, ``finished``, …, ``unknown`` (no run card) or ``unreadable``."""
        return str(self.facts["status"])

    @property
    def problem(self) -> str | None:
        """What cannot be read of it, and why; None when all can."""
        problem = self.facts.get("problem")
        return None if problem is None else str(problem)

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.facts["tags"])

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes that it takes, by tree, of the trees it is in; code that other experiments share is not counted."""
        return dict(self._sizes().bytes)

    @property
    def files(self) -> dict[str, int]:
        """How many files it has, by tree, of the trees it is in."""
        return dict(self._sizes().files)

    @property
    def log_dir(self) -> Path:
        """Its folder in the log tree."""
        return self.place.path(LOG)

    @cached_property
    def stored_parameters(self) -> dict[str, Any]:
        """Its hyper-parameters as JSON holds them: a tuple is a list, a path is a text."""
        plain: dict[str, Any] = decode(self._parameters)
        return plain

    @property
    def parameters(self) -> dict[str, Any]:
        """Its hyper-parameters, nested as they were set, with their types."""
        if self._typed is None:
            self._typed = restore(decode(self._parameters), decode(self._types))
        return self._typed

    @cached_property
    def flat_parameters(self) -> dict[str, Any]:
        """Its hyper-parameters as JSON holds them, by dotted name: ``agent.lr``."""
        return dict(dotted(self.stored_parameters))

    @cached_property
    def last(self) -> dict[str, Any]:
        """The newest value of each recorded key, without time step and timestamp."""
        return {key: value for key, value in decode(self._details()[1]).items() if key not in (TIME_STEP, TIMESTAMP)}

    @property
    def step(self) -> int | float | None:
        """The time step of its newest row; None when there is none."""
        step = self.facts.get("steps")
        return step if isinstance(step, (int, float)) else None

    def record(self) -> ExperimentRecord:
        """Return the experiment as it lies on the disk, for what the index does not have."""
        index = parse_index_name(self.place.index_name)
        tracked = index.parameters if index else {}
        return ExperimentRecord(self.place, LOG, self.record_date, self.node, tracked)

    @property
    def tracked(self) -> dict[str, str]:
        """Its tracked hyper-parameters, as its name shows them."""
        return self.record().tracked
