"""One SSH server for all tests of rsync."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from rla.sync.remote import Remote
from test.sync.rsync.server import ssh_server


@pytest.fixture(scope="session")
def ssh_remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """How to get to the server; the data root is not there yet, the folder above it is."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed")
    with ssh_server(tmp_path_factory.mktemp("server")) as remote:
        yield remote
