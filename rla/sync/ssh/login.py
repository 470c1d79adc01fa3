"""Logging in over SSH: keys, then the password, each only where the server takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from rla.errors import LoginRefusedError, UnreachableError
from rla.sync.password import Password
from rla.sync.ssh.config import SshHost
from rla.sync.ssh.keys import keys_for

if TYPE_CHECKING:
    import paramiko

__all__ = ["log_in"]

_KEYS_THAT_SERVERS_ALLOW: Final = 6
"""OpenSSH ends a connection after so many attempts (MaxAuthTries)."""


class _Login:
    """One login: what was tried, and what the server still takes."""

    def __init__(self, transport: paramiko.Transport, host: SshHost, password: Password) -> None:
        self.transport, self.host, self.password = transport, host, password
        self.tried: list[str] = []
        self.methods: list[str] = []

    def ask_for_methods(self) -> None:
        """Ask which ways there are; a server without any locks lets us in."""
        import paramiko

        try:
            self.methods = list(self.transport.auth_none(self.host.username))
        except paramiko.BadAuthenticationType as error:
            self.methods = list(error.allowed_types)

    def try_keys(self, keys: list[tuple[str, paramiko.PKey]]) -> None:
        for name, key in keys:
            if self.transport.is_authenticated() or "publickey" not in self.methods:
                return
            self.tried.append(f"key {name}")
            self._attempt(partial(self.transport.auth_publickey, self.host.username, key))

    def try_password(self) -> None:
        """Send the password, by the way that the server has for it."""
        if self.transport.is_authenticated() or not self.password:
            return
        if not {"password", "keyboard-interactive"} & set(self.methods):
            return
        word = self.password.get()
        if word is None:
            return
        self.tried.append("the password")
        if "password" in self.methods:
            self._attempt(partial(self.transport.auth_password, self.host.username, word, fallback=False))
            return

        def answer(title: str, instructions: str, fields: Sequence[object]) -> list[str]:
            return [word] * min(1, len(fields))

        self._attempt(partial(self.transport.auth_interactive, self.host.username, answer))

    def _attempt(self, attempt: Callable[[], Sequence[str] | None]) -> None:
        """Try one way; where it was right but not enough, what is wanted next is known."""
        import paramiko

        try:
            if further := attempt():
                self.methods = list(further)
        except paramiko.BadAuthenticationType as error:
            self.methods = list(error.allowed_types)
        except paramiko.AuthenticationException as error:
            if "timeout" in str(error).lower():
                raise UnreachableError(f"'{self.host.host}' gave no answer while logging in.") from None
        if not self.transport.is_active():
            self._was_cut()

    def _was_cut(self) -> None:
        """Raise what it means that the server ended the connection amid a login."""
        if len(self.tried) >= _KEYS_THAT_SERVERS_ALLOW - 1:
            raise LoginRefusedError(
                f"'{self.host.host}' ended the login of '{self.host.username}' after {len(self.tried)} attempts. "
                "Name the one key that is meant: REMOTE_SETTING.key_file, or IdentityFile with IdentitiesOnly in "
                "~/.ssh/config."
            )
        raise UnreachableError(f"'{self.host.host}' ended the connection while '{self.host.username}' logged in.")

    def refused(self, notes: list[str]) -> LoginRefusedError:
        tried = ", ".join(self.tried) or "nothing, for there was neither a key nor a password that it takes"
        noted = f" Besides, {'; '.join(notes)}." if notes else ""
        takes = ", ".join(self.methods) or "nothing that rla has"
        key = "'ssh-copy-id', and " if "publickey" in self.methods else ""
        return LoginRefusedError(
            f"'{self.host.host}' does not let '{self.host.username}' in. It takes: {takes}. Tried: {tried}.{noted} "
            f"Check the user, and {key}REMOTE_SETTING.key_file or password; 'ssh -v' tells more."
        )


def log_in(transport: paramiko.Transport, host: SshHost, password: Password, timeout: float) -> None:
    """Log in over a connection whose host key was checked.

    Raises:
        LoginRefusedError: neither a key nor the password is accepted.
        UnreachableError: the server ends the connection, or gives no answer.
    """
    login = _Login(transport, host, password)
    login.ask_for_methods()
    if transport.is_authenticated():
        return
    found = keys_for(host, timeout)
    try:
        login.try_keys(found.keys)
        login.try_password()
        if not transport.is_authenticated():
            raise login.refused(found.notes)
    finally:
        found.close()
