"""A connection by SSH: made, its host key checked, logged in."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rla.errors import SyncError, UnreachableError
from rla.sync.network import PatientSocket, open_connection
from rla.sync.password import Password
from rla.sync.remote import Remote
from rla.sync.ssh.config import SshHost, ssh_host
from rla.sync.ssh.host_keys import check_host_key, key_type, known_keys
from rla.sync.ssh.login import log_in

if TYPE_CHECKING:
    import paramiko

__all__ = ["SshConnection"]

_FAST_CIPHERS: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_RSA: Final = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
_WINDOW: Final = 4 << 20
_KEEPALIVE_SECONDS: Final = 15
_DEEPEST_JUMP: Final = 4
_LOG: Final = "rla-ssh"


class SshConnection:
    """A connection to the SSH server of a remote.

    Args:
        remote: where to, and how.
        depth: how many machines are reached through this one.
        through: machines that lead to it; none: those that the configuration of SSH names.
    """

    def __init__(self, remote: Remote, depth: int = 0, through: tuple[str, ...] = ()) -> None:
        self._remote = remote
        self._depth = depth
        self._through = through
        self._host: SshHost | None = None
        self._jump: SshConnection | None = None
        self._proxy: subprocess.Popen[bytes] | None = None
        self._wire: Any = None
        self._transport: paramiko.Transport | None = None

    def open(self) -> None:
        """Connect, check the host key, and log in.

        Raises:
            UnreachableError: nobody answers in time, or not as a server of SSH does.
            HostKeyError: the server is unknown, or has another key than before; no password was sent.
            LoginRefusedError: user, password or key are not accepted.
            SyncError: the configuration of SSH cannot be read.
        """
        remote = self._remote
        host = ssh_host(remote.host, remote.port, remote.username, remote.key_file, remote.agent, remote.known_hosts)
        if self._through:
            host = replace(host, jumps=self._through, proxy_command=None)
        self._host = host
        try:
            with _told_plainly(host):
                self._wire = self._open_wire(host)
                transport = self._start(host, self._wire)
                log_in(transport, host, remote.password, remote.timeout)
                transport.set_keepalive(_KEEPALIVE_SECONDS)
        except BaseException:
            self.close()
            raise

    def channel(self, subsystem: str) -> paramiko.Channel:
        """Open a channel to a subsystem of the server, such as ``sftp``.

        Raises:
            UnreachableError: the server gives no answer.
            SyncError: the server has no such subsystem.
        """
        import paramiko

        transport, host = self._transport, self._host
        assert transport is not None
        assert host is not None
        timeout = self._remote.timeout
        with _told_plainly(host):
            channel = transport.open_session(window_size=_WINDOW, timeout=timeout)
            channel.settimeout(timeout)
            watch = threading.Timer(timeout, transport.close)  # the answer to a request is waited for without end
            watch.daemon = True
            watch.start()
            try:
                channel.invoke_subsystem(subsystem)
            except paramiko.SSHException as error:
                if not transport.is_active():
                    raise UnreachableError(f"'{host.host}' ended the connection, or gave no answer in time.") from None
                raise SyncError(
                    f"'{self._remote.host}' lets us in, but offers no {subsystem.upper()} (Subsystem {subsystem} in "
                    f"its sshd_config): {error}"
                ) from None
            finally:
                watch.cancel()
        return channel

    def close(self) -> None:
        """End it, and what leads to it."""
        if self._transport is not None:
            self._transport.close()
            if self._transport.is_alive():
                self._transport.join(2.0)
        if self._wire is not None:
            self._wire.close()
        if self._jump is not None:
            self._jump.close()
        if self._proxy is not None:
            self._proxy.terminate()
            try:
                self._proxy.wait(2.0)
            except subprocess.TimeoutExpired:
                self._proxy.kill()
                self._proxy.wait()
        self._transport = self._wire = self._jump = self._proxy = None

    def _open_wire(self, host: SshHost) -> Any:
        """Return what bytes travel by: a socket, or something like it."""
        if host.proxy_command is not None:
            return self._through_command(host.proxy_command)
        if host.jumps:
            return self._through_machine(host)
        return open_connection(host.host, host.port, self._remote.timeout)

    def _through_command(self, command: str) -> socket.socket:
        """Start the ProxyCommand, with one end of a connection as its input and output."""
        ours, its = socket.socketpair()
        with its:
            self._proxy = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"], stdin=its.fileno(), stdout=its.fileno(), stderr=subprocess.DEVNULL
            )
        return ours

    def _through_machine(self, host: SshHost) -> paramiko.Channel:
        """Connect to the machine before, and from there on; that machine gets no password of this one."""
        if self._depth >= _DEEPEST_JUMP:
            raise SyncError(f"ProxyJump of '{host.asked}' leads through more than {_DEEPEST_JUMP} machines.")
        place = urlsplit(f"//{host.jumps[-1].removeprefix('ssh://')}")
        before = replace(
            self._remote,
            host=place.hostname or "",
            port=place.port,
            username=place.username,
            password=Password(),
            key_file=None,
        )
        self._jump = SshConnection(before, self._depth + 1, host.jumps[:-1])
        self._jump.open()
        transport = self._jump._transport
        assert transport is not None
        return transport.open_channel(
            "direct-tcpip", (host.host, host.port), ("127.0.0.1", 0), timeout=self._remote.timeout
        )

    def _start(self, host: SshHost, wire: Any) -> paramiko.Transport:
        """Agree on keys with the server, and make sure that it is the right one."""
        import paramiko

        timeout = self._remote.timeout
        patient: Any = PatientSocket(wire, timeout)
        transport = self._transport = paramiko.Transport(patient, default_window_size=_WINDOW)
        _keep_quiet(transport)
        transport.banner_timeout = transport.handshake_timeout = timeout
        transport.auth_timeout = transport.clear_to_send_timeout = timeout
        known = known_keys(host.known_hosts, host.known_as)
        options = transport.get_security_options()
        options.key_types = _in_front([key_type(each.key) for each in known if not each.marker], options.key_types)
        options.ciphers = _in_front(_FAST_CIPHERS, options.ciphers)
        transport.start_client(timeout=timeout)
        if not transport.initial_kex_done:
            raise TimeoutError
        shown = transport.get_remote_server_key().asbytes()
        kind = key_type(shown).removeprefix("ssh-").partition("-")[0]  # as ssh-keyscan calls it
        check_host_key(shown, known, host.known_as, host.accept_command(kind), host.known_hosts[0])
        return transport


def _in_front(wanted: Any, offered: Any) -> tuple[str, ...]:
    """Put some algorithms before the others, as OpenSSH does with those of keys that it knows."""
    names = [name for each in wanted for name in (_RSA if each == "ssh-rsa" else (each,)) if name in offered]
    return tuple(dict.fromkeys([*names, *offered]))


def _keep_quiet(transport: paramiko.Transport) -> None:
    """Let nothing of what paramiko says reach the terminal; our errors say it."""
    logger = logging.getLogger(_LOG)
    logger.propagate = False
    logger.disabled = True
    transport.set_log_channel(_LOG)


@contextmanager
def _told_plainly(host: SshHost) -> Iterator[None]:
    """Turn what paramiko raises into errors that say what is the matter."""
    import paramiko

    where = f"'{host.host}', port {host.port}"
    try:
        yield
    except SyncError:
        raise
    except paramiko.ChannelException as error:
        raise UnreachableError(f"There is no way from the machine before to {where}: {error.text}.") from None
    except TimeoutError:
        raise UnreachableError(f"{where}, gave no answer in time.") from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        text = str(error) or os.strerror(getattr(error, "errno", None) or 104)
        if "banner" in text.lower() or "protocol version" in text.lower():
            text = f"it does not answer as a server of SSH in time ({text}). Is this its port?"
        raise UnreachableError(f"No connection by SSH to {where}: {text}") from None
