"""Sending the records of a run to the main node while it goes on, for the manager."""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING

from rla.config import Settings
from rla.errors import ConfigError, SyncError
from rla.experiment.endings import finishing
from rla.experiment.folders import ExperimentFolders
from rla.experiment.run import Run
from rla.output.logger import Logger

if TYPE_CHECKING:
    from rla.sync.background.training_side import BackgroundSync
    from rla.sync.report import SyncReport

__all__ = ["LogSending"]


class LogSending(ExperimentFolders):
    """Sends the records of the current run to the main node."""

    logger: Logger
    settings: Settings | None
    is_master_node: bool

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._sent_run: Run | None = None
        self._sync: BackgroundSync | None = None
        self._look_at = -math.inf

    def sync_log_file(self, skip_error: bool = False, wait: bool = False) -> SyncReport | None:
        """Have the records of this run sent to the main node, as `REMOTE_SETTING` of the configuration says.

            while training:
                step()
                exp_manager.sync_log_file()

        The call returns at once, and may stand in every step: a process beside the training does the work, at most
        every ``REMOTE_SETTING.every`` seconds. What cannot be sent now is sent later; that is a warning, once, and
        never an error. At the end of the run what is new then is sent and waited for, ``REMOTE_SETTING.wait_at_end``
        seconds at most.

        Nothing is sent where `SEND_LOG_FILE` is False, on the main node (``is_master_node``), by ranks that record
        nothing, and by forked children.

        Args:
            skip_error: with ``wait``, an error is a warning.
            wait: write out all rows, send them now, and return when that is done.

        Returns:
            With ``wait`` what was sent, or None where nothing is to be; else None.

        Raises:
            NotConfiguredError: there is no experiment yet.
            SyncError: only with ``wait``: the main node was not reached.
            ConfigError: only with ``wait``: the configuration does not say where it is.
        """
        if not wait and monotonic() < self._look_at and self._run is self._sent_run:
            return None
        run = self._current_run("sync_log_file()")
        if run is not self._sent_run:
            self._sent_run, self._sync = run, None
        if wait:
            return self._send_and_wait(run, skip_error)
        try:
            with finishing():  # a signal ends the run, which needs what is at work here
                self._look_at = self._look(run)
        except Exception as error:  # whatever it is: the training is worth more
            self._look_at = math.inf
            self.logger.warn_visibly(f"The records of this run are not sent: {error}")
        return None

    def _look(self, run: Run) -> float:
        """See to it that what is new gets sent, and return when to do so again."""
        if (sync := self._sync_of(run)) is None:
            return math.inf
        if sync.lock.acquire(blocking=False):  # else another thread does it just now
            try:
                sync.look()
            finally:
                sync.lock.release()
        return monotonic() + sync.look_again

    def _send_and_wait(self, run: Run, skip_error: bool) -> SyncReport | None:
        try:
            with finishing():
                sync = self._sync_of(run)
            if sync is None:
                return None
            self.logger.flush()
            with finishing(), sync.lock:
                number = sync.begin_to_wait()
            while True:
                with finishing(), sync.lock:
                    report = sync.outcome(number)
                if report is not None:
                    return report
                sync.pause(1.0)
        except (SyncError, ConfigError) as error:
            if not skip_error:
                raise
            self.logger.warn_visibly(f"The records of this run were not sent: {error}")
            return None

    def _sync_of(self, run: Run) -> BackgroundSync | None:
        """Return what sends a run; None where nothing is to be sent.

        Raises:
            ConfigError: the configuration does not say where to.
        """
        settings = self.settings
        if self._sync is not None or settings is None or self.is_master_node or run.temporary or not run.is_mine:
            return self._sync if run.is_mine else None
        if not settings.get("SEND_LOG_FILE"):
            return None
        from rla.sync.background.training_side import BackgroundSync  # only nodes that send need it
        from rla.sync.remote import remotes_of

        self._sync = BackgroundSync(
            run.place,
            remotes_of(settings),
            settings.get("REMOTE_SETTING.trees"),
            every=float(settings.get("REMOTE_SETTING.every")),
            config=settings.file,
            wait_at_end=float(settings.get("REMOTE_SETTING.wait_at_end")),
            warn=self.logger.warn_visibly,
            inform=self.logger.info,
        )
        return self._sync

    def _end_sending(self) -> None:
        """Send what is new at the end of a run, and say what could not be."""
        sync, self._sync, self._sent_run = self._sync, None, None
        if sync is None:
            return
        complete = False
        try:
            with sync.lock:
                complete = sync.end()
        except Exception as error:  # the run has ended well, whatever this is
            self.logger.warn_visibly(f"The last records of this run were not sent: {error}")
        finally:  # also for who is tired of waiting, and presses Ctrl-C
            if not complete and (left := sync.not_sent).files != 0:
                apart = "\n" if "\n" in str(left) else " "  # a problem of several lines may end with a command
                self.logger.warn_visibly(f"{left}{apart}To send it later: {sync.command}")
