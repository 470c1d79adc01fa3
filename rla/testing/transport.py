"""The contract of a transport, as tests.

Inherit from it in a test file of your package, and say where the other end is: how to get there, and the same data root
as a folder of this disk, which the tests look into:

    import pytest
    from rla.testing.transport import OtherEnd, TransportContract

    class TestMyTransport(TransportContract):
        @pytest.fixture(scope="class")
        @classmethod
        def other_end(cls, my_server) -> OtherEnd:
            return OtherEnd(Remote("my protocol", "/srv/data", host="127.0.0.1"), my_server.folder / "srv/data")

The tests of a class share one connection. A protocol that cannot hold some names says so in `refused_names`; one whose
limit of speed is kept by another program overrides `test_a_limit_of_speed_is_kept`; where the other end may show
links as what they lead to, as servers of FTP do, it sets `tells_links` to False.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import pytest

from rla.errors import SyncError
from rla.sync.pace import Pace
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import FILE, FOLDER, LINK, Fetching, Outcome, Sending, Transport

__all__ = ["NAMES", "OtherEnd", "TransportContract"]

NAMES: Final = (
    *("two words", " spaces around ", "-rf", "--delete", "~", "#hash", "a:b", "a;b", "a&b|c", "*", "?[a-z]", "{a,b}"),
    *("'single'", '"double"', "`back`", "$HOME", "$(touch gone)", "!", "100%", "%41", "a\\b", "\\#012", "back\\"),
    *("tab\there", "two\nlines", "carriage\rreturn", "\x1b[31m", "é 漢 🎉", "e\u0301", "\udcff\udcfe", "n" * 200),
    "13-05-01-000001_10.0.0.5_&env_id=CartPole-v1&lr=0.001&layers={64, 64}",
)
"""What files may be called. The one of lone surrogates has bytes that are no UTF-8."""

MODIFIED: Final = 1.7e9
BIG: Final = 2 << 20


class OtherEnd(NamedTuple):
    """The data root that a transport is tested with.

    Attributes:
        remote: where to, and how.
        root: the same data root as a folder of this disk.
    """

    remote: Remote
    root: Path


@dataclass
class Desk:
    """What a test works with: a folder here, the same one at the other end, and a connection between them.

    Attributes:
        transport: the connection.
        here: a data root here.
        root: the data root at the other end, on this disk.
        folder: a folder below both, of this test alone; it is not there yet.
        told: bytes that the transport told to have moved, by path.
    """

    transport: Transport
    here: Path
    root: Path
    folder: str
    told: dict[str, int]

    @property
    def there(self) -> Path:
        """The folder of this test at the other end."""
        return self.root / self.folder

    def source(self, name: str, content: bytes, modified: float = MODIFIED) -> Path:
        """Write a file here."""
        return _write(self.here / self.folder / name, content, modified)

    def put(self, name: str, content: bytes, modified: float = MODIFIED) -> Path:
        """Write a file at the other end."""
        return _write(self.there / name, content, modified)

    def sending(self, name: str, content: bytes, **fields: Any) -> Sending:
        """Write a file here, and return how it is sent."""
        source = self.source(name, content)
        given = {"size": len(content), "modified": MODIFIED, **fields}
        return Sending(source=str(source), path=f"{self.folder}/{name}", **given)

    def fetching(self, name: str, content: bytes, **fields: Any) -> Fetching:
        """Write a file at the other end, and return how it is fetched."""
        self.put(name, content)
        target = self.here / self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        given = {"size": len(content), "modified": MODIFIED, **fields}
        return Fetching(path=f"{self.folder}/{name}", target=str(target), **given)

    def send(self, *sendings: Sending, until: float | None = None) -> list[Outcome]:
        """Send files, and return how they went, in their order: several may be under way at once."""
        self.told.clear()
        return sorted(self.transport.send(sendings, until), key=lambda each: sendings.index(each.job))

    def fetch(self, *fetchings: Fetching, until: float | None = None) -> list[Outcome]:
        """Fetch files, and return how they went, in their order."""
        self.told.clear()
        return sorted(self.transport.fetch(fetchings, until), key=lambda each: fetchings.index(each.job))

    def listen(self, transport: Transport) -> None:
        """Count what a transport tells to have moved."""

        def count_in(path: str, count: int) -> None:
            self.told[path] = self.told.get(path, 0) + count

        transport.told = count_in


class TransportContract:
    """Inherit from it, and override the fixture ``other_end``."""

    refused_names: ClassVar[frozenset[str]] = frozenset()
    """Those of `NAMES` that the protocol cannot say: such a file has a problem, and the others travel."""

    tells_links: ClassVar[bool] = True
    """Whether the other end tells links from what they lead to. Where it does not, they may be listed as files and
    folders; a walk comes to an end all the same, and nothing outside the data root is found or written."""

    slow: ClassVar[int] = 4 << 20
    """Bytes a second of transfers of 2 MiB that are stopped on their way."""

    stopped_after: ClassVar[float] = 0.25
    """Seconds after which these are stopped first; less than they need."""

    @pytest.fixture(scope="class")
    @classmethod
    def other_end(cls) -> OtherEnd:
        """Return where the other end is; its root is an empty folder."""
        raise NotImplementedError("override the fixture `other_end`")

    @classmethod
    def make(cls, remote: Remote, pace: Pace | None = None) -> Transport:
        """Make a transport that is not connected yet."""
        return transport_to(remote, pace)

    @pytest.fixture(scope="class")
    @classmethod
    def connected(cls, other_end: OtherEnd) -> Iterator[Transport]:
        """Return a connection for all tests of the class."""
        with cls.make(other_end.remote) as transport:
            yield transport

    @pytest.fixture
    def desk(self, other_end: OtherEnd, connected: Transport, tmp_path: Path) -> Iterator[Desk]:
        """Return what a test works with."""
        desk = Desk(connected, tmp_path / "here", other_end.root, f"log/demo/2026/11/20/{tmp_path.name}", {})
        desk.listen(connected)
        yield desk
        connected.told = lambda path, count: None

    def make_slow(self, other_end: OtherEnd, desk: Desk) -> Transport:
        """Make another transport, over which bytes travel slowly."""
        transport = self.make(replace(other_end.remote, bandwidth_limit=self.slow))
        desk.listen(transport)
        return transport

    # ---- the connection ----------------------------------------------------------------------------------------------

    def test_closing_twice_is_fine_and_connecting_again_works(self, other_end: OtherEnd, desk: Desk) -> None:
        transport = self.make(other_end.remote)
        transport.close()
        for name in ("first", "second"):
            transport.connect()
            assert [each.problem for each in transport.send([desk.sending(name, b"content")])] == [None]
            transport.close()
            transport.close()
        assert sorted(os.listdir(desk.there)) == ["first", "second"]

    def test_a_data_root_is_made_where_the_folder_above_it_is_there(self, other_end: OtherEnd, desk: Desk) -> None:
        with self.make(_inside(other_end.remote, "another data root")) as transport:
            assert transport.entries("") == []
            assert [each.problem for each in transport.send([desk.sending("x", b"content")])] == [None]
        assert (other_end.root / "another data root" / desk.folder / "x").read_bytes() == b"content"

    def test_a_data_root_whose_folder_is_not_there_is_refused(self, other_end: OtherEnd) -> None:
        transport = self.make(_inside(other_end.remote, "not there/neither/data"))
        with pytest.raises(SyncError):
            transport.connect()
        transport.close()
        assert not (other_end.root / "not there").exists()

    def test_a_data_root_is_not_made_where_it_shall_not_be(self, other_end: OtherEnd) -> None:
        transport = self.make(_inside(other_end.remote, "no data root"))
        transport.makes_root = False
        with pytest.raises(SyncError):
            transport.connect()
        transport.close()
        assert not (other_end.root / "no data root").exists()
        (other_end.root / "no data root").mkdir()
        transport.connect()
        assert transport.entries("") == []
        transport.close()

    def test_a_data_root_that_is_a_file_is_refused(self, other_end: OtherEnd) -> None:
        (other_end.root / "a file").write_bytes(b"content")
        transport = self.make(_inside(other_end.remote, "a file"))
        with pytest.raises(SyncError):
            transport.connect()
        transport.close()
        assert (other_end.root / "a file").read_bytes() == b"content"

    def test_a_limit_of_speed_is_kept(self, other_end: OtherEnd, desk: Desk) -> None:
        for send in (True, False):
            clock = _Clock()
            limit = 64 << 10
            with self.make(other_end.remote, Pace(limit, clock.sleep, clock)) as transport:
                clock.slept.clear()
                content = os.urandom(4 * limit)
                job = desk.sending("sent", content) if send else desk.fetching("fetched", content)
                done = list(transport.send([job]) if isinstance(job, Sending) else transport.fetch([job]))
            assert [each.complete for each in done] == [True]
            assert sum(clock.slept) >= 4 - 0.3, "it was faster than that"
            assert sum(clock.slept) <= 4 * 1.5, "it was slower than that"
            assert max(clock.slept) <= 1, "it could not be stopped for so long"

    # ---- what is sent ------------------------------------------------------------------------------------------------

    def test_a_file_arrives_with_its_content_and_time(self, desk: Desk) -> None:
        content = os.urandom(100_000)
        sending = desk.sending("progress.csv", content)
        assert desk.send(sending) == [Outcome(sending, True, len(content))]
        assert _holds((desk.there / "progress.csv"), content)
        assert abs((desk.there / "progress.csv").stat().st_mtime - MODIFIED) < 1
        assert os.listdir(desk.there) == ["progress.csv"], "something else was left"

    def test_a_file_without_a_time_has_that_of_its_arrival(self, desk: Desk) -> None:
        sending = desk.sending("experiment.json", b"{}", modified=None)
        before = time.time()
        for _ in range(2):  # the second one replaces what is there
            assert desk.send(sending)[0].complete
            assert (desk.there / "experiment.json").stat().st_mtime > before - 2

    def test_an_empty_file_arrives(self, desk: Desk) -> None:
        sending = desk.sending("empty", b"")
        assert desk.send(sending) == [Outcome(sending, True, 0)]
        assert (desk.there / "empty").read_bytes() == b""

    def test_files_arrive_in_folders_in_folders(self, desk: Desk) -> None:
        names = ["a", "b/c/d/e/f", "b/c/g", "b/h", "i/j/k/l", "m"]
        done = desk.send(*(desk.sending(name, name.encode()) for name in names))
        assert [(each.job.path, each.complete) for each in done] == [(f"{desk.folder}/{name}", True) for name in names]
        assert _files_below(desk.there) == {name: name.encode() for name in names}

    def test_a_file_may_lie_anywhere_here(self, desk: Desk, tmp_path: Path) -> None:
        sendings = []
        for name in ("a", "b/c"):
            source = _write(tmp_path / "elsewhere" / f"other name of {posixpath.basename(name)}", name.encode())
            path = f"{desk.folder}/{name}"
            sendings.append(Sending(str(source), path, len(name), modified=MODIFIED))
        assert [each.complete for each in desk.send(*sendings)] == [True, True]
        assert _files_below(desk.there) == {"a": b"a", "b/c": b"b/c"}

    def test_names_may_be_any_text(self, desk: Desk) -> None:
        done = desk.send(*(desk.sending(f"{name}/{name}", name.encode("utf-8", "replace")) for name in NAMES))
        failed = {posixpath.basename(each.job.path) for each in done if each.problem is not None}
        assert failed == self.refused_names
        assert _files_below(desk.there) == {
            f"{name}/{name}": name.encode("utf-8", "replace") for name in NAMES if name not in self.refused_names
        }

    def test_progress_is_told(self, desk: Desk) -> None:
        contents = {"big": os.urandom(1_000_000), "small": b"content", "empty": b""}
        done = desk.send(*(desk.sending(name, content) for name, content in contents.items()))
        assert [each.moved for each in done] == [len(content) for content in contents.values()]
        told = {posixpath.basename(path): count for path, count in desk.told.items() if count}
        assert told == {"big": 1_000_000, "small": 7}

    def test_a_file_that_changed_replaces_the_one_there_in_one_step(self, desk: Desk) -> None:
        old, new = os.urandom(700_000), os.urandom(600_000)
        there = desk.put("checkpoint.pt", old)
        seen = []
        desk.transport.told = lambda path, count: seen.append(there.read_bytes() in (old, new))
        assert [each.complete for each in desk.send(desk.sending("checkpoint.pt", new))] == [True]
        assert seen
        assert all(seen), "it was neither the old one nor the new one"
        assert _holds(there, new)

    def test_a_file_of_the_same_size_and_time_with_another_content_replaces_the_one_there(self, desk: Desk) -> None:
        there = desk.put("results.json", b"old content")
        assert [each.complete for each in desk.send(desk.sending("results.json", b"new content"))] == [True]
        assert there.read_bytes() == b"new content"

    def test_nothing_else_at_the_other_end_is_touched(self, desk: Desk) -> None:
        kept = {"a": b"1", "b/c": b"2", ".hidden": b"3", "b/.x.part": b"4", "b/progress.csv~": b"5"}
        for name, content in kept.items():
            desk.put(name, content)
        assert desk.send(desk.sending("b/progress.csv", b"6"))[0].complete
        assert _files_below(desk.there) == {**kept, "b/progress.csv": b"6"}

    # ---- files that grow ---------------------------------------------------------------------------------------------

    def test_only_the_tail_of_a_file_that_grew_travels(self, desk: Desk) -> None:
        content = os.urandom(500_000)
        desk.put("progress.csv", content[:400_000])
        sending = desk.sending("progress.csv", content, offset=400_000, grows=True)
        assert desk.send(sending) == [Outcome(sending, True, 100_000)]
        assert _holds((desk.there / "progress.csv"), content)
        assert abs((desk.there / "progress.csv").stat().st_mtime - MODIFIED) < 1
        assert desk.told == {sending.path: 100_000}

    def test_a_tail_of_which_a_part_is_there_is_completed(self, desk: Desk) -> None:
        content = os.urandom(500_000)
        for there in (450_000, 500_000):
            desk.put("progress.csv", content[:there])
            done = desk.send(desk.sending("progress.csv", content, offset=400_000, grows=True))
            assert [each.complete for each in done] == [True]
            assert done[0].moved <= 100_000
            assert _holds((desk.there / "progress.csv"), content)

    def test_a_tail_that_another_one_wrote_is_replaced(self, desk: Desk) -> None:
        content = os.urandom(500_000)
        desk.put("progress.csv", content[:400_000] + os.urandom(50_000))
        done = desk.send(desk.sending("progress.csv", content, offset=400_000, grows=True))
        assert [each.complete for each in done] == [True]
        assert _holds((desk.there / "progress.csv"), content)

    @pytest.mark.parametrize("left", [None, 0, 1000])
    def test_a_file_of_which_the_other_end_lost_something_is_sent_anew(self, desk: Desk, left: int | None) -> None:
        content = os.urandom(5000)
        if left is not None:
            desk.put("progress.csv", content[:left])
        done = desk.send(desk.sending("progress.csv", content, offset=4000, grows=True))
        assert [each.complete for each in done] == [True]
        assert _holds((desk.there / "progress.csv"), content)

    @pytest.mark.parametrize("offset", [0, 1000, 4000])
    def test_a_longer_file_there_is_never_shortened(self, desk: Desk, offset: int) -> None:
        content = os.urandom(5000)
        there = desk.put("progress.csv", content + b"more")
        first, second = desk.send(
            desk.sending("progress.csv", content, offset=offset, grows=True), desk.sending("other", b"content")
        )
        assert isinstance(first.problem, SyncError)
        assert not first.complete
        assert _holds(there, content + b"more")
        assert second.complete

    def test_a_file_that_went_on_growing_is_there_up_to_its_size_at_least(self, desk: Desk) -> None:
        content = os.urandom(5000)
        for offset, size in ((0, 3000), (3000, 4000)):
            done = desk.send(desk.sending("log.txt", content, offset=offset, size=size, grows=True))
            assert [each.complete for each in done] == [True]
            there = (desk.there / "log.txt").read_bytes()
            assert len(there) >= size
            assert content.startswith(there)

    # ---- transfers that are stopped ----------------------------------------------------------------------------------

    def test_a_transfer_that_is_stopped_goes_on(self, other_end: OtherEnd, desk: Desk) -> None:
        content = os.urandom(BIG)
        there = desk.put("checkpoint.pt", b"the one before")
        sending = desk.sending("checkpoint.pt", content, identity="one")
        stops = 0
        with self.make_slow(other_end, desk) as transport:
            while not (outcome := self._slice(transport, sending, stops)).complete:
                stops += 1
                assert outcome.problem is None
                assert there.read_bytes() == b"the one before"
                _assert_hidden(desk.there, "checkpoint.pt")
                assert stops < 30, "it never came to an end"
        assert stops
        assert outcome.moved < BIG, "it began anew"
        assert _holds(there, content)
        assert [name for name in os.listdir(desk.there) if name != "checkpoint.pt"] == []

    def test_what_was_left_of_another_content_is_not_mixed_in(self, other_end: OtherEnd, desk: Desk) -> None:
        with self.make_slow(other_end, desk) as transport:
            assert not self._slice(transport, desk.sending("checkpoint.pt", os.urandom(BIG), identity="one")).complete
        for identity, size in (("two", BIG), ("three", BIG - 1000)):
            content = os.urandom(size)
            sending = desk.sending("checkpoint.pt", content, identity=identity)
            assert desk.send(sending)[0].complete
            assert _holds((desk.there / "checkpoint.pt"), content)

    def test_what_was_not_begun_when_the_time_was_up_is_not_begun(self, desk: Desk) -> None:
        sendings = [desk.sending(name, name.encode() * 10) for name in ("a", "b", "c")]
        done = desk.send(*sendings, until=time.monotonic() - 1)
        assert [(each.complete, each.moved, each.problem) for each in done[1:]] == [(False, 0, None)] * 2
        assert done[0].problem is None
        assert set(_files_below(desk.there)) <= {"a"}
        assert [each.complete for each in desk.send(*sendings)] == [True] * 3

    def _slice(self, transport: Transport, job: Sending | Fetching, stops: int = 0) -> Outcome:
        """Let a file travel for a while; a little longer each time, as a slow machine may need."""
        until = time.monotonic() + self.stopped_after * (1 + stops)
        jobs = transport.send([job], until) if isinstance(job, Sending) else transport.fetch([job], until)
        return next(iter(jobs))

    # ---- files that cannot travel ------------------------------------------------------------------------------------

    def test_a_file_that_vanished_is_a_problem_of_its_own(self, desk: Desk) -> None:
        sendings = [desk.sending(name, name.encode()) for name in ("a", "b", "c")]
        os.unlink(sendings[1].source)
        self._assert_alone(desk, desk.send(*sendings))

    def test_a_file_that_became_shorter_is_a_problem_of_its_own(self, desk: Desk) -> None:
        sendings = [desk.sending(name, name.encode() * 100) for name in ("a", "b", "c")]
        os.truncate(sendings[1].source, 50)
        self._assert_alone(desk, desk.send(*sendings))

    def test_a_link_is_not_sent(self, desk: Desk, tmp_path: Path) -> None:
        sendings = [desk.sending(name, name.encode()) for name in ("a", "b", "c")]
        os.rename(sendings[1].source, tmp_path / "secret")
        os.symlink(tmp_path / "secret", sendings[1].source)
        self._assert_alone(desk, desk.send(*sendings))

    def test_a_pipe_is_not_waited_for(self, desk: Desk) -> None:
        sendings = [desk.sending(name, name.encode()) for name in ("a", "b", "c")]
        os.unlink(sendings[1].source)
        os.mkfifo(sendings[1].source)
        self._assert_alone(desk, desk.send(*sendings))

    def test_a_folder_in_the_place_of_a_file_stays(self, desk: Desk) -> None:
        kept = desk.put("b/kept", b"kept")
        done = desk.send(*(desk.sending(name, name.encode()) for name in ("a", "b", "c")))
        assert [each.complete for each in done] == [True, False, True]
        assert done[1].problem is not None
        assert kept.read_bytes() == b"kept"

    def test_a_file_in_the_place_of_a_folder_stays(self, desk: Desk) -> None:
        kept = desk.put("b", b"kept")
        done = desk.send(*(desk.sending(name, name.encode()) for name in ("a", "b/x", "c")))
        assert [each.complete for each in done] == [True, False, True]
        assert done[1].problem is not None
        assert kept.read_bytes() == b"kept"

    @pytest.mark.parametrize("fields", [{}, {"grows": True}, {"grows": True, "offset": 3}])
    def test_nothing_is_written_where_a_link_leads(self, desk: Desk, tmp_path: Path, fields: Mapping[str, Any]) -> None:
        secret = _write(tmp_path / "secret", b"abc")
        desk.there.mkdir(parents=True)
        (desk.there / "progress.csv").symlink_to(secret)
        desk.send(desk.sending("progress.csv", b"abcdef", **fields))
        assert secret.read_bytes() == b"abc"

    def _assert_alone(self, desk: Desk, done: Sequence[Outcome]) -> None:
        """Fail unless the second of three files has a problem, and the others are there."""
        assert [each.complete for each in done] == [True, False, True]
        assert isinstance(done[1].problem, OSError)
        assert sorted(_files_below(desk.there)) == ["a", "c"]

    # ---- what is there -----------------------------------------------------------------------------------------------

    def test_a_folder_is_listed(self, desk: Desk, tmp_path: Path) -> None:
        desk.put("progress.csv", b"12345")
        desk.put("folder/inside", b"")
        (desk.there / "to a file").symlink_to(_write(tmp_path / "secret", b"secret"))
        (desk.there / "to a folder").symlink_to(tmp_path)
        found = {posixpath.basename(each.path): each for each in desk.transport.entries(desk.folder)}
        expected = {"progress.csv": FILE, "folder": FOLDER, "to a file": LINK, "to a folder": LINK}
        shown = {} if self.tells_links else {"to a file": FILE, "to a folder": FOLDER}
        assert found.keys() == expected.keys()
        for name, kind in expected.items():
            assert found[name].kind in (kind, shown.get(name, kind))
        assert all(each.path == f"{desk.folder}/{name}" for name, each in found.items())
        assert found["progress.csv"].size == 5
        modified = found["progress.csv"].modified
        assert modified is not None
        assert abs(modified - MODIFIED) < 1

    def test_any_names_are_listed(self, desk: Desk) -> None:
        names = [name for name in NAMES if name not in self.refused_names]
        for name in names:
            desk.put(f"{name}/{name}", b"")
        found = {each.path for each in desk.transport.walk(desk.folder)}
        assert found == {f"{desk.folder}/{each}" for name in names for each in (name, f"{name}/{name}")}

    def test_a_folder_that_is_not_there_is_empty(self, desk: Desk) -> None:
        assert desk.transport.entries(f"{desk.folder}/not/there") == []
        assert list(desk.transport.walk(f"{desk.folder}/not/there")) == []

    def test_the_data_root_is_listed(self, desk: Desk) -> None:
        desk.put("x", b"")
        assert ("log", FOLDER) in [(each.path, each.kind) for each in desk.transport.entries("")]

    def test_all_below_a_folder_is_found_but_what_is_behind_links(self, desk: Desk, tmp_path: Path) -> None:
        for name in ("a", "b/c/d", "b/e", "f/g"):
            desk.put(name, name.encode())
        _write(tmp_path / "outside/secret", b"secret")
        (desk.there / "b/outside").symlink_to(tmp_path / "outside")
        (desk.there / "b/itself").symlink_to(desk.there)
        (desk.there / "b/itself too").symlink_to(desk.there)  # with two of them, no bound of the depth is an end
        found = [each.path.removeprefix(f"{desk.folder}/") for each in desk.transport.walk(desk.folder)]
        assert sorted(found) == ["a", "b", "b/c", "b/c/d", "b/e", "b/itself", "b/itself too", "b/outside", "f", "f/g"]
        for path in found:
            above = posixpath.dirname(path)
            assert not above or found.index(above) < found.index(path), "a folder comes before its content"

    # ---- what is fetched ---------------------------------------------------------------------------------------------

    def test_a_file_is_fetched_with_its_content_and_time(self, desk: Desk) -> None:
        contents = {"progress.csv": os.urandom(100_000), "b/c": b"content", "empty": b""}
        fetchings = [desk.fetching(name, content) for name, content in contents.items()]
        _write(Path(fetchings[1].target), b"an older one, which is longer")
        done = desk.fetch(*fetchings)
        assert done == [Outcome(each, True, each.size) for each in fetchings]
        assert _files_below(desk.here / desk.folder).keys() == contents.keys()
        assert all(_holds(desk.here / desk.folder / name, content) for name, content in contents.items())
        assert all(abs(os.stat(each.target).st_mtime - MODIFIED) < 1 for each in fetchings)
        told = {path: count for path, count in desk.told.items() if count}
        assert told == {each.path: each.size for each in fetchings if each.size}

    def test_any_names_are_fetched(self, desk: Desk) -> None:
        names = [name for name in NAMES if name not in self.refused_names]
        fetchings = [desk.fetching(f"{name}/{name}", name.encode("utf-8", "replace")) for name in names]
        assert [each.problem for each in desk.fetch(*fetchings)] == [None] * len(names)
        assert _files_below(desk.here) == {each.path: Path(desk.root, each.path).read_bytes() for each in fetchings}

    def test_a_file_may_be_fetched_to_anywhere(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        fetching = replace(desk.fetching("x", b"content"), target=str(tmp_path / "elsewhere/other name"))
        assert desk.fetch(fetching)[0].complete
        assert (tmp_path / "elsewhere/other name").read_bytes() == b"content"

    def test_only_the_tail_of_a_file_that_grew_is_fetched(self, desk: Desk) -> None:
        content = os.urandom(500_000)
        fetching = desk.fetching("progress.csv", content, offset=400_000)
        for here in (400_000, 450_000):
            target = _write(Path(fetching.target), content[:here])
            outcome = desk.fetch(fetching)[0]
            assert outcome.complete
            assert 0 <= outcome.moved - (500_000 - here) < 5000, (
                "a little more may be needed to find out where to go on"
            )
            assert _holds(target, content)

    @pytest.mark.parametrize("here", [None, 1000, 4500])
    def test_a_file_here_that_is_another_one_is_fetched_anew(self, desk: Desk, here: int | None) -> None:
        content = os.urandom(5000)
        fetching = desk.fetching("progress.csv", content, offset=4000)
        if here is not None:
            _write(Path(fetching.target), content[: min(here, 4000)] + b"x" * (here - 4000))
        assert [each.complete for each in desk.fetch(fetching)] == [True]
        assert _holds(Path(fetching.target), content)

    def test_a_table_that_was_given_a_column_is_fetched_anew(self, desk: Desk) -> None:
        content = b"loss,reward,time-step\n" + b"0.5,,10\n" * 1000
        fetching = desk.fetching("progress.csv", content, offset=4000)
        _write(Path(fetching.target), (b"loss,time-step\n" + b"0.5,10\n" * 1000)[:4000])
        assert [each.complete for each in desk.fetch(fetching)] == [True]
        assert _holds(Path(fetching.target), content)

    def test_a_longer_file_here_is_never_shortened(self, desk: Desk) -> None:
        content = os.urandom(5000)
        fetching = desk.fetching("progress.csv", content, offset=4000)
        target = _write(Path(fetching.target), content + b"more")
        outcome = desk.fetch(fetching)[0]
        assert isinstance(outcome.problem, SyncError)
        assert _holds(target, content + b"more")

    def test_a_fetch_that_is_stopped_goes_on(self, other_end: OtherEnd, desk: Desk) -> None:
        content = os.urandom(BIG)
        fetching = desk.fetching("checkpoint.pt", content, identity="one")
        target = _write(Path(fetching.target), b"the one before")
        stops = 0
        with self.make_slow(other_end, desk) as transport:
            while not (outcome := self._slice(transport, fetching, stops)).complete:
                stops += 1
                assert outcome.problem is None
                assert target.read_bytes() == b"the one before"
                _assert_hidden(target.parent, "checkpoint.pt")
                assert stops < 30, "it never came to an end"
        assert stops
        assert outcome.moved < BIG, "it began anew"
        assert _holds(target, content)
        assert os.listdir(target.parent) == ["checkpoint.pt"]

    def test_what_was_left_of_another_fetch_is_not_mixed_in(self, other_end: OtherEnd, desk: Desk) -> None:
        with self.make_slow(other_end, desk) as transport:
            assert not self._slice(transport, desk.fetching("x.pt", os.urandom(BIG), identity="one")).complete
        for identity, size in (("two", BIG), ("three", BIG - 1000)):
            content = os.urandom(size)
            fetching = desk.fetching("x.pt", content, identity=identity)
            assert desk.fetch(fetching)[0].complete
            assert _holds(Path(fetching.target), content)

    def test_what_cannot_be_fetched_is_a_problem_of_its_own(self, desk: Desk, tmp_path: Path) -> None:
        names = ("a", "vanished", "shorter", "link", "folder", "z")
        fetchings = [desk.fetching(name, name.encode() * 100) for name in names]
        (desk.there / "vanished").unlink()
        os.truncate(desk.there / "shorter", 50)
        (desk.there / "link").unlink()
        (desk.there / "link").symlink_to(_write(tmp_path / "secret", b"secret" * 100))
        (desk.there / "folder").unlink()
        (desk.there / "folder").mkdir()
        done = desk.fetch(*fetchings)
        assert [each.complete for each in done] == [True, False, False, False, False, True]
        assert all(isinstance(each.problem, OSError) for each in done[1:-1])
        assert sorted(os.listdir(desk.here / desk.folder)) == ["a", "z"]


class _Clock:
    """A clock that goes on when somebody sleeps, and then alone."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._time = 1000.0

    def __call__(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._time += seconds


def _inside(remote: Remote, folder: str) -> Remote:
    return replace(remote, root=posixpath.join(remote.root, folder))


def _write(path: Path, content: bytes, modified: float = MODIFIED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))
    return path


def _holds(path: Path, content: bytes) -> bool:
    """Say whether a file has this content. Compared here, since pytest would look for minutes for what differs."""
    return path.read_bytes() == content


def _files_below(top: Path) -> dict[str, bytes]:
    paths = [Path(folder, name) for folder, _, names in os.walk(top) for name in names]
    return {str(path.relative_to(top)): path.read_bytes() for path in paths}


def _assert_hidden(folder: Path, name: str) -> None:
    """Fail unless all but one file in a folder are hidden, as parts are."""
    assert [each for each in os.listdir(folder) if each != name and not each.startswith(".")] == []
