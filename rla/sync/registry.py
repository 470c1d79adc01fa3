"""The table of transports."""

from __future__ import annotations

import importlib
from typing import Final

from rla.sync.pace import Pace
from rla.sync.remote import Remote
from rla.sync.transport import Transport

__all__ = ["TRANSPORTS", "transport_to"]

TRANSPORTS: Final[dict[str, str]] = {
    "sftp": "rla.sync.sftp:SftpTransport",
    "ftps": "rla.sync.ftp.transport:FtpsTransport",
    "ftp": "rla.sync.ftp.transport:FtpTransport",
    "rsync": "rla.sync.rsync:RsyncTransport",
    "local": "rla.sync.local:LocalTransport",
}
"""Name of a protocol → dotted path of its transport, imported on first use."""


def transport_to(remote: Remote, pace: Pace | None = None) -> Transport:
    """Make the transport to a data root, which is not connected yet.

    Args:
        remote: where to, and how.
        pace: how fast bytes may travel; the limit of the remote when None.
    """
    module, _, name = TRANSPORTS[remote.protocol].partition(":")
    transport: Transport = getattr(importlib.import_module(module), name)(remote, pace or Pace(remote.bandwidth_limit))
    return transport
