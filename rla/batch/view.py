"""Viewing: what runs wrote down for people, their `backup.txt`."""

from __future__ import annotations

from collections.abc import Iterator

from rla import files
from rla.names import BACKUP_FILE
from rla.query.search import Experiments

__all__ = ["notes_of"]


def notes_of(chosen: Experiments) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each experiment, and the text of its `backup.txt`; None when it has none."""
    for experiment in chosen:
        try:
            content = files.read_regular(experiment.log_dir / BACKUP_FILE)
        except OSError:
            yield experiment.name, None
        else:
            yield experiment.name, content.decode("utf-8", "replace")
