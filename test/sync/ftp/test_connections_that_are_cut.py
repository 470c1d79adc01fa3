"""Servers that cut and refuse at any moment (N2): all arrives in the end, and never a short file under its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.errors import SyncError, UnreachableError
from rla.sync.file_server import FileServer
from rla.sync.transport import Fetching, Sending, Transport
from test.sync.ftp_servers import Fault, Server, sending

COMMANDS = ("MKD", "PASV", "REST", "STOR", "APPE", "MLST", "CWD", "RNFR", "RNTO", "MFMT")
ANSWERS = ("421 going down", "425 no connection for data", "426 cut", "450 busy", "550 no", "552 quota used up")
OLD_ROWS, OLD_PLOT = b"step,loss\n" * 300, b"an older plot"


class Work:
    """Files to be sent: new ones, one that replaces another, one that grows, one of which a part is there."""

    def __init__(self, here: Path, there: Path) -> None:
        self.there = there
        self.contents = {
            "log/a.json": b"{}" * 1500,
            "log/plot.png": b"a newer plot" * 99,
            "log/progress.csv": OLD_ROWS + b"1,0.5\n" * 400,
            "log/model.pt": os.urandom(3 << 20),
        }
        self.before = {"log/plot.png": OLD_PLOT, "log/progress.csv": OLD_ROWS}
        self.jobs = []
        for number, (path, content) in enumerate(self.contents.items()):
            source = here / f"{number}"
            source.write_bytes(content)
            grows = path.endswith(".csv")
            offset = len(OLD_ROWS) if grows else 0
            self.jobs.append(sending(source, path, offset=offset, grows=grows, modified=None if grows else 1.6e9))
        (there / "log").mkdir()
        for path, content in self.before.items():
            (there / path).write_bytes(content)
        (there / self.jobs[-1].part).write_bytes(self.contents["log/model.pt"][: 2 << 20])

    def check(self) -> None:
        """Make sure that no file at the other end is short, or gone."""
        for path, content in self.contents.items():
            before, place = self.before.get(path), self.there / path
            found = place.read_bytes() if place.exists() else None
            if path.endswith(".csv"):
                assert found is not None
                assert found.startswith(OLD_ROWS)
                assert content.startswith(found)
            else:
                assert found in (before, content), f"{path} is short: {len(found or b'')} bytes"

    def bring(self, connect: Callable[..., Transport]) -> list[OSError]:
        """Send all until it is there; return what went wrong on the way."""
        wrong: list[OSError] = []
        for _ in range(12):
            before = len(wrong)
            try:
                wrong += (each.problem for each in connect().send(self.jobs) if each.problem is not None)
            except SyncError as error:
                wrong.append(error)
            if len(wrong) == before:
                break
            self.check()
        self.check()
        there = {str(path.relative_to(self.there)): path.read_bytes() for path in self.there.glob("log/*")}
        assert there == self.contents
        return wrong


@pytest.fixture
def work(ftp_server: Server, tmp_path: Path) -> Work:
    return Work(tmp_path, ftp_server.folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_are_cut_or_refused(
    ftp_server: Server, connected: Callable[..., Transport], work: Work, command: str
) -> None:
    for number, answer in enumerate(("cut", *ANSWERS)):
        ftp_server.faults.append(Fault(command, answer, skip=number % 3))
    wrong = work.bring(connected)
    assert all(isinstance(each, SyncError) for each in wrong)
    assert sum(each.times for each in ftp_server.faults) < 5  # most of them came to pass


@pytest.mark.parametrize("after", [500, 1 << 20])
@pytest.mark.parametrize("what", ["cut", "cut data", "426 cut", "451 broken", "552 no space", "426 No space left"])
def test_data_that_is_cut(
    ftp_server: Server, connected: Callable[..., Transport], work: Work, what: str, after: int
) -> None:
    large = after > 1000  # the third that is stored is
    places = [("STOR", 2)] if large else [("STOR", 0), ("STOR", 1), ("APPE", 0)]
    ftp_server.faults += [Fault(command, what, after=after, skip=skip) for command, skip in places]
    wrong = work.bring(connected)
    assert len(wrong) == len(places)
    for each in wrong:
        if what != "cut data":  # it depends on who notices first
            assert isinstance(each, UnreachableError) == (what in ("cut", "426 cut"))
        assert ("has no room left, or a quota is used up" in str(each)) == ("space" in what)


@pytest.mark.parametrize("mutant", ["no name aside", "no check of the size"])
def test_the_check_sees_a_file_that_is_short(
    ftp_server: Server,
    connected: Callable[..., Transport],
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
    mutant: str,
) -> None:
    if mutant == "no name aside":
        monkeypatch.setattr(Sending, "part", property(lambda self: self.path))
    else:
        monkeypatch.setattr(FileServer, "_check_size", lambda *_: None)
    ftp_server.faults.append(Fault("STOR", "cut data", after=500))
    with pytest.raises(AssertionError, match="is short: 500 bytes"):
        work.bring(connected)


@pytest.mark.parametrize("what", ["cut", "cut data", "426 cut", "451 broken"])
def test_fetched_data_that_is_cut(
    ftp_server: Server, connected: Callable[..., Transport], tmp_path: Path, what: str
) -> None:
    content = os.urandom(300_000)
    (ftp_server.folder / "a").write_bytes(content)
    ftp_server.faults += [Fault("RETR", what, after=after) for after in (0, 1000, 100_000)]
    job, target = Fetching("a", str(tmp_path / "a"), len(content)), tmp_path / "a"
    complete: list[bool] = []
    while True not in complete:
        assert len(complete) < 5
        try:
            complete += [outcome.complete for outcome in connected().fetch([job])]
        except UnreachableError:
            complete.append(False)
        assert target.exists() == complete[-1]
    assert target.read_bytes() == content
    assert len(complete) == 4


@pytest.mark.parametrize("command", ["CWD", "PASV", "MLSD"])
def test_a_listing_that_is_cut_is_not_taken_for_an_empty_folder(
    ftp_server: Server, connected: Callable[..., Transport], work: Work, command: str
) -> None:
    transport = connected()
    for answer in ("450 busy", "426 cut"):
        ftp_server.faults.append(Fault(command, answer))
        with pytest.raises(SyncError):
            transport.entries("log")


@pytest.fixture
def strict_server(ftp_server: Server) -> Server:
    """A server that renames to names alone that no file has."""
    ftp_server.without.add("REPLACING")
    return ftp_server


def test_a_server_that_replaces_nothing_loses_nothing(
    strict_server: Server, connected: Callable[..., Transport], work: Work
) -> None:
    assert work.bring(connected) == []


def test_a_file_that_could_not_be_exchanged_is_as_before(
    strict_server: Server, connected: Callable[..., Transport], work: Work
) -> None:
    job = work.jobs[1]
    strict_server.faults.append(Fault("RNTO", "550 not now", skip=2))
    (outcome,) = connected().send([job])
    assert "550 not now" in str(outcome.problem)
    assert (strict_server.folder / job.path).read_bytes() == OLD_PLOT
    assert work.bring(connected) == []


def test_an_exchange_that_was_cut_is_finished_the_next_time(
    strict_server: Server, connected: Callable[..., Transport], work: Work
) -> None:
    job = work.jobs[1]
    strict_server.faults.append(Fault("RNTO", "cut", skip=2))
    with pytest.raises(UnreachableError):
        list(connected().send([job]))
    assert any(path.read_bytes() == OLD_PLOT for path in (strict_server.folder / "log").iterdir())
    (outcome,) = connected().send([job])
    assert outcome.complete
    assert (strict_server.folder / job.path).read_bytes() == work.contents[job.path]


@pytest.mark.parametrize("command", ["APPE", "REST"])
def test_a_server_that_does_not_go_on_gets_whole_files(
    ftp_server: Server, connected: Callable[..., Transport], work: Work, command: str
) -> None:
    ftp_server.faults.append(Fault(command, "451 Append/Restart not permitted", times=99))
    assert work.bring(connected) == []


def test_a_file_of_which_nothing_is_told_is_not_taken_for_missing(
    ftp_server: Server, connected: Callable[..., Transport], work: Work
) -> None:
    longer = work.contents["log/progress.csv"] + b"2,0.4\n"
    (ftp_server.folder / "log/progress.csv").write_bytes(longer)
    ftp_server.faults.append(Fault("MLST", "550 no"))
    (outcome,) = connected().send([work.jobs[2]])
    assert "refuses to tell how long it is" in str(outcome.problem)
    assert (ftp_server.folder / "log/progress.csv").read_bytes() == longer


def test_a_longer_file_is_never_made_shorter(
    ftp_server: Server, connected: Callable[..., Transport], work: Work
) -> None:
    longer = work.contents["log/progress.csv"] + b"2,0.4\n"
    (ftp_server.folder / "log/progress.csv").write_bytes(longer)
    (outcome,) = connected().send([work.jobs[2]])
    assert "Nothing is shortened there" in str(outcome.problem)
    assert (ftp_server.folder / "log/progress.csv").read_bytes() == longer
