"""Certificates of servers that people have looked at and accepted, as SSH knows the keys of its hosts.

A certificate that an authority of the system vouches for needs none of this. One that a lab has made itself is accepted
by a line of a file, ``[main.lab]:21 sha256=AB:CD:…``: from then on that one counts for this server, and no other.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from typing import Final

from rla import files
from rla.errors import HostKeyError, SyncError, printable

__all__ = ["accepted_fingerprints", "certificate_has_changed", "fingerprint_of", "unknown_certificate"]

_MARK: Final = "sha256="


def fingerprint_of(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate (DER) as ``openssl x509 -fingerprint -sha256`` shows it."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def accepted_fingerprints(known_hosts: str | None, host: str, port: int) -> frozenset[str]:
    """Return the fingerprints of the certificates that were accepted for a server; none: the authorities decide.

    Args:
        known_hosts: the file of ``REMOTE_SETTING.known_hosts``; None for ``~/.config/rla/known_certificates``. Lines
            of other kinds, such as keys of SSH, are passed over.
        host: as it is written in the address.
        port: the port.

    Raises:
        SyncError: the file cannot be read, or has a line for this server that is no fingerprint.
    """
    path = _file_of(known_hosts)
    try:
        lines = files.read_regular(path).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise SyncError(f"The accepted certificates in '{path}' cannot be read: {error.strerror or error}.") from None
    server = _server(host, port)
    found = set()
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if len(words) < 2 or words[0].lower() != server or not words[1].lower().startswith(_MARK):
            continue
        digits = words[1][len(_MARK) :].replace(":", "").upper()
        if len(digits) != 64 or set(digits) - set("0123456789ABCDEF"):
            raise SyncError(
                f"Line {number} of '{path}' is no fingerprint; expected {server} {_MARK} and 64 hexadecimal digits."
            )
        found.add(":".join(digits[at : at + 2] for at in range(0, 64, 2)))
    return frozenset(found)


def unknown_certificate(known_hosts: str | None, host: str, port: int, fingerprint: str, reason: str) -> HostKeyError:
    """Return the error of a server whose certificate nobody vouches for, with the command that accepts it."""
    path = _file_of(known_hosts)
    folder = os.path.dirname(path)
    make = "" if os.path.isdir(folder) else f"mkdir -p {shlex.quote(folder)} && "
    line = f"{_server(host, port)} {_MARK}{fingerprint}"
    return HostKeyError(
        f"The certificate of {host} is not trusted: {printable(reason)}. Nothing was sent to it, no password either. "
        f"Its SHA-256 fingerprint is {fingerprint}. If that is what the administrator of {host} sees "
        "(openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE), accept it with:\n"
        f"  {make}echo {shlex.quote(line)} >> {shlex.quote(path)}\n"
        "An authority of your own is trusted through the variable SSL_CERT_FILE."
    )


def certificate_has_changed(known_hosts: str | None, host: str, port: int, fingerprint: str) -> HostKeyError:
    """Return the error of a server that shows another certificate than the one that was accepted."""
    path = _file_of(known_hosts)
    return HostKeyError(
        f"{host} shows another certificate than the one that was accepted: somebody may be in between. Nothing was "
        f"sent to it, no password either. Its SHA-256 fingerprint is {fingerprint} now. If the administrator of "
        f"{host} has replaced it, and sees the same, change the line of {_server(host, port)} in '{path}'."
    )


def _file_of(known_hosts: str | None) -> str:
    if known_hosts is not None:
        return known_hosts
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(home, "rla", "known_certificates")


def _server(host: str, port: int) -> str:
    return f"[{host.strip('[]').lower()}]:{port}"
