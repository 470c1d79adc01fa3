"""The transport by SFTP keeps the contract of transports."""

from __future__ import annotations

import pytest

from rla.testing.transport import OtherEnd, TransportContract
from test.sync.servers import SshServer


class TestSftpTransport(TransportContract):
    @pytest.fixture(scope="class")
    @classmethod
    def other_end(cls, server: SshServer, tmp_path_factory: pytest.TempPathFactory) -> OtherEnd:
        root = tmp_path_factory.mktemp("the other end")
        return OtherEnd(server.remote(root), root)
