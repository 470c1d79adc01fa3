"""Old names inside data: classes whose instances stand in the archives of the original."""

from __future__ import annotations

from typing import Final

from rla.database.archive import accept_as_plain_state

__all__ = ["accept_stored_names"]

CLASSES: Final = (
    ("RLA.easy_log.tester", "Tester"),
    ("RLA.easy_log.time_step", "TimeStepHolder"),
)


def accept_stored_names() -> None:
    """Let archives of the original be read, as plain state."""
    for module, name in CLASSES:
        accept_as_plain_state(module, name)
