"""Never two experiments in one folder, never one record date twice on a node."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess

from rla import LOG, TREES
from rla.database.creation import create_experiment
from rla.database.query import find_experiments

NOW = datetime(2026, 11, 20, 13, 5, 1, 999_998)


def test_a_taken_record_date_is_followed_by_the_next_free_microsecond(data_root: Path) -> None:
    dates = [create_experiment(data_root, "demo_task", "a", {"lr": index}, NOW)[0] for index in range(3)]
    assert dates == ["2026/11/20/13-05-01-999998", "2026/11/20/13-05-01-999999", "2026/11/20/13-05-02-000000"]


def test_the_last_microsecond_of_a_year_is_followed_by_the_next_year(data_root: Path) -> None:
    last = datetime(2026, 12, 31, 23, 59, 59, 999_999)
    dates = [create_experiment(data_root, "demo_task", "a", {}, last)[0] for _ in range(2)]
    assert dates == ["2026/12/31/23-59-59-999999", "2027/01/01/00-00-00-000000"]


def test_two_nodes_may_have_one_record_date(data_root: Path) -> None:
    dates = {create_experiment(data_root, "demo_task", node, {}, NOW)[0] for node in ("a", "ab", "b")}
    assert dates == {"2026/11/20/13-05-01-999998"}


def test_an_experiment_of_the_older_format_holds_its_record_date(data_root: Path) -> None:
    (data_root / "log/demo_task/2026/11/20/13-05-01-999998 a &lr=1").mkdir(parents=True)
    assert create_experiment(data_root, "demo_task", "a", {}, NOW)[0] == "2026/11/20/13-05-01-999999"


def test_it_has_a_folder_in_each_tree_and_room_for_its_archive(data_root: Path) -> None:
    _, place = create_experiment(data_root, "demo_task", "a", {"lr": 1}, NOW)
    for tree in TREES:
        path = place.path(tree)
        assert path.parent.is_dir() if tree == "archive_tester" else path.is_dir()


def test_threads_that_start_at_one_moment_get_places_of_their_own(data_root: Path) -> None:
    made: list[str] = []
    barrier = threading.Barrier(8)

    def make(index: int) -> None:
        barrier.wait()
        for _ in range(10):
            made.append(create_experiment(data_root, "demo_task", "a", {"index": index}, NOW)[0])

    threads = [threading.Thread(target=make, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 80
    assert {record.record_date for record in find_experiments(data_root, "demo_task", None, LOG)} == set(made)


def test_processes_that_start_at_one_moment_get_places_of_their_own(
    data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    program = """
import os, sys
from datetime import datetime
from pathlib import Path
from rla.database.creation import create_experiment
now = datetime(2026, 11, 20, 13, 5, 1, 5)
reading, writing = os.pipe()
children = []
for index in range(8):
    child = os.fork()
    if not child:
        os.close(writing)
        os.read(reading, 1)  # returns in all children when the parent lets go
        for _ in range(10):
            create_experiment(Path(sys.argv[1]), "demo_task", "a", {"index": index}, now)
        os._exit(0)
    children.append(child)
os.close(writing)
print([os.waitpid(child, 0)[1] for child in children])
"""
    done = run_python(program, data_root)
    assert done.stdout.strip() == str([0] * 8), done.stderr
    folders = os.listdir(data_root / "log/demo_task/2026/11/20")
    assert len(folders) == 80
    assert len({folder.split("_")[0] for folder in folders}) == 80
    assert set(Counter(folder.rpartition("=")[2] for folder in folders).values()) == {10}
