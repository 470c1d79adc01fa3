"""A login for rsync is by a key, to a machine that is known, or it is refused with what to do; it leaves nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from rla.errors import HostKeyError, LoginRefusedError, SyncError, UnreachableError
from rla.sync.password import Password
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import Sending
from test.conftest import REPOSITORY
from test.sync.rsync.server import ssh_server


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever happens: no program goes on, and no file stays."""
    with tempfile.TemporaryDirectory(prefix="rla_test_") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield
        assert [each for each in psutil.Process().children(recursive=True) if each.name() in ("ssh", "rsync")] == []
        assert os.listdir(folder) == []


def refusal(remote: Remote) -> SyncError:
    with pytest.raises(SyncError) as caught:
        transport_to(remote).connect()
    return caught.value


def test_an_unknown_machine_is_refused_with_the_command_that_makes_it_known(ssh_remote: Remote, tmp_path: Path) -> None:
    known = tmp_path / "known hosts of 100 %"
    known.write_text("")
    remote = replace(ssh_remote, known_hosts=str(known), password=Password("secret"))
    problem = refusal(remote)
    assert isinstance(problem, HostKeyError)
    command = str(problem).partition("make it known: ")[2]
    assert known.read_text() == "", "it was believed"
    subprocess.run(command, shell=True, check=True, capture_output=True, timeout=60)
    with transport_to(remote) as transport:
        assert transport.entries("") == []


def test_another_key_than_the_one_that_is_known_is_refused(ssh_remote: Remote, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    kind, key, *_ = (tmp_path / "other.pub").read_text().split()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{ssh_remote.port} {kind} {key}\n")
    problem = refusal(replace(ssh_remote, known_hosts=str(tmp_path / "known")))
    assert isinstance(problem, HostKeyError)
    assert "another key" in str(problem)
    assert f"ssh-keygen -R '[127.0.0.1]:{ssh_remote.port}'" in str(problem)


def test_without_a_key_the_way_to_log_in_is_told(ssh_remote: Remote, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    problem = refusal(replace(ssh_remote, key_file=str(tmp_path / "key"), password=Password("secret")))
    assert isinstance(problem, LoginRefusedError)
    assert "file_transfer_protocol: sftp" in str(problem)
    assert "key_file" in str(problem)
    assert "secret" not in str(problem)


def test_a_key_that_is_not_there_is_told(ssh_remote: Remote) -> None:
    problem = refusal(replace(ssh_remote, key_file="/not/there"))
    assert isinstance(problem, LoginRefusedError)
    assert "'/not/there'" in str(problem)


def test_a_machine_where_nobody_listens_is_told(ssh_remote: Remote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    problem = refusal(replace(ssh_remote, port=port))
    assert isinstance(problem, UnreachableError)
    assert "Connection refused" in str(problem)


def test_a_machine_that_says_nothing_is_given_up(ssh_remote: Remote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = refusal(replace(ssh_remote, port=silent.getsockname()[1], timeout=1.0))
    assert isinstance(problem, UnreachableError)


def test_a_machine_without_rsync_is_told(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/cat").symlink_to("/bin/cat")
    with ssh_server(tmp_path / "server", f"PATH={tmp_path}/bin") as remote:
        problem = refusal(remote)
    assert "has no program rsync" in str(problem)
    assert "file_transfer_protocol: sftp" in str(problem)


@pytest.mark.parametrize("program", ["ssh", "rsync"])
def test_a_program_that_is_not_installed_here_is_told(
    program: str, ssh_remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in {"ssh", "rsync"} - {program}:
        (tmp_path / each).symlink_to(str(shutil.which(each)))
    monkeypatch.setenv("PATH", str(tmp_path))
    problem = refusal(ssh_remote)
    assert f"program {program} is not installed here" in str(problem)


def test_no_password_is_in_sight_of_other_users(ssh_remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_LAB", "secret")
    with transport_to(replace(ssh_remote, password=Password(variable="PASSWORD_OF_LAB"))):
        children = psutil.Process().children(recursive=True)
        programs = [each for each in children if each.name() == "ssh"]
        assert programs
        for each in programs:
            assert "secret" not in " ".join(each.cmdline())
            assert "PASSWORD_OF_LAB" not in each.environ()


def test_a_connection_that_was_lost_is_told_and_made_anew(ssh_remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    sending = Sending(str(tmp_path / "x"), "log/x", 7)
    with transport_to(ssh_remote) as transport:
        for each in psutil.Process().children():
            if each.name() == "ssh":
                each.kill()
                each.wait(20)
        with pytest.raises(UnreachableError):
            list(transport.send([sending]))
        with pytest.raises(UnreachableError):
            transport.entries("")
        transport.connect()
        assert [each.complete for each in transport.send([sending])] == [True]


PROGRAM = """
import sys, time
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
root, host, port, key, known = sys.argv[1:]
transport = transport_to(Remote("rsync", root, host, int(port), key_file=key, agent=False, known_hosts=known))
transport.connect()
print("ready", flush=True)
time.sleep(100)
"""


def test_nothing_goes_on_when_the_process_is_killed(ssh_remote: Remote, tmp_path: Path) -> None:
    arguments = (ssh_remote.root, ssh_remote.host, ssh_remote.port, ssh_remote.key_file, ssh_remote.known_hosts)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        programs = psutil.Process(process.pid).children(recursive=True)
        assert [each.name() for each in programs] == ["ssh"]
        process.kill()
    _, alive = psutil.wait_procs(programs, timeout=30)
    assert alive == []
