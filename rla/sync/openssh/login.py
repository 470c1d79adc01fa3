"""A login by the program ssh that others go through: one handshake, however many programs follow."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from typing import Final

from rla import files
from rla.errors import HostKeyError, LoginRefusedError, SyncError, UnreachableError, printable
from rla.sync.openssh.children import end, environment, listen, start
from rla.sync.remote import Remote

__all__ = ["SshLogin"]

_WORD: Final = b"rla is here\n"
_LONGEST_SOCKET: Final = 80
_STRICT: Final = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "PasswordAuthentication=no"),
    *("KbdInteractiveAuthentication=no", "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes"),
    *("PermitLocalCommand=no", "RequestTTY=no", "LogLevel=ERROR", "EscapeChar=none"),
)
"""Nobody is asked anything, no unknown machine is believed, no password is sent, and the machine there gets nothing."""

_FAST: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Ciphers that processors have instructions for; they come first of those that the configuration of SSH allows."""


class SshLogin:
    """A login to the machine of a remote, which lasts until `close` or until this process ends.

    The machine runs ``cat`` for it, whose input ends with this process: nothing is left behind.

    Args:
        remote: where to, and how.

    Attributes:
        folder: a folder of this login alone, for its socket and what else is needed while it lasts.
    """

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._process: subprocess.Popen[bytes] | None = None
        self._config: dict[str, str] = {}
        top = tempfile.gettempdir()
        self.folder = os.path.join(top if len(top) < _LONGEST_SOCKET - 30 else "/tmp", f"rla-{secrets.token_hex(8)}")

    def open(self) -> None:
        """Log in.

        Raises:
            UnreachableError: nobody answers, or not in time.
            HostKeyError: the other end is unknown, or has another key than before.
            LoginRefusedError: user or key are not accepted.
            SyncError: there is no ssh here, or no command can be run there.
        """
        if shutil.which("ssh") is None:
            raise SyncError(
                "The program ssh is not installed here, which rsync needs; file_transfer_protocol: sftp does not."
            )
        files.make_private_directory(self.folder)
        self._config = self._looked_up()
        env = environment(self._remote.password)
        process = self._process = start([*self._command(), "cat"], env, subprocess.PIPE)
        printed, errors = bytearray(), bytearray()

        def hear(data: bytes) -> None:
            printed.extend(data)
            if _WORD in printed:
                raise StopIteration

        assert process.stdin is not None
        try:
            process.stdin.write(_WORD)
            process.stdin.flush()
        except BrokenPipeError:
            pass  # what it says tells why
        in_time = listen(process, hear, errors.extend, time.monotonic() + self._remote.timeout)
        if _WORD in printed:
            return
        code = end(process, gently=False)
        self._process = None
        raise self._problem(errors.decode("utf-8", "replace"), code, in_time)

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return self._process is not None and self._process.poll() is None

    @property
    def through(self) -> str:
        """The command by which programs go through it; it never makes a connection of its own."""
        options = ("ControlMaster=no", f"ControlPath={self._socket}", "ProxyCommand=false", "BatchMode=yes")
        words = ["ssh", "-F", "/dev/null", "-x", "-a", "-T", *(word for each in options for word in ("-o", each))]
        return shlex.join(words)

    def close(self) -> None:
        """Log out."""
        process, self._process = self._process, None
        if process is not None:
            end(process, gently=False)  # it has nothing to put away, and sometimes does not hear that it shall end
        files.remove_tree(self.folder)

    @property
    def _socket(self) -> str:
        return f"{self.folder}/ssh"

    def _command(self) -> list[str]:
        remote = self._remote
        alive = max(1, int(remote.timeout / 2))
        options = [
            *(*_STRICT, "ControlMaster=yes", f"ControlPath={_told(self._socket)}", "ControlPersist=no"),
            *(
                f"ConnectTimeout={max(1, round(remote.timeout))}",
                f"ServerAliveInterval={alive}",
                "ServerAliveCountMax=2",
            ),
        ]
        ciphers = self._config.get("ciphers", "").split(",")
        if set(_FAST) & set(ciphers):
            options.append(f"Ciphers={','.join(sorted(ciphers, key=lambda name: name not in _FAST))}")
        if remote.known_hosts is not None:
            options += [f"UserKnownHostsFile={_told(remote.known_hosts)}", "GlobalKnownHostsFile=none"]
        if not remote.agent:
            options.append("IdentityAgent=none")
        if remote.key_file is not None:
            if not os.access(remote.key_file, os.R_OK):
                raise LoginRefusedError(f"The key '{remote.key_file}' is not there, or cannot be read.")
            options.append(f"IdentityFile={_told(remote.key_file)}")
        return ["ssh", "-T", *(word for each in options for word in ("-o", each)), *self._place()]

    def _place(self) -> list[str]:
        """Return the arguments that name the machine; the configuration of SSH says what they leave out."""
        remote = self._remote
        port = [] if remote.port is None else ["-p", str(remote.port)]
        user = [] if remote.username is None else ["-l", remote.username]
        return [*port, *user, "--", remote.host]

    def _problem(self, errors: str, code: int, in_time: bool) -> SyncError:
        """Return what the errors of ssh mean."""
        place = f"'{self._remote.host}'"
        lines = [printable(line.strip("@ \r")) for line in errors.splitlines() if line.strip("@ \r")]
        last = lines[-1] if lines else f"ssh ended with code {code}"
        if not in_time:
            return UnreachableError(f"{place} gave no answer within {self._remote.timeout:g} s.")
        if "HOST IDENTIFICATION HAS CHANGED" in errors or "REVOKED HOST KEY" in errors:
            return self._changed_key()
        if "ost key verification failed" in errors:
            return self._unknown_key()
        if "Permission denied" in errors or "Too many authentication failures" in errors:
            user = f" for the user '{self._remote.username}'" if self._remote.username else ""
            return LoginRefusedError(
                f"{place} accepts none of our keys{user}: {last} Over rsync, only keys log in, never a password: name "
                "one by REMOTE_SETTING.key_file, or set REMOTE_SETTING.file_transfer_protocol: sftp."
            )
        if code == 255:
            return UnreachableError(f"There is no way to {place} by ssh: {last}")
        return SyncError(f"{place} lets us in, but runs no command for us, which rsync needs: {last}")

    def _unknown_key(self) -> HostKeyError:
        host, port, known = self._known_as
        number = "" if port == "22" else f"-p {port} "
        return HostKeyError(
            f"'{self._remote.host}' is not among the known hosts; nothing was sent to it. If it is the right machine, "
            f"make it known: ssh-keyscan {number}{shlex.quote(host)} >> {shlex.quote(known)}"
        )

    def _changed_key(self) -> HostKeyError:
        host, port, known = self._known_as
        name = host if port == "22" else f"[{host}]:{port}"
        return HostKeyError(
            f"'{self._remote.host}' shows another key than the one that is known of it; nothing was sent to it. It may "
            "be another machine that pretends to be this one. If its keys were changed, forget the old one: "
            f"ssh-keygen -R {shlex.quote(name)} -f {shlex.quote(known)}"
        )

    def _looked_up(self) -> dict[str, str]:
        """Return what the configuration of SSH says of the machine; nothing where it cannot be told."""
        command = ["ssh", "-G", *self._place()]
        try:
            asked = subprocess.run(
                command, capture_output=True, timeout=self._remote.timeout, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:  # a Match that runs a command
            return {}
        lines = asked.stdout.decode("utf-8", "replace").splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)

    @property
    def _known_as(self) -> tuple[str, str, str]:
        """Host and port by which the machine is known, and the file that it is known from."""
        known = self._remote.known_hosts or self._config.get("userknownhostsfile", "~/.ssh/known_hosts").split(" ")[0]
        port = str(self._remote.port or self._config.get("port", "22"))
        return self._config.get("hostname", self._remote.host), port, os.path.expanduser(known)


def _told(path: str) -> str:
    """Return a path as ssh takes it in an option: it splits at spaces, and replaces what a per cent begins."""
    return '"' + path.replace("%", "%%") + '"'
