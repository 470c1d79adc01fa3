"""What of an experiment is not at the other end yet, told without asking there and without reading a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rla.database.trees import ExperimentPlace
from rla.sync.journal import SENT, Journal, Known, journal_path
from rla.sync.remote import Remote
from rla.sync.report import readable_bytes
from rla.sync.selection import LocalFile, checked_trees, content_of

__all__ = ["NotSent", "find_not_sent"]


@dataclass(frozen=True)
class NotSent:
    """What has not reached the other end when a run ended.

    Attributes:
        files: how many files; None where nobody knows.
        bytes: how many bytes of them.
        problem: why, where that is known.
    """

    files: int | None = None
    bytes: int = 0
    problem: str = ""

    def __str__(self) -> str:
        if self.files is None:
            what = "What is new of this run has"
        elif self.files == 1:
            what = f"1 file of this run ({readable_bytes(self.bytes)}) has"
        else:
            what = f"{self.files:,} files of this run ({readable_bytes(self.bytes)}) have"
        return f"{what} not reached the main node{': ' if self.problem else '.'}{self.problem}"


def find_not_sent(place: ExperimentPlace, remotes: Sequence[Remote], trees: Sequence[str]) -> tuple[int, int]:
    """Return how many files, and how many bytes of them, the notes of earlier transfers do not know.

    Args:
        place: the experiment.
        remotes: addresses of the same data root; the one that most was sent by counts.
        trees: the trees that are sent.
    """
    content = content_of(place, checked_trees(trees)).files
    found = []
    for identity in {remote.identity: None for remote in remotes}:
        with Journal(journal_path(place, identity, SENT), keeps=False) as journal:
            missing = [_missing(file, journal.get(file.path)) for file in content]
            found.append((sum(count is not None for count in missing), sum(filter(None, missing))))
    return min(found)


def _missing(file: LocalFile, known: Known | None) -> int | None:
    """Return how many bytes of a file have not travelled; None when it is as it was when it did."""
    if known is None:
        return file.size
    if (known.size, known.modified_ns, known.inode) == (file.size, file.modified_ns, file.inode):
        return None
    return file.size - known.size if file.grows and file.size > known.size else file.size
