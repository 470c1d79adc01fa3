"""Names that come from another machine, and whether they may become names here."""

from __future__ import annotations

import os
from typing import Final

from rla.database.trees import ExperimentPlace
from rla.errors import SyncError, printable
from rla.names import ARCHIVED, TREES

__all__ = ["below", "check_inside", "path_below", "problem_of_path"]

_LONGEST_PART: Final = 255
_DEEPEST: Final = 64


def problem_of_path(path: str) -> str | None:
    """Say why a path of another machine is none of a data root; None when it is one.

    Only what lies in one of the seven trees, or in those of archived copies, belongs to a data root.
    """
    parts = path.split("/")
    if path.startswith("/") or "\0" in path:
        return "it is an absolute path" if path.startswith("/") else "it has a zero byte"
    if any(part in ("", ".", "..") for part in parts):
        return "it has a part that leads elsewhere"
    if len(parts) > _DEEPEST or any(len(os.fsencode(part)) > _LONGEST_PART for part in parts):
        return "it is too long"
    if os.sep != "/" and any(os.sep in part or ":" in part for part in parts):
        return "it has characters that separate folders here"
    tree = parts[1:2] if parts[0] == ARCHIVED else parts[:1]
    if not tree or tree[0] not in TREES:
        return "it lies in none of the trees of a data root"
    return None


def below(data_root: str, path: str) -> str:
    """Return where a path of another machine lies here.

    Raises:
        SyncError: it is no path of a data root.
    """
    if (problem := problem_of_path(path)) is not None:
        raise SyncError(f"'{printable(path)}' was not brought here: {problem}.")
    return f"{data_root}/{path}"


def path_below(place: ExperimentPlace, tree: str) -> str:
    """Return what an experiment's folder in a tree (its file, in the archive tree) is called at the other end."""
    return place.path_text(tree).removeprefix(f"{place.data_root}/").replace(os.sep, "/")


def check_inside(top: str, folder: str) -> None:
    """Make sure that a folder which is about to be written to is below another, also where links lead.

    Args:
        top: the folder that nothing is written outside of. Links on the way to it are the user's, who may have spread
            a data root over several disks.
        folder: the one to be written to; it need not exist.

    Raises:
        SyncError: a symbolic link leads elsewhere.
    """
    real_top, real = os.path.realpath(top), os.path.realpath(folder)
    if real != real_top and not real.startswith(real_top.rstrip("/") + "/"):
        raise SyncError(f"'{printable(folder)}' was not written to: a symbolic link leads elsewhere, to '{real}'.")
