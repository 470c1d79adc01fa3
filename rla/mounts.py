"""The file systems that are mounted, and which of them holds a path."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["MOUNT_TABLE", "NETWORK", "OBJECT_STORES", "Mount", "is_on_network", "mount_of", "parse_mount_table"]

MOUNT_TABLE: Final = Path("/proc/self/mountinfo")

NETWORK: Final = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2"),
        *("orangefs", "panfs", "pvfs2", "quobyte", "smb3", "smbfs", "webdav", "wekafs"),
        *("fuse.ceph", "fuse.glusterfs", "fuse.juicefs", "fuse.mfs", "fuse.moosefs", "fuse.sshfs"),
    )
)
OBJECT_STORES: Final = frozenset(
    (
        *("fuse.blobfuse", "fuse.blobfuse2", "fuse.davfs", "fuse.gcsfuse", "fuse.goofys", "fuse.mountpoint-s3"),
        *("fuse.rclone", "fuse.s3fs"),
    )
)


@dataclass(frozen=True)
class Mount:
    """A mounted file system. What is mounted isn't kept: addresses of servers may have a password in them.

    Attributes:
        point: the folder it is mounted on.
        kind: its type, such as ``ext4`` or ``nfs4``.
        options: the words of its options, such as ``rw`` and ``usrquota``.
    """

    point: str
    kind: str
    options: tuple[str, ...]


def mount_of(path: Path) -> Mount | None:
    """Return the file system that holds a path; None where the system doesn't tell.

    The longest mount point above the path counts; of two on one point, the later.
    """
    real = os.path.realpath(path)
    best: Mount | None = None
    for mount in _mounts():
        inside = real == mount.point or real.startswith(mount.point.rstrip("/") + "/")
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def is_on_network(path: Path) -> bool:
    """Say whether a path lies on a file system that other machines share, as far as the system tells."""
    mount = mount_of(path)
    return mount is not None and mount.kind in NETWORK | OBJECT_STORES


def _mounts() -> Iterator[Mount]:
    try:
        text = os.fsdecode(MOUNT_TABLE.read_bytes())
    except OSError:  # no Linux
        import psutil

        with contextlib.suppress(OSError, psutil.Error):
            for each in psutil.disk_partitions(all=True):
                yield Mount(each.mountpoint, each.fstype, tuple(each.opts.split(",")))
    else:
        yield from parse_mount_table(text)


def parse_mount_table(text: str) -> Iterator[Mount]:
    r"""Read the lines of ``/proc/self/mountinfo``, whose fields proc(5) explains; others are left out.

    ``36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue``; a space in a path is ``\040``.
    """
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if dash and len(fields) >= 6 and len(rest) >= 3:
            options = dict.fromkeys(f"{fields[5]},{rest[2]}".split(","))
            yield Mount(_unescaped(fields[4]), rest[0], tuple(options))


def _unescaped(text: str) -> str:
    r"""Return a path of the table as it is: ``\040`` stands for a space, likewise tab, newline and backslash."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
