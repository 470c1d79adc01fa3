"""Which experiment a path of a data root belongs to, and how much of each task and tree has travelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["ExperimentPath", "Share", "read_path", "shares_of"]

_PATH: Final = re.compile(
    r"(?P<tree>[^/]+)/(?P<task>.+?)/(?P<day>[0-9]{4}/[0-9]{2}/[0-9]{2})/(?P<name>[^/]+)(?:/(?P<inside>.*))?", re.DOTALL
)


@dataclass(frozen=True)
class ExperimentPath:
    """A path below a data root, taken apart.

    Attributes:
        tree: the tree it lies in.
        task: the task table.
        day: ``%Y/%m/%d``.
        index_name: name of the experiment's folder.
        inside: what is below that; empty for the folder, or the file of an archive.
    """

    tree: str
    task: str
    day: str
    index_name: str
    inside: str

    @property
    def name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``."""
        return f"{self.task}/{self.day}/{self.index_name}"


@dataclass
class Share:
    """What travels of a task and a tree.

    Attributes:
        task: the task table.
        tree: the tree.
        experiments: names of the experiments.
        files: how many files.
        bytes: how many bytes of them.
    """

    task: str
    tree: str
    experiments: set[str]
    files: int = 0
    bytes: int = 0


def read_path(path: str) -> ExperimentPath | None:
    """Take a path below a data root apart; None where it belongs to no experiment."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    name = found["name"] if found["inside"] else found["name"].removesuffix(".pkl")
    return ExperimentPath(found["tree"], found["task"], found["day"], name, found["inside"] or "")


def shares_of(files: Mapping[str, int]) -> list[Share]:
    """Return what travels of each task and tree, in the order of their first files.

    Args:
        files: paths below the data root → bytes that travel.
    """
    shares: dict[tuple[str, str], Share] = {}
    for path, size in files.items():
        if (parts := read_path(path)) is not None:
            share = shares.setdefault((parts.task, parts.tree), Share(parts.task, parts.tree, set()))
            share.experiments.add(parts.name)
            share.files += 1
            share.bytes += size
    return list(shares.values())
