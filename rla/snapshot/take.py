"""Taking a snapshot: the selected code into an experiment's `code/` folder."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from rla import files
from rla.errors import printable
from rla.snapshot.git import GitState, uncommitted_patch
from rla.snapshot.manifest import Manifest
from rla.snapshot.masking import MASKED_PATTERNS, is_masked_file, mask_secrets
from rla.snapshot.selection import MANIFEST_FILE, PATCH_FILE, Selection, find_files
from rla.snapshot.store import CodeStore

__all__ = ["Snapshot", "contents", "take_snapshot"]

_ATTEMPTS: Final = 3
_MAY_BE_MASKED: Final = re.compile(
    rf"\.(?:{'|'.join(pattern.strip('*.') for pattern in MASKED_PATTERNS)})", re.IGNORECASE
)
"""Found in the name of every file that may be masked: one search spares nearly all files of a project the rest."""
_COPY: Final = re.compile(r"(?:\.(?:bak|orig|old|example|sample|template|j2)|~)+$")
"""What people and editors put behind the name of a file."""
_LONGEST_LIST: Final = 100
"""So many masked values of a file are listed in the manifest."""
_LISTED: Final = 10
"""So many of the files that are left out are named in the notice; the manifest names all."""


@dataclass
class Snapshot:
    """A snapshot that was taken.

    Attributes:
        manifest: what it holds.
        git: the state of the repository; None where there is none.
    """

    manifest: Manifest
    git: GitState | None = None

    @property
    def notice(self) -> str | None:
        """What people should know of it, as one text: what was left out, and where to read more."""
        left_out = self.manifest.left_out
        if not left_out:
            return None
        shown = [f"'{printable(path)}': {printable(reason)}" for path, reason in list(left_out.items())[:_LISTED]]
        more = f"; and {len(left_out) - _LISTED} more, listed in code/…/{MANIFEST_FILE}" * (len(left_out) > _LISTED)
        return f"The code backup leaves out {len(left_out)} of what was asked for: {'; '.join(shown)}{more}"


def take_snapshot(
    selection: Selection,
    data_root: str | os.PathLike[str],
    code_dir: str | os.PathLike[str],
    git: GitState | None = None,
) -> Snapshot:
    """Keep the code of a selection in an experiment's `code/` folder.

    A file that cannot be read, is too large or changes again and again is left out, and named in the notice.

    Args:
        selection: what to keep.
        data_root: the database folder, whose code store keeps the bodies.
        code_dir: the experiment's folder in the code tree.
        git: the state of the repository that the code is in; what is not committed is kept as a patch.

    Raises:
        OSError: the disk refuses to be written to; what is there by then stays.
    """
    store = CodeStore(data_root)
    manifest = Manifest(selection=asdict(selection))
    target = os.fspath(code_dir)
    made: set[str] = set()

    def place(path: str) -> str:
        folder = path.rpartition("/")[0]
        if folder not in made:
            files.make_directories(f"{target}/{folder}")
            made.add(folder)
        return f"{target}/{path}"

    for path, content, status in contents(selection, manifest):
        manifest.files[path] = store.put(content, status.st_mode, status.st_mtime, place(path))
    for path, destination in manifest.links.items():
        files.symlink(destination, place(path))
    if git is not None and git.dirty:
        patch, masked = uncommitted_patch(git, selection.largest)
        if patch is None:
            manifest.left_out[PATCH_FILE] = masked[0]
        elif not patch and masked:
            manifest.left_out[PATCH_FILE] = "; ".join(masked)
        elif patch:  # what was staged may have been taken back
            manifest.files[PATCH_FILE] = store.put(patch, 0o644, time.time(), place(PATCH_FILE))
            if masked:
                manifest.masked[PATCH_FILE] = masked
    if manifest.files or manifest.links or manifest.left_out:
        store.put(manifest.encoded(), 0o644, time.time(), place(MANIFEST_FILE))
    return Snapshot(manifest, git)


def contents(selection: Selection, manifest: Manifest) -> Iterator[tuple[str, bytes, os.stat_result]]:
    """Yield path, content and status of each file of a selection, as a snapshot keeps it: without secrets.

    Args:
        selection: what to read.
        manifest: gets the links, what was masked and what is left out.
    """
    found = find_files(selection)
    manifest.links = dict(sorted(found.links.items()))
    manifest.left_out = dict(found.left_out)
    yaml_files = set(map(os.path.realpath, selection.yaml_files))
    for path in sorted(found.files):
        try:
            content, status = _read(found.files[path], selection.largest)
        except OSError as error:
            manifest.left_out[path] = error.strerror or str(error)
            continue
        name = "configuration.yaml" if found.files[path] in yaml_files else _name_for_masking(path, found.files[path])
        if name:
            if b"\0" in content:  # UTF-16, say
                manifest.left_out[path] = "it is a configuration file that cannot be looked into for secrets"
                continue
            masked = mask_secrets(content.decode("utf-8", "surrogateescape"), name)
            if masked.keys:
                content = masked.text.encode("utf-8", "surrogateescape")
                more = len(masked.keys) - _LONGEST_LIST
                manifest.masked[path] = masked.keys[:_LONGEST_LIST] + [f"and {more} more"] * (more > 0)
        yield path, content, status


def _name_for_masking(path: str, source: str) -> str:
    """Return the name that tells how a file is gone through for secrets; empty when it is not."""
    names = (path,) if source.endswith(path) else (path, source)  # a link has a name of its own
    if not any(map(_MAY_BE_MASKED.search, names)):
        return ""
    candidates = (without for each in names for without in (each, _COPY.sub("", each)))
    return next(filter(is_masked_file, candidates), "")


def _read(path: str, largest: int) -> tuple[bytes, os.stat_result]:
    """Read a file that may be written to meanwhile.

    Raises:
        OSError: it cannot be read, is too large, or changes again and again.
    """
    for _ in range(_ATTEMPTS):
        fd = files.open_for_reading(path)
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode):
                raise OSError("it is no regular file")
            if before.st_size > largest:
                size = f"{before.st_size / (1 << 20):.1f}"
                raise OSError(f"it is larger than BACKUP_CONFIG.largest_file_mb: {size} of {largest >> 20} MiB")
            content = _all(fd, before.st_size)
            after = os.fstat(fd)
        finally:
            os.close(fd)
        if before.st_size == len(content) and before.st_mtime_ns == after.st_mtime_ns:
            return content, after
    raise OSError("it changes while it is read")


def _all(fd: int, expected: int) -> bytes:
    content = os.read(fd, expected + 1)
    while len(content) < expected and (more := os.read(fd, expected + 1 - len(content))):
        content += more
    return content
