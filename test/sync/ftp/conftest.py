"""Fixtures for the tests of FTP: servers of this machine, and connections to them."""

from __future__ import annotations

from test.sync.ftp_servers import connected, ftp_server, running_ftp_server, silent_port

__all__ = ["connected", "ftp_server", "running_ftp_server", "silent_port"]
