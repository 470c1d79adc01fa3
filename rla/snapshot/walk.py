"""The walk through a project: which files and links a snapshot holds, and what it leaves out and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rla import files
from rla.names import ARCHIVE, ARCHIVED, INTERNAL, TREES
from rla.snapshot.gitignore import IgnoreRules

__all__ = ["Found", "IgnoreFiles", "Walk"]

ALWAYS_LEFT_OUT: Final = frozenset({".git", "__pycache__"})
DATA_TREES: Final = frozenset({*TREES, ARCHIVED, INTERNAL})
_DATA_ROOT_MARKS: Final = (ARCHIVE, INTERNAL)
"""A folder that has one of these is a data root, this one's or another's."""


@dataclass
class Found:
    """What a walk has found.

    Attributes:
        files: path below the snapshot → path of the file. All paths have ``/`` between their parts.
        links: path below the snapshot → path of the symbolic link.
        left_out: path → why it is left out.
    """

    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


class IgnoreFiles:
    """The ignore files that count in a walk.

    Attributes:
        rules: those of the files that were named, the last one first. Their anchors mean the root.
        nested: whether files of that name in the folders of the walk count, too.
    """

    def __init__(self) -> None:
        self.rules: list[IgnoreRules] = []
        self.nested = False

    def add(self, path: str) -> None:
        """Add a file, which overrules those that were added before.

        Raises:
            OSError: it cannot be read.
        """
        self.rules.insert(0, IgnoreRules(files.read_regular(path)))
        self.nested = self.nested or os.path.basename(path) == ".gitignore"


class Walk:
    """Goes through the folders of a project, and never into one that is ignored.

    Args:
        root: the folder of the code.
        ignore: what is ignored; nothing when None.
    """

    def __init__(self, root: str, ignore: IgnoreFiles | None = None) -> None:
        self.root = os.path.realpath(root)
        self.found = Found()
        self._ignore = ignore

    def add(self, path: str) -> bool:
        """Go through a folder of the project; False when the ignore files leave it out altogether.

        Args:
            path: relative to the root; ``.`` is the root itself.
        """
        parts = [part for part in path.split("/") if part not in ("", ".")]
        rules = list(self._ignore.rules) if self._ignore else []
        folder = ""
        for part in parts:
            self._enter(folder, rules)
            here = f"{folder}{part}"
            if part in self._never(folder) or _is_ignored(rules, here, is_folder=True):
                return False
            folder = f"{here}/"
        self._add_folder(folder, rules)
        return True

    def is_never_code(self, path: str) -> bool:
        """Say whether a path below the root lies in something that is no code: git, caches, trees of a data root."""
        folder = ""
        for part in path.split("/"):
            if part in self._never(folder):
                return True
            folder = f"{folder}{part}/"
        return False

    def left_out_of(self, folder: str, names: Iterable[str]) -> set[str]:
        """Return those of the names in a folder that the walk leaves out, as `shutil.copytree` asks for them."""
        inside = os.path.relpath(os.path.realpath(folder), self.root).replace(os.sep, "/")
        rules = list(self._ignore.rules) if self._ignore else []
        here = ""
        for part in [] if inside == "." else inside.split("/"):
            self._enter(here, rules)
            here = f"{here}{part}/"
        self._enter(here, rules)
        never = self._never(here)

        def is_left_out(name: str) -> bool:
            path = os.path.join(folder, name)
            is_folder = os.path.isdir(path) and not os.path.islink(path)
            return name in never or _is_ignored(rules, f"{here}{name}", is_folder)

        return set(filter(is_left_out, names))

    def _enter(self, folder: str, rules: list[IgnoreRules]) -> None:
        """Add the rules of a folder of its own, which overrule those above it."""
        if folder and self._ignore is not None and self._ignore.nested:
            try:
                content = files.read_regular(f"{self.root}/{folder}.gitignore")
            except OSError:
                return
            rules.insert(0, IgnoreRules(content, os.fsencode(folder)))

    def _add_folder(self, start: str, above: list[IgnoreRules]) -> None:
        waiting = [(start, above)]
        while waiting:
            folder, above = waiting.pop()
            rules = list(above)
            self._enter(folder, rules)
            for entry in self._entries(folder):
                path = f"{folder}{entry.name}"
                is_folder = entry.is_dir(follow_symlinks=False)
                if rules and _is_ignored(rules, path, is_folder):
                    continue
                if is_folder:
                    waiting.append((f"{path}/", rules))
                elif entry.is_symlink():
                    self.found.links[path] = entry.path
                elif entry.is_file(follow_symlinks=False):
                    self.found.files[path] = entry.path
                else:
                    self.found.left_out[path] = "it is no regular file"

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        """Yield what is in a folder; if that is a data root, without its trees."""
        try:
            with os.scandir(f"{self.root}/{folder}") as scanned:
                entries = list(scanned)
        except OSError as error:
            self.found.left_out[folder] = error.strerror or str(error)
            return
        if any(entry.name == "pyvenv.cfg" for entry in entries):  # a virtual environment
            return
        never = self._never(folder)
        yield from (entry for entry in entries if entry.name not in never)

    def _never(self, folder: str) -> frozenset[str]:
        """Return the names in a folder that are no code; those of the trees too, where it is a data root."""
        is_data_root = any(os.path.isdir(f"{self.root}/{folder}{mark}") for mark in _DATA_ROOT_MARKS)
        return ALWAYS_LEFT_OUT | DATA_TREES if is_data_root else ALWAYS_LEFT_OUT


def _is_ignored(rules: list[IgnoreRules], path: str, is_folder: bool) -> bool:
    encoded = os.fsencode(path)
    for rule in rules:
        verdict = rule.verdict(encoded, is_folder)
        if verdict is not None:
            return verdict
    return False
