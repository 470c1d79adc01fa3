"""What a server refuses is an error that says what was to be done, why it was not, and what helps."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla.errors import SyncError, UnreachableError
from rla.sync.registry import transport_to
from rla.sync.sftp import SftpTransport
from rla.sync.transport import Sending
from test.sync.servers import SFTP_SERVER, SshServer


def mounted(place: Path, options: str) -> Iterator[Path]:
    """Mount a disk in memory while a test runs."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here, as root alone can do")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "disk").mkdir()
    yield from mounted(tmp_path / "disk", "size=1m")


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "disk").mkdir()
    yield from mounted(tmp_path / "disk", "size=1m,ro")


def test_only_the_data_root_itself_is_made(server: SshServer, tmp_path: Path) -> None:
    with transport_to(server.remote(tmp_path / "new")):
        assert (tmp_path / "new").is_dir()

    with pytest.raises(SyncError) as error, transport_to(server.remote(tmp_path / "missing/data")):
        pass
    for word in (f"There is no folder '{tmp_path}/missing' on '127.0.0.1'", "REMOTE_SETTING.remote_data_root"):
        assert word in str(error.value)
    assert not (tmp_path / "missing").exists()


def test_a_relative_data_root_is_meant_from_where_the_login_ends_up(server: SshServer) -> None:
    for root in ("relative", "~/below"):
        with transport_to(server.remote(root)) as transport:
            assert transport.entries("") == []
    assert (server.home / "relative").is_dir()
    assert (server.home / "below").is_dir()


def test_a_data_root_that_is_a_file(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(SyncError, match=f"'{tmp_path}/file' on '127.0.0.1' is no folder"):
        transport_to(server.remote(tmp_path / "file")).connect()


def test_a_file_where_a_folder_should_be_concerns_one_file_alone(
    transport: SftpTransport, there: Path, sending: Callable[..., Sending]
) -> None:
    (there / "log").mkdir()
    (there / "log/demo").write_text("no folder")

    outcomes = list(transport.send([sending("log/demo/a", b"x"), sending("log/fine/b", b"x")]))

    assert [outcome.complete for outcome in sorted(outcomes, key=lambda each: each.job.path)] == [False, True]
    (problem,) = [outcome.problem for outcome in outcomes if outcome.problem]
    assert "refuses to make the folder 'log/demo'" in str(problem)


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_a_full_disk_is_called_so_and_no_half_file_has_its_name(
    server: SshServer, small_disk: Path, sending: Callable[..., Sending], size: int
) -> None:
    many = [sending(f"log/{number}", os.urandom(size)) for number in range(8)]

    with transport_to(server.remote(small_disk)) as transport:
        outcomes = list(transport.send(many))

    assert [outcome for outcome in outcomes if not outcome.complete]
    for outcome in outcomes:
        arrived = small_disk / outcome.job.path
        if outcome.complete:
            assert arrived.stat().st_size == size
        else:
            assert "the disk there is full. It is sent once there is room" in str(outcome.problem)
            assert not arrived.exists()


def test_a_read_only_disk_is_called_so(
    server: SshServer, read_only_disk: Path, sending: Callable[..., Sending]
) -> None:
    with transport_to(server.remote(read_only_disk)) as transport:
        (outcome,) = transport.send([sending("log/a", b"x")])

    assert "the disk there is mounted read-only" in str(outcome.problem)


def test_a_user_without_permission(open_place: Path, sending: Callable[..., Sending]) -> None:
    closed = open_place / "closed"
    (closed / "secret").mkdir(parents=True)
    as_nobody = f"setpriv --reuid=65534 --regid=65534 --clear-groups {SFTP_SERVER}" if os.getuid() == 0 else None
    (closed / "secret").chmod(0o000)
    closed.chmod(0o555)

    with SshServer(open_place / "ssh", files=as_nobody) as server:
        with transport_to(server.remote(closed)) as transport:
            (outcome,) = transport.send([sending("log/a", b"x")])
            with pytest.raises(SyncError, match=r"refuses to list 'secret'.* has no permission"):
                transport.entries("secret")
        with pytest.raises(SyncError, match=r"refuses to make '.*new'.* has no permission. Check the owner"):
            transport_to(server.remote(closed / "new")).connect()

    assert "the user there has no permission" in str(outcome.problem)


def test_a_server_that_offers_no_files(tmp_path: Path) -> None:
    with SshServer(tmp_path / "ssh", files="") as server, pytest.raises(SyncError, match="but offers no SFTP"):
        transport_to(server.remote(tmp_path)).connect()


def test_a_shell_that_prints_something_at_login(tmp_path: Path) -> None:
    said = "does not speak SFTP: does a shell there print something at login"
    with SshServer(tmp_path / "ssh", files="/bin/echo Welcome") as server, pytest.raises(UnreachableError, match=said):
        transport_to(server.remote(tmp_path)).connect()
