"""The other end: a data root on another machine, and how to get there."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from rla.config import Settings
from rla.errors import ConfigValueError, SyncError, did_you_mean
from rla.sync.password import Password

__all__ = ["PORTS", "Remote", "defaults_of", "login_of", "parse_remote", "remotes_of"]

PORTS: Final[dict[str, int | None]] = {"sftp": 22, "rsync": 22, "ftp": 21, "ftps": 21, "local": None}
"""The protocols, each with the port that its servers listen on."""

_SCHEMES: Final = {"ssh": "sftp", "file": "local", **{name: name for name in PORTS}}
_LIKE_SCP: Final = re.compile(r"(?:(?P<user>[^@/\s]+)@)?(?P<host>\[[0-9A-Fa-f:]+\]|[^@/:\s]+):(?P<root>.*)", re.DOTALL)


@dataclass(frozen=True)
class Remote:
    """A data root on another machine.

    Attributes:
        protocol: ``sftp``, ``ftps``, ``ftp``, ``rsync`` (over SSH) or ``local`` (a folder, as of a mounted disk).
        root: the data root there; a relative one is meant from where the login ends up.
        host: name or address of the machine, or a host of ``~/.ssh/config``.
        port: the port; None for that of the protocol, or of ``~/.ssh/config``.
        username: the user there; None for that of ``~/.ssh/config``, or of this process.
        password: where the password comes from.
        key_file: the private key to log in with; None for those that SSH would try.
        agent: whether keys of a running SSH agent are tried.
        known_hosts: the file with the keys of known hosts; None for those of SSH.
        timeout: seconds to wait for an answer.
        bandwidth_limit: bytes a second; None for no limit.
        allow_plaintext: whether a password may travel unencrypted, as plain FTP sends it.
    """

    protocol: str
    root: str
    host: str = ""
    port: int | None = None
    username: str | None = None
    password: Password = field(default_factory=Password, compare=False)
    key_file: str | None = None
    agent: bool = True
    known_hosts: str | None = None
    timeout: float = 10.0
    bandwidth_limit: int | None = None
    allow_plaintext: bool = False

    def __str__(self) -> str:
        """Return its address, without the password."""
        if self.protocol == "local":
            return self.root
        user = f"{self.username}@" if self.username else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (None, PORTS[self.protocol]) else f":{self.port}"
        root = self.root if self.root.startswith("/") else f"/~/{self.root}"
        return f"{self.protocol}://{user}{host}{port}{root}"

    @property
    def identity(self) -> str:
        """A short text that is the same for the same data root on the same server: by rsync and by SFTP."""
        port = self.port or PORTS[self.protocol]
        place = f"{self.host.lower()}\0{port}\0{self.username or ''}\0{self.root.rstrip('/')}"
        return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def login_name(self) -> str:
        """The user there, where nothing else says who."""
        return self.username or getpass.getuser()

    def to_plain(self) -> dict[str, Any]:
        """Return what another process of ours needs, password included, for a pipe that nobody else reads."""
        return {**vars(self), "password": self.password.to_plain()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Remote:
        """Make it again of what `to_plain` returned."""
        return cls(**{**plain, "password": Password(**plain["password"])})


def parse_remote(address: str, defaults: Remote | None = None) -> Remote:
    """Read the address of a data root on another machine.

    Args:
        address: ``ssh://user@host:22/srv/data`` (also sftp, rsync, ftps, ftp; ``/~/data`` is below the home folder
            there), ``user@host:data`` as scp takes it, or a folder of this machine.
        defaults: where the rest comes from: password, key, limits, and the user where the address names none.

    Raises:
        SyncError: it is no address, or holds a password.
    """
    base = defaults or Remote("sftp", "")
    if "://" in address:
        return _of_url(address, base)
    if (like_scp := _LIKE_SCP.fullmatch(address)) and not os.path.exists(address):
        host, user = like_scp["host"].strip("[]"), like_scp["user"] or base.username
        if user is not None and ":" in user:
            raise _holds_a_password(user.partition(":")[0], host)
        return replace(base, protocol="sftp", root=like_scp["root"] or ".", host=host, port=None, username=user)
    if not address.strip():
        raise SyncError("An empty text is no address of a data root. Give e.g. ssh://user@host/srv/data.")
    return replace(base, protocol="local", root=os.path.abspath(os.path.expanduser(address)), host="", port=None)


def _of_url(address: str, base: Remote) -> Remote:
    scheme, _, rest = address.partition("://")
    protocol = _SCHEMES.get(scheme.lower())
    if protocol is None:
        raise SyncError(
            f"'{scheme}' is no protocol of rla.{did_you_mean(scheme, _SCHEMES)} Those there are: {', '.join(_SCHEMES)}."
        )
    if protocol == "local":
        return replace(base, protocol=protocol, root=os.path.abspath("/" + rest.lstrip("/")), host="", port=None)
    try:
        parts = urlsplit(f"{protocol}://{rest}")
        port = parts.port
    except ValueError as error:
        raise SyncError(f"The address of the data root cannot be read: {error}.") from None
    if parts.password is not None:
        raise _holds_a_password(f"{protocol}://{parts.username}", str(parts.hostname))
    if not parts.hostname:
        raise SyncError(f"'{address}' names no host; expected e.g. {protocol}://user@host/srv/data.")
    path = unquote(parts.path)
    root = path[3:] or "." if path.startswith("/~/") or path == "/~" else path or "."
    user = unquote(parts.username) if parts.username else base.username
    return replace(base, protocol=protocol, root=root, host=parts.hostname, port=port, username=user)


def _holds_a_password(user: str, host: str) -> SyncError:
    return SyncError(
        f"The address '{user}:***@{host}…' holds a password, which ends up in histories and lists of processes. Use a "
        "key, or REMOTE_SETTING.password_env or password_command of a rla_config.yaml."
    )


def defaults_of(settings: Settings) -> Remote:
    """Return what a configuration says of any other end: nothing that is for its main node alone, such as a password.

    Raises:
        ConfigValueError: a value is a wrong one.
    """
    get = settings.get
    return Remote(
        protocol="sftp",
        root="",
        key_file=_path_of(settings, "REMOTE_SETTING.key_file"),
        agent=get("REMOTE_SETTING.agent"),
        known_hosts=_path_of(settings, "REMOTE_SETTING.known_hosts"),
        timeout=float(get("REMOTE_SETTING.timeout")),
        bandwidth_limit=get("REMOTE_SETTING.bandwidth_limit"),
    )


def login_of(settings: Settings) -> dict[str, Any]:
    """Return what a configuration says for its main node alone: fields of a `Remote`.

    Raises:
        ConfigValueError: a value is a wrong one.
    """
    return {
        "username": settings.get("REMOTE_SETTING.username"),
        "password": _password_of(settings),
        "allow_plaintext": settings.get("REMOTE_SETTING.allow_plaintext"),
    }


def remotes_of(settings: Settings) -> list[Remote]:
    """Return the main node, by each of the addresses that the configuration knows, in the order they are tried.

    Raises:
        ConfigValueError: something that is needed has no value, or a wrong one.
    """
    get = settings.get
    protocol = str(get("REMOTE_SETTING.file_transfer_protocol"))
    servers = get("REMOTE_SETTING.servers") or ()
    if not servers:
        servers = () if protocol == "local" else (settings.require("REMOTE_SETTING.ftp_server"),)
    root = str(settings.require("REMOTE_SETTING.remote_data_root"))
    base = replace(defaults_of(settings), protocol=protocol, root=root, port=get("REMOTE_SETTING.port"))
    base = replace(base, **login_of(settings))
    if protocol == "local":
        folder = settings.folder
        root = os.path.expanduser(base.root)
        return [replace(base, root=os.path.abspath(root if folder is None else os.path.join(folder, root)), port=None)]
    return [_at(str(server), base, settings.source) for server in servers]


def _at(server: str, base: Remote, source: str) -> Remote:
    """Return the main node at one of its addresses: a host, ``host:port``, ``user@host``, or a whole address."""
    try:
        if "://" in server:
            given = parse_remote(server, base)
            return given if urlsplit(server).path.strip("/") else replace(given, root=base.root)
        user, _, place = server.rpartition("@")
        if place.count(":") > 1 and not place.startswith("["):  # a bare address of IPv6
            place = f"[{place}]"
        parts = urlsplit(f"//{place}")
        if not parts.hostname or parts.path:
            raise SyncError(f"'{server}' is no address of a machine")
        return replace(base, host=parts.hostname, port=parts.port or base.port, username=user or base.username)
    except (SyncError, ValueError):
        expected = "host names or addresses such as 10.0.0.5, main.lab:2222 or sftp://agent@main.lab/data"
        shown = server.rpartition("@")[2]
        raise ConfigValueError("REMOTE_SETTING.servers", source, shown, expected) from None


def _password_of(settings: Settings) -> Password:
    """Return where the password comes from; one that a variable or a command holds counts more than one in the file."""
    if (variable := settings.get("REMOTE_SETTING.password_env")) is not None:
        return Password(variable=variable)
    if (command := settings.get("REMOTE_SETTING.password_command")) is not None:
        return Password(command=command)
    return Password(settings.get("REMOTE_SETTING.password"))


def _path_of(settings: Settings, key: str) -> str | None:
    """Return a file that the configuration names; a relative one is meant from the folder of the configuration."""
    value = settings.get(key)
    if value is None:
        return None
    path = os.path.expanduser(value)
    return path if settings.folder is None else os.path.join(settings.folder, path)
