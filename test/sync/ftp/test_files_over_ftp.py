"""Files arrive as they are, over FTPS and plain FTP, at servers that can much or little; of what grows, the tail."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import SyncError
from rla.sync.ftp.client import Client
from rla.sync.transport import FILE, FOLDER, Fetching, Transport
from test.sync.ftp_servers import Server, sending

NAMES = ("plain.csv", "two words.txt", 'it\'s "quoted".txt', "é 漢 🎉.txt", "[a]*{b,c}?&=#.txt", "-l", "a;b=c.pt")
OLD = {"MLST", "MLSD", "MFMT"}
"""What servers such as vsftpd do not know."""

pytestmark = pytest.mark.filterwarnings("ignore:rla. the password for ftp:rla.errors.RLAWarning")


@pytest.fixture(params=["ftps", "ftp", "old server"])
def transport(request: pytest.FixtureRequest, connected: Callable[..., Transport], ftp_server: Server) -> Transport:
    if request.param == "old server":
        ftp_server.without |= OLD
    return connected("ftps" if request.param == "ftps" else "ftp")


def test_names_and_content_arrive_and_come_back(transport: Transport, ftp_server: Server, tmp_path: Path) -> None:
    folder = "log/de mo/2026/11/20/13-05-01-1_10.0.0.1_&a={1,2}[x]"
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(bytes(range(256)) * number + b"\r\n\n")
    outcomes = list(transport.send(sending(tmp_path / name, f"{folder}/{name}") for name in NAMES))
    assert [each.problem for each in outcomes] == [None] * len(NAMES)
    there = {path.name: path.read_bytes() for path in (ftp_server.folder / folder).iterdir()}
    assert there == {name: (tmp_path / name).read_bytes() for name in NAMES}
    told = {entry.path: (entry.kind, entry.size) for entry in transport.walk("log") if entry.kind == FILE}
    assert told == {f"{folder}/{name}": (FILE, len(there[name])) for name in NAMES}
    jobs = [Fetching(f"{folder}/{name}", f"{tmp_path}/{name} again", len(there[name])) for name in NAMES]
    assert all(outcome.complete for outcome in transport.fetch(jobs))
    assert {name: (tmp_path / f"{name} again").read_bytes() for name in NAMES} == there


def test_what_there_is_and_what_there_is_not(transport: Transport, ftp_server: Server, tmp_path: Path) -> None:
    (ftp_server.folder / "log/demo").mkdir(parents=True)
    (ftp_server.folder / "log/a.txt").write_text("12345")
    assert {(entry.path, entry.kind) for entry in transport.entries("log")} == {
        ("log/a.txt", FILE),
        ("log/demo", FOLDER),
    }
    assert transport.entries("log/demo") == transport.entries("log/nothing") == transport.entries("log/a.txt") == []
    assert transport.status("log/nothing") is transport.status("none/nothing") is None
    found = transport.status("log/a.txt")
    assert found is not None
    assert (found.size, found.modified) == (5, int((ftp_server.folder / "log/a.txt").stat().st_mtime))
    folder = transport.status("log/demo")
    assert folder is not None
    assert folder.kind == FOLDER


def test_of_a_file_that_grows_the_tail_alone_travels(transport: Transport, ftp_server: Server, tmp_path: Path) -> None:
    rows = tmp_path / "progress.csv"
    rows.write_bytes(b"step,loss\n" * 1000)
    (sent,) = transport.send([sending(rows, "log/demo/progress.csv", grows=True)])
    assert sent.complete
    with rows.open("ab") as file:
        file.write(b"1,0.5\n")
    (tail,) = transport.send([sending(rows, "log/demo/progress.csv", offset=sent.job.size, grows=True)])
    assert (tail.complete, tail.moved) == (True, 6)
    assert (ftp_server.folder / "log/demo/progress.csv").read_bytes() == rows.read_bytes()
    (fetched,) = transport.fetch([Fetching("log/demo/progress.csv", str(tmp_path / "copy"), 10_000)])
    (rest,) = transport.fetch([Fetching("log/demo/progress.csv", str(tmp_path / "copy"), 10_006, offset=10_000)])
    assert (fetched.moved, rest.moved) == (10_000, 6)
    assert (tmp_path / "copy").read_bytes() == rows.read_bytes()


def test_a_large_file_goes_on_where_it_stopped(transport: Transport, ftp_server: Server, tmp_path: Path) -> None:
    large = tmp_path / "model.pt"
    large.write_bytes(bytes(range(256)) * (20 << 10))  # 5 MiB
    job = sending(large, "checkpoint/model.pt")
    (stopped,) = transport.send([job], until=time.monotonic())
    assert (stopped.complete, stopped.problem) == (False, None)
    assert [path.name for path in (ftp_server.folder / "checkpoint").iterdir()] == [Path(job.part).name]
    (ftp_server.folder / job.part).write_bytes(large.read_bytes()[: 4 << 20])  # as if more had come
    (done,) = transport.send([job])
    assert done.complete
    assert 1 << 20 < done.moved < 2 << 20  # the last of what was there is written again
    assert (ftp_server.folder / "checkpoint/model.pt").read_bytes() == large.read_bytes()
    assert len(list((ftp_server.folder / "checkpoint").iterdir())) == 1


def test_a_file_that_is_there_is_replaced_and_keeps_its_time(
    connected: Callable[..., Transport], ftp_server: Server, tmp_path: Path
) -> None:
    (ftp_server.folder / "log").mkdir()
    (ftp_server.folder / "log/a.json").write_text("older and longer")
    (tmp_path / "a.json").write_text("new")
    (done,) = connected().send([sending(tmp_path / "a.json", "log/a.json", modified=1.6e9)])
    assert done.complete
    assert (ftp_server.folder / "log/a.json").read_text() == "new"
    assert (ftp_server.folder / "log/a.json").stat().st_mtime == 1.6e9


def test_many_files_share_one_login_and_one_session_of_tls(
    connected: Callable[..., Transport], ftp_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reused: list[bool | None] = []
    opened = Client.ntransfercmd

    def noted(self: Client, *arguments: object) -> object:
        found = opened(self, *arguments)  # type: ignore[arg-type]
        reused.append(found[0].session_reused)  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(Client, "ntransfercmd", noted)
    (tmp_path / "a").write_text("x")
    jobs = [sending(tmp_path / "a", f"log/{number}/a") for number in range(20)]
    assert all(outcome.complete for outcome in connected().send(jobs))
    assert ftp_server.words().count("USER") == 1
    assert reused == [True] * 20


def test_a_name_that_ftp_cannot_carry_is_told_and_the_others_travel(
    connected: Callable[..., Transport], ftp_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    names = ("two\nlines", "no utf-8 \udcff", "fine")
    outcomes = list(connected().send(sending(tmp_path / "a", f"log/{name}") for name in names))
    assert [outcome.complete for outcome in outcomes] == [False, False, True]
    for outcome in outcomes[:2]:
        assert isinstance(outcome.problem, SyncError)
        assert "FTP cannot carry the name" in str(outcome.problem)
        assert "\n" not in str(outcome.problem)
    assert [path.name for path in (ftp_server.folder / "log").iterdir()] == ["fine"]


def test_a_data_root_is_made_in_a_folder_that_is_there(
    connected: Callable[..., Transport], ftp_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("x")
    root = f'/{ftp_server.folder.name}/new "root"'
    (done,) = connected(root=root).send([sending(tmp_path / "a", "log/a")])
    assert done.complete
    assert (ftp_server.folder / 'new "root"/log/a').read_text() == "x"
    with pytest.raises(SyncError, match=r"refuses to open the data root '/no/such': .*It cannot be made either"):
        connected(root="/no/such")
