"""Going on with an experiment: a new segment of the same run, whose record stays whole and honest."""

from __future__ import annotations

import contextlib
import os
import pickle
import platform
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rla import files, timers
from rla.database.archive import objects_path, sealed_objects
from rla.database.creation import not_writable
from rla.database.index_name import parse_record_date, record_date_of
from rla.database.plain_values import as_mapping, is_secret, mask_secrets, plain_parameters, text_of
from rla.database.record import ExperimentRecord
from rla.database.run_card import RUNNING, STALE_AFTER_SECONDS, RunCard, last_sign, write_run_card
from rla.errors import NotConfiguredError, QueryError, RLAError, RunIsAliveError, warn_quietly
from rla.experiment.archived import ArchivedExperiment
from rla.experiment.custom_data import CustomData
from rla.experiment.endings import tell_at_end
from rla.experiment.preemption import Preemption
from rla.experiment.ranks import recording_rank, temporary_folder
from rla.experiment.resume_point import ResumePoint, resume_point
from rla.experiment.run import Run, command_line
from rla.experiment.system import SystemTracking
from rla.machine import host_name, process_start
from rla.names import ARCHIVE, LOG, MASK
from rla.output.resumes import resumes_of
from rla.version import __version__

if TYPE_CHECKING:
    from rla.config import Settings
    from rla.snapshot.selection import Selection

__all__ = ["Resuming"]


class Resuming(Preemption, SystemTracking):
    """Goes on with an experiment that has ended, by whatever."""

    data_root: str
    task_table_name: str
    hyper_param: dict[str, Any]
    code_selection: Selection | None
    _run: Run | None
    _custom: CustomData
    _tags: list[str]

    @abstractmethod
    def _open_resumed(self, run: Run, settings: Settings, point: ResumePoint) -> None:
        """Let the logger go on in the folder of a run.

        Raises:
            RunIsAliveError: another process does so already.
            DataRootError: the folder cannot be written.
        """

    @abstractmethod
    def _record_nothing(self, rank: int, root: Path) -> None:
        """Let the logger record nothing."""

    def resume(self, run: str | datetime, at: str | int | float = "last") -> int | float:
        """Go on with an experiment: what is recorded from now on is a new segment of it.

            exp_manager.configure("demo_task", rla_config="rla_config.yaml", data_root="data")
            exp_manager.resume("2026/11/20/13-05-01")
            values = exp_manager.load_state(policy=policy, optimizer=optimizer)

        Call it instead of `log_files_gen`. Nothing that was recorded is overwritten or dropped: rows after ``at`` stay
        in the files, and readers leave them out as soon as there are new ones (`rla history` shows them).
        Hyper-parameters are those of the run; those that were set before this call go before them, and the run card
        notes which differ. The time step is that of ``at``.

        Args:
            run: any part of the run's name that only one experiment of the task has, or its record date.
            at: ``"last"``, the last checkpoint, or the last row where there is none; a time step; the file of a
                checkpoint (``"policy_3000.pt"``), or the name of a series of them (``"policy"``).

        Returns:
            The time step that the run goes on from.

        Raises:
            NotConfiguredError: `configure` was not called.
            ExperimentNotFoundError: there is no such run.
            AmbiguousExperimentError: there are several; the message lists them.
            RunIsAliveError: it is still running, or another process resumes it just now.
            QueryError: it has not come to that step, or has no such checkpoint; the message lists those there are.
            DataRootError: the data root cannot be written.
        """
        settings = self.settings
        if settings is None:
            raise NotConfiguredError("exp_manager.resume()", "exp_manager.configure(...)")
        given = as_mapping(self.hyper_param)
        if given is None:
            kind = type(self.hyper_param).__name__
            raise TypeError(f"exp_manager.hyper_param is a {kind}; expected a dict of hyper-parameters by name.")
        record = self._run_to_resume(run)
        rank = recording_rank()
        if not rank and record.status() == RUNNING:
            raise RunIsAliveError(str(record.log_dir), _how_long(record))
        point = resume_point(record, at)
        stored, secret = _parameters_of(record)
        custom = CustomData() if rank else _custom_data_of(record, settings.trust_own_archives)
        resumed = _run_of(record, stored)
        changed = _changed(stored, given)
        self.finish()
        self.logger.close_all()
        self.logger.reset()
        if rank:
            resumed = self._of_a_rank(resumed, rank)
        else:
            self._open_resumed(resumed, settings, point)
            self._take_over(resumed, record, point, changed)
        self.hyper_param = {**{key: value for key, value in stored.items() if key not in secret}, **given}
        self._custom = custom
        self._run = resumed
        timers.reset()
        self.forget_saver()
        self.time_step_holder.set_time(point.step)
        if not rank:
            tell_at_end(self.finish)
            self._note_resume(resumed, [key for key in secret if key not in given])
            self._begin_sampling()
        return point.step

    def _run_to_resume(self, run: str | datetime) -> ExperimentRecord:
        from rla.query.naming import find_run

        name = record_date_of(run) if isinstance(run, datetime) else run
        record = find_run(self.data_root, name, self.task_table_name)
        try:
            parse_record_date(record.record_date)
        except ValueError:
            raise QueryError(f"'{record.name}' is no run of rla: its name has no record date.") from None
        return record

    def _of_a_rank(self, run: Run, rank: int) -> Run:
        """Return what a rank has of a run that another one records: it may load from it, and saves elsewhere."""
        place = replace(run.place, data_root=temporary_folder(rank))
        with contextlib.suppress(OSError):
            files.make_directories(place.path(LOG))
            write_run_card(place.path(LOG), run.card)
        self._record_nothing(rank, place.data_root)
        return replace(run, place=place, temporary=True, loads_from=run.place, card=replace(run.card, pid=os.getpid()))

    def _take_over(self, run: Run, record: ExperimentRecord, point: ResumePoint, changed: dict[str, Any]) -> None:
        """Write into the run card that this process goes on with the run, which it has the lock of."""
        run.card = _resumed_card(record, point, changed)  # read again: another one may have been before us
        run.tags_to_write, self._tags = list(dict.fromkeys(self._tags)), []
        try:
            run.write_card()
        except OSError as error:
            self.logger.close_all()
            raise not_writable(run.place.data_root, str(error)) from error

    def _note_resume(self, run: Run, secret: list[str]) -> None:
        """Note how and with which code the run goes on."""
        entry = run.card.resumes[-1]
        if self.code_selection is not None:
            entry |= run.keep_code_of_segment(self.code_selection, entry["segment"])
        with contextlib.suppress(OSError):  # the next heartbeat writes it again
            run.write_card()
            files.touch_directory(run.log_dir.parent)  # indexes of other readers look at folders that have changed
        changed = f"; changed: {', '.join(entry['changed'])}" if entry["changed"] else ""
        checkpoint = f" ({entry['checkpoint']})" if entry["checkpoint"] else ""
        self.logger.backup(f"resumed at step {entry['step']}{checkpoint}{changed}")
        if secret:
            names = ", ".join(secret)
            self.logger.warn_visibly(f"No file has the values of {names}, which are secrets: set them before resume().")


def _how_long(record: ExperimentRecord) -> str:
    """Say when a run that lives can be resumed."""
    card = record.run_card()
    if card is None or card.host == host_name():
        return "it can be resumed once that process has ended."
    now, minutes = time.time(), STALE_AFTER_SECONDS / 60
    silence = max(0, round(now - last_sign(card, record.log_dir, now)))
    return (
        f"it can be resumed once process {card.pid} on {card.host} has ended (heard of {silence} seconds ago; "
        f"after {minutes:.0f} minutes of silence it counts as gone)."
    )


def _run_of(record: ExperimentRecord, parameters: Mapping[str, Any]) -> Run:
    """Return a run on the place of an experiment, which is not yet that of this process."""
    moment = parse_record_date(record.record_date)
    card = record.run_card() or RunCard(
        id=f"{record.record_date}_{record.node}",
        task=record.place.task,
        record_date=record.record_date,
        node=record.node,
        index_name=record.place.index_name,
        status="unknown",
        start=moment.timestamp(),
    )
    return Run(record.place, replace(card, pid=-1), moment, parameters)


def _resumed_card(record: ExperimentRecord, point: ResumePoint, changed: dict[str, Any]) -> RunCard:
    """Return the card of an experiment as it is from now on."""
    now = time.time()
    card = record.run_card() or _run_of(record, {}).card
    before = {
        key: getattr(card, key) for key in ("status", "reason", "end", "heartbeat", "host", "pid") if getattr(card, key)
    }
    entry = {
        "segment": len(resumes_of(record.log_dir)),
        "time": now,
        "step": point.step,
        "checkpoint": point.checkpoint,
        "host": host_name(),
        "command": command_line(),
        "python": platform.python_version(),
        "rla_version": __version__,
        "changed": changed,
        "before": before,
    }
    return replace(
        card,
        status=RUNNING,
        reason=None,
        end=None,
        heartbeat=now,
        host=host_name(),
        pid=os.getpid(),
        process_start=process_start(),
        resumes=[*card.resumes, entry],
    )


def _parameters_of(record: ExperimentRecord) -> tuple[dict[str, Any], list[str]]:
    """Return the hyper-parameters that a run had last, and names of those whose values are secrets and in no file.

    What earlier resumes have changed stands in the run card; the parameter files say how the run began.
    """
    found = dict(record.parameters())
    card = record.run_card()
    for entry in card.resumes if card else []:
        changed = entry.get("changed")
        for key, values in changed.items() if isinstance(changed, dict) else ():
            if isinstance(values, list) and len(values) == 2:
                found[key] = values[1]
    return found, [key for key, value in found.items() if value == MASK and is_secret(key)]


def _changed(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyper-parameters that are not what they were, with both values as JSON holds them."""
    before, _ = plain_parameters(stored)
    after, notes = plain_parameters(given)
    mask_secrets(after, notes)
    return {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}


def _custom_data_of(record: ExperimentRecord, trust: bool) -> CustomData:
    """Return the custom data of a run, so that its archive goes on with them.

    What is no plain data is loaded where it is trusted, and else stays as it is, sealed; so does what cannot be read.
    """
    archive = record.place.path(ARCHIVE)
    sealed: dict[str, bytes] = {}
    values: dict[str, Any] = {}
    try:
        sealed = sealed_objects(archive)
    except (OSError, ValueError, RLAError) as error:
        warn_quietly(f"objects beside the archive of '{record.name}' cannot be read ({error}); they are kept as bytes")
        with contextlib.suppress(OSError, ValueError):
            content = files.read_regular(objects_path(archive), limit=1 << 40)
            sealed = {"objects_before_resume": pickle.dumps(content)}
    try:
        if archive.stat().st_size:  # older tools left empty files
            custom = ArchivedExperiment(record).custom_data  # of what is sealed, it has the text
            values = {key: value for key, value in custom.items() if text_of(key) not in sealed}
            opened = _opened(sealed, record) if trust else {}
            keys = {text_of(key): key for key in custom}
            values |= {keys.get(name, name): value for name, value in opened.items()}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RLAError) as error:
        kept = "archive_before_resume"
        warn_quietly(f"the archive of '{record.name}' cannot be read ({error}); it is kept as the custom data '{kept}'")
        with contextlib.suppress(OSError, ValueError):
            sealed[kept] = files.read_regular(archive, limit=1 << 40)
    return CustomData(values, sealed)


def _opened(sealed: dict[str, bytes], record: ExperimentRecord) -> dict[str, Any]:
    """Load what is sealed, which runs code of its classes, and take it out; what cannot be loaded stays."""
    found = {}
    for name, content in list(sealed.items()):
        try:
            found[name] = pickle.loads(content)
        except Exception as error:  # a class that is gone or has changed since can raise nearly anything
            warn_quietly(f"the custom data '{name}' of '{record.name}' cannot be loaded ({error}); it is kept as it is")
        else:
            del sealed[name]
    return found
