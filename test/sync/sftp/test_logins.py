"""People are logged in as ssh does it: by a key file, the keys of an agent, and what ``~/.ssh/config`` says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rla.errors import LoginRefusedError, SyncError, UnreachableError
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from test.sync.servers import SshServer, make_key


def logs_in(remote: Remote) -> bool:
    with transport_to(remote) as transport:
        return transport.entries("nothing") == []


@pytest.fixture
def by_config(server: SshServer, home: Path, tmp_path: Path) -> Remote:
    """A data root on the host ``lab``, which only the configuration of SSH knows."""
    return Remote("sftp", str(tmp_path / "data"), host="lab")


@pytest.fixture
def agent(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An SSH agent without keys; its socket."""
    place = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        while not place.exists():
            assert process.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        yield place
    finally:
        process.terminate()
        process.wait(10)


def add_to_agent(key_file: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(key_file)], check=True, timeout=20, stdin=subprocess.DEVNULL)


def write_config(home: Path, server: SshServer, *more: str, port: int | None = None) -> None:
    lines = ["HostName 127.0.0.1", f"Port {port or server.port}", f"UserKnownHostsFile {server.known_hosts}", *more]
    (home / ".ssh/config").write_text("# ours\nHost other\n  Port 1\nHost lab\n  " + "\n  ".join(lines) + "\n")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_keys_of_each_type_open_the_door(server: SshServer, tmp_path: Path, kind: str) -> None:
    make_key(tmp_path / "key", kind)
    server.allow(tmp_path / "key")

    assert logs_in(server.remote(tmp_path / "data", key_file=str(tmp_path / "key")))


def test_keys_of_an_agent_are_tried_unless_the_settings_say_no(server: SshServer, agent: Path, tmp_path: Path) -> None:
    add_to_agent(server.key_file)
    remote = server.remote(tmp_path / "data", key_file=None, agent=True)

    assert logs_in(remote)
    with pytest.raises(LoginRefusedError):
        logs_in(replace(remote, agent=False))


def test_a_key_with_a_passphrase_is_used_through_the_agent(server: SshServer, agent: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    make_key(locked)
    server.allow(locked)
    add_to_agent(locked)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "phrase", "-f", str(locked)], check=True, timeout=20)
    remote = server.remote(tmp_path / "data", key_file=str(locked), agent=True)

    assert logs_in(remote)
    with pytest.raises(LoginRefusedError, match=r"has a passphrase: give it to an agent first \(ssh-add"):
        logs_in(replace(remote, agent=False))


def test_a_host_of_the_configuration_of_ssh(server: SshServer, home: Path, by_config: Remote) -> None:
    write_config(home, server, f"IdentityFile {server.key_file}", "IdentitiesOnly yes")

    assert logs_in(by_config)


def test_a_configuration_that_includes_another(server: SshServer, home: Path, by_config: Remote) -> None:
    write_config(home, server, f"IdentityFile {server.key_file}")
    (home / ".ssh/config.d").mkdir()
    (home / ".ssh/config").rename(home / ".ssh/config.d/lab")
    (home / ".ssh/config").write_text("Include config.d/*\nHost *\n  Port 1\n")

    assert logs_in(by_config)


def test_the_settings_of_rla_count_more_than_those_of_ssh(server: SshServer, home: Path, by_config: Remote) -> None:
    write_config(home, server, "User nobody-of-this-name", "IdentityFile /nowhere", port=1)
    known = {"port": server.port, "key_file": str(server.key_file), "username": server.remote("x").login_name}

    assert logs_in(replace(by_config, **known))  # type: ignore[arg-type]


def test_the_usual_key_and_known_hosts_of_the_home_folder(server: SshServer, home: Path, tmp_path: Path) -> None:
    (home / ".ssh/id_ed25519").write_bytes(server.key_file.read_bytes())
    (home / ".ssh/known_hosts").write_bytes(server.known_hosts.read_bytes())

    assert logs_in(server.remote(tmp_path / "data", key_file=None, known_hosts=None))


def test_a_machine_behind_another_and_behind_a_command(server: SshServer, home: Path, by_config: Remote) -> None:
    key = f"IdentityFile {server.key_file}"
    write_config(home, server, key, f"ProxyCommand {os.environ.get('PYTHON', 'python3')} -c '{PASS_ON}' %h %p")
    assert logs_in(by_config)

    write_config(home, server, key, f"ProxyJump 127.0.0.1:{server.port}")
    with (home / ".ssh/config").open("a") as config:
        config.write(f"Host 127.0.0.1\n  {key}\n  UserKnownHostsFile {server.known_hosts}\n")
    assert logs_in(by_config)


PASS_ON = """
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def back():
    while data := there.recv(65536): os.write(1, data)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536): there.sendall(data)
""".strip().replace("\n", "\\n")
PASS_ON = f'exec("{PASS_ON}")'


def test_a_wrong_key_is_refused_with_what_was_tried_and_what_to_do(server: SshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "wrong")

    with pytest.raises(LoginRefusedError) as error:
        logs_in(server.remote(tmp_path / "data", key_file=str(tmp_path / "wrong"), username="root"))

    for word in ("does not let 'root' in", "publickey", f"key {tmp_path}/wrong", "ssh-copy-id", "key_file"):
        assert word in str(error.value)


def test_a_key_file_that_is_missing_or_none(server: SshServer, tmp_path: Path) -> None:
    with pytest.raises(LoginRefusedError, match="there is no key file '/nowhere/key'"):
        logs_in(server.remote(tmp_path / "data", key_file="/nowhere/key"))
    (tmp_path / "text").write_text("no key\n")
    with pytest.raises(LoginRefusedError, match="no private key of type ed25519, ecdsa or rsa"):
        logs_in(server.remote(tmp_path / "data", key_file=str(tmp_path / "text")))


def test_too_many_keys_are_named_as_the_problem(server: SshServer, agent: Path, tmp_path: Path) -> None:
    for number in range(7):
        make_key(tmp_path / f"key{number}")
        add_to_agent(tmp_path / f"key{number}")

    with pytest.raises(LoginRefusedError, match="Name the one key that is meant"):
        logs_in(server.remote(tmp_path / "data", key_file=None, agent=True))


@pytest.mark.parametrize("text", ["Host lab\nPort\n", "Host lab\n  Port many\n"])
def test_a_configuration_that_cannot_be_read_is_named(home: Path, by_config: Remote, text: str) -> None:
    (home / ".ssh/config").write_text(text)

    with pytest.raises(SyncError, match=r"~/\.ssh/config"):
        logs_in(by_config)


def test_a_wrong_port_is_named(server: SshServer, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="takes no connections on port 1"):
        logs_in(server.remote(tmp_path / "data", port=1))
    with pytest.raises(UnreachableError, match=r"There is no machine 'no-such-host\.invalid'"):
        logs_in(server.remote(tmp_path / "data", host="no-such-host.invalid"))
