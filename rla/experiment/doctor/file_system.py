"""The file system of the data root: its kind, and what it cannot do. Nothing is written to find out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rla.errors import printable
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.subject import Subject
from rla.mounts import NETWORK, OBJECT_STORES, Mount, mount_of
from rla.names import CODE, INTERNAL, LONGEST_NAME, TREES

__all__ = ["check_file_system", "is_read_only"]

MEMORY: Final = frozenset(("tmpfs", "ramfs"))
OVERLAYS: Final = frozenset(("overlay", "aufs"))
WITHOUT_LINKS: Final = frozenset(("exfat", "fuse.exfat", "msdos", "vfat")) | OBJECT_STORES
"""File systems that cannot give a file a second name."""

_LONGEST_FILE: Final = LONGEST_NAME + len(".pkl")
"""The archive of an experiment has the longest name, in bytes."""


def check_file_system(subject: Subject) -> Iterator[Check]:
    """Look at the kind of file system, whether it may be written to, names, and hard links."""
    mount = mount_of(subject.nearest_folder)
    yield _kind(mount)
    if is_read_only(os.statvfs(subject.nearest_folder)):
        found = "it is mounted read-only: experiments can be read, none can be recorded"
        yield Check("mount", WARNING, found, "if that is not meant, ask who mounted it")
    else:
        yield Check("mount", OK, "it is mounted for reading and writing")
    yield _name_length(subject.nearest_folder)
    yield from _case(subject)
    yield _hard_links(subject)


def is_read_only(state: os.statvfs_result) -> bool:
    """Say whether a file system is mounted read-only, by what `os.statvfs` told of it."""
    return bool(state.f_flag & os.ST_RDONLY)


def _kind(mount: Mount | None) -> Check:
    if mount is None or not mount.kind:
        return Check("kind", OK, "the system doesn't tell of what kind it is")
    facts = {"kind": mount.kind, "mount_point": mount.point, "is_network": mount.kind in NETWORK | OBJECT_STORES}
    found = f"{mount.kind}, mounted on {printable(mount.point)}"
    if mount.kind in NETWORK:
        advice = (
            "its server may have a quota, and a clock of its own; `rla fsck --repair` must run on the host of the run"
        )
        return Check("kind", NOTE, f"{found}: a network file system", advice, facts)
    if mount.kind in OBJECT_STORES:
        advice = "record on a local disk, and copy the finished experiments"
        return Check("kind", WARNING, f"{found}: an object store, where appending and renaming is slow", advice, facts)
    if mount.kind in MEMORY:
        return Check("kind", WARNING, f"{found}: memory, which is lost when the machine stops", "use a disk", facts)
    if mount.kind in OVERLAYS:
        advice = "mount a folder of the host, if this is a container that will be removed"
        return Check("kind", NOTE, f"{found}: the layers of a container, and lost with it", advice, facts)
    return Check("kind", OK, found, facts=facts)


def _name_length(folder: Path) -> Check:
    longest = os.pathconf(folder, "PC_NAME_MAX")
    found, facts = f"a name may have {longest} bytes", {"longest_name": longest}
    if 0 < longest < _LONGEST_FILE:
        found += f", and those of experiments have up to {_LONGEST_FILE}"
        return Check("names", WARNING, found, "track fewer hyper-parameters, so that names are shorter", facts)
    return Check("names", OK, found, facts=facts)


def _case(subject: Subject) -> Iterator[Check]:
    """Ask for a folder that is there by its name in capitals; that there is none of either name tells nothing."""
    folders = [subject.data_root / tree for tree in TREES] + [subject.nearest_folder]
    for folder in folders:
        other = folder.with_name(folder.name.swapcase()) if folder.name else folder
        if other.name == folder.name or not folder.is_dir():
            continue
        if other.exists() and os.path.samefile(folder, other):
            found = "names that differ in capitals alone are one name"
            yield Check("capitals", NOTE, found, "keep names of tasks and checkpoints apart by more than that")
        return


def _hard_links(subject: Subject) -> Check:
    """The code store links files of `.rla/objects` into `code/`, which takes one file system, mounted once."""
    places = [subject.data_root / CODE, subject.data_root / INTERNAL]
    there = [path if path.exists() else subject.nearest_folder for path in places]
    mounts = [mount_of(path) for path in there]
    advice = "nothing needs to be done; each experiment takes the space of its code"
    if there[0].stat().st_dev != there[1].stat().st_dev or mounts[0] != mounts[1]:
        found = f"{CODE}/ and {INTERNAL}/ are on different file systems: code is copied instead of linked"
        return Check("hard links", NOTE, found, advice)
    if mounts[0] is not None and mounts[0].kind in WITHOUT_LINKS:
        found = f"{mounts[0].kind} has no hard links: code is copied instead"
        return Check("hard links", NOTE, found, advice)
    return Check("hard links", OK, f"{CODE}/ and the code store are on one file system")
