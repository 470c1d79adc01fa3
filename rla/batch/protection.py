"""Experiments that must not be deleted or replaced: pinned ones, living ones, and those that lie elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from rla.database.index_name import parse_index_name, parse_record_date
from rla.database.pins import pins_of
from rla.database.run_card import ENDINGS, LOCK_FILE, RUNNING, observed_status, read_run_card
from rla.database.trees import ExperimentPlace
from rla.locks import is_locked
from rla.machine import host_name
from rla.names import JOURNAL_FOLDER, LOG, RUN_CARD_FILE, TREES

__all__ = ["MIGRATED_FROM", "Protection"]

MIGRATED_FROM: Final = "migrated_from"
"""The field of the run card of a migrated copy that says where it came from."""

_PROCESSES: Final = "/proc"
_STARTING_SECONDS: Final = 10.0


class Protection:
    """Knows why an experiment must not be touched.

    Args:
        data_root: the database folder.
        pinned: whether pins count.
        copies: whether these are copies, which do not live because the run does that they were made from.
    """

    def __init__(self, data_root: Path, pinned: bool = True, copies: bool = False) -> None:
        self.data_root = data_root
        self._pins = pins_of(data_root) if pinned else {}
        self._copies = copies
        self._folders: dict[str, tuple[str, str | None]] = {}
        self._written: dict[str, str] | None = None

    def reason(self, place: ExperimentPlace, trees: Iterable[str], status: str = "") -> str | None:
        """Return why an experiment must not be touched; None when it may be.

        Args:
            place: where it lies.
            trees: the trees that are asked about.
            status: its status as it was a moment ago; one that has ended then is not looked at as closely.
        """
        if (pin := self._pins.get((place.task, place.day, place.index_name))) is not None:
            return f"it is pinned: {pin.reason}"
        return self.elsewhere(place, trees) or self._life(place, status)

    def elsewhere(self, place: ExperimentPlace, trees: Iterable[str]) -> str | None:
        """Say where a symbolic link leads that stands for a task or a date folder; nothing without one."""
        return next(filter(None, (self._folder(place, tree)[1] for tree in trees)), None)

    def _folder(self, place: ExperimentPlace, tree: str) -> tuple[str, str | None]:
        """Return where the date folder of an experiment really lies, and what is wrong with that."""
        folder = f"{place.data_root}/{tree}/{place.task}/{place.day}"
        if folder not in self._folders:
            top = os.path.realpath(f"{place.data_root}/{tree}")
            real, straight = os.path.realpath(folder), f"{top}/{place.task}/{place.day}"
            problem = (
                None
                if real == straight
                else f"a symbolic link leads from '{tree}/{place.task}/{place.day}' to '{real}'; do this where it lies"
            )
            self._folders[folder] = real, problem
        return self._folders[folder]

    def _life(self, place: ExperimentPlace, status: str) -> str | None:
        log_dir = place.path_text(LOG)
        if status in ENDINGS and not os.path.lexists(f"{log_dir}/{JOURNAL_FOLDER}"):
            return None
        card = read_run_card(Path(log_dir))
        if card is None:  # runs of other tools have none that would tell
            if _is_just_made(place) and os.path.lexists(log_dir) and not os.path.lexists(f"{log_dir}/{RUN_CARD_FILE}"):
                return "it has just been made, and nothing tells yet who runs it"
            return self._writer(place)
        if observed_status(card, Path(log_dir)) != RUNNING:
            return None
        is_copy = self._copies or MIGRATED_FROM in card.extra
        if is_copy and card.host == host_name() and not is_locked(f"{log_dir}/{LOCK_FILE}"):
            return self._writer(place)
        return f"it is under way: process {card.pid} on {card.host or 'an unknown host'}"

    def _writer(self, place: ExperimentPlace) -> str | None:
        """Say which file of an experiment a process has open to write to it."""
        if self._written is None:
            self._written = _folders_written_to()
        for tree in TREES if self._written else ():
            path = place.path_text(tree)
            real = f"{self._folder(place, tree)[0]}/{os.path.basename(path)}"
            if (name := self._written.get(os.path.realpath(real) if os.path.islink(real) else real)) is not None:
                return f"it is under way: a process has '{name}' open"
        return None


def _folders_written_to() -> dict[str, str]:
    """Return the folders with files, at any depth, that processes of this host write to, each with the name of one."""
    folders: dict[str, str] = {}
    for path in _files_open_for_writing():
        name = os.path.basename(path)
        while (folder := os.path.dirname(path)) not in folders:
            folders[folder] = name
            if folder == path:
                break
            path = folder
    return folders


def _is_just_made(place: ExperimentPlace) -> bool:
    """Say whether an experiment's record date is of these seconds: its folders come a moment before its run card."""
    index = parse_index_name(place.index_name)
    try:
        made = parse_record_date(f"{place.day}/{index.time}") if index else None
    except ValueError:  # a day that no month has
        return False
    return made is not None and abs((datetime.now() - made).total_seconds()) < _STARTING_SECONDS


def _files_open_for_writing() -> Iterable[str]:
    """Yield the paths of all files that processes of this host write to, as far as the system tells (Linux)."""
    for process in os.listdir(_PROCESSES) if os.path.isdir(_PROCESSES) else ():
        if not process.isdigit():
            continue
        folder = f"{_PROCESSES}/{process}/fd"
        with contextlib.suppress(OSError):
            for number in os.listdir(folder):
                with contextlib.suppress(OSError):  # it was closed meanwhile
                    path = os.readlink(f"{folder}/{number}")
                    # the link of a descriptor has the permissions that the file was opened with
                    if path.startswith("/") and os.lstat(f"{folder}/{number}").st_mode & stat.S_IWUSR:
                        yield path
