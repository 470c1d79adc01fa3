"""Where SSH goes to: what the configuration of rla says, then ``~/.ssh/config``, then the defaults of OpenSSH."""

from __future__ import annotations

import getpass
import glob
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rla import files
from rla.errors import SyncError
from rla.sync.ssh.host_keys import name_in_known_hosts

__all__ = ["SshHost", "ssh_host"]

_USERS_CONFIG: Final = "~/.ssh/config"
_CONFIG_OF_ALL: Final = "/etc/ssh/ssh_config"
_KNOWN_TO_USER: Final = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
_KNOWN_TO_ALL: Final = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
_DEFAULT_IDENTITIES: Final = ("~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519")
_SSH_PORT: Final = 22
_DEEPEST_INCLUDE: Final = 8
_LINE: Final = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.+?)\s*$")
_IN_COMMANDS: Final = re.compile(r"(?!-)[\w.@:%+\-\[\]]*")


@dataclass(frozen=True)
class SshHost:
    """How SSH goes to a machine.

    Attributes:
        asked: the host as people wrote it.
        host: name or address of the machine.
        port: the port of its server.
        username: the user there.
        key_files: private keys to log in with, in this order.
        keys_are_chosen: whether somebody named them, so that they come before those of an agent.
        agent: whether keys of an SSH agent are tried.
        agent_keys_are_chosen: whether of those only the ones are tried whose files are named (``IdentitiesOnly``).
        known_hosts: files with the keys of known hosts; the first is the one to add to.
        known_as: what the machine is called there.
        proxy_command: a command that connects to it; None for a connection by TCP.
        jumps: machines that lead to it, each ``[user@]host[:port]``.
    """

    asked: str
    host: str
    port: int
    username: str
    key_files: tuple[str, ...]
    keys_are_chosen: bool
    agent: bool
    agent_keys_are_chosen: bool
    known_hosts: tuple[str, ...]
    known_as: str
    proxy_command: str | None
    jumps: tuple[str, ...]

    def accept_command(self, kind: str) -> str:
        """Return the command by which people make a key of the machine known, of a type such as ``ed25519``."""
        direct = self.proxy_command is None and not self.jumps
        if direct and self.known_as == name_in_known_hosts(self.host, self.port):
            port = "" if self.port == _SSH_PORT else f"-p {self.port} "
            return f"ssh-keyscan -t {kind} {port}{shlex.quote(self.host)} >> {shlex.quote(self.known_hosts[0])}"
        known = "" if self.known_hosts[0] == os.path.expanduser("~/.ssh/known_hosts") else self.known_hosts[0]
        option = f"-o UserKnownHostsFile={shlex.quote(known)} " if known else ""
        return f"ssh {option}-p {self.port} {shlex.quote(f'{self.username}@{self.asked}')}"


def ssh_host(
    host: str,
    port: int | None = None,
    username: str | None = None,
    key_file: str | None = None,
    agent: bool = True,
    known_hosts: str | None = None,
) -> SshHost:
    """Return how SSH goes to a machine; what is None is asked of the configuration of SSH.

    Raises:
        SyncError: the configuration of SSH cannot be read, or the host is none.
    """
    if not host or not _IN_COMMANDS.fullmatch(host):
        raise SyncError(f"'{host}' is no name or address of a machine.")
    found = _looked_up(host, username)
    target = str(found.get("hostname") or host)
    place = port or _number(found.get("port"), host) or _SSH_PORT
    user = username or found.get("user") or getpass.getuser()
    named = (key_file,) if key_file else tuple(each for each in found.get("identityfile", ()) if each != "none")
    defaults = () if "identityfile" in found else _DEFAULT_IDENTITIES
    jumps, proxy = found.get("proxyjump") or "none", found.get("proxycommand")
    if proxy and not _IN_COMMANDS.fullmatch(user):
        raise SyncError(f"'{user}' is no user that the ProxyCommand of '{host}' can be told.")
    listed = f"{found.get('userknownhostsfile', _KNOWN_TO_USER)} {found.get('globalknownhostsfile', _KNOWN_TO_ALL)}"
    known = (known_hosts,) if known_hosts else _paths(listed)
    return SshHost(
        asked=host,
        host=target,
        port=place,
        username=user,
        key_files=tuple(os.path.expanduser(each) for each in named or defaults),
        keys_are_chosen=bool(named),
        agent=agent and str(found.get("identityagent", "")).lower() != "none",
        agent_keys_are_chosen=str(found.get("identitiesonly", "no")).lower() == "yes",
        known_hosts=known or _paths(_KNOWN_TO_USER),
        known_as=str(found.get("hostkeyalias") or name_in_known_hosts(target, place)),
        proxy_command=proxy,
        jumps=() if proxy or jumps.lower() == "none" else tuple(each.strip() for each in jumps.split(",")),
    )


def _paths(listed: str) -> tuple[str, ...]:
    return tuple(os.path.expanduser(each) for each in shlex.split(listed) if each.lower() != "none")


def _number(text: str | None, host: str) -> int | None:
    if text is None or str(text).isdigit():
        return None if text is None else int(text)
    raise SyncError(f"~/.ssh/config has the port '{text}' for '{host}'; expected a number.")


def _looked_up(host: str, username: str | None) -> dict[str, Any]:
    """Return what the files of SSH say of a host."""
    lines = [*_lines_of(os.path.expanduser(_USERS_CONFIG), "~/.ssh"), "Host *", *_lines_of(_CONFIG_OF_ALL, "/etc/ssh")]
    if len(lines) == 1:
        return {}
    import paramiko

    first = [f"Host *\nUser {username}"] if username else []  # known to Match user and to %r of a ProxyCommand
    try:
        return dict(paramiko.SSHConfig.from_text("\n".join([*first, "Host *", *lines])).lookup(host))
    except Exception as error:  # of a parser that says with many kinds of errors what it cannot read
        raise SyncError(
            f"The configuration of SSH ({_USERS_CONFIG}, {_CONFIG_OF_ALL}) cannot be read: {error}"
        ) from None


def _lines_of(path: str, folder: str, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a file, with those that it includes in their place; paramiko does not know ``Include``."""
    try:
        content = files.read_regular(path).decode("utf-8", "replace")
    except OSError:
        return
    block = "Host *"
    for line in content.splitlines():
        found = _LINE.match(line)
        word = found[1].lower() if found else ""
        if found and word == "include":
            if depth < _DEEPEST_INCLUDE:
                for pattern in shlex.split(found[2]):
                    for each in sorted(
                        glob.glob(os.path.join(os.path.expanduser(folder), os.path.expanduser(pattern)))
                    ):
                        yield from _lines_of(each, folder, depth + 1)
            yield block
            continue
        if word in ("host", "match"):
            block = line
        yield line
