"""How a connection to a server of FTP begins: who it is, encryption, user and password."""

from __future__ import annotations

import contextlib
import ftplib
import socket
import ssl

from rla.errors import LoginRefusedError, SyncError, UnreachableError, printable
from rla.names import MASK
from rla.sync.ftp.answers import error_of_answer, error_of_silence, reason_of, shown
from rla.sync.ftp.certificates import accepted_fingerprints, certificate_has_changed, unknown_certificate
from rla.sync.ftp.client import Client, WrongCertificateError, as_sent, as_text
from rla.sync.remote import Remote

__all__ = ["logged_in", "port_of"]


def port_of(remote: Remote) -> int:
    """Return the port of the server."""
    return remote.port or ftplib.FTP_PORT


def logged_in(remote: Remote, encrypted: bool) -> Client:
    """Connect and log in; where it shall be encrypted, nothing but the wish for that is sent before it is.

    Raises:
        UnreachableError: nobody answers, or not in time.
        HostKeyError: nobody vouches for the certificate of the server, or it is another one than before.
        LoginRefusedError: user or password are not accepted.
        SyncError: the server speaks no FTP, or cannot encrypt.
    """
    client = _encrypted(remote) if encrypted else _connected(remote, ssl.create_default_context())
    try:
        _log_in(client, remote)
        if encrypted:
            _encrypt_data(client, remote)
    except BaseException:
        client.drop()
        raise
    return client


def _connected(remote: Remote, context: ssl.SSLContext, accepted: frozenset[str] = frozenset()) -> Client:
    """Connect, and wait for the greeting."""
    client = Client(remote.timeout, context, accepted)
    try:
        client.connect(remote.host, port_of(remote))
        return client
    except ftplib.Error as error:
        problem: SyncError = error_of_answer(remote, as_text(str(error)), "let us in")
    except TimeoutError as error:
        problem = error_of_silence(remote, error, f"connect to its port {port_of(remote)}")
    except socket.gaierror as error:
        problem = UnreachableError(f"There is no address of '{printable(remote.host)}': {error.strerror}.")
    except UnicodeError:
        problem = SyncError(f"'{printable(remote.host)}' is no name of a machine.")
    except (OSError, EOFError) as error:
        problem = UnreachableError(
            f"{remote.host} does not answer on port {port_of(remote)} ({reason_of(error)}). Does the server run, and "
            "is the port right?"
        )
    client.drop()
    raise problem


def _encrypted(remote: Remote) -> Client:
    """Connect, and encrypt the connection to somebody who is who it should be."""
    port = port_of(remote)
    accepted = accepted_fingerprints(remote.known_hosts, remote.host, port)
    client = _connected(remote, _careless_context() if accepted else ssl.create_default_context(), accepted)
    try:
        _begin_tls(client, remote)
        return client
    except WrongCertificateError as error:
        client.drop()
        raise certificate_has_changed(remote.known_hosts, remote.host, port, error.args[0]) from None
    except ssl.SSLCertVerificationError as error:
        client.drop()
        reason = error.verify_message or "it is not valid"
    raise unknown_certificate(remote.known_hosts, remote.host, port, _seen_fingerprint(remote), reason)


def _begin_tls(client: Client, remote: Remote) -> None:
    try:
        client.auth()
    except ssl.SSLCertVerificationError:
        raise
    except ftplib.Error as error:
        client.drop()
        raise SyncError(
            f"{remote.host} offers no encryption, it answers {shown(as_text(str(error)))}. Nothing was sent to it, no "
            "password either. Turn on TLS in that server, or use sftp."
        ) from None
    except (OSError, EOFError) as error:
        client.drop()
        raise error_of_silence(remote, error, "begin TLS") from error


def _seen_fingerprint(remote: Remote) -> str:
    """Return the fingerprint of the certificate that the server shows, on a connection that is used for no more."""
    client = _connected(remote, _careless_context())
    try:
        _begin_tls(client, remote)
        return client.fingerprint()
    finally:
        client.drop()


def _careless_context() -> ssl.SSLContext:
    """Return a context that takes any certificate, for where fingerprints are compared."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _log_in(client: Client, remote: Remote) -> None:
    user = remote.login_name
    answer = _answer(client, remote, f"USER {user}")
    if answer.startswith("331"):
        password = remote.password.get()
        if password is None:
            raise LoginRefusedError(
                f"{remote.host} asks '{user}' for a password, and there is none. Set REMOTE_SETTING.password_env or "
                "password_command."
            )
        answer = _answer(client, remote, f"PASS {password}").replace(password or MASK, MASK)
    if not answer.startswith("2"):
        raise LoginRefusedError(
            f"{remote.host} does not let '{user}' in: it answers {shown(answer)}. Check REMOTE_SETTING.username and "
            "the password."
        )


def _answer(client: Client, remote: Remote, line: str) -> str:
    """Return the answer to a command whose text may be secret: it is in no error, and not in what caused it."""
    sent: str | None = None
    with contextlib.suppress(ValueError):  # UnicodeError among them, which holds the text
        sent = as_sent(line)
    if sent is None:
        raise LoginRefusedError("FTP cannot carry a user or password with a line break.")
    problem: SyncError
    try:
        return as_text(client.sendcmd(sent))
    except ftplib.Error as error:
        if not str(error).startswith("421"):
            return as_text(str(error))
        problem = UnreachableError(f"{remote.host} lets nobody in at the moment; it answers with code 421.")
    except (OSError, EOFError) as error:
        problem = error_of_silence(remote, error, "log in")
    raise problem


def _encrypt_data(client: Client, remote: Remote) -> None:
    try:
        client.prot_p()
    except ftplib.Error as error:
        raise SyncError(
            f"{remote.host} does not encrypt the connections that carry the files: {shown(as_text(str(error)))}."
        ) from None
    except (OSError, EOFError) as error:
        raise error_of_silence(remote, error, "encrypt what carries the files") from error
