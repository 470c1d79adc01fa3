"""The time step: one global value that all records share as their x axis."""

from __future__ import annotations

__all__ = ["TimeStepHolder", "time_step_holder"]


class TimeStepHolder:
    """Holds the current time step (environment steps, epochs, or whatever the training counts).

    Args:
        time: the first time step.
        epoch: the first epoch, for scripts that count both.
        tf_log: kept for scripts that pass it; it changes nothing.
    """

    def __init__(self, time: int = 0, epoch: int = 0, tf_log: bool = False) -> None:
        self.time: int | float = time
        self.epoch = epoch
        self.tf_log = tf_log

    def config(self, time: int = 0, tf_log: bool = False) -> None:
        """Start again at ``time``."""
        self.time = time
        self.tf_log = tf_log

    def set_time(self, time: int | float) -> None:
        """Set the time step that the next records get."""
        self.time = time

    def inc_time(self) -> None:
        """Go one time step further."""
        self.time += 1

    def add_time(self, add: int | float) -> None:
        """Go ``add`` time steps further."""
        self.time += add

    def get_time(self) -> int | float:
        """Return the current time step."""
        return self.time

    def __repr__(self) -> str:
        return f"TimeStepHolder(time={self.time}, epoch={self.epoch})"


time_step_holder = TimeStepHolder(0, 0, True)
"""The time step of this process."""
