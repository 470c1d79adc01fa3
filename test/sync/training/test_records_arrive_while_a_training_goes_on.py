"""`sync_log_file()` in a training loop brings rows and run card to the main node; nothing is lost at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import TREES, exp_manager, logger, query
from rla.errors import NotConfiguredError
from rla.sync.report import SyncReport

Content = Callable[..., dict[str, bytes]]
Dump = Callable[[int], None]


def test_rows_and_run_card_arrive_and_are_seen_by_the_main_node(
    sending: Callable[..., None], dump: Dump, there: Path, until: Callable[..., None]
) -> None:
    sending()
    step = 0

    def a_later_row_is_there() -> bool:
        nonlocal step
        step += 1
        dump(step)
        logger.flush()
        assert exp_manager.sync_log_file() is None
        found = query.experiments(there) if there.exists() else []
        return len(found) == 1 and found[0].status == "running" and found[0].last.get("value", 0) > 5

    until(a_later_row_is_there)


def test_the_end_of_the_run_brings_everything_and_leaves_no_process(
    sending: Callable[..., None], dump: Dump, data_root: Path, there: Path, content_of: Content, agents: Callable
) -> None:
    sending(trees="all")
    exp_manager.sync_log_file()
    assert len(agents(os.getpid())) == 1
    Path(exp_manager.results_dir).mkdir(parents=True, exist_ok=True)
    Path(exp_manager.results_dir, "figure.txt").write_text("a figure")
    for step in range(5):
        dump(step)
    exp_manager.finish()
    assert content_of(there, *TREES) == content_of(data_root, *TREES)
    assert query.experiments(there)[0].status == "finished"
    assert agents(os.getpid()) == []


def test_who_waits_gets_what_has_happened(
    sending: Callable[..., None], dump: Dump, data_root: Path, there: Path, content_of: Content
) -> None:
    sending()
    dump(1)
    report = exp_manager.sync_log_file(wait=True)
    assert isinstance(report, SyncReport)
    assert report.complete
    assert report.remote == str(there)
    assert any(path.endswith("progress.csv") for path in report.moved)
    assert content_of(there) == content_of(data_root)
    dump(2)
    report = exp_manager.sync_log_file(wait=True)
    assert report is not None
    assert [path.rpartition("/")[2] for path in report.moved] == ["progress.csv", "log.txt"]
    assert report.bytes < 500


def test_before_an_experiment_there_is_nothing_to_send(data_root: Path) -> None:
    with pytest.raises(NotConfiguredError, match=r"sync_log_file\(\) needs more.*log_files_gen"):
        exp_manager.sync_log_file()


@pytest.mark.fault
def test_several_experiments_after_each_other_are_sent_each_by_its_own_process(
    sending: Callable[..., None], dump: Dump, data_root: Path, there: Path, content_of: Content, agents: Callable
) -> None:
    pids = set()
    for task in ("one", "two"):
        sending(task=task)
        dump(1)
        exp_manager.sync_log_file()
        pids |= {agent.pid for agent in agents(os.getpid())}
    exp_manager.finish()
    assert len(pids) == 2
    assert {path.split("/")[1] for path in content_of(there)} == {"one", "two"}
    assert content_of(there) == content_of(data_root)


def test_a_resumed_run_is_sent_on(
    sending: Callable[..., None], dump: Dump, data_root: Path, there: Path, content_of: Content
) -> None:
    sending()
    dump(1)
    exp_manager.sync_log_file()
    exp_manager.finish()
    exp_manager.resume("demo")
    dump(2)
    exp_manager.sync_log_file()
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)
    (card,) = there.rglob("experiment.json")
    assert len(json.loads(card.read_text())["resumes"]) == 1


def test_an_experiment_that_never_asked_is_not_sent_at_its_end(
    sending: Callable[..., None], dump: Dump, there: Path
) -> None:
    sending()
    dump(1)
    exp_manager.finish()
    assert not there.exists()
