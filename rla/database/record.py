"""One experiment as it lies on the disk: its place, and what its files say when they are asked."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rla.database.attribute_dict import AttributeDict
from rla.database.bounded_values import reason
from rla.database.parameters import load_parameters
from rla.database.plain_values import plain_parameters, restore
from rla.database.run_card import RunCard, observed_status, read_run_card
from rla.database.trees import ExperimentPlace
from rla.errors import RLAWarning, UntrustedPickleError
from rla.names import ARCHIVE, CODE, HYPERPARAMETER, LOG

__all__ = ["ExperimentRecord", "StoredParameters"]


LARGEST_ARCHIVE: Final = 32 << 20
"""So many bytes of an archive are read for hyper-parameters that stand nowhere else."""


@dataclass(frozen=True)
class StoredParameters:
    """Hyper-parameters as they are stored.

    Attributes:
        plain: plain values, as JSON holds them.
        types: notes that give them their types back, by JSON pointer.
        problems: what could not be read on the way to them.
    """

    plain: dict[str, Any]
    types: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def restored(self) -> AttributeDict:
        """Return the values with their types."""
        return AttributeDict(restore(self.plain, self.types))


@dataclass(frozen=True)
class ExperimentRecord:
    """One experiment found in a tree.

    Attributes:
        place: where it lies, in this tree and the others.
        tree: the tree it was found in.
        record_date: ``%Y/%m/%d/%H-%M-%S-%f``.
        node: address of the machine that ran it.
        tracked: hyper-parameters as its index name shows them, as texts.
    """

    place: ExperimentPlace
    tree: str
    record_date: str
    node: str
    tracked: dict[str, str]

    @property
    def path(self) -> Path:
        """Its folder in the tree (its file, in the archive tree)."""
        return self.place.path(self.tree)

    @property
    def log_dir(self) -> Path:
        """Its folder in the log tree."""
        return self.place.path(LOG)

    @property
    def name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``: how people and messages call it."""
        return f"{self.place.task}/{self.dated_name}"

    @property
    def dated_name(self) -> str:
        """``<%Y/%m/%d>/<index name>``: what patterns are matched against."""
        return f"{self.place.day}/{self.place.index_name}"

    def run_card(self) -> RunCard | None:
        """Read its run card; None where there is none."""
        return read_run_card(self.log_dir)

    def status(self) -> str:
        """Return its status as a reader sees it: the card's, or ``dead``, ``stale``, ``unknown``."""
        return observed_status(self.run_card(), self.log_dir)

    def parameters(self) -> AttributeDict:
        """Read all its hyper-parameters, with their types; see `stored_parameters`."""
        stored = self.stored_parameters()
        for problem in stored.problems:
            warnings.warn(f"{problem}; it is left out", RLAWarning, stacklevel=2)
        return stored.restored()

    def stored_parameters(self, card: RunCard | None = None) -> StoredParameters:
        """Read all its hyper-parameters as they are stored.

        The first of these counts: the parameter files (of this tree, then of the others), the archive, the index
        name (then all values are texts).

        Args:
            card: its run card, where that was read already.
        """
        problems: list[str] = []
        for tree in dict.fromkeys((self.tree, HYPERPARAMETER, LOG, CODE)):
            if tree == ARCHIVE:
                continue
            plain, notes, found = load_parameters(self.place.path_text(tree))
            problems += found
            if plain is not None:
                card = card or self.run_card()
                return StoredParameters(plain, notes | card.types if card else notes, problems)
        archived = self._archived_parameters(problems)
        return StoredParameters(*(archived or (dict(self.tracked), {})), problems)

    def _archived_parameters(self, problems: list[str]) -> tuple[dict[str, Any], dict[str, str]] | None:
        from rla.database.archive import read_archive

        path = self.place.path(ARCHIVE)
        try:
            if not path.stat().st_size:  # older tools left empty files
                return None
            content = read_archive(path, limit=LARGEST_ARCHIVE)
        except (ValueError, UntrustedPickleError) as error:
            problems.append(str(error))
            return None
        except OSError as error:
            if os.path.lexists(path):
                problems.append(f"'{path}' cannot be read: {reason(error)}")
            return None
        found = content.get("hyper_param") if isinstance(content, dict) else getattr(content, "hyper_param", None)
        return plain_parameters(found) if isinstance(found, dict) else None
