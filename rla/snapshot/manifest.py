"""The manifest of a snapshot, `code/<…>/.snapshot.json`: what it holds, by hashes, and what it leaves out."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.snapshot.selection import MANIFEST_FILE, PATCH_FILE, Selection
from rla.snapshot.store import body_key

__all__ = ["Manifest", "read_manifest"]

SCHEMA_VERSION: Final = 1


@dataclass
class Manifest:
    """What a snapshot holds.

    Attributes:
        selection: what was asked for, as `Selection` takes it.
        files: path → key of its body (``<SHA-256>-<mode>``).
        links: path of a symbolic link → what it says.
        masked: path → keys whose values were masked in it.
        left_out: path → why it is not there.
    """

    selection: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    masked: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The identity of the code: two snapshots have the same one when all their files and links are equal.

        Permissions do not count, nor does the patch, which says how the code came about.
        """
        kept = sorted((path, key.partition("-")[0]) for path, key in self.files.items() if path != PATCH_FILE)
        content = json.dumps([kept, sorted(self.links.items())])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def recorded_selection(self) -> Selection | None:
        """Return the selection; None when this version does not understand it."""
        try:
            selection = Selection(**self.selection)
        except TypeError:
            return None
        lists = (selection.names, selection.ignore_files, selection.single_files, selection.yaml_files)
        ours = isinstance(selection.code_root, str) and isinstance(selection.lib_dir, (str, type(None)))
        texts = all(isinstance(part, (list, tuple)) and all(isinstance(text, str) for text in part) for part in lists)
        return selection if ours and texts and isinstance(selection.largest, int) else None

    def encoded(self) -> bytes:
        """Return the manifest as it stands on disk: ASCII, so that names of any bytes survive."""
        content = {"schema": SCHEMA_VERSION, **vars(self)}
        return json.dumps(content, indent=0, sort_keys=True).encode("ascii") + b"\n"

    def changed(self, folder: str | Path, known: dict[tuple[int, int], str] | None = None) -> dict[str, str]:
        """Compare a `code/` folder with its manifest.

        Args:
            folder: the folder.
            known: SHA-256 of bodies that were read before, by device and inode; it is added to. Whoever compares many
                experiments reads each body once.

        Returns:
            path → what happened to it since: it was changed, it is gone, or it cannot be read.
        """
        hashes = {} if known is None else known
        found: dict[str, str] = {}
        for path, key in self.files.items():
            try:
                status = os.stat(f"{folder}/{path}", follow_symlinks=False)
                inode = (status.st_dev, status.st_ino)
                if inode not in hashes:
                    content = files.read_regular(f"{folder}/{path}", limit=1 << 40)
                    hashes[inode] = body_key(content, 0).partition("-")[0]
            except FileNotFoundError:
                found[path] = "is gone"
            except OSError as error:
                found[path] = f"cannot be read ({error.strerror or error})"
            except ValueError:  # a name that no file can have, in a manifest of a foreign hand
                found[path] = "is gone"
            else:
                if hashes[inode] != key.partition("-")[0]:
                    found[path] = "was changed"
        for path, destination in self.links.items():
            try:
                if os.readlink(f"{folder}/{path}") != destination:
                    found[path] = "was changed"
            except (OSError, ValueError):
                found[path] = "is gone"
        return found


def read_manifest(folder: str | Path) -> Manifest | None:
    """Read the manifest of a `code/` folder; None when it has none, as those of older tools, or none to be read."""
    try:
        content = json.loads(files.read_regular(Path(folder, MANIFEST_FILE)))
        known = {name: content.get(name, empty) for name, empty in asdict(Manifest()).items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    if not all(isinstance(value, dict) for value in known.values()):
        return None
    inside = [*known["files"].items(), *known["links"].items(), *known["left_out"].items()]
    lists = list(known["masked"].values())
    if not all(isinstance(keys, list) for keys in lists):
        return None
    texts = [text for pair in inside for text in pair] + [key for keys in lists for key in keys]
    ours = all(isinstance(text, str) for text in texts) and all(map(_is_below, (*known["files"], *known["links"])))
    return Manifest(**known) if ours else None


def _is_below(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")
