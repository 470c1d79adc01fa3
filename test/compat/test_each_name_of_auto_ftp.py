"""Each name of `RLA.auto_ftp`, called once; passwords go to encrypted servers, unless a script says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from RLA import auto_ftp
from rla.errors import QueryError, RLAWarning, SyncError, UnreachableError
from rla.sync.ftp import transport as ftp
from rla.sync.registry import TRANSPORTS
from test.sync.ftp_servers import PASSWORD, USER, Fault, Server, ftp_server, running_ftp_server

__all__ = ["ftp_server", "running_ftp_server"]


@pytest.fixture
def handler(ftp_server: Server) -> Iterator[Callable[..., Any]]:
    """Make a handler for the server: ``handler("ftp", ignore="*.pyc")``."""
    made: list[Any] = []

    def make(name: str = "ftp", **changes: Any) -> Any:
        made.append(auto_ftp.ftp_factory(name, "127.0.0.1", USER, PASSWORD, ftp_server.port, **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def sftp_handler(handler: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, ftp_server: Server) -> Any:
    """A handler of SFTP, whose other end is a folder of this machine."""
    monkeypatch.setitem(TRANSPORTS, "sftp", "rla.sync.local:LocalTransport")
    monkeypatch.chdir(ftp_server.folder)
    return handler("sftp")


def test_ftp_factory_and_close(handler: Callable[..., Any]) -> None:
    assert type(handler("ftp")) is auto_ftp.FTPHandler
    assert type(handler("sftp")) is auto_ftp.SFTPHandler
    with pytest.raises(QueryError, match=r"'ftp' or 'sftp'; got 'stfp'. Did you mean 'sftp'"):
        handler("stfp")
    handler().close()


def test_upload_file_and_download_file(handler: Callable[..., Any], ftp_server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("step,loss\n")
    connection = handler()
    top = ftp_server.folder.name
    for remote_dir in (f"/{top}/log/demo", f"{top}/log/other/"):  # from / on, and from where the login ends up
        connection.upload_file(remote_dir, str(tmp_path), "a.csv")
    assert (ftp_server.folder / "log/demo/a.csv").read_text() == "step,loss\n"
    assert (ftp_server.folder / "log/other/a.csv").read_text() == "step,loss\n"
    connection.download_file(f"/{top}/log/demo/a.csv", str(tmp_path / "new folder/b.csv"))
    assert (tmp_path / "new folder/b.csv").read_text() == "step,loss\n"
    with pytest.raises(SyncError, match=r"log/none' is not there on 127\.0\.0\.1"):
        connection.download_file(f"/{top}/log/none", str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    assert "AUTH" in ftp_server.words()


def test_all_file_search_and_download_files(handler: Callable[..., Any], ftp_server: Server, tmp_path: Path) -> None:
    for path in ("log/a/1.txt", "log/a/b/2.txt", "log/3.pyc"):
        (ftp_server.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (ftp_server.folder / path).write_text(path)
    connection, root, found = handler(ignore=["*.pyc"]), f"/{ftp_server.folder.name}/log", ["before"]
    assert connection.all_file_search(root, found, 0) is found
    assert sorted(found) == [f"{root}/a/1.txt", f"{root}/a/b/2.txt", "before"]
    below = connection.all_file_search(root, [], len(root) + 1)
    assert sorted(below) == ["a/1.txt", "a/b/2.txt"]
    connection.download_files(below, root, str(tmp_path / "here"))
    assert (tmp_path / "here/a/b/2.txt").read_text() == "log/a/b/2.txt"
    with pytest.raises(SyncError, match="leads out of"):
        connection.download_files(["a/../../outside"], root, str(tmp_path / "here"))


def test_get_dir_and_ignore_match(handler: Callable[..., Any], ftp_server: Server) -> None:
    (ftp_server.folder / "log").mkdir()
    (ftp_server.folder / "a.txt").write_text("x")
    connection = handler(ignore="*.pyc")
    assert connection.get_dir(f"/{ftp_server.folder.name}") == ["a.txt", "log/"]
    assert connection.ignore_match(["a.py", "b/a.pyc"]) == ["b/a.pyc"]
    assert connection.ignore_match("a.py") == []


def test_ftpconnect_refuses_a_server_without_encryption_until_it_is_allowed(
    handler: Callable[..., Any], ftp_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ftp_server.without.add("AUTH")
    monkeypatch.setattr(ftp, "_warned", set())
    with pytest.raises(SyncError, match=r"offers no encryption.*FTPHandler\(…, allow_plaintext=True\)"):
        handler().ftpconnect()
    assert not {"USER", "PASS"} & set(ftp_server.words())
    with pytest.warns(RLAWarning, match="travel unencrypted"):
        handler(allow_plaintext=True).ftpconnect()
    assert "PASS" in ftp_server.words()


def test_a_lost_connection_is_made_again_by_the_next_use(
    handler: Callable[..., Any], ftp_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    connection = handler()
    ftp_server.faults.append(Fault("STOR", "cut"))
    with pytest.raises(UnreachableError):
        connection.upload_file(f"/{ftp_server.folder.name}", str(tmp_path), "a")
    connection.upload_file(f"/{ftp_server.folder.name}", str(tmp_path), "a")
    assert (ftp_server.folder / "a").read_text() == "x"


def test_the_names_of_SFTPHandler(sftp_handler: Any, ftp_server: Server, tmp_path: Path) -> None:  # noqa: N802
    (tmp_path / "a").write_text("x")
    sftp_handler.sftpconnect()
    sftp_handler.upload_file("log", str(tmp_path), "a")
    assert sftp_handler.all_file_search("log", [], 0) == ["log/a"]
    sftp_handler.download_file(f"{ftp_server.folder}/log/a", str(tmp_path / "b"))
    assert (tmp_path / "b").read_text() == "x"
    sftp_handler.close()
    assert ftp_server.heard == []


def test_sftp_that_fails_never_becomes_ftp(
    handler: Callable[..., Any], ftp_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __init__(self, *_: Any) -> None:
            raise UnreachableError("nobody is there")

    monkeypatch.setattr("rla.sync.local.LocalTransport", Failing)
    monkeypatch.setitem(TRANSPORTS, "sftp", "rla.sync.local:LocalTransport")
    with pytest.raises(UnreachableError, match="nobody is there"):
        handler("sftp").sftpconnect()
    assert ftp_server.heard == []
