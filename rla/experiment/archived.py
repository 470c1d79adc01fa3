"""The twin of the manager for an experiment of the past: what its archive and its folders still say."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from rla.database.archive import ArchivedState, objects_path, read_archive, read_object
from rla.database.attribute_dict import AttributeDict
from rla.database.index_name import parse_record_date
from rla.database.plain_values import restore, text_of
from rla.database.record import ExperimentRecord
from rla.database.run_card import RunCard
from rla.errors import UntrustedPickleError
from rla.experiment.checkpoints import ExperimentCheckpoints
from rla.experiment.run import Run
from rla.names import ARCHIVE

__all__ = ["ArchivedExperiment"]


class ArchivedExperiment(ExperimentCheckpoints):
    """An archived experiment, with its folders where the data root is today.

    The archive is read on the first question that needs it, so one that cannot be read harms no other.

    Args:
        record: the experiment.

    Attributes:
        record: the experiment.
        data_root: the database folder.
        task_table_name: its task table.
    """

    def __init__(self, record: ExperimentRecord) -> None:
        self.record = record
        self.data_root = str(record.place.data_root)
        self.task_table_name = record.place.task

    def __repr__(self) -> str:
        return f"ArchivedExperiment({self.record.name!r})"

    def _current_run(self, asked: str) -> Run:
        card = self.record.run_card() or RunCard(
            id=f"{self.record.record_date}_{self.record.node}",
            task=self.task_table_name,
            record_date=self.record.record_date,
            node=self.record.node,
            index_name=self.record.place.index_name,
            status="unknown",
        )
        return Run(self.record.place, card, parse_record_date(self.record.record_date))

    @property
    def path(self) -> Path:
        """The archive file."""
        return self.record.place.path(ARCHIVE)

    @cached_property
    def state(self) -> dict[str, Any]:
        """All that the archive holds, by name.

        Raises:
            UntrustedPickleError: it wants more than plain data.
            OSError: it cannot be read.
            ValueError: it is damaged.
        """
        content = read_archive(self.path)
        if not isinstance(content, (dict, ArchivedState)):
            raise ValueError(f"'{self.path}' holds a {type(content).__name__}, no archive of an experiment.")
        return dict(content) if isinstance(content, dict) else dict(vars(content))

    @property
    def record_date(self) -> Any:
        """The moment that names the experiment."""
        return self._current_run("record_date").moment

    @cached_property
    def hyper_param(self) -> AttributeDict:
        """Its hyper-parameters, from the parameter files or the archive."""
        return self.record.parameters()

    @cached_property
    def custom_data(self) -> dict[str, Any]:
        """Its custom data, by key."""
        custom: dict[str, Any] = restore(self.state.get("custom_data") or {}, self.state.get("custom_data_types") or {})
        return custom

    def get_custom_data(self, key: str, trust: bool = False) -> Any:
        """Return custom data.

        Args:
            key: its name.
            trust: whether a value that is no plain data may be loaded, which may run code; only for files of one's own.

        Raises:
            KeyError: there is none of that name.
            UntrustedPickleError: it is no plain data, and not trusted.
            OSError: the file beside the archive that holds it cannot be read.
            ValueError: that file is damaged, or a class in it has changed since.
        """
        if text_of(key) not in self.state.get("objects", ()):
            return self.custom_data[key]
        if not trust:
            raise UntrustedPickleError(str(objects_path(self.path)), f"to load the object '{key}'")
        return read_object(self.path, text_of(key))

    def get_timestep(self) -> int | float:
        """Return the time step at which the archive was written."""
        held = vars(self.state["time_step_holder"]) if "time_step_holder" in self.state else {}
        private = (value for name, value in held.items() if name.endswith("__time"))  # as Python mangles it
        step = self.state.get("time_step", held.get("time", next(private, 0)))
        return step if isinstance(step, (int, float)) else 0
