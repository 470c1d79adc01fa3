"""Known hosts: which key belongs to which machine, by the files of OpenSSH (their format is in ``sshd(8)``)."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rla import files
from rla.errors import HostKeyError

__all__ = ["KnownKey", "check_host_key", "fingerprint", "key_type", "known_keys", "name_in_known_hosts"]

_SSH_PORT: Final = 22
_REVOKED: Final = "@revoked"
_NOTHING_SENT: Final = "Nothing was sent to it, no password either."


@dataclass(frozen=True)
class KnownKey:
    """A key that a file of known hosts has for a machine.

    Attributes:
        file: the file.
        line: the number of its line there, from 1.
        marker: ``@revoked``, ``@cert-authority``, or nothing.
        key: the public key, as it travels.
    """

    file: str
    line: int
    marker: str
    key: bytes


def name_in_known_hosts(host: str, port: int) -> str:
    """Return what a machine is called there: its port belongs to the name unless it is that of SSH."""
    return host.lower() if port == _SSH_PORT else f"[{host.lower()}]:{port}"


def known_keys(paths: Iterable[str], name: str) -> list[KnownKey]:
    """Return the keys of a machine, revoked ones and authorities included; files that are not there have none."""
    return [key for path in paths for key in _keys_in(path, name)]


def _keys_in(path: str, name: str) -> Iterator[KnownKey]:
    try:
        content = files.read_regular(path)
    except OSError:
        return
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or not _names(words[0], name):
            continue
        try:
            yield KnownKey(path, number, marker, base64.b64decode(words[2], validate=True))
        except binascii.Error:
            continue


def _names(patterns: str, name: str) -> bool:
    """Say whether the first field of a line means a machine: patterns, ``!`` before those it does not, or a hash."""
    if patterns.startswith("|1|"):
        _, _, salt, digest = [*patterns.split("|"), ""][:4]
        try:
            wanted = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
            return hmac.compare_digest(wanted, base64.b64decode(digest))
        except binascii.Error:
            return False
    found = False
    for pattern in patterns.lower().split(","):
        if _matches(name, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _matches(name: str, pattern: str) -> bool:
    """Say whether a pattern with ``*`` and ``?`` means a name; brackets are those around a host with its port."""
    return re.fullmatch(fnmatch.translate(re.sub(r"\[", "[[]", pattern)), name) is not None


def key_type(key: bytes) -> str:
    """Return the type of a public key, e.g. ``ssh-ed25519``: the first of its fields."""
    length = int.from_bytes(key[:4], "big")
    return key[4 : 4 + length].decode("ascii", "replace")


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a public key as ``ssh-keygen -l`` prints it: ``SHA256:…``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def check_host_key(shown: bytes, known: list[KnownKey], name: str, accept: str, file: str) -> None:
    """Make sure that a server is who it should be.

    Args:
        shown: the key that it proved to have.
        known: what the files of known hosts have for it.
        name: what it is called there.
        accept: the command that makes it known.
        file: the file that the command would write to.

    Raises:
        HostKeyError: it is unknown, has another key than before, or a revoked one.
    """
    what = f"{key_type(shown)} {fingerprint(shown)}"
    for each in known:
        if each.marker == _REVOKED and each.key == shown:
            place = f"line {each.line} of {each.file}"
            raise HostKeyError(f"The key of '{name}' ({what}) is revoked by {place}. {_NOTHING_SENT}")
    trusted = [each for each in known if not each.marker]
    if any(each.key == shown for each in trusted):
        return
    if trusted:
        raise HostKeyError(_changed(what, trusted, name, accept))
    authority = next((each for each in known if each.marker == "@cert-authority"), None)
    hint = ""
    if authority is not None:
        hint = f"\n{authority.file}, line {authority.line}, has an authority for it; rla reads plain keys alone."
    raise HostKeyError(
        f"'{name}' is unknown: {file} has no key for it. {_NOTHING_SENT}\n"
        f"Its key is {what}.\nIf that is what 'ssh-keygen -lf' says of the public key on the machine itself, "
        f"accept it once:\n  {accept}{hint}"
    )


def _changed(what: str, trusted: list[KnownKey], name: str, accept: str) -> str:
    expected = "\n".join(
        f"  expected: {key_type(each.key)} {fingerprint(each.key)} (line {each.line} of {each.file})"
        for each in trusted
    )
    forget = "\n".join(
        f"  ssh-keygen -R {shlex.quote(name)} -f {shlex.quote(file)}"
        for file in dict.fromkeys(each.file for each in trusted)
    )
    return (
        f"The key of '{name}' has changed. {_NOTHING_SENT}\n{expected}\n  came:     {what}\n"
        "Either the machine was set up anew, or another one answers in its place. Ask who runs it; "
        f"if the new key is right, forget the old one and accept the new:\n{forget}\n  {accept}"
    )
