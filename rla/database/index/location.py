"""Where the index of a data root lies: on a disk of this machine, in a folder that belongs to this user alone."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rla import files
from rla.mounts import is_on_network
from rla.names import safe_name

__all__ = ["CACHE_VARIABLE", "index_path"]

CACHE_VARIABLE: Final = "RLA_CACHE"
"""The environment variable that names another folder for what can be built again."""


def index_path(data_root: Path) -> Path | None:
    """Return the file of the index of a data root; None when no folder can hold one.

    The folder is the first of these that lies outside of the data root and on a disk of this machine, and can be
    written: ``$RLA_CACHE``, the user's folder for caches, a folder in that for temporary files. SQLite's locks do not
    hold on network file systems, and home folders of clusters often are on one.
    """
    root = os.path.realpath(data_root)
    name = f"{safe_name(os.path.basename(root))[:40]}-{hashlib.blake2s(os.fsencode(root), digest_size=8).hexdigest()}"
    for folder in _candidates():
        place = Path(os.path.realpath(folder))
        if Path(root) in (place, *place.parents):
            continue  # nothing is written into a data root by reading it, not even where that is the home folder
        try:
            files.make_private_directory(folder)
        except OSError:
            continue
        if os.environ.get(CACHE_VARIABLE) or not is_on_network(folder):
            return folder / f"{name}.sqlite"
    return None


def _candidates() -> Iterator[Path]:
    if named := os.environ.get(CACHE_VARIABLE):
        yield Path(os.path.expanduser(named))
        return
    home = Path(os.path.expanduser("~"))
    if sys.platform == "darwin":
        yield home / "Library" / "Caches" / "rla"
    elif os.name == "nt":
        yield Path(os.environ.get("LOCALAPPDATA") or home) / "rla" / "cache"
    else:
        yield Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "rla"
    user = os.getuid() if hasattr(os, "getuid") else "cache"
    yield Path(tempfile.gettempdir()) / f"rla-{user}"
