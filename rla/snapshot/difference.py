"""The difference of two code trees: snapshots of experiments, or a snapshot and the folder that one works in."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rla import files
from rla.snapshot.manifest import Manifest, read_manifest
from rla.snapshot.selection import OWN_FILES, RESUMED_FOLDER, Selection
from rla.snapshot.take import contents

__all__ = ["ADDED", "CHANGED", "REMOVED", "CodeTree", "FileChange", "differences"]

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

_LONGEST_SHOWN: Final = 1 << 20
"""Of larger files (in bytes), the lines that differ are not looked for."""


@dataclass(frozen=True)
class FileChange:
    """A file that differs.

    Attributes:
        path: its path below both trees.
        kind: ``added``, ``removed`` or ``changed``.
        lines: a unified diff, without line ends; one sentence for what cannot be shown as lines.
    """

    path: str
    kind: str
    lines: list[str]


@dataclass
class CodeTree:
    """A tree of code.

    Attributes:
        files: path → the file, or its content.
        notes: what people should know of it.
        selection: what it was to hold; None when that is not known.
        digest: the identity of its code, as its manifest says; empty without one.
    """

    files: dict[str, Path | bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    selection: Selection | None = None
    digest: str = ""

    @classmethod
    def of_snapshot(cls, code_dir: Path) -> CodeTree:
        """Return the tree of an experiment's `code/` folder, also of an older tool's."""
        tree = cls()
        for folder, folders, names in os.walk(code_dir):
            if Path(folder) == code_dir:
                folders[:] = [each for each in folders if each != RESUMED_FOLDER]
            for name in (*names, *folders):
                path = Path(folder, name)
                inside = path.relative_to(code_dir).as_posix()
                if path.is_symlink():
                    tree.files[inside] = _link(os.readlink(path))
                elif name in names and inside not in OWN_FILES:
                    tree.files[inside] = path
        manifest = read_manifest(code_dir)
        if manifest is not None:
            tree.notes = [f"{path} {what} after it was recorded" for path, what in manifest.changed(code_dir).items()]
            tree.selection = manifest.recorded_selection()
            tree.digest = manifest.digest
        return tree

    @classmethod
    def of_folder(cls, folder: Path, like: CodeTree) -> CodeTree:
        """Return what a snapshot of a folder would hold now.

        Args:
            folder: the folder of the code.
            like: the tree whose selection is used; when it has none, only files that it has are looked at.
        """
        if like.selection is not None:
            manifest = Manifest()
            found = contents(like.selection.moved(str(folder.absolute())), manifest)
            tree = cls({path: content for path, content, _ in found})
            tree.files.update({path: _link(destination) for path, destination in manifest.links.items()})
            return tree
        return cls({path: folder / path for path in like.files if (folder / path).is_file()})

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            OSError: it cannot be read.
        """
        file = self.files[path]
        return file if isinstance(file, bytes) else files.read_regular(file, limit=1 << 40)


def differences(one: CodeTree, other: CodeTree) -> Iterator[FileChange]:
    """Yield the files that differ, sorted by path; ``added`` means that only the other tree has it."""
    for path in sorted(one.files.keys() | other.files.keys()):
        if path not in other.files:
            yield FileChange(path, REMOVED, _diff(path, _content(one, path), b""))
        elif path not in one.files:
            yield FileChange(path, ADDED, _diff(path, b"", _content(other, path)))
        elif not _same_file(one.files[path], other.files[path]):
            before, after = _content(one, path), _content(other, path)
            if before != after:
                yield FileChange(path, CHANGED, _diff(path, before, after))


def _link(destination: str) -> bytes:
    return f"-> {destination}\n".encode("utf-8", "surrogateescape")


def _same_file(one: Path | bytes, other: Path | bytes) -> bool:
    """Say whether both are one body of the code store."""
    try:
        return isinstance(one, Path) and isinstance(other, Path) and one.samefile(other)
    except OSError:
        return False


def _content(tree: CodeTree, path: str) -> bytes:
    try:
        return tree.read(path)
    except OSError as error:
        return f"[cannot be read: {error.strerror or error}]\n".encode()


def _diff(path: str, before: bytes, after: bytes) -> list[str]:
    if b"\0" in before[:8192] or b"\0" in after[:8192]:
        return [f"binary: {len(before)} bytes, then {len(after)}"]
    if max(len(before), len(after)) > _LONGEST_SHOWN:
        return [f"too large to show: {len(before)} bytes, then {len(after)}"]
    old, new = (content.decode("utf-8", "backslashreplace").splitlines() for content in (before, after))
    lines = list(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm=""))
    return lines or (["only line ends, or bytes that are no text, differ"] if before != after else [])
