"""The contract of transports is red for a transport that does one thing wrongly."""

from __future__ import annotations

import inspect
import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.sync import file_server
from rla.sync.file_server import FileServer
from rla.sync.local import LocalTransport
from rla.sync.pace import Pace
from rla.sync.remote import Remote
from rla.sync.transport import FILE, FOLDER, Fetching, Outcome, RemoteFile, Sending, Transport, part_of
from rla.testing.transport import Desk, OtherEnd, TransportContract

pytestmark = pytest.mark.fault

Patch = pytest.MonkeyPatch
right_write, right_rename = LocalTransport.write, LocalTransport.put_in_place
right_entries = LocalTransport.entries
MUTANTS: list[tuple[str, Callable[[Patch], None]]] = []


def red(*tests: str) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """The tests that a mutant turns red."""

    def note(mutant: Callable[[Patch], None]) -> Callable[[Patch], None]:
        MUTANTS.extend((f"test_{test}", mutant) for test in tests)
        return mutant

    return note


def nothing(*arguments: Any) -> None: ...


# ---- sending -----------------------------------------------------------------------------------------------------


@red("a_file_that_changed_replaces_the_one_there_in_one_step", "a_transfer_that_is_stopped_goes_on")
def a_file_is_written_under_its_name(patch: Patch) -> None:
    patch.setattr(Sending, "part", property(lambda sending: sending.path))


@red("a_transfer_that_is_stopped_goes_on")
def a_part_is_not_looked_for(patch: Patch) -> None:
    send_aside = FileServer._send_aside

    def begin_anew(self: Any, fd: int, sending: Sending, *rest: Any) -> bool:
        self.remove_part(sending.part)
        return send_aside(self, fd, sending, *rest)

    patch.setattr(FileServer, "_send_aside", begin_anew)


@red("what_was_left_of_another_content_is_not_mixed_in")
def a_part_is_that_of_any_content(patch: Patch) -> None:
    patch.setattr(Sending, "part", property(lambda sending: part_of(sending.path, "")))
    patch.setattr(file_server, "REWRITTEN", 1 << 16)  # else all of it is written again


@red("a_transfer_that_is_stopped_goes_on", "what_was_not_begun_when_the_time_was_up_is_not_begun")
def the_time_is_never_up(patch: Patch) -> None:
    patch.setattr(file_server, "is_over", lambda until: False)


@red("a_file_arrives_with_its_content_and_time", "any_names_are_fetched")
def a_part_stays(patch: Patch) -> None:
    def copy(self: Any, path: str, target: str) -> None:
        right_write(self, target, 0, [Path(self._at(path)).read_bytes()])

    patch.setattr(LocalTransport, "put_in_place", copy)
    patch.setattr("rla.files.rename", lambda source, target: Path(target).write_bytes(Path(source).read_bytes()))


@red("nothing_is_written_where_a_link_leads")
def a_file_is_copied_into_the_one_there(patch: Patch) -> None:
    def copy(self: Any, path: str, target: str) -> None:
        right_write(self, target, 0, [Path(self._at(path)).read_bytes()])
        self.remove_part(path)

    patch.setattr(LocalTransport, "put_in_place", copy)


@red("nothing_else_at_the_other_end_is_touched")
def what_looks_like_a_part_is_removed(patch: Patch) -> None:
    def clean(self: Any, path: str, target: str) -> None:
        right_rename(self, path, target)
        for each in self.entries(posixpath.dirname(target)):
            if each.path.endswith(".part"):
                self.remove_part(each.path)

    patch.setattr(LocalTransport, "put_in_place", clean)


@red("a_file_of_the_same_size_and_time_with_another_content_replaces_the_one_there")
def one_size_and_time_is_one_content(patch: Patch) -> None:
    def compare(self: Any, path: str, target: str) -> None:
        one, other = self.status(path), self.status(target)
        if other is not None and (one.size, one.modified) == (other.size, other.modified):
            self.remove_part(path)
        else:
            right_rename(self, path, target)

    patch.setattr(LocalTransport, "put_in_place", compare)


@red("a_file_arrives_with_its_content_and_time", "only_the_tail_of_a_file_that_grew_travels")
def no_time_is_set(patch: Patch) -> None:
    patch.setattr(LocalTransport, "set_modified", nothing)


@red("closing_twice_is_fine_and_connecting_again_works")
def a_folder_that_is_there_is_refused(patch: Patch) -> None:
    patch.setattr(LocalTransport, "make_folder", lambda self, path: os.mkdir(self._at(path)))


@red("names_may_be_any_text")
def new_lines_are_no_part_of_names(patch: Patch) -> None:
    patch.setattr(LocalTransport, "_at", lambda self, path: f"{self.remote.root}/{path}".replace("\n", "?"))


@red("progress_is_told", "a_file_that_changed_replaces_the_one_there_in_one_step")
def nothing_is_told(patch: Patch) -> None:
    patch.setattr(LocalTransport, "told", property(lambda self: nothing, nothing), raising=False)


@red("a_file_that_vanished_is_a_problem_of_its_own", "a_link_is_not_sent")
def the_first_problem_is_the_end(patch: Patch) -> None:
    right_send = FileServer.send

    def send(self: Any, sendings: Iterable[Sending], until: Any = None) -> Iterator[Outcome]:
        for outcome in right_send(self, sendings, until):
            if outcome.problem is not None:
                raise outcome.problem
            yield outcome

    patch.setattr(FileServer, "send", send)


@red("a_file_that_became_shorter_is_a_problem_of_its_own")
def what_is_there_is_all(patch: Patch) -> None:
    right_one = FileServer.send_one

    def send(self: Any, sending: Sending, *rest: Any) -> bool:
        changed = Sending(**{**vars(sending), "size": min(sending.size, os.stat(sending.source).st_size)})
        return right_one(self, changed, *rest)

    patch.setattr(FileServer, "send_one", send)


@red("a_link_is_not_sent")
def links_here_are_followed(patch: Patch) -> None:
    patch.setattr(os, "O_NOFOLLOW", 0)


@red("a_limit_of_speed_is_kept")
def no_pace_is_kept(patch: Patch) -> None:
    patch.setattr(Pace, "take", nothing)


@red("a_limit_of_speed_is_kept")
def the_pace_is_kept_in_large_steps(patch: Patch) -> None:
    patch.setattr(Pace, "chunk", lambda self, largest: largest)


# ---- tails -------------------------------------------------------------------------------------------------------


@red("a_tail_that_another_one_wrote_is_replaced", "a_file_here_that_is_another_one_is_fetched_anew[4500]")
def tails_are_not_compared(patch: Patch) -> None:
    patch.setattr(file_server, "_agrees", lambda *arguments: True)


@red("only_the_tail_of_a_file_that_grew_travels", "only_the_tail_of_a_file_that_grew_is_fetched")
def tails_never_agree(patch: Patch) -> None:
    patch.setattr(file_server, "_agrees", lambda *arguments: False)


@red("a_longer_file_there_is_never_shortened[0]", "a_longer_file_there_is_never_shortened[1000]")
def a_longer_file_is_replaced(patch: Patch) -> None:
    right_one = FileServer.send_one

    def send(self: Any, sending: Sending, *rest: Any) -> bool:
        return right_one(self, Sending(**{**vars(sending), "grows": False}), *rest)

    patch.setattr(FileServer, "send_one", send)


@red("a_file_of_which_the_other_end_lost_something_is_sent_anew[1000]", "a_tail_of_which_a_part_is_there_is_completed")
def the_other_end_is_believed_to_have_what_it_had(patch: Patch) -> None:
    def append(self: Any, fd: int, sending: Sending, until: Any, moved: Any) -> bool:
        with open(self._at(sending.path), "ab") as there:
            chunks = self._chunks(fd, sending, sending.offset, sending.offset, until, moved)
            there.writelines(chunks)
        return True

    patch.setattr(FileServer, "_send_aside", append)
    patch.setattr(FileServer, "_send_tail", lambda self, fd, job, start, *rest: append(self, fd, job, *rest))


# ---- the other end -----------------------------------------------------------------------------------------------


@red("a_data_root_whose_folder_is_not_there_is_refused")
def all_folders_above_a_data_root_are_made(patch: Patch) -> None:
    patch.setattr(LocalTransport, "connect", lambda self: os.makedirs(self.remote.root, exist_ok=True))


@red("a_data_root_is_made_where_the_folder_above_it_is_there", "a_data_root_that_is_a_file_is_refused")
def no_data_root_is_looked_for(patch: Patch) -> None:
    patch.setattr(LocalTransport, "connect", nothing)


@red("a_folder_is_listed", "what_cannot_be_fetched_is_a_problem_of_its_own")
def links_there_are_followed(patch: Patch) -> None:
    def follow(self: Any, path: str) -> RemoteFile | None:
        if not os.path.exists(place := self._at(path)):
            return None
        status = os.stat(place)
        return RemoteFile(path, FOLDER if os.path.isdir(place) else FILE, status.st_size, status.st_mtime)

    patch.setattr(LocalTransport, "status", follow)
    patch.setattr(os, "O_NOFOLLOW", 0)


@red("all_below_a_folder_is_found_but_what_is_behind_links")
def links_to_folders_are_folders(patch: Patch) -> None:
    def entries(self: Any, folder: str) -> list[RemoteFile]:
        found = right_entries(self, folder)
        deep = folder.count("/") > 10
        return [RemoteFile(each.path, FOLDER, 0, None) if each.kind != FILE and not deep else each for each in found]

    patch.setattr(LocalTransport, "entries", entries)


@red("all_below_a_folder_is_found_but_what_is_behind_links")
def content_comes_before_folders(patch: Patch) -> None:
    right_walk = Transport.walk
    patch.setattr(Transport, "walk", lambda self, folder: reversed(list(right_walk(self, folder))))


@red("a_folder_that_is_not_there_is_empty")
def a_folder_that_is_not_there_is_an_error(patch: Patch) -> None:
    patch.setattr(LocalTransport, "entries", lambda self, folder: os.listdir(self._at(folder)))


@red("any_names_are_listed")
def names_that_cannot_be_shown_are_left_out(patch: Patch) -> None:
    def entries(self: Any, folder: str) -> list[RemoteFile]:
        return [entry for entry in right_entries(self, folder) if entry.path.isprintable()]

    patch.setattr(LocalTransport, "entries", entries)


# ---- fetching ----------------------------------------------------------------------------------------------------


@red("a_fetch_that_is_stopped_goes_on")
def a_file_is_fetched_under_its_name(patch: Patch) -> None:
    patch.setattr(Fetching, "part", property(lambda fetching: fetching.target))


@red("what_was_left_of_another_fetch_is_not_mixed_in")
def a_part_here_is_that_of_any_content(patch: Patch) -> None:
    patch.setattr(Fetching, "part", property(lambda fetching: part_of(fetching.target, "")))


@red("a_longer_file_here_is_never_shortened", "a_file_here_that_is_another_one_is_fetched_anew[1000]")
def what_is_here_is_not_looked_at(patch: Patch) -> None:
    def shorten(self: Any, fetching: Fetching) -> bool:
        with open(fetching.target, "ab") as here:
            here.truncate(fetching.offset)
        return True

    patch.setattr(FileServer, "_has_beginning", shorten)


# ---- the tests ---------------------------------------------------------------------------------------------------


class LocalContract(TransportContract):
    __test__ = False
    stopped_after = 0.1


def run(test: str, tmp_path: Path, contract: TransportContract, remote: Remote) -> None:
    """Run a test of the contract as pytest does; the root of the remote is a folder that is not there yet."""
    name, _, argument = test.rstrip("]").partition("[")
    function = getattr(contract, name)
    root = Path(remote.root)
    root.mkdir()
    with contract.make(remote) as transport:
        desk = Desk(transport, tmp_path / "here", root, "log/demo/2026/11/20/x", {})
        desk.listen(transport)
        fixtures = {"desk": desk, "other_end": OtherEnd(remote, root), "tmp_path": tmp_path}
        wanted = inspect.signature(function).parameters
        given = {each: fixtures[each] if each in fixtures else _value(argument) for each in wanted}
        function(**given)


def run_local(test: str, tmp_path: Path) -> None:
    run(test, tmp_path, LocalContract(), Remote("local", str(tmp_path / "the other end")))


def _value(argument: str) -> Any:
    return int(argument) if argument else {}


@pytest.mark.parametrize(("test", "mutant"), MUTANTS, ids=[f"{mutant.__name__}-{test}" for test, mutant in MUTANTS])
def test_a_mutant_turns_it_red(
    test: str, mutant: Callable[[Patch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        mutant(patch)
        with pytest.raises((Exception, pytest.fail.Exception)):
            run_local(test, tmp_path)


@pytest.mark.parametrize("test", sorted({test for test, _ in MUTANTS}))
def test_without_a_mutant_it_is_green(test: str, tmp_path: Path) -> None:
    run_local(test, tmp_path)
