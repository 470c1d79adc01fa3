"""The doctor knows the file system of the data root: its kind, what it cannot do, and that it may be read-only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from rla import mounts
from rla.experiment.doctor import file_system
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.file_system import check_file_system
from rla.experiment.doctor.subject import Subject
from rla.mounts import Mount, mount_of, parse_mount_table

Checks = Callable[..., dict[str, Check]]

TABLE = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro
40 27 0:40 / /data rw,relatime shared:9 master:2 - nfs4 user:secret@server:/export rw,vers=4.2
41 27 0:41 / /data\040of\011us rw - xfs /dev/vdb rw,usrquota
42 40 0:42 / /data/fast ro - tmpfs none rw
43 42 0:43 / /data/fast rw - btrfs /dev/vdc rw
a line that is none
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    monkeypatch.setattr(mounts, "MOUNT_TABLE", path)
    return path


def test_the_mount_table_of_linux_is_read() -> None:
    found = list(parse_mount_table(TABLE))
    assert [mount.kind for mount in found] == ["proc", "ext4", "nfs4", "xfs", "tmpfs", "btrfs"]
    assert found[3] == Mount("/data of\tus", "xfs", ("rw", "usrquota"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/database", "ext4"),
        ("/data", "nfs4"),
        ("/data/slow/x", "nfs4"),
        ("/data of\tus/x", "xfs"),
        ("/data/fast/x", "btrfs"),
    ],
)
def test_the_longest_and_last_mount_point_above_a_path_counts(table: Path, path: str, kind: str) -> None:
    mount = mount_of(Path(path))
    assert mount is not None
    assert mount.kind == kind


def test_what_is_mounted_is_not_kept_as_it_may_hold_a_password(table: Path) -> None:
    assert "secret" not in repr(mount_of(Path("/data")))


@pytest.mark.skipif(not os.path.exists("/etc/mtab"), reason="psutil reads /etc/mtab, which is not there")
def test_without_the_table_of_linux_psutil_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = mount_of(tmp_path)
    monkeypatch.setattr(mounts, "MOUNT_TABLE", tmp_path / "nothing")
    found = mount_of(tmp_path)
    assert found is not None
    assert expected is not None
    assert (found.point, found.kind) == (expected.point, expected.kind)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("ext4", OK), ("nfs4", NOTE), ("fuse.s3fs", WARNING), ("tmpfs", WARNING), ("overlay", NOTE), ("fuse.new", OK)],
)
def test_each_kind_is_judged(checks: Checks, kind: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "mount_of", lambda _: Mount("/data", kind, ()))
    found = checks(check_file_system)["kind"]
    assert found.verdict == verdict
    assert found.found.startswith(f"{kind}, mounted on /data")
    assert found.facts["is_network"] == (kind in ("nfs4", "fuse.s3fs"))


def test_a_system_that_does_not_tell_is_no_problem(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "mount_of", lambda _: None)
    assert {check.verdict for check in checks(check_file_system).values()} == {OK}


def test_a_read_only_mount_is_a_warning(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "is_read_only", lambda _: True)
    assert checks(check_file_system)["mount"].verdict == WARNING


@pytest.mark.parametrize(("longest", "verdict"), [(255, OK), (204, OK), (203, WARNING), (143, WARNING), (-1, OK)])
def test_names_of_experiments_must_fit(
    checks: Checks, longest: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pathconf", lambda *_: longest)
    assert checks(check_file_system)["names"].verdict == verdict


def test_capitals_that_make_no_difference_are_noted(subject: Subject, checks: Checks) -> None:
    (subject.data_root / "log").mkdir(parents=True)
    assert "capitals" not in checks(check_file_system)
    (subject.data_root / "LOG").symlink_to("log")  # as such a file system would have it
    assert checks(check_file_system)["capitals"].verdict == NOTE


def test_code_on_another_file_system_is_copied(
    subject: Subject, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("code", ".rla"):
        (subject.data_root / name).mkdir(parents=True)
    assert checks(check_file_system)["hard links"].verdict == OK
    monkeypatch.setattr(file_system, "mount_of", lambda path: Mount(str(path), "ext4", ()))
    assert checks(check_file_system)["hard links"].verdict == NOTE


def test_a_file_system_without_links_is_noted(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "mount_of", lambda _: Mount("/", "vfat", ()))
    found: Iterable[Check] = checks(check_file_system).values()
    assert [check.name for check in found if check.verdict == NOTE] == ["hard links"]
