"""The transport by rsync over SSH keeps the contract of transports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rla.sync.openssh import rsync_runs
from rla.sync.remote import Remote
from rla.testing.transport import Desk, OtherEnd, TransportContract


class TestRsyncTransport(TransportContract):
    slow = 2 << 20
    stopped_after = 0.5

    @pytest.fixture(scope="class")
    @classmethod
    def other_end(cls, ssh_remote: Remote, tmp_path_factory: pytest.TempPathFactory) -> OtherEnd:
        root = tmp_path_factory.mktemp("rsync") / "the [other] end's * data"
        root.mkdir()
        return OtherEnd(replace(ssh_remote, root=str(root)), root)

    def test_a_limit_of_speed_is_kept(self, other_end: OtherEnd, desk: Desk) -> None:
        """It is kept by rsync itself, in units of 1024 bytes a second."""
        with self.make_slow(other_end, desk) as transport, pytest.MonkeyPatch.context() as patch:
            commands: list[list[str]] = []
            right = rsync_runs.start
            patch.setattr(rsync_runs, "start", lambda command, *rest: commands.append(command) or right(command, *rest))
            assert [each.complete for each in transport.send([desk.sending("x", b"content")])] == [True]
            assert [each.complete for each in transport.fetch([desk.fetching("y", b"content")])] == [True]
        assert sum("--bwlimit=2048" in command for command in commands) == 2
