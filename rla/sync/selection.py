"""What of an experiment travels, and in which order: what people watch first, checkpoints last."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rla import files
from rla.database.archive import objects_path_text
from rla.database.trees import ExperimentPlace
from rla.names import (
    ARCHIVE,
    BACKUP_FILE,
    CHECKPOINT,
    CODE,
    EPISODES_FILE,
    EVENTS_FOLDER,
    HYPERPARAMETER,
    JOURNAL_FOLDER,
    JSON_FILE,
    LOG,
    LOG_FILE,
    LONG_FILE,
    PARAMETER_FILE,
    PROGRESS_FILE,
    RESULTS,
    RUN_CARD_FILE,
    SEGMENTS_FILE,
    TMP_DATA,
    TREES,
    WARN_FILE,
)
from rla.sync.transport import is_part

__all__ = ["ORDER_OF_TREES", "Content", "LocalFile", "checked_trees", "content_of", "grows", "travels"]

ORDER_OF_TREES: Final = (LOG, HYPERPARAMETER, ARCHIVE, RESULTS, CODE, TMP_DATA, CHECKPOINT)

_METRICS: Final = (
    *(f"{PARAMETER_FILE}.json", f"{PARAMETER_FILE}.yaml", SEGMENTS_FILE),
    *(PROGRESS_FILE, LONG_FILE, EPISODES_FILE, JSON_FILE, WARN_FILE, BACKUP_FILE, LOG_FILE),
)
"""Files that other files are read with come before them. The run card, which may say that all is over, comes after."""

_GROWING: Final = frozenset(
    (PROGRESS_FILE, LONG_FILE, EPISODES_FILE, JSON_FILE, LOG_FILE, WARN_FILE, BACKUP_FILE, "progress.txt")
)
_EVENT_FILE: Final = "events.out.tfevents"


@dataclass(frozen=True)
class LocalFile:
    """A file of an experiment that may travel.

    Attributes:
        source: where it is, behind a symbolic link where there is one.
        path: what it is called below the data root, with ``/`` between its parts.
        size: in bytes.
        modified_ns: when it was last changed, in nanoseconds since 1970.
        inode: tells it from another file that took its name.
        grows: whether it is only ever appended to, or replaced as a whole.
        watched: whether people look at it while the run goes on; these files are small and go first.
    """

    source: str
    path: str
    size: int
    modified_ns: int
    inode: int
    grows: bool
    watched: bool

    @property
    def arrival_counts(self) -> bool:
        """Whether its time of modification is that of its arrival: so a reader sees when a run was last heard of."""
        return os.path.basename(self.path) == RUN_CARD_FILE and self.watched


@dataclass
class Content:
    """The files of an experiment in the order they travel, and what is left out."""

    files: list[LocalFile]
    notices: list[str]


def checked_trees(trees: Sequence[str]) -> tuple[str, ...]:
    """Return the trees that names mean (``all`` is every one), in the order they travel."""
    return tuple(tree for tree in ORDER_OF_TREES if "all" in trees or tree in trees)


def grows(path: str) -> bool:
    """Say whether a file of a data root is only ever appended to, by its path below the data root."""
    name = path.rpartition("/")[2]
    return path.startswith(f"{LOG}/") and (name in _GROWING or name.startswith(_EVENT_FILE))


def travels(name: str) -> bool:
    """Say whether a file or folder of this name travels: journals and what is written aside belong to their machine."""
    return name != JOURNAL_FOLDER and not files.is_written_aside(name) and not is_part(name)


def content_of(place: ExperimentPlace, trees: Sequence[str]) -> Content:
    """Return what an experiment has in some trees.

    A symbolic link counts as the file that it leads to, if that belongs to the experiment; others are left out.
    """
    root = f"{place.data_root}/"
    content = Content([], [])
    for tree in trees:
        top = place.path_text(tree)
        for source in [top, objects_path_text(top)] if tree == ARCHIVE else [top]:
            found = [_described(*entry, root, tree) for entry in _walk(source, content.notices)]
            content.files += sorted(found, key=_turn)
    return content


def _walk(top: str, notices: list[str]) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield path, file and status of the regular files at and below a path; what vanishes meanwhile is left out."""
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            status = os.stat(path) if path == top else os.lstat(path)  # people move a folder to another disk
            if stat.S_ISDIR(status.st_mode):
                waiting += [f"{path}/{name}" for name in os.listdir(path) if travels(name)]
            elif stat.S_ISREG(status.st_mode):
                yield path, path, status
            elif stat.S_ISLNK(status.st_mode):
                if (inside := _of_the_experiment(path, top)) is None:
                    notices.append(f"'{path}' is a symbolic link that leads out of the experiment; it is not sent.")
                else:
                    yield path, os.path.realpath(path), inside
        except FileNotFoundError:
            continue
        except OSError as error:
            notices.append(f"'{path}' is not sent: {error.strerror}.")


def _of_the_experiment(link: str, top: str) -> os.stat_result | None:
    """Return the status of the regular file that a link leads to, if that is below the same folder."""
    real = os.path.realpath(link)
    status = os.stat(real)
    return status if real.startswith(os.path.realpath(top) + "/") and stat.S_ISREG(status.st_mode) else None


def _described(path: str, source: str, status: os.stat_result, root: str, tree: str) -> LocalFile:
    below = path.removeprefix(root).replace(os.sep, "/")
    watched = tree == LOG and (os.path.basename(path) in (*_METRICS, RUN_CARD_FILE) or f"/{EVENTS_FOLDER}/" in path)
    return LocalFile(source, below, status.st_size, status.st_mtime_ns, status.st_ino, grows(below), watched)


def _turn(file: LocalFile) -> tuple[int, int, str]:
    """Return what files of a tree are sorted by."""
    name = os.path.basename(file.path)
    if file.watched:
        late = len(_METRICS) + (1 if name == RUN_CARD_FILE else 0)
        return (_METRICS.index(name) if name in _METRICS else late, file.size, file.path)
    return (len(_METRICS) + 2, file.size, file.path)


assert set(ORDER_OF_TREES) == set(TREES)
