"""What a server has in odd places stays as it is: folders where files go, names of any bytes, links in circles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import SyncError
from rla.sync.ftp.transport import FtpsTransport
from rla.sync.transport import FILE, FOLDER, LINK, OTHER, Fetching, Transport
from test.sync import ftp_servers
from test.sync.ftp_servers import Server, sending

OLD = {"MLST", "MLSD", "MFMT"}
"""What servers such as vsftpd do not know."""

pytestmark = pytest.mark.filterwarnings("ignore:rla. the password for ftp:rla.errors.RLAWarning")


@pytest.mark.parametrize(
    "without", [set(), {"REPLACING"}, OLD, OLD | {"REPLACING"}], ids=lambda given: "-".join(sorted(given))
)
@pytest.mark.parametrize("content", [None, "kept"])
def test_a_folder_in_the_place_of_a_file_is_not_renamed(
    without: set[str], content: str | None, connected: Callable[..., Transport], ftp_server: Server, tmp_path: Path
) -> None:
    folder = ftp_server.folder / "log/model.pt"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "inside").write_text(content)
    (tmp_path / "model.pt").write_text("new")
    ftp_server.without |= without
    (done,) = connected("ftp").send([sending(tmp_path / "model.pt", "log/model.pt")])
    assert not done.complete
    assert isinstance(done.problem, SyncError)
    assert "'log/model.pt' is no regular file at the other end but of the kind 'folder'" in str(done.problem)
    assert [path.name for path in folder.iterdir()] == ([] if content is None else ["inside"])


@pytest.mark.parametrize("without", [set(), OLD], ids=["MLST", "old server"])
def test_names_that_are_no_utf8_are_listed_and_hide_no_others(
    without: set[str],
    connected: Callable[..., Transport],
    ftp_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("a", "file \udcff", "folder \udcff/inside", "z/inside"):
        (ftp_server.folder / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (ftp_server.folder / "log" / name).write_text("x")
    ftp_server.without |= without
    monkeypatch.setattr(ftp_servers._Commands, "unicode_errors", "surrogateescape")
    transport = connected("ftp")
    kinds = {entry.path: entry.kind for entry in transport.walk("log")}
    a_file = OTHER if without else FILE
    expected = {"a": FILE, "file \udcff": a_file, "folder \udcff": OTHER, "z": FOLDER, "z/inside": FILE}
    assert kinds == {f"log/{name}": kind for name, kind in expected.items()}
    jobs = [Fetching(path, str(tmp_path / "a"), 1) for path in ("log/file \udcff", "log/a")]
    refused, fetched = transport.fetch(jobs)
    assert isinstance(refused.problem, SyncError)
    assert "FTP cannot carry the name" in str(refused.problem)
    assert fetched.complete


def test_names_that_a_server_shows_as_others_hide_no_others(
    connected: Callable[..., Transport], ftp_server: Server
) -> None:
    for name in ("a", "\udcff/inside", "z/inside"):
        (ftp_server.folder / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (ftp_server.folder / "log" / name).write_text("x")
    found = [entry.path for entry in connected("ftp").walk("log")]
    assert found == ["log/?", "log/a", "log/z", "log/z/inside"]


def links_in_circles(folder: Path) -> None:
    (folder / "log/b").mkdir(parents=True)
    (folder / "log/b/kept").write_text("x")
    for name in ("one", "two", "three"):
        (folder / "log/b" / name).symlink_to(folder / "log")


def test_links_in_circles_come_to_an_end(connected: Callable[..., Transport], ftp_server: Server) -> None:
    links_in_circles(ftp_server.folder)
    found = {entry.path: entry.kind for entry in connected("ftp").walk("log")}
    assert found == {"log/b": FOLDER, "log/b/kept": FILE, **{f"log/b/{name}": LINK for name in ("one", "two", "three")}}


def test_links_in_circles_come_to_an_end_where_a_server_tells_the_folder_it_is_in(
    connected: Callable[..., Transport], ftp_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """vsftpd lacks MLST, and answers PWD with the folder that a link leads to."""

    def pwd(self: ftp_servers._Commands, line: str) -> None:
        place = Path(self.fs.ftp2fs(self.fs.cwd)).resolve().relative_to(Path(self.fs.root).resolve())
        self.respond(f'257 "/{place}"')

    links_in_circles(ftp_server.folder)
    ftp_server.without |= OLD
    monkeypatch.setattr(ftp_servers._Commands, "ftp_PWD", pwd)
    found = {entry.path: entry.kind for entry in connected("ftp").walk("log")}
    assert found == {"log/b": FOLDER, "log/b/kept": FILE, **{f"log/b/{name}": LINK for name in ("one", "two", "three")}}


def test_the_transport_removes_parts_alone(connected: Callable[..., Transport], ftp_server: Server) -> None:
    (ftp_server.folder / "kept").write_text("x")
    transport = connected("ftp")
    assert isinstance(transport, FtpsTransport)
    with pytest.raises(SyncError, match="no part of a transfer"):
        transport.remove_part("kept")
    assert (ftp_server.folder / "kept").exists()
