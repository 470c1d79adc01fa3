"""The first address that answers is used; one that refuses us ends the search, so that no password goes around."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla.errors import HostKeyError, LoginRefusedError, SyncError, UnreachableError
from rla.sync.link import Link
from rla.sync.local import LocalTransport
from rla.sync.registry import TRANSPORTS
from rla.sync.remote import Remote

asked: list[str] = []


class Addressed(LocalTransport):
    """Answers, or not, as the name of its host says."""

    def connect(self) -> None:
        asked.append(self.remote.host)
        errors: dict[str, SyncError] = {
            "dead": UnreachableError("dead does not answer."),
            "dead2": UnreachableError("dead2 does not answer."),
            "unknown": HostKeyError("unknown is not known."),
            "refuses": LoginRefusedError("the key is not accepted."),
            "full": SyncError("the data root cannot be made."),
        }
        if self.remote.host in errors:
            raise errors[self.remote.host]
        super().connect()


@pytest.fixture(autouse=True)
def addressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSPORTS, "local", f"{__name__}:{Addressed.__name__}")
    asked.clear()


def link_to(tmp_path: Path, *hosts: str) -> Link:
    return Link([Remote("local", str(tmp_path / host), host=host) for host in hosts])


def test_the_first_that_answers_is_used_and_kept(tmp_path: Path) -> None:
    link = link_to(tmp_path, "dead", "full", "good", "never")
    assert link.transport().remote.host == "good"
    assert link.transport() is link.transport()
    assert asked == ["dead", "full", "good"]
    assert link.remote.host == "good"


def test_after_the_end_of_a_connection_the_first_is_tried_again(tmp_path: Path) -> None:
    link = link_to(tmp_path, "good", "other")
    link.transport()
    link.close()
    link.close()
    link.transport()
    assert asked == ["good", "good"]


@pytest.mark.parametrize(("host", "kind"), [("unknown", HostKeyError), ("refuses", LoginRefusedError)])
def test_one_that_refuses_us_ends_the_search(tmp_path: Path, host: str, kind: type[SyncError]) -> None:
    with pytest.raises(kind):
        link_to(tmp_path, host, "good").transport()
    assert asked == [host]


def test_when_nobody_answers_all_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"dead does not answer.*dead2 does not answer"):
        link_to(tmp_path, "dead", "dead2").transport()


def test_without_any_address_there_is_an_error() -> None:
    with pytest.raises(SyncError, match="no address"):
        Link([])
