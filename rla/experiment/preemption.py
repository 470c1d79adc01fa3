"""Ending well when a cluster takes the machine away: a signal is noted, and the training ends itself between two steps.

Slurm sends a signal some time before it kills (``--signal=USR1@120``), and starts a job anew that asks for it
(``--requeue``). A state that is saved in the middle of a step is no state to go on from, so the handler of the signal
does nothing but take note of it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

from rla.database.run_card import INTERRUPTED
from rla.experiment.training_state import TrainingState

__all__ = ["EXIT_PREEMPTED", "Preemption"]

EXIT_PREEMPTED: Final = 75
"""The exit code of a process that was preempted and has saved its state: EX_TEMPFAIL of sysexits.h, try again."""

_received: list[str] = []
"""Names of the signals that came, in order; they concern the process, not one of its managers."""


def _note(number: int, frame: FrameType | None) -> None:
    _received.append(signal.Signals(number).name)


def _release_signals() -> None:
    """Let signals end a forked child as ever: a worker of a data loader that only notes them is never rid of."""
    _received.clear()
    for number in (number for number in signal.Signals if signal.getsignal(number) is _note):
        signal.signal(number, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_signals)


class Preemption(TrainingState):
    """Ends a run between two steps once a signal has come."""

    def watch_preemption(self, *signals: str) -> None:
        """Take note of signals from now on, instead of ending at once; `stop_if_preempted` acts on them.

            exp_manager.watch_preemption()
            while training:
                step()
                exp_manager.stop_if_preempted(lambda: exp_manager.save_state(policy=policy, optimizer=optimizer))

        Args:
            signals: their names; ``"SIGTERM"`` and ``"SIGUSR1"`` by default. SIGKILL cannot be noted by anybody.

        Raises:
            ValueError: there is no such signal, or this is not the main thread, which alone may handle them.
        """
        numbers = []
        for name in signals or ("SIGTERM", "SIGUSR1"):
            if name not in signal.Signals.__members__:
                known = ", ".join(sorted(signal.Signals.__members__))
                raise ValueError(f"'{name}' is no signal of this system; those there are: {known}.")
            numbers.append(signal.Signals[name])
        _received.clear()
        for number in numbers:
            signal.signal(number, _note)

    @property
    def preempted(self) -> bool:
        """Whether a signal that is watched has come."""
        return bool(_received)

    def stop_if_preempted(self, save: Callable[[], object] | None = None) -> None:
        """End the run and the process if a signal has come; call it between two steps.

        The run gets the status ``interrupted``, the process the exit code 75.

        Args:
            save: saves the state. When it fails, the run ends all the same, and the error is told.

        Raises:
            SystemExit: a signal has come.
        """
        if not _received:
            return
        name = _received[0]
        try:
            if save is not None:
                save()
        except Exception as error:  # the machine goes away: better a run that ended without its last state
            self.logger.warn_visibly(f"the state could not be saved after {name}: {error}")
        self.finish(INTERRUPTED, name)
        sys.exit(EXIT_PREEMPTED)
