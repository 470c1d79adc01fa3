"""The transport of mounted folders keeps the contract of transports."""

from __future__ import annotations

import pytest

from rla.sync.remote import Remote
from rla.testing.transport import OtherEnd, TransportContract


class TestLocalTransport(TransportContract):
    @pytest.fixture(scope="class")
    @classmethod
    def other_end(cls, tmp_path_factory: pytest.TempPathFactory) -> OtherEnd:
        root = tmp_path_factory.mktemp("the other end")
        return OtherEnd(Remote("local", str(root)), root)
