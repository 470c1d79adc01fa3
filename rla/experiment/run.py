"""A run under way: its place, its card, and its status from start to end."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rla import files, locks
from rla.database.archive import objects_path, write_archive, write_objects
from rla.database.creation import create_experiment, not_writable
from rla.database.parameters import write_parameters
from rla.database.plain_values import escaped, is_secret, mask_secrets, plain_parameters, text_of
from rla.database.run_card import HEARTBEAT_SECONDS, RunCard, read_run_card, update_run_card, write_run_card
from rla.database.tags import add_tags
from rla.database.trees import ExperimentPlace
from rla.environment import hardware, installed_packages
from rla.errors import warn_quietly
from rla.machine import host_name, process_start, user_name
from rla.names import ARCHIVE, CODE, HYPERPARAMETER, LOG, MASK, PARAMETER_FILE, RUN_CARD_FILE, SECRET_KEYS
from rla.version import __version__

_PASSWORD_OF_ADDRESS: Final = re.compile(r"(?<=://)[^/@\s]+@")

if TYPE_CHECKING:
    from rla.snapshot.selection import Selection

__all__ = ["Run", "command_line", "start_run"]


@dataclass
class Run:
    """One experiment while its process lives.

    Attributes:
        place: where its folders lie.
        card: its run card, as last written.
        moment: the moment that names it.
        parameters: its hyper-parameters, as plain values and without secrets.
        masked: names of hyper-parameters whose values are secrets, so that no file gets them.
        temporary: whether the folders are removed at the end, as those of ranks that record nothing.
        tags_to_write: tags that no card has yet.
        loads_from: the place of the run that was resumed, where this is a rank that records nothing and may not touch
            it.
    """

    place: ExperimentPlace
    card: RunCard
    moment: datetime
    parameters: Mapping[str, Any] = field(default_factory=dict)
    masked: Sequence[str] = ()
    temporary: bool = False
    tags_to_write: list[str] = field(default_factory=list)
    loads_from: ExperimentPlace | None = None

    @property
    def log_dir(self) -> Path:
        """Its folder in the log tree."""
        return self.place.path(LOG)

    @property
    def is_mine(self) -> bool:
        """Whether this process started it, and not the one that this process was forked from."""
        return self.card.pid == os.getpid()

    def heartbeat(self) -> None:
        """Renew the heartbeat of the card, when it is time to."""
        now = time.time()
        if now - self.card.heartbeat >= HEARTBEAT_SECONDS and self.is_mine:
            self.card.heartbeat = now
            with contextlib.suppress(OSError):  # the next one may get through; until then the older one stands
                self.write_card()

    def write_card(self) -> None:
        """Write the card, with the tags that somebody gave it meanwhile, and what another tool has added.

        Raises:
            OSError: it could not be written; an earlier card is unchanged.
        """
        with locks.locked_folder(self.log_dir):  # how a run goes matters more than waiting for somebody's lock
            stored = read_run_card(self.log_dir)
            if stored is not None:
                self.card.tags, self.card.extra = stored.tags, stored.extra
            tags = list(self.tags_to_write)
            add_tags(self.card, tags)
            write_run_card(self.log_dir, self.card)
            del self.tags_to_write[: len(tags)]

    def add_tags(self, tags: Sequence[str]) -> None:
        """Give the experiment tags; where the card cannot be written now, a later heartbeat does it."""
        try:
            update_run_card(self.log_dir, lambda card: add_tags(card, tags))
        except (OSError, ValueError) as error:
            self.tags_to_write += tags
            warn_quietly(f"the tags {', '.join(tags)} could not be written yet: {error}")

    def rewrite_parameters(self, values: Mapping[str, Any]) -> None:
        """Write other hyper-parameters into the files of the experiment; the name stays as it is.

        Raises:
            OSError: a file could not be written.
        """
        parameters, types = plain_parameters(values)
        self.masked = mask_secrets(parameters, types)
        write_parameters(parameters, *(self.place.path(tree) for tree in (LOG, CODE, HYPERPARAMETER)))
        self.parameters, self.card.types = parameters, types
        self.write_card()

    def keep_code(self, selection: Selection) -> str | None:
        """Keep the code in the experiment's folder of the code tree, and note in the card what it is.

        Returns:
            What people should know: what was left out and why; None when there is nothing to say.
        """
        from rla.snapshot.git import read_git_state
        from rla.snapshot.take import take_snapshot  # only a run needs them

        try:
            if (git := read_git_state(selection.code_root)) is not None:
                self.card.git_commit, self.card.git_branch = git.commit, git.branch
                self.card.git_remote, self.card.git_dirty = git.remote, git.dirty
            snapshot = take_snapshot(selection, self.place.data_root, self.place.path(CODE), git)
            self.card.code = snapshot.manifest.digest if snapshot.manifest.files else None
            notice = snapshot.notice
        except Exception as error:  # a full disk, a strange repository: the training is worth more than its code
            problem = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            notice = f"The code backup is not complete: {problem}"
        with contextlib.suppress(OSError):  # the next heartbeat writes it again
            self.write_card()
        return notice

    def keep_code_of_segment(self, selection: Selection, number: int) -> dict[str, Any]:
        """Keep the code that a run is gone on with, where it is not the code that it began with.

        Args:
            selection: what to keep.
            number: of the segment, from 1; the folder is ``code/<…>/.resumed/<number>``.

        Returns:
            What identifies the code: ``code``, ``git_commit`` and ``git_dirty``, those that are known.
        """
        from rla.snapshot.git import read_git_state
        from rla.snapshot.selection import RESUMED_FOLDER
        from rla.snapshot.take import take_snapshot  # only a run needs them

        known: dict[str, Any] = {}
        folder = self.place.path(CODE) / RESUMED_FOLDER / str(number)
        try:
            if (git := read_git_state(selection.code_root)) is not None:
                known |= {"git_commit": git.commit, "git_dirty": git.dirty}
            files.remove_tree(folder)  # of a resume that died before its run card was written
            snapshot = take_snapshot(selection, self.place.data_root, folder, git)
            known["code"] = snapshot.manifest.digest if snapshot.manifest.files else None
            if known["code"] == self.card.code:
                files.remove_tree(folder)
                files.remove_directory(folder.parent)  # stays where it holds the code of another segment
        except Exception as error:  # as by `keep_code`
            warn_quietly(f"the code of the resumed run could not be kept: {type(error).__name__}: {error}")
        return known

    def finish(self, status: str, reason: str | None, dropped_rows: int) -> None:
        """Write into the card how the run ended; a run that was temporary is removed."""
        if self.temporary:
            self._remove_own_files()
            return
        self.card.status, self.card.reason, self.card.dropped_rows = status, reason, dropped_rows
        self.card.end = self.card.heartbeat = time.time()
        try:
            self.write_card()
        except OSError as error:
            warn_quietly(f"the end of the run could not be noted: {error}")

    def _remove_own_files(self) -> None:
        """Remove what we wrote for a temporary run, and all folders that are empty then; files of the user's stay."""
        for tree in (LOG, CODE, HYPERPARAMETER):
            for name in (RUN_CARD_FILE, f"{PARAMETER_FILE}.json", f"{PARAMETER_FILE}.yaml"):
                files.remove(self.place.path(tree) / name)
        files.remove(self.place.path(ARCHIVE))
        files.remove(objects_path(self.place.path(ARCHIVE)))
        for folder, _, _ in os.walk(self.place.data_root, topdown=False):
            files.remove_directory(folder)

    def save_archive(
        self,
        values: Mapping[str, Any],
        custom_data: Mapping[str, Any],
        time_step: int | float,
        sealed: Mapping[str, bytes] = MappingProxyType({}),
    ) -> dict[str, str]:
        """Write the archive: hyper-parameters and custom data as plain values.

        Custom data that is not plain goes to a pickle beside the archive.

        Returns:
            Keys of custom data that is not plain, with what became of it.

        Raises:
            OSError: it could not be written; an earlier one is unchanged.
        """
        parameters, parameter_types = plain_parameters(values)
        mask_secrets(parameters, parameter_types)
        custom, types = plain_parameters(custom_data)
        names = {pointer.split("/")[1]: None for pointer, kind in types.items() if kind == "repr"}
        objects = {key: value for key, value in custom_data.items() if escaped(text_of(key)) in names}
        archive = self.place.path(ARCHIVE)
        older = {key: value for key, value in sealed.items() if key not in custom}
        kept = write_objects(archive, {text_of(key): value for key, value in objects.items()}, older)
        content = {
            "schema": 1,
            "task_table_name": self.place.task,
            "record_date": self.moment,
            "hyper_param": parameters,
            "custom_data": custom,
            "custom_data_types": types,
            "objects": kept,
            "time_step": time_step,
        }
        write_archive(archive, content)
        apart = f"is no plain data; it is kept in '{objects_path(archive).name}' and loaded only with trust=True"
        without = "can be held by no pickle; only its text is kept"
        return {key: apart if key in kept else without for key in map(text_of, objects)}


def start_run(
    data_root: Path,
    task: str,
    node: str,
    values: Mapping[str, Any],
    tracked: Mapping[str, Any],
    temporary: bool,
    tags: Sequence[str] = (),
) -> Run:
    """Make a new experiment and write down what it is.

    Args:
        data_root: the database folder, made when missing.
        task: a checked name of a task table.
        node: address of this machine.
        values: all hyper-parameters.
        tracked: those that its name shows.
        temporary: whether its folders are removed at the end.
        tags: its tags.

    Raises:
        DataRootError: the folders or files could not be written.
    """
    shown = {key: MASK if is_secret(key.rpartition(".")[2]) else value for key, value in tracked.items()}
    record_date, place = create_experiment(data_root, task, node, shown, datetime.now())
    parameters, types = plain_parameters(values)
    masked = mask_secrets(parameters, types)
    moment = datetime.strptime(record_date, "%Y/%m/%d/%H-%M-%S-%f")
    now = time.time()
    card = RunCard(
        id=f"{record_date}_{node}",
        task=task,
        record_date=record_date,
        node=node,
        index_name=place.index_name,
        start=now,
        heartbeat=now,
        host=host_name(),
        pid=os.getpid(),
        process_start=process_start(),
        user=user_name(),
        command=command_line(),
        working_directory=_working_directory(),
        python=platform.python_version(),
        rla_version=__version__,
        packages=installed_packages(),
        hardware=hardware(),
        tags=list(tags),
        types=types,
    )
    try:
        write_run_card(place.path(LOG), card)
        write_parameters(parameters, *(place.path(tree) for tree in (LOG, CODE, HYPERPARAMETER)))
    except OSError as error:
        raise not_writable(data_root, error.strerror or str(error)) from error
    return Run(place, card, moment, parameters, masked, temporary)


def command_line() -> list[str]:
    """Return how this process was called, without secrets."""
    return [sys.executable, *_without_secrets(sys.orig_argv[1:] or sys.argv)]


def _without_secrets(arguments: list[str]) -> list[str]:
    """Return a command line in which passwords in addresses and values of options such as ``--api-key`` are masked."""
    shown: list[str] = []
    mask_next = False
    for argument in arguments:
        name, sign, _ = argument.partition("=")
        secret = name.lstrip("-").lower().replace("-", "_").endswith(SECRET_KEYS)
        if mask_next and not argument.startswith("--"):
            shown.append(MASK)
        else:
            shown.append(f"{name}={MASK}" if secret and sign else _PASSWORD_OF_ADDRESS.sub(f"{MASK}@", argument))
        mask_next = secret and not sign and name.startswith("-")
    return shown


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed meanwhile
        return ""
