"""The run card, `experiment.json`: what an experiment is, who runs it, and how it ended.

It holds no environment variables and no secrets. Fields that a reader does not know are kept for it in ``extra``.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from rla import files, locks
from rla.database.bounded_values import LARGEST_DOCUMENT, parse_json
from rla.machine import host_name, process_is_alive
from rla.names import JOURNAL_FOLDER, RUN_CARD_FILE

__all__ = [
    "DEAD",
    "ENDINGS",
    "FAILED",
    "FINISHED",
    "HEARTBEAT_SECONDS",
    "INTERRUPTED",
    "RUNNING",
    "STALE",
    "STALE_AFTER_SECONDS",
    "RunCard",
    "last_sign",
    "load_run_card",
    "observed_status",
    "read_run_card",
    "update_run_card",
    "write_run_card",
]

SCHEMA_VERSION: Final = 1

RUNNING: Final = "running"
FINISHED: Final = "finished"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"
ENDINGS: Final = (FINISHED, FAILED, INTERRUPTED)
DEAD: Final = "dead"
STALE: Final = "stale"

HEARTBEAT_SECONDS: Final = 60.0
"""How often a living run renews its heartbeat."""

STALE_AFTER_SECONDS: Final = 15 * 60.0
"""A run of another host that was not heard of for so long is shown as stale."""

LOCK_FILE: Final = f"{JOURNAL_FOLDER}/lock"


@dataclass
class RunCard:
    """What is known of one run. Times are seconds since 1970 (UTC).

    Attributes:
        id: ``<record date>_<node>``, unique in a data root.
        status: ``running``, ``finished``, ``failed`` or ``interrupted``, as the run itself last wrote.
        heartbeat: when the run last said that it lives.
        process_start: start of the process ``pid`` on ``host``; tells it from a later process with the same number.
        command: the command line.
        packages: versions of the installed distributions, by name.
        hardware: processor, cores, memory and graphics cards.
        git_commit: the commit that was checked out; the other ``git`` fields are None too where there is no repository.
        git_remote: address of the repository, without user names and passwords.
        git_dirty: whether files differed from the commit; then ``code/<…>/uncommitted.patch`` says how.
        code: identity of the code snapshot: equal for equal code; None when there is none.
        parent: id of the experiment that this one was forked from.
        fork: how it was forked: when (``time``), from which ``name``, time step (``step``) and ``checkpoint``.
        resumes: for each time that the run was gone on with: when (``time``), from which time step (``step``) and
            ``checkpoint``, on which ``host``, by which ``command`` and ``code``, which hyper-parameters were
            ``changed``, and how it had ended ``before``.
        types: notes that give hyper-parameters their types back, by JSON pointer.
        dropped_rows: rows that could not be kept while the disk refused them.
        reason: why the run failed or was interrupted, e.g. ``ValueError: …`` or ``SIGTERM``.
    """

    id: str
    task: str
    record_date: str
    node: str
    index_name: str
    status: str = RUNNING
    start: float = 0.0
    end: float | None = None
    heartbeat: float = 0.0
    host: str = ""
    pid: int = 0
    process_start: float | None = None
    user: str = ""
    command: list[str] = field(default_factory=list)
    working_directory: str = ""
    python: str = ""
    rla_version: str = ""
    packages: dict[str, str] = field(default_factory=dict)
    hardware: dict[str, Any] = field(default_factory=dict)
    git_commit: str | None = None
    git_branch: str | None = None
    git_remote: str | None = None
    git_dirty: bool | None = None
    code: str | None = None
    parent: str | None = None
    fork: dict[str, Any] = field(default_factory=dict)
    resumes: list[dict[str, Any]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    dropped_rows: int = 0
    reason: str | None = None
    schema: int = SCHEMA_VERSION
    extra: dict[str, Any] = field(default_factory=dict)


_KNOWN: Final = {known.name: known.type for known in fields(RunCard) if known.name != "extra"}
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int, bool),
    "float": (int, float, bool),
    "None": (type(None),),
    "list[str]": (list,),
    "dict[str, str]": (dict,),
    "dict[str, Any]": (dict,),
    "list[dict[str, Any]]": (list,),
}


_KINDS_OF: Final = {
    name: frozenset(kind for each in str(annotation).split(" | ") for kind in _KINDS.get(each, ()))
    for name, annotation in _KNOWN.items()
}
_LARGEST: Final = 1e15
"""Larger numbers are no moment, and no count."""

_SURELY: Final = {name: kinds & {str, bool, type(None)} for name, kinds in _KINDS_OF.items() if name != "status"}
"""The kinds of which every value fits."""

_TEXTS: Final = frozenset({str})
_ANYTHING_INSIDE: Final = {name for name, annotation in _KNOWN.items() if "Any" in str(annotation)}


def _fits(key: str, value: Any) -> bool:
    """Say whether a value is of its field's kind; in a card of a foreign hand, one that is not counts as missing."""
    kind = type(value)
    if kind not in _KINDS_OF.get(key, ()):
        return False
    if key == "status":
        return bool(value)
    if kind is int or kind is float:
        return bool(-_LARGEST < value < _LARGEST)  # NaN is not
    if kind is dict or kind is list:
        return key in _ANYTHING_INSIDE or _TEXTS.issuperset(map(type, value.values() if kind is dict else value))
    return True


def write_run_card(folder: Path, card: RunCard) -> None:
    """Write the card into an experiment's log folder, whole or not at all.

    Raises:
        OSError: it could not be written; an earlier card is unchanged.
    """
    content = asdict(card)
    content.update(content.pop("extra"))
    _write(folder, content)


def _write(folder: Path, content: dict[str, Any]) -> None:
    files.write_atomic(folder / RUN_CARD_FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def update_run_card(folder: Path, change: Callable[[RunCard], object]) -> RunCard:
    """Change the card of an experiment's log folder; other processes that do so wait meanwhile.

    What ``change`` leaves alone stays as it stands in the file, whatever it is. A card that it does not change is not
    written.

    Args:
        folder: the experiment's log folder.
        change: changes the card that it is handed.

    Returns:
        The card as it is then.

    Raises:
        OSError: there is no card, it cannot be read or written, or another process has been changing it for seconds.
        ValueError: it is damaged, or no run card.
    """
    with locks.locked_folder(folder) as held:
        if not held:
            raise OSError(errno.EBUSY, "another process is changing it", os.fspath(folder / RUN_CARD_FILE))
        content = _load(folder)
        card = _card_of(content)
        before = asdict(card)
        change(card)
        changed = {key: value for key, value in asdict(card).items() if value != before[key]}
        if changed:
            path = folder / RUN_CARD_FILE
            came = os.stat(path).st_mtime
            content |= changed.pop("extra", {})
            _write(folder, content | changed)
            if card.status == RUNNING and card.host != host_name():  # a tag is no sign of life
                files.set_modified(path, came)
    return card


def read_run_card(folder: Path) -> RunCard | None:
    """Read the card of an experiment's log folder; None when there is none that can be read."""
    try:
        return load_run_card(folder)
    except (OSError, ValueError):
        return None


def load_run_card(folder: str | os.PathLike[str]) -> RunCard:
    """Read the card of an experiment's log folder.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is damaged, or no run card.
    """
    return _card_of(_load(folder))


def _load(folder: str | os.PathLike[str]) -> dict[str, Any]:
    content = parse_json(files.read_regular(f"{os.fspath(folder)}/{RUN_CARD_FILE}", LARGEST_DOCUMENT))
    if not isinstance(content, dict):
        raise ValueError(f"it holds no names and values, but a value of type '{type(content).__name__}'")
    return content


def _card_of(content: dict[str, Any]) -> RunCard:
    extra = {key: value for key, value in content.items() if key not in _KNOWN}
    try:
        fitting = {
            key: value for key, value in content.items() if type(value) in _SURELY.get(key, ()) or _fits(key, value)
        }
        return RunCard(**fitting, extra=extra)
    except TypeError as error:
        raise ValueError(f"it is no run card: {error}") from error


def observed_status(card: RunCard | None, folder: str | os.PathLike[str], now: float | None = None) -> str:
    """Return the status as a reader sees it.

    A card that says ``running`` is not believed: the run's lock is tried, then its process (on its own host), or when
    it was last heard of (on another; see `last_sign`).

    Args:
        card: the run card; None for experiments of older tools.
        folder: the experiment's log folder.
        now: seconds since 1970, for tests.

    Returns:
        The card's status, or ``dead`` (its process is gone), ``stale`` (not heard of), ``unknown`` (no card).
    """
    if card is None:
        return "unknown"
    if card.status != RUNNING:
        return card.status
    if card.host == host_name():
        lives = locks.is_locked(f"{os.fspath(folder)}/{LOCK_FILE}") or process_is_alive(card.pid, card.process_start)
        return RUNNING if lives else DEAD
    now = time.time() if now is None else now
    return STALE if now - last_sign(card, folder, now) > STALE_AFTER_SECONDS else RUNNING


def last_sign(card: RunCard, folder: str | os.PathLike[str], now: float) -> float:
    """Return when a run of another host was last heard of, in seconds since 1970 by the clock of this one.

    The heartbeat is a time of the other host, whose clock may be wrong. The card has the time at which it was written
    here, or came here: that counts where it is later, and a heartbeat that is still to come counts for nothing.

    Args:
        card: the run card.
        folder: the experiment's log folder.
        now: seconds since 1970.

    Returns:
        The moment; ``now`` where every time that is known is still to come.
    """
    try:
        arrival = os.stat(f"{os.fspath(folder)}/{RUN_CARD_FILE}").st_mtime
    except OSError:
        arrival = -_LARGEST
    # a file server may be a little ahead of this host, which is no reason to wait for its time to come
    signs = [arrival] if arrival < now + STALE_AFTER_SECONDS else []
    return max([*signs, card.heartbeat] if card.heartbeat <= now else signs, default=now)
