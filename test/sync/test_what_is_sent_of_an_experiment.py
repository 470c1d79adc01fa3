"""What travels of an experiment: the trees that were asked for, what people watch first, checkpoints last."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager, logger
from rla.database.trees import ExperimentPlace
from rla.names import TREES
from rla.sync.pace import Pace
from rla.sync.registry import transport_to
from rla.sync.remote import parse_remote
from rla.sync.selection import checked_trees, content_of
from rla.sync.sender import Sender
from rla.sync.transport import Sending


@pytest.fixture
def place(data_root: Path, start: Callable[..., None]) -> ExperimentPlace:
    """A living experiment with rows, a result, a checkpoint of a large network and temporary data."""
    start(lr=0.1)
    for step in range(3):
        exp_manager.set_timestep(step)
        logger.record_tabular("loss", 1 / (step + 1))
        logger.dump_tabular()
    logger.flush()
    Path(exp_manager.results_dir, "picture.png").write_bytes(b"p" * 300)
    Path(exp_manager.checkpoint_dir, "weights.bin").write_bytes(b"w" * 3_000_000)
    Path(exp_manager.tmp_data_dir, "buffer.npz").write_bytes(b"b" * 1000)
    log_dir = Path(exp_manager.log_dir)
    return ExperimentPlace(data_root, "demo_task", "/".join(log_dir.parts[-4:-1]), log_dir.name)


def test_without_a_choice_the_log_tree_is_sent(place: ExperimentPlace, tmp_path: Path) -> None:
    report = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))]).send([place])
    assert {path.split("/")[0] for path in report.moved} == {"log"}


def test_all_stands_for_every_tree(place: ExperimentPlace, tmp_path: Path) -> None:
    assert set(checked_trees(["all"])) == set(TREES)
    report = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))], ["all"]).send([place])
    assert {path.split("/")[0] for path in report.moved} == set(TREES)


def test_what_people_watch_is_first_and_checkpoints_are_last(place: ExperimentPlace) -> None:
    content = content_of(place, checked_trees(["all"]))
    order = [file.path for file in content.files]
    names = [path.rpartition("/")[2] for path in order if path.startswith("log/")]
    assert names.index("parameter.json") < names.index("progress.csv") < names.index("experiment.json")
    assert order[-1].endswith("weights.bin")
    assert [file.watched for file in content.files] == sorted((file.watched for file in content.files), reverse=True)


def test_the_journal_of_a_living_run_and_half_written_files_stay_here(place: ExperimentPlace) -> None:
    log_dir = place.path("log")
    assert (log_dir / ".journal").is_dir()
    (log_dir / ".progress.csv.123-4.tmp").write_text("half")
    (log_dir / ".x.0123456789abcdef.part").write_text("half")
    paths = [file.path for file in content_of(place, ["log"]).files]
    assert not [path for path in paths if ".journal" in path or path.endswith((".tmp", ".part"))]


def test_a_link_inside_of_the_experiment_counts_as_its_file(place: ExperimentPlace, tmp_path: Path) -> None:
    (place.path("checkpoint") / "latest.bin").symlink_to("weights.bin")
    Sender(place.data_root, [parse_remote(str(tmp_path / "there"))], ["checkpoint"]).send([place])
    copy = next((tmp_path / "there").rglob("latest.bin"))
    assert not copy.is_symlink()
    assert copy.read_bytes() == b"w" * 3_000_000


def test_a_link_that_leads_elsewhere_is_left_out_and_told_of(place: ExperimentPlace, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not yours")
    (place.path("results") / "outside").symlink_to(secret)
    (place.path("results") / "nowhere").symlink_to("gone")
    os.mkfifo(place.path("results") / "pipe")
    report = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))], ["results"]).send([place])
    assert [path.rpartition("/")[2] for path in report.moved] == ["picture.png"]
    assert len([notice for notice in report.notices if "symbolic link" in notice]) == 1


def test_a_folder_of_the_experiment_that_is_on_another_disk_is_sent(place: ExperimentPlace, tmp_path: Path) -> None:
    folder = place.path("checkpoint")
    folder.rename(tmp_path / "another disk")
    folder.symlink_to(tmp_path / "another disk")
    report = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))], ["checkpoint"]).send([place])
    assert [path.rpartition("/")[2] for path in report.moved] == ["weights.bin"]


def test_a_link_at_the_other_end_is_not_written_through(place: ExperimentPlace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    there = tmp_path / "there" / place.path("log").relative_to(place.data_root) / "progress.csv"
    there.parent.mkdir(parents=True)
    there.symlink_to(outside)
    report = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))]).send([place])
    assert outside.read_text() == ""
    assert there.is_symlink()
    assert "of the kind 'link'" in str(report.problems)


def test_when_the_time_is_up_what_people_watch_has_travelled_and_the_rest_goes_on(
    place: ExperimentPlace, tmp_path: Path
) -> None:
    sender = Sender(place.data_root, [parse_remote(str(tmp_path / "there"))], ["all"])
    report = sender.send([place], until=time.monotonic() - 1)
    assert len([path for path in report.moved if path.endswith("progress.csv")]) == 1
    assert not report.complete
    for _ in range(50):
        report = sender.send([place], until=time.monotonic() - 1)
        if report.complete:
            break
    assert report.complete
    assert next((tmp_path / "there").rglob("weights.bin")).stat().st_size == 3_000_000


def test_a_limit_of_bandwidth_is_kept(place: ExperimentPlace, tmp_path: Path) -> None:
    slept: list[float] = []
    source = place.path("checkpoint") / "weights.bin"
    with transport_to(parse_remote(str(tmp_path / "there")), Pace(1_000_000, slept.append)) as transport:
        outcomes = list(transport.send([Sending(str(source), "checkpoint/weights.bin", 3_000_000)]))
    assert [outcome.complete for outcome in outcomes] == [True]
    assert max(slept) > 2  # three seconds' worth, less what may burst, when nobody really sleeps
