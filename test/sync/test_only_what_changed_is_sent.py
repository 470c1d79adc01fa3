"""A second transfer sends what changed since the first: tails of files that grow, others when their content is new."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from rla.database.trees import ExperimentPlace
from rla.errors import UnreachableError
from rla.sync.journal import Journal, Known
from rla.sync.local import LocalTransport
from rla.sync.registry import TRANSPORTS
from rla.sync.remote import parse_remote
from rla.sync.sender import Sender
from rla.sync.transport import Outcome, Sending

TREES = ("log", "checkpoint", "archive_tester")
LONG_AGO = time.time() - 3600


@pytest.fixture
def place(data_root: Path, experiment: Callable[..., Path]) -> ExperimentPlace:
    """An experiment with rows, an archive and a checkpoint, all an hour old."""
    log_dir = experiment("13-05-01-000001", lr=0.1)
    place = ExperimentPlace(data_root, "demo", "2026/11/20", log_dir.name)
    for path, content in (
        (place.path("checkpoint") / "checkpoint_10.pt", b"w" * 5000),
        (place.path("archive_tester"), b"a"),
    ):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    for path in data_root.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return place


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "main node"


@pytest.fixture
def sender(place: ExperimentPlace, there: Path) -> Sender:
    return Sender(place.data_root, [parse_remote(str(there))], TREES)


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".rla" not in path.relative_to(folder).parts
    }


def names(paths: list[str]) -> set[str]:
    return {path.rpartition("/")[2] for path in paths}


def test_at_first_everything_is_sent(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    report = sender.send([place])
    assert report.complete
    assert not report.unchanged
    assert tree_of(there) == tree_of(place.data_root)
    assert report.bytes == sum(map(len, tree_of(there).values()))


def test_times_of_files_are_kept_but_for_the_run_card_which_has_that_of_its_arrival(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    times = {path.name: path.stat().st_mtime for path in there.rglob("*") if path.is_file()}
    card = times.pop("experiment.json")
    assert all(moment == pytest.approx(LONG_AGO, abs=1) for moment in times.values())
    assert card > LONG_AGO + 3000


def test_nothing_is_sent_twice(sender: Sender, place: ExperimentPlace) -> None:
    first = sender.send([place])
    report = sender.send([place])
    assert (report.moved, report.bytes, report.unchanged) == ([], 0, len(first.moved))


def test_of_a_file_that_grew_only_the_tail_is_sent(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    sender.send([place])
    with (place.path("log") / "progress.csv").open("a") as file:
        file.write("0.25,20,2.0\n")
    report = sender.send([place])
    assert (names(report.moved), report.bytes) == ({"progress.csv"}, len("0.25,20,2.0\n"))
    assert tree_of(there) == tree_of(place.data_root)


def test_a_table_that_was_written_anew_replaces_the_one_there(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    table = place.path("log") / "progress.csv"
    wider = table.with_name("wider")
    wider.write_text("loss,time-step,timestamp,return\n0.5,10,1.0,\n0.2,20,2.0,7\n")
    wider.replace(table)
    sender.send([place])
    assert tree_of(there) == tree_of(place.data_root)


def test_a_growing_file_that_was_changed_in_the_middle_replaces_the_one_there(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    table = place.path("log") / "progress.csv"
    table.write_text(table.read_text().replace("0.5", "0.6") + "0.25,20,2.0\n")
    sender.send([place])
    assert tree_of(there) == tree_of(place.data_root)


def test_a_file_of_another_time_and_the_same_content_is_not_sent(sender: Sender, place: ExperimentPlace) -> None:
    sender.send([place])
    os.utime(place.path("checkpoint") / "checkpoint_10.pt")
    os.utime(place.path("log") / "progress.csv")
    assert sender.send([place]).moved == []


def test_a_file_of_the_same_size_and_another_content_is_sent(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    (place.path("checkpoint") / "checkpoint_10.pt").write_bytes(b"v" * 5000)
    assert names(sender.send([place]).moved) == {"checkpoint_10.pt"}
    assert tree_of(there) == tree_of(place.data_root)


def test_a_new_sender_goes_on_where_the_last_one_stopped(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    sender.send([place])
    again = Sender(place.data_root, [parse_remote(str(there))], TREES)
    assert again.plan([place]) == []
    assert again.send([place]).moved == []


def test_without_the_notes_the_other_end_is_asked_what_it_has(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    shutil.rmtree(place.data_root / ".rla")
    assert names(sender.send([place]).moved) == {"experiment.json"}


def test_a_plan_sends_nothing_and_notes_nothing(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    before = tree_of(place.data_root)
    assert names([sending.path for sending in sender.plan([place])]) == names(list(before))
    assert tree_of(there) == {}
    assert not (place.data_root / ".rla").exists()


def test_what_was_removed_there_comes_back_only_to_those_who_ask(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    shutil.rmtree(there / "checkpoint")
    assert sender.send([place]).moved == []
    assert names(sender.send([place], verify=True).moved) == {"checkpoint_10.pt"}
    assert tree_of(there) == tree_of(place.data_root)


def test_what_is_longer_there_stays_as_it_is(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    sender.send([place])
    table = next(there.rglob("progress.csv"))
    longer = table.read_text() + "9,99,9.0\n" * 10
    table.write_text(longer)
    with (place.path("log") / "progress.csv").open("a") as file:
        file.write("0.25,20,2.0\n")
    report = sender.send([place])
    assert table.read_text() == longer
    assert [path for path in report.problems if path.endswith("progress.csv")]
    assert "Nothing is shortened" in str(report.problems)


def test_what_was_removed_here_stays_there(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    sender.send([place])
    before = tree_of(there)
    shutil.rmtree(place.path("checkpoint"))
    assert sender.send([place]).complete
    assert tree_of(there) == before


def test_another_server_is_another_journal(sender: Sender, place: ExperimentPlace, tmp_path: Path) -> None:
    first = sender.send([place])
    other = Sender(place.data_root, [parse_remote(str(tmp_path / "other"))], TREES)
    assert len(other.send([place]).moved) == len(first.moved)


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\x00 no JSON\n", b'{"path": "x"\n', b"[1]\n", b'{"path": 1, "size": "a"}\n']
)
def test_a_damaged_journal_costs_a_look_and_nothing_else(
    sender: Sender, place: ExperimentPlace, there: Path, damage: bytes
) -> None:
    sender.send([place])
    journal = next(place.data_root.rglob("*.sent"))
    journal.write_bytes(damage)
    assert sender.send([place]).complete
    assert tree_of(there) == tree_of(place.data_root)


def test_a_torn_last_line_of_the_journal_costs_a_look_at_that_file(
    sender: Sender, place: ExperimentPlace, there: Path
) -> None:
    sender.send([place])
    journal = next(place.data_root.rglob("*.sent"))
    journal.write_bytes(journal.read_bytes()[:-20])
    assert len(sender.send([place]).moved) <= 1
    assert sender.send([place]).moved == []
    assert tree_of(there) == tree_of(place.data_root)


def test_two_processes_do_not_send_one_experiment_at_once(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    from rla.sync.journal import SENT, Journal, journal_path

    with Journal(journal_path(place, parse_remote(str(there)).identity, SENT)):
        report = sender.send([place])
    assert "another process" in str(report.problems)
    assert sender.send([place]).complete


def test_a_data_root_that_cannot_be_written_to_is_sent_all_the_same(
    place: ExperimentPlace, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        if str(place.data_root) in str(path):
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("rla.sync.journal.files.make_directories", refuse)
    sender = Sender(place.data_root, [parse_remote(str(there))], TREES)
    assert sender.send([place]).complete
    assert tree_of(there) == tree_of(place.data_root)
    assert names(sender.send([place]).moved) == {"experiment.json"}


class Mute(LocalTransport):
    """Sends all that it is given, and is cut off before it can tell."""

    def send(self, sendings: Iterable[Sending], until: float | None = None) -> Iterator[Outcome]:
        outcomes = list(super().send(sendings, until))
        yield outcomes[0]
        raise UnreachableError("cut")


def test_files_that_arrived_unheard_do_not_travel_again(
    sender: Sender, place: ExperimentPlace, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setitem(TRANSPORTS, "local", f"{__name__}:{Mute.__name__}")
        for _ in range(2):
            with pytest.raises(UnreachableError):
                sender.send([place])
    left = [path for path in tree_of(place.data_root) if path not in tree_of(there)]
    report = sender.send([place])
    assert set(report.moved) - set(left) <= {path for path in report.moved if path.endswith("experiment.json")}
    assert tree_of(there) == tree_of(place.data_root)
    assert sender.send([place]).moved == []


def test_a_file_that_has_not_arrived_travels_after_the_cut(sender: Sender, place: ExperimentPlace, there: Path) -> None:
    sender.send([place])
    checkpoint = place.path("checkpoint") / "checkpoint_10.pt"
    checkpoint.write_bytes(b"x" * 5000)
    with Journal(next(place.data_root.rglob("*.sent"))) as journal:
        path = f"checkpoint/demo/2026/11/20/{place.index_name}/checkpoint_10.pt"
        journal.begin(path, Known(5000, checkpoint.stat().st_mtime_ns, checkpoint.stat().st_ino, "of the new content"))
    assert names(sender.send([place]).moved) == {"checkpoint_10.pt"}
    assert tree_of(there) == tree_of(place.data_root)
