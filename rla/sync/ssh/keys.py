"""The private keys that a login may use: files, and those of an SSH agent."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rla import files
from rla.sync.network import within
from rla.sync.ssh.config import SshHost

if TYPE_CHECKING:
    import paramiko

__all__ = ["LoginKeys", "keys_for"]


@dataclass
class LoginKeys:
    """Keys in the order in which they are offered.

    Attributes:
        keys: each with a name for people.
        notes: what people should know of keys that cannot be used.
        agent: the agent that has some of them; to be closed.
    """

    keys: list[tuple[str, paramiko.PKey]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    agent: paramiko.Agent | None = None

    def close(self) -> None:
        """Let the agent go."""
        if self.agent is not None:
            self.agent.close()


def keys_for(host: SshHost, timeout: float) -> LoginKeys:
    """Return the keys to log in with: files that somebody chose, those of the agent, those that SSH looks for.

    Raises:
        LoginRefusedError: a key file that somebody chose is not there, or no key.
    """
    found = LoginKeys()
    of_files = [(path, key) for path in host.key_files if (key := _of_file(path, host, found)) is not None]
    of_agent = _of_agent(host, found, timeout) if host.agent else []
    chosen = {_public_blob(path) for path in host.key_files} | {key.asbytes() for _, key in of_files}
    if host.agent_keys_are_chosen:
        of_agent = [(name, key) for name, key in of_agent if key.asbytes() in chosen]
    of_agent.sort(key=lambda each: each[1].asbytes() not in chosen)
    offered: set[bytes] = set()
    for name, key in of_files + of_agent if host.keys_are_chosen else of_agent + of_files:
        if key.asbytes() not in offered:
            offered.add(key.asbytes())
            found.keys.append((name, key))
    return found


def _of_file(path: str, host: SshHost, found: LoginKeys) -> paramiko.PKey | None:
    """Return the key of a file; None, with a note, where it cannot be used without a passphrase."""
    import paramiko

    if not os.path.exists(path):
        if host.keys_are_chosen:
            found.notes.append(f"there is no key file '{path}'")
        return None
    reason = ""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key: paramiko.PKey = kind.from_private_key_file(path)
        except paramiko.PasswordRequiredException:
            found.notes.append(f"'{path}' has a passphrase: give it to an agent first (ssh-add {path})")
            return None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            break
        except Exception as error:  # of libraries that meet bytes of any kind: this is no key of that type
            reason = reason or f"no private key of type ed25519, ecdsa or rsa ({type(error).__name__})"
        else:
            if os.path.exists(f"{path}-cert.pub"):
                key.load_certificate(f"{path}-cert.pub")
            return key
    found.notes.append(f"'{path}' cannot be used: {reason}")
    return None


def _public_blob(path: str) -> bytes:
    """Return the public key beside a private one, so that it is known in an agent; nothing where there is none."""
    import base64
    import binascii

    try:
        return base64.b64decode(files.read_regular(f"{path}.pub").split()[1])
    except (OSError, IndexError, binascii.Error):
        return b""


def _of_agent(host: SshHost, found: LoginKeys, timeout: float) -> list[tuple[str, paramiko.PKey]]:
    import paramiko

    if not os.environ.get("SSH_AUTH_SOCK"):
        return []
    try:
        found.agent = within(timeout, paramiko.Agent)
    except (OSError, paramiko.SSHException, ValueError) as error:  # a TimeoutError is an OSError
        found.notes.append(f"the SSH agent does not answer ({type(error).__name__})")
        return []
    keys = found.agent.get_keys()
    return [(f"{getattr(key, 'comment', '') or key.get_name()} of the agent", key) for key in keys]
