"""Only a server whose key is known is talked to: an unknown or changed one is refused, with what to do about it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import HostKeyError
from rla.sync.registry import transport_to
from rla.sync.ssh.host_keys import check_host_key, fingerprint, known_keys
from test.sync.servers import SshServer, make_key


def accepts(server: SshServer, known_hosts: Path, **changes: object) -> bool:
    with transport_to(server.remote("", known_hosts=str(known_hosts), **changes)) as transport:
        return transport.entries("nothing") == []


def test_an_unknown_host_is_refused_with_the_command_that_makes_it_known(server: SshServer, tmp_path: Path) -> None:
    known = tmp_path / "known hosts"
    known.write_text(server.line_of_known_hosts("ed25519", "another.machine"))

    with pytest.raises(HostKeyError) as error:
        accepts(server, known)

    text = str(error.value)
    assert f"'[127.0.0.1]:{server.port}' is unknown" in text
    assert "no password" in text
    listed = subprocess.run(["ssh-keygen", "-lf", server.folder / "host_ed25519.pub"], capture_output=True, text=True)
    assert listed.stdout.split()[1] in text
    (command,) = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    subprocess.run(command, shell=True, check=True, timeout=30, capture_output=True)
    assert accepts(server, known)


def test_a_host_behind_a_name_of_the_configuration_is_made_known_by_ssh(server: SshServer, home: Path) -> None:
    (home / ".ssh/config").write_text(f"Host lab\n  HostName 127.0.0.1\n  Port {server.port}\n  HostKeyAlias lab\n")

    with pytest.raises(HostKeyError, match=rf"'lab' is unknown(.|\n)* ssh -p {server.port} ann@lab"):
        accepts(server, home / ".ssh/known_hosts", host="lab", port=None, username="ann")


def test_hashed_names_are_read(server: SshServer, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(server.line_of_known_hosts())
    subprocess.run(["ssh-keygen", "-H", "-f", known], check=True, capture_output=True, timeout=20)
    assert known.read_text().startswith("|1|")

    assert accepts(server, known)


@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
def test_a_host_is_asked_for_the_key_that_is_known(server: SshServer, tmp_path: Path, kind: str) -> None:
    (tmp_path / "known_hosts").write_text(server.line_of_known_hosts(kind))

    assert accepts(server, tmp_path / "known_hosts")


def test_a_changed_key_is_refused_with_both_fingerprints_and_the_line(server: SshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "old")
    name = f"[127.0.0.1]:{server.port}"
    kind, key, _ = (tmp_path / "old.pub").read_text().split()
    known = tmp_path / "known_hosts"
    known.write_text(f"# machines\n{name} {kind} {key}\n")

    with pytest.raises(HostKeyError) as error:
        accepts(server, known)

    text = str(error.value)
    listed = [
        subprocess.run(["ssh-keygen", "-lf", file], capture_output=True, text=True).stdout.split()[1]
        for file in (tmp_path / "old.pub", server.folder / "host_ed25519.pub")
    ]
    assert f"expected: ssh-ed25519 {listed[0]} (line 2 of {known})" in text
    assert f"came:     ssh-ed25519 {listed[1]}" in text
    for command in [line.strip() for line in text.splitlines() if line.startswith(("  ssh-keygen", "  ssh-keyscan"))]:
        subprocess.run(command, shell=True, check=True, timeout=30, capture_output=True)
    assert accepts(server, known)


def test_a_revoked_key_is_refused_though_it_is_known(server: SshServer, tmp_path: Path) -> None:
    line = server.line_of_known_hosts()
    (tmp_path / "known_hosts").write_text(f"{line}@revoked * {line.split(' ', 1)[1]}")

    with pytest.raises(HostKeyError, match="is revoked by line 2"):
        accepts(server, tmp_path / "known_hosts")


def test_an_authority_alone_makes_no_host_known(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(f"@cert-authority {server.line_of_known_hosts()}")

    with pytest.raises(HostKeyError, match="has an authority for it; rla reads plain keys alone"):
        accepts(server, tmp_path / "known_hosts")


@pytest.mark.parametrize(
    ("names", "holds"),
    [
        ("gpu1", True),
        ("GPU1,other", True),
        ("gpu?,other", True),
        ("*", True),
        ("*,!gpu1", False),
        ("gpu", False),
        ("gpu1.lab", False),
        ("[gpu1]:22", False),
        ("|1|broken", False),
        ("|1|c2FsdA==|bm8=", False),
    ],
)
def test_names_and_patterns(tmp_path: Path, names: str, holds: bool) -> None:
    (tmp_path / "known_hosts").write_text(f"\n# comment\n{names} ssh-ed25519 AAAA comment\nshort line\n")

    assert bool(known_keys([str(tmp_path / "known_hosts"), "/nowhere"], "gpu1")) is holds


def test_a_port_belongs_to_the_name(tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("[10.0.0.*]:2222 ssh-ed25519 AAAA\n")

    assert known_keys([str(tmp_path / "known_hosts")], "[10.0.0.7]:2222")
    assert not known_keys([str(tmp_path / "known_hosts")], "[10.0.0.7]:2223")
    assert not known_keys([str(tmp_path / "known_hosts")], "10.0.0.7")


def test_a_fingerprint_is_that_of_ssh_keygen(tmp_path: Path, keys_of: Callable[[Path], bytes]) -> None:
    make_key(tmp_path / "key", "rsa")
    listed = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key.pub"], capture_output=True, text=True, timeout=20)

    assert fingerprint(keys_of(tmp_path / "key.pub")) == listed.stdout.split()[1]
    with pytest.raises(HostKeyError, match="ssh-rsa SHA256:"):
        check_host_key(keys_of(tmp_path / "key.pub"), [], "gpu1", "command", "file")


@pytest.fixture
def keys_of() -> Callable[[Path], bytes]:
    import base64

    return lambda path: base64.b64decode(path.read_text().split()[1])
