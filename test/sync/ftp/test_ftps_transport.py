"""The transport by FTPS keeps the contract of transports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rla.testing.transport import NAMES, OtherEnd, TransportContract
from test.sync.ftp_servers import Server


class TestFtpsTransport(TransportContract):
    refused_names = frozenset({"two\nlines", "carriage\rreturn", "\udcff\udcfe"})
    tells_links = False

    @pytest.fixture(scope="class")
    @classmethod
    def other_end(cls, running_ftp_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherEnd]:
        assert cls.refused_names < set(NAMES)
        running_ftp_server.reset()
        root = running_ftp_server.folder / "contract"
        root.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(running_ftp_server.certificate))
            patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
            yield OtherEnd(running_ftp_server.remote("ftps", "/contract"), root)
